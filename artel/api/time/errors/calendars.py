"""Refusals of calendars."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "calendar_slug_invalid": Entry(
        422,
        "{shortest} to {longest} letters a-z, digits and single hyphens between them, not digits alone.",
        "От {shortest} до {longest} латинских букв, цифр и одиночных дефисов между ними, не только цифры.",
    ),
    "calendar_slug_reserved": Entry(422, "This word is reserved.", "Это слово зарезервировано."),
    "calendar_slug_taken": Entry(422, "This address is taken already.", "Этот адрес уже занят."),
    "timezone_unknown": Entry(
        422,
        "There is no such time zone. An IANA name is expected, for example Europe/Berlin.",
        "Такого часового пояса нет. Ожидается имя IANA, например Europe/Moscow.",
    ),
    "calendar_files_not_own": Entry(422, "There is no such file among yours.", "Среди ваших файлов такого нет."),
    "too_many_calendars": Entry(
        422,
        "You have {most} calendars already, and may have no more.",
        "У вас уже {most} календарей, больше нельзя.",
    ),
    "calendar_is_only": Entry(
        409,
        "This is your only calendar: bookings need one to go into.",
        "Это ваш единственный календарь: записям нужно где-то быть.",
    ),
    "calendar_has_schedules": Entry(
        409,
        "There are schedules in this calendar: delete them first.",
        "В этом календаре есть расписания: сначала удалите их.",
    ),
    "calendar_has_meetings": Entry(
        409,
        "Others take part in meetings still to come in this calendar ({meetings}): cancel or move them first.",
        "В этом календаре есть предстоящие встречи с другими людьми ({meetings}): сначала отмените или перенесите их.",
    ),
    "range_time_invalid": Entry(
        422,
        "A date or a time is expected, for example 2026-03-29 or 2026-03-29T09:00:00+02:00.",
        "Ожидается дата или время, например 2026-03-29 или 2026-03-29T09:00:00+03:00.",
    ),
    "range_backwards": Entry(422, "The range ends before it starts.", "Период кончается раньше, чем начинается."),
    "range_too_long": Entry(422, "At most {most_days} days.", "Не больше {most_days} дней."),
    "range_too_full": Entry(
        422,
        "There are more than {most} events in this range: ask for a shorter one.",
        "В этом периоде больше {most} событий: запросите период короче.",
    ),
}
