"""Payout endpoints as the customer API shows them: operation 44."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from artel.api.customer.replies import CURRENCIES, Currency, moment
from artel.payouts.details import BANK_ACCOUNT, CARD, WALLET
from artel.payouts.endpoint_queries import EndpointRow


class Endpoint(msgspec.Struct, rename="camel", kw_only=True):
    """What all three kinds have. `type`: 1 card, 2 wallet, 6 bank account."""

    id: int
    uuid: UUID
    owner_id: int
    type: int
    number: str
    currency: Currency
    status: int
    auto_pay: bool
    created_at: str


class Wallet(Endpoint, kw_only=True):
    """`walletType`: 2 QIWI, 3 WebMoney. Status 1: added."""

    wallet_type: int


class Card(Endpoint, kw_only=True):
    """`number` has its first six and last four digits. `cardType`: 1 Visa, 2 Mastercard, 3 Maestro, 8 Mir, 0 another.
    Status 4: added and confirmed; 3: blocked."""

    card_type: int
    holder: str
    expire: str
    country: str | None


class BankAccount(Endpoint, kw_only=True):
    """`bankAccountType`: 1 SEPA, 2 SWIFT, 6 BIC. Status 1: added and confirmed; 3: not confirmed yet."""

    bank_account_type: int


class Endpoints(msgspec.Struct):
    wallets: list[Wallet]
    cards: list[Card]
    ibans: list[BankAccount]


def render_endpoints(rows: Sequence[EndpointRow]) -> Endpoints:
    """Three lists, each the oldest first."""
    return Endpoints(
        wallets=[Wallet(**shared(row), wallet_type=row.subtype) for row in rows if row.type == WALLET],
        cards=[
            Card(
                **shared(row),
                card_type=row.subtype,
                holder=row.holder,
                expire=row.expires or "",
                country=row.country,
            )
            for row in rows
            if row.type == CARD
        ],
        ibans=[BankAccount(**shared(row), bank_account_type=row.subtype) for row in rows if row.type == BANK_ACCOUNT],
    )


def shared(row: EndpointRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "uuid": row.uuid,
        "owner_id": row.freelancer_id,
        "type": row.type,
        "number": row.number,
        "currency": CURRENCIES[row.currency],
        "status": row.status,
        "auto_pay": row.auto_pay,
        "created_at": moment(row.created_at),
    }
