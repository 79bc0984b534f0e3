"""Booking a slot, and events put on a schedule by hand: two calls of the tag Schedule."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.languages import language_of
from artel.api.once import answer_once_within
from artel.api.time.access import MaybePerson, SignedPerson
from artel.api.time.event_replies import EventReply, render_event
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, answer_once, instant_or_none, money
from artel.companies.access import Person, Right
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import Refused
from artel.events.adding import Invited, NewEvent, add_event
from artel.events.booking import Booked, NewBooking, book
from artel.events.queries import event_by_id
from artel.events.times import read_instant, read_times
from artel.events.tokens import booking_url
from artel.events.visitors import Visitor, book_as_visitor, count_visit
from artel.operations.rate_limits import name_key
from artel.schedules.queries import ScheduleRow, Write, access_schedule
from artel.schedules.terms import LONGEST_DESCRIPTION, LONGEST_LABEL, clean_text
from artel.timezones import known_timezones

TimeRequest = Request[Any, Any, State]
Instant = Annotated[str, Meta(min_length=1, max_length=40)]
Label = Annotated[str, Meta(max_length=LONGEST_LABEL)]
Description = Annotated[str, Meta(max_length=LONGEST_DESCRIPTION)]


class BookingWish(msgspec.Struct):
    """`start` is ISO 8601; without an offset it is civil time in `timezone`, by default the schedule's. `duration`
    counts minutes: one that the schedule offers. Who is not signed in gives `email` and `name`; of others they are not
    looked at."""

    start: Instant
    duration: Annotated[int, Meta(ge=1, le=1440)] | None = None
    timezone: Annotated[str, Meta(max_length=100)] | None = None
    label: Label | None = None
    description: Description | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None


class BookingUser(msgspec.Struct):
    """The client. Of a visitor it is what they typed, and no id."""

    id: int | None
    name: str
    email: str
    phone: str | None


class BookingReply(msgspec.Struct):
    """`url` is the page where the booking is paid, looked at and cancelled; `token` is its secret. `needs` says what is
    missing: "payment" or "confirmation" (the click on the link in the letter), before `hold_until`; "host": the host's
    word; null: the booking is confirmed."""

    url: str
    user: BookingUser
    event: EventReply
    token: str
    needs: Literal["payment", "confirmation", "host"] | None
    hold_until: str | None


@post(
    "/schedule/{schedule:str}/book",
    status_code=200,
    tags=["Schedule"],
    summary="Book a slot, signed in or not",
)
async def book_slot(
    request: TimeRequest, person: MaybePerson, schedule: PathId, data: JSONBody[BookingWish]
) -> BookingReply:
    """Takes exactly what the listing of free slots offers. 409: somebody else has it."""
    if person is not None:
        return await answer_once(request, person, lambda conn: book_signed_in(conn, request, person, schedule, data))  # type: ignore[return-value]
    visitor = Visitor.read(
        email=required("email", data.email),
        name=required("name", clean_text("name", data.name, 200)),
        phone=data.phone,
        language=language_of(request),
    )
    database = context_of(request).database
    async with database.connection() as conn:
        await access_schedule(conn, None, schedule, write=Write.BOOK)
    await count_visit(database, visitor, schedule, address=client_address(request), now=clock.now())
    scope = f"visitor:{name_key(visitor.email)}:time"
    return await answer_once_within(  # type: ignore[return-value]
        request, scope, lambda conn: book_unknown(conn, request, visitor, schedule, data)
    )


async def book_signed_in(
    conn: Connection, request: TimeRequest, person: Person, schedule_id: int, data: BookingWish
) -> BookingReply:
    schedule = (await access_schedule(conn, person.person_id, schedule_id, write=Write.BOOK)).schedule
    booked = await book(
        conn,
        schedule,
        new_booking(data, schedule),
        client_id=person.person_id,
        is_proven=True,
        actor_id=person.person_id,
        now=clock.now(),
    )
    user = await fetch_one(
        conn,
        BookingUser,
        """
        SELECT id, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) AS name, email, phone
        FROM person
        WHERE id = %(id)s
        """,
        {"id": person.person_id},
    )
    assert user is not None, "somebody signed in is there"
    return await render_booking(conn, request, booked, user)


async def book_unknown(
    conn: Connection, request: TimeRequest, visitor: Visitor, schedule_id: int, data: BookingWish
) -> BookingReply:
    schedule = (await access_schedule(conn, None, schedule_id, write=Write.BOOK)).schedule
    booked = await book_as_visitor(
        conn,
        schedule,
        new_booking(data, schedule),
        visitor,
        base_url=context_of(request).settings.base_url,
        now=clock.now(),
    )
    user = BookingUser(None, visitor.name, visitor.email, visitor.phone)
    return await render_booking(conn, request, booked, user)


def required(field: str, given: str | None) -> str:
    if not (given or "").strip():
        raise Refused("field_required", field)
    return str(given)


def new_booking(data: BookingWish, schedule: ScheduleRow) -> NewBooking:
    if data.timezone is not None and data.timezone not in known_timezones():
        raise Refused("schedule_timezone_unknown", "timezone")
    return NewBooking(
        start=read_instant(data.start, data.timezone or schedule.timezone, "start"),
        duration=data.duration,
        timezone=data.timezone,
        label=clean_text("label", data.label, LONGEST_LABEL) or None,
        description=clean_text("description", data.description, LONGEST_DESCRIPTION) or None,
    )


async def render_booking(conn: Connection, request: TimeRequest, booked: Booked, user: BookingUser) -> BookingReply:
    """What the client sees of the event: with their own price, and without ids of theirs that a visitor did not type
    and may not learn."""
    event = render_event(await event_by_id(conn, booked.event_id))
    event.amount = None if booked.price is None else money(booked.price, booked.exponent)
    if user.id is None:
        for kind in ("billable", "benefitable"):
            if getattr(event, f"{kind}_id") == booked.client_id:
                setattr(event, f"{kind}_id", None)
                setattr(event, f"{kind}_type", None)
        if event.user_id == booked.client_id:
            event.user_id = None
    return BookingReply(
        url=booking_url(context_of(request).settings.base_url, booked.token),
        user=user,
        event=event,
        token=booked.token,
        needs=booked.needs,
        hold_until=instant_or_none(booked.hold_until, event.timezone),
    )


class AttendeeWish(msgspec.Struct):
    """Somebody to invite: a client (4) or a guest (6)."""

    user_id: Id | Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]
    role_id: Literal[4, 6, "4", "6"] = 4


class EventWish(msgspec.Struct):
    """`start` and `end` are ISO 8601, or times of day ("09:30"), the start's on the day of `date`; without `start`,
    `date` is when it starts. Instead of `end`, `duration` counts minutes; with neither it lasts as long as a slot of
    the schedule. What has no offset is civil time of the schedule. `price` is for each client, in whole units of
    `currency`, by default the schedule's."""

    label: Annotated[str, Meta(min_length=1, max_length=LONGEST_LABEL)]
    date: Instant | None = None
    start: Instant | None = None
    end: Instant | None = None
    duration: Annotated[int, Meta(ge=15, le=44_640)] | None = None
    status_id: Literal[100, 200, 400, 444, 555, 777, "100", "200", "400", "444", "555", "777"] | None = None
    type_id: Literal[1, 2, 3, 4, "1", "2", "3", "4"] | None = None
    price: Decimal | None = None
    currency: Annotated[str, Meta(max_length=10)] | None = None
    description: Description | None = None
    files: Annotated[list[Id], Meta(max_length=50)] | None = None
    attendees: Annotated[list[AttendeeWish], Meta(max_length=100)] | None = None


@post(
    "/schedule/{schedule:str}/event",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Schedule"],
    summary="Put an event on a schedule, at any time",
)
async def put_event(
    request: TimeRequest, person: SignedPerson, schedule: PathId, data: JSONBody[EventWish]
) -> EventReply:
    """For members who may write the schedule's events (2). A meeting, pending or confirmed, takes the host's time."""

    async def put(conn: Connection) -> EventReply:
        access = await access_schedule(conn, person.person_id, schedule, write=Write.EVENTS)
        new = new_event(data, access.schedule)
        event_id = await add_event(conn, access.schedule, new, actor_id=person.person_id, now=clock.now())
        return render_event(await event_by_id(conn, event_id))

    return await answer_once(request, person, put)  # type: ignore[return-value]


def new_event(data: EventWish, schedule: ScheduleRow) -> NewEvent:
    type_id = int(data.type_id or 1)
    starts_at, ends_at = read_times(
        date_=data.date,
        start=data.start,
        end=data.end,
        duration=data.duration,
        timezone=schedule.timezone,
        # A payment or a comment is of a moment.
        default_minutes=max(15, schedule.slot_rules.duration) if type_id in (1, 2) else 0,
    )
    return NewEvent(
        label=data.label,
        starts_at=starts_at,
        ends_at=ends_at,
        type_id=type_id,
        status_id=None if data.status_id is None else int(data.status_id),
        price=data.price,
        currency=data.currency,
        description=data.description,
        file_ids=data.files or (),
        attendees=[Invited(int(one.user_id), int(one.role_id)) for one in data.attendees or ()],
    )


ROUTES = [put_event]
OPEN_ROUTES = [book_slot]
