"""Operations 52-54: the companies of somebody signed in."""

import asyncio
from datetime import datetime

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests import cast
from tests.api.conftest import Hire
from tests.cast import Someone


async def test_companies_lists_ones_own(client: httpx.AsyncClient, owner: Someone, outsider: Someone) -> None:
    reply = await client.get("/customer/companies", headers=owner.headers)
    assert reply.status_code == 200
    assert reply.json() == {
        "items": [
            {
                "id": owner.company_id,
                "companyName": "Aurora Studio",
                "brandName": "Aurora Studio",
                "safeDealEnabled": False,
                "isDefault": True,
                "currency": {"currency": "EUR", "id": 3},
            }
        ],
        "pagination": {"count": 1, "total": 1, "perPage": 20, "page": 1, "pages": 1},
    }


async def test_companies_under_each_base(client: httpx.AsyncClient, owner: Someone) -> None:
    for base in ("v1", "v2"):
        reply = await client.get(f"/{base}/customer/companies", headers=owner.headers)
        assert reply.status_code == 200


async def test_companies_without_token(client: httpx.AsyncClient) -> None:
    reply = await client.get("/customer/companies", headers={"Accept-Language": "ru"})
    assert reply.status_code == 401
    assert reply.json() == {"error": "Войдите: токен не передан или недействителен.", "code": 401}


async def test_somebody_elses_company_in_the_header(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone
) -> None:
    for asked in (str(outsider.company_id), "999999", "none"):
        reply = await client.get("/customer/companies", headers={**owner.headers, "x-company-id": asked})
        assert reply.status_code == 403


async def test_companies_with_a_page_that_is_no_number(client: httpx.AsyncClient, owner: Someone) -> None:
    reply = await client.get("/customer/companies?page=first", headers=owner.headers)
    assert reply.status_code == 422
    assert reply.json() == {"page": "A whole number is expected."}
    reply = await client.get("/customer/companies?page=0", headers=owner.headers)
    assert reply.status_code == 422
    assert reply.json() == {"page": "The value is out of range."}


async def test_a_page_after_the_last_tells_how_many_there_are(client: httpx.AsyncClient, owner: Someone) -> None:
    reply = await client.get("/customer/companies?page=9&size=1", headers=owner.headers)
    assert reply.json() == {
        "items": [],
        "pagination": {"count": 0, "total": 1, "perPage": 1, "page": 9, "pages": 1},
    }


@pytest.fixture
async def second(conn: Connection, owner: Someone, now: datetime) -> int:
    """A second company of the owner's, in RUB and without VAT, where they only look on."""
    company = await cast.add_company(conn, "Second Ltd", "RUB", now=now)
    await cast.add_member(conn, company, owner.id, "viewer", now=now)
    return company


async def choose(client: httpx.AsyncClient, someone: Someone, company: object, form: str = "POST") -> httpx.Response:
    if form == "POST":
        return await client.post(f"/customer/companies/{company}/default", headers=someone.headers)
    return await client.patch("/customer/companies", json={"companyId": company}, headers=someone.headers)


async def currency(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    return str((await client.get("/customer/balance", headers=headers)).json()["currency"]["currency"])


@pytest.mark.parametrize("form", ["POST", "PATCH"])
async def test_chosen_company_is_named_by_the_new_tokens(
    client: httpx.AsyncClient, owner: Someone, second: int, form: str
) -> None:
    reply = await choose(client, owner, second, form)
    assert reply.status_code == 200
    assert set(reply.json()) == {"token", "refreshToken"}
    headers = {"Authorization": f"Bearer {reply.json()['token']}"}
    assert await currency(client, headers) == "RUB"
    assert await currency(client, owner.headers) == "EUR"
    listed = (await client.get("/customer/companies", headers=headers)).json()["items"]
    assert {item["id"]: item["isDefault"] for item in listed} == {owner.company_id: False, second: True}
    refreshed = (await client.post("/token/refresh", json={"refreshToken": reply.json()["refreshToken"]})).json()
    assert await currency(client, {"Authorization": f"Bearer {refreshed['token']}"}) == "RUB"


async def test_choosing_a_company_voids_the_refresh_token_before_without_ending_the_session(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, second: int
) -> None:
    first = (await choose(client, owner, second)).json()
    then = (await choose(client, owner, owner.company_id)).json()
    stale = await client.post("/token/refresh", json={"refreshToken": first["refreshToken"]})
    assert stale.status_code == 401
    assert await currency(client, {"Authorization": f"Bearer {then['token']}"}) == "EUR"
    live = await client.post("/token/refresh", json={"refreshToken": then["refreshToken"]})
    assert live.status_code == 200


async def test_companies_chosen_at_once_leave_one_default(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, second: int
) -> None:
    replies = await asyncio.gather(*(choose(client, owner, company) for company in [second, owner.company_id] * 6))
    assert {reply.status_code for reply in replies} == {200}
    assert (
        await fetch_value(
            conn, "SELECT count(*) FROM company_member WHERE is_default AND person_id = %(id)s", {"id": owner.id}
        )
        == 1
    )


@pytest.mark.parametrize("form", ["POST", "PATCH"])
async def test_choosing_somebody_elses_or_no_company(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, form: str
) -> None:
    for company in (outsider.company_id, 999999, 10**30):
        reply = await choose(client, owner, company, form)
        assert reply.status_code == 404
        assert set(reply.json()) == {"error", "code"}
    assert await currency(client, owner.headers) == "EUR"
    listed = (await client.get("/customer/companies", headers=owner.headers)).json()["items"]
    assert [item["isDefault"] for item in listed] == [True]


async def test_choosing_with_an_invalid_body(client: httpx.AsyncClient, owner: Someone) -> None:
    for body in ({}, {"companyId": "mine"}, {"companyId": None}):
        reply = await client.patch("/customer/companies", json=body, headers=owner.headers)
        assert reply.status_code == 422
        assert list(reply.json()) == ["companyId"]
    assert (await choose(client, owner, "mine")).status_code == 404


async def test_choosing_without_a_token(client: httpx.AsyncClient, owner: Someone) -> None:
    assert (await client.post(f"/customer/companies/{owner.company_id}/default")).status_code == 401
    assert (await client.patch("/customer/companies", json={"companyId": owner.company_id})).status_code == 401


async def test_the_header_names_the_company_of_one_call(client: httpx.AsyncClient, owner: Someone, second: int) -> None:
    there = {**owner.headers, "x-company-id": str(second)}
    assert await asyncio.gather(currency(client, there), currency(client, owner.headers)) == ["RUB", "EUR"]
    refused = await client.post("/customer/companies/operating-address", json=ADDRESS, headers=there)
    assert refused.status_code == 403, "the role is that of the company asked for"


async def test_who_has_left_a_company_is_out_at_once(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, second: int, now: datetime
) -> None:
    """Their token still names it; they can choose another."""
    await conn.execute("UPDATE company_member SET ended_at = %s WHERE company_id = %s", [now, owner.company_id])
    assert (await client.get("/customer/balance", headers=owner.headers)).status_code == 403
    assert (await choose(client, owner, owner.company_id)).status_code == 404
    chosen = (await choose(client, owner, second)).json()
    assert await currency(client, {"Authorization": f"Bearer {chosen['token']}"}) == "RUB"


ADDRESS = {"address": "1 Main St", "city": "Austin", "state": "TX", "zipCode": "78701", "country": "US"}


async def test_operating_address_is_kept(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, reference: object
) -> None:
    reply = await client.post("/customer/companies/operating-address", json=ADDRESS, headers=owner.headers)
    assert reply.status_code == 200
    assert reply.json() == []
    cursor = await conn.execute(
        "SELECT address, city, state, postal_code, address_country FROM company WHERE id = %s", [owner.company_id]
    )
    assert await cursor.fetchone() == ("1 Main St", "Austin", "TX", "78701", "US")
    without_state = {key: value for key, value in ADDRESS.items() if key != "state"}
    reply = await client.post(
        "/customer/companies/operating-address", json={**without_state, "country": "de"}, headers=owner.headers
    )
    assert reply.status_code == 200
    cursor = await conn.execute("SELECT state, address_country FROM company WHERE id = %s", [owner.company_id])
    assert await cursor.fetchone() == (None, "DE")


async def test_operating_address_is_the_owners_to_set(client: httpx.AsyncClient, hire: Hire) -> None:
    for role in ("accountant", "manager", "viewer"):
        member = await hire(role)
        reply = await client.post("/customer/companies/operating-address", json=ADDRESS, headers=member.headers)
        assert reply.status_code == 403
    assert (await client.post("/customer/companies/operating-address", json=ADDRESS)).status_code == 401


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "Germany"}, "country"),
        ({"city": ""}, "city"),
        ({"city": None}, "city"),
        ({"address": "x" * 256}, "address"),
        ({"address": "a\0b"}, "address"),
        ({"zipCode": 78701}, "zipCode"),
    ],
)
async def test_operating_address_that_is_none(
    client: httpx.AsyncClient, owner: Someone, reference: object, given: dict[str, object], field: str
) -> None:
    reply = await client.post("/customer/companies/operating-address", json={**ADDRESS, **given}, headers=owner.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]
