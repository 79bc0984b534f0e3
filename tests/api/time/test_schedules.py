"""Schedules: POST /schedule, GET, PUT, DELETE /schedule/{schedule}, /next, POST /schedule/preview."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests.cast import Someone
from tests.schedules.cast import (
    ALWAYS,
    SETTINGS,
    add_booking,
    add_member,
    add_schedule,
    look,
    make,
    sign_in,
    wish,
)

MISSING = 999_999_999


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await sign_in(conn, settings, "anna", now=now)


@pytest.fixture
async def boris(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await sign_in(conn, settings, "boris", now=now)


def next_day(now: datetime, hour: int = 9) -> datetime:
    return (now + timedelta(days=2)).replace(hour=hour, minute=0, second=0, microsecond=0)


def preview_wish(calendar: int, **changes: Any) -> dict[str, Any]:
    return {
        "kal_id": calendar,
        "type_id": 1,
        "label": "Consulting",
        "private": False,
        "duration": 60,
        "currency": "EUR",
        "settings": {"days": ALWAYS},
        **changes,
    }


async def refusal(client: httpx.AsyncClient, method: str, path: str, who: Someone, body: Any = None) -> Any:
    reply = await client.request(method, path, json=body, headers=who.headers)
    assert reply.status_code == 422, reply.text
    return reply.json()["errors"]


# POST /schedule


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


# GET /schedule/{schedule}


async def test_slots_of_the_days_asked_about(client: httpx.AsyncClient, anna: Someone, now: datetime) -> None:
    made = await make(client, anna, price="12.34", currency="EUR", settings={**SETTINGS, "price_per": "hour"})
    day = next_day(now).date()
    slots = (await look(client, anna, made["id"], f"?start={day}&end={day}"))["slots"]
    assert len(slots) == 24
    assert slots[0] == {
        "start": f"{day}T00:00:00+00:00",
        "end": f"{day}T01:00:00+00:00",
        "duration": 60,
        "price": "12.34",
        "currency": "EUR",
        "seats_left": 1,
    }


async def test_slots_in_the_callers_zone_and_of_another_length(
    client: httpx.AsyncClient, anna: Someone, now: datetime
) -> None:
    settings = {**SETTINGS, "durations": [90], "price_per": "hour"}
    made = await make(client, anna, price=10, currency="EUR", settings=settings)
    day = next_day(now).date()
    zoned = await look(
        client, anna, made["id"], f"?start={day}T10:00:00&end={day}T12:00:00&timezone=Asia/Tokyo&duration=90"
    )
    # Slots follow each other from midnight in the schedule's zone, UTC, which is 09:00 in Tokyo.
    assert [(slot["start"], slot["duration"], slot["price"]) for slot in zoned["slots"]] == [
        (f"{day}T10:30:00+09:00", 90, "15.00"),
    ]
    exact = await look(client, anna, made["id"], f"?start={day}T10:00:00+03:00&end={day}T09:00:00Z")
    assert [slot["start"] for slot in exact["slots"]] == [f"{day}T07:00:00+00:00", f"{day}T08:00:00+00:00"]


async def test_a_booked_slot_is_not_shown(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    start = next_day(now)
    await add_booking(conn, schedule, anna, boris, starts_at=start, now=now)
    day = start.date()
    starts = [slot["start"] for slot in (await look(client, boris, schedule, f"?start={day}&end={day}"))["slots"]]
    assert len(starts) == 23
    assert start.isoformat(timespec="seconds") not in starts


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?start=tomorrow", "start"),
        ("?start=2026-02-30", "start"),
        ("?end=0001-01-01T00:00:00Z", "end"),
        ("?end=9999-12-31", "end"),
        ("?start=2030-01-02&end=2030-01-01", "end"),
        ("?start=2030-01-01T00:00:00Z&end=2030-01-01T00:00:00Z", "end"),
        ("?start=2030-01-01&end=2031-01-02", "end"),
        ("?timezone=Mars/Base", "timezone"),
        ("?duration=45", "duration"),
        ("?duration=0", "duration"),
        ("?duration=long", "duration"),
    ],
)
async def test_ranges_that_cannot_be_shown(client: httpx.AsyncClient, anna: Someone, query: str, field: str) -> None:
    made = await make(client, anna)
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}{query}", anna)) == [field]


async def test_a_year_is_shown_whole(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, timezone="Europe/Berlin")
    await look(client, anna, made["id"], "?start=2028-01-01&end=2028-12-31")


async def test_very_many_slots_are_shown_in_parts(client: httpx.AsyncClient, anna: Someone, now: datetime) -> None:
    made = await make(client, anna, settings={"duration": 5, "days": ALWAYS, "horizon_days": 400})
    day = (now + timedelta(days=1)).date()
    shown = await look(client, anna, made["id"], f"?start={day}&end={day + timedelta(days=137)}")
    assert len(shown["slots"]) == 138 * 288
    path = f"/schedule/{made['id']}?start={day}&end={day + timedelta(days=138)}"
    errors = await refusal(client, "GET", path, anna)
    assert errors == {"end": ["At most 138 days at a time."]}


async def test_events_as_far_as_they_may_be_seen(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    clara = await sign_in(conn, settings, "clara", now=now)
    first = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now), now=now)
    second = await add_booking(conn, schedule, anna, clara, starts_at=next_day(now, 11), now=now)
    query = f"?end={(now + timedelta(days=3)).date()}"

    async def seen(who: Someone) -> tuple[list[int], int]:
        shown = await look(client, who, schedule, query)
        return [event["id"] for event in shown["events"]], len(shown["users"])

    assert await seen(anna) == ([first, second], 1)
    assert await seen(boris) == ([], 0)
    await add_member(conn, schedule, boris, 3, 1, 2, now=now)
    assert await seen(boris) == ([first], 2)
    await conn.execute("UPDATE schedule_member SET read_level = 2 WHERE person_id = %(p)s", {"p": boris.id})
    assert await seen(boris) == ([first, second], 2)
    for start, end, expected in ((0, 59, [first]), (60, 120, []), (-60, 0, []), (59, 121, [first, second])):
        begin, until = (next_day(now) + timedelta(minutes=each) for each in (start, end))
        asked = f"?start={begin:%Y-%m-%dT%H:%M:%S}&end={until:%Y-%m-%dT%H:%M:%S}"
        events = (await look(client, anna, schedule, asked))["events"]
        assert [event["id"] for event in events] == expected


async def test_private_or_deleted_or_missing(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    private = await make(client, anna, private=True)
    deleted = await make(client, anna)
    assert (await client.delete(f"/schedule/{deleted['id']}", headers=anna.headers)).json() == {"message": "deleted"}
    for who, schedule in ((boris, private["id"]), (anna, deleted["id"]), (anna, MISSING)):
        for path in (f"/schedule/{schedule}", f"/schedule/{schedule}/next"):
            assert (await client.get(path, headers=who.headers)).status_code == 404, path


@pytest.mark.parametrize(
    ("schedule", "is_number"),
    [("0", True), ("-1", True), (str(2**70), True), ("mine", False), ("1.5", False), ("1,2", False), ("%00", False)],
)
async def test_what_is_no_id(client: httpx.AsyncClient, anna: Someone, schedule: str, is_number: bool) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", change()),
        ("DELETE", "", None),
        ("GET", "/next", None),
        ("GET", "/users", None),
        ("POST", "/users", []),
        ("POST", "/users/accept", None),
        ("DELETE", "/users?user_id=1", None),
    ):
        reply = await client.request(method, f"/schedule/{schedule}{path}", json=body, headers=anna.headers)
        if is_number:
            assert (reply.status_code, set(reply.json())) == (404, {"message"}), path
        else:
            assert (reply.status_code, list(reply.json()["errors"])) == (422, ["schedule"]), path


# GET /schedule/{schedule}/next


async def test_the_next_slot(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now, notice_minutes=24 * 60)
    reply = await client.get(f"/schedule/{schedule}/next?timezone=Asia/Tokyo", headers=boris.headers)
    (first,) = reply.json()
    at = datetime.fromisoformat(first["start"])
    assert first["start"].endswith("+09:00")
    assert timedelta(hours=24) <= at - now < timedelta(hours=25, minutes=1)
    await add_booking(conn, schedule, anna, boris, starts_at=at, now=now)
    (second,) = (await client.get(f"/schedule/{schedule}/next", headers=boris.headers)).json()
    assert datetime.fromisoformat(second["start"]) == at + timedelta(hours=1)


async def test_no_next_slot(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, settings={"days": {}})
    assert (await client.get(f"/schedule/{made['id']}/next", headers=anna.headers)).json() == []
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}/next?timezone=X", anna)) == ["timezone"]
    assert list(await refusal(client, "GET", f"/schedule/{made['id']}/next?duration=7", anna)) == ["duration"]


# POST /schedule/preview


async def test_a_preview_counts_busy_time_and_keeps_nothing(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    made = await make(client, anna)
    start = next_day(now)
    await add_booking(conn, made["id"], anna, boris, starts_at=start, now=now, status=200)
    body = preview_wish(
        made["kal_id"],
        start=start.isoformat(),
        end=(start + timedelta(hours=3)).isoformat(),
        timezone="Asia/Tokyo",
        price="10",
    )
    reply = await client.post("/schedule/preview", json=body, headers=anna.headers)
    assert reply.status_code == 200, reply.text
    starts = [datetime.fromisoformat(slot["start"]).astimezone(UTC) for slot in reply.json()]
    assert starts == [start + timedelta(hours=1), start + timedelta(hours=2)]
    assert reply.json()[0]["start"].endswith("+09:00")
    assert {slot["price"] for slot in reply.json()} == {"10.00"}
    assert await fetch_value(conn, "SELECT count(*) FROM schedule") == 1


async def test_a_preview_of_opening_hours_takes_the_length_asked_for(client: httpx.AsyncClient, anna: Someone) -> None:
    calendar = (await make(client, anna))["kal_id"]
    body = preview_wish(calendar, duration=20, settings=["Mo-Su 09:00-18:00"])
    reply = await client.post("/schedule/preview", json=body, headers=anna.headers)
    assert {slot["duration"] for slot in reply.json()} == {20}
    body = preview_wish(calendar, duration=20, settings={"duration": 30, "days": ALWAYS})
    assert list(await refusal(client, "POST", "/schedule/preview", anna, body)) == ["duration"]


async def test_a_preview_of_a_change_counts_what_is_booked(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    group = await make(client, anna, type_id=2, settings={**SETTINGS, "seats": 3})
    start = next_day(now)
    await add_booking(conn, group["id"], anna, boris, starts_at=start, now=now, status=200)
    body = preview_wish(
        group["kal_id"],
        id=group["id"],
        type_id=2,
        settings={**SETTINGS, "seats": 5},
        start=start.isoformat(),
        end=(start + timedelta(hours=1)).isoformat(),
    )
    reply = await client.post("/schedule/preview", json=body, headers=anna.headers)
    assert [slot["seats_left"] for slot in reply.json()] == [4]
    calendar = (await make(client, boris))["kal_id"]
    reply = await client.post("/schedule/preview", json={**body, "kal_id": calendar}, headers=boris.headers)
    assert reply.status_code == 403


async def test_a_preview_tells_nobody_elses_time(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    calendar = (await make(client, anna))["kal_id"]
    for other in (boris.id, str(boris.id)):
        body = preview_wish(calendar, benefitable_id=other)
        assert list(await refusal(client, "POST", "/schedule/preview", anna, body)) == ["benefitable_id"]
    theirs = preview_wish((await make(client, boris))["kal_id"])
    assert (await client.post("/schedule/preview", json=theirs, headers=anna.headers)).status_code == 404
    own = preview_wish(calendar, benefitable_id=str(anna.id), billable_id=None)
    assert (await client.post("/schedule/preview", json=own, headers=anna.headers)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"duration": 4}, "duration"),
        ({"duration": 1441}, "duration"),
        ({"settings": {"days": 1}}, "settings"),
        ({"type_id": 2}, "settings.seats"),
        ({"benefitable_id": "me"}, "benefitable_id"),
        ({"timezone": "X"}, "timezone"),
    ],
)
async def test_previews_that_cannot_be_made(
    client: httpx.AsyncClient, anna: Someone, changes: dict[str, Any], field: str
) -> None:
    calendar = (await make(client, anna))["kal_id"]
    (found,) = await refusal(client, "POST", "/schedule/preview", anna, preview_wish(calendar, **changes))
    assert found.startswith(field)
    body = preview_wish(calendar)
    for name in ("kal_id", "type_id", "label", "private", "duration", "currency", "settings"):
        less = {key: value for key, value in body.items() if key != name}
        assert list(await refusal(client, "POST", "/schedule/preview", anna, less)) == [name]


# PUT /schedule/{schedule}


def change(**changes: Any) -> dict[str, Any]:
    return {"label": "Consulting", "private": False, "currency": "EUR", "settings": SETTINGS, **changes}


async def test_what_is_left_out_of_a_change_stays(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    made = await make(
        client,
        anna,
        slug="portraits",
        msp=30,
        description="Words",
        timezone="Europe/Berlin",
        start="2030-01-01T00:00:00Z",
        price="20",
        currency="EUR",
        skills=[{"name": "Photography"}],
    )
    reply = await client.put(f"/schedule/{made['id']}", json=change(label="New"), headers=anna.headers)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {**made, "label": "New", "updated_at": reply.json()["updated_at"]}
    reply = await client.put(
        f"/schedule/{made['id']}",
        json=change(
            currency=None,
            price=None,
            private=True,
            slug="Other",
            msp=0,
            description=None,
            start=None,
            end="2031-01-01T00:00:00Z",
            timezone="Asia/Tokyo",
            settings=["Mo-Fr 09:00-18:00"],
            skills=[{"name": "photography"}, {"name": "Retouching"}],
        ),
        headers=anna.headers,
    )
    expected = {
        "price": None,
        "currency": None,
        "private": True,
        "slug": "Other",
        "msp": 0,
        "description": None,
        "start": None,
        "end": "2031-01-01T09:00:00+09:00",
        "timezone": "Asia/Tokyo",
        "settings": ["Mo-Fr 09:00-18:00"],
        "duration": 30,
    }
    assert {key: reply.json()[key] for key in expected} == expected
    assert [skill["name"] for skill in reply.json()["skills"]] == ["Photography", "Retouching"]
    facts = await fetch_value(
        conn,
        "SELECT facts FROM audit WHERE action = 'schedule.changed' AND subject_id = %(id)s ORDER BY id DESC",
        {"id": made["id"]},
    )
    assert (facts["price_before"], facts["price_after"]) == ("20.00", None)
    assert {"slug", "settings", "price", "skills"} <= set(facts["fields"])


async def test_a_change_of_hours_leaves_bookings_alone(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    made = await make(client, anna)
    event = await add_booking(conn, made["id"], anna, boris, starts_at=next_day(now), now=now, status=200)
    before = await fetch_value(conn, "SELECT e::text FROM calendar_event AS e WHERE id = %(id)s", {"id": event})
    body = change(settings={"days": {}}, price=99)
    assert (await client.put(f"/schedule/{made['id']}", json=body, headers=anna.headers)).status_code == 200
    assert before == await fetch_value(conn, "SELECT e::text FROM calendar_event AS e WHERE id = %(id)s", {"id": event})
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span WHERE event_id = %(id)s", {"id": event}) == 2


@pytest.mark.parametrize("name", ["label", "private", "currency", "settings"])
async def test_what_a_change_needs(client: httpx.AsyncClient, anna: Someone, name: str) -> None:
    made = await make(client, anna)
    body = {key: value for key, value in change().items() if key != name}
    assert list(await refusal(client, "PUT", f"/schedule/{made['id']}", anna, body)) == [name]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "taken"}, "slug"),
        ({"slug": "TAKEN"}, "slug"),
        ({"slug": "search"}, "slug"),
        ({"price": "0.001"}, "price"),
        ({"price": 1, "currency": None}, "currency"),
        ({"settings": {"days": 1}}, "settings"),
        ({"msp": None}, "msp"),
        ({"files": [MISSING]}, "files"),
        ({"benefitable_id": MISSING}, "benefitable_id"),
        ({"billable_id": MISSING}, "billable_id"),
        ({"skills": [{"name": ""}]}, "skills"),
    ],
)
async def test_changes_that_cannot_be_made(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, changes: dict[str, Any], field: str
) -> None:
    await make(client, boris, slug="Taken")
    made = await make(client, anna)
    before = await fetch_value(conn, "SELECT s::text FROM schedule AS s WHERE id = %(id)s", {"id": made["id"]})
    (found,) = await refusal(client, "PUT", f"/schedule/{made['id']}", anna, change(**changes))
    assert found.startswith(field)
    assert before == await fetch_value(conn, "SELECT s::text FROM schedule AS s WHERE id = %(id)s", {"id": made["id"]})


async def test_a_group_stays_a_group(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, type_id=2, settings={**SETTINGS, "seats": 2})
    errors = await refusal(client, "PUT", f"/schedule/{made['id']}", anna, change(settings={**SETTINGS, "seats": 1}))
    assert list(errors) == ["settings.seats"]


async def test_the_slug_of_a_deleted_schedule_is_free(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna, slug="again")
    assert list(await refusal(client, "POST", "/schedule", anna, wish(slug="AGAIN"))) == ["slug"]
    await client.delete(f"/schedule/{made['id']}", headers=anna.headers)
    assert (await make(client, anna, slug="again"))["id"] != made["id"]


# DELETE /schedule/{schedule}


async def test_deleting_cancels_what_is_pending_alone(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    pending = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 9), now=now)
    confirmed = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 11), now=now, status=200)
    elsewhere = await add_schedule(conn, anna, now=now)
    other = await add_booking(conn, elsewhere, anna, boris, starts_at=next_day(now, 13), now=now)
    reply = await client.delete(f"/schedule/{schedule}", headers=anna.headers)
    assert (reply.status_code, reply.json()) == (200, {"message": "deleted"})
    cursor = await conn.execute(
        """
        SELECT e.id, e.status_id, array_agg(DISTINCT a.status_id),
            (SELECT count(*) FROM busy_span AS b WHERE b.event_id = e.id)
        FROM calendar_event AS e
        JOIN event_attendee AS a ON a.event_id = e.id
        GROUP BY e.id
        ORDER BY e.id
        """
    )
    assert await cursor.fetchall() == [
        (pending, 444, [444], 0),
        (confirmed, 200, [200], 2),
        (other, 100, [100], 2),
    ]
    cursor = await conn.execute(
        """
        SELECT event_id, attendee_id IS NULL, from_status, to_status, actor_id
        FROM event_step
        ORDER BY attendee_id NULLS FIRST
        """
    )
    step = (100, 444, anna.id)
    assert await cursor.fetchall() == [(pending, True, *step), (pending, False, *step), (pending, False, *step)]
    assert (await client.delete(f"/schedule/{schedule}", headers=anna.headers)).status_code == 404


async def test_what_is_paid_does_not_vanish(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, anna, now=now, price=Decimal(10), currency="EUR")
    await add_booking(conn, schedule, anna, boris, starts_at=next_day(now), now=now, payment=300)
    free = await add_booking(conn, schedule, anna, boris, starts_at=next_day(now, 12), now=now)
    reply = await client.delete(f"/schedule/{schedule}", headers=anna.headers)
    assert reply.status_code == 409
    assert "1" in reply.json()["message"]
    assert await fetch_value(conn, "SELECT status_id FROM calendar_event WHERE id = %(id)s", {"id": free}) == 100
    await look(client, boris, schedule)


# Levels: who may do what, for every call.

CALLS: list[tuple[str, str, Any, str, int]] = [
    # method, path, body, the level that is needed and how much of it
    ("GET", "", None, "read", 0),
    ("GET", "/next", None, "read", 0),
    ("GET", "/users", None, "read", 1),
    ("PUT", "", change(), "write", 3),
    ("POST", "/users", "someone", "write", 3),
    ("DELETE", "/users?user_id={other}", None, "write", 3),
    ("DELETE", "", None, "write", 3),
]


@pytest.mark.parametrize("is_private", [False, True])
@pytest.mark.parametrize("read", [0, 1, 2])
@pytest.mark.parametrize("write", [0, 1, 2, 3])
async def test_levels_of_members(
    client: httpx.AsyncClient,
    conn: Connection,
    settings: Settings,
    anna: Someone,
    boris: Someone,
    now: datetime,
    is_private: bool,
    read: int,
    write: int,
) -> None:
    schedule = await add_schedule(conn, anna, now=now, is_private=is_private)
    other = await sign_in(conn, settings, "clara", now=now)
    await add_member(conn, schedule, boris, 2, read, write, now=now)
    await add_member(conn, schedule, other, 6, 0, 1, now=now)
    has = {"read": read, "write": write}
    for method, path, body, level, needed in CALLS:
        reply = await client.request(
            method,
            f"/schedule/{schedule}{path}".format(other=other.id),
            json=[{"user_id": other.id, "role_id": 6}] if body == "someone" else body,
            headers=boris.headers,
        )
        expected = 200 if has[level] >= needed else 403
        assert reply.status_code == expected, (method, path, reply.text)


async def test_levels_of_strangers(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    public = await add_schedule(conn, anna, now=now)
    private = await add_schedule(conn, anna, now=now, is_private=True)
    for method, path, body, _, needed in CALLS:
        for schedule, expected in ((public, 403 if needed else 200), (private, 404)):
            reply = await client.request(
                method,
                f"/schedule/{schedule}{path}".format(other=anna.id),
                json=[{"user_id": boris.id, "role_id": 6}] if body == "someone" else body,
                headers=boris.headers,
            )
            assert reply.status_code == expected, (method, path, reply.text)
    # A level of one's own does not lead to the schedules of others.
    assert (await client.delete(f"/schedule/{private}", headers=boris.headers)).status_code == 404
