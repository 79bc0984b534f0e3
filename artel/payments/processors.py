"""Card processors: who takes money from a card, and gives it back.

A processor is an adapter. Card numbers go to it once, for a token; everything else is said with the token.
"""

import secrets
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from artel.payouts.cards import CardNumber

# Numbers that the sandbox's processor treats as processors' test cards are treated: by their last four digits.
SANDBOX_DECLINED = "0002"
SANDBOX_NO_FUNDS = "9995"


class Charge(msgspec.Struct, frozen=True):
    """What a processor says of an order. `unknown` of one asked after: it has never had it."""

    outcome: Literal["done", "declined", "unknown"]
    reference: str | None = None
    reason: str | None = None


class Processor(Protocol):
    """What every processor can do.

    `charge` and `refund` are done once per `key`, however often they are called with it, and raise when they cannot
    tell what became of it; then they are simply called again under the same key.
    """

    name: str

    def tokenise(self, number: CardNumber, expires: str) -> str: ...

    async def charge(self, token: str, amount: Decimal, currency: str, *, key: str) -> Charge: ...

    async def refund(self, reference: str, amount: Decimal, currency: str, *, key: str) -> Charge: ...


class SandboxProcessor:
    """Takes money from nobody. Every card is good but those ending in 0002 (declined) and 9995 (no money on it)."""

    name = "sandbox"

    def tokenise(self, number: CardNumber, expires: str) -> str:
        digits = number.reveal()
        return f"sandbox-{secrets.token_hex(8)}-{digits[-4:]}"

    async def charge(self, token: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        reasons = {SANDBOX_DECLINED: "declined by the bank", SANDBOX_NO_FUNDS: "not enough money on the card"}
        reason = reasons.get(token[-4:])
        return Charge("declined", reason=reason) if reason else Charge("done", reference=f"sandbox-{key}")

    async def refund(self, reference: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        return Charge("done", reference=f"sandbox-{key}")


def card_processor(*, sandbox: bool) -> Processor | None:
    """The installation's; None where cards are not taken: without a contract with a processor nobody can."""
    return SandboxProcessor() if sandbox else None
