"""GET /user/{user} and /otheruser/{id}: who sees whom, and what."""

from datetime import datetime, timedelta

import httpx
from psycopg.sql import SQL, Identifier

from artel.companies import members
from artel.db.pool import Connection
from artel.profiles.sight import seen_among
from tests.api.time.other_users.cast import EMAIL, SECRETS, look
from tests.cast import Someone
from tests.contacts.cast import HOURS, Join, add_meeting, offer_hours


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
        await conn.execute(
            "INSERT INTO event_step (event_id, to_status, actor_id, at) VALUES (%s, %s, %s, %s)",
            [event, status, whose.id, now],
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
