"""PUT /otheruser/{id}: proposals, and votes on them."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.profiles import proposals
from tests.api.time.other_users.cast import EMAIL, PHONE, look, open_ids, own, propose
from tests.cast import Someone
from tests.contacts.cast import Join, note_each_other


async def test_each_changed_field_is_a_proposal(client: httpx.AsyncClient, friends: tuple[Someone, Someone]) -> None:
    anna, boris = friends
    made = await propose(
        client, anna, boris, name="Boris Example", city=" Bremen ", skills=["painting", 702, "Sails"], languages=["DE"]
    )
    assert [(row["field"], row["old_value"], row["new_value"]) for row in made] == [
        ("city", "Berlin", "Bremen"),
        ("languages", ["ru", "de"], ["de"]),
        (
            "skills",
            [{"id": 701, "name": "Painting"}, {"id": 702, "name": "Ships"}],
            [{"id": 701, "name": "Painting"}, {"id": 702, "name": "Ships"}, {"id": None, "name": "Sails"}],
        ),
    ]
    assert {(row["user_id"], row["proposer_id"], row["status"]) for row in made} == {(boris.id, anna.id, "open")}
    for who in friends:
        assert (await look(client, who, boris)).json()["corrections"] == sorted(made, key=lambda row: row["id"])
    assert (await own(client, boris))["city"] == "Berlin"


async def test_the_owners_yes_is_written_and_their_no_is_not(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone]
) -> None:
    anna, boris = friends
    wanted = {
        "name": "Boris Sailor",
        "timezone": "Europe/Riga",
        "birthdate": "1991-06-18T00:00:00Z",
        "birthtime": "5:06",
        "birthcity": "Tartu",
        "phone": "+49 170 7654321",
        "city": None,
        "education": "",
        "about": "Sails",
        "languages": ["lv"],
        "skills": ["Sails"],
        "links": ["https://sails.example"],
    }
    made = await propose(client, anna, boris, **wanted)
    assert [row["field"] for row in made] == list(wanted)
    for row in made:
        is_yes = row["field"] != "about"
        path = f"/otheruser/correction/{row['id']}/vote"
        reply = await client.post(path, json={"vote": is_yes}, headers=boris.headers)
        assert reply.status_code == 200, (row, reply.text)
        (decided,) = reply.json()
        assert (decided["id"], decided["status"]) == (row["id"], "applied" if is_yes else "rejected")
        assert decided["settled_at"]
        again = await client.post(path, json={"vote": True}, headers=boris.headers)
        assert again.status_code == 409
    profile = await own(client, boris)
    assert {field: profile[field] for field in wanted} == {
        "name": "Boris Sailor",
        "timezone": "Europe/Riga",
        "birthdate": "1991-06-18",
        "birthtime": "05:06",
        "birthcity": "Tartu",
        "phone": "+491707654321",
        "city": None,
        "about": "Paints ships",
        "education": None,
        "languages": ["lv"],
        "skills": [{"id": 703, "name": "Sails"}],
        "links": [{"label": "sails.example", "url": "https://sails.example"}],
    }
    assert await fetch_value(conn, "SELECT phone_confirmed_at FROM person WHERE id = %s", [boris.id]) is None  # type: ignore[arg-type]
    assert await open_ids(client, boris, boris) == []


async def test_hidden_fields_cannot_be_guessed(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone], now: datetime
) -> None:
    """A right guess and a wrong one are answered alike: neither the value nor what its change would meet is told."""
    anna, boris = friends
    await conn.execute(
        "INSERT INTO freelancer (person_id, created_at, verified_at) VALUES (%s, %s, %s)", [boris.id, now, now]
    )
    await conn.execute("UPDATE person SET two_factor = 'sms' WHERE id = %s", [boris.id])
    for field, right, wrong in (
        ("phone", f"+{PHONE}", "+491701111111"),
        ("birthdate", "1990-05-17", "1990-05-18"),
        ("birthtime", "04:05", "04:06"),
        ("birthcity", "Riga", "Minsk"),
    ):
        for value in (right, wrong):
            (made,) = await propose(client, anna, boris, **{field: value})
            assert (made["field"], made["old_value"]) == (field, None)
    assert await fetch_value(conn, "SELECT count(*) FROM correction WHERE old_value <> 'null'") == 0
    # What the account forbids, its owner learns; the proposal stays.
    (made,) = await propose(client, anna, boris, phone="+491702222222")
    reply = await client.post(f"/otheruser/correction/{made['id']}/vote", json={"vote": True}, headers=boris.headers)
    assert reply.status_code == 409
    assert made["id"] in await open_ids(client, boris, boris)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "B"}, "name"),
        ({"name": None}, "name"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"birthdate": "2990-01-01"}, "birthdate"),
        ({"birthdate": "soon"}, "birthdate"),
        ({"birthtime": "25:00"}, "birthtime"),
        ({"phone": "12"}, "phone"),
        ({"city": "c" * 101}, "city"),
        ({"about": "a\0b"}, "about"),
        ({"about": 5}, "about"),
        ({"languages": ["xx-none"]}, "languages"),
        ({"skills": [5]}, "skills"),
        ({"skills": [2**70]}, "skills"),
        ({"skills": [""]}, "skills"),
        ({"links": ["ftp://example.test"]}, "links"),
        ({"email": "new@example.test"}, "email"),
        ({"email": None}, "email"),
        ({"currency": "EUR"}, "currency"),
        ({"sallary": {"amount": 5, "currency": "EUR"}}, "sallary"),
        ({"ava_id": 5}, "ava_id"),
        ({"cv_id": None}, "cv_id"),
    ],
)
async def test_values_that_are_refused(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone], changes: dict[str, Any], field: str
) -> None:
    """What the profile's own rule would refuse is not proposed, nor is what its owner alone speaks of."""
    anna, boris = friends
    reply = await client.put(f"/otheruser/{boris.id}", json={"city": "Bremen", **changes}, headers=anna.headers)
    assert reply.status_code == 422, reply.text
    assert field in next(iter(reply.json()["errors"]))
    assert await fetch_value(conn, "SELECT count(*) FROM correction") == 0
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0


async def test_nothing_changed_is_nothing_proposed(client: httpx.AsyncClient, friends: tuple[Someone, Someone]) -> None:
    anna, boris = friends
    same = {"city": "Berlin", "languages": ["de", "ru"], "skills": ["ships", "PAINTING"], "name": " Boris  Example "}
    for changes in ({}, same):
        reply = await client.put(f"/otheruser/{boris.id}", json=changes, headers=anna.headers)
        assert (reply.status_code, reply.json()["errors"]) == (422, {})


async def test_a_newer_proposal_takes_the_place_of_the_older(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone], join: Join, now: datetime
) -> None:
    anna, boris = friends
    vera = await join("vera")
    await note_each_other(conn, vera.id, boris.id, now=now)
    first = await propose(client, anna, boris, city="Bremen", about="Sails")
    others = await propose(client, vera, boris, city="Kiel")
    newer = await propose(client, anna, boris, city="Rostock")
    assert await open_ids(client, boris, boris) == [first[1]["id"], others[0]["id"], newer[0]["id"]]
    assert await open_ids(client, anna, boris) == [first[1]["id"], newer[0]["id"]]


async def test_the_owner_gets_one_letter_a_day_of_each(
    client: httpx.AsyncClient,
    conn: Connection,
    friends: tuple[Someone, Someone],
    join: Join,
    now: datetime,
) -> None:
    anna, boris = friends
    vera = await join("vera")
    await note_each_other(conn, vera.id, boris.id, now=now)
    for who, city in ((anna, "Bremen"), (anna, "Kiel"), (vera, "Rostock")):
        await propose(client, who, boris, city=city)
    cursor = await conn.execute("SELECT recipient, subject, text FROM message ORDER BY id")
    letters = await cursor.fetchall()
    assert [letter[0] for letter in letters] == [EMAIL, EMAIL]
    assert [name in letter[1] for name, letter in zip(("Anna", "Vera"), letters, strict=True)] == [True, True]
    assert "Bremen" not in letters[0][2]
    await conn.execute("UPDATE correction SET created_at = created_at - interval '25 hours'")
    await propose(client, anna, boris, city="Lund")
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 3


async def test_an_address_nobody_has_shown_to_be_theirs_gets_no_letter(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone]
) -> None:
    anna, boris = friends
    await conn.execute("UPDATE person SET email_confirmed_at = NULL WHERE id = %s", [boris.id])
    await propose(client, anna, boris, city="Bremen")
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0


async def test_so_many_proposals_wait_and_no_more(
    client: httpx.AsyncClient,
    conn: Connection,
    friends: tuple[Someone, Someone],
    join: Join,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna, boris = friends
    vera, gleb = await join("vera"), await join("gleb")
    await note_each_other(conn, vera.id, boris.id, now=now)
    await note_each_other(conn, anna.id, gleb.id, now=now)
    monkeypatch.setattr(proposals, "MOST_OF_A_PROPOSER", 3)
    monkeypatch.setattr(proposals, "MOST_ABOUT_A_PROFILE", 4)
    await propose(client, anna, boris, city="Bremen", about="Sails")
    reply = await client.put(f"/otheruser/{gleb.id}", json={"city": "a", "about": "b"}, headers=anna.headers)
    assert reply.status_code == 409
    await propose(client, anna, gleb, city="Bremen")
    await propose(client, anna, boris, city="Kiel", about="Rows"), "what gives way makes room"
    await propose(client, vera, boris, city="Rostock", about="Flies")
    reply = await client.put(f"/otheruser/{boris.id}", json={"education": "None"}, headers=vera.headers)
    assert reply.status_code == 409
    # All at once: no more than fit.
    await client.delete(
        "/otheruser/corrections", params={"ids[]": await open_ids(client, anna, boris)}, headers=anna.headers
    )
    monkeypatch.setattr(proposals, "MOST_OF_A_PROPOSER", 50)
    fields = ("city", "about", "education", "birthcity", "phone", "birthdate")
    values = ("x", "y", "z", "w", "+491701111111", "1990-01-01")
    replies = await asyncio.gather(
        *(
            client.put(f"/otheruser/{boris.id}", json={field: value}, headers=anna.headers)
            for field, value in zip(fields, values, strict=True)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200, 200, 409, 409, 409, 409]


async def test_proposals_are_not_showered(client: httpx.AsyncClient, friends: tuple[Someone, Someone]) -> None:
    anna, boris = friends
    for _ in range(60):
        await client.put(f"/otheruser/{boris.id}", json={}, headers=anna.headers)
    reply = await client.put(f"/otheruser/{boris.id}", json={"city": "Bremen"}, headers=anna.headers)
    assert reply.status_code == 429
    assert reply.headers["Retry-After"]


async def test_ones_own_profile_changes_at_once(client: httpx.AsyncClient, conn: Connection, boris: Someone) -> None:
    async def change(**changes: Any) -> httpx.Response:
        return await client.put(f"/otheruser/{boris.id}", json=changes, headers=boris.headers)

    photo, paper = [
        await fetch_value(
            conn,
            """
            INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            VALUES (%(boris)s, 'own', %(type)s, 1, '', %(type)s, '2026-01-01Z')
            RETURNING id
            """,
            {"boris": boris.id, "type": content_type},
        )
        for content_type in ("image/png", "application/pdf")
    ]
    reply = await change(
        city="Bremen", sallary={"amount": 50, "currency": "EUR"}, currency="EUR", ava_id=photo, cv_id=paper, email=EMAIL
    )
    assert (reply.status_code, reply.json()["corrections"], reply.json()["expires_at"]) == (200, [], None)
    profile = await own(client, boris)
    assert (profile["city"], profile["currency"], profile["sallary"]["amount"]) == ("Bremen", "EUR", "50")
    assert (profile["ava_id"], profile["cv_id"]) == (photo, paper)
    assert (await look(client, boris, boris)).json()["ava"]["id"] == photo
    assert await fetch_value(conn, "SELECT count(*) FROM correction") == 0
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0
    for changes, field in (
        ({"email": "b"}, "email"),
        ({"ava_id": paper}, "ava_id"),
        ({"cv_id": 987_654}, "cv_id"),
        ({"name": "B"}, "name"),
    ):
        reply = await change(city="Kiel", **changes)
        assert (reply.status_code, list(reply.json()["errors"])) == (422, [field])
    assert (await own(client, boris))["city"] == "Bremen"
    assert (await change()).status_code == 200


async def test_a_new_address_of_ones_own_is_proven_first(
    client: httpx.AsyncClient, conn: Connection, boris: Someone, now: datetime
) -> None:
    reply = await client.put(
        f"/otheruser/{boris.id}", json={"email": "sailor@example.test", "city": "Kiel"}, headers=boris.headers
    )
    assert (reply.status_code, reply.json()["message"]) == (200, "OTP sent to new email")
    assert datetime.fromisoformat(reply.json()["expires_at"]) > now
    profile = await own(client, boris)
    assert (profile["email"], profile["city"]) == (EMAIL, "Kiel")
    code = await fetch_value(conn, "SELECT code FROM message WHERE recipient = 'sailor@example.test'")
    body = {"email": "sailor@example.test", "otp": code}
    assert (await client.post("/user/email/confirm", json=body, headers=boris.headers)).status_code == 200
    assert (await own(client, boris))["email"] == "sailor@example.test"


async def test_taking_back(
    client: httpx.AsyncClient, conn: Connection, friends: tuple[Someone, Someone], join: Join, now: datetime
) -> None:
    anna, boris = friends
    vera = await join("vera")
    await note_each_other(conn, anna.id, vera.id, now=now)
    ids = [row["id"] for row in await propose(client, anna, boris, city="a", about="b", education="c", phone=None)]
    (other,) = [row["id"] for row in await propose(client, anna, vera, city="a")]
    reply = await client.delete(f"/otheruser/correction/{ids[0]}", headers=anna.headers)
    assert (reply.status_code, [row["id"] for row in reply.json()["corrections"]]) == (200, ids[1:])
    reply = await client.delete(f"/otheruser/correction/{ids[0]}", headers=anna.headers)
    assert reply.status_code == 404

    async def take_back(*wanted: object) -> httpx.Response:
        return await client.delete("/otheruser/corrections", params={"ids[]": list(wanted)}, headers=anna.headers)

    assert (await take_back(ids[1], ids[0])).status_code == 404, "all or none"
    assert await open_ids(client, anna, boris) == ids[1:]
    reply = await take_back(ids[1], ids[2], ids[1], other)
    assert [row["id"] for row in reply.json()["corrections"]] == ids[3:]
    assert await open_ids(client, boris, boris) == ids[3:]
    for wanted in ((), ("x",), (0,), (2**63,), tuple(range(1, 102))):
        reply = await take_back(*wanted)
        assert reply.status_code == 422, wanted
    assert (await take_back(1)).status_code == 404


async def test_a_vote_races_taking_back(client: httpx.AsyncClient, friends: tuple[Someone, Someone]) -> None:
    """Either the owner's yes is written, or the proposal was gone; never both, and never an error."""
    anna, boris = friends
    seen = set()
    for number in range(10):
        (made,) = await propose(client, anna, boris, city=f"City {number}")
        before = (await own(client, boris))["city"]

        async def withdraw(number: int = number, made: int = made["id"]) -> httpx.Response:
            await asyncio.sleep(0.01 if number % 2 else 0)
            return await client.delete(f"/otheruser/correction/{made}", headers=anna.headers)

        voted, withdrawn = await asyncio.gather(
            client.post(f"/otheruser/correction/{made['id']}/vote", json={"vote": True}, headers=boris.headers),
            withdraw(),
        )
        seen.add(voted.status_code)
        assert (voted.status_code, withdrawn.status_code) in {(200, 404), (409, 200)}
        after = (await own(client, boris))["city"]
        assert after == (f"City {number}" if voted.status_code == 200 else before)
    assert seen == {200, 409}, "the race was no race"


async def test_two_who_propose_to_each_other_do_not_wait_for_one_another(
    client: httpx.AsyncClient, friends: tuple[Someone, Someone]
) -> None:
    anna, boris = friends
    replies = await asyncio.gather(
        *(
            client.put(f"/otheruser/{whom.id}", json={"city": f"City {number}"}, headers=who.headers)
            for number in range(10)
            for who, whom in ((anna, boris), (boris, anna))
        )
    )
    assert {reply.status_code for reply in replies} == {200}
    for whom in friends:
        assert len(await open_ids(client, whom, whom)) == 1
