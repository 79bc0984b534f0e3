"""What a change says about when an event is to be."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from artel.errors import Refused
from artel.events.changed_times import WantedTimes, times_over
from artel.events.queries import EventRow

START = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)  # 10:00 in Berlin, two days before its clocks go on
EVENT = EventRow(
    id=1,
    type_id=1,
    status_id=200,
    payment_status_id=100,
    creator_id=1,
    schedule_id=None,
    calendar_id=None,
    parent_id=None,
    billable_id=None,
    benefitable_id=None,
    label="Planning",
    description=None,
    timezone="Europe/Berlin",
    starts_at=START,
    ends_at=START + timedelta(hours=1),
    amount=None,
    currency=None,
    exponent=None,
    is_credit=False,
    is_private=False,
    file_ids=[],
    data={},
    external_id=None,
    sequence=0,
    created_at=START,
    updated_at=START,
    deleted_at=None,
)


@pytest.mark.parametrize(
    ("wanted", "start", "minutes"),
    [
        ({"start": "11:30"}, "2026-03-27T10:30", 60),  # on its own day, as long as before
        ({"date": "2026-03-30"}, "2026-03-30T08:00", 60),  # still ten o'clock, in summer time
        ({"date": "2026-03-30T22:30:00Z", "start": "00:15"}, "2026-03-30T22:15", 60),  # that instant's local day
        ({"start": "2026-03-28T10:00:00Z"}, "2026-03-28T10:00", 60),
        ({"start": "2026-03-28T10:00"}, "2026-03-28T09:00", 60),  # civil time
        ({"duration": 15}, "2026-03-27T09:00", 15),
        ({"end": "10:45"}, "2026-03-27T09:00", 45),
        ({"start": "23:00", "end": "01:00"}, "2026-03-27T22:00", 120),  # past midnight
        ({"start": "11:00", "end": "11:30", "duration": 30}, "2026-03-27T10:00", 30),
        ({"timezone": "Asia/Tokyo"}, "2026-03-27T09:00", 60),  # the same instant, told there
        ({"timezone": "Asia/Tokyo", "start": "19:00"}, "2026-03-27T10:00", 60),
        ({"date": "2026-10-25", "start": "02:30"}, "2026-10-25T00:30", 60),  # comes twice: the first
    ],
    ids=str,
)
def test_what_is_not_given_stays(wanted: dict[str, object], start: str, minutes: int) -> None:
    times = times_over(EVENT, msgspec.convert(wanted, WantedTimes))
    assert times.starts_at == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert times.ends_at - times.starts_at == timedelta(minutes=minutes)
    assert times.timezone == wanted.get("timezone", "Europe/Berlin")


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"timezone": "Mars/Base"}, "schedule_timezone_unknown", "timezone"),
        ({"start": "soon"}, "event_time_unreadable", "start"),
        ({"start": "24:61"}, "event_time_unreadable", "start"),
        ({"date": "someday"}, "event_time_unreadable", "date"),
        ({"date": "9999-12-31"}, "event_time_unreadable", "date"),
        ({"date": "2026-03-29", "start": "02:30"}, "event_time_skipped", "start"),
        ({"end": "2026-03-27T09:00:00Z"}, "event_ends_before_start", "end"),
        ({"end": "2026-05-27T09:00:00Z"}, "event_too_long", "end"),
        ({"end": "10:10"}, "event_too_short", "end"),
        ({"end": "11:00", "duration": 45}, "event_times_disagree", "duration"),
    ],
    ids=str,
)
def test_what_no_event_can_have(wanted: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        times_over(EVENT, msgspec.convert(wanted, WantedTimes))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_slot_may_be_as_short_as_its_schedule_says() -> None:
    slot = msgspec.structs.replace(EVENT, schedule_id=1, ends_at=START + timedelta(minutes=5))
    assert times_over(slot, WantedTimes(end="10:10")).ends_at == START + timedelta(minutes=10)
    short = msgspec.structs.replace(EVENT, ends_at=START + timedelta(minutes=5))
    assert times_over(short, WantedTimes(start="11:00")).ends_at == START + timedelta(hours=1, minutes=5)
