"""PUT and DELETE /schedule/{schedule}."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.schedules.cast import MISSING, change, next_day, refusal
from tests.cast import Someone
from tests.schedules.cast import (
    SETTINGS,
    add_booking,
    add_schedule,
    look,
    make,
    wish,
)


async def test_what_is_left_out_of_a_change_stays(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    made = await make(
        client,
        anna,
        slug="portraits",
        msp=30,
        description="Words",
        timezone="Europe/Berlin",
        start="2030-01-01T00:00:00Z",
        price="20",
        currency="EUR",
        skills=[{"name": "Photography"}],
    )
    reply = await client.put(f"/schedule/{made['id']}", json=change(label="New"), headers=anna.headers)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {**made, "label": "New", "updated_at": reply.json()["updated_at"]}
    reply = await client.put(
        f"/schedule/{made['id']}",
        json=change(
            currency=None,
            price=None,
            private=True,
            slug="Other",
            msp=0,
            description=None,
            start=None,
            end="2031-01-01T00:00:00Z",
            timezone="Asia/Tokyo",
            settings=["Mo-Fr 09:00-18:00"],
            skills=[{"name": "photography"}, {"name": "Retouching"}],
        ),
        headers=anna.headers,
    )
    expected = {
        "price": None,
        "currency": None,
        "private": True,
        "slug": "Other",
        "msp": 0,
        "description": None,
        "start": None,
        "end": "2031-01-01T09:00:00+09:00",
        "timezone": "Asia/Tokyo",
        "settings": ["Mo-Fr 09:00-18:00"],
        "duration": 30,
    }
    assert {key: reply.json()[key] for key in expected} == expected
    assert [skill["name"] for skill in reply.json()["skills"]] == ["Photography", "Retouching"]
    facts = await fetch_value(
        conn,
        "SELECT facts FROM audit WHERE action = 'schedule.changed' AND subject_id = %(id)s ORDER BY id DESC",
        {"id": made["id"]},
    )
    assert (facts["price_before"], facts["price_after"]) == ("20.00", None)
    assert {"slug", "settings", "price", "skills"} <= set(facts["fields"])


async def test_a_change_of_hours_leaves_bookings_alone(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    made = await make(client, anna)
    event = await add_booking(conn, made["id"], anna, boris, starts_at=next_day(now), now=now, status=200)
    before = await fetch_value(conn, "SELECT e::text FROM calendar_event AS e WHERE id = %(id)s", {"id": event})
    body = change(settings={"days": {}}, price=99)
    assert (await client.put(f"/schedule/{made['id']}", json=body, headers=anna.headers)).status_code == 200
    assert before == await fetch_value(conn, "SELECT e::text FROM calendar_event AS e WHERE id = %(id)s", {"id": event})
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span WHERE event_id = %(id)s", {"id": event}) == 2


@pytest.mark.parametrize("name", ["label", "private", "currency", "settings"])
async def test_what_a_change_needs(client: httpx.AsyncClient, anna: Someone, name: str) -> None:
    made = await make(client, anna)
    body = {key: value for key, value in change().items() if key != name}
    assert list(await refusal(client, "PUT", f"/schedule/{made['id']}", anna, body)) == [name]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "taken"}, "slug"),
        ({"slug": "TAKEN"}, "slug"),
        ({"slug": "search"}, "slug"),
        ({"price": "0.001"}, "price"),
        ({"price": 1, "currency": None}, "currency"),
        ({"settings": {"days": 1}}, "settings"),
        ({"msp": None}, "msp"),
        ({"files": [MISSING]}, "files"),
        ({"benefitable_id": MISSING}, "benefitable_id"),
        ({"billable_id": MISSING}, "billable_id"),
        ({"skills": [{"name": ""}]}, "skills"),
    ],
)
async def test_changes_that_cannot_be_made(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, changes: dict[str, Any], field: str
) -> None:
    await make(client, boris, slug="Taken")
    made = await make(client, anna)
    before = await fetch_value(conn, "SELECT s::text FROM schedule AS s WHERE id = %(id)s", {"id": made["id"]})
    (found,) = await refusal(client, "PUT", f"/schedule/{made['id']}", anna, change(**changes))
    assert found.startswith(field)
    assert before == await fetch_value(conn, "SELECT s::text FROM schedule AS s WHERE id = %(id)s", {"id": made["id"]})


async def test_a_group_stays_a_group(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, type_id=2, settings={**SETTINGS, "seats": 2})
    errors = await refusal(client, "PUT", f"/schedule/{made['id']}", anna, change(settings={**SETTINGS, "seats": 1}))
    assert list(errors) == ["settings.seats"]


async def test_the_slug_of_a_deleted_schedule_is_free(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, slug="again")
    assert list(await refusal(client, "POST", "/schedule", anna, wish(slug="AGAIN"))) == ["slug"]
    await client.delete(f"/schedule/{made['id']}", headers=anna.headers)
    assert (await make(client, anna, slug="again"))["id"] != made["id"]


async def test_deleting_cancels_what_is_pending_alone(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    pending = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 9), now=now)
    confirmed = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 11), now=now, status=200)
    elsewhere = await add_schedule(conn, anna, now=now)
    other = await add_booking(conn, elsewhere, anna, boris, starts_at=next_day(now, 13), now=now)
    reply = await client.delete(f"/schedule/{schedule}", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, {"message": "deleted"})
    cursor = await conn.execute(
        """
        SELECT e.id, e.status_id, array_agg(DISTINCT a.status_id),
            (SELECT count(*) FROM busy_span AS b WHERE b.event_id = e.id)
        FROM calendar_event AS e
        JOIN event_attendee AS a ON a.event_id = e.id
        GROUP BY e.id
        ORDER BY e.id
        """
    )
    assert await cursor.fetchall() == [
        (pending, 444, [444], 0),
        (confirmed, 200, [200], 2),
        (other, 100, [100], 2),
    ]
    cursor = await conn.execute(
        """
        SELECT event_id, attendee_id IS NULL, from_status, to_status, actor_id
        FROM event_step
        ORDER BY attendee_id NULLS FIRST
        """
    )
    step = (100, 444, anna.id)
    assert await cursor.fetchall() == [(pending, True, *step), (pending, False, *step), (pending, False, *step)]
    assert (await client.delete(f"/schedule/{schedule}", headers=anna.headers)).status_code == 404


async def test_what_is_paid_does_not_vanish(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now, price=Decimal(10), currency="EUR")
    await add_booking(conn, schedule, anna, boris, starts_at=next_day(now), now=now, payment=300)
    free = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 12), now=now)
    reply = await client.delete(f"/schedule/{schedule}", headers=anna.headers)
    assert reply.status_code == 409
    assert "1" in reply.json()["message"]
    assert await fetch_value(conn, "SELECT status_id FROM calendar_event WHERE id = %(id)s", {"id": free}) == 100
    await look(client, boris, schedule)
