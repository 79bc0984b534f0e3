"""Calendars: the tag Kal of time-api.md, but for outside calendars."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.calendar_replies import CalendarReply, render_calendar
from artel.api.time.kal_replies import FeedReply, KalReply, feed_url, render_view
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, Message, answer_once
from artel.calendars.deletion import delete_calendar
from artel.calendars.queries import access_own_calendar, find_default_calendar
from artel.calendars.rules import CalendarDraft, change_calendar, create_calendar, default_calendar, revoke_feed
from artel.calendars.views import Context, Reader, view_calendar
from artel.companies.access import Person, Right
from artel.db.pool import Connection

TAGS = ["Kal"]
RANGE_HELP = "A date, or a time; without an offset in the calendar's zone"
RangeStart = Annotated[str | None, QueryParameter(required=False, max_length=64, description=f"{RANGE_HELP}.")]
RangeEnd = Annotated[
    str | None,
    QueryParameter(
        required=False,
        max_length=64,
        description=f"{RANGE_HELP}. Of a date alone the whole day; at most 366 days after `start`.",
    ),
]
ScheduleReference = Annotated[str, PathParameter(min_length=1, max_length=200)]


class KalRequest(msgspec.Struct):
    """`timezone` is an IANA name, null the person's own. Without `slug` one is made from the label. `files` are ids of
    one's own uploads. In a change, what is left out stays."""

    label: Annotated[str, Meta(min_length=1, max_length=200)]
    private: bool
    description: Annotated[str, Meta(max_length=5000)] | UnsetType | None = UNSET
    slug: Annotated[str, Meta(max_length=200)] | UnsetType | None = UNSET
    timezone: Annotated[str, Meta(max_length=100)] | UnsetType | None = UNSET
    files: Annotated[list[Id], Meta(max_length=50)] | UnsetType | None = UNSET

    def draft(self) -> CalendarDraft:
        return CalendarDraft(
            label=self.label,
            is_private=self.private,
            description=self.description,
            slug=UNSET if self.slug is None else self.slug,
            timezone=self.timezone,
            file_ids=UNSET if self.files is None else self.files,
        )


@post("/kal", status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Create a calendar")
async def create(request: TimeRequest, person: SignedPerson, data: JSONBody[KalRequest]) -> Response[CalendarReply]:
    async def work(conn: Connection) -> CalendarReply:
        made = await create_calendar(conn, data.draft(), person_id=person.person_id, now=clock.now())
        return render_calendar(await access_own_calendar(conn, person.person_id, made))

    return await answer_once(request, person, work)


@get("/kal", right=Right.SIGNED_IN, tags=TAGS, summary="The default calendar with schedules, events and free slots")
async def show_default(
    request: TimeRequest, person: SignedPerson, start: RangeStart = None, end: RangeEnd = None
) -> KalReply:
    """Made the first time that it is asked for."""
    database = context_of(request).database
    async with database.connection() as conn:
        kal = await find_default_calendar(conn, person.person_id)
    if kal is None:
        async with database.transaction() as conn:
            kal = await default_calendar(conn, person.person_id, now=clock.now())
    return await view(request, person, kal, start, end)


@get(
    "/kal/{kal:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A calendar with schedules, events and free slots of a range",
)
async def show(
    request: TimeRequest, person: SignedPerson, kal: PathId, start: RangeStart = None, end: RangeEnd = None
) -> KalReply:
    return await view(request, person, kal, start, end)


@put("/kal/{kal:str}", right=Right.SIGNED_IN, tags=TAGS, summary="Change a calendar")
async def change(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[KalRequest]
) -> Response[CalendarReply]:
    async def work(conn: Connection) -> CalendarReply:
        await change_calendar(conn, kal, data.draft(), person_id=person.person_id, now=clock.now())
        return render_calendar(await access_own_calendar(conn, person.person_id, kal))

    return await answer_once(request, person, work)


@delete(
    "/kal/{kal:str}",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Delete a calendar and all its events",
)
async def remove(request: TimeRequest, person: SignedPerson, kal: PathId) -> Response[Message]:
    async def work(conn: Connection) -> Message:
        await delete_calendar(conn, kal, person_id=person.person_id, now=clock.now())
        return Message("deleted")

    return await answer_once(request, person, work)


@get(
    "/kal/{kal:str}/schedule",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A calendar narrowed to what stands under its schedules",
)
async def show_schedules(
    request: TimeRequest, person: SignedPerson, kal: PathId, start: RangeStart = None, end: RangeEnd = None
) -> KalReply:
    return await view(request, person, kal, start, end, Context.SCHEDULE)


@get(
    "/kal/{kal:str}/schedule/{schedule:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A calendar narrowed to one of its schedules, by id or slug",
)
async def show_schedule(
    request: TimeRequest,
    person: SignedPerson,
    kal: PathId,
    schedule: ScheduleReference,
    start: RangeStart = None,
    end: RangeEnd = None,
) -> KalReply:
    return await view(request, person, kal, start, end, Context.SCHEDULE, schedule)


@get(
    "/kal/{kal:str}/contract",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A calendar narrowed to work under its schedules that one has a part in",
)
async def show_contracts(
    request: TimeRequest, person: SignedPerson, kal: PathId, start: RangeStart = None, end: RangeEnd = None
) -> KalReply:
    return await view(request, person, kal, start, end, Context.CONTRACT)


@get(
    "/kal/{kal:str}/contract/{schedule:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A calendar narrowed to work under one of its schedules that one has a part in",
)
async def show_contract(
    request: TimeRequest,
    person: SignedPerson,
    kal: PathId,
    schedule: ScheduleReference,
    start: RangeStart = None,
    end: RangeEnd = None,
) -> KalReply:
    return await view(request, person, kal, start, end, Context.CONTRACT, schedule)


async def view(
    request: TimeRequest,
    person: Person,
    kal: int,
    start: str | None,
    end: str | None,
    context: Context = Context.WHOLE,
    schedule: str | None = None,
) -> KalReply:
    application = context_of(request)
    async with application.database.connection() as conn:
        found = await view_calendar(
            conn,
            kal,
            reader=Reader(person.person_id, person.language),
            start=start,
            end=end,
            context=context,
            schedule=schedule,
            now=clock.now(),
        )
    return render_view(found, application.settings)


@post(
    "/kal/{kal:str}/feed",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Give the iCalendar feed another secret address",
)
async def renew_feed(request: TimeRequest, person: SignedPerson, kal: PathId) -> FeedReply:
    """The address before leads nowhere from now on. No reply is kept for a repeated key: it would hold the secret."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        row = await revoke_feed(conn, kal, person_id=person.person_id, now=clock.now())
    return FeedReply(feed_url(context.settings, row.id, row.feed_version))


ROUTES: list[Any] = [
    create,
    show_default,
    show,
    change,
    remove,
    show_schedules,
    show_schedule,
    show_contracts,
    show_contract,
    renew_feed,
]
