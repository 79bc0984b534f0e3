"""Names of time zones, as others write them."""

from zoneinfo import ZoneInfo


def is_zone(name: str) -> bool:
    """Whether this machine knows an IANA zone of this name."""
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True
