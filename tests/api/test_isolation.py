"""Every call of the OpenAPI document × everybody who must not make it: nobody sees or changes what is not theirs."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import jwt
import pytest
from litestar.routes import HTTPRoute

from artel import clock
from artel.companies.access import ROLE_RIGHTS, Right
from artel.db.pool import Connection, Database
from artel.people.sessions import end_session
from artel.people.tokens import ALGORITHM, sign_token, signing_key
from tests import cast
from tests.api.conftest import sandbox_application
from tests.api.every_route import PUBLIC, UNDOCUMENTED, Filler, Operation, operations
from tests.conftest import shared_folder
from tests.rows import Told, changed, digests, digests_of_company, found_in, telling_values
from tests.world import SECRET, World, world_settings

EVERY = operations(sandbox_application()[0])
CLOSED = [operation for operation in EVERY if operation.right is not None]
BROKEN_BODIES = [b"{", b"\xff\xfe", b"[]"]


@pytest.fixture
async def conn(world_database: Database) -> AsyncIterator[Connection]:
    async with world_database.connection() as connection:
        yield connection


@pytest.fixture
def filler(world: World) -> Filler:
    return Filler(world)


def headers_of(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def test_every_route_is_known() -> None:
    """Whatever the application serves is in the document or on the list of what is not; what is public is listed."""
    app = sandbox_application()[0]
    served = {
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }
    documented = {(operation.method, operation.path) for operation in [*EVERY, *operations(app, "time")]}
    beside = {path for _, path in served - documented if not path.startswith("/api/sandbox/")}
    assert beside == UNDOCUMENTED
    assert {(operation.method, operation.path) for operation in EVERY if operation.right is None} == PUBLIC


# Calls that end in a refusal whoever makes them: a code that nobody has, a factor that is off, taxes of another
# country.
NEVER_DONE = {
    "POST /api/customer/freelancers/cards": {"code"},
    "POST /api/customer/freelancers/bank-accounts": {"code"},
    "POST /api/customer/freelancers/wallets": {"code"},
    "POST /api/customer/freelancers/change-contacts": {"code"},
    "POST /api/profile/2fa/disable": {"error"},
}


@pytest.mark.parametrize("by_uuid", [False, True])
async def test_the_owner_may(
    world_client: httpx.AsyncClient,
    conn: Connection,
    world: World,
    filler: Filler,
    pytestconfig: pytest.Config,
    by_uuid: bool,
) -> None:
    """The calls that others are refused below are such as work."""
    settings = world_settings(shared_folder(pytestconfig), "")
    wrong = []
    # What is removed is needed by others first.
    for operation in sorted(CLOSED, key=lambda operation: operation.method == "DELETE"):
        owner = await cast.sign_in(conn, settings, world.owner.id, world.company_id, now=clock.now())
        call = filler.call(operation, by_uuid=by_uuid, with_company=True, query_name=None)
        reply = await call.send(world_client, owner.headers)
        if str(operation) in NEVER_DONE:
            fits = reply.status_code == 422 and set(reply.json()) == NEVER_DONE[str(operation)]
        else:
            fits = reply.status_code == 200
        if not fits:
            wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)


async def test_nobody_in_particular(
    world_client: httpx.AsyncClient, conn: Connection, world: World, filler: Filler, pytestconfig: pytest.Config
) -> None:
    """No token, or one that is worth nothing: 401 everywhere, whatever else is wrong with the request."""
    settings = world_settings(shared_folder(pytestconfig), "")
    now = clock.now()
    ended = await cast.sign_in(conn, settings, world.owner.id, world.company_id, now=now)
    session_id = jwt.decode(ended.token, options={"verify_signature": False})["sid"]
    await end_session(conn, session_id=uuid.UUID(session_id), reason="test", actor_id=None, now=now)
    live = uuid.UUID(jwt.decode(world.owner.token, options={"verify_signature": False})["sid"])
    claims = {"person_id": world.owner.id, "session_id": live, "company_id": world.company_id}
    issued_elsewhere = {
        **jwt.decode(world.owner.token, options={"verify_signature": False}),
        "iss": "somebody else",
    }
    strangers: dict[str, dict[str, str]] = {
        "anonymous": {},
        "ended": ended.headers,
        "expired": headers_of(
            sign_token(SECRET, **claims, now=now - timedelta(days=2), lifetime_s=24 * 3600),  # type: ignore[arg-type]
        ),
        "forged": headers_of(
            sign_token("another secret, as long as ours is too", **claims, now=now, lifetime_s=3600)  # type: ignore[arg-type]
        ),
        "issued elsewhere": headers_of(jwt.encode(issued_elsewhere, signing_key(SECRET), algorithm=ALGORITHM)),
        "unsigned": headers_of(jwt.encode(issued_elsewhere | {"iss": "artel"}, None, algorithm="none")),
        "no token at all": headers_of("x"),
        "another scheme": {"Authorization": f"Basic {world.owner.token}"},
    }
    before = await digests(conn)
    wrong = []
    for operation in CLOSED:
        call = filler.call(operation, by_uuid=False, with_company=True, query_name=None)
        for name, headers in strangers.items():
            reply = await call.send(world_client, headers | {"x-company-id": str(world.company_id)})
            if reply.status_code != 401:
                wrong.append(f"{name}: {call}: {reply.status_code} {reply.text}")
        for body in BROKEN_BODIES if call.body is not None else []:
            reply = await world_client.request(operation.method, f"http://artel.test{call.path}", content=body)
            if reply.status_code != 401:
                wrong.append(f"broken body: {call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, await digests(conn)) == []


@pytest.mark.parametrize("role", ["viewer", "accountant", "manager"])
async def test_members_without_the_right(
    world_client: httpx.AsyncClient, conn: Connection, world: World, filler: Filler, role: str
) -> None:
    """403, and nothing happens; the rest of what the role may do it may do."""
    forbidden = [operation for operation in CLOSED if operation.right not in ROLE_RIGHTS[role]]
    assert forbidden
    before = await digests(conn)
    wrong = []
    for operation in forbidden:
        for call in filler.calls(operation):
            reply = await call.send(world_client, world.members[role].headers)
            if reply.status_code != 403:
                wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, await digests(conn)) == []
    for operation in CLOSED:
        if operation in forbidden or "logout" in operation.path:
            continue
        call = filler.call(operation, by_uuid=True, with_company=False, query_name=None)
        reply = await call.send(world_client, world.members[role].headers)
        if reply.status_code in {401, 403}:
            wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)


async def strangers_replies(
    http: httpx.AsyncClient, operation: Operation, filler: Filler, headers: dict[str, str], told: Told
) -> list[str]:
    """What is wrong with the replies that somebody gets who is not to be told."""
    wrong = []
    for call in filler.calls(operation):
        reply = await call.send(http, headers)
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        found = found_in(reply.json() if is_json else reply.text, told)
        if found or reply.status_code >= 500:
            wrong.append(f"{call}: {reply.status_code} {found} {reply.text[:300]}")
    return wrong


def told_without(told: Told, own: Told) -> Told:
    """Less what somebody has themselves."""
    return {value: where for value, where in told.items() if value not in own}


@pytest.mark.parametrize("asks_for", ["their own company", "the owner's company"])
async def test_another_company(
    world_client: httpx.AsyncClient,
    conn: Connection,
    world: World,
    filler: Filler,
    asks_for: str,
    pytestconfig: pytest.Config,
) -> None:
    """Another company's owner learns nothing of this one and changes nothing of it, whatever they name."""
    settings = world_settings(shared_folder(pytestconfig), "")
    assert world.outsider.company_id is not None
    own = await telling_values(conn, world.outsider.company_id)
    told = told_without(await telling_values(conn, world.company_id), own)
    before = await digests_of_company(conn, world.company_id)
    wrong = []
    for operation in CLOSED:
        outsider = await cast.sign_in(conn, settings, world.outsider.id, world.outsider.company_id, now=clock.now())
        headers = dict(outsider.headers)
        if asks_for == "the owner's company":
            headers["x-company-id"] = str(world.company_id)
        wrong += await strangers_replies(world_client, operation, filler, headers, told)
        after = await digests_of_company(conn, world.company_id)
        wrong += [f"{operation} changed {table}" for table in changed(before, after)]
        before = after
    assert not wrong, "\n".join(wrong)


async def test_the_freelancer(
    world_client: httpx.AsyncClient, conn: Connection, world: World, filler: Filler, pytestconfig: pytest.Config
) -> None:
    """Who works for a company is no member of it: 403 for all but what is their own."""
    settings = world_settings(shared_folder(pytestconfig), "")
    wrong = []
    before = await digests(conn)
    for operation in CLOSED:
        if operation.right is Right.SIGNED_IN:
            continue
        for call in filler.calls(operation):
            for company in ({}, {"x-company-id": str(world.company_id)}):
                reply = await call.send(world_client, world.freelancer.headers | company)
                if reply.status_code != 403:
                    wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert changed(before, await digests(conn)) == []
    own = await telling_values(conn, 0, [world.freelancer.id])
    told = told_without(await telling_values(conn, world.company_id), own)
    for operation in CLOSED:
        if operation.right is Right.SIGNED_IN:
            freelancer = await cast.sign_in(conn, settings, world.freelancer.id, None, now=clock.now())
            wrong += await strangers_replies(world_client, operation, filler, freelancer.headers, told)
    assert not wrong, "\n".join(wrong)


async def test_an_invitation_tells_little(world_client: httpx.AsyncClient, conn: Connection, world: World) -> None:
    """Inviting somebody by the address one knows anyway is the one way to a freelancer of another team. It tells the
    person's name and ids, and nothing that the other company wrote or did."""
    assert world.outsider.company_id is not None
    others = await telling_values(conn, world.outsider.company_id)
    invitation = {"email": world.emails["busy"], "sendEmail": False}
    before = await digests_of_company(conn, world.company_id)
    reply = await world_client.post("/customer/freelancers", json=invitation, headers=world.outsider.headers)
    assert reply.json() == {"uuid": world.team["busy"].uuid, "freelancerId": world.team["busy"].id}
    # The freelancer is of both teams now: what only this one wrote, or was told, stays with it.
    may_know = {world.team["busy"].id, world.team["busy"].uuid, world.emails["busy"], "Vera", "Example", "Vera Example"}
    told = {
        value: where
        for value, where in (await telling_values(conn, world.company_id)).items()
        if value not in may_know and value not in others
    }
    for path in (
        f"/customer/freelancers/{world.team['busy'].id}",
        "/customer/freelancers",
        f"/customer/freelancers/payout-endpoints?freelancerId={world.team['busy'].id}",
        "/customer/tasks",
        f"/customer/tasks?filter[workerId]={world.team['busy'].id}",
    ):
        reply = await world_client.get(path, headers=world.outsider.headers)
        assert reply.status_code == 200
        assert found_in(reply.json(), told) == [], reply.text
    for path in (
        f"/customer/freelancer-by-phone/{world.phone}",
        f"/customer/tasks/{world.tasks['finished'].id}",
    ):
        assert (await world_client.get(path, headers=world.outsider.headers)).status_code == 404
    asked = {"freelancerId": world.team["busy"].id}
    code = "/customer/freelancers/request-code-for-new-payout-endpoint"
    assert (await world_client.post(code, json=asked, headers=world.outsider.headers)).status_code == 422
    after = await digests_of_company(conn, world.company_id)
    assert changed(before, after) == []
