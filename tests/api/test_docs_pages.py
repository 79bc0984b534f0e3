"""The API's own description: for tools, and as pages for people."""

import html
import re

import httpx
import pytest

from tests.api.conftest import sandbox_application
from tests.api.every_route import operations


async def test_the_document(client: httpx.AsyncClient) -> None:
    reply = await client.get("/openapi.json")
    assert reply.status_code == 200
    assert reply.json()["openapi"].startswith("3.1.")
    assert "Keys are kept for 7 days" in reply.json()["info"]["description"]
    assert (await client.get("/v2/openapi.json")).json() == reply.json()


@pytest.mark.parametrize(("language", "title"), [("en", "Artel API"), ("ru", "API Artel")])
async def test_pages_name_every_call(client: httpx.AsyncClient, language: str, title: str) -> None:
    by_link = await client.get(f"/docs?lang={language}")
    by_header = await client.get("/docs", headers={"Accept-Language": language})
    assert by_link.status_code == by_header.status_code == 200
    assert by_link.headers["content-type"] == "text/html; charset=utf-8"
    assert by_link.text == by_header.text
    assert f"<title>{title}</title>" in by_link.text
    named = {
        (method, html.unescape(path))
        for method, path in re.findall(r"<summary><b class=\"\w+\">(\w+)</b> <code>([^<]+)</code>", by_link.text)
    }
    app = sandbox_application()[0]
    documented = [*operations(app), *operations(app, "time")]
    assert named == {(operation.method, operation.path) for operation in documented}


async def test_pages_need_no_internet(client: httpx.AsyncClient) -> None:
    """Nothing is loaded but our own style, and a browser is told to load nothing else."""
    reply = await client.get("/docs")
    loaded = re.findall(r"<(?:link|script|img|iframe)\b[^>]*>", reply.text)
    assert loaded == ['<link rel="stylesheet" href="/api/docs/style.css">']
    assert reply.headers["content-security-policy"] == "default-src 'none'; style-src 'self'"
    style = await client.get("/docs/style.css")
    assert style.status_code == 200
    assert "http" not in style.text
    assert "@import" not in style.text


@pytest.mark.parametrize("path", ["", "/nowhere", "/docs/nowhere", "/customer/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_that_is_none(client: httpx.AsyncClient, method: str, path: str) -> None:
    """Under the API's base it is the API's error, whatever the caller reads best."""
    reply = await client.request(method, path, headers={"Accept": "text/html"})
    assert (reply.status_code, reply.json()) == (404, {"error": "There is no such address.", "code": 404})
