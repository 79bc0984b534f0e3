"""Finding specialists: POST /schedule/search."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson
from artel.api.time.replies import instant
from artel.api.time.schedule_replies import ScheduleReply, render_schedule
from artel.companies.access import Right
from artel.schedules.found import Specialist, describe_hits
from artel.schedules.search import Hit, Wanted, search_schedules
from artel.schedules.search_request import read_hours, read_window, read_zone

DEFAULT_PAGE = 20
NO_NUL = r"^[^\x00]*$"
Whole = Annotated[int, Meta(ge=0, le=10**12)]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Hours(msgspec.Struct):
    """Slots lie between these civil times of a day, "09:00" to "18:00"; "24:00" is the day's end."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class Search(msgspec.Struct):
    """`start` and `end` bound the slots' beginnings: from now, for 14 days, where they are not given. `skills` must
    all be there, of `languages` one. `days` count 0 = Sunday to 6 = Saturday; they and `hours` are civil time in
    `timezone`. `msp`: bookable on no longer notice than this, in minutes."""

    type_id: Literal[1, 2, 3] | None = None
    kal_id: Id | None = None
    query: Annotated[str, Meta(max_length=200)] | None = None
    per_page: Annotated[int, Meta(ge=1, le=100)] | None = msgspec.field(name="perPage", default=None)
    page: Annotated[int, Meta(ge=1, le=1000)] | None = None
    sort_by: Literal["updated_at", "created_at", "price"] | None = msgspec.field(name="sortBy", default=None)
    descending: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    msp: Annotated[int, Meta(ge=0, le=10**7)] | None = None
    timezone: str | None = None
    price_from: Whole | Decimal | None = None
    price_to: Whole | Decimal | None = None
    duration: Annotated[int, Meta(ge=1, le=1440)] | None = None
    currency: Annotated[str, Meta(max_length=10, pattern=NO_NUL)] | None = None
    skills: Annotated[list[Id], Meta(max_length=50)] = []
    languages: Annotated[list[Annotated[str, Meta(max_length=10, pattern=NO_NUL)]], Meta(max_length=50)] = []
    days: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7)] = []
    hours: Hours | None = None


class FoundSkill(msgspec.Struct):
    id: int
    name: str


class FoundPerson(msgspec.Struct):
    id: int
    name: str
    ava_id: int | None
    city: str | None
    languages: list[str]
    timezone: str


class FoundSlot(msgspec.Struct):
    start: str
    end: str


class FoundSchedule(msgspec.Struct):
    """`slots` are the first that fit, with the offset of the searcher's zone."""

    schedule: ScheduleReply
    user: FoundPerson
    skills: list[FoundSkill]
    slots: list[FoundSlot]


class SearchMeta(msgspec.Struct):
    """`total` is told once the last of those who fit has been seen; until then it is null and `has_more` true."""

    current_page: int
    per_page: int
    from_: int | None = msgspec.field(name="from")
    to: int | None
    has_more: bool
    total: int | None


class SearchReply(msgspec.Struct):
    data: list[FoundSchedule]
    meta: SearchMeta


@post(
    "/schedule/search",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Schedule"],
    summary="Find specialists who are free",
)
async def search(request: Request[None, None, State], person: SignedPerson, data: JSONBody[Search]) -> SearchReply:
    """Only those are answered who have a free slot that fits, each with the first of them.

    Words are found in Russian and English in any of their forms; quotation marks, `or` and `-` work as people expect.
    """
    now = clock.now()
    wanted = to_wanted(data, now=now)
    page, per_page = data.page or 1, data.per_page or DEFAULT_PAGE
    async with context_of(request).database.connection() as conn:
        found = await search_schedules(conn, wanted, page=page, per_page=per_page, now=now)
        people = await describe_hits(conn, [hit.schedule_id for hit in found.hits])
    rendered = [render_found(hit, people[hit.schedule_id], wanted.timezone) for hit in found.hits]
    first = (page - 1) * per_page + 1
    meta = SearchMeta(
        current_page=page,
        per_page=per_page,
        from_=first if rendered else None,
        to=first + len(rendered) - 1 if rendered else None,
        has_more=found.has_more,
        total=found.total,
    )
    return SearchReply(rendered, meta)


def to_wanted(data: Search, *, now: datetime) -> Wanted:
    """Refuses: TimezoneUnknown; SearchInvalid naming the field."""
    timezone = read_zone(data.timezone)
    start, end = read_window(data.start, data.end, ZoneInfo(timezone), now=now)
    words = " ".join((data.query or "").replace("\0", " ").split()) or None
    sort = data.sort_by or ("rank" if words else "updated_at")
    return Wanted(
        start=start,
        end=end,
        type_id=data.type_id,
        calendar_id=data.kal_id,
        words=words,
        skill_ids=tuple(data.skills),
        languages=tuple(language.lower() for language in data.languages),
        price_from=None if data.price_from is None else Decimal(data.price_from),
        price_to=None if data.price_to is None else Decimal(data.price_to),
        currency=data.currency.upper() if data.currency else None,
        duration=data.duration,
        notice_minutes=data.msp,
        timezone=timezone,
        days=tuple(data.days),
        hours=None if data.hours is None else read_hours(data.hours.from_, data.hours.to),
        sort=sort,
        descending=True if data.descending is None else data.descending,
    )


def render_found(hit: Hit, found: Specialist, timezone: str) -> FoundSchedule:
    length = timedelta(minutes=hit.duration)
    return FoundSchedule(
        schedule=render_schedule(found.schedule),
        user=FoundPerson(
            id=found.person_id,
            name=found.name,
            ava_id=found.photo_file_id,
            city=found.city,
            languages=found.languages,
            timezone=found.timezone,
        ),
        skills=[FoundSkill(skill_id, name) for skill_id, name in found.skills],
        slots=[FoundSlot(instant(start, timezone), instant(start + length, timezone)) for start in hit.starts],
    )


ROUTES = [search]
