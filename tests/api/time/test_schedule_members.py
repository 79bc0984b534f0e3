"""Members of schedules: GET, POST, DELETE /schedule/{schedule}/users, POST /schedule/{schedule}/users/accept."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.erasure import erase_account
from artel.settings import Settings
from tests.cast import Someone
from tests.schedules.cast import SETTINGS, add_member, add_schedule, look, sign_in

MISSING = 999_999_999


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await sign_in(conn, settings, "anna", now=now)


@pytest.fixture
async def boris(conn: Connection, settings: Settings, anna: Someone, now: datetime) -> Someone:
    boris = await sign_in(conn, settings, "boris", now=now)
    await acquaint(conn, now=now)
    return boris


@pytest.fixture
async def clara(conn: Connection, settings: Settings, anna: Someone, boris: Someone, now: datetime) -> Someone:
    clara = await sign_in(conn, settings, "clara", now=now)
    await acquaint(conn, now=now)
    return clara


async def acquaint(conn: Connection, *, now: datetime) -> None:
    """Have everybody note everybody's address: strangers are not invited by number."""
    await conn.execute(
        """
        INSERT INTO contact (owner_id, person_id, email, label, created_at, updated_at)
        SELECT o.id, p.id, p.email, p.email, %(now)s, %(now)s
        FROM person AS o
        JOIN person AS p ON p.id <> o.id
        ON CONFLICT DO NOTHING
        """,
        {"now": now},
    )


@pytest.fixture
async def schedule(conn: Connection, anna: Someone, now: datetime) -> int:
    return await add_schedule(conn, anna, now=now)


async def put(client: httpx.AsyncClient, who: Someone, schedule: int, *wishes: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/schedule/{schedule}/users", json=list(wishes), headers=who.headers)


async def accept(client: httpx.AsyncClient, who: Someone, schedule: int) -> httpx.Response:
    return await client.post(f"/schedule/{schedule}/users/accept", headers=who.headers)


async def remove(client: httpx.AsyncClient, who: Someone, schedule: int, user: object) -> httpx.Response:
    return await client.delete(f"/schedule/{schedule}/users?user_id={user}", headers=who.headers)


def levels(reply: httpx.Response) -> dict[int, tuple[int, int, int]]:
    assert reply.status_code == 200, reply.text
    return {row["user_id"]: (row["role_id"], row["read"], row["write"]) for row in reply.json()}


async def test_the_owner_is_the_first_member(client: httpx.AsyncClient, anna: Someone, schedule: int) -> None:
    (row,) = (await client.get(f"/schedule/{schedule}/users", headers=anna.headers)).json()
    assert row == {
        "user_id": anna.id,
        "role_id": 1,
        "read": 2,
        "write": 3,
        "created_at": row["created_at"],
        "accepted_at": row["created_at"],
        "user": {"id": anna.id, "name": "Anna Example", "ava_id": None},
    }


async def test_several_at_once_with_the_levels_of_their_roles(
    client: httpx.AsyncClient,
    conn: Connection,
    settings: Settings,
    anna: Someone,
    boris: Someone,
    clara: Someone,
    schedule: int,
    now: datetime,
) -> None:
    dora = await sign_in(conn, settings, "dora", now=now)
    emil = await sign_in(conn, settings, "emil", now=now)
    await acquaint(conn, now=now)
    reply = await put(
        client,
        anna,
        schedule,
        {"user_id": boris.id, "role_id": 1},
        {"user_id": str(clara.id), "role_id": 2},
        {"user_id": dora.id, "role_id": 3},
        {"user_id": emil.id, "role_id": 6},
    )
    assert levels(reply) == {
        anna.id: (1, 2, 3),
        boris.id: (1, 2, 3),
        clara.id: (2, 2, 2),
        dora.id: (3, 1, 2),
        emil.id: (6, 0, 1),
    }
    assert {row["accepted_at"] for row in reply.json() if row["user_id"] != anna.id} == {None}
    # Only who is to work is written to.
    assert await fetch_value(conn, "SELECT array_agg(recipient) FROM message") == ["dora@example.test"]
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'schedule.member_added'") == 4


async def test_changed_and_left_as_they_were(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, schedule: int
) -> None:
    await put(client, anna, schedule, {"user_id": boris.id, "role_id": 2, "read": 1, "write": 0})
    assert levels(await put(client, anna, schedule, {"user_id": boris.id, "role_id": 2, "write": 3}))[boris.id] == (
        2,
        1,
        3,
    )
    # Another role comes with its own levels.
    assert levels(await put(client, anna, schedule, {"user_id": boris.id, "role_id": 6}))[boris.id] == (6, 0, 1)


async def test_all_or_none(client: httpx.AsyncClient, anna: Someone, boris: Someone, schedule: int) -> None:
    reply = await put(client, anna, schedule, {"user_id": boris.id, "role_id": 2}, {"user_id": MISSING, "role_id": 2})
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["1.user_id"])
    listed = await client.get(f"/schedule/{schedule}/users", headers=anna.headers)
    assert set(levels(listed)) == {anna.id}


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ([{"role_id": 2}], "0.user_id"),
        ([{"user_id": 1001, "role_id": 1}, {"user_id": None, "role_id": 2}], "1.user_id"),
        ([{"user_id": 1001, "role_id": 4}], "0.role_id"),
        ([{"user_id": 1001, "role_id": 2, "read": 3}], "0.read"),
        ([{"user_id": 1001, "role_id": 2, "write": 4}], "0.write"),
        ([{"user_id": 1001, "role_id": 2, "write": -1}], "0.write"),
        ([{"user_id": 1001, "role_id": 10**30}], "0.role_id"),
        ([{"user_id": 0, "role_id": 2}], "0.user_id"),
        ([{"user_id": "me", "role_id": 2}], "0.user_id"),
        ([{"user_id": 2**70, "role_id": 2}], "0.user_id"),
        ([{"user_id": "9" * 30, "role_id": 2}], "0.user_id"),
        ([{"user_id": n, "role_id": 6} for n in range(1, 102)], "user_id"),
        ([{"user_id": 1002, "role_id": 2}, {"user_id": 1002, "role_id": 3}], "1.user_id"),
        ([{"user_id": 1002}], "role_id"),
        ([{"user_id": 1002, "role_id": "many"}], None),
        ({"user_id": 1001, "role_id": 2}, None),
    ],
)
async def test_what_cannot_be_read(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, schedule: int, wishes: Any, field: str | None
) -> None:
    if isinstance(wishes, list):
        ids = {1001: anna.id, 1002: boris.id}
        wishes = [wish | {"user_id": ids.get(wish.get("user_id"), wish.get("user_id"))} for wish in wishes]
    reply = await client.post(f"/schedule/{schedule}/users", json=wishes, headers=anna.headers)
    assert reply.status_code == 422, reply.text
    assert list(reply.json()["errors"]) == ([field] if field else [])


async def test_at_most_a_hundred(
    client: httpx.AsyncClient,
    conn: Connection,
    anna: Someone,
    boris: Someone,
    clara: Someone,
    schedule: int,
    now: datetime,
) -> None:
    """Of two added at once for the last place one is."""
    await conn.execute(
        """
        WITH people AS (
            INSERT INTO person (email, username, created_at)
            SELECT n || '@crowd.example.test', n || '@crowd.example.test', %(now)s
            FROM generate_series(1, 98) AS n
            RETURNING id
        )
        INSERT INTO schedule_member (schedule_id, person_id, role_id, read_level, write_level, created_at)
        SELECT %(schedule)s, id, 6, 0, 1, %(now)s
        FROM people
        """,
        {"now": now, "schedule": schedule},
    )
    replies = await asyncio.gather(
        *(put(client, anna, schedule, {"user_id": who.id, "role_id": 6}) for who in (boris, clara))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 422]
    refused = next(reply for reply in replies if reply.status_code == 422)
    assert list(refused.json()["errors"]) == ["user_id"]


async def test_nobody_gives_more_than_they_have(
    client: httpx.AsyncClient,
    conn: Connection,
    anna: Someone,
    boris: Someone,
    clara: Someone,
    schedule: int,
    now: datetime,
) -> None:
    await add_member(conn, schedule, boris, 2, 1, 3, now=now)
    for wish in (
        {"user_id": clara.id, "role_id": 1},
        {"user_id": clara.id, "role_id": 1, "read": 1, "write": 1},
        {"user_id": clara.id, "role_id": 2},
        {"user_id": clara.id, "role_id": 6, "read": 2},
        {"user_id": boris.id, "role_id": 1},
        {"user_id": boris.id, "role_id": 2, "read": 2},
    ):
        assert (await put(client, boris, schedule, wish)).status_code == 403, wish
    assert (await put(client, boris, schedule, {"user_id": clara.id, "role_id": 6, "write": 3})).status_code == 200
    # Nor does anybody lower or remove somebody above them.
    await conn.execute("UPDATE schedule_member SET read_level = 2 WHERE person_id = %(p)s", {"p": clara.id})
    assert (await put(client, boris, schedule, {"user_id": clara.id, "role_id": 6, "read": 0})).status_code == 403
    assert (await remove(client, boris, schedule, clara.id)).status_code == 403
    # One's own may be lowered, and then are.
    assert (await put(client, boris, schedule, {"user_id": boris.id, "role_id": 6, "read": 1})).status_code == 200
    assert (await put(client, boris, schedule, {"user_id": boris.id, "role_id": 6})).status_code == 403


async def test_the_owner_stays_the_owner(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, schedule: int, now: datetime
) -> None:
    await add_member(conn, schedule, boris, 1, 2, 3, now=now)
    for who, wish in (
        (anna, {"user_id": anna.id, "role_id": 2}),
        (anna, {"user_id": anna.id, "role_id": 1, "read": 1}),
        (anna, {"user_id": anna.id, "role_id": 3, "write": 2}),
        (boris, {"user_id": anna.id, "role_id": 1}),
        (boris, {"user_id": anna.id, "role_id": 3}),
    ):
        assert (await put(client, who, schedule, wish)).status_code == 422, wish
    for who in (anna, boris):
        reply = await remove(client, who, schedule, anna.id)
        assert (reply.status_code, list(reply.json()["errors"])) == (422, ["user_id"])
    # They may be among those who work, and have nobody to ask.
    reply = await put(client, anna, schedule, {"user_id": anna.id, "role_id": 3, "read": 2})
    assert levels(reply)[anna.id] == (3, 2, 3)
    assert reply.json()[0]["accepted_at"]
    assert (await put(client, anna, schedule, {"user_id": boris.id, "role_id": 1})).status_code == 200


async def test_a_worker_is_booked_once_they_agreed(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    together = {**SETTINGS, "assignment": "collective"}
    schedule = await add_schedule(conn, anna, now=now, settings=together, is_private=True)
    await put(client, anna, schedule, {"user_id": anna.id, "role_id": 3}, {"user_id": boris.id, "role_id": 3})
    event = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event (status_id, label, timezone, starts_at, ends_at, created_at, updated_at)
        VALUES (200, 'Holidays', 'UTC', %(now)s::timestamptz - interval '9 days',
            %(now)s::timestamptz + interval '99 days', %(now)s, %(now)s)
        RETURNING id
        """,
        {"now": now},
    )
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT %(person)s, id, starts_at, ends_at, true FROM calendar_event WHERE id = %(event)s
        """,
        {"person": boris.id, "event": event},
    )
    # Boris is away for months. While he has not agreed, nobody waits for him.
    assert (await look(client, anna, schedule))["slots"]
    body = {"label": "A", "private": True, "currency": None, "settings": together, "benefitable_id": boris.id}
    reply = await client.put(f"/schedule/{schedule}", json=body, headers=anna.headers)
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["benefitable_id"])
    reply = await accept(client, boris, schedule)
    assert levels(reply)[boris.id] == (3, 1, 2)
    assert (await look(client, anna, schedule))["slots"] == []
    assert (await client.put(f"/schedule/{schedule}", json=body, headers=anna.headers)).status_code == 200
    assert (await accept(client, boris, schedule)).status_code == 409


async def test_whoever_stops_to_work_leaves_it_to_the_owner(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, schedule: int
) -> None:
    body = {"label": "A", "private": False, "currency": None, "settings": SETTINGS}

    async def give_work() -> None:
        await put(client, anna, schedule, {"user_id": boris.id, "role_id": 3})
        assert (await accept(client, boris, schedule)).status_code == 200
        given = {**body, "benefitable_id": boris.id, "billable_id": boris.id}
        reply = await client.put(f"/schedule/{schedule}", json=given, headers=anna.headers)
        assert (reply.json()["benefitable_id"], reply.json()["billable_id"]) == (boris.id, boris.id)

    await give_work()
    await put(client, anna, schedule, {"user_id": boris.id, "role_id": 2})
    shown = await look(client, anna, schedule)
    assert (shown["benefitable_id"], shown["billable_id"]) == (anna.id, boris.id)
    # Work again has to be agreed to again.
    await give_work()
    reply = await remove(client, boris, schedule, boris.id)
    assert (reply.status_code, reply.json()) == (200, [])
    shown = await look(client, anna, schedule)
    assert (shown["benefitable_id"], shown["billable_id"]) == (anna.id, None)


async def test_accepting_what_nobody_asked(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, schedule: int, now: datetime
) -> None:
    assert (await accept(client, boris, schedule)).status_code == 409
    assert (await accept(client, anna, schedule)).status_code == 409
    private = await add_schedule(conn, anna, now=now, is_private=True)
    assert (await accept(client, boris, private)).status_code == 404
    assert (await accept(client, boris, MISSING)).status_code == 404
    await add_member(conn, private, boris, 6, 0, 0, now=now)
    assert set(levels(await accept(client, boris, private))) == {boris.id}


async def test_leaving_and_removing(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, clara: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now, is_private=True)
    await add_member(conn, schedule, boris, 6, 0, 0, now=now)
    await add_member(conn, schedule, clara, 6, 0, 0, now=now)
    assert (await remove(client, boris, schedule, clara.id)).status_code == 403
    reply = await remove(client, boris, schedule, boris.id)
    assert (reply.status_code, reply.json()) == (200, [])
    assert (await client.get(f"/schedule/{schedule}", headers=boris.headers)).status_code == 404
    assert (await remove(client, anna, schedule, boris.id)).status_code == 404
    assert set(levels(await remove(client, anna, schedule, clara.id))) == {anna.id}
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'schedule.member_removed'") == 2
    assert (await remove(client, anna, schedule, MISSING)).status_code == 404
    assert (await remove(client, anna, MISSING, anna.id)).status_code == 404
    for wrong in ("", "0", "x", 2**70):
        assert (await remove(client, anna, schedule, wrong)).status_code == 422
    reply = await client.delete(f"/schedule/{schedule}/users", headers=anna.headers)
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["user_id"])


async def test_letters_are_counted(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, schedule: int
) -> None:
    for _ in range(5):
        assert (await put(client, anna, schedule, {"user_id": boris.id, "role_id": 3})).status_code == 200
        assert (await put(client, anna, schedule, {"user_id": boris.id, "role_id": 3, "read": 0})).status_code == 200
        assert (await remove(client, anna, schedule, boris.id)).status_code == 200
    reply = await put(client, anna, schedule, {"user_id": boris.id, "role_id": 3})
    assert (reply.status_code, "Retry-After" in reply.headers) == (429, True)
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 5


async def test_an_erased_person_is_nobody(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, schedule: int, now: datetime
) -> None:
    await erase_account(conn, boris.id, actor_id=None, now=now)
    reply = await put(client, anna, schedule, {"user_id": boris.id, "role_id": 6})
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["0.user_id"])
