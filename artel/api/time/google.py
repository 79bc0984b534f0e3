"""Google calendars: linked, taken from, given to."""

import hmac
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Response, delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.languages import language_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.calendar_source_replies import SourceReply, render_sources
from artel.api.time.calendar_sources import SourceAway, limit_joins
from artel.api.time.paths import PathId
from artel.api.time.replies import answer_once
from artel.calendar_sync import parting, queries, rules
from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.errors import GoogleNotSetUp
from artel.calendar_sync.google_api import client_of
from artel.calendar_sync.google_links import begin_link
from artel.calendar_sync.notifications import look_again
from artel.calendars.queries import access_own_calendar
from artel.companies.access import Right
from artel.db.pool import Connection

PATH = "/kal/{kal:str}/google"
TAGS = ["Kal"]
Text = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00]*$")]


class GoogleWish(msgspec.Struct, rename="camel"):
    """A calendar as Google lists it. `from`: true takes its events; false, or nothing, gives ours to it."""

    id: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
    summary: Text
    time_zone: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]
    description: LongText | None = None
    from_: bool | None = msgspec.field(name="from", default=None)


class GoogleCalendar(msgspec.Struct, rename="camel"):
    """One that can be joined; `accessRole` owner or writer: also given to."""

    id: str
    summary: str
    description: str | None
    time_zone: str | None
    primary: bool
    access_role: str


class GoogleReply(msgspec.Struct):
    """`linked`: a Google account has been let in, and Google still takes us in. `accounts` are their addresses;
    `calendars` what they have, looked up every hour; `import` and `export` what is set up."""

    linked: bool
    accounts: list[str]
    calendars: list[GoogleCalendar]
    import_: list[SourceReply] = msgspec.field(name="import")
    export: list[SourceReply]


async def google_reply(request: TimeRequest, conn: Connection, kal: int) -> GoogleReply:
    accounts = await queries.accounts_of(conn, kal)
    sources = render_sources(await queries.sources_of(conn, kal, "google"), language_of(request))
    open_ones = [account for account in accounts if account.broken_at is None]
    return GoogleReply(
        linked=bool(open_ones),
        accounts=[account.subject for account in accounts],
        calendars=[msgspec.convert(one, GoogleCalendar) for account in open_ones for one in account.calendars],
        import_=sources.import_,
        export=sources.export,
    )


@get(PATH, right=Right.SIGNED_IN, tags=TAGS, summary="Import and export settings, and linked Google calendars")
async def show_google(request: TimeRequest, person: SignedPerson, kal: PathId) -> GoogleReply:
    async with context_of(request).database.connection() as conn:
        await access_own_calendar(conn, person.person_id, kal)
        return await google_reply(request, conn, kal)


@get(
    PATH + "/auth",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="The address at Google where calendars are linked",
    media_type=MediaType.JSON,
)
async def begin(request: TimeRequest, person: SignedPerson, kal: PathId) -> Response[str]:
    """To be opened in a browser within 15 minutes. It leads back to this installation."""
    context = context_of(request)
    async with context.database.connection() as conn:
        await access_own_calendar(conn, person.person_id, kal)
    client = client_of(context.settings)
    if not client.is_set_up:
        raise GoogleNotSetUp
    url = begin_link(
        client, Locker(context.settings.secret), person_id=person.person_id, calendar_id=kal, now=clock.now()
    )
    # The framework sends a text as it is, quotes and all left out.
    return Response(msgspec.json.encode(url).decode(), media_type=MediaType.JSON)


@post(
    PATH,
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Set up the import or export of a Google calendar",
)
async def join(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[GoogleWish]
) -> Response[GoogleReply]:
    """Set up again, it is changed. Imported events take the owner's time; exported are the calendar's confirmed ones
    that are not over."""
    await limit_joins(request, person)

    async def work(conn: Connection) -> GoogleReply:
        calendar = await access_own_calendar(conn, person.person_id, kal)
        await rules.join_google(
            conn,
            calendar,
            google_id=data.id,
            is_from=data.from_ is True,
            summary=data.summary,
            description=data.description,
            timezone=data.time_zone,
            now=clock.now(),
        )
        return await google_reply(request, conn, kal)

    return await answer_once(request, person, work)


@delete(PATH, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Part with a Google calendar")
async def part(
    request: TimeRequest, person: SignedPerson, kal: PathId, data: JSONBody[SourceAway]
) -> Response[GoogleReply]:
    """What came from it goes; what was given to it stays there. With its last calendar an account is given back."""

    async def work(conn: Connection) -> GoogleReply:
        await access_own_calendar(conn, person.person_id, kal)
        source = await queries.lock_source(conn, kal, data.id, kind="google", is_from=data.from_)
        await parting.part(conn, source, actor_id=person.person_id, now=clock.now())
        return await google_reply(request, conn, kal)

    return await answer_once(request, person, work)


@post("/google/notifications", status_code=200, include_in_schema=False)
async def take_notification(request: TimeRequest) -> Response[None]:
    """Google says that a calendar has changed. Only who has the channel's token is heard."""
    context = context_of(request)
    channel = request.headers.get("x-goog-channel-id", "")[:100]
    token = Locker(context.settings.secret).derive("google channel", channel).hex()
    given = request.headers.get("x-goog-channel-token", "")
    if not hmac.compare_digest(token.encode(), given.encode()):
        return Response(None, status_code=404)
    # "sync" only says that the channel is open.
    if request.headers.get("x-goog-resource-state") != "sync":
        async with context.database.transaction() as conn:
            if not await look_again(conn, channel, now=clock.now()):
                return Response(None, status_code=404)
    return Response(None)


ROUTES: list[Any] = [show_google, begin, join, part]
PUBLIC_ROUTES: list[Any] = [take_notification]
