"""What proposing and voting refuse."""

from artel.errors import Refused


class CorrectionSettled(Refused):
    """The proposal was applied, rejected or withdrawn before."""

    def __init__(self) -> None:
        super().__init__("correction_settled", "ids")


class NotAsked(Refused):
    """The voter is not among those whom the proposal asks."""

    def __init__(self) -> None:
        super().__init__("correction_not_asked", "ids")
