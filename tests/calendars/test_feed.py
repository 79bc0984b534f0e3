"""Events as iCalendar: read back by the library, and held to what RFC 5545 says of lines."""

from datetime import UTC, datetime, timedelta

import icalendar
import msgspec
import pytest

from artel.calendars import feed
from artel.calendars.feed import Participant, calendar_of
from artel.events.queries import EventRow

AT = datetime(2026, 3, 29, 9, 30, 15, 999, tzinfo=UTC)


def event(number: int = 60001, **changes: object) -> EventRow:
    row = EventRow(
        id=number,
        type_id=1,
        status_id=200,
        payment_status_id=100,
        creator_id=1,
        schedule_id=None,
        calendar_id=30001,
        parent_id=None,
        billable_id=None,
        benefitable_id=None,
        label="Consultation",
        description=None,
        timezone="Europe/Berlin",
        starts_at=AT,
        ends_at=AT + timedelta(minutes=45),
        amount=None,
        currency=None,
        exponent=None,
        is_credit=False,
        is_private=False,
        file_ids=[],
        data={},
        external_id=None,
        sequence=3,
        created_at=AT - timedelta(days=9),
        updated_at=AT - timedelta(days=2),
        deleted_at=None,
    )
    return msgspec.structs.replace(row, **changes)


def read(content: bytes) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(content)
    events = calendar.walk("VEVENT")
    assert [part.errors for part in events] == [[]] * len(events)
    return events


def test_an_event_is_read_back_as_it_is() -> None:
    content = calendar_of(
        [event(data={"location": "Room 3"})], name="Work", uid_host="artel.test", timezone="Asia/Omsk"
    )
    (found,) = read(content)
    assert found["UID"] == "event-60001@artel.test"
    assert found["SEQUENCE"] == 3
    assert found["DTSTART"].dt == AT.replace(microsecond=0)
    assert found["DTEND"].dt == AT.replace(microsecond=0) + timedelta(minutes=45)
    assert found["LAST-MODIFIED"].dt == found["DTSTAMP"].dt == (AT - timedelta(days=2)).replace(microsecond=0)
    assert (found["SUMMARY"], found["LOCATION"], found["CLASS"]) == ("Consultation", "Room 3", "PUBLIC")
    whole = icalendar.Calendar.from_ical(content)
    assert (whole["X-WR-CALNAME"], whole["X-WR-TIMEZONE"], whole["VERSION"]) == ("Work", "Asia/Omsk", "2.0")
    assert "METHOD" not in whole


@pytest.mark.parametrize(
    ("status", "said", "takes_time"),
    [
        (100, "TENTATIVE", "OPAQUE"),
        (200, "CONFIRMED", "OPAQUE"),
        (777, "CONFIRMED", "OPAQUE"),
        (400, "CANCELLED", "TRANSPARENT"),
        (444, "CANCELLED", "TRANSPARENT"),
        (555, "CANCELLED", "TRANSPARENT"),
    ],
)
def test_states(status: int, said: str, takes_time: str) -> None:
    (found,) = read(calendar_of([event(status_id=status)], name="Work", uid_host="artel.test"))
    assert (found["STATUS"], found["TRANSP"]) == (said, takes_time)


def test_texts_are_escaped_and_lines_folded() -> None:
    label = 'Приём; у врача, \\ "важно"\r\nEND:VEVENT ' * 9
    content = calendar_of(
        [event(label=label, description="a\x0b\x85b\rc")], name="N\r\nX-EVIL:1, 2", uid_host="artel.test"
    )
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # no letter is cut in two
    assert b"X-EVIL" not in [line.split(b":")[0] for line in lines]
    (found,) = read(content)
    assert found["SUMMARY"] == label.replace("\r\n", "\n")
    assert found["DESCRIPTION"] == "ab\nc"


def test_an_invitation_names_its_people() -> None:
    content = calendar_of(
        [event(), event(60002)],
        name="Work",
        uid_host="artel.test",
        method="REQUEST",
        organizer=Participant('Anna "A"\nX:Y', "anna@example.test"),
        attendees={60001: [Participant("Boris; B", "boris@example.test", 100)]},
        stamp=AT,
    )
    assert icalendar.Calendar.from_ical(content)["METHOD"] == "REQUEST"
    first, second = read(content)
    assert first["ORGANIZER"] == "mailto:anna@example.test"
    assert first["ORGANIZER"].params["CN"] == "Anna 'A' X:Y"
    assert first["ATTENDEE"] == "mailto:boris@example.test"
    assert first["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert "ATTENDEE" not in second
    assert first["DTSTAMP"].dt == AT.replace(microsecond=0)


def test_taking_back_cancels_whatever_the_state() -> None:
    (found,) = read(calendar_of([event()], name="Work", uid_host="artel.test", method="CANCEL"))
    assert found["STATUS"] == "CANCELLED"


def test_uid_hosts() -> None:
    assert feed.uid_host_of("https://book.example.test:8443/x") == "book.example.test"
    assert feed.uid_host_of("") == "localhost"
