"""Addresses and numbers, revealed one by one."""

import asyncio
from datetime import datetime, timedelta

import httpx

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.other_users.cast import EMAIL, PHONE, look
from tests.cast import Someone


async def test_reveals_are_told_and_noted(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone], now: datetime
) -> None:
    anna, boris = friends
    reply = await client.get(f"/otheruser/{boris.id}/email", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, {"email": EMAIL})
    reply = await client.get(f"/otheruser/{boris.id}/phone", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, {"phone": f"+{PHONE}"})
    noted = (await look(client, boris, boris)).json()["reveals"]
    assert [(row["user_id"], row["name"], row["field"]) for row in noted] == [
        (anna.id, "Anna Example", "phone"),
        (anna.id, "Anna Example", "email"),
    ]
    assert all(abs(datetime.fromisoformat(row["at"]) - now) < timedelta(minutes=1) for row in noted)
    assert (await look(client, anna, anna)).json()["reveals"] == []
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'profile.revealed'") == 2


async def test_ones_own_and_what_is_not_there_are_not_noted(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone]
) -> None:
    anna, boris = friends
    assert (await client.get(f"/otheruser/{boris.id}/email", headers=boris.headers)).json() == {"email": EMAIL}
    await conn.execute("UPDATE person SET phone = NULL, phone_confirmed_at = NULL WHERE id = %s", [boris.id])
    assert (await client.get(f"/otheruser/{boris.id}/phone", headers=anna.headers)).json() == {"phone": None}
    assert (await look(client, anna, boris)).json()["phone"] is None
    assert await fetch_value(conn, "SELECT count(*) FROM profile_reveal") == 0


async def test_a_stranger_is_told_nothing(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone
) -> None:
    for field in ("email", "phone"):
        for whom in (boris.id, 987_654, "x"):
            reply = await client.get(f"/otheruser/{whom}/{field}", headers=anna.headers)
            assert reply.status_code == 404
        assert (await client.get(f"/otheruser/{boris.id}/{field}")).status_code == 401
    assert await fetch_value(conn, "SELECT count(*) FROM profile_reveal") == 0


async def test_addresses_are_not_gathered(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone]
) -> None:
    """Fifty a day and viewer, tries on strangers among them, however many are asked at once."""
    anna, boris = friends
    for number in range(10):
        assert (await client.get(f"/otheruser/{900_000 + number}/email", headers=anna.headers)).status_code == 404
    replies = await asyncio.gather(
        *(client.get(f"/otheruser/{boris.id}/phone", headers=anna.headers) for _ in range(45))
    )
    assert sorted({reply.status_code for reply in replies}) == [200, 429]
    refused = [reply for reply in replies if reply.status_code == 429]
    assert len(refused) == 5
    assert 0 < int(refused[0].headers["Retry-After"]) <= 86_400
    assert await fetch_value(conn, "SELECT count(*) FROM profile_reveal") == 40
    assert (await client.get(f"/otheruser/{anna.id}/phone", headers=anna.headers)).status_code == 200
    assert (await client.get(f"/otheruser/{anna.id}/phone", headers=boris.headers)).status_code == 200
