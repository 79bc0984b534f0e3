"""Outside calendars that are read as feeds, and by CalDAV: an extension of ours, beside what the documents have for
Google."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.languages import language_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.calendar_source_replies import SourcesReply, render_sources
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, answer_once
from artel.calendar_sync import parting, queries, rules
from artel.calendar_sync.credentials import Locker
from artel.calendars.queries import access_own_calendar
from artel.companies.access import Person, Right
from artel.db.pool import Connection

FEEDS = "/kal/{kal:str}/import"
CALDAV = "/kal/{kal:str}/caldav"
TAGS = ["Kal"]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Name = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
Secret = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00\r\n]*$")]


class FeedWish(msgspec.Struct):
    """`url`: https, http or webcal."""

    url: Url
    summary: Name | None = None


class FeedAway(msgspec.Struct):
    id: Id


class CalDavWish(msgspec.Struct):
    """`url` is the calendar's own address, or the server's: there the calendar named `summary` is taken, or the first
    that holds events. `from`: true takes its events; false, or nothing, gives ours to it."""

    url: Url
    username: Secret
    password: Secret
    from_: bool | None = msgspec.field(name="from", default=None)
    summary: Name | None = None


class SourceAway(msgspec.Struct):
    """`id` is the source's. With `from`, it has to be of that direction."""

    id: Id
    from_: bool | None = msgspec.field(name="from", default=None)


async def sources_reply(request: TimeRequest, conn: Connection, kal: int, kind: str) -> SourcesReply:
    return render_sources(await queries.sources_of(conn, kal, kind), language_of(request))


async def limit_joins(request: TimeRequest, person: Person) -> None:
    """Counted whatever comes of the call. Refuses: TooMany."""
    async with context_of(request).database.transaction() as conn:
        refusal = await rules.count_join(conn, person.person_id, now=clock.now())
    if refusal:
        raise refusal


@get(FEEDS, right=Right.SIGNED_IN, tags=TAGS, summary="The feeds that a calendar takes events from")
async def list_feeds(request: TimeRequest, person: SignedPerson, kal: PathId) -> SourcesReply:
    async with context_of(request).database.connection() as conn:
        await access_own_calendar(conn, person.person_id, kal)
        return await sources_reply(request, conn, kal, "ical")


@post(FEEDS, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Take the events of an iCalendar feed")
async def join_feed(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[FeedWish]
) -> Response[SourcesReply]:
    """Its events take the owner's time; they are read at once, then every quarter of an hour."""
    settings = context_of(request).settings
    await limit_joins(request, person)

    async def work(conn: Connection) -> SourcesReply:
        calendar = await access_own_calendar(conn, person.person_id, kal)
        await rules.join_feed(
            conn,
            calendar,
            url=data.url,
            summary=data.summary,
            locker=Locker(settings.secret),
            allow_private=settings.sandbox,
            now=clock.now(),
        )
        return await sources_reply(request, conn, kal, "ical")

    return await answer_once(request, person, work)


@delete(FEEDS, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Part with a feed, and drop its events")
async def part_feed(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[FeedAway]
) -> Response[SourcesReply]:
    return await part_source(request, person, kal, data.id, kind="ical", is_from=None)


@get(CALDAV, right=Right.SIGNED_IN, tags=TAGS, summary="The CalDAV calendars that a calendar is joined with")
async def list_caldav(request: TimeRequest, person: SignedPerson, kal: PathId) -> SourcesReply:
    async with context_of(request).database.connection() as conn:
        await access_own_calendar(conn, person.person_id, kal)
        return await sources_reply(request, conn, kal, "caldav")


@post(
    CALDAV,
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Take the events of a CalDAV calendar, or give ours to it",
)
async def join_caldav(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[CalDavWish]
) -> Response[SourcesReply]:
    """The password is kept encrypted and never shown. Whether it is right is seen at the first sync."""
    settings = context_of(request).settings
    await limit_joins(request, person)

    async def work(conn: Connection) -> SourcesReply:
        calendar = await access_own_calendar(conn, person.person_id, kal)
        await rules.join_caldav(
            conn,
            calendar,
            url=data.url,
            username=data.username,
            password=data.password,
            is_from=data.from_ is True,
            summary=data.summary,
            locker=Locker(settings.secret),
            allow_private=settings.sandbox,
            now=clock.now(),
        )
        return await sources_reply(request, conn, kal, "caldav")

    return await answer_once(request, person, work)


@delete(CALDAV, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Part with a CalDAV calendar")
async def part_caldav(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[SourceAway]
) -> Response[SourcesReply]:
    """What came from it goes; what was given to it stays there."""
    return await part_source(request, person, kal, data.id, kind="caldav", is_from=data.from_)


async def part_source(
    request: TimeRequest, person: SignedPerson, kal: int, source_id: int, *, kind: str, is_from: bool | None
) -> Response[Any]:
    async def work(conn: Connection) -> SourcesReply:
        await access_own_calendar(conn, person.person_id, kal)
        source = await queries.lock_source(conn, kal, source_id, kind=kind, is_from=is_from)
        await parting.part(conn, source, actor_id=person.person_id, now=clock.now())
        return await sources_reply(request, conn, kal, kind)

    return await answer_once(request, person, work)


ROUTES: list[Any] = [list_feeds, join_feed, part_feed, list_caldav, join_caldav, part_caldav]
