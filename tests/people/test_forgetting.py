"""Codes, links, tokens and sessions are forgotten once nobody can use them."""

from datetime import datetime, timedelta
from pathlib import Path

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.operations.rate_limits import Limit, count_hits
from artel.people.codes import send_code
from artel.people.jobs import forget, forget_expired
from artel.people.links import make_link
from artel.people.sessions import open_session, refresh_session
from artel.settings import Settings
from tests.notifications.conftest import sending
from tests.waiting import until

SECRET = "a secret of the tests, long enough"
TABLES = ("one_time_code", "page_link", "refresh_token", "session", "rate_limit")


async def counts(conn: Connection) -> dict[str, int]:
    return {table: await fetch_value(conn, f"SELECT count(*) FROM {table}") for table in TABLES}  # type: ignore[misc]


async def make_all(conn: Connection, person: int, now: datetime) -> None:
    """A code for 10 minutes, a link for an hour, a session of a day with a spent token and a good one."""
    await send_code(conn, purpose="login", person_id=person, channel="sms", to="491701234567", language="EN", now=now)
    await make_link(conn, purpose="new_card", person_id=person, now=now, lifetime_s=3600)
    tokens = await open_session(conn, person_id=person, company_id=None, secret=SECRET, lifetime_s=86400, now=now)
    await refresh_session(conn, refresh_token=tokens.refresh_token, secret=SECRET, lifetime_s=86400, now=now)


async def test_each_is_kept_as_long_as_it_matters(conn: Connection, person: int, now: datetime) -> None:
    await make_all(conn, person, now)
    left = []
    for later in (
        timedelta(minutes=9),
        timedelta(minutes=11),
        timedelta(minutes=61),
        timedelta(hours=25),
        timedelta(days=90),
        timedelta(days=92),
    ):
        await forget_expired(conn, now=now + later)
        left.append(tuple((await counts(conn)).values()))
    assert left == [
        (1, 1, 2, 1, 2),
        (0, 1, 2, 1, 2),
        (0, 0, 2, 1, 2),
        (0, 0, 0, 1, 0),
        (0, 0, 0, 1, 0),
        (0, 0, 0, 0, 0),
    ]


async def test_the_worker_does_it(
    database: Database, conn: Connection, tmp_path: Path, person: int, now: datetime
) -> None:
    settings = Settings(home=tmp_path, database_url=database.url, secret=SECRET, sandbox=True)
    await make_link(conn, purpose="new_card", person_id=person, now=now - timedelta(hours=2), lifetime_s=3600)
    await count_hits(conn, Limit("login:1", most=1, window_s=60), now=clock.now())
    await forget.configure(connection=conn).defer_async(timestamp=0)
    async with sending(settings, database):
        await until(lambda: gone(conn))
    assert (await counts(conn))["rate_limit"] == 1


async def gone(conn: Connection) -> bool:
    return (await counts(conn))["page_link"] == 0
