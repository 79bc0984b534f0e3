"""Operations 44-51: where freelancers take their money."""

import asyncio
import uuid
from datetime import datetime, timedelta

import httpx
import pyotp
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.payouts.cast import (
    CARD,
    QIWI,
    RUSSIAN_ACCOUNT,
    SEPA,
    World,
    add_freelancer,
    join_team,
    keep_endpoint,
    world_of,
)

LIST = "/customer/freelancers/payout-endpoints"
CODE = "/customer/freelancers/request-code-for-new-payout-endpoint"
CARDS = "/customer/freelancers/cards"
ACCOUNTS = "/customer/freelancers/bank-accounts"
WALLETS = "/customer/freelancers/wallets"


@pytest.fixture
async def world(conn: Connection, owner: Someone, now: datetime) -> World:
    assert owner.company_id is not None
    return await world_of(conn, owner.id, owner.company_id, now=now)


async def sent_code(client: httpx.AsyncClient, conn: Connection, someone: Someone, freelancer: int) -> str:
    reply = await client.post(CODE, json={"freelancerId": freelancer}, headers=someone.headers)
    assert reply.status_code == 200, reply.text
    code: str = await fetch_value(conn, "SELECT code FROM message WHERE channel = 'sms' ORDER BY id DESC LIMIT 1")
    return code


async def test_the_list(client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World) -> None:
    ids = {
        name: await keep_endpoint(conn, world, endpoint)
        for name, endpoint in (("card", CARD), ("sepa", SEPA), ("bic", RUSSIAN_ACCOUNT), ("qiwi", QIWI))
    }
    uuids = {
        name: str(await fetch_value(conn, "SELECT uuid FROM payout_endpoint WHERE id = %(id)s", {"id": id}))
        for name, id in ids.items()
    }
    shared = {
        "ownerId": world.freelancer_id,
        "autoPay": False,
        "createdAt": world.now.strftime("%Y-%m-%d %H:%M:%S"),
    }
    euro, rouble = {"currency": "EUR", "id": 3}, {"currency": "RUB", "id": 1}
    expected = {
        "wallets": [
            {
                **shared,
                "id": ids["qiwi"],
                "uuid": uuids["qiwi"],
                "type": 2,
                "walletType": 2,
                "number": "79161234567",
                "currency": rouble,
                "status": 1,
            }
        ],
        "cards": [
            {
                **shared,
                "id": ids["card"],
                "uuid": uuids["card"],
                "type": 1,
                "cardType": 2,
                "number": "5213 24** **** 0004",
                "holder": "DINA BOOM",
                "expire": "12/40",
                "country": "DE",
                "currency": euro,
                "status": 4,
            }
        ],
        "ibans": [
            {
                **shared,
                "id": ids[name],
                "uuid": uuids[name],
                "type": 6,
                "bankAccountType": kind,
                "number": number,
                "currency": currency,
                "status": 1,
            }
            for name, kind, number, currency in (
                ("sepa", 1, "DE89370400440532013000", euro),
                ("bic", 6, "40602810700000000025", rouble),
            )
        ],
    }
    by_id = await client.get(LIST, params={"freelancerId": world.freelancer_id}, headers=owner.headers)
    assert (by_id.status_code, by_id.json()) == (200, expected)
    name = await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": world.freelancer_id})
    by_uuid = await client.get(LIST, params={"freelancerUuid": str(name)}, headers=owner.headers)
    assert by_uuid.json() == expected


async def test_an_empty_list(client: httpx.AsyncClient, owner: Someone, world: World) -> None:
    reply = await client.get(LIST, params={"freelancerId": world.freelancer_id}, headers=owner.headers)
    assert reply.json() == {"wallets": [], "cards": [], "ibans": []}


async def test_whose_list(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, world: World
) -> None:
    """A stranger's freelancer is not found; one who has only been invited shows nothing."""
    await keep_endpoint(conn, world, SEPA)
    asked = {"freelancerId": world.freelancer_id}
    assert (await client.get(LIST, params=asked, headers=outsider.headers)).status_code == 404
    assert (await client.get(LIST, params=asked)).status_code == 401
    assert outsider.company_id is not None
    await join_team(conn, outsider.company_id, world.freelancer_id, now=world.now, said_yes=False)
    reply = await client.get(LIST, params=asked, headers=outsider.headers)
    assert reply.json() == {"wallets": [], "cards": [], "ibans": []}


async def test_lists_of_nobody(client: httpx.AsyncClient, owner: Someone, world: World) -> None:
    for query, status in (
        ({}, 422),
        ({"freelancerId": "x"}, 422),
        ({"freelancerUuid": "x"}, 422),
        ({"freelancerId": "999999"}, 404),
        ({"freelancerUuid": str(uuid.uuid4())}, 404),
    ):
        reply = await client.get(LIST, params=query, headers=owner.headers)
        assert reply.status_code == status, query


async def test_a_code_goes_to_the_freelancers_phone(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    reply = await client.post(CODE, json={"freelancerId": world.freelancer_id}, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, {"type": "SMS", "number": "+*******4567"})
    cursor = await conn.execute("SELECT channel, ltrim(recipient, '+') FROM message")
    assert await cursor.fetchall() == [("sms", "79161234567")]


async def test_no_phone_no_code(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, world: World, now: datetime
) -> None:
    silent = await add_freelancer(conn, world.owner.company_id, "silent@boom.example", now=now, phone=None)
    reply = await client.post(CODE, json={"freelancerId": silent}, headers=owner.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == ["freelancerId"]
    # A company that has merely invited somebody sends them no codes and learns no number.
    assert outsider.company_id is not None
    await join_team(conn, outsider.company_id, world.freelancer_id, now=now, said_yes=False)
    reply = await client.post(CODE, json={"freelancerId": world.freelancer_id}, headers=outsider.headers)
    assert reply.status_code == 422
    assert "number" not in reply.json()


async def test_an_authenticators_code(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    secret = pyotp.random_base32()
    await conn.execute(
        "UPDATE person SET two_factor = 'google', totp_secret = %s WHERE id = %s", [secret, world.freelancer_id]
    )
    reply = await client.post(CODE, json={"freelancerId": world.freelancer_id}, headers=owner.headers)
    assert reply.json() == {"type": "Google", "number": None}
    body = {"freelancerId": world.freelancer_id, "code": "000000"}
    assert (await client.post(CARDS, json=body, headers=owner.headers)).json() == {"code": "The code is wrong."}
    body["code"] = pyotp.TOTP(secret).now()
    assert (await client.post(CARDS, json=body, headers=owner.headers)).status_code == 200
    assert (await client.post(CARDS, json=body, headers=owner.headers)).status_code == 422


@pytest.mark.parametrize(
    ("path", "more", "expected"),
    [
        (CARDS, {}, (1, None)),
        (ACCOUNTS, {"bankAccountType": 1}, (6, 1)),
        (ACCOUNTS, {"bankAccountType": 6}, (6, 6)),
        (WALLETS, {"walletType": "3"}, (2, 3)),
    ],
)
async def test_the_way_to_the_page(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    world: World,
    path: str,
    more: dict[str, object],
    expected: tuple[int, int | None],
) -> None:
    code = await sent_code(client, conn, owner, world.freelancer_id)
    body = {"code": int(code), "freelancerId": world.freelancer_id, "redirectUrl": "https://shop.example/done", **more}
    reply = await client.post(path, json=body, headers=owner.headers)
    assert reply.status_code == 200
    assert set(reply.json()) == {"redirect", "uuid"}
    cursor = await conn.execute("SELECT facts, redirect_url, expires_at - created_at, company_id FROM page_link")
    [(facts, redirect_url, lifetime, company)] = await cursor.fetchall()
    assert (facts["uuid"], facts["type"], facts["subtype"]) == (reply.json()["uuid"], *expected)
    assert (redirect_url, lifetime, company) == ("https://shop.example/done", timedelta(hours=1), owner.company_id)
    page = await client.get(reply.json()["redirect"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    # The code is spent.
    assert (await client.post(path, json=body, headers=owner.headers)).status_code == 422


async def test_a_wrong_code_counts(client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World) -> None:
    code = await sent_code(client, conn, owner, world.freelancer_id)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    body = {"freelancerId": world.freelancer_id, "code": wrong}
    for _ in range(5):
        reply = await client.post(CARDS, json=body, headers=owner.headers)
        assert (reply.status_code, reply.json()) == (422, {"code": "The code is wrong."})
    reply = await client.post(CARDS, json={**body, "code": code}, headers=owner.headers)
    assert reply.status_code == 422
    assert reply.json() != {"code": "The code is wrong."}
    assert await fetch_value(conn, "SELECT count(*) FROM page_link") == 0


async def test_a_hundred_guesses_at_once(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    code = await sent_code(client, conn, owner, world.freelancer_id)

    async def guess(offset: int) -> str:
        guessed = f"{(int(code) + offset) % 1_000_000:06d}"
        body = {"freelancerId": world.freelancer_id, "code": guessed}
        return str((await client.post(CARDS, json=body, headers=owner.headers)).json().get("code"))

    answers = await asyncio.gather(*(guess(offset) for offset in range(1, 101)))
    assert answers.count("The code is wrong.") == 5


async def test_what_is_wrong_before_the_code_costs_no_attempt(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    code = await sent_code(client, conn, owner, world.freelancer_id)
    body = {"freelancerId": world.freelancer_id, "code": code}
    for path, more, field in (
        (CARDS, {"redirectUrl": "javascript:alert(1)"}, "redirectUrl"),
        (CARDS, {"redirectUrl": "shop.example"}, "redirectUrl"),
        (ACCOUNTS, {}, "bankAccountType"),
        (ACCOUNTS, {"bankAccountType": 3}, "bankAccountType"),
        (WALLETS, {"walletType": 1}, "walletType"),
        (CARDS, {"freelancerId": None}, "freelancerId"),
    ):
        reply = await client.post(path, json={**body, **more}, headers=owner.headers)
        assert reply.status_code == 422, (path, more)
        assert list(reply.json()) == [field]
    reply = await client.post(CARDS, json={"freelancerId": world.freelancer_id}, headers=owner.headers)
    assert list(reply.json()) == ["code"]
    assert await fetch_value(conn, "SELECT attempts FROM one_time_code") == 0
    assert (await client.post(CARDS, json=body, headers=owner.headers)).status_code == 200


async def test_a_code_expires(client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World) -> None:
    code = await sent_code(client, conn, owner, world.freelancer_id)
    clock.move_to_offset(timedelta(minutes=11))
    try:
        body = {"freelancerId": world.freelancer_id, "code": code}
        assert (await client.post(CARDS, json=body, headers=owner.headers)).status_code == 422
    finally:
        clock.move_to_offset(timedelta())


@pytest.mark.parametrize(
    ("path", "endpoint", "hook", "status"),
    [(CARDS, CARD, "cardRemoved", 7), (ACCOUNTS, SEPA, "bankAccountRemoved", 2), (WALLETS, QIWI, "walletRemoved", 2)],
)
async def test_removing(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    world: World,
    path: str,
    endpoint: object,
    hook: str,
    status: int,
) -> None:
    id = await keep_endpoint(conn, world, endpoint)  # type: ignore[arg-type]
    other = await keep_endpoint(conn, world, RUSSIAN_ACCOUNT)
    asked = {"freelancerId": str(world.freelancer_id)}
    wrong_paths = [WALLETS if path != WALLETS else CARDS, ACCOUNTS if path != ACCOUNTS else CARDS]
    for wrong in wrong_paths:
        assert (await client.delete(f"{wrong}/{id}", params=asked, headers=owner.headers)).status_code == 404
    reply = await client.delete(f"{path}/{id}", params=asked, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    assert (await client.delete(f"{path}/{id}", params=asked, headers=owner.headers)).status_code == 404
    left = (await client.get(LIST, params=asked, headers=owner.headers)).json()
    assert [row["id"] for rows in left.values() for row in rows] == [other]
    cursor = await conn.execute("SELECT status, uuid FROM payout_endpoint WHERE id = %s", [id])
    [(kept, name)] = await cursor.fetchall()
    assert kept == status
    cursor = await conn.execute("SELECT company_id, payload FROM event WHERE name = %s", [hook])
    payload = {"id": str(name), "ownerId": world.freelancer_id, "uuid": str(name)}
    assert await cursor.fetchall() == [(owner.company_id, payload)]


async def test_removing_by_the_uuid_that_adding_answered(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    await keep_endpoint(conn, world, CARD)
    name = await fetch_value(conn, "SELECT uuid FROM payout_endpoint")
    person = await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": world.freelancer_id})
    reply = await client.delete(f"{CARDS}/{name}", params={"freelancerUuid": str(person)}, headers=owner.headers)
    assert reply.status_code == 200
    assert await fetch_value(conn, "SELECT status FROM payout_endpoint") == 7


async def test_removing_what_is_not_there(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, world: World, now: datetime
) -> None:
    id = await keep_endpoint(conn, world, SEPA)
    colleague = await add_freelancer(conn, world.owner.company_id, "colleague@boom.example", now=now)
    assert outsider.company_id is not None
    await join_team(conn, outsider.company_id, world.freelancer_id, now=now, said_yes=False)
    mine = {"freelancerId": world.freelancer_id}
    for someone, reference, query, status in (
        (owner, id, {"freelancerId": colleague}, 404),
        (owner, id + 1, mine, 404),
        (owner, "x", mine, 404),
        (owner, "9" * 30, mine, 404),
        (owner, id, {}, 422),
        (outsider, id, mine, 404),
    ):
        reply = await client.delete(f"{ACCOUNTS}/{reference}", params=query, headers=someone.headers)
        assert reply.status_code == status, (reference, query)
    assert await fetch_value(conn, "SELECT removed_at FROM payout_endpoint") is None


async def test_who_may(
    client: httpx.AsyncClient, conn: Connection, hire: Hire, outsider: Someone, world: World
) -> None:
    """The list is for all; codes, new endpoints and removals for those who look after the team."""
    id = await keep_endpoint(conn, world, SEPA)
    asked, body = {"freelancerId": world.freelancer_id}, {"freelancerId": world.freelancer_id, "code": "1"}
    for role, may in (("viewer", False), ("accountant", False), ("manager", True)):
        headers = (await hire(role)).headers
        assert (await client.get(LIST, params=asked, headers=headers)).status_code == 200
        assert (await client.post(CODE, json=asked, headers=headers)).status_code == (200 if may else 403)
        assert (await client.post(CARDS, json=body, headers=headers)).status_code == (422 if may else 403)
        reply = await client.delete(f"{ACCOUNTS}/{id}", params=asked, headers=headers)
        assert reply.status_code == (200 if may else 403)
    for path in (CODE, CARDS):
        assert (await client.post(path, json=body, headers=outsider.headers)).status_code == 404
        assert (await client.post(path, json=body)).status_code == 401
