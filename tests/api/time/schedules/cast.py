"""What the tests of schedules share."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.cast import Someone
from tests.schedules.cast import (
    ALWAYS,
    SETTINGS,
)

MISSING = 999_999_999


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


def change(**changes: Any) -> dict[str, Any]:
    return {"label": "Consulting", "private": False, "currency": "EUR", "settings": SETTINGS, **changes}
