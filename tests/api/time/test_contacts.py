"""The address book: GET, POST /contacts; PUT, DELETE /contacts/{user}; POST /contacts/{user}/pin."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.contacts.queries import MOST_CONTACTS
from artel.contacts.rules import add_contact
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.settings import Settings
from tests import cast
from tests.cast import Someone
from tests.contacts.cast import Join, add_meeting, note_each_other, offer_hours


@pytest.fixture
def join(conn: Connection, settings: Settings, now: datetime) -> Join:
    """`await join("anna")`: somebody signed in who belongs to no company."""

    async def add(name: str) -> Someone:
        person = await cast.add_person(conn, f"{name}@example.test", now=now, phone="+49 170 1234567")
        return await cast.sign_in(conn, settings, person, None, now=now)

    return add


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna")


@pytest.fixture
async def boris(join: Join) -> Someone:
    return await join("boris")


async def add(client: httpx.AsyncClient, who: Someone, email: str) -> httpx.Response:
    return await client.post("/contacts", json={"email": email}, headers=who.headers)


async def book(client: httpx.AsyncClient, who: Someone) -> list[dict[str, Any]]:
    reply = await client.get("/contacts", headers=who.headers)
    assert reply.status_code == 200, reply.text
    contacts: list[dict[str, Any]] = reply.json()
    return contacts


async def test_adding_somebody(client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone) -> None:
    reply = await add(client, anna, " Boris@example.test ")
    assert reply.status_code == 200, reply.text
    new = reply.json()["new"]
    assert reply.json()["contacts"] == [new] == await book(client, anna)
    assert (new["owner_id"], new["user_id"], new["label"]) == (anna.id, boris.id, "Boris@example.test")
    assert new["settings"] == []
    assert (new["last_contact"], new["count"], new["deleted_at"], new["pinned"]) == (None, 0, None, False)
    assert await book(client, boris) == []
    action = "SELECT (actor_id, subject_id)::text FROM audit WHERE action = 'contact.added'"
    assert await fetch_value(conn, action) == f"({anna.id},{boris.id})"


async def test_an_address_tells_nothing_of_its_account(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone
) -> None:
    """Known and unknown look alike, whoever the known one is; and an account made here is nobody's yet."""
    known = (await add(client, anna, "boris@example.test")).json()["new"]
    unknown = (await add(client, anna, "nobody@example.test")).json()["new"]
    differing = {field for field in known if known[field] != unknown[field]}
    assert differing == {"id", "user_id", "email", "label"}
    assert known["user"] is None
    row = await (
        await conn.execute(
            "SELECT email_confirmed_at, password_hash, first_name, language FROM person WHERE id = %s",
            [unknown["user_id"]],
        )
    ).fetchone()
    assert row == (None, None, "", "EN")
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0
    for person in (known, unknown):
        for path in ("user/{}", "otheruser/{}", "otheruser/{}/email", "otheruser/{}/phone"):
            reply = await client.get(f"/{path.format(person['user_id'])}", headers=anna.headers)
            assert reply.status_code == 404, path


async def test_the_number_does_not_tell_how_new_the_account_is(
    client: httpx.AsyncClient, anna: Someone, join: Join
) -> None:
    people = [await join(f"person{number}") for number in range(12)]
    unknown = [(await add(client, anna, f"new{number}@example.test")).json()["new"] for number in range(12)]
    newest = max(person.id for person in people)
    assert sum(contact["user_id"] < newest for contact in unknown) > 6


async def test_names_are_seen_once_each_has_noted_the_other(
    client: httpx.AsyncClient, anna: Someone, boris: Someone
) -> None:
    await add(client, anna, "boris@example.test")
    await add(client, boris, "anna@example.test")
    assert (await book(client, anna))[0]["user"] == {"id": boris.id, "name": "Boris Example", "ava_id": None}
    await client.delete(f"/contacts/{anna.id}", headers=boris.headers)
    assert (await book(client, anna))[0]["user"] is None


async def test_adding_again_changes_nothing(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    first = (await add(client, anna, "boris@example.test")).json()["new"]
    await client.put(f"/contacts/{boris.id}", json={"label": "Captain"}, headers=anna.headers)
    again = (await add(client, anna, "BORIS@example.test")).json()
    assert again["new"]["id"] == first["id"]
    assert again["new"]["label"] == "Captain"
    assert len(again["contacts"]) == 1


async def test_parallel_calls_make_one_account_and_one_contact(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone
) -> None:
    replies = await asyncio.gather(
        *(add(client, who, f"{name}@example.test") for who in (anna, boris) for name in ["vera", "VERA", "Vera"] * 4)
    )
    assert [reply.status_code for reply in replies] == [200] * 24
    assert len({reply.json()["new"]["user_id"] for reply in replies}) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM person WHERE lower(email) = 'vera@example.test'") == 1
    assert await fetch_value(conn, "SELECT count(*) FROM contact") == 2
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'contact.added'") == 2
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'person_created' AND actor_id > 0") == 1


async def test_two_who_add_each_other_do_not_wait_for_one_another(
    database: Database, anna: Someone, boris: Someone, now: datetime
) -> None:
    async def add_one(owner: Someone, email: str) -> None:
        async with database.transaction() as conn:
            await add_contact(conn, owner.id, email=email, now=now)
            await asyncio.sleep(0.05)

    await asyncio.wait_for(
        asyncio.gather(
            *(add_one(who, f"{name}@example.test") for who, name in ((anna, "boris"), (boris, "anna")) for _ in "abcd")
        ),
        timeout=20,
    )


@pytest.mark.parametrize("email", ["anna@example.test", "ANNA@Example.test", "boris", "", "a b@example.test", "\0@x.y"])
async def test_addresses_that_are_refused(client: httpx.AsyncClient, anna: Someone, email: str) -> None:
    reply = await add(client, anna, email)
    assert reply.status_code == 422, reply.text
    assert list(reply.json()["errors"]) == ["email"]
    assert await book(client, anna) == []


@pytest.mark.parametrize("body", [{}, {"email": None}, {"email": 5}, []])
async def test_what_is_no_request(client: httpx.AsyncClient, anna: Someone, body: object) -> None:
    assert (await client.post("/contacts", json=body, headers=anna.headers)).status_code == 422


async def test_addresses_are_not_tried_out_by_the_hundred(
    client: httpx.AsyncClient, anna: Someone, boris: Someone
) -> None:
    statuses = [(await add(client, anna, f"try-{number}")).status_code for number in range(60)]
    assert set(statuses) == {422}
    reply = await add(client, anna, "boris@example.test")
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 0
    assert (await add(client, boris, "anna@example.test")).status_code == 200


async def test_a_full_book(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    await conn.execute(
        """
        WITH people AS (
            INSERT INTO person (email, username, created_at)
            SELECT 'p' || n || '@example.test', 'p' || n, %(now)s
            FROM generate_series(1, %(most)s) AS n
            RETURNING id, email
        )
        INSERT INTO contact (owner_id, person_id, email, label, created_at, updated_at)
        SELECT %(anna)s, id, email, email, %(now)s, %(now)s
        FROM people
        """,
        {"most": MOST_CONTACTS - 1, "anna": anna.id, "now": now},
    )
    # All at once, one fits; what does not leaves no account behind.
    replies = await asyncio.gather(*(add(client, anna, f"last{number}@example.test") for number in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * 7]
    assert await fetch_value(conn, "SELECT count(*) FROM person WHERE email LIKE 'last_@example.test'") == 1
    fitted = next(number for number, reply in enumerate(replies) if reply.status_code == 200)
    assert (await add(client, anna, f"last{fitted}@example.test")).status_code == 200
    assert len(await book(client, anna)) == MOST_CONTACTS


async def test_pins_toggle_and_come_first(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime
) -> None:
    ids = {}
    for name in ("vera", "boris", "clara", "denis"):
        ids[(await add(client, anna, f"{name}@example.test")).json()["new"]["user_id"]] = name
    people = {name: person for person, name in ids.items()}
    for name, days_ago in (("vera", 3), ("boris", 1), ("clara", 2)):
        at = now - timedelta(days=days_ago)
        await add_meeting(conn, anna.id, {anna.id: 200, people[name]: 200}, at=at, now=now)
    await conn.execute("UPDATE contact SET created_at = %s", [now - timedelta(days=9)])

    async def order() -> list[str]:
        return [ids[contact["user_id"]] for contact in await book(client, anna)]

    assert await order() == ["boris", "clara", "vera", "denis"]
    reply = await client.post(f"/contacts/{people['denis']}/pin", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, "pinned")
    assert await order() == ["denis", "boris", "clara", "vera"]
    assert [contact["pinned"] for contact in await book(client, anna)] == [True, False, False, False]
    assert (await book(client, anna))[0]["settings"] == ["pinned"]
    reply = await client.post(f"/contacts/{people['denis']}/pin", headers=anna.headers)
    assert reply.json() == "unpinned"
    assert await order() == ["boris", "clara", "vera", "denis"]


async def test_a_repeated_call_does_not_toggle_twice(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    await add(client, anna, "boris@example.test")
    headers = {**anna.headers, "Idempotency-Key": "pin-1"}
    replies = [await client.post(f"/contacts/{boris.id}/pin", headers=headers) for _ in "ab"]
    assert [reply.json() for reply in replies] == ["pinned", "pinned"]


async def test_meetings_are_counted(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    await add(client, anna, "boris@example.test")
    both = {anna.id: 200, boris.id: 200}
    last = now - timedelta(hours=5)
    await add_meeting(conn, anna.id, both, at=now - timedelta(days=400), now=now, status=777)
    await add_meeting(conn, boris.id, both, at=last, now=now)
    # Not held, not come to, not yet.
    await add_meeting(conn, anna.id, both, at=now - timedelta(hours=2), now=now, status=444)
    await add_meeting(conn, anna.id, {**both, boris.id: 400}, at=now - timedelta(hours=2), now=now)
    await add_meeting(conn, anna.id, both, at=now + timedelta(hours=2), now=now)
    (contact,) = await book(client, anna)
    assert contact["count"] == 2
    assert contact["last_contact"] == last.isoformat(timespec="seconds")


async def test_label_and_description(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    await add(client, anna, "boris@example.test")

    async def change(**fields: object) -> tuple[str, str | None]:
        reply = await client.put(f"/contacts/{boris.id}", json=fields, headers=anna.headers)
        assert reply.status_code == 200, reply.text
        assert reply.json() == (await book(client, anna))[0]
        return reply.json()["label"], reply.json()["description"]

    assert await change(label=" Boris ", description="Paints") == ("Boris", "Paints")
    assert await change(label="Боря") == ("Боря", "Paints")
    assert await change(label="Боря", description=None) == ("Боря", None)
    for fields in ({}, {"label": "B"}, {"label": " B "}, {"label": "b" * 256}, {"label": "a\0b"}, {"label": None}):
        reply = await client.put(f"/contacts/{boris.id}", json=fields, headers=anna.headers)
        assert reply.status_code == 422, fields
        assert list(reply.json()["errors"]) == ["label"]
    long = {"label": "Boris", "description": "d" * 5001}
    assert (await client.put(f"/contacts/{boris.id}", json=long, headers=anna.headers)).status_code == 422


async def test_taken_out_and_brought_back(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    first = (await add(client, anna, "boris@example.test")).json()["new"]
    await client.put(f"/contacts/{boris.id}", json={"label": "Captain"}, headers=anna.headers)
    await client.post(f"/contacts/{boris.id}/pin", headers=anna.headers)
    reply = await client.delete(f"/contacts/{boris.id}", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    assert await book(client, anna) == []
    assert (await client.delete(f"/contacts/{boris.id}", headers=anna.headers)).status_code == 404
    back = (await add(client, anna, "boris@example.test")).json()["new"]
    assert (back["id"], back["label"], back["pinned"], back["deleted_at"]) == (first["id"], "Captain", False, None)


CALLS = [("PUT", "", {"label": "Mine"}), ("POST", "/pin", None), ("DELETE", "", None)]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_only_ones_own_book(
    client: httpx.AsyncClient, conn: Connection, join: Join, method: str, path: str, body: Any
) -> None:
    """Somebody else's contacts, and people who are in nobody's book, are not found; nor is a strange number."""
    anna, boris, vera = await join("anna"), await join("boris"), await join("vera")
    await add(client, anna, "boris@example.test")
    before = await book(client, anna)
    for who, person in ((vera, boris.id), (boris, boris.id), (boris, anna.id), (anna, vera.id), (anna, 987_654)):
        reply = await client.request(method, f"/contacts/{person}{path}", json=body, headers=who.headers)
        assert reply.status_code == 404, (who, person)
    for strange in (0, 2**63, -1, "x", "1.5", "%D9%A1", "9" * 400):
        reply = await client.request(method, f"/contacts/{strange}{path}", json=body, headers=anna.headers)
        assert reply.status_code == 404, strange
    reply = await client.request(method, f"/contacts/{boris.id}{path}", json=body)
    assert reply.status_code == 401
    assert await book(client, anna) == before


async def test_nobody_adds_or_lists_unnamed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/contacts")).status_code == 401
    assert (await client.post("/contacts", json={"email": "boris@example.test"})).status_code == 401


async def test_whoever_offers_hours_is_named(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await offer_hours(conn, boris.id, now=now)
    assert (await add(client, anna, "boris@example.test")).json()["new"]["user"]["name"] == "Boris Example"
    await conn.execute("UPDATE schedule SET is_private = true WHERE id = %s", [schedule])
    assert (await book(client, anna))[0]["user"] is None


async def test_the_database_keeps_one_out_of_their_own_book(conn: Connection, anna: Someone, now: datetime) -> None:
    with pytest.raises(Refused):
        await add_contact(conn, anna.id, email="anna@example.test", now=now)
    with pytest.raises(Exception, match="contact_check"):
        await note_each_other(conn, anna.id, anna.id, now=now)
