"""One name on the wire, three columns in `person`: documents, banks and tax papers need them apart."""


def full_name(first: str, middle: str, last: str) -> str:
    """The name as it is written in one line."""
    return " ".join(part for part in (first, middle, last) if part)


def split_name(name: str) -> tuple[str, str]:
    """First and last name: the last word is the last name, all before it the first. Written in one line they are
    the name again; a name of one word has no last name."""
    *first, last = name.split()
    return (" ".join(first), last) if first else (last, "")
