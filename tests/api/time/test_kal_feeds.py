"""The iCalendar feed: its secret address, what it tells, and revoking it."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from artel.calendars.subscriptions import calendar_id_of, feed_token, is_token_of
from artel.db.pool import Connection
from artel.settings import Settings
from tests.api.time.conftest import Join
from tests.calendars.cast import add_event
from tests.cast import Someone
from tests.rows import digests

SECRET = "a secret of the tests, long enough"


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna", language="RU", timezone="Europe/Berlin")


@pytest.fixture
async def boris(join: Join) -> Someone:
    return await join("boris")


async def default_of(client: httpx.AsyncClient, someone: Someone) -> dict[str, Any]:
    seen: dict[str, Any] = (await client.get("/kal", headers=someone.headers)).json()
    return seen


async def read(client: httpx.AsyncClient, url: str) -> dict[str, icalendar.Event]:
    """By the digits of their UIDs."""
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert max(map(len, answer.content.split(b"\r\n"))) <= 75
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert not any(event.errors for event in events)
    return {str(event["UID"]).split("@")[0].removeprefix("event-"): event for event in events}


def at(settings: Settings, url: str) -> str:
    assert url.startswith(f"{settings.base_url}/api/calendars/")
    return url.removeprefix(f"{settings.base_url}/api")


async def test_what_the_feed_tells(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, anna: Someone, boris: Someone, now: datetime
) -> None:
    kal = await default_of(client, anna)
    theirs = await default_of(client, boris)

    async def add(calendar: int | None, creator: int | None, days: int, **values: Any) -> str:
        start = now + timedelta(days=days)
        return str(await add_event(conn, calendar, creator, start, now=now - timedelta(days=1), **values))

    meeting = await add(kal["id"], anna.id, 1, description="Bring; papers, please", data={"location": "Room 3"})
    private = await add(kal["id"], anna.id, 2, is_private=True, description="X", data={"location": "X"}, label="X")
    pending = await add(kal["id"], anna.id, 3, status_id=100)
    cancelled = await add(kal["id"], anna.id, 4, status_id=444)
    attended = await add(theirs["id"], anna.id, 5, attendees={anna.id: 4, boris.id: 3})
    past = await add(kal["id"], anna.id, -29)
    far = await add(kal["id"], anna.id, 365)
    await add(kal["id"], None, 6)  # from an outside calendar
    await add(kal["id"], anna.id, 6, type_id=2)
    await add(kal["id"], anna.id, -32)
    await add(kal["id"], anna.id, 367)

    events = await read(client, at(settings, kal["feed_url"]))
    assert list(events) == [past, meeting, private, pending, cancelled, attended, far]
    assert events[meeting]["SUMMARY"] == "Visit to the dentist"
    assert (events[meeting]["DESCRIPTION"], events[meeting]["LOCATION"]) == ("Bring; papers, please", "Room 3")
    assert (events[private]["SUMMARY"], events[private]["CLASS"]) == ("Занято", "PRIVATE")
    assert "DESCRIPTION" not in events[private]
    assert "LOCATION" not in events[private]
    assert events[private]["LAST-MODIFIED"].dt == (now - timedelta(days=1)).replace(microsecond=0)
    assert [events[one]["STATUS"] for one in (meeting, pending, cancelled)] == ["CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert events[meeting]["DTSTART"].dt == (now + timedelta(days=1)).replace(microsecond=0)


async def test_the_address_is_the_owners_alone(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    kal = await default_of(client, anna)
    body = {"label": "Work", "private": False}
    assert "feed_url" not in (await client.put(f"/kal/{kal['id']}", headers=anna.headers, json=body)).json()
    seen = (await client.get(f"/kal/{kal['id']}", headers=boris.headers)).json()
    assert seen["feed_url"] is None
    token = kal["feed_url"].rsplit("/", 1)[1].removesuffix(".ics")
    assert token.partition("-")[2] not in str(seen)


async def test_revoking(client: httpx.AsyncClient, settings: Settings, conn: Connection, anna: Someone) -> None:
    kal = await default_of(client, anna)
    answer = await client.post(f"/kal/{kal['id']}/feed", headers=anna.headers)
    assert answer.status_code == 200
    renewed = answer.json()["feed_url"]
    assert renewed != kal["feed_url"]
    assert (await client.get(at(settings, kal["feed_url"]))).status_code == 404
    assert (await client.get(at(settings, renewed))).status_code == 200
    assert (await default_of(client, anna))["feed_url"] == renewed
    cursor = await conn.execute("SELECT facts::text FROM audit WHERE action = 'calendar.feed_revoked'")
    assert await cursor.fetchall() == [("{}",)]


async def test_a_secret_is_stored_nowhere(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    kal = await default_of(client, anna)
    headers = {**anna.headers, "Idempotency-Key": "again"}
    renewed = (await client.post(f"/kal/{kal['id']}/feed", headers=headers)).json()["feed_url"]
    secret = renewed.rsplit("-", 1)[1].removesuffix(".ics")
    for table in await digests(conn):
        cursor = await conn.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s', [f"%{secret}%"])  # type: ignore[arg-type]  # noqa: S608
        assert await cursor.fetchone() == (0,), table


async def test_wrong_addresses(
    client: httpx.AsyncClient, settings: Settings, conn: Connection, anna: Someone, boris: Someone
) -> None:
    kal, other = await default_of(client, anna), await default_of(client, boris)
    token = feed_token(settings.secret, kal["id"], 1)
    mac = token.partition("-")[2]
    assert (await client.get(f"/calendars/{token}.ics")).status_code == 200
    for wrong in (
        f"{token}.txt",
        token,
        f"{token[:-1]}.ics",
        f"{token}0.ics",
        f"{other['id']}-{mac}.ics",
        f"0{token}.ics",
        f"{kal['id']}.ics",
        f"{kal['id']}-.ics",
        f"-{mac}.ics",
        f"999999999-{mac}.ics",
        f"{'9' * 30}-{mac}.ics",
        f"{kal['id']}-é.ics",
        f"{kal['id']}-%00.ics",
        f"{kal['id']}-%ff.ics",
        ".ics",
        "x" * 300 + ".ics",
    ):
        answer = await client.get(f"/calendars/{wrong}")
        assert answer.status_code in {404, 422}, wrong
        assert "message" in answer.json()
    await conn.execute("UPDATE calendar SET deleted_at = created_at WHERE id = %s", [kal["id"]])
    assert (await client.get(f"/calendars/{token}.ics")).status_code == 404


async def test_what_has_not_changed_is_not_sent_again(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, anna: Someone, now: datetime
) -> None:
    kal = await default_of(client, anna)
    url = at(settings, kal["feed_url"])
    event_id = await add_event(conn, kal["id"], anna.id, now, now=now)
    first = await client.get(url)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get(url, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await client.get(url, headers={"If-None-Match": '"other"'})).content == first.content
    await conn.execute("UPDATE calendar_event SET sequence = 1, label = 'Moved' WHERE id = %s", [event_id])
    changed = await client.get(url, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_tokens_are_of_one_calendar_one_version_and_one_secret() -> None:
    token = feed_token(SECRET, 30001, 1)
    assert calendar_id_of(token) == 30001
    assert is_token_of(token, SECRET, 30001, 1)
    assert not is_token_of(token, SECRET, 30001, 2)
    assert not is_token_of(token, SECRET, 30002, 1)
    assert not is_token_of(token, SECRET + "!", 30001, 1)
    assert not is_token_of(token[:-1], SECRET, 30001, 1)
    # Neither are the digits of one number another's beginning.
    assert feed_token(SECRET, 3, 11).split("-")[1] != feed_token(SECRET, 31, 1).split("-")[1]


@pytest.mark.parametrize("token", ["", "-", "x-1", "²-1", "9" * 19 + "-1", "١-1"])
def test_what_is_no_token(token: str) -> None:
    assert calendar_id_of(token) is None
