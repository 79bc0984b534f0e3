"""Refusals of profiles."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {}
