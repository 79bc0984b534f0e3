"""Every call of the time API × everybody who must not make it: nobody sees or changes what is not theirs."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import jwt
import pytest

from artel import clock
from artel.companies.access import Right
from artel.db.pool import Connection, Database
from artel.people.sessions import end_session
from artel.people.tokens import ALGORITHM, sign_token, signing_key
from artel.settings import Settings
from tests import cast
from tests.api.time.every_call import CALLERS, CLOSED, EVERY, NEVER_DONE, PUBLIC, TimeFiller
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder
from tests.rows import Told, changed, digests, digests_of_company, found_in, telling_values
from tests.world import SECRET

BOOK = next(operation for operation in EVERY if operation.path.endswith("/book"))
BROKEN_BODIES = [b"{", b"\xff\xfe", b"[]"]


@pytest.fixture
async def conn(time_database: Database) -> AsyncIterator[Connection]:
    async with time_database.connection() as connection:
        yield connection


@pytest.fixture
def settings(pytestconfig: pytest.Config) -> Settings:
    return time_settings(shared_folder(pytestconfig), "")


@pytest.fixture
def filler(time_world: TimeWorld) -> TimeFiller:
    return TimeFiller(time_world)


def test_every_call_is_signed_in_for_or_public() -> None:
    assert {str(operation) for operation in EVERY if operation.right is None} == PUBLIC
    assert {operation.right for operation in CLOSED} == {Right.SIGNED_IN}


async def test_who_may(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, filler: TimeFiller, settings: Settings
) -> None:
    """The calls that others are refused below are such as work."""
    wrong = []
    # What is removed is needed by others first.
    for operation in sorted(EVERY, key=lambda operation: operation.method == "DELETE"):
        someone = time_world.people[CALLERS.get(str(operation), "nora")]
        caller = await cast.sign_in(conn, settings, someone.id, None, now=clock.now())
        for call in filler.calls(operation) if operation.method == "GET" else [filler.call(operation)]:
            reply = await call.send(time_client, caller.headers)
            if str(operation) in NEVER_DONE:
                fits = reply.status_code == 422 and set(reply.json()["errors"]) == {NEVER_DONE[str(operation)]}
            else:
                fits = reply.status_code == 200
            if not fits:
                wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def worthless(conn: Connection, world: TimeWorld, settings: Settings) -> dict[str, dict[str, str]]:
    """Headers with tokens of the host's that are worth nothing."""
    now = clock.now()
    ended = await cast.sign_in(conn, settings, world.host.id, None, now=now)
    unread = {"verify_signature": False}
    session_id = uuid.UUID(jwt.decode(ended.token, options=unread)["sid"])
    await end_session(conn, session_id=session_id, reason="test", actor_id=None, now=now)
    own = jwt.decode(world.host.token, options=unread)
    claims = {"person_id": world.host.id, "session_id": uuid.UUID(own["sid"]), "company_id": None}
    elsewhere = own | {"iss": "somebody else"}
    expired = sign_token(SECRET, **claims, now=now - timedelta(days=2), lifetime_s=24 * 3600)  # type: ignore[arg-type]
    forged = sign_token("another secret, as long as ours is", **claims, now=now, lifetime_s=3600)  # type: ignore[arg-type]
    return {
        "ended": ended.headers,
        "expired": bearer(expired),
        "forged": bearer(forged),
        "issued elsewhere": bearer(jwt.encode(elsewhere, signing_key(SECRET), algorithm=ALGORITHM)),
        "unsigned": bearer(jwt.encode(own, None, algorithm="none")),
        "no token at all": bearer("x"),
        "another scheme": {"Authorization": f"Basic {world.host.token}"},
    }


async def test_nobody_in_particular(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, filler: TimeFiller, settings: Settings
) -> None:
    """No token, or one that is worth nothing: 401 everywhere, whatever else is wrong with the request. Whoever is not
    signed in may book; but whoever brings a token is asked for it."""
    strangers = await worthless(conn, time_world, settings)
    before = await digests(conn)
    wrong = []
    for operation in [*CLOSED, BOOK]:
        call = filler.call(operation)
        asked = strangers if operation is BOOK else {"anonymous": {}, **strangers}
        for name, headers in asked.items():
            reply = await call.send(time_client, headers)
            # Signing out, whose path is the customer API's as well, is told apart by a session that there is not.
            fits = operation.path == "/api/logout" or list(reply.json()) == ["message"]
            if reply.status_code != 401 or not fits:
                wrong.append(f"{name}: {call}: {reply.status_code} {reply.text}")
        for body in BROKEN_BODIES if call.body is not None and operation is not BOOK else []:
            reply = await time_client.request(operation.method, f"http://artel.test{call.path}", content=body)
            if reply.status_code != 401:
                wrong.append(f"broken body: {call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, await digests(conn)) == []


async def public_values(conn: Connection, world: TimeWorld) -> set[object]:
    """What the host shows to everybody: the public schedules, whose they are, and the calendar they stand in."""
    shown: set[object] = {world.host.id, world.calendars["own"], world.files["photo"]}
    cursor = await conn.execute(
        """
        SELECT s.id, s.label, s.slug, p.first_name, p.last_name, p.city, p.about
        FROM schedule AS s
        JOIN person AS p ON p.id = s.owner_id
        WHERE NOT s.is_private
        """
    )
    return shown.union(*await cursor.fetchall())


def without(told: Told, known: set[object]) -> Told:
    """Less what somebody may know."""
    return {value: where for value, where in told.items() if value not in known}


async def test_the_outsider(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, filler: TimeFiller, settings: Settings
) -> None:
    """Somebody who has to do with nobody here finds nothing of what is not shown to everybody, and changes nothing,
    whatever they name."""
    outsider, people = time_world.people["outsider"], time_world.inhabitants
    own = await telling_values(conn, 0, [outsider.id])
    told = without(await telling_values(conn, 0, people), {*own, *await public_values(conn, time_world)})
    assert len(told) > 100
    before = await digests_of_company(conn, 0, people)
    wrong = []
    for operation in [*CLOSED, BOOK]:
        caller = await cast.sign_in(conn, settings, outsider.id, None, now=clock.now())
        for call in filler.calls(operation):
            reply = await call.send(time_client, caller.headers)
            is_json = reply.headers.get("content-type", "").startswith("application/json")
            found = found_in(reply.json() if is_json else reply.text, told)
            refused = reply.status_code in {403, 404} or not operation.path_names
            if found or reply.status_code >= 500 or not refused:
                wrong.append(f"{call}: {reply.status_code} {found} {reply.text[:300]}")
        after = await digests_of_company(conn, 0, people)
        wrong += [f"{operation} changed {table}" for table in changed(before, after)]
        before = after
    assert not wrong, "\n".join(wrong)
