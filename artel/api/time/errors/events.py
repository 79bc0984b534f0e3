"""Refusals of events."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "slot_taken": Entry(
        409,
        "This time has just been taken. Choose another one.",
        "Это время уже занято. Выберите другое.",
    ),
    "slot_not_offered": Entry(
        422,
        "There is no slot at this time.",
        "На это время записи нет.",
    ),
    "already_booked": Entry(409, "You have a place here already.", "Вы уже записаны."),
    "host_books_self": Entry(
        422,
        "You are the one who is booked here: put an event on the schedule instead.",
        "Это ваше собственное время: добавьте событие в расписание.",
    ),
    "too_many_holds": Entry(
        429,
        "You have too many bookings that are neither paid nor confirmed. Finish or cancel one, or try again in "
        "{retry_after_s} s.",
        "У вас слишком много неоплаченных или неподтверждённых записей. Завершите или отмените одну или повторите "
        "через {retry_after_s} с.",
    ),
    "booking_gone": Entry(
        409,
        "This booking is no longer held: its time ran out, or it was cancelled.",
        "Запись больше не удерживается: время вышло, или она отменена.",
    ),
    "event_closed": Entry(
        409,
        "This event is over, or was declined or cancelled.",
        "Событие завершено, отклонено или отменено.",
    ),
    "event_time_unreadable": Entry(
        422,
        "A time is expected, for example 2026-03-29T09:00:00+02:00.",
        "Ожидается время, например 2026-03-29T09:00:00+02:00.",
    ),
    "event_time_skipped": Entry(
        422,
        "The clocks skip this time on that day.",
        "В этот день такого времени нет: часы переводят.",
    ),
    "event_times_disagree": Entry(
        422,
        "The duration is not that between start and end.",
        "Длительность не совпадает с началом и концом.",
    ),
    "event_ends_before_start": Entry(422, "The end is before the start.", "Конец раньше начала."),
    "event_too_long": Entry(422, "An event lasts at most {days} days.", "Событие длится не больше {days} дней."),
    "event_too_short": Entry(
        422,
        "An event lasts at least {minutes} minutes.",
        "Событие длится не меньше {minutes} минут.",
    ),
    "event_not_over": Entry(
        422,
        "Done or missed is only what is over.",
        "Выполненным или пропущенным бывает только прошедшее.",
    ),
    "event_money_is_pending": Entry(
        422,
        "A charge or a deposit begins as pending (100).",
        "Начисление или платёж начинается как ожидающий (100).",
    ),
    "event_attendees_invalid": Entry(
        422,
        "Attendees are known users, each once, not the host, at most {most}.",
        "Участники — известные пользователи, каждый один раз, не ведущий, не больше {most}.",
    ),
}
