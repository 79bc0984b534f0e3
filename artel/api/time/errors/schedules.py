"""Refusals of schedules."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "duration_not_offered": Entry(
        422,
        "There are no slots of this length. Offered, in minutes: {offered}.",
        "Слотов такой длины нет. Доступны, в минутах: {offered}.",
    ),
    "schedule_settings_oversized": Entry(
        422,
        "The settings have at most {most_kib} KiB, no deep nesting, no huge numbers and no null characters.",
        "Настройки — не больше {most_kib} КиБ, без глубокой вложенности, огромных чисел и нулевых символов.",
    ),
    "schedule_group_needs_seats": Entry(
        422,
        "A group schedule has at least two seats.",
        "В групповом расписании не меньше двух мест.",
    ),
    "schedule_slug_invalid": Entry(
        422,
        "The address has letters a-z, digits, - and _, at least one letter, and at most {longest} characters.",
        "Адрес состоит из букв a-z, цифр, - и _, хотя бы с одной буквой, не длиннее {longest} символов.",
    ),
    "schedule_slug_reserved": Entry(422, "This address is reserved.", "Этот адрес зарезервирован."),
    "schedule_slug_taken": Entry(422, "Another schedule has this address.", "Этот адрес уже занят другим расписанием."),
    "search_window_invalid": Entry(
        422, "The search has to end after it begins.", "Поиск должен заканчиваться позже, чем начинается."
    ),
    "search_window_too_long": Entry(
        422, "A search spans at most {days} days.", "Поиск охватывает не больше {days} дней."
    ),
    "search_hours_invalid": Entry(422, "Give hours as 09:00 to 18:00.", "Укажите часы в виде 09:00 и 18:00."),
    "schedule_timezone_unknown": Entry(
        422,
        "There is no such time zone. An IANA name is expected, for example Europe/Berlin.",
        "Такого часового пояса нет. Ожидается имя IANA, например Europe/Berlin.",
    ),
    "schedule_period_invalid": Entry(
        422,
        "The end comes after the start, and both lie between 1970 and 2200.",
        "Конец наступает после начала, и оба — между 1970 и 2200 годами.",
    ),
    "schedule_currency_unknown": Entry(422, "There is no such currency.", "Такой валюты нет."),
    "schedule_price_invalid": Entry(
        422,
        "The price is from 0 to {largest}, with at most {digits} digits after the point in {currency}.",
        "Цена — от 0 до {largest}, не больше {digits} знаков после запятой для {currency}.",
    ),
    "schedule_worker_not_agreed": Entry(
        422,
        "This person has not agreed to work under the schedule: invite them as a worker first.",
        "Этот человек не соглашался работать по расписанию: сначала пригласите его исполнителем.",
    ),
    "schedule_payer_not_agreed": Entry(
        422,
        "This person has not agreed to take part in the schedule: invite them first.",
        "Этот человек не соглашался участвовать в расписании: сначала пригласите его.",
    ),
    "schedule_file_unknown": Entry(422, "There is no such file of yours.", "Такого файла у вас нет."),
    "schedule_too_many": Entry(422, "At most {most} of them.", "Не больше {most}."),
    "schedule_skill_invalid": Entry(
        422,
        "A skill has an id or a name of 1 to {longest} characters.",
        "У навыка есть id или название от 1 до {longest} символов.",
    ),
    "schedule_skill_unknown": Entry(422, "There is no skill {id}.", "Навыка {id} нет."),
    "schedule_member_unknown": Entry(422, "There is no such person.", "Такого человека нет."),
    "schedule_member_twice": Entry(422, "This person stands in the list twice.", "Этот человек указан дважды."),
    "schedule_owner_fixed": Entry(
        422,
        "The owner keeps all rights to the schedule and cannot be removed from it.",
        "Владелец сохраняет все права на расписание, и удалить его нельзя.",
    ),
    "schedule_more_than_own": Entry(
        403,
        "You cannot give rights that you do not have, or change those of somebody above you.",
        "Нельзя давать права, которых нет у вас, и менять права тех, у кого их больше.",
    ),
    "schedule_nothing_to_accept": Entry(
        409, "There is no invitation that waits for your answer.", "Нет приглашения, которое ждёт вашего ответа."
    ),
    "schedule_has_paid_pending": Entry(
        409,
        "Bookings are paid and not confirmed yet: {count}. Confirm or decline them first.",
        "Есть оплаченные и ещё не подтверждённые брони: {count}. Сначала подтвердите или отклоните их.",
    ),
    "schedule_range_invalid": Entry(
        422,
        "A date or an instant is expected, for example 2026-05-04 or 2026-05-04T09:00:00+02:00; the end comes after "
        "the start.",
        "Ожидается дата или момент времени, например 2026-05-04 или 2026-05-04T09:00:00+02:00; конец — после начала.",
    ),
    "schedule_range_too_long": Entry(
        422, "At most {most_days} days at a time.", "Не больше {most_days} дней за один раз."
    ),
    "schedule_settings_out_of_range": Entry(
        422, "A whole number from {least} to {most} is expected.", "Ожидается целое число от {least} до {most}."
    ),
    "schedule_settings_not_one_of": Entry(422, "Expected one of: {choices}.", "Допустимые значения: {choices}."),
    "schedule_settings_too_many": Entry(422, "At most {most} entries.", "Не больше {most} элементов."),
    "schedule_settings_weekday_unknown": Entry(
        422,
        'This is no weekday. Use "1" (Monday) to "7", or Mo, Tu, We, Th, Fr, Sa, Su in lines.',
        'Это не день недели. Укажите от "1" (понедельник) до "7", а в строках: Mo, Tu, We, Th, Fr, Sa, Su.',
    ),
    "schedule_settings_time_invalid": Entry(
        422, "This is no time of day. Use 00:00 to 24:00.", "Это не время суток. Укажите от 00:00 до 24:00."
    ),
    "schedule_settings_hours_invalid": Entry(
        422,
        'Hours are pairs of different times, for example ["09:00", "13:00"].',
        'Часы задаются парами разных времён, например ["09:00", "13:00"].',
    ),
    "schedule_settings_hours_overlap": Entry(422, "Hours of one day overlap.", "Часы одного дня пересекаются."),
    "schedule_settings_date_twice": Entry(
        422, "This date has an exception already.", "Для этой даты исключение уже есть."
    ),
    "schedule_settings_line_invalid": Entry(
        422,
        'The line could not be read. Use "Mo-Fr 09:00-18:00" or an RRULE.',
        'Строку не удалось прочитать. Используйте "Mo-Fr 09:00-18:00" или RRULE.',
    ),
    "schedule_settings_recurrence_invalid": Entry(
        422,
        "The recurrence rule cannot be used: {part}.",
        "Правило повторения использовать нельзя: {part}.",
    ),
}
