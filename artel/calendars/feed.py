"""Events as iCalendar (RFC 5545): a calendar's feed, and the file that goes with an invitation or a reminder.

Times are UTC: an event here is one span of time and does not recur, so no zone needs to be described.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from icalendar import Parameters, vCalAddress, vText
from icalendar.parser import Contentline

from artel.events.queries import EventRow

PRODUCT = b"PRODID:-//Artel//Artel//EN"
LONGEST_LINE = 75  # octets
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
    lines = [b"BEGIN:VCALENDAR", b"VERSION:2.0", PRODUCT, b"CALSCALE:GREGORIAN"]
    if method is not None:
        lines.append(line("METHOD", method))
    lines.append(text_line("X-WR-CALNAME", " ".join(name.split())))
    if description:
        lines.append(text_line("X-WR-CALDESC", description))
    if timezone is not None:
        lines.append(line("X-WR-TIMEZONE", timezone))
    for row in events:
        lines.append(b"BEGIN:VEVENT")
        lines += lines_of(row, uid_host=uid_host, stamp=stamp or row.updated_at, is_cancel=method == "CANCEL")
        if organizer is not None:
            lines.append(address_line("ORGANIZER", organizer, {}))
        lines += [
            address_line(
                "ATTENDEE",
                attendee,
                {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": ANSWERS.get(attendee.status_id, "NEEDS-ACTION")},
            )
            for attendee in (attendees or {}).get(row.id, ())
        ]
        lines.append(b"END:VEVENT")
    return b"\r\n".join([*lines, b"END:VCALENDAR", b""])


def lines_of(row: EventRow, *, uid_host: str, stamp: datetime, is_cancel: bool) -> list[bytes]:
    """What stands in one VEVENT. What is declined, cancelled, missed or deleted takes nobody's time.

    Line by line, with the library's escaping and folding: its own objects take ten times as long, and a feed has
    thousands of these.
    """
    status = "CANCELLED" if is_cancel or row.deleted_at is not None else STATUSES.get(row.status_id, "CONFIRMED")
    lines = [
        line("UID", uid_of(row.id, uid_host)),
        line("SEQUENCE", str(row.sequence)),
        line("DTSTAMP", utc(stamp)),
        line("CREATED", utc(row.created_at)),
        line("LAST-MODIFIED", utc(row.updated_at)),
        line("DTSTART", utc(row.starts_at)),
        line("DTEND", utc(row.ends_at)),
        text_line("SUMMARY", row.label),
        line("STATUS", status),
        line("TRANSP", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE"),
        line("CLASS", "PRIVATE" if row.is_private else "PUBLIC"),
    ]
    if row.description:
        lines.append(text_line("DESCRIPTION", row.description))
    location = row.data.get("location") if isinstance(row.data, dict) else None
    if isinstance(location, str) and location.strip():
        lines.append(text_line("LOCATION", location))
    return lines


def line(name: str, value: str) -> bytes:
    """A content line of a value that has nothing to escape."""
    whole = f"{name}:{value}"
    if len(whole) <= LONGEST_LINE and whole.isascii():
        return whole.encode()
    return text_line(name, value)


def text_line(name: str, text: str) -> bytes:
    """A content line of any text: escaped, and folded where it is long."""
    return bytes(Contentline.from_parts(name, Parameters(), vText(clean(text))).to_ical())


def address_line(name: str, participant: Participant, parameters: dict[str, str]) -> bytes:
    """A calendar user's address with their name. A name stands in quotes, so it holds none and is one line; an address
    is one word."""
    common_name = " ".join(clean(participant.name).replace('"', "'").split())
    address = vCalAddress("mailto:" + "".join(clean(participant.email).split()))
    parts = Parameters({**({"CN": common_name} if common_name else {}), **parameters})
    return bytes(Contentline.from_parts(name, parts, address).to_ical())


def uid_of(event_id: int, uid_host: str) -> str:
    return f"event-{event_id}@{uid_host}"


def uid_host_of(base_url: str) -> str:
    """The right side of this installation's UIDs: the host that its links lead to."""
    return urlsplit(base_url).hostname or "localhost"


def utc(at: datetime) -> str:
    """RFC 5545 knows no smaller part than a second."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def clean(text: str) -> str:
    """The text with plain line ends and without what no content line may hold."""
    return CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
