"""Ids in paths. They come as text, so that what is no number is answered by the API and not by the router."""

from artel.errors import NotFound

LARGEST_ID = 2**63 - 1


def id_of_path(text: str, what: str) -> int:
    """The number. Refuses: NotFound for what cannot be the id of anything."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and 1 <= int(text) <= LARGEST_ID):
        raise NotFound(what)
    return int(text)
