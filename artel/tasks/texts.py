"""What people write into a task, before it is kept."""

import unicodedata

from artel.errors import Refused

SHORTEST_TITLE = 2
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 10_000
LONGEST_EXTERNAL_ID = 255
TITLE_SIGNS = frozenset(' -,.:;()_"№%#@^«»')


def checked_text(text: str, field: str, *, longest: int) -> str:
    """The text trimmed. Refuses: field_invalid for a NUL, which no text of the database can hold; field_too_long."""
    text = text.strip()
    if "\0" in text:
        raise Refused("field_invalid", field)
    if len(text) > longest:
        raise Refused("field_too_long", field, longest=longest)
    return text


def checked_title(title: str) -> str:
    """The title trimmed and composed (NFC).

    Letters of any script with their marks, digits, spaces and - , . : ; ( ) _ " № % # @ ^ « », 2 to 300 of them
    (customer-api.md "Tasks"). Refuses: field_too_long; title_too_short; title_sign_not_allowed, which names the sign.
    """
    title = checked_text(unicodedata.normalize("NFC", title), "title", longest=LONGEST_TITLE)
    if len(title) < SHORTEST_TITLE:
        raise Refused("title_too_short", "title", shortest=SHORTEST_TITLE)
    for sign in title:
        if sign not in TITLE_SIGNS and unicodedata.category(sign)[0] not in "LM" and not sign.isdecimal():
            raise Refused("title_sign_not_allowed", "title", sign=sign)
    return title


def checked_description(description: str) -> str:
    """The description trimmed. Refuses: field_required for an empty one; field_too_long; field_invalid."""
    description = checked_text(description, "description", longest=LONGEST_DESCRIPTION)
    if not description:
        raise Refused("field_required", "description")
    return description
