"""POST /schedule/preview."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.schedules.cast import next_day, preview_wish, refusal
from tests.cast import Someone
from tests.schedules.cast import (
    ALWAYS,
    SETTINGS,
    add_booking,
    make,
)


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
