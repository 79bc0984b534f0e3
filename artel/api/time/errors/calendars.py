"""Refusals of calendars."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {}
