"""Events: the tag Event of time-api.md, but for what is charged."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from artel import clock
from artel.api.context import context_of
from artel.api.once import Answer
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.errors import refusal_reply
from artel.api.time.event_pages import (
    CorrectionReply,
    EventPage,
    UpcomingSlot,
    corrections_page,
    event_page,
    render_slot,
)
from artel.api.time.event_replies import EventReply, render_event
from artel.api.time.pagination import PageNumber, PageSize
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, answer_once
from artel.companies.access import Person, Right
from artel.db.pool import Connection
from artel.events import lists, participation
from artel.events.access import access_event
from artel.events.change_checks import Wanted
from artel.events.changed_times import WantedTimes
from artel.events.changes import change_event, vote_on_changes
from artel.events.guests import GuestWish, count_invitations
from artel.events.queries import as_listed, as_seen_by
from artel.events.views import attendees_of

TAGS = ["Event"]
MOST_DAYS = 31
DEFAULT_DAYS = 7
Days = Annotated[
    int | None,
    QueryParameter(
        required=False, ge=0, le=MOST_DAYS, description=f"Free slots of so many days; {DEFAULT_DAYS} if not given."
    ),
]
TimeText = Annotated[str, Meta(max_length=64)]
STATUS = Literal["100", "200", "400", "444", "555", "777"] | Literal[100, 200, 400, 444, 555, 777]
PAYMENT_STATUS = Literal["100", "200", "300"] | Literal[100, 200, 300]
# Of the last page that may be asked for.
LARGEST_OFFSET = 1_000_000


class PersonReference(msgspec.Struct):
    """Somebody who is paid: `id` is a user's."""

    id: Id
    type: Literal["User"] = "User"


class AttendeeWish(msgspec.Struct):
    """Somebody to take part: known by `id` (or `user_id`), or anybody by `email`. One of them."""

    id: Id | None = None
    user_id: Id | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    role_id: int | None = None


class EventChange(msgspec.Struct):
    """What is left out stays. `start` and `end` are times of day (09:30) in `timezone` on `date`'s day, or dates with
    times; `duration` counts minutes. `attendees` are the guests there are to be: hosts and those who have booked stay
    without being named. `amount` is in whole units of `currency`."""

    timezone: Annotated[str, Meta(max_length=100)] | UnsetType | None = UNSET
    date: TimeText | UnsetType | None = UNSET
    start: TimeText | UnsetType | None = UNSET
    end: TimeText | UnsetType | None = UNSET
    duration: Annotated[int, Meta(ge=15, le=527_040)] | UnsetType | None = UNSET
    status_id: STATUS | UnsetType = UNSET
    payment_status_id: PAYMENT_STATUS | UnsetType = UNSET
    label: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    amount: Decimal | UnsetType = UNSET
    currency: Annotated[str, Meta(max_length=10)] | UnsetType = UNSET
    private: bool | UnsetType = UNSET
    credit: bool | UnsetType = UNSET
    benefitable: PersonReference | UnsetType = UNSET
    files: Annotated[list[Id], Meta(max_length=100)] | UnsetType = UNSET
    attendees: Annotated[list[AttendeeWish], Meta(max_length=100)] | UnsetType = UNSET

    def wanted(self) -> Wanted:
        times = WantedTimes(
            timezone=self.timezone or None,
            date=self.date or None,
            start=self.start or None,
            end=self.end or None,
            duration=self.duration or None,
        )
        return Wanted(
            times=times if times != WantedTimes() else None,
            label=UNSET if self.label is None else self.label,
            description=self.description,
            is_private=self.private,
            file_ids=self.files,
            attendees=UNSET if self.attendees is UNSET else [wish_of(one) for one in self.attendees],
            amount=self.amount,
            currency=self.currency,
            is_credit=self.credit,
            benefitable_id=UNSET if self.benefitable is UNSET else self.benefitable.id,
            payment_status_id=UNSET if self.payment_status_id is UNSET else int(self.payment_status_id),
            status_id=UNSET if self.status_id is UNSET else int(self.status_id),
        )


def wish_of(one: AttendeeWish) -> GuestWish:
    return GuestWish(one.id or one.user_id, None if one.id or one.user_id else one.email)


class Ballot(msgspec.Struct):
    """`ids` are of the event's corrections."""

    vote: bool
    ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]


@get("/event", right=Right.SIGNED_IN, tags=TAGS, summary="Upcoming events, and free slots of one's own schedules")
async def list_events(
    request: TimeRequest,
    person: SignedPerson,
    page: PageNumber = None,
    per_page: PageSize = None,
    days: Days = None,
) -> list[EventReply | UpcomingSlot]:
    """Events under way or ahead where the caller takes part or which stand in their calendars, the next first,
    `perPage` of them (100 if not given). On the first page the free slots of the coming `days` follow, of at most 20
    schedules under which the caller works and at most 500 together."""
    now, number = clock.now(), page or 1
    size = per_page or lists.MOST_EVENTS
    async with context_of(request).database.connection() as conn:
        events = await lists.upcoming_events(
            conn, person.person_id, now=now, limit=size, offset=min((number - 1) * size, LARGEST_OFFSET)
        )
        length = DEFAULT_DAYS if days is None else days
        slots = await lists.upcoming_slots(conn, person.person_id, now=now, days=length) if number == 1 else []
    return [
        *(render_event(as_listed(event, person.person_id)) for event in events),
        *(render_slot(schedule, slot) for schedule, slot in slots),
    ]


@get("/event/{event:str}", right=Right.SIGNED_IN, tags=TAGS, summary="An event with attendees and corrections")
async def show(request: TimeRequest, person: SignedPerson, event: PathId) -> EventPage:
    """Whoever has no part in it does not find it."""
    async with context_of(request).database.connection() as conn:
        return await page_of(conn, person, event)


@put("/event/{event:str}", right=Right.SIGNED_IN, tags=TAGS, summary="Change an event, or propose the change")
async def change(
    request: TimeRequest, person: SignedPerson, event: PathId, data: JSONBody[EventChange]
) -> Response[EventPage]:
    """What the caller may change alone is changed; the rest becomes corrections that everybody concerned votes on."""
    wanted = data.wanted()
    emails = [guest.email for guest in wanted.attendees or () if guest.email] if wanted.attendees is not UNSET else []
    await count_invitations(context_of(request).database, person.person_id, emails, now=clock.now())

    async def work(conn: Connection) -> EventPage:
        await change_event(conn, person.person_id, event, wanted, language=person.language, now=clock.now())
        return await page_of(conn, person, event)

    return await answer_once(request, person, work)


@delete(
    "/event/{event:str}",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Delete an event, cancel a booking, or leave",
)
async def remove(request: TimeRequest, person: SignedPerson, event: PathId) -> Response[None]:
    """A host's event is cancelled where somebody is booked, else deleted; a client's booking is cancelled; a guest
    leaves."""

    async def work(conn: Connection) -> None:
        await participation.remove(conn, person.person_id, event, now=clock.now())

    return await answer_once(request, person, work)


@get("/event/{event:str}/children", right=Right.SIGNED_IN, tags=TAGS, summary="An event's child events")
async def list_children(
    request: TimeRequest,
    person: SignedPerson,
    event: PathId,
    page: PageNumber = None,
    per_page: PageSize = None,
) -> list[EventReply]:
    """Those that the caller may see, in the order of their start."""
    size = per_page or lists.MOST_EVENTS
    offset = min(((page or 1) - 1) * size, LARGEST_OFFSET)
    async with context_of(request).database.connection() as conn:
        access = await access_event(conn, person.person_id, event)
        rows = await lists.children_of(conn, access, limit=size, offset=offset)
    return [render_event(as_listed(row, person.person_id)) for row in rows]


@post(
    "/event/{event:str}/vote",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Approve or reject proposed corrections",
)
async def vote(
    request: TimeRequest, person: SignedPerson, event: PathId, data: JSONBody[Ballot]
) -> Response[list[CorrectionReply]]:
    """The last approval makes the change. 409 where it cannot be made any more: the correction is rejected then."""

    async def work(conn: Connection) -> Any:
        failure = await vote_on_changes(conn, person.person_id, event, data.ids, is_yes=data.vote, now=clock.now())
        if failure is not None:
            _, body = refusal_reply(request, failure)
            return Answer(409, {"message": body["message"]})
        access = await access_event(conn, person.person_id, event)
        return await corrections_page(conn, access, await attendees_of(conn, access, now=clock.now()))

    return await answer_once(request, person, work)


@post(
    "/event/{event:str}/confirm",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Accept an invitation, or confirm bookings as the host",
)
async def confirm(request: TimeRequest, person: SignedPerson, event: PathId) -> Response[EventReply]:
    async def work(conn: Connection) -> EventReply:
        await participation.confirm(conn, person.person_id, event, now=clock.now())
        return await event_of(conn, person, event)

    return await answer_once(request, person, work)


@post(
    "/event/{event:str}/decline",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Decline an invitation, cancel one's booking, or decline bookings as the host",
)
async def decline(request: TimeRequest, person: SignedPerson, event: PathId) -> Response[EventReply]:
    async def work(conn: Connection) -> EventReply:
        await participation.decline(conn, person.person_id, event, now=clock.now())
        return await event_of(conn, person, event)

    return await answer_once(request, person, work)


async def page_of(conn: Connection, person: Person, event_id: int) -> EventPage:
    return await event_page(conn, await access_event(conn, person.person_id, event_id), now=clock.now())


async def event_of(conn: Connection, person: Person, event_id: int) -> EventReply:
    access = await access_event(conn, person.person_id, event_id)
    return render_event(as_seen_by(access.event, is_host=access.is_host))


ROUTES: list[Any] = [list_events, show, change, remove, list_children, vote, confirm, decline]
