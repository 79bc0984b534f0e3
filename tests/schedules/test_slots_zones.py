"""Fifty zones and ten years against the oracle: days around every change of their clocks, and others at random."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from artel.schedules.hours import SlotRules
from artel.schedules.slots import offered_starts
from artel.schedules.zones import offsets_between
from tests.schedules.oracle import DAY, Span, busy_spans, changes, minute, oracle_starts

YEARS = (2022, 2031)
ZONES = """
    Africa/Abidjan Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Johannesburg Africa/Juba Africa/Lagos
    America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bogota America/Caracas America/Chicago
    America/Denver America/Havana America/Los_Angeles America/Mexico_City America/New_York America/Nuuk
    America/Santiago America/Sao_Paulo America/Scoresbysund America/St_Johns Antarctica/Troll Asia/Almaty Asia/Amman
    Asia/Beirut Asia/Dubai Asia/Gaza Asia/Jerusalem Asia/Kathmandu Asia/Kolkata Asia/Tehran Asia/Tokyo Asia/Yangon
    Atlantic/Azores Australia/Adelaide Australia/Eucla Australia/Lord_Howe Australia/Sydney Europe/Berlin
    Europe/Chisinau Europe/Dublin Europe/London Europe/Moscow Pacific/Apia Pacific/Chatham Pacific/Easter
    Pacific/Kiritimati UTC
""".split()  # noqa: SIM905 - fifty lines of names are no better
AT_RANDOM = 10


def rules_of(dice: random.Random, timezone: str) -> SlotRules:
    days = {
        str(weekday): tuple(
            (begin, begin + dice.randrange(60, 1440, 15))
            for begin in (dice.choice((0, 0, dice.randrange(0, 1440, 15))),)
        )
        for weekday in range(1, 8)
    }
    return SlotRules(
        timezone=timezone,
        duration=dice.choice((15, 30, 50, 60, 120)),
        step=dice.choice((0, 0, 15, 20)),
        days=days,
        buffer_after=dice.choice((0, 10)),
        horizon_days=30,
    )


def test_there_are_fifty() -> None:
    assert len(set(ZONES)) == 50


@pytest.mark.parametrize("timezone", ZONES)
def test_the_changes_of_clocks_are_found(timezone: str) -> None:
    first, last = (minute(datetime(year, 1, 1, tzinfo=UTC)) for year in (YEARS[0], YEARS[1] + 1))
    offsets = offsets_between(timezone, first, last - 1)
    assert offsets.since[1:].tolist() == changes(timezone, *YEARS)
    sample = np.array([*range(first, last, 9973), *offsets.since[1:], *(offsets.since[1:] - 1)])
    zone = ZoneInfo(timezone)
    civil = [datetime.fromtimestamp(at * 60, zone).replace(tzinfo=UTC) for at in sample.tolist()]
    assert offsets.civil(sample).tolist() == [minute(each) for each in civil]


@pytest.mark.parametrize("timezone", ["Africa/Casablanca", "America/New_York", "Australia/Lord_Howe"])
def test_a_whole_year_at_once(timezone: str) -> None:
    """One question over two years' changes, exceptions between them."""
    dice = random.Random(timezone)
    start = minute(datetime(2026, 9, 1, tzinfo=UTC))
    rules = msgspec.structs.replace(
        rules_of(dice, timezone),
        horizon_days=400,
        exceptions={"2026-12-24": (), "2026-12-31": ((540, 720),), "2027-03-14": ((60, 300),)},
    )
    busy = [Span(at, at + 50, 10, 5) for at in dice.sample(range(start, start + 300 * DAY), 100)]
    window = {"start": start, "end": start + 300 * DAY, "now": start, "duration": rules.duration}
    expected = oracle_starts(rules, **window, busy=busy)
    assert offered_starts(rules, **window, busy=busy_spans(busy)).tolist() == expected


@pytest.mark.parametrize("timezone", ZONES)
def test_ten_years(timezone: str) -> None:
    dice = random.Random(timezone)
    clock_changes = changes(timezone, *YEARS)
    first, last = 27_345_600, 32_604_480  # 2022 to 2031, whole
    windows = [(change - dice.randrange(DAY), 2 * DAY) for change in clock_changes]
    windows += [(dice.randrange(first, last - DAY), DAY // 2) for _ in range(AT_RANDOM)]
    compared = 0
    for start, length in windows:
        rules = rules_of(dice, timezone)
        busy = [Span(start + at, start + at + 40, 0, 15) for at in dice.sample(range(length), 3)]
        window = {"start": start, "end": start + length, "now": start - DAY, "duration": rules.duration}
        expected = oracle_starts(rules, **window, busy=busy)
        assert offered_starts(rules, **window, busy=busy_spans(busy)).tolist() == expected
        compared += len(expected)
    assert compared > 40
