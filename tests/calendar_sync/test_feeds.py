"""An iCalendar feed taken: what is in it, what changes, what goes, and what is not let in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from artel import clock
from artel.calendar_sync.rules import MOST_SOURCES
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests.calendar_sync.cast import FeedServer, ics, imported, spans, stamp, states, sync_now
from tests.cast import Someone
from tests.times import Travel

Owner = tuple[Someone, int]


@pytest.fixture
def day() -> datetime:
    """Ten o'clock UTC in three days."""
    return (clock.now() + timedelta(days=3)).astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)


async def join(client: httpx.AsyncClient, owner: Owner, url: str, **more: str) -> httpx.Response:
    someone, kal = owner
    return await client.post(f"/kal/{kal}/import", json={"url": url, **more}, headers=someone.headers)


def meeting(uid: str, start: datetime, *more: str) -> list[str]:
    return [f"UID:{uid}", f"DTSTART:{stamp(start)}", "DURATION:PT1H", f"SUMMARY:{uid}", *more]


async def test_events_come_change_and_go(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    feed.body = ics(meeting("one", day), meeting("two", day + timedelta(hours=2)))
    joined = await join(client, owner, f"{feed.url}/private-3141592/basic.ics", summary="Work")
    assert joined.status_code == 200, joined.text
    (source,) = joined.json()["import"]
    assert (source["status"], source["from"], source["summary"]) == ("waiting", True, "Work")
    assert source["external_id"] == f"{feed.url}/…"
    assert "3141592" not in joined.text
    await sync_now(database, settings)
    one, two = await imported(conn)
    assert [(row.external_id, row.starts_at, row.is_busy) for row in (one, two)] == [
        ("one", day, True),
        ("two", day + timedelta(hours=2), True),
    ]
    # The same again: nothing is written.
    feed.body += b"\r\n"
    await sync_now(database, settings)
    assert await imported(conn) == [one, two]
    # One moved, one gone, one new.
    feed.body = ics(meeting("one", day + timedelta(hours=5)), meeting("three", day))
    await sync_now(database, settings)
    three, moved = await imported(conn)
    assert (moved.id, moved.starts_at, moved.sequence, moved.is_busy) == (one.id, day + timedelta(hours=5), 1, True)
    assert three.external_id == "three"
    assert await spans(conn) == 2
    listed = (await client.get(f"/kal/{owner[1]}/import", headers=owner[0].headers)).json()["import"]
    assert [(one["status"], one["error"], one["failures"]) for one in listed] == [("active", None, 0)]


async def test_what_has_not_changed_is_not_sent_again(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
    travel: Travel,
) -> None:
    feed.body = ics(meeting("one", day))
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    await sync_now(database, settings)
    assert feed.asked[1].headers["if-none-match"] == feed.etag
    assert len(await imported(conn)) == 1
    travel(days=8)  # but from time to time all is read: what repeats goes on
    await sync_now(database, settings)
    assert "if-none-match" not in feed.asked[2].headers
    assert len(await imported(conn)) == 1, "what is over stays as it was"


async def test_which_events_take_time(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    feed.body = ics(
        meeting("busy", day),
        meeting("free", day, "TRANSP:TRANSPARENT"),
        meeting("outlook-free", day, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"),
        meeting("off", day, "STATUS:CANCELLED"),
        ["UID:moment", f"DTSTART:{stamp(day)}", "SUMMARY:moment"],
        ["UID:all-day", f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "SUMMARY:all-day"],
        ["UID:floating", f"DTSTART:{day:%Y%m%dT%H%M%S}", "DURATION:PT30M", "SUMMARY:floating"],
        ["UID:broken", "DTSTART:tomorrow", "SUMMARY:broken"],
        ["UID:years-ago", "DTSTART:20010101T100000Z", "DURATION:PT1H"],
    )
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    found = {row.external_id: row for row in await imported(conn)}
    assert {name: row.is_busy for name, row in found.items()} == {
        "busy": True,
        "free": False,
        "outlook-free": False,
        "moment": False,
        "all-day": True,
        "floating": True,
    }
    offset = day.astimezone(ZoneInfo("Europe/Berlin")).utcoffset()
    assert offset is not None
    midnight = day.replace(hour=0)
    assert found["all-day"].starts_at == midnight - offset
    assert found["all-day"].ends_at == midnight - offset + timedelta(days=1)
    assert found["floating"].starts_at == day - offset
    row = await fetch_value(conn, "SELECT to_jsonb(e) FROM calendar_event AS e WHERE external_id = 'busy'")
    assert (row["type_id"], row["status_id"], row["is_private"], row["creator_id"]) == (1, 200, True, None)
    assert row["calendar_id"] == owner[1]


async def test_series(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    """A zone of the file's own, a series in it with one left out, one added, one moved and one called off."""

    def local(at: datetime) -> str:
        return f"{at + timedelta(hours=4, minutes=30):%Y%m%dT%H%M%S}"

    zone = """BEGIN:VTIMEZONE
TZID:Own
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0430
TZOFFSETTO:+0430
END:STANDARD
END:VTIMEZONE"""
    days = [day + timedelta(days=n) for n in range(5)]
    feed.body = ics(
        [
            "UID:series",
            f"DTSTART;TZID=Own:{local(day)}",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;COUNT=5",
            f"EXDATE;TZID=Own:{local(days[1])}",
            f"RDATE;TZID=Own:{local(days[0] + timedelta(hours=6))}",
            "SUMMARY:series",
        ],
        [
            "UID:series",
            f"RECURRENCE-ID;TZID=Own:{local(days[2])}",
            f"DTSTART;TZID=Own:{local(days[2] + timedelta(hours=2))}",
            "DURATION:PT2H",
            "SUMMARY:moved",
        ],
        [
            "UID:series",
            f"RECURRENCE-ID;TZID=Own:{local(days[3])}",
            f"DTSTART;TZID=Own:{local(days[3])}",
            "DURATION:PT1H",
            "STATUS:CANCELLED",
            "SUMMARY:off",
        ],
        extra=zone,
    )
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    rows = await imported(conn)
    assert [(row.starts_at, row.label) for row in rows] == [
        (days[0], "series"),
        (days[0] + timedelta(hours=6), "series"),
        (days[2] + timedelta(hours=2), "moved"),
        (days[4], "series"),
    ]
    assert rows[2].external_id == f"series;{days[2]:%Y%m%dT%H%M%S}"
    assert rows[2].ends_at - rows[2].starts_at == timedelta(hours=2)


async def test_series_without_end_stop_with_the_window(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    feed.body = ics(meeting("daily", day - timedelta(days=1000), "RRULE:FREQ=DAILY"))
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    rows = await imported(conn)
    assert 428 <= len(rows) <= 432
    assert rows[0].starts_at > clock.now() - timedelta(days=31)
    assert rows[-1].starts_at < clock.now() + timedelta(days=400)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"<html>Sign in</html>", "not_a_calendar"),
        (b"", "not_a_calendar"),
        (b"\xff\xfe\x00" * 50, "not_a_calendar"),
        (ics(["UID:a", "DTSTART:20200101T000000Z", "RRULE:FREQ=SECONDLY"]), "rule_too_frequent"),
        (ics(["UID:a", "DTSTART:20200101T000000Z", "RRULE:FREQ=DAILY;INTERVAL=0"]), "rule_too_frequent"),
        (
            ics(
                [
                    "UID:a",
                    "DTSTART:20200101T000000Z",
                    f"RRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE=0,10,20,30,40",
                ]
            ),
            "rule_too_frequent",
        ),
        (
            ics(*([f"UID:{n}", "DTSTART:20200101T000000Z", "RRULE:FREQ=HOURLY"] for n in range(2))),
            "too_many_occurrences",
        ),
    ],
)
async def test_what_is_no_calendar_or_means_harm(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    body: bytes,
    word: str,
) -> None:
    feed.body = body
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    (state,) = await states(conn)
    assert (state.error, state.failures) == (word, 1)
    assert state.next_sync_at is not None
    assert state.next_sync_at > clock.now()
    (listed,) = (await client.get(f"/kal/{owner[1]}/import", headers=owner[0].headers)).json()["import"]
    assert listed["status"] == "failing"
    assert listed["error"]
    assert await imported(conn) == []


async def test_a_feed_that_is_too_large(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
) -> None:
    feed.body = b"BEGIN:VCALENDAR\r\n" + b"X-NOTHING:" + b"x" * 11 * 1024 * 1024
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == ["too_large"]


async def test_what_was_taken_stays_while_the_feed_fails(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
    travel: Travel,
) -> None:
    """Better kept free than booked twice; a feed that fails for a week is given up, and its owner told once."""
    feed.body = ics(meeting("one", day))
    await join(client, owner, feed.url)
    await sync_now(database, settings)
    feed.status = 503
    pauses = []
    for _ in range(14):
        await sync_now(database, settings)
        (state,) = await states(conn)
        if state.next_sync_at is not None:
            pauses.append((state.next_sync_at - clock.now()).total_seconds())
        travel(hours=15)
    assert pauses[0] < 70
    assert pauses[0] < pauses[2] < pauses[5]
    assert max(pauses) < 6.7 * 3600
    (state,) = await states(conn)
    assert (state.error, state.next_sync_at) == ("busy", None)
    assert state.broken_at is not None
    assert len(await imported(conn)) == 1
    assert await spans(conn) == 1
    letters = await fetch_value(conn, "SELECT count(*) FROM message WHERE recipient = 'anna@example.test'")
    assert letters == 1
    # Set up again, it goes on.
    feed.status = 200
    again = await join(client, owner, feed.url)
    assert [one["status"] for one in again.json()["import"]] == ["active"]
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == [None]


async def test_parting_frees_the_time(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    feed.body = ics(meeting("one", day), meeting("two", day))
    joined = await join(client, owner, feed.url)
    await sync_now(database, settings)
    # Somebody has written a comment below one of them.
    one, _ = await imported(conn)
    await conn.execute(
        """
        INSERT INTO calendar_event
            (type_id, status_id, parent_id, label, timezone, starts_at, ends_at, created_at, updated_at)
        VALUES (4, 200, %(parent)s, 'Mind the gap', 'UTC', %(at)s, %(at)s, %(at)s, %(at)s)
        """,
        {"parent": one.id, "at": day},
    )
    someone, kal = owner
    source = joined.json()["import"][0]["id"]
    parted = await client.request("DELETE", f"/kal/{kal}/import", json={"id": source}, headers=someone.headers)
    assert parted.json() == {"import": [], "export": []}
    assert await imported(conn) == []
    assert await spans(conn) == 0
    assert await fetch_value(conn, "SELECT deleted_at IS NOT NULL FROM calendar_event WHERE id = %s", [one.id])  # type: ignore[arg-type]
    assert await fetch_value(conn, "SELECT credentials IS NULL FROM calendar_source")
    again = await client.request("DELETE", f"/kal/{kal}/import", json={"id": source}, headers=someone.headers)
    assert again.status_code == 404


async def test_the_same_feed_twice_is_one_source(client: httpx.AsyncClient, owner: Owner, feed: FeedServer) -> None:
    await join(client, owner, f"{feed.url}/a.ics")
    again = await join(client, owner, f"{feed.url}/a.ics", summary="Named")
    assert [one["summary"] for one in again.json()["import"]] == ["Named"]
    for number in range(MOST_SOURCES - 1):
        assert (await join(client, owner, f"{feed.url}/{number}.ics")).status_code == 200
    full = await join(client, owner, f"{feed.url}/more.ics")
    assert full.status_code == 422
