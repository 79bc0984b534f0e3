"""Events as iCalendar (RFC 5545): a calendar's feed, and the file that goes with an invitation or a reminder.

Times are UTC: an event here is one span of time and does not recur, so no zone needs to be described.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from icalendar import Calendar, Event, vCalAddress, vText

from artel.events.queries import EventRow

PRODUCT = "-//Artel//Artel//EN"
# Everything a text cannot carry; line ends and tabs it can.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
STATUSES = {100: "TENTATIVE", 400: "CANCELLED", 444: "CANCELLED", 555: "CANCELLED"}  # what is not here: CONFIRMED
# Of an attendee: pending, confirmed, declined, cancelled, missed.
ANSWERS = {100: "NEEDS-ACTION", 200: "ACCEPTED", 400: "DECLINED", 444: "DECLINED", 555: "NEEDS-ACTION"}


class Participant(msgspec.Struct, frozen=True):
    """Somebody who is written into an event. `status_id` is of their attendance, the organizer's counts for nothing."""

    name: str
    email: str
    status_id: int = 200


def calendar_of(
    events: Sequence[EventRow],
    *,
    name: str,
    uid_host: str,
    method: str | None = None,
    organizer: Participant | None = None,
    attendees: Mapping[int, Sequence[Participant]] | None = None,
    timezone: str | None = None,
    description: str | None = None,
    stamp: datetime | None = None,
) -> bytes:
    """One iCalendar object of these events, in their order.

    `uid_host` (see `uid_host_of`) makes their UIDs the world's only; an event keeps its UID for good. `method` is
    iTIP's: "REQUEST" invites and moves, "CANCEL" takes back, "PUBLISH" or None only tells; the two former need the
    `organizer`. `attendees` are by event id. `timezone` is what programs show the calendar in. `stamp` is when a
    message was made; without it each event's own last change, so that the same events give the same bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method is not None:
        calendar.add("method", method)
    calendar.add("x-wr-calname", vText(" ".join(clean(name).split())))  # of unknown names the library escapes nothing
    if description:
        calendar.add("x-wr-caldesc", vText(clean(description)))
    if timezone is not None:
        calendar.add("x-wr-timezone", timezone)
    for row in events:
        component = component_of(row, uid_host=uid_host, stamp=stamp or row.updated_at, is_cancel=method == "CANCEL")
        if organizer is not None:
            component.add("organizer", address_of(organizer))
        for attendee in (attendees or {}).get(row.id, ()):
            address = address_of(attendee)
            address.params["ROLE"] = vText("REQ-PARTICIPANT")
            address.params["PARTSTAT"] = vText(ANSWERS.get(attendee.status_id, "NEEDS-ACTION"))
            component.add("attendee", address)
        calendar.add_component(component)
    return bytes(calendar.to_ical())


def component_of(row: EventRow, *, uid_host: str, stamp: datetime, is_cancel: bool = False) -> Event:
    """One VEVENT. What is declined, cancelled, missed or deleted takes nobody's time."""
    status = "CANCELLED" if is_cancel or row.deleted_at is not None else STATUSES.get(row.status_id, "CONFIRMED")
    event = Event()
    event.add("uid", uid_of(row.id, uid_host))
    event.add("sequence", row.sequence)
    event.add("dtstamp", whole_second(stamp))
    event.add("created", whole_second(row.created_at))
    event.add("last-modified", whole_second(row.updated_at))
    event.add("dtstart", whole_second(row.starts_at))
    event.add("dtend", whole_second(row.ends_at))
    event.add("summary", clean(row.label))
    if row.description:
        event.add("description", clean(row.description))
    location = row.data.get("location") if isinstance(row.data, dict) else None
    if isinstance(location, str) and location.strip():
        event.add("location", clean(location))
    event.add("status", status)
    event.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    event.add("class", "PRIVATE" if row.is_private else "PUBLIC")
    return event


def uid_of(event_id: int, uid_host: str) -> str:
    return f"event-{event_id}@{uid_host}"


def uid_host_of(base_url: str) -> str:
    """The right side of this installation's UIDs: the host that its links lead to."""
    return urlsplit(base_url).hostname or "localhost"


def whole_second(at: datetime) -> datetime:
    """RFC 5545 knows no smaller part; in UTC."""
    return at.astimezone(UTC).replace(microsecond=0)


def clean(text: str) -> str:
    """The text with plain line ends and without what no content line may hold."""
    return CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def address_of(participant: Participant) -> vCalAddress:
    """A calendar user's address with their name. A name stands in quotes, so it holds none and is one line; an address
    is one word."""
    address = vCalAddress("mailto:" + "".join(clean(participant.email).split()))
    name = " ".join(clean(participant.name).replace('"', "'").split())
    if name:
        address.params["CN"] = vText(name)
    return address
