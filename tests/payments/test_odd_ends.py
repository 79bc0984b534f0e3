"""Money of bookings whose meeting ends, or is gone, otherwise than usual."""

from decimal import Decimal
from typing import Any

import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.errors import Refused
from artel.events.booking import Booked, end_event
from artel.payments import jobs
from artel.payments.jobs import charge_loop, refund_loop, settle_due
from artel.payments.processors import SandboxProcessor
from tests.payments.cast import DECLINED, PRICE, Deal, Faulty, books_balance, pay, start, statuses
from tests.times import Travel

PAID = {"available": Decimal(100), "client escrow": PRICE, "cards": -PRICE}


async def confirmed(conn: Connection, booked: Booked) -> None:
    """By the host, unpaid."""
    await conn.execute(
        "UPDATE event_attendee SET status_id = 200, hold_until = NULL WHERE id = %s", [booked.attendee_id]
    )
    await conn.execute("UPDATE calendar_event SET status_id = 200 WHERE id = %s", [booked.event_id])


async def deleted(conn: Connection, booked: Booked) -> None:
    await conn.execute("UPDATE calendar_event SET deleted_at = now() WHERE id = %s", [booked.event_id])


async def ended(conn: Connection, booked: Booked, to_status: int) -> None:
    async with conn.transaction():
        await end_event(conn, booked.event_id, to_status=to_status, actor_id=None, reason="over", now=clock.now())


async def payment_statuses(conn: Connection) -> list[str]:
    cursor = await conn.execute("SELECT status FROM booking_payment ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("status", [None, 444])
async def test_a_card_charged_for_what_was_deleted_is_paid_back(
    conn: Connection, database: Database, deal: Deal, status: int | None
) -> None:
    processor = Faulty()
    booked = await deal.booked(conn)
    await start(conn, booked)
    if status is not None:
        await ended(conn, booked, status)
    await deleted(conn, booked)
    await charge_loop(processor).claim_and_run(database, clock.now())
    await refund_loop(processor).claim_and_run(database, clock.now())
    assert list(processor.refunded.values()) == [PRICE]
    assert await payment_statuses(conn) == ["returned"]
    assert await deal.balances(conn) == {"available": Decimal(100)}
    await books_balance(conn)


async def test_a_card_charged_when_the_meeting_was_over_is_earned(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    await confirmed(conn, booked)
    await start(conn, booked)
    travel(days=3)
    await ended(conn, booked, 777)
    await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await statuses(conn, booked) == (777, 300, 200, 300)
    assert await deal.balances(conn) == PAID
    await settle_due(database, clock.now())
    assert (await deal.balances(conn))["host"] == PRICE
    await books_balance(conn)


async def test_a_payment_that_fails_leaves_the_others_their_outcome(
    conn: Connection,
    database: Database,
    deal: Deal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seats = [await deal.booked(conn, hour=hour) for hour in (9, 10)]
    first, _ = [await start(conn, seat) for seat in seats]
    taken = jobs.take_charge

    async def fail_first(conn: Connection, payment_id: int, *args: Any, **kwargs: Any) -> None:
        if payment_id == first:
            raise ArithmeticError("out of order")
        await conn.execute("SELECT pg_sleep(0.2)")
        await taken(conn, payment_id, *args, **kwargs)

    monkeypatch.setattr(jobs, "take_charge", fail_first)
    with pytest.raises(ArithmeticError):
        await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await payment_statuses(conn) == ["charging", "paid"]
    captured = capsys.readouterr()
    assert "out of order" in captured.out + captured.err


async def test_declined_cards_keep_no_seat_for_ever(conn: Connection, database: Database, deal: Deal) -> None:
    booked = await deal.booked(conn)
    loop = charge_loop(SandboxProcessor())
    for _ in range(5):
        await start(conn, booked, DECLINED)
        await loop.claim_and_run(database, clock.now())
    with pytest.raises(Refused, match="card_tries_over"):
        await start(conn, booked)
    await pay(conn, deal, booked)
