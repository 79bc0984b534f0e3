"""The name of a calendar in addresses: given, or made from its label."""

import re
import secrets

from anyascii import anyascii

from artel.calendars.errors import SlugInvalid, SlugReserved

SHORTEST = 3
LONGEST = 64
FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.IGNORECASE)
NOT_OF_SLUGS = re.compile(r"[^a-z0-9]+")
# What stands, or may come to stand, where a slug stands.
RESERVED = frozenset(
    """
    admin agent api archive auth bill book bookings calendar calendars contract contracts default event events export
    feed feeds google health help import kal kals login logout mcp new null own pay pages register sandbox schedule
    schedules search settings static support system undefined user users widget
    """.split()  # noqa: SIM905 - words are read more easily
)
FALLBACK = "calendar"


def checked_slug(given: str) -> str:
    """A slug as its owner wants it; case is kept, and counts for nothing. Digits alone would be an id.

    Refuses: SlugInvalid, SlugReserved.
    """
    slug = given.strip()
    if not SHORTEST <= len(slug) <= LONGEST or not FORM.fullmatch(slug) or not slug.isascii() or slug.isdigit():
        raise SlugInvalid(SHORTEST, LONGEST)
    if slug.lower() in RESERVED:
        raise SlugReserved
    return slug


def slugs_from(label: str) -> tuple[str, str, str]:
    """Slugs to try for a label, whatever its script: the plain one, then two that nobody else is likely to have."""
    plain = NOT_OF_SLUGS.sub("-", anyascii(label).lower()).strip("-")[: LONGEST - 14].strip("-")
    base = plain if plain and not plain.isdigit() else f"{FALLBACK}-{plain}".rstrip("-")
    first = base if len(base) >= SHORTEST and base not in RESERVED else f"{base}-{secrets.token_hex(3)}"
    return first, f"{base}-{secrets.token_hex(3)}", f"{base}-{secrets.token_hex(6)}"
