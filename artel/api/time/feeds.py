"""A calendar's iCalendar feed, for programs that cannot sign in: its address is the secret."""

import asyncio
from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import TimeRequest
from artel.calendars.feed import uid_host_of
from artel.calendars.subscriptions import access_feed
from artel.errors import NotFound

SUFFIX = ".ics"
# Asked again each time: a revoked address shows nothing from that moment, to whatever stands between as well.
HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}


@get(
    "/calendars/{file:str}",
    tags=["Kal"],
    summary="A calendar's iCalendar feed: the `feed_url` of its owner",
    media_type="text/calendar",
    responses={304: ResponseSpec(None, generate_examples=False, description="As If-None-Match has it")},
)
async def read_feed(request: TimeRequest, file: Annotated[str, PathParameter(max_length=200)]) -> Response[bytes]:
    if not file.endswith(SUFFIX):
        raise NotFound("feed")
    context = context_of(request)
    async with context.database.connection() as conn:
        feed = await access_feed(conn, file.removesuffix(SUFFIX), secret=context.settings.secret, now=clock.now())
    uid_host = uid_host_of(context.settings.base_url)
    etag = f'"{await asyncio.to_thread(feed.etag, uid_host)}"'  # of thousands of events
    headers = {**HEADERS, "ETag": etag}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(b"", status_code=304, headers=headers)
    headers["Content-Type"] = "text/calendar; charset=utf-8"
    headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return Response(await asyncio.to_thread(feed.content, uid_host), headers=headers)


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the caller has this file already (RFC 9110, 13.1.2: compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


ROUTES: list[Any] = [read_feed]
