"""Operation 34: the link to the verification page."""

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk

LINK = "/customer/freelancers/verification-link"


async def test_it_works(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """By id and by uuid, each time another, also for who is verified: their page says so."""
    uuid = str(await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": desk.freelancer_id}))
    links = set()
    for named in ({"freelancerId": desk.freelancer_id}, {"freelancerUuid": uuid}):
        reply = await client.get(
            LINK, params={**named, "redirectUrl": "https://a.example/b?c=d"}, headers=owner.headers
        )
        assert reply.status_code == 200
        assert list(reply.json()) == ["terminal_url"]
        links.add(reply.json()["terminal_url"])
    assert len(links) == 2
    assert all(link.startswith("http://127.0.0.1:8000/verification/") for link in links)
    # The link itself is not kept.
    token = links.pop().rsplit("/", 1)[1]
    cursor = await conn.execute("SELECT row_to_json(page_link)::text, purpose, redirect_url FROM page_link")
    for text, purpose, url in await cursor.fetchall():
        assert token not in text
        assert (purpose, url) == ("verification", "https://a.example/b?c=d")


async def test_outsider(client: httpx.AsyncClient, conn: Connection, outsider: Someone, hire: Hire, desk: Desk) -> None:
    params = {"freelancerId": desk.freelancer_id}
    assert (await client.get(LINK, params=params, headers=outsider.headers)).status_code == 404
    assert (await client.get(LINK, params=params)).status_code == 401
    for role in ("viewer", "accountant"):
        assert (await client.get(LINK, params=params, headers=(await hire(role)).headers)).status_code == 403
    assert await fetch_value(conn, "SELECT count(*) FROM page_link") == 0


@pytest.mark.parametrize(
    ("params", "status_code", "field"),
    [
        ({}, 422, "freelancerId"),
        ({"freelancerId": "x"}, 422, "freelancerId"),
        ({"freelancerId": 10**17}, 404, "error"),
        ({"freelancerUuid": "x"}, 422, "freelancerUuid"),
        ({"redirectUrl": "javascript:alert(1)"}, 422, "redirectUrl"),
        ({"redirectUrl": "//evil.example"}, 422, "redirectUrl"),
        ({"redirectUrl": "https://user@evil.example"}, 422, "redirectUrl"),
    ],
)
async def test_missing_and_invalid(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, params: dict[str, object], status_code: int, field: str
) -> None:
    named = {"freelancerId": desk.freelancer_id} if "redirectUrl" in params else {}
    reply = await client.get(LINK, params={**named, **params}, headers=owner.headers)  # type: ignore[arg-type]
    assert reply.status_code == status_code
    assert field in reply.json()
