"""Refusals of proposals and votes."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "correction_settled": Entry(
        409,
        "This proposal has been decided already.",
        "Это предложение уже решено.",
    ),
    "correction_not_asked": Entry(403, "You are not asked about this.", "Вас об этом не спрашивают."),
}
