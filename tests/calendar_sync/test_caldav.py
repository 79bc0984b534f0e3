"""CalDAV in both directions, against Radicale."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from artel import clock
from artel.calendar_sync.sources import LEASE_S
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests.calendar_sync.cast import (
    Outside,
    Reply,
    add_meeting,
    change_meeting,
    ics,
    imported,
    spans,
    stamp,
    states,
    sync_now,
    syncing,
)
from tests.calendar_sync.radicale_server import PASSWORD, USER, Radicale
from tests.cast import Someone
from tests.times import Travel
from tests.waiting import until

Owner = tuple[Someone, int]


@pytest.fixture
def day() -> datetime:
    return (clock.now() + timedelta(days=3)).astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)


async def join(
    client: httpx.AsyncClient, owner: Owner, radicale: Radicale, *, path: str = "/", is_from: bool = True, **more: str
) -> httpx.Response:
    someone, kal = owner
    given = {"url": radicale.url + path, "username": USER, "password": PASSWORD, "from": is_from, **more}
    return await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)


def meeting(uid: str, start: datetime, *more: str) -> bytes:
    return ics(
        [f"UID:{uid}", f"DTSTART:{stamp(start)}", "DURATION:PT1H", f"SUMMARY:{uid}", f"DTSTAMP:{stamp(start)}", *more]
    )


@pytest.mark.parametrize("path", ["/", f"/{USER}/", f"/{USER}/work/", f"/{USER}/work"])
async def test_a_calendar_is_found_wherever_one_begins(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
    path: str,
) -> None:
    radicale.put("one.ics", meeting("one", day))
    joined = await join(client, owner, radicale, path=path)
    assert joined.status_code == 200, joined.text
    assert PASSWORD not in joined.text
    await sync_now(database, settings)
    assert [(row.external_id, row.starts_at, row.is_busy) for row in await imported(conn)] == [("one", day, True)]
    someone, kal = owner
    (source,) = (await client.get(f"/kal/{kal}/caldav", headers=someone.headers)).json()["import"]
    assert (source["status"], source["summary"]) == ("active", "Work")


async def test_of_several_the_named_one(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    radicale.make_calendar("private", "Private")
    radicale.put("one.ics", meeting("one", day))
    radicale.put("two.ics", meeting("two", day), calendar="private")
    await join(client, owner, radicale, summary="Private")
    await sync_now(database, settings)
    assert [row.external_id for row in await imported(conn)] == ["two"]
    await join(client, owner, radicale, summary="Nowhere")
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == [None, "no_calendar"]


async def test_changes_are_taken_as_they_come(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    radicale.put("one.ics", meeting("one", day))
    radicale.put("two.ics", meeting("two", day + timedelta(hours=2)))
    radicale.put("past.ics", meeting("past", day - timedelta(days=300)))
    await join(client, owner, radicale)
    await sync_now(database, settings)
    first = await imported(conn)
    assert [row.external_id for row in first] == ["one", "two"]
    radicale.put("one.ics", meeting("one", day + timedelta(hours=4), "SEQUENCE:1"))
    radicale.delete("two.ics")
    radicale.put("series.ics", meeting("series", day, "RRULE:FREQ=DAILY;COUNT=3"))
    await sync_now(database, settings)
    rows = {row.external_id: row for row in await imported(conn)}
    assert len(rows) == 4
    assert rows["one"].starts_at == day + timedelta(hours=4)
    assert rows["one"].id == first[0].id
    assert await spans(conn) == 4
    # A series that becomes shorter.
    radicale.put("series.ics", meeting("series", day, "RRULE:FREQ=DAILY;COUNT=2", "SEQUENCE:1"))
    await sync_now(database, settings)
    assert len(await imported(conn)) == 3
    assert await spans(conn) == 3


async def test_a_lost_place_in_the_list_of_changes(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    """The server has forgotten our sync-token: the editions of the files tell what has changed."""
    radicale.put("one.ics", meeting("one", day))
    radicale.put("two.ics", meeting("two", day))
    await join(client, owner, radicale)
    await sync_now(database, settings)
    assert all(state.sync_token for state in await states(conn))
    await conn.execute("UPDATE calendar_source SET sync_token = 'http://radicale.org/ns/sync/0000'")
    radicale.delete("two.ics")
    radicale.put("three.ics", meeting("three", day))
    await sync_now(database, settings)
    assert [row.external_id for row in await imported(conn)] == ["one", "three"]
    assert [state.error for state in await states(conn)] == [None]


async def test_a_server_without_a_list_of_changes(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    """Only a ctag and etags: a server in front of Radicale leaves the sync-token out."""
    seen: list[str] = []

    def without_tokens(asked: object) -> Reply:
        method, path = asked.method, asked.path  # type: ignore[attr-defined]
        kept = {k: v for k, v in asked.headers.items() if k in {"depth", "content-type"}}  # type: ignore[attr-defined]
        status, body, headers = radicale.call(method, path, asked.body, kept)  # type: ignore[attr-defined]
        seen.append(f"{method} {'query' if b'calendar-query' in asked.body else ''}".strip())  # type: ignore[attr-defined]
        body = body.replace(b"sync-token", b"something-else")
        return Reply(status, body, {"Content-Type": headers.get("Content-Type", "text/xml")})

    front = Outside(without_tokens)
    try:
        radicale.put("one.ics", meeting("one", day))
        radicale.put("two.ics", meeting("two", day))
        someone, kal = owner
        given = {"url": f"{front.url}/{USER}/work/", "username": USER, "password": PASSWORD, "from": True}
        await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
        await sync_now(database, settings)
        assert len(await imported(conn)) == 2
        seen.clear()
        await sync_now(database, settings)
        assert seen == ["PROPFIND"], "nothing has changed, nothing is listed"
        radicale.delete("two.ics")
        radicale.put("one.ics", meeting("one", day + timedelta(hours=1)))
        await sync_now(database, settings)
        assert [(row.external_id, row.starts_at) for row in await imported(conn)] == [("one", day + timedelta(hours=1))]
    finally:
        front.stop()


async def test_a_wrong_password(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
) -> None:
    """After five refusals nothing is tried any more, and the owner is told."""
    someone, kal = owner
    given = {"url": radicale.url, "username": USER, "password": "wrong", "from": True}
    await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
    for _ in range(6):
        await sync_now(database, settings)
    (state,) = await states(conn)
    assert (state.error, state.failures, state.next_sync_at) == ("unauthorized", 5, None)
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 1
    (source,) = (await client.get(f"/kal/{kal}/caldav", headers=someone.headers)).json()["import"]
    assert source["status"] == "broken"


async def test_our_meetings_are_given(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    _, kal = owner
    first = await add_meeting(conn, kal, day, label="Consultation; with, signs")
    pending = await add_meeting(conn, kal, day, status=100)
    await add_meeting(conn, kal, day - timedelta(days=30))  # over long ago
    await join(client, owner, radicale, is_from=False)
    await sync_now(database, settings)
    body = radicale.get(f"event-{first}@127.0.0.1.ics")
    assert body is not None
    assert f"UID:event-{first}@127.0.0.1" in body
    assert r"SUMMARY:Consultation\; with\, signs" in body
    assert f"DTSTART:{stamp(day)}" in body
    assert radicale.whole().count("BEGIN:VEVENT") == 1
    # Changed, confirmed, cancelled: each as it comes, without anybody saying so.
    async with syncing(database, settings):
        await change_meeting(conn, first, starts_at=day + timedelta(minutes=30))
        await change_meeting(conn, pending, status_id=200)
        await until(
            lambda: (
                f"DTSTART:{stamp(day + timedelta(minutes=30))}" in radicale.whole()
                and radicale.whole().count("BEGIN:VEVENT") == 2
            ),
            timeout_s=20,
        )
        await change_meeting(conn, first, status_id=444)
        await change_meeting(conn, pending, deleted_at=clock.now())
        await until(lambda: "VEVENT" not in radicale.whole(), timeout_s=20)


async def test_ours_counts(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    """Somebody has changed our event there, or thrown it away: with its next change it is as it is here."""
    _, kal = owner
    changed = await add_meeting(conn, kal, day, label="Changed there")
    deleted = await add_meeting(conn, kal, day, label="Deleted there")
    await join(client, owner, radicale, is_from=False)
    await sync_now(database, settings)
    radicale.put(f"event-{changed}@127.0.0.1.ics", meeting(f"event-{changed}@127.0.0.1", day, "SEQUENCE:9"))
    radicale.delete(f"event-{deleted}@127.0.0.1.ics")
    await change_meeting(conn, changed, label="Ours")
    await change_meeting(conn, deleted, label="Back")
    await sync_now(database, settings)
    assert "SUMMARY:Ours" in (radicale.get(f"event-{changed}@127.0.0.1.ics") or "")
    assert "SUMMARY:Back" in (radicale.get(f"event-{deleted}@127.0.0.1.ics") or "")
    assert [state.error for state in await states(conn)] == [None]


async def test_a_crash_between_giving_and_noting(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    """The note is lost, the event is there: given again it is the same one, not a second."""
    _, kal = owner
    event = await add_meeting(conn, kal, day)
    await join(client, owner, radicale, is_from=False)
    await sync_now(database, settings)
    await conn.execute("DELETE FROM calendar_export")
    await conn.execute("UPDATE calendar_source SET exported_until = NULL")
    await change_meeting(conn, event, label="Given twice")
    await sync_now(database, settings)
    assert radicale.whole().count("BEGIN:VEVENT") == 1
    assert "Given twice" in radicale.whole()
    assert [state.error for state in await states(conn)] == [None]


async def test_our_own_are_not_taken_back(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    """One calendar there, joined in both directions."""
    _, kal = owner
    await add_meeting(conn, kal, day)
    radicale.put("theirs.ics", meeting("theirs", day))
    await join(client, owner, radicale, is_from=False)
    await sync_now(database, settings)
    await join(client, owner, radicale, is_from=True)
    await sync_now(database, settings)
    assert [row.external_id for row in await imported(conn)] == ["theirs"]
    assert radicale.whole().count("BEGIN:VEVENT") == 2
    await sync_now(database, settings)
    assert radicale.whole().count("BEGIN:VEVENT") == 2, "nor is what was taken given back"


async def test_parting_leaves_ours_there_and_takes_theirs_away(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
) -> None:
    someone, kal = owner
    event = await add_meeting(conn, kal, day)
    radicale.put("theirs.ics", meeting("theirs", day))
    given = await join(client, owner, radicale, is_from=False)
    taken = await join(client, owner, radicale, is_from=True)
    await sync_now(database, settings)
    (export,), (source,) = given.json()["export"], taken.json()["import"]
    wrong = {"id": export["id"], "from": True}
    refused = await client.request("DELETE", f"/kal/{kal}/caldav", json=wrong, headers=someone.headers)
    assert refused.status_code == 404
    for one in (export, source):
        gone = {"id": one["id"], "from": one["from"]}
        parted = await client.request("DELETE", f"/kal/{kal}/caldav", json=gone, headers=someone.headers)
        assert parted.status_code == 200, parted.text
    assert await imported(conn) == []
    assert await spans(conn) == 0
    await change_meeting(conn, event, label="Not told any more")
    await sync_now(database, settings)
    assert "Consultation" in radicale.whole()


async def test_a_dead_worker_s_source_is_taken_up(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
    travel: Travel,
) -> None:
    radicale.put("one.ics", meeting("one", day))
    await join(client, owner, radicale)
    # As a worker leaves it that was killed in the middle.
    leased = clock.now() + timedelta(seconds=LEASE_S)
    await conn.execute(
        "UPDATE calendar_source SET attempt = 1, leased_until = %(until)s, next_sync_at = %(until)s", {"until": leased}
    )
    travel(seconds=LEASE_S + 1)
    await sync_now(database, settings)
    assert len(await imported(conn)) == 1
