"""Refusals of schedules."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "duration_not_offered": Entry(
        422,
        "There are no slots of this length. Offered, in minutes: {offered}.",
        "Слотов такой длины нет. Доступны, в минутах: {offered}.",
    ),
    "timezone_unknown": Entry(
        422,
        "There is no such time zone. Name one as Europe/Berlin.",
        "Такого часового пояса нет. Укажите его как Europe/Moscow.",
    ),
    "search_window_invalid": Entry(
        422, "The search has to end after it begins.", "Поиск должен заканчиваться позже, чем начинается."
    ),
    "search_window_too_long": Entry(
        422, "A search spans at most {days} days.", "Поиск охватывает не больше {days} дней."
    ),
    "search_hours_invalid": Entry(422, "Give hours as 09:00 to 18:00.", "Укажите часы в виде 09:00 и 18:00."),
}
