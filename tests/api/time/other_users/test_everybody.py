"""Everybody at every call about another person."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.other_users.cast import propose
from tests.cast import Someone
from tests.contacts.cast import Join

EVERY_CALL: list[tuple[str, str, Any, dict[str, int]]] = [
    ("GET", "/user/{boris}", None, {"owner": 200, "proposer": 200, "stranger": 404}),
    ("GET", "/otheruser/{boris}", None, {"owner": 200, "proposer": 200, "stranger": 404}),
    ("GET", "/otheruser/{boris}/email", None, {"owner": 200, "proposer": 200, "stranger": 404}),
    ("GET", "/otheruser/{boris}/phone", None, {"owner": 200, "proposer": 200, "stranger": 404}),
    ("PUT", "/otheruser/{boris}", {"birthcity": "Kiel"}, {"owner": 200, "proposer": 200, "stranger": 404}),
    ("POST", "/otheruser/correction/{made}/vote", {"vote": True}, {"owner": 200, "proposer": 403, "stranger": 404}),
    ("POST", "/otheruser/correction/{made}/vote", {"vote": False}, {"owner": 200, "proposer": 403, "stranger": 404}),
    ("POST", "/otheruser/correction/{made}/vote", {}, {"owner": 422, "proposer": 422, "stranger": 422}),
    ("POST", "/otheruser/correction/987654/vote", {"vote": True}, {"owner": 404, "proposer": 404, "stranger": 404}),
    ("POST", "/otheruser/correction/x/vote", {"vote": True}, {"owner": 404, "proposer": 404, "stranger": 404}),
    # Of an event: not reached this way, not by the one who is asked about it either.
    ("POST", "/otheruser/correction/{event}/vote", {"vote": True}, {"owner": 404, "proposer": 404, "stranger": 404}),
    ("DELETE", "/otheruser/correction/{event}", None, {"owner": 404, "proposer": 404, "stranger": 404}),
    ("DELETE", "/otheruser/correction/{made}", None, {"owner": 404, "proposer": 200, "stranger": 404}),
    ("DELETE", "/otheruser/corrections?ids[]={made}", None, {"owner": 404, "proposer": 200, "stranger": 404}),
    ("DELETE", "/otheruser/corrections", None, {"owner": 422, "proposer": 422, "stranger": 422}),
]


@pytest.mark.parametrize(("method", "path", "body", "statuses"), EVERY_CALL, ids=[f"{c[0]} {c[1]}" for c in EVERY_CALL])
async def test_everybody_at_every_call(
    client: httpx.AsyncClient,
    conn: Connection,
    friends: tuple[Someone, Someone],
    join: Join,
    now: datetime,
    method: str,
    path: str,
    body: Any,
    statuses: dict[str, int],
) -> None:
    anna, boris = friends
    everybody = {"stranger": await join("vera"), "owner": boris, "proposer": anna}
    event: int = await fetch_value(
        conn,
        """
        INSERT INTO correction (subject, subject_id, field, old_value, new_value, proposer_id, voters, created_at)
        VALUES ('event', 1, 'label', '1', '2', %(anna)s, ARRAY[%(boris)s]::bigint[], %(now)s)
        RETURNING id
        """,
        {"anna": anna.id, "boris": boris.id, "now": now},
    )
    for who, status in statuses.items():
        (made,) = await propose(client, anna, boris, about=f"As {who} sees it")
        url = path.format(boris=boris.id, made=made["id"], event=event)
        assert (await client.request(method, url, json=body)).status_code == 401
        reply = await client.request(method, url, json=body, headers=everybody[who].headers)
        assert reply.status_code == status, (who, reply.text)
        open_now = await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", {"id": made["id"]})
        if status >= 400:
            assert open_now == "open", who
    assert await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", {"id": event}) == "open"


async def test_a_repeated_call_proposes_once(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone]
) -> None:
    anna, boris = friends
    headers = {**anna.headers, "Idempotency-Key": "proposal-1"}
    replies = [await client.put(f"/otheruser/{boris.id}", json={"city": "Kiel"}, headers=headers) for _ in "ab"]
    assert replies[0].json() == replies[1].json()
    assert await fetch_value(conn, "SELECT count(*) FROM correction") == 1
