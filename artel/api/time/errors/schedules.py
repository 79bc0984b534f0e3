"""Refusals of schedules."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "duration_not_offered": Entry(
        422,
        "There are no slots of this length. Offered, in minutes: {offered}.",
        "Слотов такой длины нет. Доступны, в минутах: {offered}.",
    ),
}
