"""The slots that are offered: by hand at the hard places, and against the oracle for whatever Hypothesis thinks of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artel.schedules.hours import SlotRules
from artel.schedules.slots import Taken, offered_starts
from tests.schedules.oracle import DAY, Span, busy_spans, changes, local_date, minute, oracle_starts

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Australia/Eucla",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Antarctica/Troll",
    "Pacific/Apia",
    "America/St_Johns",
    "Asia/Beirut",
    "Pacific/Chatham",
    "Africa/Cairo",
    "UTC",
)


def slots(
    rules: SlotRules,
    day: str,
    *,
    days: int = 1,
    duration: int | None = None,
    busy: tuple[Span, ...] = (),
    taken: tuple[Taken, ...] = (),
    now: int | None = None,
) -> list[str]:
    """The slots of local days, as civil times with their offsets. Now is a day before."""
    zone = ZoneInfo(rules.timezone)
    start = minute(datetime.fromisoformat(day).replace(tzinfo=zone))
    end = minute((datetime.fromisoformat(day) + timedelta(days=days)).replace(tzinfo=zone))
    found = offered_starts(
        rules,
        start=start,
        end=end,
        now=start - DAY if now is None else now,
        duration=duration or rules.duration,
        busy=busy_spans(busy),
        taken=taken,
    )
    return [f"{datetime.fromtimestamp(at * 60, zone):%H:%M%z}"[:8] for at in found.tolist()]


def at(civil: str, timezone: str = "Europe/Berlin") -> int:
    return minute(datetime.fromisoformat(civil).replace(tzinfo=ZoneInfo(timezone)))


def every_day(*hours: tuple[int, int], timezone: str = "Europe/Berlin", **terms: object) -> SlotRules:
    return SlotRules(timezone=timezone, days={str(day): hours for day in range(1, 8)}, **terms)  # type: ignore[arg-type]


def test_hours_are_civil_time_on_both_sides_of_a_change() -> None:
    rules = every_day((540, 600))
    assert slots(rules, "2026-03-28") == ["09:00+01", "09:30+01"]
    assert slots(rules, "2026-03-29") == ["09:00+02", "09:30+02"]


def test_a_time_that_the_clocks_skip_is_not_offered() -> None:
    assert slots(every_day((90, 240)), "2026-03-29") == ["01:30+01", "03:00+02", "03:30+02"]
    # An hour from 01:30 on is over at 03:30: durations are elapsed time.
    assert slots(every_day((90, 240), duration=60, step=30), "2026-03-29") == ["01:30+01", "03:00+02"]


def test_a_time_that_comes_twice_is_offered_once_the_first() -> None:
    assert slots(every_day((90, 210)), "2026-10-25") == ["01:30+02", "02:00+02", "02:30+02", "03:00+01"]


def test_hours_end_where_the_clocks_skip_their_end() -> None:
    assert slots(every_day((60, 150)), "2026-03-29") == ["01:00+01", "01:30+01"]


def test_hours_end_at_the_first_of_two() -> None:
    assert slots(every_day((60, 150)), "2026-10-25") == ["01:00+02", "01:30+02", "02:00+02"]
    # From 02:00 until 03:00 are two hours then: the second is nobody's start, but a slot may last into it.
    assert slots(every_day((120, 180), duration=90, step=30), "2026-10-25") == ["02:00+02", "02:30+02"]


def test_a_day_that_a_country_skipped_has_no_slots() -> None:
    rules = every_day((540, 600), timezone="Pacific/Apia", duration=60)
    start = at("2011-12-29", "Pacific/Apia")
    found = offered_starts(rules, start=start, end=start + 3 * DAY, now=start, duration=60, busy=busy_spans([]))
    assert [local_date("Pacific/Apia", each) for each in found.tolist()] == [
        date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1),
    ]  # fmt: skip


def test_a_midnight_that_the_clocks_skip() -> None:
    rules = every_day((0, 120), timezone="America/Sao_Paulo", duration=60)
    assert slots(rules, "2018-11-03") == ["00:00-03", "01:00-03"]
    assert slots(rules, "2018-11-04") == ["01:00-02"]


def test_hours_past_midnight_belong_to_the_day_they_begin_on() -> None:
    rules = SlotRules(timezone="Europe/Berlin", duration=60, days={"1": ((1320, 1560),)})  # Mondays 22:00-02:00
    assert slots(rules, "2026-06-01") == ["22:00+02", "23:00+02"]
    assert slots(rules, "2026-06-02") == ["00:00+02", "01:00+02"]
    closed = SlotRules(timezone="Europe/Berlin", duration=60, days=rules.days, exceptions={"2026-06-02": ()})
    assert slots(closed, "2026-06-02") == ["00:00+02", "01:00+02"]
    closed = SlotRules(timezone="Europe/Berlin", duration=60, days=rules.days, exceptions={"2026-06-01": ()})
    assert slots(closed, "2026-06-01", days=2) == []


def test_an_exception_replaces_its_day() -> None:
    rules = every_day((540, 600), exceptions={"2026-06-02": ((720, 750),), "2026-06-03": ()})
    assert slots(rules, "2026-06-01", days=4) == [
        "09:00+02", "09:30+02", "12:00+02", "09:00+02", "09:30+02",
    ]  # fmt: skip


def test_hours_that_overlap_the_next_day_offer_a_time_once() -> None:
    rules = SlotRules(timezone="UTC", duration=60, days={"7": ((1320, 1560),), "1": ((0, 180),)})
    assert slots(rules, "2026-05-31", days=2) == ["22:00+00", "23:00+00", "00:00+00", "01:00+00", "02:00+00"]


def test_of_two_buffers_the_larger_counts() -> None:
    rules = every_day((540, 780), buffer_before=10, buffer_after=20, step=5)
    meeting = Span(at("2026-06-01T10:30"), at("2026-06-01T11:00"), before=15, after=5)
    free = slots(rules, "2026-06-01", busy=(meeting,))
    # 09:00-09:40 leave 20 minutes to the meeting, which begins at 10:30; the first after it leaves 10.
    assert [free[free.index("09:40+02") + 1], free[0], free[-1]] == ["11:10+02", "09:00+02", "12:30+02"]


def test_notice_horizon_and_bounds() -> None:
    now = at("2026-06-01T09:10")
    assert slots(every_day((540, 720), notice_minutes=50), "2026-06-01", now=now)[0] == "10:00+02"
    assert slots(every_day((540, 720), notice_minutes=51), "2026-06-01", now=now)[0] == "10:30+02"
    assert slots(every_day((540, 720), horizon_days=1), "2026-06-02", now=now) == ["09:00+02"]
    bounded = every_day((540, 720), starts_at=at("2026-06-01T09:31"), ends_at=at("2026-06-01T11:29"))
    assert slots(bounded, "2026-06-01") == ["10:00+02", "10:30+02"]
    assert slots(every_day((540, 720), notice_minutes=525_600), "2026-06-01") == []


def test_the_limit_counts_a_local_day() -> None:
    rules = every_day((0, 1440), timezone="America/New_York", duration=480, max_per_day=1)
    late = Taken(at("2026-06-01T23:00", "America/New_York"), at("2026-06-02T07:00", "America/New_York"), 1)
    assert slots(rules, "2026-06-01", days=2, taken=(late,)) == ["00:00-04", "08:00-04", "16:00-04"]
    assert slots(rules, "2026-06-02", taken=(late,)) == ["00:00-04", "08:00-04", "16:00-04"]


def test_seats_left_are_offered_as_the_event_they_are_in() -> None:
    rules = every_day((540, 720), duration=60, seats=3, max_per_day=1)
    begin = at("2026-06-01T10:15")
    busy = (Span(begin, begin + 60),)
    assert slots(rules, "2026-06-01", busy=busy, taken=(Taken(begin, begin + 60, 2),)) == ["10:15+02"]
    assert slots(rules, "2026-06-01", busy=busy, taken=(Taken(begin, begin + 60, 3),)) == []
    assert slots(rules, "2026-06-01", duration=30, busy=busy, taken=(Taken(begin, begin + 60, 2),)) == []
    closed = every_day((540, 720), duration=60, seats=3, exceptions={"2026-06-01": ()})
    assert slots(closed, "2026-06-01", busy=busy, taken=(Taken(begin, begin + 60, 2),)) == []


# The oracle ----------------------------------------------------------------------------------------------------------

hours = st.tuples(st.integers(0, 287), st.integers(1, 288)).map(lambda span: (span[0] * 5, (span[0] + span[1]) * 5))
days_of_hours = st.lists(hours, max_size=3).map(tuple)


@st.composite
def questions(draw: st.DrawFn) -> tuple[SlotRules, dict[str, object]]:
    timezone = draw(st.sampled_from(ZONES))
    around = changes(timezone, 2010, 2034) or [minute(datetime(2026, 6, 1, tzinfo=UTC))]
    middle = draw(st.sampled_from(around)) if draw(st.booleans()) else minute(datetime(2030, 2, 3, tzinfo=UTC))
    start = middle - draw(st.integers(-DAY, 3 * DAY))
    end = start + draw(st.sampled_from((1, 60, DAY, 4 * DAY)))
    duration = draw(st.sampled_from((5, 15, 30, 45, 60, 90, 480, 1440)))
    local = [local_date(timezone, start) + timedelta(days=number) for number in range(-3, 6)]
    bound = st.none() | st.integers(start - DAY, end + DAY)
    rules = SlotRules(
        timezone=timezone,
        duration=duration,
        step=draw(st.sampled_from((0, 5, 7, 20, 30, 60, 1440))),
        days=draw(st.dictionaries(st.sampled_from("1234567"), days_of_hours)),
        exceptions=draw(
            st.dictionaries(st.sampled_from([day.isoformat() for day in local]), days_of_hours, max_size=3)
        ),
        buffer_before=draw(st.sampled_from((0, 5, 30, 1440))),
        buffer_after=draw(st.sampled_from((0, 10, 60))),
        horizon_days=draw(st.integers(1, 9)),
        max_per_day=draw(st.none() | st.integers(1, 3)),
        seats=draw(st.integers(1, 3)),
        notice_minutes=draw(st.sampled_from((0, 1, 90, 3000))),
        starts_at=draw(bound),
        ends_at=draw(bound),
    )
    instants = st.integers(start - 2 * DAY, end + 2 * DAY)
    spans = st.builds(
        lambda begin, length, before, after: Span(begin, begin + length, before, after),
        instants,
        st.integers(1, 600),
        st.sampled_from((0, 0, 15, 1440)),
        st.sampled_from((0, 0, 15)),
    )
    taken = st.builds(
        lambda begin, length, seats: Taken(begin, begin + length, seats),
        instants.map(lambda at: at // 15 * 15),
        st.just(duration) | st.integers(1, 600),
        st.integers(1, 3),
    )
    return rules, {
        "start": start,
        "end": end,
        "now": start - draw(st.sampled_from((-600, 0, 1, DAY, 5 * DAY))),
        "duration": draw(st.just(duration) | st.sampled_from((30, 120))),
        "busy": draw(st.lists(spans, max_size=6)),
        "taken": draw(st.lists(taken, max_size=5)),
    }


@settings(max_examples=400, deadline=None)
@given(questions())
def test_the_oracle_says_the_same(question: tuple[SlotRules, dict[str, object]]) -> None:
    rules, window = question
    busy = window.pop("busy")
    expected = oracle_starts(rules, **window, busy=busy)  # type: ignore[arg-type]
    found = offered_starts(rules, **window, busy=busy_spans(busy))  # type: ignore[arg-type]
    assert found.tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 500])
def test_a_busy_year_is_what_is_left_of_it(count: int) -> None:
    """A year at once, against the definition in one line."""
    rules = every_day((0, 1440), horizon_days=400)
    now = at("2026-01-01")
    random = np.random.default_rng(count)
    spans = [Span(int(begin), int(begin) + 45, 5, 5) for begin in random.integers(now, now + 365 * DAY, count)]
    window = {"start": now, "end": now + 365 * DAY, "now": now, "duration": 30}
    everything = offered_starts(rules, **window, busy=busy_spans([])).tolist()
    left = offered_starts(rules, **window, busy=busy_spans(spans)).tolist()
    assert len(everything) == 365 * 48 - 2  # the hour that is skipped; the repeated one is taken once
    assert left == [each for each in everything if not any(s.start - 5 < each + 30 and each < s.end + 5 for s in spans)]
