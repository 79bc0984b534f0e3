"""A booking's money as transfers of the ledger. Nothing here posts anything.

What a client pays lies in escrow: the company's own, or that of the client whom a card charged. When the meeting is
over it becomes the host's. What is cancelled goes back whence it came, as far as the cancellation terms say, and the
rest becomes the host's. Keys name the payment, so each of these happens once.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.ledger.accounts import Account, Posting, Transfer, clearing, company_available, company_held, person_balance

ESCROW = "held"


class Payment(msgspec.Struct, frozen=True):
    id: int
    attendee_id: int
    event_id: int
    source: str
    company_id: int | None
    payer_id: int | None
    amount: Decimal
    currency: str
    status: str
    host_id: int


def person_held(person_id: int, currency: str) -> Account:
    """What somebody has paid by card for what is still to come."""
    return Account("person", person_id, ESCROW, currency)


def source_of(payment: Payment) -> Account:
    """Where the money came from."""
    if payment.company_id is not None:
        return company_available(payment.company_id, payment.currency)
    return clearing("card", payment.currency)


def escrow_of(payment: Payment) -> Account:
    if payment.company_id is not None:
        return company_held(payment.company_id, payment.currency)
    assert payment.payer_id is not None, "a card charges somebody"
    return person_held(payment.payer_id, payment.currency)


def paid(payment: Payment, *, actor_id: int | None, now: datetime) -> Transfer:
    return Transfer(
        "booking_paid",
        f"booking-payment:{payment.id}:paid",
        "event",
        payment.event_id,
        (Posting(source_of(payment), -payment.amount), Posting(escrow_of(payment), payment.amount)),
        now,
        actor_id,
    )


def earned(payment: Payment, *, now: datetime) -> Transfer:
    return Transfer(
        "booking_earned",
        f"booking-payment:{payment.id}:settled",
        "event",
        payment.event_id,
        (
            Posting(escrow_of(payment), -payment.amount),
            Posting(person_balance(payment.host_id, payment.currency), payment.amount),
        ),
        now,
    )


def given_back(payment: Payment, returned: Decimal, *, actor_id: int | None, now: datetime) -> Transfer:
    """`returned` goes back, the rest to the host: together what was paid. It settles the payment as earning it would,
    under the same key: only one of the two can ever happen."""
    kept = payment.amount - returned
    postings = [Posting(escrow_of(payment), -payment.amount)]
    if returned:
        postings.append(Posting(source_of(payment), returned))
    if kept:
        postings.append(Posting(person_balance(payment.host_id, payment.currency), kept))
    return Transfer(
        "booking_returned",
        f"booking-payment:{payment.id}:settled",
        "event",
        payment.event_id,
        tuple(postings),
        now,
        actor_id,
    )
