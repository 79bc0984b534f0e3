"""Card processors: who takes money from a card, and gives it back.

A processor is an adapter. Card numbers go to it once, for a token; everything else is said with the token.
"""

import secrets
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from artel.payments.errors import CardsNotTaken
from artel.payouts.cards import CardNumber

# Numbers that the sandbox's processor treats as processors' test cards are treated: by their last four digits.
SANDBOX_DECLINED = "0002"
SANDBOX_NO_FUNDS = "9995"


class Charge(msgspec.Struct, frozen=True):
    """What a processor says of an order. `unknown` of one asked after: it has never had it."""

    outcome: Literal["done", "declined", "unknown"]
    reference: str | None = None
    reason: str | None = None


class Card(msgspec.Struct, frozen=True):
    """A card as it is kept: what stands for it, and what its holder knows it by."""

    token: str
    masked: str


class Processor(Protocol):
    """What every processor can do.

    `charge` and `refund` are done once per `key`, however often they are called with it, and raise when they cannot
    tell what became of it; then they are simply called again under the same key.
    """

    name: str

    async def tokenise(self, number: CardNumber, *, expires: str) -> str: ...

    async def charge(self, token: str, amount: Decimal, currency: str, *, key: str) -> Charge: ...

    async def refund(self, reference: str, amount: Decimal, currency: str, *, key: str) -> Charge: ...


class SandboxProcessor:
    """Takes money from nobody. Every card is good but those ending in 0002 (declined) and 9995 (no money on it)."""

    name = "sandbox"

    async def tokenise(self, number: CardNumber, *, expires: str) -> str:
        digits = number.reveal()
        return f"sandbox-{secrets.token_hex(8)}-{digits[-4:]}"

    async def charge(self, token: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        reasons = {SANDBOX_DECLINED: "declined by the bank", SANDBOX_NO_FUNDS: "not enough money on the card"}
        reason = reasons.get(token[-4:])
        return Charge("declined", reason=reason) if reason else Charge("done", reference=f"sandbox-{key}")

    async def refund(self, reference: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        return Charge("done", reference=f"sandbox-{key}")


async def tokenised(processor: Processor | None, number: CardNumber, *, expires: str) -> Card:
    """The number goes to the processor, outside of any transaction, and no further. Refuses: CardsNotTaken."""
    if processor is None:
        raise CardsNotTaken
    return Card(await processor.tokenise(number, expires=expires), number.masked)


def card_processor(*, sandbox: bool) -> Processor | None:
    """The installation's; None where cards are not taken: without a contract with a processor nobody can."""
    return SandboxProcessor() if sandbox else None
