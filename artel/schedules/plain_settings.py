"""Settings in their plain form alone: minutes, and hours as "HH:MM"."""

from datetime import datetime
from typing import Any

import msgspec

from artel.schedules.errors import SettingsInvalid
from artel.schedules.hours import SlotRules


def read_settings(
    given: Any, *, timezone: str, notice_minutes: int, starts_at: datetime | None, ends_at: datetime | None
) -> SlotRules:
    if not isinstance(given, dict):
        raise SettingsInvalid("", "invalid")
    known = {name: value for name, value in given.items() if name in SlotRules.__struct_fields__}
    try:
        for name in ("days",):
            known[name] = {
                day: tuple((minutes(a), minutes(b)) for a, b in spans) for day, spans in known.get(name, {}).items()
            }
        known["exceptions"] = {
            one["date"]: tuple((minutes(a), minutes(b)) for a, b in one["hours"]) for one in given.get("exceptions", [])
        }
        return msgspec.convert(
            {
                **known,
                "timezone": timezone,
                "notice_minutes": notice_minutes,
                "starts_at": int(starts_at.timestamp()) // 60 if starts_at else None,
                "ends_at": int(ends_at.timestamp()) // 60 if ends_at else None,
            },
            SlotRules,
        )
    except (ValueError, TypeError, AttributeError, KeyError):
        raise SettingsInvalid("", "invalid") from None


def minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
