"""Payment rails: who carries a payout to a bank, a card or a wallet.

A rail is an adapter. It knows nothing of balances and statuses here; it is given an order and says what became of it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from artel import clock
from artel.payouts.errors import RailUnknown


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail is asked to pay, and where to."""

    payout_id: int
    amount: Decimal
    currency: str
    type: int  # 1 card, 2 wallet, 6 bank account
    subtype: int
    number: str  # a card's is masked: `processor_token` stands for it
    holder: str
    country: str | None
    bank: dict[str, str]
    processor_token: str | None
    sent_at: datetime  # when it was first about to be given to the rail


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail says of an order. `accepted`: it is on its way, ask again later."""

    outcome: Literal["accepted", "completed", "declined", "partial"]
    completed_amount: Decimal | None = None  # of a partial one, in the order's currency
    reference: str | None = None
    reason: str | None = None


class Rail(Protocol):
    """What every rail can do."""

    name: str

    def can_pay(self, *, type: int, subtype: int, currency: str) -> bool:
        """Whether the rail pays this currency to endpoints of this type."""


class CalledRail(Rail, Protocol):
    """A rail that the worker speaks to, one payout at a time.

    `send` is done once per `key`, however often it is called with it; it raises when it cannot tell whether the
    order was taken. Then `ask` is called until it answers: None says that the rail has never had an order of this
    key, and only then is it sent again, under the same key.
    """

    async def send(self, order: Order, key: str) -> Answer: ...

    async def ask(self, order: Order, key: str) -> Answer | None: ...


# What the sandbox's rail pays out, by an endpoint's type and subtype; cards of a brand not listed take roubles too.
SANDBOX_CURRENCIES: dict[tuple[int, int], frozenset[str]] = {
    (1, 8): frozenset({"RUB"}),
    (2, 2): frozenset({"RUB", "USD", "EUR"}),
    (2, 3): frozenset({"RUB", "USD", "EUR"}),
    (6, 1): frozenset({"EUR"}),
    (6, 2): frozenset({"USD", "EUR"}),
    (6, 6): frozenset({"RUB"}),
}
SANDBOX_CARDS = frozenset({"RUB", "USD", "EUR"})
SANDBOX_COMPLETES_AFTER_S = 5


class SandboxRail:
    """Moves no money. Accepts every order and calls it completed 5 s later, unless told another outcome before."""

    name = "sandbox"

    def can_pay(self, *, type: int, subtype: int, currency: str) -> bool:
        return currency in SANDBOX_CURRENCIES.get((type, subtype), SANDBOX_CARDS if type == 1 else frozenset())

    async def send(self, order: Order, key: str) -> Answer:
        return Answer(outcome="accepted", reference=f"sandbox-{key}")

    async def ask(self, order: Order, key: str) -> Answer | None:
        waited_s = (clock.now() - order.sent_at).total_seconds()
        outcome: Literal["accepted", "completed"] = "completed" if waited_s >= SANDBOX_COMPLETES_AFTER_S else "accepted"
        return Answer(outcome=outcome, reference=f"sandbox-{key}")


# What a bank is ordered to pay to an account, by the account's kind; the endpoint page takes no others.
BANK_FILE_CURRENCIES: dict[tuple[int, int], frozenset[str]] = {
    (6, 1): frozenset({"EUR"}),
    (6, 2): frozenset({"USD", "EUR", "KZT"}),
    (6, 6): frozenset({"RUB"}),
}


class BankFileRail:
    """Bank accounts alone, by files that the operator carries to the bank (artel.bank_files). Nobody calls it:
    its payouts wait until a file is written."""

    name = "iso20022"

    def can_pay(self, *, type: int, subtype: int, currency: str) -> bool:
        return currency in BANK_FILE_CURRENCIES.get((type, subtype), frozenset())


def rail_named(name: str, *, sandbox: bool) -> SandboxRail | BankFileRail:
    """The configured rail. Refuses: RailUnknown, and the sandbox's rail where money is real."""
    if name == SandboxRail.name and sandbox:
        return SandboxRail()
    if name == BankFileRail.name:
        return BankFileRail()
    raise RailUnknown(name)
