"""Google calendars over the API: each call works, and is not there for strangers or for nonsense. What is behind it is
in tests/calendar_sync/test_google.py."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests.api.conftest import client_of
from tests.calendar_sync.cast import add_owner
from tests.calendar_sync.google_stand_in import PRIMARY, READ_ONLY, GoogleStandIn
from tests.calendar_sync.test_google import link
from tests.cast import Someone

Owner = tuple[Someone, int]
WISH = {"id": PRIMARY, "summary": "Private", "timeZone": "Europe/Berlin", "from": True}


@pytest.fixture
def google() -> Iterator[GoogleStandIn]:
    server = GoogleStandIn()
    yield server
    server.stop()


@pytest.fixture
async def http(settings: Settings, google: GoogleStandIn, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(google.settings(settings), database) as made:
        yield made


@pytest.fixture
async def anna(conn: Connection, settings: Settings) -> Owner:
    return await add_owner(conn, settings)


@pytest.fixture
async def boris(conn: Connection, settings: Settings) -> Owner:
    return await add_owner(conn, settings, "boris@example.test")


async def test_the_address_at_google(http: httpx.AsyncClient, google: GoogleStandIn, anna: Owner) -> None:
    someone, kal = anna
    answer = await http.get(f"/kal/{kal}/google/auth", headers=someone.headers)
    assert answer.headers["content-type"] == "application/json"
    asked = parse_qs(urlsplit(answer.json()).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/google/callback"]
    assert asked["access_type"] == ["offline"]
    assert asked["code_challenge_method"] == ["S256"]
    assert "verifier" not in answer.text
    again = await http.get(f"/kal/{kal}/google/auth", headers=someone.headers)
    assert parse_qs(urlsplit(again.json()).query)["state"] != asked["state"]


async def test_without_a_client_at_google(client: httpx.AsyncClient, anna: Owner) -> None:
    someone, kal = anna
    assert (await client.get(f"/kal/{kal}/google/auth", headers=someone.headers)).status_code == 409
    assert (await client.post(f"/kal/{kal}/google", json=WISH, headers=someone.headers)).status_code == 409
    assert (await client.get(f"/kal/{kal}/google", headers=someone.headers)).json()["linked"] is False


async def test_set_up_shown_changed_and_parted(http: httpx.AsyncClient, google: GoogleStandIn, anna: Owner) -> None:
    someone, kal = anna
    path = f"/kal/{kal}/google"
    await link(http, anna, google)
    joined = await http.post(path, json={**WISH, "description": "Mine"}, headers=someone.headers)
    assert joined.status_code == 200, joined.text
    (source,) = joined.json()["import"]
    assert (source["external_id"], source["description"], source["timezone"]) == (PRIMARY, "Mine", "Europe/Berlin")
    changed = await http.post(path, json={**WISH, "summary": "Other"}, headers=someone.headers)
    assert [(one["id"], one["summary"]) for one in changed.json()["import"]] == [(source["id"], "Other")]
    assert (await http.get(path, headers=someone.headers)).json() == changed.json()
    parted = await http.request("DELETE", path, json={"id": source["id"]}, headers=someone.headers)
    assert (parted.json()["linked"], parted.json()["import"]) == (False, [])


async def test_a_stranger_s_calendar_is_not_there(
    http: httpx.AsyncClient, google: GoogleStandIn, anna: Owner, boris: Owner
) -> None:
    someone, kal = anna
    stranger, others = boris
    await link(http, anna, google)
    joined = await http.post(f"/kal/{kal}/google", json=WISH, headers=someone.headers)
    source = joined.json()["import"][0]["id"]
    for where in (kal, 999_999):
        path = f"/kal/{where}/google"
        assert (await http.get(path, headers=stranger.headers)).status_code == 404
        assert (await http.get(path + "/auth", headers=stranger.headers)).status_code == 404
        assert (await http.post(path, json=WISH, headers=stranger.headers)).status_code == 404
        gone = await http.request("DELETE", path, json={"id": source}, headers=stranger.headers)
        assert gone.status_code == 404
    own = await http.request("DELETE", f"/kal/{others}/google", json={"id": source}, headers=stranger.headers)
    assert own.status_code == 404
    # The account that Anna has let in is hers.
    theirs = await http.post(f"/kal/{others}/google", json=WISH, headers=stranger.headers)
    assert theirs.status_code == 409


async def test_nobody(http: httpx.AsyncClient, anna: Owner) -> None:
    path = f"/kal/{anna[1]}/google"
    assert (await http.get(path)).status_code == 401
    assert (await http.get(path + "/auth")).status_code == 401
    assert (await http.post(path, json=WISH)).status_code == 401
    assert (await http.request("DELETE", path, json={"id": 1})).status_code == 401
    assert (await http.post("/google/notifications")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "nobody@group.example"}, "id"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": READ_ONLY, "from": False}, "id"),
        ({"id": READ_ONLY, "from": None}, "id"),
        ({"summary": None}, "summary"),
        ({"timeZone": None}, "timeZone"),
        ({"timeZone": "Nowhere/Land"}, "timeZone"),
        ({"from": "yes"}, "from"),
        ({"description": 7}, "description"),
    ],
)
async def test_what_is_not_taken(
    http: httpx.AsyncClient, google: GoogleStandIn, anna: Owner, change: dict[str, object], field: str
) -> None:
    someone, kal = anna
    await link(http, anna, google)
    refused = await http.post(f"/kal/{kal}/google", json={**WISH, **change}, headers=someone.headers)
    assert refused.status_code == 422, refused.text
    assert list(refused.json()["errors"]) == [field]


@pytest.mark.parametrize("body", [{}, {"id": 0}, {"id": "x"}, {"id": None}])
async def test_parting_with_nonsense(http: httpx.AsyncClient, anna: Owner, body: object) -> None:
    someone, kal = anna
    refused = await http.request("DELETE", f"/kal/{kal}/google", json=body, headers=someone.headers)
    assert refused.status_code == 422
