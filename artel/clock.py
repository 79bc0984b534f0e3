"""The one source of "now". In the sandbox time can be moved; everywhere else it is the machine's."""

from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """The business's time: an aware UTC instant. SQL gets it as a parameter and never asks for its own."""
    return datetime.now(UTC) + _offset


def outside_now() -> datetime:
    """The world's time, for devices outside that have a clock of their own and know nothing of the sandbox's."""
    return datetime.now(UTC)


def move_to_offset(offset: timedelta) -> None:
    """Put this process's clock `offset` away from the machine's. Only the sandbox does."""
    global _offset
    _offset = offset
