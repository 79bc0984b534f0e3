"""Calendars: made, changed, shown and deleted by their owner."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.calendars.errors import SlugTaken
from artel.calendars.queries import hold_own_calendar
from artel.calendars.rules import MOST_CALENDARS, CalendarDraft, change_calendar, default_calendar
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound
from tests.api.time.conftest import Join
from tests.calendars.cast import add_attendee, add_busy_span, add_event, add_schedule
from tests.cast import Someone
from tests.rows import changed, digests


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna", timezone="Europe/Berlin")


@pytest.fixture
async def boris(join: Join) -> Someone:
    return await join("boris", language="RU")


async def make(client: httpx.AsyncClient, someone: Someone, label: str = "Work", **fields: Any) -> dict[str, Any]:
    answer = await client.post("/kal", headers=someone.headers, json={"label": label, "private": True, **fields})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def add_file(conn: Connection, owner_id: int, now: datetime) -> int:
    file_id: int = await fetch_value(
        conn,
        """
        INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
        VALUES (%(owner)s, 'plan.pdf', 'application/pdf', 1, '\\x00', gen_random_uuid()::text, %(now)s)
        RETURNING id
        """,
        {"owner": owner_id, "now": now},
    )
    return file_id


async def audited(conn: Connection, calendar_id: int) -> list[str]:
    cursor = await conn.execute(
        "SELECT action FROM audit WHERE subject = 'calendar' AND subject_id = %s ORDER BY id", [calendar_id]
    )
    return [row[0] for row in await cursor.fetchall()]


# POST /kal


async def test_a_new_calendar(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    file_id = await add_file(conn, anna.id, now)
    made = await make(
        client,
        anna,
        "  Мои   приёмы ",
        description=" Everything \n at once ",
        timezone="Asia/Omsk",
        files=[file_id, file_id],
    )
    assert made["label"] == "Мои приёмы"
    assert made["slug"] == "moi-priemy"
    assert made["description"] == "Everything \n at once"
    assert (made["timezone"], made["private"], made["files"]) == ("Asia/Omsk", True, [file_id])
    assert (made["user_id"], made["deleted_at"], made["owner_type"]) == (anna.id, None, "User")
    assert await audited(conn, made["id"]) == ["calendar.created"]
    shown = (await client.get(f"/kal/{made['id']}", headers=anna.headers)).json()
    assert {**shown, **made} == shown


async def test_the_first_calendar_is_the_default_one(client: httpx.AsyncClient, anna: Someone) -> None:
    first = await make(client, anna)
    second = await make(client, anna, "Play")
    assert (await client.get("/kal", headers=anna.headers)).json()["id"] == first["id"]
    assert (await client.get(f"/kal/{second['id']}", headers=anna.headers)).json()["default"] is False


async def test_its_zone_is_its_owners(client: httpx.AsyncClient, anna: Someone) -> None:
    assert (await make(client, anna))["timezone"] == "Europe/Berlin"
    assert (await make(client, anna, "Play", timezone=None, description=None, slug=None, files=None))[
        "timezone"
    ] == "Europe/Berlin"


async def test_labels_may_be_alike(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    first, second = await make(client, anna, "Work"), await make(client, boris, "work")
    assert first["slug"] == "work"
    assert second["slug"].startswith("work-")
    third = await make(client, anna, "会")
    assert third["slug"]
    assert (await make(client, anna, "2026"))["slug"] == "calendar-2026"
    assert (await make(client, anna, "Settings"))["slug"].startswith("settings-")


async def test_slugs_are_unique_in_any_case(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    await make(client, anna, slug="Anna-Works")
    answer = await client.post(
        "/kal", headers=boris.headers, json={"label": "W", "private": True, "slug": "anna-WORKS"}
    )
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["slug"]
    assert answer.json()["message"] == "Этот адрес уже занят."


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"label": "   "}, "label"),
        ({"label": ""}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": None}, "label"),
        ({"private": None}, "private"),
        ({"private": "yes"}, "private"),
        ({"description": "a\x00"}, "description"),
        ({"slug": "ab"}, "slug"),
        ({"slug": "12345"}, "slug"),
        ({"slug": "-anna"}, "slug"),
        ({"slug": "anna--works"}, "slug"),
        ({"slug": "анна"}, "slug"),
        ({"slug": "ſlug"}, "slug"),
        ({"slug": "a b c"}, "slug"),
        ({"slug": "x" * 65}, "slug"),
        ({"slug": "Google"}, "slug"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"files": [999999]}, "files"),
        ({"files": [0]}, "files.0"),
        ({"files": [2**63]}, "files.0"),
    ],
)
async def test_what_cannot_be_a_calendar(
    client: httpx.AsyncClient, anna: Someone, fields: dict[str, Any], field: str
) -> None:
    sent = {"label": "Work", "private": True, **fields}
    answer = await client.post("/kal", headers=anna.headers, json=sent)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    made = await make(client, anna)
    before = (await client.get(f"/kal/{made['id']}", headers=anna.headers)).json()
    assert (await client.put(f"/kal/{made['id']}", headers=anna.headers, json=sent)).status_code == 422
    assert (await client.get(f"/kal/{made['id']}", headers=anna.headers)).json() == before


async def test_others_files_are_not_ones_own(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    theirs = await add_file(conn, boris.id, now)
    answer = await client.post("/kal", headers=anna.headers, json={"label": "W", "private": True, "files": [theirs]})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["files"]


async def test_how_many_there_may_be(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
        SELECT %s, 'Full', 'full-' || n, 'UTC', %s, %s FROM generate_series(1, %s) AS n
        """,
        [anna.id, now, now, MOST_CALENDARS - 1],
    )
    body = {"label": "One more", "private": True}
    answers = await asyncio.gather(*(client.post("/kal", headers=anna.headers, json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422]
    assert [answer.json()["errors"] for answer in answers if answer.status_code == 422] == [{}] * 4


async def test_one_slug_many_callers(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    bodies = [{"label": "Work", "private": True, "slug": slug} for slug in ("the-one", "THE-one") * 8]
    answers = await asyncio.gather(
        *(
            client.post("/kal", headers=(anna, boris)[number % 2].headers, json=body)
            for number, body in enumerate(bodies)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 15
    assert {tuple(answer.json()["errors"]) for answer in answers if answer.status_code == 422} == {("slug",)}


async def test_first_calendars_at_once(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    answers = await asyncio.gather(
        *(client.post("/kal", headers=anna.headers, json={"label": "Work", "private": True}) for _ in range(6)),
        *(client.get("/kal", headers=anna.headers) for _ in range(6)),
    )
    assert [answer.status_code for answer in answers] == [200] * 12
    assert len({answer.json()["id"] for answer in answers[6:]}) == 1
    assert (
        await fetch_value(
            conn, "SELECT count(*) FROM calendar WHERE person_id = %(id)s AND is_default", {"id": anna.id}
        )
        == 1
    )


async def test_a_slug_is_not_taken_by_a_default_calendar_made_meanwhile(
    client: httpx.AsyncClient, database: Database, anna: Someone, now: datetime
) -> None:
    async with database.transaction() as conn:
        await default_calendar(conn, anna.id, now=now)
        making = asyncio.create_task(make(client, anna, slug="anna-works"))
        await asyncio.sleep(0.3)
        assert not making.done(), "whether it is the first is not known yet"
    assert (await making)["slug"] == "anna-works"


async def test_once_under_one_key(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    headers = {**anna.headers, "Idempotency-Key": "first"}
    answers = [await client.post("/kal", headers=headers, json={"label": "Work", "private": True}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await fetch_value(conn, "SELECT count(*) FROM calendar") == 1


async def test_nobody_unknown(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna)
    for method, path in [
        ("GET", "/kal"),
        ("POST", "/kal"),
        ("GET", f"/kal/{made['id']}"),
        ("PUT", f"/kal/{made['id']}"),
        ("DELETE", f"/kal/{made['id']}"),
        ("GET", f"/kal/{made['id']}/schedule"),
        ("GET", f"/kal/{made['id']}/schedule/1"),
        ("GET", f"/kal/{made['id']}/contract"),
        ("GET", f"/kal/{made['id']}/contract/1"),
        ("POST", f"/kal/{made['id']}/feed"),
    ]:
        assert (await client.request(method, path)).status_code == 401, (method, path)


# GET /kal


async def test_the_default_calendar_is_made_at_first_use(
    client: httpx.AsyncClient, conn: Connection, boris: Someone
) -> None:
    first = (await client.get("/kal", headers=boris.headers)).json()
    assert first == (await client.get("/kal", headers=boris.headers)).json()
    assert (first["label"], first["private"], first["default"]) == ("Мой календарь", True, True)
    assert (first["schedules"], first["events"], first["slots"]) == ([], [], [])
    assert await audited(conn, first["id"]) == ["calendar.created"]


# PUT /kal/{kal}


async def test_a_change(client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime) -> None:
    made = await make(client, anna, description="Before", slug="anna-works", files=[await add_file(conn, anna.id, now)])
    answer = await client.put(f"/kal/{made['id']}", headers=anna.headers, json={"label": "Practice", "private": False})
    assert answer.status_code == 200
    assert answer.json() == {**made, "label": "Practice", "private": False, "updated_at": answer.json()["updated_at"]}
    cleared = await client.put(
        f"/kal/{made['id']}",
        headers=anna.headers,
        json={
            "label": "Practice",
            "private": False,
            "description": None,
            "timezone": None,
            "files": [],
            "slug": "ANNA-works",
        },
    )
    assert cleared.json()["description"] is None
    assert (cleared.json()["files"], cleared.json()["timezone"]) == ([], "Europe/Berlin")
    assert cleared.json()["slug"] == "ANNA-works"
    assert await audited(conn, made["id"]) == ["calendar.created", "calendar.changed", "calendar.changed"]
    again = await client.put(f"/kal/{made['id']}", headers=anna.headers, json={"label": "Practice", "private": False})
    assert again.json() == cleared.json()
    assert len(await audited(conn, made["id"])) == 3, "nothing changed"


async def test_a_change_needs_label_and_private(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna)
    answer = await client.put(f"/kal/{made['id']}", headers=anna.headers, json={"label": "Practice"})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["private"]


async def test_a_taken_slug(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    await make(client, anna, slug="anna-works")
    made = await make(client, boris)
    answer = await client.put(
        f"/kal/{made['id']}", headers=boris.headers, json={"label": "W", "private": True, "slug": "ANNA-works"}
    )
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["slug"]


async def test_exchanging_slugs_waits_in_no_circle(
    client: httpx.AsyncClient, database: Database, anna: Someone, boris: Someone, now: datetime
) -> None:
    """Each has given up the slug that the other wants, and neither has committed."""
    one, other = await make(client, anna, slug="slug-of-one"), await make(client, boris, slug="slug-of-two")
    wished = {"label": "W", "private": True, "slug": "slug-of-one"}
    async with database.transaction() as conn:
        draft = CalendarDraft(label="W", is_private=True, slug="given-up")
        await change_calendar(conn, one["id"], draft, person_id=anna.id, now=now)
        second = asyncio.create_task(client.put(f"/kal/{other['id']}", headers=boris.headers, json=wished))
        await asyncio.sleep(0.3)
        draft = CalendarDraft(label="W", is_private=True, slug="slug-of-two")
        with pytest.raises(SlugTaken):
            await change_calendar(conn, one["id"], draft, person_id=anna.id, now=now)
    assert (await second).json()["slug"] == "slug-of-one"


async def test_another_zone_moves_no_event(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime
) -> None:
    made = await make(client, anna)
    await add_event(conn, made["id"], anna.id, datetime(2026, 3, 31, 22, 30, tzinfo=UTC), now=now)
    asked = f"/kal/{made['id']}?start=2026-03-31&end=2026-04-01"
    (event,) = (await client.get(asked, headers=anna.headers)).json()["events"]
    assert (event["start"], event["date"]) == ("2026-04-01T00:30:00+02:00", "2026-04-01")
    await client.put(
        f"/kal/{made['id']}", headers=anna.headers, json={"label": "W", "private": True, "timezone": "America/New_York"}
    )
    (moved,) = (await client.get(asked, headers=anna.headers)).json()["events"]
    assert (moved["start"], moved["date"]) == ("2026-03-31T18:30:00-04:00", "2026-03-31")
    assert moved["timezone"] == "America/New_York"


@pytest.mark.parametrize("is_private", [True, False])
async def test_others_change_nothing(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, is_private: bool
) -> None:
    made = await make(client, anna, private=is_private)
    await make(client, boris, "Mine")
    before = await digests(conn)
    for method, path in [("PUT", ""), ("DELETE", ""), ("POST", "/feed")]:
        answer = await client.request(
            method, f"/kal/{made['id']}{path}", headers=boris.headers, json={"label": "W", "private": True}
        )
        assert answer.status_code == 404, method
    assert changed(before, await digests(conn)) == []


@pytest.mark.parametrize("kal", ["999999999", "9223372036854775807"])
async def test_missing(client: httpx.AsyncClient, anna: Someone, kal: str) -> None:
    for method, path in [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/schedule"),
        ("GET", "/contract"),
        ("POST", "/feed"),
    ]:
        answer = await client.request(
            method, f"/kal/{kal}{path}", headers=anna.headers, json={"label": "W", "private": True}
        )
        assert answer.status_code == 404, (method, path)


@pytest.mark.parametrize(
    "kal",
    ["0", "-1", "9223372036854775808", "1.5", "work", "feed"],
)
@pytest.mark.parametrize("path", ["", "/schedule", "/contract/1"])
async def test_what_is_no_id(client: httpx.AsyncClient, anna: Someone, kal: str, path: str) -> None:
    answer = await client.get(f"/kal/{kal}{path}", headers=anna.headers)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


# DELETE /kal/{kal}


async def test_deleting_with_all_events(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    await make(client, anna)
    made = await make(client, anna, "Play", slug="anna-plays")
    event_id = await add_event(conn, made["id"], anna.id, now + timedelta(days=1), now=now, attendees={anna.id: 3})
    await add_busy_span(conn, event_id, anna.id)
    past = await add_event(conn, made["id"], boris.id, now - timedelta(days=1), now=now, attendees={boris.id: 4})
    charge = await add_event(
        conn, made["id"], anna.id, now - timedelta(days=9), now=now, type_id=2, payment_status_id=300
    )
    unpaid = await add_event(conn, made["id"], anna.id, now - timedelta(days=9), now=now, type_id=2)
    answer = await client.delete(f"/kal/{made['id']}", headers=anna.headers)
    assert (answer.status_code, answer.json()) == (200, {"message": "deleted"})
    assert (await client.get(f"/kal/{made['id']}", headers=anna.headers)).status_code == 404
    assert (await client.delete(f"/kal/{made['id']}", headers=anna.headers)).status_code == 404
    cursor = await conn.execute("SELECT id FROM calendar_event WHERE deleted_at IS NOT NULL ORDER BY id")
    assert [row[0] for row in await cursor.fetchall()] == [event_id, past, unpaid]
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    kept = "SELECT calendar_id IS NULL AND deleted_at IS NULL FROM calendar_event WHERE id = %(id)s"
    assert await fetch_value(conn, kept, {"id": charge}), "what was paid stays on the books"
    assert await audited(conn, made["id"]) == ["calendar.created", "calendar.deleted"]
    assert (await make(client, boris, slug="anna-plays"))["slug"] == "anna-plays", "its name is free again"


async def test_the_only_calendar_stays(client: httpx.AsyncClient, anna: Someone) -> None:
    made = await make(client, anna)
    answer = await client.delete(f"/kal/{made['id']}", headers=anna.headers)
    assert answer.status_code == 409


async def test_of_the_default_one_the_oldest_takes_the_place(
    client: httpx.AsyncClient, conn: Connection, anna: Someone
) -> None:
    first = await make(client, anna)
    outside = await make(client, anna, "From outside")
    await conn.execute("UPDATE calendar SET type_id = 2 WHERE id = %s", [outside["id"]])
    assert (await client.delete(f"/kal/{first['id']}", headers=anna.headers)).status_code == 409, "no bookings go there"
    second, _ = await make(client, anna, "Play"), await make(client, anna, "Rest")
    assert (await client.delete(f"/kal/{first['id']}", headers=anna.headers)).status_code == 200
    assert (await client.get("/kal", headers=anna.headers)).json()["id"] == second["id"]


async def test_a_calendar_with_schedules_stays(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime
) -> None:
    await make(client, anna)
    made = await make(client, anna, "Play")
    schedule_id = await add_schedule(conn, made["id"], anna.id, now=now)
    assert (await client.delete(f"/kal/{made['id']}", headers=anna.headers)).status_code == 409
    await conn.execute("UPDATE schedule SET deleted_at = %s WHERE id = %s", [now, schedule_id])
    assert (await client.delete(f"/kal/{made['id']}", headers=anna.headers)).status_code == 200


@pytest.mark.parametrize(
    ("event_status", "attendance", "starts_in", "status"),
    [
        (200, 200, timedelta(days=1), 409),
        (100, 100, timedelta(days=1), 409),
        (200, 200, timedelta(minutes=-10), 409),  # it is going on
        (200, 200, timedelta(days=-1), 200),
        (444, 444, timedelta(days=1), 200),
        (200, 444, timedelta(days=1), 200),
    ],
)
async def test_others_bookings_are_not_deleted_with_it(
    client: httpx.AsyncClient,
    conn: Connection,
    anna: Someone,
    boris: Someone,
    now: datetime,
    event_status: int,
    attendance: int,
    starts_in: timedelta,
    status: int,
) -> None:
    await make(client, anna)
    made = await make(client, anna, "Play")
    event_id = await add_event(conn, made["id"], boris.id, now + starts_in, now=now, status_id=event_status)
    await add_attendee(conn, event_id, boris.id, now=now, status=attendance)
    answer = await client.delete(f"/kal/{made['id']}", headers=anna.headers)
    assert answer.status_code == status, answer.text


async def test_a_booking_that_is_being_made_counts(
    client: httpx.AsyncClient, database: Database, conn: Connection, anna: Someone, boris: Someone, now: datetime
) -> None:
    """The deletion waits for whoever puts something into the calendar, and looks again."""
    await make(client, anna)
    made = await make(client, anna, "Play")
    async with database.transaction() as booking:
        await add_event(booking, made["id"], boris.id, now + timedelta(days=1), now=now, attendees={boris.id: 4})
        deletion = asyncio.create_task(client.delete(f"/kal/{made['id']}", headers=anna.headers))
        await asyncio.sleep(0.3)
        assert not deletion.done()
    assert (await deletion).status_code == 409


async def test_who_holds_a_calendar_puts_something_into_one_that_stands(
    client: httpx.AsyncClient, database: Database, anna: Someone, boris: Someone, now: datetime
) -> None:
    await make(client, anna)
    made = await make(client, anna, "Play")
    async with database.transaction() as other:
        await hold_own_calendar(other, anna.id, made["id"])
        deletion = asyncio.create_task(client.delete(f"/kal/{made['id']}", headers=anna.headers))
        await asyncio.sleep(0.3)
        assert not deletion.done()
        await add_schedule(other, made["id"], anna.id, now=now)
    assert (await deletion).status_code == 409
    async with database.transaction() as other:
        with pytest.raises(NotFound):
            await hold_own_calendar(other, boris.id, made["id"])


async def test_two_deletions_leave_one(client: httpx.AsyncClient, anna: Someone) -> None:
    for number in range(5):
        kals = [await make(client, anna, f"Pair {number}-{half}") for half in range(2)]
        if number == 0:
            first = kals
        answers = await asyncio.gather(*(client.delete(f"/kal/{kal['id']}", headers=anna.headers) for kal in kals))
        expected = [200, 409] if kals is first else [200, 200]
        assert sorted(answer.status_code for answer in answers) == expected
