"""Choosing where payouts go by themselves: one endpoint at most."""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.operations import audit
from artel.payouts.errors import EndpointUnknown


async def choose_auto_pay(
    conn: Connection, freelancer_id: int, *, endpoint_id: int | None, actor_id: int | None, now: datetime
) -> None:
    """Let payouts go to this endpoint of the freelancer's by themselves, and to no other; None: to none.

    Refuses: EndpointUnknown for one that is not theirs or was removed.
    """
    await hold_choice(conn, freelancer_id)
    if endpoint_id is not None:
        is_theirs = await fetch_value(
            conn,
            """
            SELECT EXISTS (
                SELECT
                FROM payout_endpoint
                WHERE id = %(id)s AND freelancer_id = %(freelancer)s AND removed_at IS NULL
            )
            """,
            {"id": endpoint_id, "freelancer": freelancer_id},
        )
        if not is_theirs:
            raise EndpointUnknown
    await clear_choice(conn, freelancer_id)
    if endpoint_id is not None:
        # Not one that was removed meanwhile.
        chosen = await conn.execute(
            "UPDATE payout_endpoint SET auto_pay = true WHERE id = %(id)s AND removed_at IS NULL", {"id": endpoint_id}
        )
        if chosen.rowcount == 0:
            raise EndpointUnknown
    await audit.record(
        conn,
        "payout_endpoint.auto_pay_chosen",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        endpoint_id=endpoint_id,
    )


async def hold_choice(conn: Connection, freelancer_id: int) -> None:
    """Of two who choose at the same time, the second one waits."""
    await conn.execute(
        "SELECT FROM freelancer WHERE person_id = %(freelancer)s FOR NO KEY UPDATE", {"freelancer": freelancer_id}
    )


async def clear_choice(conn: Connection, freelancer_id: int) -> None:
    await conn.execute(
        "UPDATE payout_endpoint SET auto_pay = false WHERE freelancer_id = %(freelancer)s AND auto_pay",
        {"freelancer": freelancer_id},
    )


class OwnEndpointRow(msgspec.Struct, frozen=True):
    """An endpoint as its owner sees it; `number` as it is shown."""

    id: int
    number: str
    currency: str
    auto_pay: bool


async def list_own_endpoints(conn: Connection, freelancer_id: int) -> list[OwnEndpointRow]:
    """The freelancer's endpoints that are not removed, the oldest first."""
    return await fetch_all(
        conn,
        OwnEndpointRow,
        """
        SELECT id, number, currency, auto_pay
        FROM payout_endpoint
        WHERE freelancer_id = %(freelancer)s AND removed_at IS NULL
        ORDER BY id
        """,
        {"freelancer": freelancer_id},
    )
