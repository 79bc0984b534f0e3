"""Bank cards as a freelancer types them.

The number itself is never stored, logged or sent back: what stays is its first six and last four digits and the
processor's token (ARCHITECTURE "Security").
"""

import calendar
import re
from datetime import date

from stdnum import luhn

from artel.errors import Refused
from artel.payouts.errors import CardExpired

VISA, MASTERCARD, MAESTRO, MIR, UNKNOWN_BRAND = 1, 2, 3, 8, 0
# Number ranges of the brands by their first digits, the narrower ones first: ISO/IEC 7812 issuer identification.
BRANDS = (
    (re.compile(r"220[0-4]"), MIR),
    (re.compile(r"4"), VISA),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), MASTERCARD),
    (re.compile(r"62|65|64[4-9]|6011"), UNKNOWN_BRAND),  # UnionPay and Discover, inside what is Maestro's otherwise
    (re.compile(r"50|5[6-9]|6[0-9]"), MAESTRO),
)
NUMBER = re.compile(r"[0-9]{13,19}")
EXPIRY = re.compile(r"(0[1-9]|1[0-2]) ?/ ?(?:20)?([0-9]{2})")


class CardNumber:
    """A card's full number on its way to the processor. Shows itself masked wherever it is printed."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def __repr__(self) -> str:
        return f"CardNumber({self.masked})"

    def reveal(self) -> str:
        """All digits. For the processor alone."""
        return self._digits

    @property
    def brand(self) -> int:
        """1 Visa, 2 Mastercard, 3 Maestro, 8 Mir, 0 another (S, "Получить платежные инструменты фрилансера")."""
        return next((brand for prefix, brand in BRANDS if prefix.match(self._digits)), UNKNOWN_BRAND)

    @property
    def masked(self) -> str:
        """First six, last four, in groups of four: `5213 24** **** 9877`."""
        hidden = self._digits[:6] + "*" * (len(self._digits) - 10) + self._digits[-4:]
        return " ".join(hidden[start : start + 4] for start in range(0, len(hidden), 4))


def read_card_number(typed: str) -> CardNumber:
    """Refuses card_number_wrong: not 13 to 19 digits, or a wrong check digit (Luhn, ISO/IEC 7812-1)."""
    digits = re.sub(r"[\s-]", "", typed)
    if not NUMBER.fullmatch(digits) or not luhn.is_valid(digits) or not digits.strip("0"):
        raise Refused("card_number_wrong", "number")
    return CardNumber(digits)


def read_expiry(typed: str, *, today: date) -> str:
    """MM/YY. Refuses card_expiry_wrong and CardExpired; a card is good through the last day of its month."""
    match = EXPIRY.fullmatch(typed.strip())
    if match is None:
        raise Refused("card_expiry_wrong", "expires")
    expires = f"{match.group(1)}/{match.group(2)}"
    if is_expired(expires, today=today):
        raise CardExpired("expires")
    if last_day(expires).year > today.year + 20:
        raise Refused("card_expiry_wrong", "expires")
    return expires


def last_day(expires: str) -> date:
    month, year = int(expires[:2]), 2000 + int(expires[3:])
    return date(year, month, calendar.monthrange(year, month)[1])


def is_expired(expires: str, *, today: date) -> bool:
    return last_day(expires) < today


def read_embossed_name(typed: str) -> str:
    """The holder as on the card, in capitals. Refuses holder_required and card_holder_wrong: Latin letters alone."""
    name = " ".join(typed.split()).upper()
    if not name:
        raise Refused("holder_required", "holder")
    if not re.fullmatch(r"[A-Z][A-Z .'-]{0,49}", name):
        raise Refused("card_holder_wrong", "holder")
    return name
