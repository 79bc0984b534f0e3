"""A small client of CalDAV servers: finding a calendar, listing what has changed in it, reading and writing files."""

import asyncio
import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from artel.calendar_sync import webdav
from artel.calendar_sync.failures import Expired, SyncFailed, failure_of
from artel.calendar_sync.webdav import Found, Multistatus, path_of, read_multistatus, within
from artel.outbound.calling import Caller, CallFailed, Reply

TIMEOUT_S = 25.0
LIMIT_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 500
FILES_A_CALL = 50
MOST_FILES = 10_000
MOST_PAGES = 50
CALENDAR = ("d:resourcetype", "d:displayname", "d:sync-token", "cs:getctag", "c:supported-calendar-component-set")


class Collection(msgspec.Struct, frozen=True):
    """A calendar at a server, and the marks by which changes of it are seen."""

    url: str
    name: str | None
    sync_token: str | None
    ctag: str | None


class File(msgspec.Struct, frozen=True):
    path: str
    etag: str
    body: bytes


class Changes(msgspec.Struct, frozen=True):
    """Paths with their etags, and paths that are gone. Paths are decoded: servers write one place in several ways."""

    changed: dict[str, str]
    gone: list[str]
    sync_token: str | None = None


class CalDav:
    """One server, as one person. Its calls raise SyncFailed."""

    def __init__(self, caller: Caller, *, username: str, password: str) -> None:
        self._caller = caller
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._authorization = f"Basic {token}"

    async def find(self, url: str, *, name: str | None) -> Collection:
        """The calendar at this address; of a server's address the one of this name, or the first that holds events.

        Raises SyncFailed: no_calendar, where there is none.
        """
        try:
            base, (here,) = await self._properties(url, *CALENDAR, "d:current-user-principal")
        except SyncFailed as failure:
            if failure.word not in {"not_found", "status", "not_a_calendar"}:
                raise
            base, (here,) = await self._properties(
                urljoin(url, "/.well-known/caldav"), *CALENDAR, "d:current-user-principal"
            )
        if here.is_calendar:
            return collection_of(base, here)
        principal = here.href_in("d:current-user-principal")
        if principal is None:
            raise SyncFailed("no_calendar")
        base, (person,) = await self._properties(within(base, principal), "c:calendar-home-set")
        home = person.href_in("c:calendar-home-set")
        if home is None:
            raise SyncFailed("no_calendar")
        base, found = await self._properties(within(base, home), *CALENDAR, depth="1")
        calendars = [one for one in found if one.is_calendar and one.holds_events]
        named = [one for one in calendars if name and one.text("d:displayname") == name]
        if not calendars or (name and not named and len(calendars) > 1):
            raise SyncFailed("no_calendar")
        return collection_of(base, (named or calendars)[0])

    async def state(self, url: str) -> Collection:
        """The calendar's marks as they are now."""
        base, (here,) = await self._properties(url, *CALENDAR)
        if not here.is_calendar:
            raise SyncFailed("no_calendar")
        return collection_of(base, here)

    async def changes_since(self, url: str, token: str) -> Changes:
        """What has changed since a sync-token. Raises Expired when the server does not know it any more."""
        changed: dict[str, str] = {}
        gone: list[str] = []
        for _ in range(MOST_PAGES):
            reply = await self._call("REPORT", url, webdav.sync_collection(token), {"Depth": "0"})
            if reply.status in {400, 403, 405, 409, 410, 412, 501}:
                raise Expired
            answer = await read(reply)
            has_more = False
            for one in answer.responses:
                path = path_of(one.href, url)
                if path == path_of("", url):
                    has_more = has_more or one.status == 507
                elif one.status == 404:
                    gone.append(path)
                    changed.pop(path, None)
                else:
                    changed[path] = one.text("d:getetag") or ""
            if len(changed) > MOST_FILES:
                raise SyncFailed("too_many_occurrences")
            if not answer.sync_token:
                raise Expired
            token = answer.sync_token
            if not has_more:
                return Changes(changed, gone, token)
        raise SyncFailed("too_many_occurrences")

    async def files_within(self, url: str, start: datetime, end: datetime) -> dict[str, str]:
        """Path and etag of every file with an event within the time."""
        answer = await read(await self._call("REPORT", url, webdav.calendar_query(start, end), {"Depth": "1"}))
        found = {
            path_of(one.href, url): one.text("d:getetag") or "" for one in answer.responses if one.status in {None, 200}
        }
        if len(found) > MOST_FILES:
            raise SyncFailed("too_many_occurrences")
        return found

    async def read_files(self, url: str, paths: Iterable[str]) -> list[File]:
        """Those that are there of them."""
        wanted = sorted(paths)
        files: list[File] = []
        size = 0
        for start in range(0, len(wanted), FILES_A_CALL):
            asked = webdav.multiget(quote(path) for path in wanted[start : start + FILES_A_CALL])
            answer = await read(await self._call("REPORT", url, asked, {"Depth": "1"}))
            for one in answer.responses:
                text = one.text("c:calendar-data")
                if text is not None:
                    files.append(File(path_of(one.href, url), one.text("d:getetag") or "", text.encode()))
                    size += len(files[-1].body)
            if size > LIMIT_BYTES:
                raise SyncFailed("too_large")
        return files

    async def etag_of(self, url: str) -> str | None:
        """None: it is not there."""
        try:
            _, (here,) = await self._properties(url, "d:getetag")
        except SyncFailed as failure:
            if failure.word in {"not_found", "gone"}:
                return None
            raise
        return here.text("d:getetag")

    async def put(self, url: str, body: bytes, *, etag: str | None) -> Reply:
        """Write a file: a new one, or in place of the edition `etag`. A 412 is for the caller to see."""
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        reply = await self._call("PUT", url, body, {"Content-Type": "text/calendar; charset=utf-8", **condition})
        if reply.status not in {200, 201, 204, 412}:
            raise failure_of(reply)
        return reply

    async def delete(self, url: str) -> None:
        reply = await self._call("DELETE", url, b"", {})
        if reply.status not in {200, 202, 204, 404, 410}:
            raise failure_of(reply)

    async def _properties(self, url: str, *names: str, depth: str = "0") -> tuple[str, list[Found]]:
        """Where it was found, and what; one at least."""
        reply = await self._call("PROPFIND", url, webdav.propfind(*names), {"Depth": depth})
        answer = await read(reply)
        if not answer.responses:
            raise SyncFailed("not_a_calendar")
        return reply.url, answer.responses if depth != "0" else answer.responses[:1]

    async def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        given: dict[str, Any] = {"Authorization": self._authorization, **headers}
        if body:
            given.setdefault("Content-Type", "application/xml; charset=utf-8")
        try:
            return await self._caller.call(
                method, url, headers=given, body=body, timeout_s=TIMEOUT_S, limit_bytes=LIMIT_BYTES
            )
        except CallFailed as error:
            raise SyncFailed.of_call(error) from None


async def read(reply: Reply) -> Multistatus:
    if reply.status != 207:
        raise SyncFailed("not_a_calendar") if reply.status == 200 else failure_of(reply)
    # A large answer takes its time, which other syncs need not wait for.
    return await asyncio.to_thread(read_multistatus, reply.body)


def collection_of(base: str, found: Found) -> Collection:
    url = within(base, found.href)
    return Collection(
        url if urlsplit(url).path.endswith("/") else url + "/",
        (found.text("d:displayname") or "")[:LONGEST_NAME] or None,
        found.text("d:sync-token"),
        found.text("cs:getctag"),
    )
