"""Names and texts in the letters that a format can carry."""

import re

from anyascii import anyascii

# EPC217-08: the letters that every bank of the scheme has to take. SWIFT's set "x" has no others either.
NOT_LATIN = re.compile(r"[^A-Za-z0-9/?:().,'+ -]")
UNNAMED = "NOTPROVIDED"


def latin(text: str, longest: int) -> str:
    """Transliterated, at most `longest` letters of the scheme's set; no slash at an end and no two in a row, which
    the scheme keeps for itself."""
    spelled = anyascii(text.replace("№", "No ").replace("«", "'").replace("»", "'"))
    kept = re.sub(r"/{2,}", "/", NOT_LATIN.sub(" ", spelled))
    kept = " ".join(kept.split())[:longest]
    return kept.strip(" /") or UNNAMED


def windows_cyrillic(text: str, longest: int) -> str:
    """One line in the letters of Windows-1251; letters of other alphabets are transliterated."""
    line = " ".join(text.split())
    known = "".join(letter if is_in_windows_1251(letter) else anyascii(letter) for letter in line)
    return "".join(filter(str.isprintable, known))[:longest].strip()


def is_in_windows_1251(letter: str) -> bool:
    try:
        letter.encode("cp1251")
    except UnicodeEncodeError:
        return False
    return letter.isprintable()
