"""Providers: the sandbox's, and one over HTTP that answers at once, late, never, or after a crash."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from artel import clock
from artel.app import create_app, wrap
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.settings import Settings
from artel.verifications.decisions import decide_verification
from artel.verifications.http_provider import HttpProvider
from artel.verifications.jobs import begin_attempt, claim_due, record_answer, verification_loop
from artel.verifications.providers import SandboxProvider
from artel.verifications.reasons import decline_reason
from artel.verifications.reports import CALLBACK_PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from tests import cast
from tests.verifications.cast import PHOTO, add_freelancer, send_photos, status_of
from tests.verifications.provider import SECRET, StandIn

BASE = "http://artel.test"


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore("", tmp_path)


@pytest.fixture
async def company_id(conn: Connection, now: datetime) -> int:
    return await cast.add_company(conn, "Aurora Studio", "EUR", now=now)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.stop()


class Bench:
    """The loop of a worker, run by hand."""

    def __init__(self, database: Database, conn: Connection, files: FileStore, stand_in: StandIn) -> None:
        self.database = database
        self.conn = conn
        self.provider = HttpProvider(stand_in.url, SECRET, callback_url=BASE + CALLBACK_PATH)
        self.loop = verification_loop(self.provider, files, BASE)

    async def run(self, now: datetime) -> int:
        return (await self.loop.claim_and_run(self.database, now)).count

    async def due(self) -> datetime | None:
        due: datetime | None = await fetch_value(self.conn, "SELECT due_at FROM verification")
        return due

    async def make_due(self) -> None:
        await self.conn.execute("UPDATE verification SET due_at = %s WHERE due_at IS NOT NULL", [clock.now()])


@pytest.fixture
def bench(database: Database, conn: Connection, files: FileStore, stand_in: StandIn) -> Bench:
    return Bench(database, conn, files, stand_in)


@pytest.fixture
async def waiting(conn: Connection, files: FileStore, company_id: int, now: datetime) -> int:
    """A verification that the HTTP provider is to decide on."""
    mila = await add_freelancer(conn, company_id, now=now)
    return await send_photos(conn, files, mila, company_id, provider="http", now=now)


async def events(conn: Connection) -> list[str]:
    cursor = await conn.execute("SELECT name FROM event ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize(
    ("email", "status", "event"),
    [
        ("mila@mila.example", "verified", ["freelancerVerified"]),
        ("mila+declined@mila.example", "declined", ["freelancerVerificationDeclined"]),
        ("mila+operator@mila.example", "waiting", []),
    ],
)
async def test_the_sandbox_decides_by_itself(
    database: Database,
    conn: Connection,
    files: FileStore,
    company_id: int,
    now: datetime,
    email: str,
    status: str,
    event: list[str],
) -> None:
    mila = await add_freelancer(conn, company_id, now=now, email=email)
    sent = await send_photos(conn, files, mila, company_id, provider="sandbox", now=now)
    worked = await verification_loop(SandboxProvider(), files, BASE).claim_and_run(database, clock.now())
    assert (worked.count, worked.next_due) == (1, None)
    assert await status_of(conn, sent) == status
    assert await events(conn) == event


async def test_what_the_provider_is_told(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    stand_in.says = {"status": "verified", "reference": "ref-1"}
    assert await bench.run(clock.now()) == 1
    [check] = stand_in.checks.values()
    uuid = str(await fetch_value(conn, "SELECT uuid FROM verification"))
    assert stand_in.keys == [f"verification-{uuid}"]
    photos = check.pop("photos")
    assert check == {
        "id": uuid,
        "document": "passport",
        "person": {
            "firstName": "Mila",
            "middleName": "",
            "lastName": "Example",
            "birthDate": None,
            "citizenship": None,
        },
        "callbackUrl": BASE + CALLBACK_PATH,
    }
    assert [(one["part"], one["contentType"], base64.b64decode(one["content"])) for one in photos] == [
        ("front", "image/jpeg", PHOTO),
        ("selfie", "image/jpeg", PHOTO),
    ]
    assert await status_of(conn, waiting) == "verified"
    cursor = await conn.execute("SELECT decided_by, provider_reference, due_at FROM verification")
    assert await cursor.fetchone() == (None, "ref-1", None)
    assert await events(conn) == ["freelancerVerified"]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ({"code": "expired"}, "expired"),
        ({"code": "other", "en": "A copy.", "ru": "Копия."}, "other"),
        ({"code": "other", "en": "A copy."}, "not_confirmed"),
        ({"code": "made up"}, "not_confirmed"),
        (None, "not_confirmed"),
    ],
)
async def test_a_decline_has_a_reason_in_both_languages(
    bench: Bench, stand_in: StandIn, conn: Connection, waiting: int, reason: dict[str, str] | None, code: str
) -> None:
    stand_in.says = {"status": "declined", "reason": reason}
    await bench.run(clock.now())
    cursor = await conn.execute("SELECT status, reason_code, reason_en <> '', reason_ru <> '' FROM verification")
    assert await cursor.fetchone() == ("declined", code, True, True)


async def test_late(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    """Pending is asked after, later and later, and never sent again."""
    pauses = []
    for _ in range(4):
        await bench.make_due()
        before = clock.now()
        await bench.run(clock.now())
        due = await bench.due()
        assert due is not None
        pauses.append(round((due - before).total_seconds()))
    assert pauses == [10, 20, 40, 80]
    assert [call.split()[0] for call in stand_in.calls] == ["POST", "GET", "GET", "GET"]
    stand_in.says = {"status": "verified"}
    await bench.make_due()
    await bench.run(clock.now())
    assert await status_of(conn, waiting) == "verified"


async def test_never(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    """After a day it is the operator's; what is said after that still counts, and after the operator does not."""
    stand_in.is_down = True
    await bench.run(clock.now())
    assert await bench.due() is not None
    clock.move_to_offset(timedelta(hours=25))
    try:
        await bench.run(clock.now())
    finally:
        clock.move_to_offset(timedelta())
    assert await bench.due() is None
    assert await status_of(conn, waiting) == "waiting"
    async with conn.transaction():
        await decide_verification(
            conn, waiting, decline=decline_reason("expired"), actor_id=None, base_url=BASE, now=clock.now()
        )
        await record_answer(
            conn,
            waiting,
            HttpProvider.read(reply_of(conn, await uuid_of(conn)), await uuid_of(conn)),
            base_url=BASE,
            now=clock.now(),
        )
    assert await status_of(conn, waiting) == "declined"


def reply_of(_: Connection, uuid: Any) -> httpx.Response:
    return httpx.Response(200, content=msgspec.json.encode({"id": uuid, "status": "verified"}))


async def uuid_of(conn: Connection) -> Any:
    return await fetch_value(conn, "SELECT uuid FROM verification")


async def test_unclear_is_left_to_the_operator(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    stand_in.says = {"status": "unclear"}
    await bench.run(clock.now())
    assert (await bench.due(), await status_of(conn, waiting)) == (None, "waiting")


async def test_a_reply_that_is_lost(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    """It was taken and nobody was told: it is asked after, not sent again."""
    stand_in.loses_replies = True
    await bench.run(clock.now())
    assert len(stand_in.checks) == 1
    stand_in.says = {"status": "verified"}
    await bench.make_due()
    await bench.run(clock.now())
    assert await status_of(conn, waiting) == "verified"
    assert [call.split()[0] for call in stand_in.calls] == ["POST", "GET"]


async def test_a_request_that_is_lost(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    """It was never taken: the provider says so when asked, and gets it under the same key."""
    stand_in.takes_nothing = True
    await bench.run(clock.now())
    stand_in.takes_nothing = False
    stand_in.says = {"status": "verified"}
    await bench.make_due()
    await bench.run(clock.now())
    assert [call.split()[0] for call in stand_in.calls] == ["POST", "GET", "POST"]
    assert len(stand_in.keys) == 1
    assert await status_of(conn, waiting) == "verified"


async def test_a_worker_that_died(
    bench: Bench, stand_in: StandIn, database: Database, conn: Connection, waiting: int
) -> None:
    """After the attempt was written down, before or after the call: nobody takes it until the lease is over, then it is
    asked after first."""
    async with database.transaction() as own:
        assert await claim_due(own, "http", lease_s=120, now=clock.now()) == [waiting]
    async with database.transaction() as own:
        assert await begin_attempt(own, waiting, now=clock.now()) is not None
    assert await bench.run(clock.now()) == 0
    stand_in.says = {"status": "verified"}
    assert await bench.run(clock.now() + timedelta(seconds=121)) == 1
    assert [call.split()[0] for call in stand_in.calls] == ["GET", "POST"]
    assert await status_of(conn, waiting) == "verified"


async def test_what_cannot_be_read(bench: Bench, stand_in: StandIn, conn: Connection, waiting: int) -> None:
    for says in ({"status": "perhaps"}, {}, {"status": "verified", "id": "x"}, {"id": waiting}):
        stand_in.says = says
        await bench.make_due()
        await bench.run(clock.now())
        assert await status_of(conn, waiting) == "waiting"
    other = "8e947213-c114-41ec-a9ae-0242ac130002"
    stand_in.says = {"status": "verified", "id": other}  # of another check
    await bench.make_due()
    await bench.run(clock.now())
    assert await status_of(conn, waiting) == "waiting"


# The provider's own call.


@pytest.fixture
async def http(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        home=tmp_path,
        database_url=database_url,
        secret="s" * 40,
        verification_url="http://x",
        verification_secret=SECRET,
    )
    transport = httpx.ASGITransport(app=wrap(create_app(settings, database)), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as client:
        yield client


async def call(http: httpx.AsyncClient, body: bytes, *, secret: str = SECRET, age_s: int = 0, **more: str) -> int:
    timestamp = str(int(clock.now().timestamp()) - age_s)
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature(secret, timestamp, body), **more}
    return (await http.post(CALLBACK_PATH, content=body, headers=headers)).status_code


async def test_the_providers_call(http: httpx.AsyncClient, conn: Connection, waiting: int) -> None:
    uuid = str(await uuid_of(conn))
    body = json.dumps({"id": uuid, "status": "verified", "reference": "ref-2"}).encode()
    for _ in range(3):  # said again it changes nothing
        assert await call(http, body) == 200
    assert await call(http, json.dumps({"id": uuid, "status": "declined"}).encode()) == 200
    assert await status_of(conn, waiting) == "verified"
    assert await events(conn) == ["freelancerVerified"]


async def test_calls_that_are_not_listened_to(http: httpx.AsyncClient, conn: Connection, waiting: int) -> None:
    uuid = str(await uuid_of(conn))
    body = json.dumps({"id": uuid, "status": "verified"}).encode()
    assert await call(http, body, secret="another secret") == 401
    assert await call(http, body, age_s=301) == 401
    assert await call(http, body, age_s=-301) == 401
    assert await call(http, body, **{SIGNATURE_HEADER: "0" * 64}) == 401
    assert await call(http, body, **{TIMESTAMP_HEADER: "now"}) == 401
    assert (await http.post(CALLBACK_PATH, content=body)).status_code == 401
    for unreadable in (b"", b"{", b"[]", b"\xff", b'{"status": "verified"}', b'{"id": 1, "status": "verified"}'):
        assert await call(http, unreadable) == 400
    stranger = {"id": "8e947213-c114-41ec-a9ae-0242ac130002", "status": "verified"}
    assert await call(http, json.dumps(stranger).encode()) == 404
    await conn.execute("UPDATE verification SET provider = NULL, due_at = NULL")  # the operator's
    assert await call(http, body) == 404
    assert await status_of(conn, waiting) == "waiting"


async def test_without_a_secret_nobody_is_listened_to(
    database: Database, database_url: str, tmp_path: Path, conn: Connection, waiting: int
) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, secret="s" * 40)
    transport = httpx.ASGITransport(app=wrap(create_app(settings, database)))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        body = json.dumps({"id": str(await uuid_of(conn)), "status": "verified"}).encode()
        assert await call(client, body, secret="") == 401
