"""What a bank says of one order, or of several at once, whatever the format it says it in."""

import re
from decimal import Decimal
from typing import Literal

import msgspec

# A payout's end-to-end id, as artel.bank_files.export makes it.
OUR_REFERENCE = re.compile(r"\bP[0-9]{1,19}-[0-9A-F]{8}\b")
Source = Literal["pain.002", "camt.054", "1c", "operator"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a report.

    `kind`: a bank's word on an order (`status`), money that left our account (`debit`), money that came back to it
    (`return`). `names` says what `reference` is: one payout's end-to-end id, the id of a block of a file, or of a
    whole file. `amount` is what moved; `instructed` what the bank says it had been ordered to move; `is_part` that it
    calls the amount a part itself. `problem` is why the entry cannot be understood, in English.
    """

    place: str
    source: Source
    kind: Literal["status", "debit", "return"] = "debit"
    outcome: Literal["pending", "completed", "partial", "declined", "returned"] = "completed"
    names: Literal["payout", "payment", "file"] = "payout"
    reference: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    instructed: Decimal | None = None
    is_part: bool = False
    account: str | None = None
    bank_reference: str = ""
    reason: str | None = None
    problem: str | None = None


class Report(msgspec.Struct, frozen=True):
    """A file that was read."""

    format: str
    entries: list[Entry]
