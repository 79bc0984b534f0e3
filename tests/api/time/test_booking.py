"""POST /schedule/{schedule}/book and POST /schedule/{schedule}/event."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.booking import confirm_booking
from artel.events.errors import BookingGone
from artel.events.jobs import end_past_events, release_due_holds
from artel.events.tokens import booking_by_token, confirm_by_link, open_confirmation
from artel.people.errors import LinkGone
from artel.personal_data.erasure import erase_person
from artel.personal_data.export import export_person
from artel.schedules.queries import ScheduleRow
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after
from tests.times import Travel

EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}
VISITOR: dict[str, Any] = {"email": "clara@example.test", "name": "Clara Example", "phone": "+49 30 901820"}


async def book(
    client: httpx.AsyncClient,
    schedule: ScheduleRow,
    start: datetime | str,
    who: Someone | None = None,
    *,
    key: str = "",
    token: str = "",
    **fields: Any,
) -> httpx.Response:
    headers = dict(who.headers) if who else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers["Idempotency-Key"] = key
    body = {"start": start if isinstance(start, str) else start.isoformat(), **fields}
    return await client.post(f"/schedule/{schedule.id}/book", json=body, headers=headers)


async def letter_link(conn: Connection, to: str) -> str | None:
    link: str | None = await fetch_value(
        conn,
        "SELECT link FROM message WHERE recipient = %s ORDER BY id DESC LIMIT 1",
        [to],  # type: ignore[arg-type]
    )
    return link


async def test_somebody_signed_in_books_a_free_slot(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, timezone="Europe/Berlin")
    start = day_after(now)
    reply = await book(client, schedule, start, anna, label="First talk", timezone="Asia/Tokyo")
    assert reply.status_code == 200, reply.text
    said = reply.json()
    assert said["user"] == {"id": anna.id, "name": "Anna Example", "email": "anna@example.test", "phone": None}
    assert said["url"] == f"http://127.0.0.1:8000/bookings/{said['token']}"
    assert (said["needs"], said["hold_until"]) == (None, None)
    event = said["event"]
    assert (event["status_id"], event["label"], event["duration"]) == (200, "First talk", 30)
    assert (event["user_id"], event["billable_id"], event["benefitable_id"]) == (anna.id, anna.id, nora.id)
    assert datetime.fromisoformat(event["start"]) == start
    assert (await booking_by_token(conn, said["token"], secret="x")).event_id == event["id"]
    with pytest.raises(BookingGone):
        await booking_by_token(conn, said["token"] + "x", secret="x")
    again = await book(client, schedule, start, anna)
    assert again.status_code == 409
    assert again.json() == {"message": "This time has just been taken. Choose another one."}


async def test_civil_time_is_the_clients_zone_or_the_schedules(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, timezone="Europe/Berlin")
    day = day_after(now).date().isoformat()
    own = (await book(client, schedule, f"{day}T10:00", anna)).json()
    theirs = (await book(client, schedule, f"{day}T21:00:00", anna, timezone="Asia/Tokyo")).json()
    assert own["event"]["start"][:16] == f"{day}T10:00"
    assert theirs["event"]["start"][:16] == f"{day}T13:00"


async def test_a_priced_slot_is_held(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    nora: Someone,
    anna: Someone,
    travel: Travel,
    now: datetime,
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, **EUR)
    said = (await book(client, schedule, day_after(now), anna)).json()
    assert said["needs"] == "payment"
    assert (said["event"]["status_id"], said["event"]["amount"], said["event"]["currency"]) == (100, "40.00", "EUR")
    held = datetime.fromisoformat(said["hold_until"]) - now
    assert timedelta(minutes=4) < held <= timedelta(minutes=6)
    assert (await book(client, schedule, day_after(now), **VISITOR)).status_code == 409
    travel(minutes=6)
    assert (await release_due_holds(database, now + timedelta(minutes=6))).count == 1
    taken = await book(client, schedule, day_after(now), **VISITOR)
    assert taken.status_code == 200
    assert await letter_link(conn, VISITOR["email"]) is None, "a priced booking is confirmed by its payment"


async def test_what_cannot_be_booked(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    start = day_after(now)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"start": start + timedelta(minutes=1)}, "start"),
        ({"start": start - timedelta(days=9)}, "start"),
        ({"start": start + timedelta(days=900)}, "start"),
        ({"start": "9999-12-31T23:59:59+00:00"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"start": "tomorrow"}, "start"),
        ({"start": ""}, "start"),
        ({"start": "2026-03-29T02:30", "timezone": "Europe/Berlin"}, "start"),
        ({"start": start, "duration": 45}, "duration"),
        ({"start": start, "duration": 0}, "duration"),
        ({"start": start, "timezone": "Mars/Olympus"}, "timezone"),
        ({"start": start, "label": "a\x00b"}, "label"),
        ({"start": start, "label": "x" * 201}, "label"),
    ]
    for fields, field in cases:
        reply = await book(client, schedule, who=anna, **fields)
        assert reply.status_code == 422, (fields, reply.text)
        assert list(reply.json()["errors"]) == [field], fields
    own = await book(client, schedule, start, nora)
    assert (own.status_code, own.json()["errors"]) == (422, {})
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_event") == 0


async def test_who_may_book(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    private = await add_schedule(conn, nora.id, now=now, is_private=True)
    await add_members(conn, private.id, {anna.id: (6, 0, 1), ben.id: (6, 2, 0)}, now=now)
    assert (await book(client, private, day_after(now), **VISITOR)).status_code == 404
    assert (await book(client, private, day_after(now), ben)).status_code == 403
    assert (await book(client, private, day_after(now), anna)).status_code == 200
    public = await add_schedule(conn, nora.id, now=now)
    bad = await book(client, public, day_after(now, hour=13), token="not.a.token", **VISITOR)
    assert bad.status_code == 401
    await conn.execute("UPDATE schedule SET deleted_at = %s WHERE id = %s", [now, public.id])
    assert (await book(client, public, day_after(now, hour=13), anna)).status_code == 404
    for address in ("/schedule/1/book", "/schedule/9223372036854775807/book"):
        assert (await client.post(address, json={"start": "2026-01-01T00:00"}, headers=anna.headers)).status_code == 404


async def test_a_visitor_confirms_by_the_link_in_the_letter(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    reply = await book(client, schedule, day_after(now), timezone="Asia/Tokyo", **VISITOR)
    assert reply.status_code == 200, reply.text
    said = reply.json()
    assert said["user"] == {"id": None, "name": "Clara Example", "email": "clara@example.test", "phone": "4930901820"}
    assert (said["needs"], said["event"]["status_id"]) == ("confirmation", 100)
    event = said["event"]
    assert (event["user_id"], event["billable_id"], event["billable_type"]) == (nora.id, None, None)
    assert datetime.fromisoformat(said["hold_until"]) - now >= timedelta(minutes=14)

    link = await letter_link(conn, "clara@example.test")
    assert link is not None
    secret = link.removeprefix("http://127.0.0.1:8000/bookings/confirm/")
    assert secret not in reply.text
    assert "19:00 (Asia/Tokyo)" in await fetch_value(conn, "SELECT text FROM message")
    for wrong in (said["token"], secret[:-1]):
        with pytest.raises(LinkGone):
            await confirm_by_link(conn, wrong, now=now)
    assert (await open_confirmation(conn, secret, now=now)).event_id == said["event"]["id"]
    assert await confirm_by_link(conn, secret, now=now) == 200
    cursor = await conn.execute(
        """
        SELECT p.email, p.first_name, p.phone, p.phone_confirmed_at, p.password_hash, p.email_confirmed_at IS NOT NULL
        FROM person AS p JOIN event_attendee AS a ON a.person_id = p.id
        WHERE a.role_id = 4 AND a.status_id = 200
        """
    )
    assert await cursor.fetchall() == [("clara@example.test", "Clara Example", "4930901820", None, None, True)]
    with pytest.raises(LinkGone):
        await confirm_by_link(conn, secret, now=now)


async def test_an_existing_account_is_used_and_not_told_about(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, seats=3)
    reply = await book(client, schedule, day_after(now), email="ANNA@example.test", name="A Stranger")
    said = reply.json()
    assert said["user"] == {"id": None, "name": "A Stranger", "email": "ANNA@example.test", "phone": None}
    assert str(anna.id) not in reply.text.replace(said["token"], "")
    assert await fetch_value(conn, "SELECT first_name FROM person WHERE id = %s", [anna.id]) == "Anna"  # type: ignore[arg-type]
    assert await fetch_value(conn, "SELECT visitor_name FROM event_attendee WHERE role_id = 4") == "A Stranger"
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span WHERE person_id = %s", [anna.id]) == 0  # type: ignore[arg-type]
    # Neither that this address has a seat, nor that one is the host's, is told.
    for email in ("anna@example.test", "nora@example.test"):
        again = await book(client, schedule, day_after(now), email=email, name="A Stranger")
        assert again.json() == {"message": "This time has just been taken. Choose another one."}


async def test_a_strangers_holds_do_not_keep_the_addressee_from_booking(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    """Somebody types Anna's address for some slots; Anna, signed in, books one of them and holds others as well."""
    typed: dict[str, Any] = {"email": "anna@example.test", "name": "A Stranger"}
    for seats in (1, 2):
        schedule = await add_schedule(conn, nora.id, now=now, seats=seats)
        days = seats
        for hour in range(3):
            assert (await book(client, schedule, day_after(now, days=days, hour=hour), **typed)).status_code == 200
        mine = await book(client, schedule, day_after(now, days=days, hour=1), anna)
        assert mine.status_code == 200
        link = await letter_link(conn, "anna@example.test")
        assert link is not None
    priced = await add_schedule(conn, nora.id, now=now, **EUR)
    for hour in range(4):
        strange = await book(client, priced, day_after(now, days=3, hour=hour), email="anna@example.test", name="X")
        assert strange.status_code == 200
    for hour in range(4, 9):
        assert (await book(client, priced, day_after(now, days=3, hour=hour), anna)).status_code == 200


async def test_a_visitor_says_who_they_are(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    for missing in ("email", "name"):
        reply = await book(client, schedule, day_after(now), **(VISITOR | {missing: " "}))
        assert (reply.status_code, list(reply.json()["errors"])) == (422, [missing])
    for field, wrong in (("email", "nobody"), ("phone", "12"), ("name", "a\x00b"), ("email", "a\x00@example.test")):
        reply = await book(client, schedule, day_after(now), **(VISITOR | {field: wrong}))
        assert (reply.status_code, list(reply.json()["errors"])) == (422, [field])


async def test_visitors_are_counted(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    for _ in range(10):
        assert (await book(client, schedule, day_after(now, days=-2), **VISITOR)).status_code == 422
    stopped = await book(client, schedule, day_after(now), **VISITOR)
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["retry-after"]) <= 3600
    for number in range(20):
        others = VISITOR | {"email": f"visitor{number}@example.test"}
        last = await book(client, schedule, day_after(now, days=-2), **others)
    assert last.status_code == 429, "30 an hour from one network"
    assert (await book(client, schedule, day_after(now), anna)).status_code == 200


async def test_holds_are_bounded(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, **EUR)
    for hour in range(5):
        assert (await book(client, schedule, day_after(now, hour=hour), anna)).status_code == 200
    stopped = await book(client, schedule, day_after(now, hour=9), anna)
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["retry-after"]) <= 300


@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_sent_again_under_its_key(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime, is_signed_in: bool
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    who = {"who": anna} if is_signed_in else VISITOR
    first = await book(client, schedule, day_after(now), key="once", **who)
    again = await book(client, schedule, day_after(now), key="once", **who)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    other = await book(client, schedule, day_after(now, hour=14), key="once", **who)
    assert other.status_code == 409
    stranger = await book(
        client, schedule, day_after(now, hour=14), key="once", **(VISITOR | {"email": "d@example.test"})
    )
    assert stranger.status_code == 200
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_event") == 2


async def test_time_ends_what_it_ends(
    client: httpx.AsyncClient, conn: Connection, database: Database, nora: Someone, anna: Someone, now: datetime
) -> None:
    manual = await add_schedule(conn, nora.id, now=now, confirmation="manual")
    missed = (await book(client, manual, day_after(now), anna)).json()
    done = (await book(client, manual, day_after(now, hour=12), anna)).json()
    key = await booking_by_token(conn, done["token"], secret="x")
    await confirm_booking(conn, key.attendee_id, actor_id=nora.id, reason="yes", now=now)
    worked = await end_past_events(database, now)
    assert worked.count == 0
    assert worked.next_due == day_after(now) + timedelta(minutes=30)
    assert (await end_past_events(database, now + timedelta(days=2))).count == 2
    cursor = await conn.execute(
        """
        SELECT e.id, e.status_id, array_agg(a.status_id ORDER BY a.role_id)
        FROM calendar_event AS e JOIN event_attendee AS a ON a.event_id = e.id
        GROUP BY e.id ORDER BY e.id
        """
    )
    assert await cursor.fetchall() == [
        (missed["event"]["id"], 555, [555, 555]),
        (done["event"]["id"], 777, [200, 200]),
    ]
    assert await fetch_value(conn, "SELECT array_agg(DISTINCT event_id) FROM busy_span") == [done["event"]["id"]]
    assert (await end_past_events(database, now + timedelta(days=2))).next_due is None


async def test_what_a_visitor_gave_is_exported_and_erased(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, seats=2)
    await book(client, schedule, day_after(now), description="My knee hurts", **VISITOR)
    person = await fetch_value(conn, "SELECT id FROM person WHERE email = 'clara@example.test'")
    [booking] = (await export_person(conn, person, actor_id=None, now=now))["bookings"]
    assert (booking["note"], booking["visitor_name"]) == ("My knee hurts", "Clara Example")
    assert "token_hash" not in booking
    await erase_person(conn, person, actor_id=None, now=now)
    left = await fetch_value(conn, "SELECT string_agg(a::text, ' ') FROM event_attendee AS a")
    assert "knee" not in left
    assert "Clara" not in left
    assert "4930901820" not in left


async def test_options_ask_for_no_token(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        reply = await client.options(f"/schedule/{schedule.id}/book", headers=headers)
        assert (reply.status_code, reply.headers["allow"]) == (204, "OPTIONS, POST")


async def test_language_of_the_refusal(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    reply = await client.post(
        f"/schedule/{schedule.id}/book",
        json={"start": day_after(now, minute=1).isoformat(), **VISITOR},
        headers={"Accept-Language": "ru"},
    )
    assert reply.json()["message"] == "На это время записи нет."
