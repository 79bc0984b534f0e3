"""What is seen of a calendar in a range: by its owner, by members of its schedules, by everybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from artel.calendars import views
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.availability import free_slots
from artel.schedules.queries import schedule_by_id
from tests.api.time.conftest import Join
from tests.calendars.cast import add_attendee, add_busy_span, add_event, add_member, add_schedule
from tests.cast import Someone

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = "?start=2026-03-01&end=2026-03-31"


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna", timezone="Europe/Berlin")


@pytest.fixture
async def boris(join: Join) -> Someone:
    return await join("boris", language="RU")


@pytest.fixture
async def clara(join: Join) -> Someone:
    return await join("clara")


async def make(client: httpx.AsyncClient, someone: Someone, **fields: Any) -> int:
    answer = await client.post("/kal", headers=someone.headers, json={"label": "Work", "private": True, **fields})
    assert answer.status_code == 200, answer.text
    kal: int = answer.json()["id"]
    return kal


async def see(client: httpx.AsyncClient, someone: Someone, path: str) -> dict[str, Any]:
    answer = await client.get(f"/kal/{path}", headers=someone.headers)
    assert answer.status_code == 200, answer.text
    seen: dict[str, Any] = answer.json()
    return seen


async def ids(client: httpx.AsyncClient, someone: Someone, path: str) -> list[int]:
    return [event["id"] for event in (await see(client, someone, path))["events"]]


# Ranges


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("?start=2026-03-29&end=2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("?start=2026-03-29T10:00&end=2026-03-29 11:30", "2026-03-29T10:00:00+02:00", "2026-03-29T11:30:00+02:00"),
        (
            "?start=2026-03-01T10:00:00Z&end=2026-03-01T10:00:01Z",
            "2026-03-01T11:00:00+01:00",
            "2026-03-01T11:00:01+01:00",
        ),
        ("?start=2026-03-01T10:00:00+05:30&end=2026-03-02", "2026-03-01T05:30:00+01:00", "2026-03-03T00:00:00+01:00"),
        ("?start=2026-01-01&end=2027-01-01", "2026-01-01T00:00:00+01:00", "2027-01-02T00:00:00+01:00"),
        ("?start=2026-03-01", "2026-03-01T00:00:00+01:00", "2026-04-01T01:00:00+02:00"),
        ("?end=2026-02-28", "2026-01-29T00:00:00+01:00", "2026-03-01T00:00:00+01:00"),
        ("?start=&end=", None, None),
        ("", None, None),
    ],
)
async def test_ranges_are_civil_time_of_the_calendar(
    client: httpx.AsyncClient, anna: Someone, now: datetime, asked: str, start: str | None, end: str | None
) -> None:
    kal = await make(client, anna)
    seen = await see(client, anna, f"{kal}{asked}")
    if start is not None:
        assert (seen["start"], seen["end"]) == (start, end)
    else:  # the month, and a week on either side
        assert datetime.fromisoformat(seen["start"]) <= now - timedelta(days=6)
        assert datetime.fromisoformat(seen["end"]) >= now + timedelta(days=6)
        assert seen["start"][11:19] == seen["end"][11:19] == "00:00:00"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("?start=2026-01-01&end=2027-01-02", "end"),
        ("?start=2026-03-02&end=2026-03-01", "end"),
        ("?start=2026-03-02T10:00Z&end=2026-03-02T10:00Z", "end"),
        ("?start=tomorrow", "start"),
        ("?end=2026-02-30", "end"),
        ("?start=0001-01-01&end=0001-01-02", "start"),
        ("?start=2026-03-02&end=9999-12-31", "end"),
        ("?start=2026-03-02T10:00:00%2B99:00", "start"),
        ("?start=%00", "start"),
        ("?start=" + "1" * 65, "start"),
    ],
)
async def test_what_is_no_range(client: httpx.AsyncClient, anna: Someone, asked: str, field: str) -> None:
    kal = await make(client, anna)
    for path in ("", f"/{kal}", f"/{kal}/schedule", f"/{kal}/contract"):
        answer = await client.get(f"/kal{path}{asked}", headers=anna.headers)
        assert answer.status_code == 422, path
        assert list(answer.json()["errors"]) == [field]


async def test_a_year_has_366_days(client: httpx.AsyncClient, anna: Someone) -> None:
    kal = await make(client, anna)
    for asked, status in [("?start=2028-01-01&end=2028-12-31", 200), ("?start=2028-01-01&end=2029-01-01", 422)]:
        assert (await client.get(f"/kal/{kal}{asked}", headers=anna.headers)).status_code == status


@pytest.mark.parametrize("lasts", [timedelta(minutes=30), timedelta(days=3), timedelta(days=7), timedelta(days=40)])
async def test_what_meets_the_range_counts(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime, lasts: timedelta
) -> None:
    kal = await make(client, anna, timezone="UTC")
    schedule = await add_schedule(conn, kal, anna.id, now=now)
    day = datetime(2026, 3, 10, tzinfo=UTC)
    second = timedelta(seconds=1)
    starts = [day - lasts, day - lasts + second, day, day + timedelta(days=1) - second, day + timedelta(days=1)]
    made = [await add_event(conn, kal, anna.id, start, now=now, lasts=lasts, schedule_id=schedule) for start in starts]
    asked = "?start=2026-03-10&end=2026-03-10"
    assert await ids(client, anna, f"{kal}{asked}") == made[1:4]
    assert await ids(client, anna, f"{kal}/schedule{asked}") == made[1:4]


async def test_an_event_without_length_counts_where_it_starts(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime
) -> None:
    kal = await make(client, anna, timezone="UTC")
    day = datetime(2026, 3, 10, tzinfo=UTC)
    made = [
        await add_event(conn, kal, anna.id, start, now=now, lasts=timedelta())
        for start in (day - timedelta(seconds=1), day, day + timedelta(days=1))
    ]
    assert await ids(client, anna, f"{kal}?start=2026-03-10&end=2026-03-10") == made[1:2]


async def test_what_stands_in_a_calendar(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    """Meetings and time worked, in whatever state; no payments or comments, nothing deleted, nothing of another."""
    kal, other = await make(client, anna), await make(client, anna)
    kinds: list[dict[str, Any]] = [
        {},
        {"type_id": 2},
        {"status_id": 444},
        {"status_id": 100},
        {"type_id": 3},
        {"type_id": 4},
        {},
    ]
    made = [
        await add_event(conn, kal, anna.id, NOON + timedelta(hours=number), now=now, **kind)
        for number, kind in enumerate(kinds)
    ]
    await conn.execute("UPDATE calendar_event SET deleted_at = %s WHERE id = %s", [now, made[-1]])
    await add_event(conn, other, anna.id, NOON, now=now)
    assert await ids(client, anna, f"{kal}{MARCH}") == made[:4]


async def test_what_one_attends_stands_in_ones_default_calendar(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, clara: Someone, now: datetime
) -> None:
    host, default, other = await make(client, anna), await make(client, boris), await make(client, boris)
    booked = await add_event(conn, host, boris.id, NOON, now=now, attendees={anna.id: 3, boris.id: 4})
    await add_event(conn, host, boris.id, NOON, now=now, lasts=timedelta(hours=9))  # boris made it, and has no part
    left = await add_event(conn, host, anna.id, NOON + timedelta(hours=1), now=now)
    await add_attendee(conn, left, boris.id, now=now, status=444)
    nowhere = await add_event(conn, None, anna.id, NOON + timedelta(hours=2), now=now, attendees={boris.id: 3})
    own = await add_event(conn, other, boris.id, NOON, now=now, attendees={boris.id: 3})
    released = await add_event(conn, host, anna.id, NOON + timedelta(hours=3), now=now, attendees={boris.id: 4})
    for event in (booked, nowhere, own, released):
        await add_busy_span(conn, event, boris.id, is_exclusive=False)
    await conn.execute("UPDATE busy_span SET held_until = %s WHERE event_id = %s", [now, released])
    assert await ids(client, boris, f"{default}{MARCH}") == [booked, nowhere]
    assert await ids(client, boris, f"{other}{MARCH}") == [own]
    # Others see of a public one that there is no time, not with whom.
    await conn.execute("UPDATE calendar SET is_private = false WHERE id = %s", [default])
    seen = (await see(client, clara, f"{default}{MARCH}"))["events"]
    assert [event["id"] for event in seen] == [booked, nowhere]
    assert {(event["label"], event["kal_id"], event["user_id"]) for event in seen} == {("Busy", default, None)}


# Who sees what


async def test_a_private_calendar_is_its_owners(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    kal = await make(client, anna)
    schedule = await add_schedule(conn, kal, anna.id, now=now)
    for path in ("", "/schedule", f"/schedule/{schedule}", "/contract", f"/contract/{schedule}"):
        assert (await client.get(f"/kal/{kal}{path}", headers=boris.headers)).status_code == 404
        assert (await client.get(f"/kal/{kal}{path}", headers=anna.headers)).status_code == 200


async def test_what_strangers_see_of_a_public_calendar(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, clara: Someone, now: datetime
) -> None:
    kal = await make(client, anna, private=False, description="About")
    await conn.execute(
        "UPDATE calendar SET settings = %s, external_id = 'secret' WHERE id = %s", [Jsonb({"url": "secret"}), kal]
    )
    schedule = await add_schedule(conn, kal, anna.id, now=now)
    hidden = await add_schedule(conn, kal, anna.id, now=now, is_private=True, slug="hidden")
    told: dict[str, Any] = {"description": "Room 3", "data": {"note": "secret"}}
    open_ = await add_event(conn, kal, anna.id, NOON, now=now, **told)
    private = await add_event(conn, kal, anna.id, NOON + timedelta(hours=1), now=now, is_private=True, **told)
    booking = await add_event(
        conn, kal, clara.id, NOON + timedelta(hours=2), now=now, schedule_id=schedule, attendees={clara.id: 4}, **told
    )
    outside = await add_event(conn, kal, None, NOON + timedelta(hours=3), now=now, external_id="x", **told)
    await add_event(conn, kal, anna.id, NOON + timedelta(hours=4), now=now, status_id=444, **told)

    seen = await see(client, boris, f"{kal}{MARCH}")
    assert [row["id"] for row in seen["schedules"]] == [schedule]
    assert (seen["label"], seen["description"]) == ("Work", "About")
    assert (seen["settings"], seen["external_id"], seen["feed_url"]) == ({}, None, None)
    events = {event["id"]: event for event in seen["events"]}
    assert list(events) == [open_, private, booking, outside]
    assert (events[open_]["label"], events[open_]["description"]) == ("Visit to the dentist", "Room 3")
    assert (events[open_]["user_id"], events[open_]["data"]) == (None, {})
    for hidden_event in (private, booking, outside):
        event = events[hidden_event]
        times = {"id", "start", "end", "view", "date", "duration", "timezone", "created_at", "updated_at"}
        assert {name: value for name, value in event.items() if name not in times} == {
            "user_id": None,
            "type_id": 1,
            "status_id": 200,
            "external_id": None,
            "kal_schedule_id": None,
            "kal_id": kal,
            "parent_id": None,
            "billable_type": None,
            "billable_id": None,
            "benefitable_type": None,
            "benefitable_id": None,
            "label": "Занято",
            "description": None,
            "amount": None,
            "currency": None,
            "credit": False,
            "private": True,
            "files": [],
            "data": {},
            "deleted_at": None,
            "payment_status_id": 100,
            "owner_type": "User",
        }
        assert datetime.fromisoformat(event["created_at"]) == datetime.fromisoformat(event["start"])
    # Whoever takes part sees it whole, and its owner all.
    (own,) = [event for event in (await see(client, clara, f"{kal}{MARCH}"))["events"] if event["id"] == booking]
    assert (own["label"], own["data"], own["kal_schedule_id"]) == ("Visit to the dentist", {"note": "secret"}, schedule)
    whole = await see(client, anna, f"{kal}{MARCH}")
    assert {event["label"] for event in whole["events"]} == {"Visit to the dentist"}
    assert len(whole["events"]) == 5
    assert [row["id"] for row in whole["schedules"]] == [schedule, hidden]
    assert whole["settings"] == {"url": "secret"}


@pytest.mark.parametrize("is_private", [True, False])
@pytest.mark.parametrize(("level", "labels"), [(0, ["Занято", "Own"]), (1, ["Занято", "Own"]), (2, ["Theirs", "Own"])])
async def test_members_see_by_their_level(
    client: httpx.AsyncClient,
    conn: Connection,
    anna: Someone,
    boris: Someone,
    clara: Someone,
    now: datetime,
    level: int,
    labels: list[str],
    is_private: bool,
) -> None:
    """Of a private calendar they see what stands under their schedule, and of a public one what everybody sees too."""
    kal = await make(client, anna, private=is_private)
    schedule = await add_schedule(conn, kal, anna.id, now=now, is_private=True)
    other = await add_schedule(conn, kal, anna.id, now=now, is_private=not is_private, slug="other")
    await add_member(conn, schedule, boris.id, now=now, read=level)
    theirs = await add_event(
        conn, kal, clara.id, NOON, now=now, schedule_id=schedule, label="Theirs", attendees={clara.id: 4}
    )
    own = await add_event(
        conn,
        kal,
        anna.id,
        NOON + timedelta(hours=1),
        now=now,
        schedule_id=schedule,
        label="Own",
        attendees={boris.id: 4},
    )
    elsewhere = await add_event(conn, kal, anna.id, NOON + timedelta(hours=2), now=now, schedule_id=other)
    alone = await add_event(conn, kal, anna.id, NOON + timedelta(hours=3), now=now, is_private=True)

    for path in (f"/schedule/{schedule}", "/schedule"):
        seen = await see(client, boris, f"{kal}{path}{MARCH}")
        assert [event["label"] for event in seen["events"]] == labels
        assert [row["id"] for row in seen["schedules"]] == [schedule]
    seen = await see(client, boris, f"{kal}{MARCH}")
    assert [event["id"] for event in seen["events"]] == (
        [theirs, own] if is_private else [theirs, own, elsewhere, alone]
    )
    # Work that they have a part in, or a role for; nothing to book there.
    contract = await see(client, boris, f"{kal}/contract/{schedule}{MARCH}")
    assert [event["id"] for event in contract["events"]] == ([theirs, own] if level == 2 else [own])
    assert contract["slots"] == []
    for path in ("schedule", "contract"):
        assert (await client.get(f"/kal/{kal}/{path}/{other}", headers=boris.headers)).status_code == 404


async def test_narrowed_to_a_schedule(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    """By id or slug, in whosever calendar its events stand: a host's."""
    kal, hosts = await make(client, anna), await make(client, boris)
    schedule = await add_schedule(conn, kal, anna.id, now=now, slug="first-visit")
    other = await add_schedule(conn, kal, anna.id, now=now, slug="second-visit")
    of_host = await add_event(conn, hosts, anna.id, NOON, now=now, schedule_id=schedule)
    of_other = await add_event(conn, kal, anna.id, NOON + timedelta(hours=1), now=now, schedule_id=other)
    await add_event(conn, kal, anna.id, NOON, now=now)
    for path, expected in [
        (f"schedule/{schedule}", [of_host]),
        ("schedule/FIRST-visit", [of_host]),
        ("schedule/second-visit", [of_other]),
        ("schedule", [of_host, of_other]),
        (f"contract/{schedule}", [of_host]),
        ("contract", [of_host, of_other]),
    ]:
        assert await ids(client, anna, f"{kal}/{path}{MARCH}") == expected, path
    for path in ("no-such", "999999", "99999999999999999999999", "%00", "½"):
        for context in ("schedule", "contract"):
            answer = await client.get(f"/kal/{kal}/{context}/{path}", headers=anna.headers)
            assert answer.status_code == 404, (context, path)
    await conn.execute("UPDATE schedule SET deleted_at = %s WHERE id = %s", [now, other])
    assert (await client.get(f"/kal/{kal}/schedule/{other}", headers=anna.headers)).status_code == 404


# Free slots


async def test_free_slots_are_those_that_can_be_booked(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    kal = await make(client, anna, private=False)
    schedules = [
        await add_schedule(conn, kal, anna.id, now=now),
        await add_schedule(conn, kal, anna.id, now=now, slug="pair", rules={"duration": 60, "seats": 3}, type_id=2),
        await add_schedule(conn, kal, anna.id, now=now, slug="team", rules={"assignment": "round_robin"}),
        await add_schedule(conn, kal, anna.id, now=now, slug="offer", type_id=3),
    ]
    await add_member(conn, schedules[2], boris.id, now=now, role=3, read=1)
    tomorrow = (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    booked = await add_event(
        conn, kal, boris.id, tomorrow, now=now, schedule_id=schedules[0], attendees={anna.id: 3, boris.id: 4}
    )
    await add_busy_span(conn, booked, anna.id)
    day = tomorrow.date()
    seen = await see(client, boris, f"{kal}?start={day}T00:00Z&end={day + timedelta(days=2)}T00:00Z")
    expected = []
    for schedule in schedules[:3]:
        row = await schedule_by_id(conn, schedule)
        midnight = tomorrow.replace(hour=0)
        for slot in await free_slots(conn, row, start=midnight, end=midnight + timedelta(days=2), now=now):
            expected.append((slot.start, schedule, slot.end, slot.seats_left))
    assert len({schedule for _, schedule, _, _ in expected}) == 3
    assert [
        (
            datetime.fromisoformat(slot["start"]),
            slot["kal_schedule_id"],
            datetime.fromisoformat(slot["end"]),
            slot["seats_left"],
        )
        for slot in seen["slots"]
    ] == sorted(expected)
    assert seen["slots_until"] == seen["end"]
    assert seen["slots"][0]["start"].endswith(("+01:00", "+02:00")), "in the calendar's zone"


async def test_no_slots_in_the_past(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    kal = await make(client, anna)
    await add_schedule(conn, kal, anna.id, now=now)
    assert (await see(client, anna, f"{kal}?start=2020-01-01&end=2020-01-31"))["slots"] == []
    assert (await see(client, anna, f"{kal}"))["slots"] != []


async def test_too_many_slots_are_cut_and_it_is_said(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_SLOTS", 10)
    kal = await make(client, anna)
    for slug in ("one", "two", "three"):
        await add_schedule(conn, kal, anna.id, now=now, slug=slug)
    seen = await see(client, anna, f"{kal}?start={(now + timedelta(days=1)).date()}")
    assert len(seen["slots"]) == 9, "the fourth time is not whole"
    assert seen["slots_until"] > max(slot["start"] for slot in seen["slots"])
    following = await see(client, anna, f"{kal}?start={seen['slots_until']}")
    assert following["slots"][0]["start"] == seen["slots_until"]


# At scale


@asynccontextmanager
async def counted() -> AsyncIterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noting(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return await execute(self, query, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", noting)
        yield sent


async def test_many_events_and_schedules_cost_no_more_reads(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    kal = await make(client, anna, private=False)
    schedule = await add_schedule(conn, kal, anna.id, now=now)
    await add_event(conn, kal, anna.id, now, now=now, schedule_id=schedule)
    async with counted() as few:
        await see(client, boris, f"{kal}")
    for number in range(30):
        await add_schedule(conn, kal, anna.id, now=now, slug=f"more-{number}")
    await conn.execute(
        """
        INSERT INTO calendar_event (status_id, creator_id, schedule_id, calendar_id, label, timezone, starts_at,
            ends_at, created_at, updated_at)
        SELECT 200, %(anna)s, %(schedule)s, %(kal)s, 'Meeting ' || n, 'UTC', at, at + interval '5 minutes', %(now)s,
            %(now)s
        FROM generate_series(1, 1000) AS n, LATERAL (SELECT %(now)s::timestamptz + n * interval '5 minutes') AS t (at)
        """,
        {"anna": anna.id, "schedule": schedule, "kal": kal, "now": now},
    )
    async with counted() as many:
        seen = await see(client, boris, f"{kal}")
    assert len(seen["events"]) == 1001
    assert len(seen["schedules"]) == 31
    assert len(many) == len(few) <= 6


async def test_a_range_that_holds_too_much(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_EVENTS", 3)
    kal = await make(client, anna)
    for hours in range(4):
        await add_event(conn, kal, anna.id, NOON + timedelta(hours=hours), now=now)
    answer = await client.get(f"/kal/{kal}{MARCH}", headers=anna.headers)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["end"]
    assert len(await ids(client, anna, f"{kal}?start=2026-03-10T12:00Z&end=2026-03-10T14:45Z")) == 3


async def test_ranges_are_served_by_indexes(
    conn: Connection, client: httpx.AsyncClient, anna: Someone, now: datetime
) -> None:
    """A week of a calendar with years of events reads that week, its neighbour before, and what lasts long."""
    kal = await make(client, anna)
    await conn.execute(
        """
        INSERT INTO calendar_event (status_id, creator_id, calendar_id, label, timezone, starts_at, ends_at, created_at,
            updated_at)
        SELECT 200, %(anna)s, %(kal)s, 'Meeting', 'UTC', at,
            at + CASE n %% 1000 WHEN 0 THEN interval '20 days' ELSE '1 hour' END, %(now)s, %(now)s
        FROM generate_series(-10000, 10000) AS n,
            LATERAL (SELECT %(now)s::timestamptz + n * interval '3 hours') AS t (at)
        """,
        {"anna": anna.id, "kal": kal, "now": now},
    )
    await conn.execute("ANALYZE calendar_event")
    plan = await fetch_value(
        conn,
        f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT id FROM ({views.IN_CALENDAR}) AS e",
        {"calendar": kal, "start": now, "end": now + timedelta(days=7)},
    )

    def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [node, *(inner for part in node.get("Plans", []) for inner in nodes(part))]

    scans = [node for node in nodes(plan[0]["Plan"]) if "Scan" in node["Node Type"] and "Index Name" in node]
    assert {node["Index Name"] for node in scans} == {"calendar_event_calendar_idx", "calendar_event_long_idx"}
    read = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans)
    assert read < 200, "of twenty thousand"
