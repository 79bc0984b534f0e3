"""Members of a schedule, clients and people who know an address: no more than is theirs."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from artel.db.pool import Connection, Database
from tests.api.time.every_call import EVERY, TimeCall, TimeFiller
from tests.api.time.world import LEVELS, TimeWorld
from tests.rows import Told, changed, digests, found_in, telling_values

# What each call on a schedule needs: a level to read or to write it with.
READS = {
    "GET /api/schedule/{schedule}": 0,
    "GET /api/schedule/{schedule}/next": 0,
    "GET /api/schedule/{schedule}/users": 1,
}
WRITES = {
    "POST /api/schedule/{schedule}/book": 1,
    "POST /api/schedule/{schedule}/event": 2,
    "POST /api/schedule/{schedule}/pay": 2,
    "POST /api/schedule/{schedule}/deposit": 2,
    "PUT /api/schedule/{schedule}": 3,
    "POST /api/schedule/{schedule}/users": 3,
    "DELETE /api/schedule/{schedule}/users": 3,
    "DELETE /api/schedule/{schedule}": 3,
}
OF_ONESELF = {"POST /api/schedule/{schedule}/users/accept"}
# Tables of what a member of the lowest level learns nothing of.
HIDDEN = (
    "calendar_event",
    "calendar_source",
    "contact",
    "correction",
    "event_attendee",
    "event_step",
    "profile_reveal",
)


@pytest.fixture
async def conn(time_database: Database) -> AsyncIterator[Connection]:
    async with time_database.connection() as connection:
        yield connection


def test_every_call_on_a_schedule_has_its_level() -> None:
    on_schedules = {str(one) for one in EVERY if one.path.startswith("/api/schedule/{schedule}")}
    assert on_schedules == READS.keys() | WRITES.keys() | OF_ONESELF


def on_private(call: TimeCall, world: TimeWorld) -> TimeCall:
    """The same of the one schedule that all of them are members of, and about somebody who is none of them."""
    path = call.operation.path.replace("{schedule}", str(world.schedules["private"]))
    query = {**call.query, "user_id": world.people["candidate"].id} if "user_id" in call.query else call.query
    return msgspec.structs.replace(call, path=path, query=query)


@pytest.mark.parametrize("name", [name for name in LEVELS if name != "candidate"])
async def test_levels(time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, name: str) -> None:
    """Below the level 403, and nothing happens; with it the call is heard: refused at most for what is asked."""
    read, write = LEVELS[name]
    world, filler = time_world, TimeFiller(time_world)
    allowed, forbidden = [], []
    for operation in EVERY:
        if str(operation) in READS | WRITES:
            level = read if str(operation) in READS else write
            (allowed if level >= (READS | WRITES)[str(operation)] else forbidden).append(operation)
    before, wrong = await digests(conn), []
    for operation in forbidden:
        for call in filler.calls(operation):
            reply = await on_private(call, world).send(time_client, world.people[name].headers)
            if (reply.status_code, list(reply.json())) != (403, ["message"]):
                wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert changed(before, await digests(conn)) == []
    for operation in sorted(allowed, key=lambda one: (one.method == "DELETE", -len(one.path))):
        call = on_private(filler.call(operation), world)
        reply = await call.send(time_client, world.people[name].headers)
        if reply.status_code in {401, 403, 404} or reply.status_code >= 500:
            wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)


async def replies_to(
    time_client: httpx.AsyncClient, filler: TimeFiller, headers: dict[str, str], told: Told
) -> list[str]:
    """What is wrong with what somebody reads, whatever they ask for."""
    wrong = []
    for operation in EVERY:
        for call in filler.calls(operation) if operation.method == "GET" and operation.right is not None else []:
            reply = await call.send(time_client, headers)
            is_json = reply.headers.get("content-type", "").startswith("application/json")
            found = found_in(reply.json(), told) if is_json else []
            if found or reply.status_code >= 500:
                wrong.append(f"{call}: {reply.status_code} {found} {reply.text[:300]}")
    return wrong


@pytest.mark.parametrize("name", ["watcher", "reader", "candidate", "guest"])
async def test_who_has_no_part(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, name: str
) -> None:
    """A member who may not read everything's events, and who is only in a book, see no event, nor what else is the
    host's own."""
    someone = time_world.people[name]
    own = await telling_values(conn, 0, [someone.id])
    every = await telling_values(conn, 0, [time_world.host.id, time_world.people["anna"].id])
    # Calendars and schedules say when there is no time, by the event's number: what is in it they do not say.
    told = {
        value: where
        for value, where in every.items()
        if where.startswith(HIDDEN) and where != "calendar_event.id" and value not in own
    }
    assert len(told) > 20
    assert await replies_to(time_client, TimeFiller(time_world), someone.headers, told) == []


async def test_the_client(time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld) -> None:
    """A client sees their own bookings, and of the host no other event, contact, proposal or outside calendar."""
    anna = time_world.people["anna"]
    told: Told = {
        "Aurora's spare event": "the label of an event without her",
        **dict.fromkeys(time_world.sources.values(), "an outside calendar"),
        "Aurora's friend": "a label in the host's book",
        "keeps guest in mind": "a description in the host's book",
    }
    assert await replies_to(time_client, TimeFiller(time_world), anna.headers, told) == []
    seen = (await time_client.get("/event", params={"perPage": 100}, headers=anna.headers)).json()
    assert {one["id"] for one in seen if one["id"] is not None} >= {
        time_world.events[name] for name in ("confirmed", "held", "paid", "waiting", "meeting")
    }


NOT_FOR_CLIENTS: dict[str, Any] = {
    "POST /event/{paid 2}/charge": {"date": "2026-01-01T00:00:00Z"},
    "POST /event/{waiting}/confirm": None,
    "POST /event/{spare}/decline": None,
    "DELETE /event/{spare}": None,
    "PUT /event/{spare}": {"label": "Mine"},
    "POST /event/{confirmed}/vote": {"vote": True, "ids": [1]},
}


@pytest.mark.parametrize("call", NOT_FOR_CLIENTS)
async def test_what_is_not_for_clients(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, call: str
) -> None:
    """The host's steps are not the client's, and events of others are not there."""
    before = await digests(conn)
    method, path = call.split(" ", 1)
    start, name, end = path.replace("{", "}").split("}")
    reply = await time_client.request(
        method,
        f"{start}{time_world.events[name]}{end}",
        json=NOT_FOR_CLIENTS[call],
        headers=time_world.people["anna"].headers,
    )
    assert reply.status_code in {403, 404, 409}, reply.text
    assert changed(before, await digests(conn)) == []


async def test_an_address_that_is_known_tells_little(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld
) -> None:
    """Adding somebody by the address one knows anyway tells their id, and nothing else of them."""
    outsider, anna = time_world.people["outsider"], time_world.people["anna"]
    own = await telling_values(conn, 0, [outsider.id])
    known = {anna.id, time_world.email("anna"), *own}
    told = {value: at for value, at in (await telling_values(conn, 0, [anna.id])).items() if value not in known}
    reply = await time_client.post("/contacts", json={"email": time_world.email("anna")}, headers=outsider.headers)
    assert (reply.status_code, reply.json()["new"]["user_id"], reply.json()["new"]["user"]) == (200, anna.id, None)
    for path in ("/contacts", "/user", f"/user/{anna.id}", f"/otheruser/{anna.id}", f"/otheruser/{anna.id}/phone"):
        reply = await time_client.get(path, headers=outsider.headers)
        assert reply.status_code == (404 if str(anna.id) in path else 200), path
        assert found_in(reply.json(), told) == [], path
