"""What is kept of a person's outside calendars is told whole, but for its secrets, and forgotten whole."""

import json
from datetime import UTC, datetime, timedelta

import httpx
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.personal_data.erasure import erase_person
from artel.personal_data.export import export_person
from artel.settings import Settings
from tests.calendar_sync.cast import FeedServer, add_meeting, ics, stamp, sync_now
from tests.calendar_sync.google_stand_in import PRIMARY, SECOND, GoogleStandIn
from tests.calendar_sync.test_google import hour, join, link
from tests.cast import Someone
from tests.rows import tables_of


async def test_told_and_forgotten(
    joined: tuple[httpx.AsyncClient, Settings],
    google: GoogleStandIn,
    owner: tuple[Someone, int],
    conn: Connection,
    database: Database,
    feed: FeedServer,
) -> None:
    client, settings = joined
    someone, kal = owner
    day = (clock.now() + timedelta(days=3)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    feed.body = ics(["UID:gym-uid", f"DTSTART:{stamp(day)}", "DURATION:PT1H", "SUMMARY:Gymnastics"])
    google.write(PRIMARY, "dentist", **hour(day, summary="Root canal"))
    await add_meeting(conn, kal, day)
    for path in ("secret-1a2b3c/basic.ics", "other.ics"):
        given = {"url": f"{feed.url}/{path}", "summary": "Sports"}
        assert (await client.post(f"/kal/{kal}/import", json=given, headers=someone.headers)).status_code == 200
    await link(client, owner, google)
    await join(client, owner)
    await join(client, owner, google_id=SECOND, is_from=False)
    await sync_now(database, settings)
    await comment_below_the_first(conn, day)

    async with conn.transaction():
        told = await export_person(conn, someone.id, actor_id=None, now=clock.now())
    text = json.dumps(told, default=str)
    for word in (PRIMARY, SECOND, "Sports", "Gymnastics", "Root canal", feed.url):
        assert word in text
    assert len(told["outside_calendars"]) == 4
    for secret in ("secret-1a2b3c", "credentials", *google.refresh_tokens, *google.access_tokens):
        assert secret not in text

    # The default calendar and its meeting are others' to forget.
    async with conn.transaction():
        await erase_person(conn, someone.id, actor_id=None, now=clock.now())
    assert google.refresh_tokens
    await sync_now(database, settings)
    assert not google.refresh_tokens, "given back there"
    kept = await whole(conn)
    for word in (PRIMARY, SECOND, "Sports", "Gymnastics", "gym-uid", "Root canal", "dentist", str(feed.port)):
        assert word not in kept
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    assert (
        await fetch_value(
            conn,
            """
        SELECT (SELECT count(*) FROM google_account WHERE credentials IS NOT NULL)
            + (SELECT count(*) FROM calendar_source WHERE credentials IS NOT NULL OR next_sync_at IS NOT NULL)
        """,
        )
        == 0
    )


async def test_an_account_that_was_linked_and_never_used(
    joined: tuple[httpx.AsyncClient, Settings], google: GoogleStandIn, owner: tuple[Someone, int], conn: Connection
) -> None:
    client, _ = joined
    await link(client, owner, google)
    async with conn.transaction():
        await erase_person(conn, owner[0].id, actor_id=None, now=clock.now())
    assert await fetch_value(conn, "SELECT count(*) FROM google_account WHERE credentials IS NULL") == 1
    assert PRIMARY not in await whole(conn)


async def comment_below_the_first(conn: Connection, at: datetime) -> None:
    """So that it cannot simply be deleted."""
    await conn.execute(
        """
        INSERT INTO calendar_event
            (type_id, status_id, parent_id, label, timezone, starts_at, ends_at, created_at, updated_at)
        SELECT 4, 200, min(id), 'Mind the gap', 'UTC', %(at)s, %(at)s, %(at)s, %(at)s
        FROM calendar_event
        WHERE source_id IS NOT NULL
        """,
        {"at": at},
    )


async def whole(conn: Connection) -> str:
    """Everything in the database, as one text."""
    parts = []
    for table in await tables_of(conn):
        query = SQL("SELECT coalesce(string_agg(t::text, ' '), '') FROM {} AS t").format(Identifier(table))
        parts.append(await fetch_value(conn, query))
    return " ".join(parts)
