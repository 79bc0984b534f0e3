"""Votes, answers and bookings at one moment, on connections of their own: one outcome, and nobody meets a deadlock."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.event_cast import Booking, book_slot
from tests.cast import Someone
from tests.events.cast import add_schedule, day_after

ROUNDS = 12
HALF_HOUR = timedelta(minutes=30)


async def propose(client: httpx.AsyncClient, booking: Booking, who: Someone, to: datetime) -> int:
    reply = await client.put(booking.path, json={"start": to.isoformat()}, headers=who.headers)
    assert reply.status_code == 200, reply.text
    return int(reply.json()["corrections"][-1]["id"])


def vote(client: httpx.AsyncClient, booking: Booking, who: Someone, correction: int, *, yes: bool = True) -> Any:
    return client.post(f"{booking.path}/vote", json={"vote": yes, "ids": [correction]}, headers=who.headers)


async def start_of(conn: Connection, booking: Booking) -> datetime:
    start: datetime = await fetch_value(
        conn, "SELECT starts_at FROM calendar_event WHERE id = %(id)s", {"id": booking.event_id}
    )
    return start


async def status_of(conn: Connection, correction: int) -> str:
    status: str = await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", {"id": correction})
    return status


async def both(
    one: Coroutine[Any, Any, httpx.Response], other: Coroutine[Any, Any, httpx.Response], *, turned: bool
) -> tuple[httpx.Response, httpx.Response]:
    """Two calls at once; turned, the second has a start of a few milliseconds, so that each wins sometimes."""

    async def later(call: Coroutine[Any, Any, httpx.Response], wait_s: float) -> httpx.Response:
        await asyncio.sleep(wait_s)
        return await call

    replies = await asyncio.gather(later(one, 0.01 if turned else 0), later(other, 0 if turned else 0.002))
    return replies[0], replies[1]


@pytest.mark.parametrize("second_says", [True, False])
async def test_two_voters_at_once(
    client: httpx.AsyncClient,
    conn: Connection,
    nora: Someone,
    anna: Someone,
    ben: Someone,
    now: datetime,
    second_says: bool,
) -> None:
    """Both "yes": whoever comes second applies it, once. A "no" among them: it is never applied."""
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=3)
    for number in range(ROUNDS):
        start = day_after(now, days=2 + number)
        booking = await book_slot(client, schedule, anna, start)
        await book_slot(client, schedule, ben, start)
        asked = await propose(client, booking, anna, start + HALF_HOUR)
        replies = await asyncio.gather(
            vote(client, booking, nora, asked), vote(client, booking, ben, asked, yes=second_says)
        )
        assert {reply.status_code for reply in replies} <= ({200} if second_says else {200, 409})
        assert await status_of(conn, asked) == ("applied" if second_says else "rejected")
        assert await start_of(conn, booking) == start + (HALF_HOUR if second_says else timedelta())
        sequence = "SELECT sequence FROM calendar_event WHERE id = %(id)s"
        assert await fetch_value(conn, sequence, {"id": booking.event_id}) == int(second_says)


async def test_a_vote_and_a_cancellation(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    seen = set()
    for number in range(ROUNDS):
        booking = await book_slot(client, schedule, anna, day_after(now, days=2 + number))
        asked = await propose(client, booking, anna, booking.start + HALF_HOUR)
        voted, cancelled = await both(
            vote(client, booking, nora, asked),
            client.post(f"{booking.path}/decline", headers=anna.headers),
            turned=bool(number % 2),
        )
        seen.add(voted.status_code)
        assert cancelled.status_code == 200, cancelled.text
        assert voted.status_code in {200, 409}, voted.text
        applied = voted.status_code == 200
        assert await status_of(conn, asked) == ("applied" if applied else "rejected")
        assert await start_of(conn, booking) == booking.start + (HALF_HOUR if applied else timedelta())
        assert cancelled.json()["status_id"] == 444
    assert seen == {200, 409}, "the race was no race"
    left = "SELECT count(*) FROM busy_span"
    assert await fetch_value(conn, left) == 0
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter WHERE kind = 'reminder'") == 0


async def test_a_vote_and_a_booking_of_the_wanted_slot(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    for number in range(ROUNDS):
        booking = await book_slot(client, schedule, anna, day_after(now, days=2 + number))
        wanted = booking.start + HALF_HOUR
        asked = await propose(client, booking, anna, wanted)
        voted, taken = await asyncio.gather(
            vote(client, booking, nora, asked),
            client.post(f"/schedule/{schedule.id}/book", json={"start": wanted.isoformat()}, headers=ben.headers),
        )
        assert sorted([voted.status_code, taken.status_code]) == [200, 409], (voted.text, taken.text)
        moved = voted.status_code == 200
        assert await start_of(conn, booking) == (wanted if moved else booking.start)
        assert await status_of(conn, asked) == ("applied" if moved else "rejected")
        # And the other way round: what was moved away from can be booked.
        if moved:
            await book_slot(client, schedule, ben, booking.start)


async def test_two_events_that_want_one_slot(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    for number in range(ROUNDS):
        first = await book_slot(client, schedule, anna, day_after(now, days=2 + number))
        second = await book_slot(client, schedule, ben, first.start + 2 * HALF_HOUR)
        wanted = first.start + HALF_HOUR
        annas, bens = await propose(client, first, anna, wanted), await propose(client, second, ben, wanted)
        replies = await asyncio.gather(vote(client, first, nora, annas), vote(client, second, nora, bens))
        assert sorted(reply.status_code for reply in replies) == [200, 409], [reply.text for reply in replies]
        assert sorted([await status_of(conn, annas), await status_of(conn, bens)]) == ["applied", "rejected"]


async def test_the_hosts_yes_and_the_clients_no(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, confirmation="manual")
    seen = set()
    for number in range(ROUNDS):
        booking = await book_slot(client, schedule, anna, day_after(now, days=2 + number))
        confirmed, cancelled = await both(
            client.post(f"{booking.path}/confirm", headers=nora.headers),
            client.post(f"{booking.path}/decline", headers=anna.headers),
            turned=bool(number % 2),
        )
        seen.add(confirmed.status_code)
        assert cancelled.status_code == 200, cancelled.text
        assert confirmed.status_code in {200, 409}, confirmed.text
        shown = (await client.get(booking.path, headers=anna.headers)).json()
        assert (shown["event"]["status_id"], shown["pivot"]["status_id"]) == (444, 444)
    assert seen == {200, 409}, "the race was no race"
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter WHERE kind = 'reminder'") == 0


async def test_everything_at_once(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    """Moves, bookings, cancellations and changes of one host's day: whatever wins, spans and events agree."""
    schedule = await add_schedule(conn, nora.id, now=now)
    start = day_after(now, days=2)
    bookings = [await book_slot(client, schedule, anna, start + number * 2 * HALF_HOUR) for number in range(4)]
    asked = [await propose(client, one, anna, one.start + HALF_HOUR) for one in bookings]
    calls = [vote(client, one, nora, correction) for one, correction in zip(bookings, asked, strict=True)]
    calls += [
        client.post(
            f"/schedule/{schedule.id}/book",
            json={"start": (start + number * HALF_HOUR).isoformat()},
            headers=ben.headers,
        )
        for number in range(8)
    ]
    calls += [client.delete(one.path, headers=anna.headers) for one in bookings[:2]]
    calls += [client.put(one.path, json={"label": "Another"}, headers=nora.headers) for one in bookings[2:]]
    replies = await asyncio.gather(*calls)
    assert {reply.status_code for reply in replies} <= {200, 409, 422, 429}, [reply.text for reply in replies]
    assert [reply.status_code for reply in replies[-4:]] == [200] * 4, [reply.text for reply in replies[-4:]]
    bare = """
        SELECT count(*)
        FROM calendar_event AS e
        WHERE e.status_id IN (100, 200) AND e.deleted_at IS NULL AND NOT EXISTS (
            SELECT FROM busy_span AS b WHERE b.event_id = e.id AND b.is_exclusive
        )
    """
    assert await fetch_value(conn, bare) == 0
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span WHERE is_exclusive") > 0
    cursor = await conn.execute(
        """
        SELECT count(*)
        FROM calendar_event AS e
        JOIN busy_span AS b ON b.event_id = e.id
        WHERE e.status_id NOT IN (100, 200) OR b.starts_at <> e.starts_at OR b.ends_at <> e.ends_at
        """
    )
    assert await cursor.fetchone() == (0,)
