"""How an event looks on the wire with what stands around it: who takes part, what was proposed, one's own part."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from artel.api.time.calendar_replies import CalendarReply, render_calendar
from artel.api.time.event_replies import EventReply, render_event
from artel.api.time.replies import instant, instant_or_none, money
from artel.db.pool import Connection
from artel.events.access import EventAccess, OwnPart
from artel.events.queries import as_seen_by
from artel.events.views import AttendeeRow, ProposalRow, attendees_of, own_calendars_of, proposals_of
from artel.schedules.availability import Slot
from artel.schedules.queries import ScheduleRow


class UserBrief(msgspec.Struct):
    """`ava_id` is the photo's file."""

    id: int
    name: str
    ava_id: int | None


class AttendeeReply(msgspec.Struct):
    """`id` is of this taking part, `user_id` of the person. Role 3 hosts, 4 has booked, 6 is invited. What is paid is
    told to hosts of everybody and to others of themselves; null besides."""

    id: int
    user_id: int
    role_id: int
    status_id: int
    price: str | None
    currency: str | None
    payment_status_id: int | None
    user: UserBrief


class EventWithAttendees(EventReply):
    """`attendees`: hosts see everybody, others of a booked event the hosts and themselves."""

    attendees: list[AttendeeReply]


class PivotReply(msgspec.Struct):
    """The caller's own taking part. `hold_until`: the seat is kept until then, if not paid or confirmed before."""

    id: int
    event_id: int
    user_id: int
    role_id: int
    status_id: int
    price: str | None
    currency: str | None
    payment_status_id: int
    refunded: str | None
    hold_until: str | None
    timezone: str | None
    created_at: str
    updated_at: str


class VoteReply(msgspec.Struct):
    user_id: int
    vote: bool
    created_at: str


class CorrectionReply(msgspec.Struct):
    """A proposed change: one decision. `field` is `time` (`{timezone, start, end}`, UTC), `amount` (`{amount,
    currency}`), `attendees` (the guests' ids) or the event's field. `status`: open, applied, rejected, withdrawn;
    `reason` says why what was agreed could not be done. `voters` are asked beside the proposer, `user_id`."""

    id: int
    event_id: int
    user_id: int
    field: str
    old: Any
    new: Any
    status: str
    reason: str | None
    voters: list[int]
    votes: list[VoteReply]
    created_at: str
    settled_at: str | None


class EventPage(msgspec.Struct):
    """`pivot` is null for who does not take part. `corrections` are the event's history, the newest last. `kals` are
    the caller's own calendars that it stands in."""

    event: EventWithAttendees
    pivot: PivotReply | None
    corrections: list[CorrectionReply]
    kals: list[CalendarReply]


class UpcomingSlot(msgspec.Struct):
    """A time at which the caller can be booked under one of their schedules: an event that is not there yet, so without
    `id` and `status_id`. `user_ids` are the hosts who are free then."""

    id: None
    type_id: int
    status_id: None
    kal_schedule_id: int
    kal_id: int
    label: str
    timezone: str
    start: str
    end: str
    view: str
    duration: int
    date: str
    seats_left: int
    user_ids: list[int]


async def event_page(conn: Connection, access: EventAccess, *, now: datetime) -> EventPage:
    attendees = await attendees_of(conn, access, now=now)
    calendars = await own_calendars_of(conn, access, now=now)
    return EventPage(
        event=EventWithAttendees(
            **msgspec.structs.asdict(render_event(as_seen_by(access.event, is_host=access.is_host))),
            attendees=[render_attendee(row) for row in attendees],
        ),
        pivot=None if access.own is None else render_pivot(access.own),
        corrections=await corrections_page(conn, access, attendees),
        kals=[render_calendar(row) for row in calendars],
    )


async def corrections_page(
    conn: Connection, access: EventAccess, attendees: Sequence[AttendeeRow]
) -> list[CorrectionReply]:
    """What was proposed, without the people whom the reader does not see in the event."""
    sees_all = access.is_host or access.event.schedule_id is None
    visible = None if sees_all else {access.person_id, *(row.person_id for row in attendees)}
    return [render_correction(row, access.event.id, visible) for row in await proposals_of(conn, access.event.id)]


def render_attendee(row: AttendeeRow) -> AttendeeReply:
    return AttendeeReply(
        id=row.id,
        user_id=row.person_id,
        role_id=row.role_id,
        status_id=row.status_id,
        price=None if row.price is None or row.exponent is None else money(row.price, row.exponent),
        currency=row.currency,
        payment_status_id=row.payment_status_id,
        user=UserBrief(row.person_id, f"{row.first_name} {row.last_name}".strip(), row.photo_file_id),
    )


def render_pivot(own: OwnPart) -> PivotReply:
    has_price = own.price is not None and own.exponent is not None
    return PivotReply(
        id=own.id,
        event_id=own.event_id,
        user_id=own.person_id,
        role_id=own.role_id,
        status_id=own.status_id,
        price=money(own.price, own.exponent) if has_price else None,  # type: ignore[arg-type]
        currency=own.currency,
        payment_status_id=own.payment_status_id,
        refunded=money(own.refunded, own.exponent) if has_price else None,  # type: ignore[arg-type]
        hold_until=instant_or_none(own.hold_until),
        timezone=own.timezone,
        created_at=instant(own.created_at),
        updated_at=instant(own.updated_at),
    )


def render_correction(row: ProposalRow, event_id: int, visible: set[int] | None) -> CorrectionReply:
    """`visible` are the people whom the reader sees in the event; None: all."""

    def of_visible(value: Any) -> Any:
        if visible is None or row.field != "attendees" or not isinstance(value, list):
            return value
        return [one for one in value if one in visible]

    return CorrectionReply(
        id=row.id,
        event_id=event_id,
        user_id=row.proposer_id,
        field=row.field,
        old=of_visible(row.old_value),
        new=of_visible(row.new_value),
        status=row.status,
        reason=row.settled_reason,
        voters=[voter for voter in row.voters if visible is None or voter in visible],
        votes=[
            VoteReply(vote.person_id, vote.is_yes, instant(vote.at))
            for vote in row.votes
            if visible is None or vote.person_id in visible
        ],
        created_at=instant(row.created_at),
        settled_at=instant_or_none(row.settled_at),
    )


def render_slot(schedule: ScheduleRow, slot: Slot) -> UpcomingSlot:
    start, end = instant(slot.start, schedule.timezone), instant(slot.end, schedule.timezone)
    ends = end[11:16] if start[:10] == end[:10] else f"{end[:10]} {end[11:16]}"
    return UpcomingSlot(
        id=None,
        type_id=1,
        status_id=None,
        kal_schedule_id=schedule.id,
        kal_id=schedule.calendar_id,
        label=schedule.label,
        timezone=schedule.timezone,
        start=start,
        end=end,
        view=f"{start[:10]} {start[11:16]} – {ends}",
        duration=int((slot.end - slot.start).total_seconds()) // 60,
        date=start[:10],
        seats_left=slot.seats_left,
        user_ids=list(slot.host_ids),
    )
