"""Events reach the receiver: at once, signed, again and again until it has them."""

import asyncio
import contextlib
from datetime import timedelta

import psycopg
import pytest

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.operations.events import announce
from artel.webhooks.attempts import LEASE_S
from artel.webhooks.rules import remove_hook, set_hook
from artel.webhooks.signatures import plain_signature, standard_signature
from artel.webhooks.timetable import LAST_TRY_S, TRIES_S
from tests.waiting import until
from tests.webhooks.cast import (
    add_company,
    carrying,
    deliveries,
    happen,
    is_quiet,
    pass_time,
    point_hook,
    until_quiet,
)
from tests.webhooks.receiver import Receiver, Reply, Silent


async def test_an_event_is_sent_at_once_and_signed(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    secret = await fetch_value(conn, "SELECT secret FROM web_hook")
    async with carrying(database):
        await until(lambda: is_quiet(conn))
        async with database.transaction() as inner:
            await announce(
                inner, "cardAdded", {"id": "x", "ownerId": 6}, company_ids=[owner.company_id], now=clock.now()
            )
        await until(lambda: receiver.received, timeout_s=3)
        await until_quiet(conn)
    (got,) = receiver.received
    assert got.path == "/hook"
    assert set(got.event) == {"timestamp", "name", "payload"}
    assert (got.event["name"], got.event["payload"]) == ("cardAdded", {"id": "x", "ownerId": 6})
    assert got.event["timestamp"] == pytest.approx(clock.now().timestamp(), abs=10)
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["x-sign"] == plain_signature(secret, got.body)
    timestamp = int(got.headers["webhook-timestamp"])
    assert timestamp == pytest.approx(clock.outside_now().timestamp(), abs=10)
    assert got.headers["webhook-signature"] == standard_signature(secret, got.id, timestamp, got.body)
    assert got.id == str(await fetch_value(conn, "SELECT uuid FROM event"))
    (row,) = await deliveries(conn)
    assert (row.state, row.attempts, row.due_at, row.answer_status, row.answer_body) == (
        "delivered",
        1,
        None,
        200,
        "thanks",
    )
    assert await fetch_value(conn, "SELECT last_triggered_at IS NOT NULL AND last_failed_at IS NULL FROM web_hook")


async def test_a_call_in_hand_is_finished_when_the_worker_stops(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(delay_s=1)
    await happen(conn, owner, 30)
    async with carrying(database):
        await until(lambda: receiver.received)
    rows = await deliveries(conn)
    told = len(receiver.received)
    assert [row.state for row in rows].count("delivered") == told == sum(row.attempts for row in rows) < 30


async def test_lost_connections_lose_no_message(
    database: Database, conn: Connection, owner: Member, receiver: Receiver, database_url: str
) -> None:
    receiver.answer = lambda _: Reply(delay_s=0.1)
    await happen(conn, owner, 60)

    async def all_delivered() -> bool:
        async with database.connection() as fresh:
            return {row.state for row in await deliveries(fresh)} == {"delivered"}

    async with carrying(database):
        await until(lambda: len(receiver.received) > 10)
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                """
                SELECT pg_terminate_backend(pid)
                FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )
        await asyncio.sleep(1)
        await pass_time(database, seconds=LEASE_S + 5)
        await until(all_delivered)
    assert len(set(receiver.ids())) == 60


async def test_an_undone_change_tells_nobody(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction() as inner:
            await announce(inner, "cardAdded", {}, company_ids=[owner.company_id], now=clock.now())
            raise RuntimeError("undone")
    assert await deliveries(conn) == []


async def test_each_company_is_told_its_own(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """Two companies with hooks, one without, one whose hook is off, one whose was removed."""
    other = await add_company(conn, "Borealis")
    await point_hook(conn, other, receiver.url + "?borealis")
    silent = await add_company(conn, "Silent")
    off = await add_company(conn, "Off")
    gone = await add_company(conn, "Gone")
    for member in (off, gone):
        await point_hook(conn, member, receiver.url + "?never")
    async with conn.transaction():
        await set_hook(conn, off, url=receiver.url, status="disabled", allow_private=True, now=clock.now())
        await remove_hook(conn, gone, now=clock.now())
    everybody = [owner, other, silent, off, gone]
    async with carrying(database):
        async with database.transaction() as inner:
            await announce(
                inner,
                "freelancerVerified",
                {"uuid": "u"},
                company_ids=[member.company_id for member in everybody],
                now=clock.now(),
            )
        await until(lambda: len(receiver.received) >= 2)
        await until_quiet(conn)
    assert sorted(one.path for one in receiver.received) == ["/hook", "/hook?borealis"]
    assert len(set(receiver.ids())) == 2
    assert await fetch_value(conn, "SELECT count(*) FROM event") == 5


async def test_a_receiver_away_for_23_hours_gets_every_event(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """Events all through its absence; each is there at the latest a day after it happened, under one id."""
    receiver.answer = lambda _: Reply(503, body=b"away")
    start = clock.now()
    async with carrying(database):
        happened = 0
        for half_hour in range(47):  # to the end of the 23rd hour
            if half_hour in {0, 1, 7, 20, 33, 45}:
                await happen(conn, owner, 5)
                happened += 5
            await until_quiet(conn)
            await pass_time(database, minutes=5 if half_hour == 0 else 30)
        while clock.now() - start < timedelta(hours=23):
            await pass_time(database, minutes=5)
        await until_quiet(conn)
        assert {one.answered for one in receiver.received} == {503}
        assert {row.state for row in await deliveries(conn)} == {"waiting"}
        receiver.answer = lambda _: Reply()
        for _ in range(50):
            await pass_time(database, minutes=30)
            await until_quiet(conn)
    rows = await deliveries(conn)
    assert [row.state for row in rows] == ["delivered"] * happened
    taken = [one.id for one in receiver.received if one.answered == 200]
    assert len(taken) == len(set(taken)) == happened == 30
    assert set(receiver.ids()) == set(taken)
    assert all(row.attempts <= len(TRIES_S) + 1 for row in rows)
    assert await fetch_value(conn, "SELECT failing_since IS NULL AND last_failed_at IS NOT NULL FROM web_hook")


async def test_tries_come_when_they_should(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """Each within a tenth of its time after the event, then none: same id and body, a signature of its own."""
    receiver.answer = lambda _: Reply(500)
    secret = await fetch_value(conn, "SELECT secret FROM web_hook")
    async with carrying(database):
        await happen(conn, owner)
        for _ in range(12):
            await until_quiet(conn)
            (row,) = await deliveries(conn)
            if row.due_at is None:
                break
            await pass_time(database, seconds=(row.due_at - clock.now()).total_seconds() + 0.05)
        await pass_time(database, days=2)
        await until_quiet(conn)
    (row,) = await deliveries(conn)
    assert (row.state, row.attempts, row.error) == ("failed", 8, "status")
    after = [(one.at - row.queued_at).total_seconds() for one in receiver.received]
    assert after == [pytest.approx(nominal, rel=0.1, abs=1.5) for nominal in (*TRIES_S, LAST_TRY_S)]
    assert after[-1] >= LAST_TRY_S
    assert len(set(receiver.ids())) == len({one.body for one in receiver.received}) == 1
    timestamps = [int(one.headers["webhook-timestamp"]) for one in receiver.received]
    assert timestamps == sorted(timestamps)
    for one in receiver.received:
        assert one.headers["webhook-signature"] == standard_signature(
            secret, one.id, int(one.headers["webhook-timestamp"]), one.body
        )


async def test_retry_after_is_waited_for(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """For everything that waits for that receiver; for two hours at most."""
    receiver.answer = lambda n: Reply(429, headers={"Retry-After": "3600"}) if n < 4 else Reply()
    async with carrying(database):
        await happen(conn, owner, 50)
        await until_quiet(conn)
        asked = len(receiver.received)
        assert asked <= 4 + 2  # those that were on their way when it asked for a pause
        await pass_time(database, minutes=55)
        await until_quiet(conn)
        assert len(receiver.received) == asked
        await pass_time(database, minutes=6)
        await until_quiet(conn)
        assert {row.state for row in await deliveries(conn)} == {"delivered"}
        before = len(receiver.received)
        receiver.answer = lambda n: Reply(503, headers={"Retry-After": "99999999"}) if n == before else Reply()
        await happen(conn, owner)
        await until_quiet(conn)
        row = (await deliveries(conn))[-1]
        assert row.due_at is not None
        assert row.due_at - clock.now() == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=10))


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 404, 500])
async def test_anything_but_200_is_a_failure(
    database: Database, conn: Connection, owner: Member, receiver: Receiver, status: int
) -> None:
    """A redirect too, and it is not followed."""
    headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"} if 300 <= status < 400 else {}
    receiver.answer = lambda _: Reply(status, headers=headers, body=b"")
    async with carrying(database):
        await happen(conn, owner)
        await until(lambda: receiver.received)
        await until_quiet(conn)
    (row,) = await deliveries(conn)
    assert (row.state, row.answer_status) == ("waiting", status)
    assert row.error == ("redirect" if headers else "status")
    assert [one.path for one in receiver.received] == ["/hook"]


async def test_what_never_answers(database: Database, conn: Connection) -> None:
    """No server there, one that says nothing for 10 s, one whose answer never ends, one that speaks no HTTP."""
    silent = Silent()
    dripping = Silent(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 10)
    babbling = Silent(b"hello, who is there?\r\n\r\n")
    closed = Receiver()
    closed.stop()
    errors: dict[int, tuple[str | None, int | None]] = {}
    owners = []
    for url in (closed.url, silent.url, dripping.url, babbling.url, f"https://127.0.0.1:{babbling.port}/"):
        owner = await add_company(conn, f"Company {len(owners)}")
        owners.append(owner)
        await point_hook(conn, owner, url)
        await happen(conn, owner)

    async def all_told() -> bool:
        for row in await deliveries(conn):
            if row.took_ms is not None:
                errors[[owner.company_id for owner in owners].index(row.company_id)] = row.error, row.answer_status
        return len(errors) == len(owners)

    async with carrying(database):
        await until(all_told, timeout_s=40)  # the second try of what was not answered follows at once
    for server in (silent, dripping, babbling):
        server.stop()
    assert errors == {
        0: ("connection", None),
        1: ("timeout", None),
        2: (None, 200),  # its 200 is an answer, whatever becomes of the text
        3: ("protocol", None),
        4: ("tls", None),
    }


async def test_long_and_binary_answers_are_kept_in_part(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(
        body=b"\0\xff<b>" + b"y" * 5_000_000, headers={"X-Long": "z" * 5000, "Set-Cookie": "a=b", "X-Nul": "a\xe9"}
    )
    async with carrying(database):
        await happen(conn, owner, 2)
        await until(lambda: len(receiver.received) >= 2)
        await until_quiet(conn)
    for row in await deliveries(conn):
        assert row.state == "delivered"
        assert row.answer_body is not None
        assert row.answer_headers is not None
        assert row.answer_body.startswith("��<b>yyy")
        assert len(row.answer_body) < 2100
        assert max(len(value) for value in row.answer_headers.values()) <= 300
    assert all("cookie" not in one.headers for one in receiver.received)
