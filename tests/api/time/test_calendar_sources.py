"""Feeds and CalDAV calendars: each call works, and is not there for strangers or for nonsense."""

import httpx
import pytest

from artel.calendar_sync.rules import MOST_JOINS
from artel.db.pool import Connection
from artel.settings import Settings
from tests.calendar_sync.cast import add_owner
from tests.cast import Someone

Owner = tuple[Someone, int]
FEED: dict[str, object] = {"url": "https://feeds.example.com/private/anna.ics", "summary": "Work"}
CALDAV: dict[str, object] = {
    "url": "https://dav.example.com/",
    "username": "anna",
    "password": "correct horse",
    "from": True,
}
GOOGLE = {"id": "anna@example.test", "summary": "Private", "timeZone": "UTC", "from": True}
BODIES: dict[str, dict[str, object]] = {"import": FEED, "caldav": CALDAV}


@pytest.fixture
async def anna(conn: Connection, settings: Settings) -> Owner:
    return await add_owner(conn, settings)


@pytest.fixture
async def boris(conn: Connection, settings: Settings) -> Owner:
    return await add_owner(conn, settings, "boris@example.test")


@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_joined_shown_and_parted(client: httpx.AsyncClient, anna: Owner, kind: str) -> None:
    someone, kal = anna
    path = f"/kal/{kal}/{kind}"
    assert (await client.get(path, headers=someone.headers)).json() == {"import": [], "export": []}
    joined = await client.post(path, json=BODIES[kind], headers=someone.headers)
    assert joined.status_code == 200, joined.text
    assert joined.json() == (await client.get(path, headers=someone.headers)).json()
    (source,) = joined.json()["import"]
    assert (source["kal_id"], source["kind"], source["from"], source["status"]) == (
        kal,
        "ical" if kind == "import" else "caldav",
        True,
        "waiting",
    )
    parted = await client.request("DELETE", path, json={"id": source["id"]}, headers=someone.headers)
    assert parted.json() == {"import": [], "export": []}
    again = await client.request("DELETE", path, json={"id": source["id"]}, headers=someone.headers)
    assert again.status_code == 404


async def test_both_directions_are_two_sources(client: httpx.AsyncClient, anna: Owner) -> None:
    someone, kal = anna
    await client.post(f"/kal/{kal}/caldav", json=CALDAV, headers=someone.headers)
    without = {name: value for name, value in CALDAV.items() if name != "from"}
    both = (await client.post(f"/kal/{kal}/caldav", json=without, headers=someone.headers)).json()
    assert [one["from"] for one in both["import"]] == [True]
    assert [one["from"] for one in both["export"]] == [False]


async def test_webcal_is_read_over_tls(client: httpx.AsyncClient, conn: Connection, anna: Owner) -> None:
    someone, kal = anna
    joined = await client.post(
        f"/kal/{kal}/import", json={"url": "webcal://feeds.example.com/a.ics"}, headers=someone.headers
    )
    assert joined.json()["import"][0]["external_id"] == "https://feeds.example.com/…"


@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_sent_again_it_is_done_once(client: httpx.AsyncClient, anna: Owner, kind: str) -> None:
    someone, kal = anna
    headers = {**someone.headers, "Idempotency-Key": "once"}
    first = await client.post(f"/kal/{kal}/{kind}", json=BODIES[kind], headers=headers)
    again = await client.post(f"/kal/{kal}/{kind}", json=BODIES[kind], headers=headers)
    assert first.json() == again.json()
    other = await client.post(f"/kal/{kal}/{kind}", json={**BODIES[kind], "summary": "Other"}, headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_a_stranger_s_calendar_is_not_there(
    client: httpx.AsyncClient, anna: Owner, boris: Owner, kind: str
) -> None:
    someone, kal = anna
    stranger, others = boris
    source = (await client.post(f"/kal/{kal}/{kind}", json=BODIES[kind], headers=someone.headers)).json()["import"][0]
    for where in (kal, 999_999, 2**63 - 1):
        path = f"/kal/{where}/{kind}"
        assert (await client.get(path, headers=stranger.headers)).status_code == 404
        assert (await client.post(path, json=BODIES[kind], headers=stranger.headers)).status_code == 404
        gone = await client.request("DELETE", path, json={"id": source["id"]}, headers=stranger.headers)
        assert gone.status_code == 404
    # Nor is the source in a calendar of one's own.
    own = await client.request("DELETE", f"/kal/{others}/{kind}", json={"id": source["id"]}, headers=stranger.headers)
    assert own.status_code == 404
    assert len((await client.get(f"/kal/{kal}/{kind}", headers=someone.headers)).json()["import"]) == 1


@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_nobody(client: httpx.AsyncClient, anna: Owner, kind: str) -> None:
    path = f"/kal/{anna[1]}/{kind}"
    assert (await client.get(path)).status_code == 401
    assert (await client.post(path, json=BODIES[kind])).status_code == 401
    assert (await client.request("DELETE", path, json={"id": 1})).status_code == 401


@pytest.mark.parametrize("kind", ["import", "caldav"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": 7}, "url"),
        ({"url": "ftp://a.example.com/"}, "url"),
        ({"url": "https://feeds.example.com/" + "x" * 3000}, "url"),
        ({"url": "https://feeds.example.com/\x00"}, "url"),
        ({"url": "https://anna:secret@feeds.example.com/"}, "url"),
        ({"url": "https://feeds.example.com:25/"}, "url"),
        ({"summary": 7}, "summary"),
        ({"summary": "a\x00"}, "summary"),
        ({"summary": "x" * 501}, "summary"),
    ],
)
async def test_what_is_not_taken(
    client: httpx.AsyncClient, anna: Owner, kind: str, change: dict[str, object], field: str
) -> None:
    someone, kal = anna
    refused = await client.post(f"/kal/{kal}/{kind}", json={**BODIES[kind], **change}, headers=someone.headers)
    assert refused.status_code == 422, refused.text
    assert list(refused.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": None}, "username"),
        ({"password": 7}, "password"),
        ({"password": "a\r\nX-Header: b"}, "password"),
        ({"from": "yes"}, "from"),
    ],
)
async def test_what_caldav_does_not_take(
    client: httpx.AsyncClient, anna: Owner, change: dict[str, object], field: str
) -> None:
    someone, kal = anna
    refused = await client.post(f"/kal/{kal}/caldav", json={**CALDAV, **change}, headers=someone.headers)
    assert refused.status_code == 422, refused.text
    assert list(refused.json()["errors"]) == [field]


@pytest.mark.parametrize("kind", ["import", "caldav"])
@pytest.mark.parametrize("body", [{}, {"id": 0}, {"id": "x"}, {"id": 2**63}, []])
async def test_parting_with_nonsense(client: httpx.AsyncClient, anna: Owner, kind: str, body: object) -> None:
    someone, kal = anna
    refused = await client.request("DELETE", f"/kal/{kal}/{kind}", json=body, headers=someone.headers)
    assert refused.status_code == 422, refused.text


async def test_the_texts_are_russian_for_who_reads_russian(
    client: httpx.AsyncClient, conn: Connection, anna: Owner
) -> None:
    someone, kal = anna
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [someone.id])
    refused = await client.post(f"/kal/{kal}/import", json={"url": "x"}, headers=someone.headers)
    assert "Укажите адрес" in refused.json()["message"]


async def test_joining_is_limited(client: httpx.AsyncClient, anna: Owner, boris: Owner) -> None:
    """Each joining has us call somebody."""
    someone, kal = anna
    for _ in range(MOST_JOINS):
        assert (await client.post(f"/kal/{kal}/import", json=FEED, headers=someone.headers)).status_code == 200
    for path, body in (("import", FEED), ("caldav", CALDAV), ("google", GOOGLE)):
        refused = await client.post(f"/kal/{kal}/{path}", json=body, headers=someone.headers)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
    other = await client.post(f"/kal/{boris[1]}/import", json=FEED, headers=boris[0].headers)
    assert other.status_code == 200
