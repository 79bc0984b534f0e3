"""Other people's profiles: GET /user/{user}, and /otheruser with its reveals and corrections."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from artel.companies import members
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.profiles import proposals
from artel.profiles.rules import change_profile
from artel.profiles.sight import seen_among
from artel.settings import Settings
from tests import cast
from tests.cast import Someone
from tests.contacts.cast import HOURS, Join, add_meeting, note_each_other, offer_hours

PROFILE = {
    "name": "Boris Example",
    "timezone": "Europe/Berlin",
    "city": "Berlin",
    "about": "Paints ships",
    "education": "Academy of Arts",
    "languages": ["ru", "de"],
    "skills": ["Painting", "Ships"],
    "birthdate": "1990-05-17",
    "birthtime": "04:05",
    "birthcity": "Riga",
}
EMAIL, PHONE = "boris@example.test", "491701234567"
# What a profile must not tell: what is revealed by its own calls, or not at all.
SECRETS = (EMAIL, PHONE, "1990-05-17", "04:05", "Riga")


@pytest.fixture
def join(conn: Connection, settings: Settings, now: datetime) -> Join:
    """`await join("anna")`: somebody signed in who belongs to no company."""

    async def add(name: str) -> Someone:
        person = await cast.add_person(conn, f"{name}@example.test", now=now, phone=f"+{PHONE}")
        return await cast.sign_in(conn, settings, person, None, now=now)

    return add


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna")


@pytest.fixture
async def boris(conn: Connection, join: Join, now: datetime) -> Someone:
    """Somebody who has filled in everything, and whom nobody may see yet."""
    boris = await join("boris")
    async with conn.transaction():
        await change_profile(conn, boris.id, PROFILE, actor_id=boris.id, now=now)
    return boris


@pytest.fixture
async def friends(conn: Connection, anna: Someone, boris: Someone, now: datetime) -> tuple[Someone, Someone]:
    """Anna and Boris, who have each other in their address books."""
    await note_each_other(conn, anna.id, boris.id, now=now)
    return anna, boris


async def look(client: httpx.AsyncClient, who: Someone, whom: Someone | int) -> httpx.Response:
    person_id = whom if isinstance(whom, int) else whom.id
    replies = [await client.get(f"/{path}/{person_id}", headers=who.headers) for path in ("user", "otheruser")]
    assert len({reply.status_code for reply in replies}) == 1, "both show the same people"
    return replies[1]


async def propose(client: httpx.AsyncClient, who: Someone, whom: Someone, **changes: Any) -> list[dict[str, Any]]:
    reply = await client.put(f"/otheruser/{whom.id}", json=changes, headers=who.headers)
    assert reply.status_code == 200, reply.text
    corrections: list[dict[str, Any]] = reply.json()["corrections"]
    return corrections


async def open_ids(client: httpx.AsyncClient, who: Someone, whom: Someone) -> list[int]:
    return [row["id"] for row in (await look(client, who, whom)).json()["corrections"]]


async def own(client: httpx.AsyncClient, who: Someone) -> dict[str, Any]:
    profile: dict[str, Any] = (await client.get("/user", headers=who.headers)).json()
    return profile


# Who sees whom.


async def test_a_stranger_is_not_found(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    for whom in (boris, 987_654):
        assert (await look(client, anna, whom)).status_code == 404
    assert (await look(client, boris, boris)).status_code == 200
    for strange in ("0", "-1", "x", "1.5", str(2**63), "9" * 300):
        for path in ("user", "otheruser"):
            assert (await client.get(f"/{path}/{strange}", headers=anna.headers)).status_code == 404, strange
    for path in ("user", "otheruser"):
        assert (await client.get(f"/{path}/{boris.id}")).status_code == 401


async def test_an_address_noted_by_one_side_opens_nothing(
    client: httpx.AsyncClient, anna: Someone, boris: Someone
) -> None:
    await client.post("/contacts", json={"email": EMAIL}, headers=anna.headers)
    assert (await look(client, anna, boris)).status_code == 404
    assert (await look(client, boris, anna)).status_code == 404
    await client.post("/contacts", json={"email": "anna@example.test"}, headers=boris.headers)
    assert (await look(client, anna, boris)).status_code == 200
    assert (await look(client, boris, anna)).status_code == 200


async def test_a_shown_schedule_shows_its_owner(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await offer_hours(conn, boris.id, now=now)
    assert (await look(client, anna, boris)).status_code == 200
    assert (await look(client, boris, anna)).status_code == 404
    for column, value in (
        ("is_private", True),
        ("deleted_at", now),
        ("ends_at", now - timedelta(seconds=1)),
        # Anybody may name anybody as the one who works: that shows nobody.
        ("owner_id", anna.id),
    ):
        async with conn.transaction(force_rollback=True):
            await conn.execute(
                SQL("UPDATE schedule SET {} = %s WHERE id = %s").format(Identifier(column)), [value, schedule]
            )
            assert await seen_among(conn, anna.id, [boris.id], now=now) == set(), column


async def test_events_show_who_agreed_to_them(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    """Asking somebody to an event does not make them seen; their yes does, and so does their asking."""
    event = await add_meeting(conn, anna.id, {anna.id: 200, boris.id: 100}, at=now, now=now)
    assert (await look(client, anna, boris)).status_code == 404
    assert (await look(client, boris, anna)).status_code == 200

    async def answer(whose: Someone, status: int) -> None:
        await conn.execute(
            "UPDATE event_attendee SET status_id = %s WHERE event_id = %s AND person_id = %s",
            [status, event, whose.id],
        )

    await answer(boris, 200)
    assert (await look(client, anna, boris)).status_code == 200
    await answer(anna, 400)
    assert (await look(client, anna, boris)).status_code == 404
    await answer(anna, 100)
    await conn.execute("UPDATE calendar_event SET deleted_at = %s", [now])
    assert (await look(client, anna, boris)).status_code == 404
    # One who asks is seen before the other has answered.
    await add_meeting(conn, boris.id, {anna.id: 100, boris.id: 100}, at=now, now=now)
    assert (await look(client, anna, boris)).status_code == 200


async def test_a_schedules_team_sees_whoever_agreed_to_it(
    client: httpx.AsyncClient, conn: Connection, join: Join, anna: Someone, boris: Someone, now: datetime
) -> None:
    """Being added to one shows nobody to whoever adds them."""
    vera = await join("vera")
    schedule = await offer_hours(conn, boris.id, now=now, is_private=True)
    for member in (anna, vera):
        await conn.execute(
            """
            INSERT INTO schedule_member (schedule_id, person_id, role_id, read_level, write_level, added_by, created_at)
            VALUES (%s, %s, 3, 2, 2, %s, %s)
            """,
            [schedule, member.id, boris.id, now],
        )
    assert (await look(client, anna, boris)).status_code == 200
    for who, whom in ((boris, anna), (vera, anna), (anna, vera)):
        assert (await look(client, who, whom)).status_code == 404
    await conn.execute("UPDATE schedule_member SET accepted_at = %s WHERE person_id = %s", [now, anna.id])
    for who, whom, status in ((boris, anna, 200), (vera, anna, 200), (anna, vera, 404)):
        assert (await look(client, who, whom)).status_code == status
    await conn.execute("UPDATE schedule SET deleted_at = %s", [now])
    assert (await look(client, anna, boris)).status_code == 404


async def test_a_company_and_its_team_see_each_other(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, company_id: int, now: datetime
) -> None:
    async with conn.transaction():
        await members.add_member(conn, company_id=company_id, person_id=anna.id, role="manager", now=now)
        await conn.execute("INSERT INTO freelancer (person_id, created_at) VALUES (%s, %s)", [boris.id, now])
        await conn.execute(
            """
            INSERT INTO team_member (company_id, freelancer_id, first_name, last_name, invited_by, invited_at)
            VALUES (%s, %s, 'Boris', 'Example', %s, %s)
            """,
            [company_id, boris.id, anna.id, now],
        )
    assert (await look(client, anna, boris)).status_code == 404, "invited is not joined"
    await conn.execute("UPDATE team_member SET joined_at = %s", [now])
    assert (await look(client, anna, boris)).status_code == 200
    assert (await look(client, boris, anna)).status_code == 200
    await conn.execute("UPDATE company_member SET ended_at = %s", [now])
    assert (await look(client, anna, boris)).status_code == 404
    assert (await look(client, boris, anna)).status_code == 404


async def test_colleagues_see_each_other(
    client: httpx.AsyncClient, owner: Someone, viewer: Someone, outsider: Someone
) -> None:
    assert (await look(client, owner, viewer)).status_code == 200
    assert (await look(client, viewer, owner)).status_code == 200
    assert (await look(client, outsider, owner)).status_code == 404


# What is seen.


async def test_a_profile(client: httpx.AsyncClient, friends: tuple[Someone, Someone]) -> None:
    anna, boris = friends
    public = (await client.get(f"/user/{boris.id}", headers=anna.headers)).json()
    assert public == {
        "id": boris.id,
        "name": "Boris Example",
        "ava_id": None,
        "ava": None,
        "city": "Berlin",
        "timezone": "Europe/Berlin",
        "about": "Paints ships",
        "languages": ["ru", "de"],
        "skills": [{"id": 701, "name": "Painting"}, {"id": 702, "name": "Ships"}],
        "education": "Academy of Arts",
        "schedules": [],
    }
    other = (await look(client, anna, boris)).json()
    assert {field: other[field] for field in public} == public
    assert (other["email"], other["phone"]) == ("b***@example.test", "+********4567")
    assert (other["calendars"], other["corrections"], other["reveals"]) == ([], [], None)
    for secret in SECRETS:
        assert secret not in str(public) + str(other)


async def test_schedules_come_with_their_next_free_slots(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await offer_hours(conn, boris.id, now=now)
    await offer_hours(conn, boris.id, now=now, is_private=True, label="For friends")
    # Busy for all of tomorrow but its last hour.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    event = await add_meeting(conn, boris.id, {boris.id: 200}, at=day, now=now)
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        VALUES (%s, %s, %s, %s, true)
        """,
        [boris.id, event, day, day + timedelta(hours=17)],
    )
    (offer,) = (await client.get(f"/user/{boris.id}", headers=anna.headers)).json()["schedules"]
    assert (offer["id"], offer["label"], offer["private"]) == (schedule, "Consulting", False)
    slots = offer["slots"]
    assert len(slots) == 10
    tomorrow = [slot for slot in slots if slot["start"].startswith(str(day.date()))]
    assert tomorrow == [
        {
            "start": (day + timedelta(hours=17)).isoformat(timespec="seconds"),
            "end": (day + timedelta(hours=18)).isoformat(timespec="seconds"),
            "duration": 60,
            "price": None,
            "currency": None,
            "seats_left": 1,
        }
    ]
    assert all(datetime.fromisoformat(slot["start"]) > now for slot in slots)


async def test_a_reply_has_an_end(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    for number in range(22):
        await offer_hours(conn, boris.id, now=now, label=f"Schedule {number}", rules={**HOURS, "duration": 5})
    schedules = (await look(client, anna, boris)).json()["schedules"]
    assert [schedule["label"] for schedule in schedules] == [f"Schedule {number}" for number in range(20)]
    assert {len(schedule["slots"]) for schedule in schedules} == {10}


async def test_shown_calendars_tell_nothing_of_where_they_come_from(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    await offer_hours(conn, boris.id, now=now)
    assert (await look(client, anna, boris)).json()["calendars"] == []
    await conn.execute(
        "UPDATE calendar SET is_private = false, external_id = 'outside', settings = '{\"token\": \"outside\"}'"
    )
    reply = await look(client, anna, boris)
    (calendar,) = reply.json()["calendars"]
    assert set(calendar) == {"id", "label", "description", "slug", "icon", "timezone"}
    assert "outside" not in reply.text


# Addresses and numbers.


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


# Corrections.


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
    for number in range(10):
        (made,) = await propose(client, anna, boris, city=f"City {number}")
        before = (await own(client, boris))["city"]
        voted, withdrawn = await asyncio.gather(
            client.post(f"/otheruser/correction/{made['id']}/vote", json={"vote": True}, headers=boris.headers),
            client.delete(f"/otheruser/correction/{made['id']}", headers=anna.headers),
        )
        assert (voted.status_code, withdrawn.status_code) in {(200, 404), (409, 200)}
        after = (await own(client, boris))["city"]
        assert after == (f"City {number}" if voted.status_code == 200 else before)


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


# Everybody × every call.

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
