"""What proposing changes of a profile refuses."""

from artel.errors import Refused


class NotProposable(Refused):
    """A field that its owner alone speaks of."""

    def __init__(self, field: str) -> None:
        super().__init__("correction_not_proposable", field)


class NothingProposed(Refused):
    """Every value is what the profile says already."""

    def __init__(self) -> None:
        super().__init__("correction_changes_nothing")


class TooManyProposals(Refused):
    """So many wait already, by this proposer or about this profile."""

    def __init__(self, most_own: int, most_about: int) -> None:
        super().__init__("correction_too_many", None, most_own=most_own, most_about=most_about)
