"""Refusals of schedules."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "duration_not_offered": Entry(
        422,
        "There are no slots of this length. Offered, in minutes: {offered}.",
        "Слотов такой длины нет. Доступны, в минутах: {offered}.",
    ),
    "search_window_invalid": Entry(
        422, "The search has to end after it begins.", "Поиск должен заканчиваться позже, чем начинается."
    ),
    "search_window_too_long": Entry(
        422, "A search spans at most {days} days.", "Поиск охватывает не больше {days} дней."
    ),
    "search_hours_invalid": Entry(422, "Give hours as 09:00 to 18:00.", "Укажите часы в виде 09:00 и 18:00."),
    "schedule_timezone_unknown": Entry(
        422,
        "This time zone is not known. Use a name such as Europe/Berlin.",
        "Неизвестный часовой пояс. Укажите имя, например Europe/Berlin.",
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
