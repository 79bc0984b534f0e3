"""Saying yes and no, cancelling, deleting."""

from datetime import datetime, timedelta
from decimal import Decimal

import httpx

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.ledger.accounts import company_available, person_balance
from artel.ledger.queries import balance
from artel.payments.rules import pay_from_company
from artel.schedules.hours import Cancellation
from tests.api.time.conftest import note_addresses
from tests.api.time.event_cast import (
    add_attendee,
    add_meeting,
    book_slot,
    booked,
    forget_letters,
    letters,
    reminders,
)
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after
from tests.payments.cast import company_of


async def call(client: httpx.AsyncClient, who: Someone, path: str, status: int = 200) -> httpx.Response:
    method, _, where = path.rpartition(" ")
    reply = await client.request(method or "POST", where, headers=who.headers)
    assert reply.status_code == status, reply.text
    return reply


async def seats(conn: Connection, event_id: int) -> dict[int, int]:
    cursor = await conn.execute("SELECT person_id, status_id FROM event_attendee WHERE event_id = %s", [event_id])
    return dict(await cursor.fetchall())


async def spans(conn: Connection, event_id: int) -> list[int]:
    cursor = await conn.execute("SELECT person_id FROM busy_span WHERE event_id = %s ORDER BY 1", [event_id])
    return [row[0] for row in await cursor.fetchall()]


async def test_the_host_confirms_a_manual_booking(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, confirmation="manual")
    assert sorted(await letters(conn, booking.event_id)) == [("booked", nora.id), ("booked", anna.id)]
    assert await reminders(conn, booking.event_id) == []
    await call(client, anna, f"{booking.path}/confirm", 409)  # not hers to confirm
    await forget_letters(conn)
    assert (await call(client, nora, f"{booking.path}/confirm")).json()["status_id"] == 200
    assert await seats(conn, booking.event_id) == {nora.id: 200, anna.id: 200}
    assert sorted(await letters(conn, booking.event_id)) == [("confirmed", nora.id), ("confirmed", anna.id)]
    assert len(await reminders(conn, booking.event_id)) == 4
    await call(client, nora, f"{booking.path}/confirm")  # again is no mistake
    await call(client, anna, f"{booking.path}/confirm")
    assert len(await reminders(conn, booking.event_id)) == 4


async def test_what_is_to_be_paid_is_not_confirmed_by_word(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, price=Decimal(40), currency="EUR")
    await call(client, anna, f"{booking.path}/confirm", 409)
    await call(client, nora, f"{booking.path}/confirm")
    assert (await seats(conn, booking.event_id))[anna.id] == 100
    assert await letters(conn, booking.event_id) == []


async def test_the_host_declines_all_bookings(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=5)
    first = await book_slot(client, schedule, anna, day_after(now, days=2))
    await book_slot(client, schedule, ben, first.start)
    await forget_letters(conn)
    assert (await call(client, nora, f"{first.path}/decline")).json()["status_id"] == 400
    assert await seats(conn, first.event_id) == {nora.id: 400, anna.id: 400, ben.id: 400}
    assert sorted(await letters(conn, first.event_id)) == [("declined", anna.id), ("declined", ben.id)]
    assert await reminders(conn, first.event_id) == []
    assert await spans(conn, first.event_id) == []
    await call(client, nora, f"{first.path}/decline")  # again is no mistake
    await call(client, nora, f"{first.path}/confirm", 409)
    await call(client, nora, f"DELETE {first.path}", 409)
    assert await fetch_value(conn, "SELECT sequence FROM calendar_event") == 1


async def test_a_clients_no_is_a_cancellation(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now)
    await forget_letters(conn)
    assert (await call(client, anna, f"{booking.path}/decline")).json()["status_id"] == 444
    assert (await seats(conn, booking.event_id))[anna.id] == 444
    assert sorted(await letters(conn, booking.event_id)) == [("cancelled", nora.id), ("cancelled", anna.id)]
    assert await reminders(conn, booking.event_id) == []
    await call(client, anna, f"{booking.path}/decline")
    # The slot can be booked again.
    await book_slot(client, booking.schedule, anna, booking.start)


async def test_one_of_a_group_leaves_the_rest_stays(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=5)
    first = await book_slot(client, schedule, anna, day_after(now, days=2))
    await book_slot(client, schedule, ben, first.start)
    await forget_letters(conn)
    await call(client, anna, f"DELETE {first.path}")
    assert await seats(conn, first.event_id) == {nora.id: 200, anna.id: 444, ben.id: 200}
    assert sorted(await letters(conn, first.event_id)) == [("cancelled", nora.id), ("cancelled", anna.id)]
    assert {person for person, _ in await reminders(conn, first.event_id)} == {nora.id, ben.id}
    assert anna.id not in await spans(conn, first.event_id)


async def test_what_was_paid_goes_back_by_the_terms(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    """The client who deletes too late gets a part of it, the host gives everything back."""
    rules = {"cancellation": Cancellation(until_minutes=3 * 1440, refund_percent=30)}
    company = await company_of(conn, anna.id, "EUR", now=now)
    for who, left in ((anna, Decimal(72)), (nora, Decimal(72))):
        booking = await booked(conn, client, nora, anna, now=now, price=Decimal(40), currency="EUR", **rules)
        cursor = await conn.execute(
            "SELECT id FROM event_attendee WHERE event_id = %s AND role_id = 4", [booking.event_id]
        )
        [(seat,)] = await cursor.fetchall()
        async with conn.transaction():
            await pay_from_company(conn, seat, company_id=company, person_id=anna.id, now=now)
        await call(client, who, f"DELETE {booking.path}")
        assert await balance(conn, company_available(company, "EUR")) == left
    assert await balance(conn, person_balance(nora.id, "EUR")) == Decimal(28)


async def test_guests_accept_decline_and_change_their_minds(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now, days=2), now=now, guests={anna.id: 100, ben.id: 100})
    path = f"/event/{event}"
    await call(client, anna, f"{path}/confirm")
    assert await seats(conn, event) == {anna.id: 200, ben.id: 100}
    assert await spans(conn, event) == [anna.id]
    assert {person for person, _ in await reminders(conn, event)} == {anna.id}
    await forget_letters(conn)
    await call(client, ben, f"{path}/decline")
    assert sorted(await letters(conn, event)) == [("declined", nora.id), ("declined", ben.id)]
    await call(client, anna, f"DELETE {path}")
    assert await seats(conn, event) == {anna.id: 400, ben.id: 400}
    assert await spans(conn, event) == []
    assert await reminders(conn, event) == []
    steps = await conn.execute("SELECT from_status, to_status FROM event_step WHERE event_id = %s ORDER BY id", [event])
    assert await steps.fetchall() == [(100, 200), (100, 400), (200, 400)]
    await call(client, anna, f"{path}/confirm", 403)
    await call(client, anna, f"{path}/decline")
    assert (await call(client, nora, f"GET {path}")).json()["event"]["status_id"] == 200


async def test_an_invited_client_answers(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    await note_addresses(client, nora)
    schedule = await add_schedule(conn, nora.id, now=now)
    made = await client.post(
        f"/schedule/{schedule.id}/event",
        json={
            "label": "Workshop",
            "start": day_after(now, days=3).isoformat(),
            "attendees": [{"user_id": anna.id}, {"user_id": ben.id}],
        },
        headers=nora.headers,
    )
    event = made.json()["id"]
    assert sorted(await letters(conn, event)) == [("invited", anna.id), ("invited", ben.id)]
    assert {person for person, _ in await reminders(conn, event)} == {nora.id}
    await call(client, anna, f"/event/{event}/confirm")
    await call(client, ben, f"/event/{event}/decline")
    assert await seats(conn, event) == {nora.id: 200, anna.id: 200, ben.id: 400}
    assert {person for person, _ in await reminders(conn, event)} == {nora.id, anna.id}
    await forget_letters(conn)
    await call(client, nora, f"DELETE /event/{event}")  # somebody takes part: cancelled, not gone
    assert await letters(conn, event) == [("cancelled", anna.id)]
    assert (await call(client, anna, f"GET /event/{event}")).json()["event"]["status_id"] == 444


async def test_deleting_a_plain_event(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now, days=2), now=now, guests={anna.id: 200, ben.id: 400})
    path = f"/event/{event}"
    page = (await client.put(path, json={"duration": 30}, headers=anna.headers)).json()
    await forget_letters(conn)
    assert (await call(client, nora, f"DELETE {path}")).json() is None
    await call(client, nora, f"GET {path}", 404)
    await call(client, anna, f"GET {path}", 404)
    await call(client, nora, f"DELETE {path}", 404)
    assert await letters(conn, event) == [("cancelled", anna.id)]
    assert await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", page["corrections"][0]) == (
        "rejected"
    )
    assert await fetch_value(conn, "SELECT deleted_at IS NOT NULL FROM calendar_event") is True


async def test_deleting_an_unbooked_slot_frees_the_host(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    start = day_after(now, days=3)
    made = await client.post(
        f"/schedule/{schedule.id}/event", json={"label": "Lunch", "start": start.isoformat()}, headers=nora.headers
    )
    event = made.json()["id"]
    assert await spans(conn, event) == [nora.id]
    await call(client, nora, f"DELETE /event/{event}")
    assert await spans(conn, event) == []
    await book_slot(client, schedule, anna, start)


async def test_what_is_over_is_neither_confirmed_nor_cancelled(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now)
    past = now - timedelta(hours=2)
    await conn.execute(
        "UPDATE calendar_event SET starts_at = %s, ends_at = %s WHERE id = %s",
        [past, past + timedelta(hours=1), booking.event_id],
    )
    for who in (nora, anna):
        await call(client, who, f"{booking.path}/confirm", 409)
        await call(client, who, f"{booking.path}/decline", 409)
        await call(client, who, f"DELETE {booking.path}", 409)


async def test_paid_time_is_not_deleted(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now, days=-1), now=now, type_id=2, status=100)
    await conn.execute("UPDATE calendar_event SET payment_status_id = 200 WHERE id = %s", [event])
    await call(client, nora, f"DELETE /event/{event}", 409)
    await conn.execute("UPDATE calendar_event SET payment_status_id = 100 WHERE id = %s", [event])
    await call(client, nora, f"DELETE /event/{event}")


async def test_an_invited_host_of_a_plain_event_only_leaves(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now), now=now)
    await add_attendee(conn, event, anna.id, role=3, status=100, now=now)
    await call(client, anna, f"/event/{event}/confirm")
    await call(client, anna, f"/event/{event}/decline")
    assert await seats(conn, event) == {anna.id: 400}
    assert (await call(client, nora, f"GET /event/{event}")).json()["event"]["status_id"] == 200


async def test_a_manager_acts_for_the_host(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, confirmation="manual")
    await add_members(conn, booking.schedule.id, {ben.id: (2, 2, 2)}, now=now)
    await call(client, ben, f"{booking.path}/confirm")
    await forget_letters(conn)
    await call(client, ben, f"DELETE {booking.path}")
    assert sorted(await letters(conn, booking.event_id)) == [("cancelled", nora.id), ("cancelled", anna.id)]
    assert await seats(conn, booking.event_id) == {nora.id: 444, anna.id: 444}


async def test_the_same_call_again_under_its_key(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now)
    headers = anna.headers | {"Idempotency-Key": "once"}
    first = await client.delete(booking.path, headers=headers)
    again = await client.delete(booking.path, headers=headers)
    assert (first.status_code, first.text) == (again.status_code, again.text) == (200, "null")
    steps = "SELECT count(*) FROM event_step WHERE to_status = 444 AND attendee_id IS NOT NULL"
    assert await fetch_value(conn, f"{steps} AND event_id = %(id)s", {"id": booking.event_id}) == 2  # Anna's and Nora's


async def test_who_only_reads_has_nothing_to_confirm(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, price=Decimal(40), currency="EUR")
    await add_members(conn, booking.schedule.id, {ben.id: (2, 2, 2)}, now=now)
    reply = await client.post(f"{booking.path}/confirm", headers=ben.headers)
    assert (reply.status_code, reply.json()["message"]) == (409, "There is nothing here for you to confirm.")
    assert (await seats(conn, booking.event_id))[anna.id] == 100
