"""How letters say when something is, with whom, and what is proposed."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from artel.timezones import known_timezones

LOCALES = {"EN": "en_GB", "RU": "ru_RU"}
# Whoever never chose a zone has this one, so it says little.
NOT_CHOSEN = "UTC"
MOST_NAMES = 5
AND_MORE = {"EN": "and {count} more", "RU": "и ещё {count}"}
FIELDS = {
    "EN": {
        "time": "the time",
        "label": "the title",
        "description": "the description",
        "private": "who may see it",
        "files": "the files",
        "attendees": "the guests",
        "amount": "the price",
        "credit": "how it is paid",
        "benefitable_id": "who is paid",
        "payment_status_id": "whether it is paid",
        "status_id": "the status",
    },
    "RU": {
        "time": "время",
        "label": "название",
        "description": "описание",
        "private": "кому она видна",
        "files": "файлы",
        "attendees": "гостей",
        "amount": "цену",
        "credit": "способ оплаты",
        "benefitable_id": "получателя оплаты",
        "payment_status_id": "отметку об оплате",
        "status_id": "статус",
    },
}


def zone_for(booked_in: str | None, chosen: str, of_event: str) -> str:
    """Whose times a letter tells: those of the zone that the reader booked in, of the one they chose, of the event."""
    for name in (booked_in, chosen if chosen != NOT_CHOSEN else None, of_event):
        if name is not None and name in known_timezones():
            return name
    return NOT_CHOSEN


def say_when(starts_at: datetime, ends_at: datetime, timezone: str, language: str) -> str:
    """As in: Tuesday, 1 December 2026, 09:00–09:30 (Europe/Berlin)."""
    zone = ZoneInfo(timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    locale = LOCALES.get(language, LOCALES["EN"])
    first = f"{format_date(start.date(), 'full', locale=locale)}, {start:%H:%M}"
    if start.date() == end.date():
        return f"{first}–{end:%H:%M} ({timezone})"
    return f"{first} – {format_date(end.date(), 'full', locale=locale)}, {end:%H:%M} ({timezone})"


def names_together(names: Sequence[str], language: str) -> str:
    told = list(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        told.append(AND_MORE.get(language, AND_MORE["EN"]).format(count=len(names) - MOST_NAMES))
    return ", ".join(told)


def say_fields(fields: Sequence[str], language: str) -> str:
    words = FIELDS.get(language, FIELDS["EN"])
    return ", ".join(words.get(field, field) for field in fields)
