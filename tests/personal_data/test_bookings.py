"""Erasing somebody who has booked: hosts get their time back, and nobody's money is left behind."""

from datetime import datetime
from decimal import Decimal

import pytest

from artel import clock
from artel.db.pool import Connection
from artel.events.booking import Booked, NewBooking, book
from artel.ledger.rules import post
from artel.payments.rules import record_outside
from artel.payments.transfers import Payment, paid
from artel.personal_data.erasure import erase_person
from artel.personal_data.errors import MoneyLeft
from tests import cast
from tests.events.cast import add_schedule, day_after


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
async def client_id(conn: Connection, now: datetime) -> int:
    return await cast.add_person(conn, "client@example.test", now=now)


@pytest.fixture
async def booked(conn: Connection, client_id: int, now: datetime) -> Booked:
    host = await cast.add_person(conn, "host@example.test", now=now)
    schedule = await add_schedule(conn, host, now=now, price=Decimal(40), currency="EUR")
    async with conn.transaction():
        made = await book(
            conn,
            schedule,
            NewBooking(start=day_after(now)),
            client_id=client_id,
            is_proven=True,
            actor_id=client_id,
            now=now,
        )
        await record_outside(conn, made.attendee_id, actor_id=host, now=now)
    return made


async def test_their_bookings_are_cancelled(conn: Connection, booked: Booked, client_id: int, now: datetime) -> None:
    async with conn.transaction():
        await erase_person(conn, client_id, actor_id=None, now=now)
    cursor = await conn.execute(
        """
        SELECT e.status_id, a.status_id, (SELECT count(*) FROM busy_span WHERE event_id = e.id)
        FROM calendar_event AS e
        JOIN event_attendee AS a ON a.event_id = e.id AND a.role_id = 4
        """
    )
    assert await cursor.fetchall() == [(444, 444, 0)]


async def test_what_a_card_has_paid_is_theirs(conn: Connection, booked: Booked, client_id: int, now: datetime) -> None:
    """Until the meeting is over or cancelled the money is the client's: whoever is owed something is not erased."""
    payment = Payment(1, booked.attendee_id, booked.event_id, "card", None, client_id, Decimal(40), "EUR", "paid", 1)
    await post(conn, paid(payment, actor_id=None, now=now))
    with pytest.raises(MoneyLeft):
        async with conn.transaction():
            await erase_person(conn, client_id, actor_id=None, now=now)
