"""Who may do what with a schedule, for every call."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests.api.time.schedules.cast import change
from tests.cast import Someone
from tests.schedules.cast import (
    add_member,
    add_schedule,
    sign_in,
)

CALLS: list[tuple[str, str, Any, str, int]] = [
    # method, path, body, the level that is needed and how much of it
    ("GET", "", None, "read", 0),
    ("GET", "/next", None, "read", 0),
    ("GET", "/users", None, "read", 1),
    ("PUT", "", change(), "write", 3),
    ("POST", "/users", "someone", "write", 3),
    ("DELETE", "/users?user_id={other}", None, "write", 3),
    ("DELETE", "", None, "write", 3),
]


@pytest.mark.parametrize("is_private", [False, True])
@pytest.mark.parametrize("read", [0, 1, 2])
@pytest.mark.parametrize("write", [0, 1, 2, 3])
async def test_levels_of_members(
    client: httpx.AsyncClient,
    conn: Connection,
    settings: Settings,
    anna: Someone,
    boris: Someone,
    now: datetime,
    is_private: bool,
    read: int,
    write: int,
) -> None:
    schedule = await add_schedule(conn, anna, now=now, is_private=is_private)
    other = await sign_in(conn, settings, "clara", now=now)
    await add_member(conn, schedule, boris, 2, read, write, now=now)
    await add_member(conn, schedule, other, 6, 0, 1, now=now)
    has = {"read": read, "write": write}
    for method, path, body, level, needed in CALLS:
        reply = await client.request(
            method,
            f"/schedule/{schedule}{path}".format(other=other.id),
            json=[{"user_id": other.id, "role_id": 6}] if body == "someone" else body,
            headers=boris.headers,
        )
        expected = 200 if has[level] >= needed else 403
        assert reply.status_code == expected, (method, path, reply.text)


async def test_levels_of_strangers(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    public = await add_schedule(conn, anna, now=now)
    private = await add_schedule(conn, anna, now=now, is_private=True)
    for method, path, body, _, needed in CALLS:
        for schedule, expected in ((public, 403 if needed else 200), (private, 404)):
            reply = await client.request(
                method,
                f"/schedule/{schedule}{path}".format(other=anna.id),
                json=[{"user_id": boris.id, "role_id": 6}] if body == "someone" else body,
                headers=boris.headers,
            )
            assert reply.status_code == expected, (method, path, reply.text)
    # A level of one's own does not lead to the schedules of others.
    assert (await client.delete(f"/schedule/{private}", headers=boris.headers)).status_code == 404
