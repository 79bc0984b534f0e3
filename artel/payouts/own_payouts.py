"""Payouts as the freelancer who gets them sees them."""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all


class OwnPayoutRow(msgspec.Struct, frozen=True):
    """What left the balance and what arrives, each in its currency; `number` is the endpoint's, as it is shown."""

    id: int
    status: int
    amount: Decimal
    currency: str
    endpoint_amount: Decimal
    endpoint_currency: str
    number: str
    created_at: datetime


async def list_own_payouts(conn: Connection, freelancer_id: int, *, limit: int) -> list[OwnPayoutRow]:
    """The newest first."""
    return await fetch_all(
        conn,
        OwnPayoutRow,
        """
        SELECT
            p.id, p.status, p.amount, p.currency, p.endpoint_amount, p.endpoint_currency, e.number, p.created_at
        FROM payout AS p
        JOIN payout_endpoint AS e ON e.id = p.endpoint_id
        WHERE p.freelancer_id = %(freelancer)s
        ORDER BY p.id DESC
        LIMIT %(limit)s
        """,
        {"freelancer": freelancer_id, "limit": limit},
    )
