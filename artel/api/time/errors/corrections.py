"""Refusals of proposals and votes."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "correction_settled": Entry(
        409,
        "This proposal has been decided already.",
        "Это предложение уже решено.",
    ),
    "correction_not_asked": Entry(403, "You are not asked about this.", "Вас об этом не спрашивают."),
    "correction_not_proposable": Entry(
        422, "This cannot be proposed for somebody else.", "Это нельзя предложить за другого человека."
    ),
    "correction_changes_nothing": Entry(422, "The profile says this already.", "В профиле уже так и указано."),
    "correction_too_many": Entry(
        409,
        "Too many proposals are waiting: at most {most_own} of yours, and {most_about} about one profile.",
        "Слишком много нерешённых предложений: ваших может быть не больше {most_own}, об одном профиле — {most_about}.",
    ),
}
