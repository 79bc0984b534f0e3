"""POST /schedule."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.schedules.cast import MISSING, refusal
from tests.cast import Someone
from tests.schedules.cast import (
    ALWAYS,
    SETTINGS,
    look,
    make,
    wish,
)


async def test_made_with_every_field(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    parent = await make(client, anna, label="Parent")
    file_id = await fetch_value(
        conn,
        """
        INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
        VALUES (%(owner)s, 'a.pdf', 'application/pdf', 1, '\\x00', 'a', %(now)s)
        RETURNING id
        """,
        {"owner": anna.id, "now": now},
    )
    made = await make(
        client,
        anna,
        type_id=1,
        kal_id=parent["kal_id"],
        benefitable_id=anna.id,
        benefitable_type="User",
        billable_id=anna.id,
        billable_type="User",
        parent_id=parent["id"],
        start="2030-01-01T00:00:00",
        end="2030-02-01T00:00:00+01:00",
        label="  Portrait sessions ",
        slug="Portraits",
        msp=120,
        description="Bring a friend.",
        timezone="Europe/Berlin",
        price="49.5",
        currency="eur",
        files=[file_id, file_id],
        skills=[{"name": "Photography"}],
    )
    skill = await fetch_value(conn, "SELECT id FROM skill WHERE name = 'Photography'")
    assert {key: made[key] for key in made if key not in ("id", "created_at", "updated_at")} == {
        "type_id": 1,
        "kal_id": parent["kal_id"],
        "user_id": anna.id,
        "benefitable_type": "User",
        "benefitable_id": anna.id,
        "billable_type": "User",
        "billable_id": anna.id,
        "parent_id": parent["id"],
        "label": "Portrait sessions",
        "slug": "Portraits",
        "description": "Bring a friend.",
        "private": False,
        "timezone": "Europe/Berlin",
        "start": "2030-01-01T00:00:00+01:00",
        "end": "2030-02-01T00:00:00+01:00",
        "msp": 120,
        "duration": 60,
        "price": "49.50",
        "currency": "EUR",
        "settings": SETTINGS,
        "files": [file_id],
        "deleted_at": None,
        "skills": [{"id": skill, "name": "Photography"}],
    }


async def test_made_with_what_is_needed_alone(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    made = await make(client, anna, label="Встреча")
    calendar = await fetch_value(conn, "SELECT id FROM calendar WHERE person_id = %(p)s AND is_default", {"p": anna.id})
    expected = {
        "type_id": 1,
        "kal_id": calendar,
        "benefitable_id": anna.id,
        "billable_id": None,
        "slug": "vstrecha",
        "timezone": "UTC",
        "msp": 0,
        "price": None,
        "currency": None,
        "files": [],
        "skills": [],
    }
    assert {key: made[key] for key in expected} == expected
    audited = await fetch_value(
        conn, "SELECT actor_id FROM audit WHERE action = 'schedule.created' AND subject_id = %(id)s", {"id": made["id"]}
    )
    assert audited == anna.id


async def test_made_once_under_a_key(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    headers = {**anna.headers, "Idempotency-Key": "one"}
    replies = [await client.post("/schedule", json=wish(), headers=headers) for _ in range(2)]
    assert replies[0].json() == replies[1].json()
    assert await fetch_value(conn, "SELECT count(*) FROM schedule") == 1


@pytest.mark.parametrize(
    ("given", "duration"),
    [
        ({"duration": 45, "days": ALWAYS}, 45),
        (["Mo-Fr 09:00-18:00", "Sa 10:00-14:00"], 30),
        (["RRULE:FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=9,10,11"], 30),
    ],
)
async def test_settings_of_every_kind(
    client: httpx.AsyncClient, anna: Someone, given: Any, duration: int, now: datetime
) -> None:
    made = await make(client, anna, settings=given)
    assert (made["settings"], made["duration"]) == (given, duration)
    end = (now + timedelta(days=8)).date()
    slots = (await look(client, anna, made["id"], f"?end={end}"))["slots"]
    assert slots
    assert {slot["duration"] for slot in slots} == {duration}


async def test_a_group_and_an_offer(client: httpx.AsyncClient, anna: Someone) -> None:
    group = await make(client, anna, type_id=2, settings={**SETTINGS, "seats": 8})
    assert (await look(client, anna, group["id"]))["slots"][0]["seats_left"] == 8
    assert await refusal(client, "POST", "/schedule", anna, wish(type_id=2)) == {
        "settings.seats": ["A group schedule has at least two seats."]
    }
    offer = await make(client, anna, type_id=3, settings={}, price=500, currency="EUR")
    shown = await look(client, anna, offer["id"])
    assert (shown["type_id"], shown["price"], shown["slots"]) == (3, "500.00", [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "   "}, "label"),
        ({"label": "a\0b"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"private": "yes"}, "private"),
        ({"private": None}, "private"),
        ({"type_id": 4}, "type_id"),
        ({"type_id": "one"}, "type_id"),
        ({"msp": -1}, "msp"),
        ({"msp": 10**9}, "msp"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"start": "2030-02-01T00:00:00Z", "end": "2030-02-01T00:00:00Z"}, "end"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"end": "9999-12-31T23:59:59Z"}, "end"),
        ({"start": "soon"}, "start"),
        ({"price": 10}, "currency"),
        ({"price": 10, "currency": "DOGE"}, "currency"),
        ({"price": 10, "currency": "€"}, "currency"),
        ({"price": -1, "currency": "EUR"}, "price"),
        ({"price": "1.001", "currency": "EUR"}, "price"),
        ({"price": "1000000000.01", "currency": "EUR"}, "price"),
        ({"price": "NaN", "currency": "EUR"}, "price"),
        ({"price": "Infinity", "currency": "EUR"}, "price"),
        ({"price": "1e400", "currency": "EUR"}, "price"),
        ({"price": True, "currency": "EUR"}, "price"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "123"}, "slug"),
        ({"slug": "имя"}, "slug"),
        ({"slug": "a" * 101}, "slug"),
        ({"slug": "Preview"}, "slug"),
        ({"benefitable_type": "ContractHand"}, "benefitable_type"),
        ({"files": [MISSING]}, "files"),
        ({"files": [0]}, "files.0"),
        ({"skills": [{}]}, "skills"),
        ({"skills": [{"name": " "}]}, "skills"),
        ({"skills": [{"name": "a\0"}]}, "skills"),
        ({"skills": [{"id": MISSING}]}, "skills"),
        ({"skills": [{"name": f"Skill {n}"} for n in range(51)]}, "skills"),
        ({"settings": None}, "settings"),
        ({"settings": "Mo-Fr 09:00-18:00"}, "settings"),
        ({"settings": [1]}, "settings.0"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, changes: dict[str, Any], field: str
) -> None:
    errors = await refusal(client, "POST", "/schedule", anna, wish(**changes))
    assert [name.replace("[0]", ".0") for name in errors] in ([field], [field.removesuffix(".0")])
    assert await fetch_value(conn, "SELECT count(*) FROM schedule") == 0


@pytest.mark.parametrize("name", ["label", "private", "settings"])
async def test_what_is_needed(client: httpx.AsyncClient, anna: Someone, name: str) -> None:
    body = wish()
    del body[name]
    assert await refusal(client, "POST", "/schedule", anna, body) == {name: ["This field is required."]}


DEEP: Any = []


for _ in range(60):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "given",
    [
        {"duration": "soon"},
        {"duration": -5},
        {"duration": 10**30},
        {"duration": 1e300},
        {"days": "always"},
        {"days": {"9": [["09:00", "10:00"]]}},
        {"days": {"1": [["25:00", "26:00"]]}},
        {"days": {"1": [[["09:00"]]]}},
        {"days": {"1": {"a": 1}}},
        {"days": [1, 2]},
        {"exceptions": [{"date": "2026-02-30", "hours": []}]},
        {"exceptions": {"a": 1}},
        {"seats": 0},
        {"location": "a\0b"},
        {"note\0": 1},
        {"languages": [{}]},
        {"note": 10**400},
        {"note": "x" * 70_000},
        {"note": DEEP},
        ["Mo-Fr 09:00"],
        ["RRULE:FREQ=SECONDLY"],
        ["\0"],
        ["x" * 70_000],
    ],
)
async def test_hostile_settings(client: httpx.AsyncClient, anna: Someone, given: Any) -> None:
    errors = await refusal(client, "POST", "/schedule", anna, wish(settings=given))
    assert errors
    assert all(name.startswith("settings") for name in errors)


async def test_settings_that_are_no_json_text(client: httpx.AsyncClient, anna: Someone) -> None:
    for text in ('{"a": NaN}', '"\\ud800"', "[" * 100_000, '{"a": 1e999}', "9" * 5000):
        body = '{"label": "a", "private": true, "settings": ' + text + "}"
        headers = {**anna.headers, "Content-Type": "application/json"}
        reply = await client.post("/schedule", content=body, headers=headers)
        assert reply.status_code in (400, 422), (text[:20], reply.text)


async def test_nobody_is_made_to_work_or_to_pay(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    assert list(await refusal(client, "POST", "/schedule", anna, wish(benefitable_id=boris.id))) == ["benefitable_id"]
    assert list(await refusal(client, "POST", "/schedule", anna, wish(billable_id=boris.id))) == ["billable_id"]


async def test_what_is_of_others_is_not_there(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    theirs = await make(client, boris, private=True)
    for changes in ({"kal_id": theirs["kal_id"]}, {"kal_id": MISSING}, {"parent_id": theirs["id"]}):
        reply = await client.post("/schedule", json=wish(**changes), headers=anna.headers)
        assert reply.status_code == 404, changes
    public = await make(client, boris)
    reply = await client.post("/schedule", json=wish(parent_id=public["id"]), headers=anna.headers)
    assert reply.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/schedule"),
        ("POST", "/schedule/preview"),
        ("GET", "/schedule/1"),
        ("PUT", "/schedule/1"),
        ("DELETE", "/schedule/1"),
        ("GET", "/schedule/1/next"),
        ("GET", "/schedule/1/users"),
        ("POST", "/schedule/1/users"),
        ("POST", "/schedule/1/users/accept"),
        ("DELETE", "/schedule/1/users?user_id=1"),
    ],
)
async def test_a_session_is_needed(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, path)).status_code == 401
