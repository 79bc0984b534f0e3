"""GET /schedule/{schedule} and /next."""

from datetime import datetime, timedelta

import httpx
import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests.api.time.schedules.cast import MISSING, change, next_day, refusal
from tests.cast import Someone
from tests.schedules.cast import (
    ALWAYS,
    SETTINGS,
    add_booking,
    add_member,
    add_schedule,
    look,
    make,
    sign_in,
)


async def test_slots_of_the_days_asked_about(client: httpx.AsyncClient, anna: Someone, now: datetime) -> None:
    made = await make(client, anna, price="12.34", currency="EUR", settings={**SETTINGS, "price_per": "hour"})
    day = next_day(now).date()
    slots = (await look(client, anna, made["id"], f"?start={day}&end={day}"))["slots"]
    assert len(slots) == 24
    assert slots[0] == {
        "start": f"{day}T00:00:00+00:00",
        "end": f"{day}T01:00:00+00:00",
        "duration": 60,
        "price": "12.34",
        "currency": "EUR",
        "seats_left": 1,
    }


async def test_slots_in_the_callers_zone_and_of_another_length(
    client: httpx.AsyncClient, anna: Someone, now: datetime
) -> None:
    settings = {**SETTINGS, "durations": [90], "price_per": "hour"}
    made = await make(client, anna, price=10, currency="EUR", settings=settings)
    day = next_day(now).date()
    zoned = await look(
        client, anna, made["id"], f"?start={day}T10:00:00&end={day}T12:00:00&timezone=Asia/Tokyo&duration=90"
    )
    # Slots follow each other from midnight in the schedule's zone, UTC, which is 09:00 in Tokyo.
    assert [(slot["start"], slot["duration"], slot["price"]) for slot in zoned["slots"]] == [
        (f"{day}T10:30:00+09:00", 90, "15.00"),
    ]
    exact = await look(client, anna, made["id"], f"?start={day}T10:00:00+03:00&end={day}T09:00:00Z")
    assert [slot["start"] for slot in exact["slots"]] == [f"{day}T07:00:00+00:00", f"{day}T08:00:00+00:00"]


async def test_a_booked_slot_is_not_shown(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    start = next_day(now)
    await add_booking(conn, schedule, anna, boris, starts_at=start, now=now)
    day = start.date()
    starts = [slot["start"] for slot in (await look(client, boris, schedule, f"?start={day}&end={day}"))["slots"]]
    assert len(starts) == 23
    assert start.isoformat(timespec="seconds") not in starts


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?start=tomorrow", "start"),
        ("?start=2026-02-30", "start"),
        ("?end=0001-01-01T00:00:00Z", "end"),
        ("?end=9999-12-31", "end"),
        ("?start=2030-01-02&end=2030-01-01", "end"),
        ("?start=2030-01-01T00:00:00Z&end=2030-01-01T00:00:00Z", "end"),
        ("?start=2030-01-01&end=2031-01-02", "end"),
        ("?timezone=Mars/Base", "timezone"),
        ("?duration=45", "duration"),
        ("?duration=0", "duration"),
        ("?duration=long", "duration"),
    ],
)
async def test_ranges_that_cannot_be_shown(client: httpx.AsyncClient, anna: Someone, query: str, field: str) -> None:
    made = await make(client, anna)
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}{query}", anna)) == [field]


async def test_a_year_is_shown_whole(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, timezone="Europe/Berlin")
    await look(client, anna, made["id"], "?start=2028-01-01&end=2028-12-31")


async def test_very_many_slots_are_shown_in_parts(client: httpx.AsyncClient, anna: Someone, now: datetime) -> None:
    made = await make(client, anna, settings={"duration": 5, "days": ALWAYS, "horizon_days": 400})
    day = (now + timedelta(days=1)).date()
    shown = await look(client, anna, made["id"], f"?start={day}&end={day + timedelta(days=137)}")
    assert len(shown["slots"]) == 138 * 288
    path = f"/schedule/{made['id']}?start={day}&end={day + timedelta(days=138)}"
    errors = await refusal(client, "GET", path, anna)
    assert errors == {"end": ["At most 138 days at a time."]}


async def test_events_as_far_as_they_may_be_seen(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    clara = await sign_in(conn, settings, "clara", now=now)
    first = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now), now=now)
    second = await add_booking(conn, schedule, anna, clara, starts_at=next_day(now, 11), now=now)
    query = f"?end={(now + timedelta(days=3)).date()}"

    async def seen(who: Someone) -> tuple[list[int], int]:
        shown = await look(client, who, schedule, query)
        return [event["id"] for event in shown["events"]], len(shown["users"])

    assert await seen(anna) == ([first, second], 1)
    assert await seen(boris) == ([], 0)
    await add_member(conn, schedule, boris, 3, 1, 2, now=now)
    assert await seen(boris) == ([first], 2)
    await conn.execute("UPDATE schedule_member SET read_level = 2 WHERE person_id = %(p)s", {"p": boris.id})
    assert await seen(boris) == ([first, second], 2)
    for start, end, expected in ((0, 59, [first]), (60, 120, []), (-60, 0, []), (59, 121, [first, second])):
        begin, until = (next_day(now) + timedelta(minutes=each) for each in (start, end))
        asked = f"?start={begin:%Y-%m-%dT%H:%M:%S}&end={until:%Y-%m-%dT%H:%M:%S}"
        events = (await look(client, anna, schedule, asked))["events"]
        assert [event["id"] for event in events] == expected


async def test_private_or_deleted_or_missing(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    private = await make(client, anna, private=True)
    deleted = await make(client, anna)
    assert (await client.delete(f"/schedule/{deleted['id']}", headers=anna.headers)).json() == {"message": "deleted"}
    for who, schedule in ((boris, private["id"]), (anna, deleted["id"]), (anna, MISSING)):
        for path in (f"/schedule/{schedule}", f"/schedule/{schedule}/next"):
            assert (await client.get(path, headers=who.headers)).status_code == 404, path


@pytest.mark.parametrize("schedule", ["0", "-1", str(2**70), "mine", "1.5", "1,2", "%00"])
async def test_what_is_no_id(client: httpx.AsyncClient, anna: Someone, schedule: str) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", change()),
        ("DELETE", "", None),
        ("GET", "/next", None),
        ("GET", "/users", None),
        ("POST", "/users", []),
        ("POST", "/users/accept", None),
        ("DELETE", "/users?user_id=1", None),
    ):
        reply = await client.request(method, f"/schedule/{schedule}{path}", json=body, headers=anna.headers)
        assert (reply.status_code, set(reply.json())) == (404, {"message"}), path


async def test_the_next_slot(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now, notice_minutes=24 * 60)
    reply = await client.get(f"/schedule/{schedule}/next?timezone=Asia/Tokyo", headers=boris.headers)
    (first,) = reply.json()
    at = datetime.fromisoformat(first["start"])
    assert first["start"].endswith("+09:00")
    assert timedelta(hours=24) <= at - now < timedelta(hours=25, minutes=1)
    await add_booking(conn, schedule, anna, boris, starts_at=at, now=now)
    (second,) = (await client.get(f"/schedule/{schedule}/next", headers=boris.headers)).json()
    assert datetime.fromisoformat(second["start"]) == at + timedelta(hours=1)


async def test_no_next_slot(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, settings={"days": {}})
    assert (await client.get(f"/schedule/{made['id']}/next", headers=anna.headers)).json() == []
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}/next?timezone=X", anna)) == ["timezone"]
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}/next?duration=7", anna)) == ["duration"]
