"""Google calendars against the stand-in: linked, taken from, given to, parted with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests.browser import Browser
from tests.calendar_sync.cast import (
    Reply,
    add_meeting,
    add_owner,
    change_meeting,
    imported,
    spans,
    states,
    sync_now,
    syncing,
)
from tests.calendar_sync.google_stand_in import PRIMARY, READ_ONLY, SECOND, SUBJECT, GoogleStandIn, error
from tests.cast import Someone
from tests.times import Travel
from tests.waiting import until

Owner = tuple[Someone, int]
Joined = tuple[httpx.AsyncClient, Settings]


@pytest.fixture
def day() -> datetime:
    return (clock.now() + timedelta(days=3)).astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)


async def consent_url(client: httpx.AsyncClient, owner: Owner) -> str:
    someone, kal = owner
    answer = await client.get(f"/kal/{kal}/google/auth", headers=someone.headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json())


async def visit(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """What the browser does, and whoever presses the button there; it has no token of ours."""
    browser = Browser(client)
    page = await browser.open(str(client.base_url).removesuffix("/api/").removesuffix("/api") + path)
    if "<form" not in page.text:
        return page
    assert page.status_code == 200
    return await browser.send()


async def link(client: httpx.AsyncClient, owner: Owner, google: GoogleStandIn) -> None:
    page = await visit(client, google.consent(await consent_url(client, owner)))
    assert page.status_code == 200, page.text


async def join(
    client: httpx.AsyncClient, owner: Owner, *, google_id: str = PRIMARY, is_from: bool | None = True
) -> dict[str, Any]:
    someone, kal = owner
    given = {"id": google_id, "summary": "Private", "description": None, "timeZone": "Europe/Berlin", "from": is_from}
    answer = await client.post(f"/kal/{kal}/google", json=given, headers=someone.headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply


async def shown(client: httpx.AsyncClient, owner: Owner) -> dict[str, Any]:
    someone, kal = owner
    reply: dict[str, Any] = (await client.get(f"/kal/{kal}/google", headers=someone.headers)).json()
    return reply


async def part(client: httpx.AsyncClient, owner: Owner, source: dict[str, Any]) -> dict[str, Any]:
    someone, kal = owner
    given = {"id": source["id"], "from": source["from"]}
    answer = await client.request("DELETE", f"/kal/{kal}/google", json=given, headers=someone.headers)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply


def at(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.isoformat()}


def hour(start: datetime, **more: Any) -> dict[str, Any]:
    return {"start": at(start), "end": at(start + timedelta(hours=1)), "summary": "Dentist", **more}


async def test_linking(joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection) -> None:
    client, _ = joined
    assert await shown(client, owner) == {"linked": False, "accounts": [], "calendars": [], "import": [], "export": []}
    await link(client, owner, google)
    reply = await shown(client, owner)
    assert (reply["linked"], reply["accounts"]) == (True, [SUBJECT])
    assert [(one["id"], one["primary"], one["accessRole"]) for one in reply["calendars"]] == [
        (PRIMARY, True, "owner"),
        (SECOND, False, "writer"),
        (READ_ONLY, False, "reader"),
    ]
    sealed = await fetch_value(conn, "SELECT credentials FROM google_account")
    assert not any(token.encode() in bytes(sealed) for token in google.refresh_tokens)


async def test_the_link_back_is_for_its_person_alone(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, travel: Travel
) -> None:
    client, settings = joined
    back = google.consent(await consent_url(client, owner))
    state_and_code = back.partition("?")[2]
    forged = back.replace("state=", "state=A")
    assert (await visit(client, forged)).status_code == 404
    assert (await visit(client, "/google/callback")).status_code == 404
    assert (await visit(client, "/google/callback?code=code-1")).status_code == 404
    # A code that another state was asked for: PKCE tells.
    other = await add_owner(conn, settings, "boris@example.test")
    others = google.consent(await consent_url(client, other))
    code = state_and_code.partition("code=")[2]
    mixed = others[: others.index("code=")] + f"code={code}"
    assert (await visit(client, mixed)).status_code == 422
    # Declined, or only a part allowed.
    declined = await visit(client, f"{back.partition('&code=')[0]}&error=access_denied")
    assert declined.status_code == 422
    less = google.consent(await consent_url(client, owner), scope="https://www.googleapis.com/auth/calendar.readonly")
    assert (await visit(client, less)).status_code == 422
    late = google.consent(await consent_url(client, owner))
    travel(minutes=16)
    assert (await visit(client, late)).status_code == 404
    assert await fetch_value(conn, "SELECT count(*) FROM google_account") == 0


async def test_events_come_change_and_go(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    client, settings = joined
    google.page = 2
    midnight = f"{day:%Y-%m-%d}"
    google.write(PRIMARY, "aaaaa1", **hour(day))
    google.write(PRIMARY, "aaaaa2", **hour(day, transparency="transparent"))
    google.write(PRIMARY, "aaaaa3", start={"date": midnight}, end={"date": f"{day + timedelta(days=1):%Y-%m-%d}"})
    google.write(PRIMARY, "aaaaa4", **hour(day, attendees=[{"self": True, "responseStatus": "declined"}]))
    google.write(PRIMARY, "aaaaa5", **hour(day, eventType="workingLocation"))
    google.write(
        PRIMARY, "series_1", **hour(day, recurringEventId="series", originalStartTime=at(day), iCalUID="s@google.com")
    )
    google.write(PRIMARY, "broken", start={}, end={})
    await link(client, owner, google)
    reply = await join(client, owner)
    assert [(one["external_id"], one["from"], one["status"]) for one in reply["import"]] == [(PRIMARY, True, "waiting")]
    await sync_now(database, settings)
    rows = {row.external_id: row for row in await imported(conn)}
    assert {name: row.is_busy for name, row in rows.items()} == {
        "aaaaa1@google.com": True,
        "aaaaa2@google.com": False,
        "aaaaa3@google.com": True,
        "aaaaa4@google.com": False,
        "aaaaa5@google.com": False,
        f"s@google.com;{day:%Y%m%dT%H%M%S}": True,
    }
    assert rows["aaaaa3@google.com"].ends_at - rows["aaaaa3@google.com"].starts_at == timedelta(days=1)
    google.write(PRIMARY, "aaaaa1", **hour(day + timedelta(hours=3)))
    google.cancel(PRIMARY, "aaaaa3")
    google.write(PRIMARY, "bbbbb1", **hour(day))
    await sync_now(database, settings)
    after = {row.external_id: row for row in await imported(conn)}
    assert "aaaaa3@google.com" not in after
    assert "bbbbb1@google.com" in after
    assert after["aaaaa1@google.com"].starts_at == day + timedelta(hours=3)
    assert after["aaaaa1@google.com"].id == rows["aaaaa1@google.com"].id
    assert await spans(conn) == 3
    listings = [asked.path for asked in google.asked if asked.path.partition("?")[0].endswith("/events")]
    assert "syncToken" in listings[-1]
    assert "timeMin" not in listings[-1]


async def test_a_sync_token_that_google_has_forgotten(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    client, settings = joined
    google.write(PRIMARY, "aaaaa1", **hour(day))
    google.write(PRIMARY, "aaaaa2", **hour(day))
    await link(client, owner, google)
    await join(client, owner)
    await sync_now(database, settings)
    google.cancel(PRIMARY, "aaaaa1")
    google.forget_tokens(PRIMARY)
    await sync_now(database, settings)
    assert [row.external_id for row in await imported(conn)] == ["aaaaa2@google.com"]
    assert [state.error for state in await states(conn)] == [None]
    assert await spans(conn) == 1


async def test_a_token_that_has_expired_is_renewed(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    client, settings = joined
    await link(client, owner, google)
    await join(client, owner)
    google.expire_access()
    google.write(PRIMARY, "aaaaa1", **hour(day))
    await sync_now(database, settings)
    assert len(await imported(conn)) == 1
    assert google.calls.count("POST /oauth/token") == 2
    await sync_now(database, settings)
    assert google.calls.count("POST /oauth/token") == 2, "and kept"


async def test_access_withdrawn(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    """The account is broken, all that lives of it stops, its owner is told once; linked anew, it goes on."""
    client, settings = joined
    google.write(PRIMARY, "aaaaa1", **hour(day))
    await link(client, owner, google)
    await join(client, owner)
    await join(client, owner, google_id=SECOND)
    await join(client, owner, google_id=SECOND, is_from=False)
    await sync_now(database, settings)
    google.withdraw()
    await sync_now(database, settings)
    await sync_now(database, settings)
    reply = await shown(client, owner)
    assert (reply["linked"], reply["calendars"]) == (False, [])
    assert {one["status"] for one in reply["import"] + reply["export"]} == {"broken"}
    assert {one["error"] for one in reply["import"]} == {"Google no longer gives access: link it again."}
    assert await fetch_value(conn, "SELECT count(*) FROM message WHERE recipient = 'anna@example.test'") == 1
    assert {state.next_sync_at for state in await states(conn)} == {None}
    assert len(await imported(conn)) == 1, "better kept free than booked twice"
    google.write(PRIMARY, "aaaaa2", **hour(day))
    await link(client, owner, google)
    await sync_now(database, settings)
    assert len(await imported(conn)) == 2
    assert {one["status"] for one in (await shown(client, owner))["import"]} == {"active"}


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (error(403, "rateLimitExceeded"), "busy"),
        (error(429, "rateLimitExceeded"), "busy"),
        (error(503, "backendError"), "busy"),
        (error(403, "forbidden"), "unauthorized"),
        (Reply(200, b"no json"), None),
        (Reply(200, b'{"items": [7, {"id": 3}, {}]}'), None),
    ],
)
async def test_google_in_trouble(
    joined: Joined,
    google: GoogleStandIn,
    owner: Owner,
    conn: Connection,
    database: Database,
    day: datetime,
    reply: Reply,
    word: str | None,
) -> None:
    client, settings = joined
    await link(client, owner, google)
    await join(client, owner)
    google.fail = [reply]
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == [word]
    google.write(PRIMARY, "aaaaa1", **hour(day))
    await sync_now(database, settings)
    assert [(state.error, state.failures) for state in await states(conn)] == [(None, 0)]
    assert len(await imported(conn)) == 1


async def test_a_pause_that_is_asked_for_is_kept(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database
) -> None:
    client, settings = joined
    await link(client, owner, google)
    await join(client, owner)
    google.fail = [Reply(503, b"", {"Retry-After": "1800"})]
    await sync_now(database, settings)
    (state,) = await states(conn)
    assert state.next_sync_at is not None
    assert 1700 < (state.next_sync_at - clock.now()).total_seconds() < 1900


async def test_our_meetings_are_given(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    client, settings = joined
    _, kal = owner
    event = await add_meeting(conn, kal, day, label="Consultation")
    await add_meeting(conn, kal, day, status=100)
    await link(client, owner, google)
    reply = await join(client, owner, google_id=SECOND, is_from=None)
    assert [(one["external_id"], one["from"]) for one in reply["export"]] == [(SECOND, False)]
    assert reply["import"] == []
    await sync_now(database, settings)
    (there,) = google.living(SECOND)
    assert (there["summary"], there["start"]["timeZone"]) == ("Consultation", "Europe/Berlin")
    assert datetime.fromisoformat(there["start"]["dateTime"]) == day
    async with syncing(database, settings):
        await change_meeting(conn, event, label="Moved", starts_at=day + timedelta(minutes=10))
        await until(lambda: [one["summary"] for one in google.living(SECOND)] == ["Moved"], timeout_s=20)
        await change_meeting(conn, event, status_id=444)
        await until(lambda: not google.living(SECOND), timeout_s=20)
        await change_meeting(conn, event, status_id=200)
        await until(lambda: len(google.living(SECOND)) == 1, timeout_s=20)
    assert len(google.calendars[SECOND].events) == 1


@pytest.mark.parametrize("refused", [0, 1])
async def test_more_than_one_batch_is_given(
    joined: Joined,
    google: GoogleStandIn,
    owner: Owner,
    conn: Connection,
    database: Database,
    day: datetime,
    refused: int,
) -> None:
    """At once, also where Google does not take one of the first."""
    client, settings = joined
    for _ in range(95):
        await add_meeting(conn, owner[1], day)
    await link(client, owner, google)
    await join(client, owner, google_id=SECOND, is_from=False)
    google.fail = [error(400, "invalid")] * refused
    await sync_now(database, settings)
    assert len(google.living(SECOND)) == 95
    google.calls.clear()
    await sync_now(database, settings)
    assert google.calls == [], "nothing has changed, nothing is said"


async def test_a_reply_that_is_lost_gives_nothing_twice(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    """Google has the event, we did not hear of it; or heard of it and died before the note."""
    client, settings = joined
    event = await add_meeting(conn, owner[1], day)
    await link(client, owner, google)
    await join(client, owner, google_id=SECOND, is_from=False)
    google.fail_after = [Reply(502)]
    await sync_now(database, settings)
    assert len(google.living(SECOND)) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_export") == 0
    await sync_now(database, settings)
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_export") == 1
    await conn.execute("DELETE FROM calendar_export")
    await conn.execute("UPDATE calendar_source SET exported_until = NULL")
    await change_meeting(conn, event, label="Given twice")
    await sync_now(database, settings)
    assert [one["summary"] for one in google.living(SECOND)] == ["Given twice"]
    assert len(google.calendars[SECOND].events) == 1


async def test_one_event_that_google_does_not_take(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    """Does not hold up those after it."""
    client, settings = joined
    for number in range(3):
        await add_meeting(conn, owner[1], day, label=f"Meeting {number}")
    await link(client, owner, google)
    await join(client, owner, google_id=SECOND, is_from=False)
    google.fail = [error(400, "invalid")]
    await sync_now(database, settings)
    assert sorted(one["summary"] for one in google.living(SECOND)) == ["Meeting 1", "Meeting 2"]
    await sync_now(database, settings)
    assert len(google.living(SECOND)) == 3


async def test_our_own_are_not_taken_back(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    client, settings = joined
    await add_meeting(conn, owner[1], day)
    google.write(SECOND, "theirs", **hour(day))
    await link(client, owner, google)
    await join(client, owner, google_id=SECOND, is_from=False)
    await sync_now(database, settings)
    await join(client, owner, google_id=SECOND, is_from=True)
    await sync_now(database, settings)
    assert [row.external_id for row in await imported(conn)] == ["theirs@google.com"]
    assert len(google.living(SECOND)) == 2


async def test_parting(
    joined: Joined, google: GoogleStandIn, owner: Owner, conn: Connection, database: Database, day: datetime
) -> None:
    """With its last calendar the account is given back; what was given stays."""
    client, settings = joined
    await add_meeting(conn, owner[1], day)
    google.write(PRIMARY, "theirs", **hour(day))
    await link(client, owner, google)
    await join(client, owner)
    reply = await join(client, owner, google_id=SECOND, is_from=False)
    await sync_now(database, settings)
    (source,), (export,) = reply["import"], reply["export"]
    someone, kal = owner
    wrong = await client.request(
        "DELETE", f"/kal/{kal}/google", json={"id": source["id"], "from": False}, headers=someone.headers
    )
    assert wrong.status_code == 404
    reply = await part(client, owner, source)
    assert (reply["linked"], reply["import"], len(reply["export"])) == (True, [], 1)
    assert await imported(conn) == []
    assert await spans(conn) == 0
    await sync_now(database, settings)
    assert google.refresh_tokens, "the other one lives of it"
    reply = await part(client, owner, export)
    assert reply == {"linked": False, "accounts": [], "calendars": [], "import": [], "export": []}
    await sync_now(database, settings)
    assert not google.refresh_tokens
    assert await fetch_value(conn, "SELECT count(*) FROM google_account WHERE credentials IS NOT NULL") == 0
    assert {state.next_sync_at for state in await states(conn)} == {None}
    assert len(google.living(SECOND)) == 1


async def test_channels(
    joined: Joined,
    google: GoogleStandIn,
    owner: Owner,
    conn: Connection,
    database: Database,
    day: datetime,
    travel: Travel,
) -> None:
    """Where Google can reach us it tells of changes; the channel is renewed before it ends, and stopped at the end."""
    client, settings = joined
    public = msgspec.structs.replace(settings, public_url="https://artel.example.test")
    await link(client, owner, google)
    (source,) = (await join(client, owner))["import"]
    await sync_now(database, public)
    (channel,) = google.channels.values()
    assert channel["address"] == "https://artel.example.test/api/google/notifications"
    (state,) = await states(conn)
    assert state.next_sync_at is not None
    assert state.next_sync_at > clock.now() + timedelta(hours=2), "then we need not look so often"
    google.write(PRIMARY, "aaaaa1", **hour(day))
    told = {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Token": channel["token"],
        "X-Goog-Resource-State": "exists",
        "X-Goog-Resource-ID": channel["resourceId"],
        "X-Goog-Message-Number": "2",
    }
    async with syncing(database, public):
        for wrong in (
            {"X-Goog-Channel-Token": "guessed"},
            {"X-Goog-Channel-ID": "another"},
            {"X-Goog-Channel-Token": ""},
        ):
            assert (await client.post("/google/notifications", headers={**told, **wrong})).status_code == 404
        (same,) = await states(conn)
        assert same.next_sync_at == state.next_sync_at
        assert (await client.post("/google/notifications", headers=told)).status_code == 200

        async def has_come() -> bool:
            return len(await imported(conn)) == 1

        await until(has_come, timeout_s=20)
    await sync_now(database, public)
    assert list(google.channels) == [channel["id"]]
    travel(days=6, hours=1)
    await sync_now(database, public)
    assert len(google.channels) == 1
    assert channel["id"] not in google.channels
    await part(client, owner, source)
    await sync_now(database, public)
    assert google.channels == {}
    assert not google.refresh_tokens


async def test_the_list_of_calendars_is_looked_up_again(
    joined: Joined, google: GoogleStandIn, owner: Owner, database: Database, travel: Travel
) -> None:
    client, settings = joined
    await link(client, owner, google)
    del google.calendars[READ_ONLY]
    travel(hours=2)
    async with syncing(database, settings):

        async def is_gone() -> bool:
            return len((await shown(client, owner))["calendars"]) == 2

        await until(is_gone, timeout_s=20)
