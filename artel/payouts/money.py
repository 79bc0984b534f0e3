"""The money of a payout: which accounts give and receive at its two moments. Pure: it posts nothing.

Between the two the money is in transit, in the currency the rail was given. Where that is not the currency of the
freelancer's balance, the platform's exchange accounts stand between them.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from artel.ledger.accounts import (
    Account,
    ClearingSource,
    Posting,
    clearing,
    exchange,
    payouts_in_transit,
    person_balance,
)
from artel.ledger.batches import EXACT
from artel.payouts.errors import CompletedAmountWrong

CLEARING: dict[int, ClearingSource] = {1: "card", 2: "wallet", 6: "bank"}

Outcome = Literal["completed", "declined", "partial"]


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What left the balance, and what the rail was given for it."""

    freelancer_id: int
    endpoint_type: int
    currency: str
    amount: Decimal
    endpoint_currency: str
    endpoint_amount: Decimal

    @property
    def is_converted(self) -> bool:
        return self.currency != self.endpoint_currency


class Share(msgspec.Struct, frozen=True):
    """How an outcome divides a payout."""

    completed: Decimal  # in the endpoint's currency
    returned: Decimal  # in the balance's


def departure(sums: Sums) -> tuple[Posting, ...]:
    """From the freelancer's balance into transit."""
    return postings(
        (person_balance(sums.freelancer_id, sums.currency), -sums.amount),
        *conversion(sums, sums.amount, sums.endpoint_amount),
        (payouts_in_transit(sums.endpoint_currency), sums.endpoint_amount),
    )


def arrival(sums: Sums, share: Share) -> tuple[Posting, ...]:
    """Out of transit: what was completed into the outside world, the rest back to where it came from."""
    return postings(
        (payouts_in_transit(sums.endpoint_currency), -sums.endpoint_amount),
        (clearing(CLEARING[sums.endpoint_type], sums.endpoint_currency), share.completed),
        *conversion(sums, -share.returned, share.completed - sums.endpoint_amount),
        (person_balance(sums.freelancer_id, sums.currency), share.returned),
    )


def homecoming(sums: Sums, share: Share) -> tuple[Posting, ...]:
    """Back from the outside world what had been completed: to the balance, at the rate at which it left."""
    returned = sums.amount - share.returned
    return postings(
        (clearing(CLEARING[sums.endpoint_type], sums.endpoint_currency), -share.completed),
        *conversion(sums, -returned, -share.completed),
        (person_balance(sums.freelancer_id, sums.currency), returned),
    )


def divide(sums: Sums, outcome: Outcome, completed: Decimal | None, *, exponent: int, endpoint_exponent: int) -> Share:
    """What of a payout is completed and what goes back, at the rate at which it left, rounded half up.

    A declined payout goes back to the last digit. A partial one for which no sum is told is one by half.
    Refuses: CompletedAmountWrong for a part that is not more than nothing, less than everything and payable.
    """
    if outcome == "completed":
        return Share(sums.endpoint_amount, Decimal(0))
    if outcome == "declined":
        return Share(Decimal(0), sums.amount)
    part = round_to(sums.endpoint_amount / 2, endpoint_exponent) if completed is None else completed
    is_part = part.is_finite() and 0 < part < sums.endpoint_amount
    if not is_part or part != round_to(part, endpoint_exponent):
        raise CompletedAmountWrong(sums.endpoint_amount)
    rest = sums.endpoint_amount - part
    returned = EXACT.divide(EXACT.multiply(sums.amount, rest), sums.endpoint_amount) if sums.is_converted else rest
    return Share(part, round_to(returned, exponent))


def conversion(sums: Sums, given: Decimal, received: Decimal) -> tuple[tuple[Account, Decimal], ...]:
    """The exchange takes `given` of the balance's currency for `received` of the endpoint's."""
    if not sums.is_converted:
        return ()
    return (exchange(sums.currency), given), (exchange(sums.endpoint_currency), -received)


def postings(*moves: tuple[Account, Decimal]) -> tuple[Posting, ...]:
    return tuple(Posting(account, amount) for account, amount in moves if amount)


def round_to(amount: Decimal, exponent: int) -> Decimal:
    return EXACT.quantize(amount, Decimal(1).scaleb(-exponent))
