"""The one list of time zones that people may name."""

from functools import cache
from zoneinfo import available_timezones

# In the database, and no places.
NO_PLACES = {"Factory", "localtime", "posixrules"}


@cache
def known_timezones() -> frozenset[str]:
    """The names of the time zone database (IANA)."""
    return frozenset(available_timezones() - NO_PLACES)
