"""What a bank statement says, whatever its format: entries, and where their invoice's number is."""

import hashlib
import re
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

# {company}-{yymmdd}-{n}; people and banks put spaces around the dashes and make them long.
DASH = r"\s?[-‐‑–—]\s?"
NUMBER = re.compile(rf"(?<!\d)(?<!\d-)(\d{{1,18}}){DASH}(\d{{6}}){DASH}(\d{{1,18}})(?!\d)")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a statement. `texts`: its remittance information, in the bank's pieces.

    `amount` is None where the line cannot be read. `currency` is a code, or what stood in its place.
    `is_payment`: booked money that came in and is not the return of something that went out.
    """

    reference: str
    is_payment: bool
    amount: Decimal | None
    currency: str
    booked_on: date | None
    texts: tuple[str, ...]

    def numbers(self) -> list[list[str]]:
        """Invoice numbers that the text has, each once: as it stands, then as it stands without the breaks that banks
        put into long lines, which may part a number or run two together."""
        return [numbers_in(" ".join(self.texts)), numbers_in("".join(self.texts))]


def numbers_in(text: str) -> list[str]:
    return list(dict.fromkeys("-".join(match.groups()) for match in NUMBER.finditer(text)))


def read_amount(text: str | None) -> Decimal | None:
    """An amount as statements write it; None for anything else."""
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < Decimal("1e18") else None


def read_iso_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None


def digest(*parts: object) -> str:
    """A reference for an entry that has none: the same whenever the same line is read."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
