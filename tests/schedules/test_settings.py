"""Settings in the three ways of writing hours; whatever else is sent is refused by name and never a crash."""

import ast
import itertools
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from dateutil import rrule
from hypothesis import example, given, settings
from hypothesis import strategies as st

import artel.schedules
from artel.api.time.errors import TABLE
from artel.schedules.errors import SettingsInvalid
from artel.schedules.hours import Cancellation, SlotRules
from artel.schedules.recurrence import days_met
from artel.schedules.settings import read_settings
from artel.schedules.slots import hours_on, offered_starts
from tests.schedules.oracle import DAY, EPOCH, busy_spans

NOW = datetime(2026, 6, 3, 10, 20, tzinfo=UTC)
WORKDAY = (540, 1080)


def read(given: object, **more: Any) -> SlotRules:
    terms = {"timezone": "Europe/Berlin", "notice_minutes": 0, "starts_at": None, "ends_at": None, "now": NOW, **more}
    rules = read_settings(given, **terms)
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(rules))), SlotRules) == rules
    return rules


def refused(given: object, **more: Any) -> tuple[str | None, str]:
    with pytest.raises(SettingsInvalid) as refusal:
        read(given, **more)
    entry = TABLE[refusal.value.code]
    assert entry.text("EN", refusal.value.facts)
    assert entry.text("RU", refusal.value.facts)
    return refusal.value.field, refusal.value.code.removeprefix("schedule_settings_")


def test_the_object() -> None:
    rules = read(
        {
            "duration": 45,
            "durations": [15, 45, 90],
            "step": 15,
            "days": {
                "2": [["14:00", "18:00"], ["09:00", "13:00"]],
                "1": [["22:00", "02:00"]],
                "7": [["10:00", "24:00"]],
            },
            "exceptions": [
                {"date": "2026-12-31", "hours": []},
                {"date": "2026-12-24", "hours": [["9:00", "12:00:00"]]},
            ],
            "buffer_before": 5,
            "buffer_after": 10,
            "horizon_days": 90,
            "max_per_day": 4,
            "seats": 3,
            "hold_minutes": 15,
            "price_per": "hour",
            "assignment": "round_robin",
            "confirmation": "manual",
            "languages": ["EN", "ru", "en"],
            "location": "Room 4",
            "cancellation": {"until_minutes": 1440, "refund_percent": 50},
            "reminders": [30, 1440, 30],
            "theme": {"color": "red"},
        },
        notice_minutes=120,
        starts_at=datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC),
        ends_at=datetime(2026, 7, 1, 0, 0, 59, tzinfo=UTC),
    )
    assert rules == SlotRules(
        timezone="Europe/Berlin",
        duration=45,
        durations=(15, 45, 90),
        step=15,
        days={"1": ((1320, 1560),), "2": ((540, 780), (840, 1080)), "7": ((600, 1440),)},
        exceptions={"2026-12-24": ((540, 720),), "2026-12-31": ()},
        buffer_before=5,
        buffer_after=10,
        horizon_days=90,
        max_per_day=4,
        seats=3,
        hold_minutes=15,
        notice_minutes=120,
        starts_at=int(datetime(2026, 6, 1, 0, 1, tzinfo=UTC).timestamp()) // 60,
        ends_at=int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()) // 60,
        price_per="hour",
        assignment="round_robin",
        confirmation="manual",
        languages=("en", "ru"),
        location="Room 4",
        cancellation=Cancellation(1440, 50),
        reminders=(1440, 30),
    )
    assert rules.all_durations == (45, 15, 90)


def test_what_is_left_out_or_null_is_the_default() -> None:
    plain = SlotRules(timezone="Europe/Berlin")
    assert read({}) == read([]) == plain
    assert read(dict.fromkeys(("duration", "step", "days", "exceptions", "max_per_day", "reminders", "seats"))) == plain
    assert plain.reminders == (1440, 60)
    assert read({"reminders": []}).reminders == ()
    assert read({"days": {"1": None, "2": []}}) == plain


def test_the_duration_beside_the_settings() -> None:
    assert read({}, duration=45).duration == 45
    assert read({"duration": 20}, duration=45).duration == 20
    assert read(["RRULE:FREQ=DAILY"], duration=45).recurrences[0].hours == ((0, 45),)
    assert refused({}, duration=4) == ("duration", "out_of_range")


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["Mo-Fr 09:00-18:00"], dict.fromkeys("12345", (WORKDAY,))),
        (["Sa,Su 10:00-14:00"], dict.fromkeys("67", ((600, 840),))),
        (["Mo,We 09:00-12:00,13:00-17:00"], dict.fromkeys("13", ((540, 720), (780, 1020)))),
        (["Mo-Tu,Th 09:00-18:00", "We 10:00-12:00"], {**dict.fromkeys("124", (WORKDAY,)), "3": ((600, 720),)}),
        (["Mo 13:00-18:00", "mo 09:00-13:00"], {"1": ((540, 780), (780, 1080))}),
        (["FR-mo 22:00-02:00"], dict.fromkeys("1567", ((1320, 1560),))),
        (["Monday, wed  9:00 – 18:00"], dict.fromkeys("13", (WORKDAY,))),
        (["Su"], {"7": ((0, 1440),)}),
        (["09:00-18:00"], dict.fromkeys("1234567", (WORKDAY,))),
        (["Mo-Su 00:00-24:00"], dict.fromkeys("1234567", ((0, 1440),))),
        (["Mo 09:00-18:00\nTu 09:00-18:00"], dict.fromkeys("12", (WORKDAY,))),
    ],
)
def test_opening_hours(lines: list[str], days: dict[str, object]) -> None:
    assert read(lines).days == days
    assert read({"days": lines, "seats": 2}).days == days


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        (None, "settings", "field_not_an_object"),
        ("Mo-Fr 09:00-18:00", "settings", "field_not_an_object"),
        ({"days": 5}, "settings.days", "field_not_a_list"),
        ({"days": {"0": []}}, "settings.days", "weekday_unknown"),
        ({"days": {"mo": []}}, "settings.days", "weekday_unknown"),
        ({"days": {"1": 5}}, "settings.days.1", "field_not_a_list"),
        ({"days": {"1": ["09:00", "10:00"]}}, "settings.days.1", "hours_invalid"),
        ({"days": {"1": [["09:00"]]}}, "settings.days.1", "hours_invalid"),
        ({"days": {"1": [["09:00", "09:00"]]}}, "settings.days.1", "hours_invalid"),
        ({"days": {"1": [["24:00", "25:00"]]}}, "settings.days.1", "time_invalid"),
        ({"days": {"1": [["24:00", "01:00"]]}}, "settings.days.1", "hours_invalid"),
        ({"days": {"1": [["09:00", "24:01"]]}}, "settings.days.1", "time_invalid"),
        ({"days": {"1": [["09:60", "10:00"]]}}, "settings.days.1", "time_invalid"),
        ({"days": {"1": [["٠٩:٠٠", "10:00"]]}}, "settings.days.1", "time_invalid"),
        ({"days": {"1": [[9, 10]]}}, "settings.days.1", "time_invalid"),
        ({"days": {"1": [["09:00", "13:00"], ["12:59", "14:00"]]}}, "settings.days.1", "hours_overlap"),
        ({"days": {"1": [["22:00", "02:00"], ["23:00", "23:30"]]}}, "settings.days.1", "hours_overlap"),
        ({"days": {"1": [["00:00", "00:01"]] * 49}}, "settings.days.1", "too_many"),
        ({"exceptions": {}}, "settings.exceptions", "field_not_a_list"),
        ({"exceptions": [5]}, "settings.exceptions.0", "field_not_an_object"),
        ({"exceptions": [{"date": "2026-02-30"}]}, "settings.exceptions.0.date", "field_not_a_date"),
        ({"exceptions": [{"date": "20260228"}]}, "settings.exceptions.0.date", "field_not_a_date"),
        ({"exceptions": [{"date": "2026-02-28"}] * 2}, "settings.exceptions.1.date", "date_twice"),
        ({"exceptions": [{"date": "2026-02-28", "hours": [1]}]}, "settings.exceptions.0.hours", "hours_invalid"),
        ({"exceptions": [{}] * 1001}, "settings.exceptions", "too_many"),
        ({"duration": 4}, "settings.duration", "out_of_range"),
        ({"duration": 1441}, "settings.duration", "out_of_range"),
        ({"duration": True}, "settings.duration", "field_not_an_integer"),
        ({"duration": 30.0}, "settings.duration", "field_not_an_integer"),
        ({"duration": "30"}, "settings.duration", "field_not_an_integer"),
        ({"durations": 30}, "settings.durations", "field_not_a_list"),
        ({"durations": [30, 4]}, "settings.durations.1", "out_of_range"),
        ({"step": 0}, "settings.step", "out_of_range"),
        ({"buffer_before": -1}, "settings.buffer_before", "out_of_range"),
        ({"buffer_after": 1441}, "settings.buffer_after", "out_of_range"),
        ({"horizon_days": 0}, "settings.horizon_days", "out_of_range"),
        ({"horizon_days": 10**30}, "settings.horizon_days", "out_of_range"),
        ({"max_per_day": 0}, "settings.max_per_day", "out_of_range"),
        ({"seats": 0}, "settings.seats", "out_of_range"),
        ({"hold_minutes": 0}, "settings.hold_minutes", "out_of_range"),
        ({"price_per": "day"}, "settings.price_per", "not_one_of"),
        ({"assignment": ["one"]}, "settings.assignment", "not_one_of"),
        ({"confirmation": True}, "settings.confirmation", "not_one_of"),
        ({"languages": "en"}, "settings.languages", "field_not_a_list"),
        ({"languages": ["en", 5]}, "settings.languages.1", "field_not_a_string"),
        ({"location": {}}, "settings.location", "field_not_a_string"),
        ({"location": "x" * 1001}, "settings.location", "field_too_long"),
        ({"location": "\0"}, "settings.location", "field_invalid"),
        ({"cancellation": 5}, "settings.cancellation", "field_not_an_object"),
        ({"cancellation": {"refund_percent": 101}}, "settings.cancellation.refund_percent", "out_of_range"),
        ({"cancellation": {"until_minutes": -1}}, "settings.cancellation.until_minutes", "out_of_range"),
        ({"reminders": [0]}, "settings.reminders.0", "out_of_range"),
        ({"reminders": list(range(1, 12))}, "settings.reminders", "too_many"),
        ([5], "settings.0", "field_not_a_string"),
        (["Mo-Fr 09:00-18:00", "Xx 09:00-18:00"], "settings.1", "weekday_unknown"),
        (["M 09:00-18:00"], "settings.0", "weekday_unknown"),
        (["Mo- 09:00-18:00"], "settings.0", "weekday_unknown"),
        (["Mo 09:00"], "settings.0", "time_invalid"),
        (["Mo 09:00-18:00-19:00"], "settings.0", "time_invalid"),
        (["Mo Tu 09:00-18:00"], "settings.0", "line_invalid"),
        (["09:00-18:00 Mo"], "settings.0", "line_invalid"),
        (["Mo-Fr 09:00-18:00", "Fr-Sa 17:00-19:00"], "settings.1", "hours_overlap"),
        (["x" * 501], "settings.0", "field_too_long"),
        (["Mo 09:00-10:00"] * 101, "settings", "too_many"),
        ([f"Mo {n // 60}:{n % 60:02}-{(n + 1) // 60}:{(n + 1) % 60:02}" for n in range(49)], "settings.48", "too_many"),
        (["RRULE:FREQ=DAILY"] * 11, "settings", "too_many"),
        ({"days": ["Mo 09:00"]}, "settings.days.0", "time_invalid"),
        (["RRULE"], "settings.0", "recurrence_invalid"),
        (["RRULE:"], "settings.0", "recurrence_invalid"),
        (["RRULE:BYDAY=MO"], "settings.0", "recurrence_invalid"),
        *[
            ([f"RRULE:FREQ={rule}"], "settings.0", "recurrence_invalid")
            for rule in (
                "SECONDLY", "MINUTELY", "HOURLY", "", "DAILY;INTERVAL=0", "DAILY;INTERVAL=1001", "DAILY;INTERVAL=-1",
                "DAILY;COUNT=0", "DAILY;COUNT=10001", "DAILY;COUNT=x", "DAILY;UNTIL=2026", "DAILY;UNTIL=20261301",
                "DAILY;UNTIL=99991231", "DAILY;BYDAY=XX", "DAILY;BYDAY=1MO", "WEEKLY;BYDAY=0MO", "MONTHLY;BYDAY=MO,",
                "MONTHLY;BYMONTHDAY=0", "MONTHLY;BYMONTHDAY=32", "YEARLY;BYMONTH=13", "DAILY;BYHOUR=24",
                "DAILY;BYMINUTE=60", "DAILY;BYSECOND=1", "DAILY;BYSETPOS=1", "DAILY;WKST=XX", "DAILY;FREQ=DAILY",
                "DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
            )
        ],
        (["EXDATE:20260101", "RRULE:FREQ=DAILY"], "settings.0", "recurrence_invalid"),
        (["DTSTART;TZID=Asia/Tokyo:20260101T090000"], "settings.0", "recurrence_invalid"),
        (["DTSTART:2026-01-01"], "settings.0", "recurrence_invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(given: object, field: str, code: str) -> None:
    assert refused(given) == (field, code)


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "localtime", None, 5])
def test_an_unknown_time_zone(timezone: object) -> None:
    assert refused({}, timezone=timezone) == ("timezone", "schedule_timezone_unknown")


def test_terms_beside_the_settings() -> None:
    assert refused({}, notice_minutes=-1) == ("msp", "out_of_range")
    assert refused({}, notice_minutes=2**31) == ("msp", "out_of_range")
    assert refused({}, starts_at=datetime.min.replace(tzinfo=UTC)) == ("start", "field_out_of_range")
    assert refused({}, ends_at=datetime.max.replace(tzinfo=UTC)) == ("end", "field_out_of_range")


def test_every_refusal_has_its_texts() -> None:
    """The codes are handed on to SettingsInvalid, where no other test looks for them."""
    found = set()
    for path in Path(artel.schedules.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "SettingsInvalid" and len(node.args) > 1:
                assert isinstance(node.args[1], ast.Constant)
                found.add(node.args[1].value)
    assert len(found) > 10
    assert found <= TABLE.keys()


# Whatever is sent -----------------------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        "Mo-Fr 09:00-18:00",
        "09:00",
        "24:00",
        "2026-12-31",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "DTSTART:20260101T090000",
        "one",
    ]
)
pieces = st.text(alphabet="MOTUWESAFRBYDNUILQCHK=;:,+-0123456789 \n–", max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | words
lines = st.builds("".join, st.tuples(st.sampled_from(["", "RRULE:FREQ=DAILY;", "DTSTART", "Mo "]), pieces))
anything = st.recursive(
    scalars | lines,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3) | words, inner, max_size=4),
    max_leaves=12,
)
KEYS = (*SlotRules.__struct_fields__, "date", "hours", "1", "7", "until_minutes", "refund_percent")
shaped = st.recursive(
    anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(shaped | st.lists(lines, max_size=4) | st.dictionaries(st.sampled_from(KEYS), shaped, max_size=4))
def test_whatever_is_sent_is_read_or_refused(sent: object) -> None:
    try:
        rules = read(sent)
    except SettingsInvalid:
        field, _ = refused(sent)
        assert (field or "").startswith("settings")
        return
    now = int(NOW.timestamp()) // 60
    window = {"start": now, "end": now + 3 * DAY, "now": now, "duration": rules.duration}
    offered_starts(rules, **window, busy=busy_spans([]))


# Recurrence rules, against dateutil -----------------------------------------------------------------------------------


def begins(rules: SlotRules, first: date, days: int) -> list[tuple[datetime, int]]:
    """The hours that begin on so many days, as civil times, and how long they are, once each."""
    day, opens, closes = hours_on(rules, np.arange(first.toordinal() - EPOCH, first.toordinal() - EPOCH + days))
    at = sorted(set(zip((day * DAY + opens).tolist(), (closes - opens).tolist(), strict=True)))
    return [(datetime.fromtimestamp(minute * 60, UTC).replace(tzinfo=None), length) for minute, length in at]


weekdays = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3)
# Plain and numbered ones are not mixed: dateutil wants a day to be both, RFC 5545 either.
numbered = st.lists(
    st.tuples(st.sampled_from(["1", "2", "-1", "+3", "5", "-2"]), st.sampled_from(["MO", "WE", "SU"])).map("".join),
    min_size=1,
    max_size=3,
)
month_days = st.lists(st.sampled_from(["1", "15", "29", "31", "-1", "-3"]), min_size=1, max_size=2)


@st.composite
def rules_written(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": [frequency]}
    optional = {
        "INTERVAL": st.sampled_from(["1", "2", "3"]).map(lambda each: [each]),
        "WKST": st.sampled_from(["MO", "SU", "TH"]).map(lambda each: [each]),
        "BYDAY": weekdays if frequency in {"DAILY", "WEEKLY"} else weekdays | numbered,
        "BYHOUR": st.lists(st.integers(0, 23).map(str), min_size=1, max_size=3),
        "BYMINUTE": st.lists(st.sampled_from(["0", "15", "59"]), min_size=1, max_size=2),
    }
    if frequency in {"MONTHLY", "YEARLY"}:
        optional["BYMONTHDAY"] = month_days
    if frequency == "YEARLY":
        optional["BYMONTH"] = st.lists(st.sampled_from(["1", "3", "10"]), min_size=1, max_size=2)
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        parts[name] = draw(optional[name])
    if "BYMONTHDAY" in parts:
        parts.pop("BYDAY", None)  # where no day is ever both, dateutil looks for one until the year 9999
    if draw(st.booleans()):
        parts["COUNT"] = [str(draw(st.integers(1, 40)))]
    elif draw(st.booleans()):
        parts["UNTIL"] = [draw(st.sampled_from(["20260401T120000", "20270301T000000"]))]
    return ";".join(f"{name}={','.join(values)}" for name, values in parts.items())


@settings(max_examples=200, deadline=None)
@example("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", datetime(2024, 1, 1, 9))  # noqa: DTZ001 - civil
@given(
    rules_written(),
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 3, 1)).map(  # noqa: DTZ001 - civil
        lambda at: at.replace(second=0, microsecond=0)
    ),
)
def test_recurrences_are_dateutils(rule: str, start: datetime) -> None:
    rules = read([f"DTSTART:{start:%Y%m%dT%H%M%S}", f"RRULE:{rule}"], duration=30)
    last = datetime(2027, 2, 1)  # noqa: DTZ001 - civil
    expected = list(itertools.takewhile(lambda at: at < last, rrule.rrulestr(f"RRULE:{rule}", dtstart=start)))
    found = begins(rules, start.date(), (last.date() - start.date()).days)
    assert [at for at, _ in found] == sorted(set(expected))
    assert {length for _, length in found} <= {30}


def test_weekdays_of_a_rule_add_up() -> None:
    rules = read(["DTSTART:20260601T090000", "RRULE:FREQ=MONTHLY;BYDAY=MO,1TU"])
    assert [at.day for at, _ in begins(rules, date(2026, 6, 1), 30)] == [1, 2, 8, 15, 22, 29]


def test_hours_of_a_recurrence_end_where_the_schedule_does() -> None:
    start, end = datetime(2026, 6, 1, 7, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC)  # 09:00 and 18:00 there
    day = date(2026, 6, 1)

    def lengths(rule: str, **more: Any) -> list[tuple[int, int]]:
        terms = {"starts_at": start, "ends_at": end, **more}
        return [(at.hour, length) for at, length in begins(read([f"RRULE:{rule}"], **terms), day, 1)]

    assert lengths("FREQ=DAILY") == [(9, 540)]
    assert lengths("FREQ=DAILY;BYHOUR=12") == [(12, 360)]
    assert lengths("FREQ=DAILY;BYHOUR=20") == [(20, 1320)]
    assert lengths("FREQ=DAILY;BYHOUR=10,14") == [(10, 30), (14, 30)]
    assert lengths("FREQ=DAILY;BYHOUR=18") == [(18, 30)]
    assert lengths("FREQ=DAILY", ends_at=None) == [(9, 30)]
    assert lengths("FREQ=DAILY", ends_at=datetime(2026, 12, 31, 23, tzinfo=UTC)) == [(9, 30)]  # midnight
    assert lengths("FREQ=DAILY;BYHOUR=8") == []  # before the schedule begins


def test_where_a_recurrence_begins() -> None:
    """At DTSTART, or the schedule's start, or today."""
    first = date(2026, 6, 1)
    today = begins(read(["RRULE:FREQ=DAILY;INTERVAL=2"]), first, 5)
    assert [at.isoformat() for at, _ in today] == ["2026-06-03T00:00:00", "2026-06-05T00:00:00"]
    start = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)  # the 2nd, 00:30 there
    started = begins(read(["RRULE:FREQ=WEEKLY"], starts_at=start), first, 10)
    assert [at.isoformat() for at, _ in started] == ["2026-06-02T00:30:00", "2026-06-09T00:30:00"]
    said = ["RRULE:FREQ=DAILY;COUNT=2", "DTSTART;TZID=Europe/Berlin:20260604T080000"]
    assert [at.isoformat() for at, _ in begins(read(said), first, 10)] == ["2026-06-04T08:00:00", "2026-06-05T08:00:00"]
    utc = ["DTSTART:20260604T080000Z", "RRULE:FREQ=DAILY;UNTIL=20260605"]
    assert [at.isoformat() for at, _ in begins(read(utc), first, 10)] == ["2026-06-04T10:00:00", "2026-06-05T10:00:00"]


def test_a_rule_that_never_comes_true_costs_nothing() -> None:
    rules = read(["DTSTART:20260105T090000", "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=5"])
    assert begins(rules, date(2026, 1, 1), 1000) == []
    assert days_met(rules.recurrences[0], np.arange(200_000)).shape == (3, 0)


def test_lines_of_both_kinds_add_up() -> None:
    rules = read(["Mo 09:00-10:00", "DTSTART:20260601T093000", "RRULE:FREQ=DAILY;COUNT=2"], duration=30)
    start = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) // 60
    window = {"start": start, "end": start + 3 * DAY, "now": start, "duration": 30}
    found = offered_starts(rules, **window, busy=busy_spans([]))
    # Monday 09:00 and 09:30, which both say, and Tuesday 09:30; two hours earlier in UTC.
    assert (found - start).tolist() == [420, 450, 450 + DAY]
    closed = msgspec.structs.replace(rules, exceptions={"2026-06-02": ((600, 630),)})
    assert (offered_starts(closed, **window, busy=busy_spans([])) - start).tolist() == [420, 450, 480 + DAY]
