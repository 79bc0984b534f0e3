"""Google's OAuth and Calendar API (v3), as they are documented; the addresses are settings."""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from artel import clock
from artel.calendar_sync.failures import Expired, SyncFailed, failure_of
from artel.outbound.calling import Caller, CallFailed, Reply
from artel.settings import Settings

SCOPES = (
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar.events",
)
# Where people come back to when they have said yes, and where Google tells of changes.
CALLBACK_PATH = "/google/callback"
NOTIFICATION_PATH = "/api/google/notifications"
TIMEOUT_S = 20.0
LIMIT_BYTES = 10 * 1024 * 1024
PAGE = 1000
MOST_PAGES = 100
LONGEST_TEXT = 1000
# A token that is about to expire would expire on its way.
EXPIRES_EARLY = timedelta(minutes=1)
RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "calendarUsageLimitsExceeded"})


class TokensRefused(Exception):
    """Google takes the refresh token, or the code, no longer: the person has withdrawn what they allowed."""


class Tokens(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_at: datetime
    scope: str = ""

    def is_fresh(self, now: datetime) -> bool:
        return self.expires_at - EXPIRES_EARLY > now

    @property
    def missing_scopes(self) -> set[str]:
        return set(SCOPES) - set(self.scope.split())


class Client(msgspec.Struct, frozen=True):
    """This installation at Google. No id: none."""

    id: str
    secret: str
    auth_url: str
    oauth_url: str
    api_url: str
    redirect_url: str

    @property
    def is_set_up(self) -> bool:
        return bool(self.id and self.secret)


def client_of(settings: Settings) -> Client:
    return Client(
        id=settings.google_client_id,
        secret=settings.google_client_secret,
        auth_url=settings.google_auth_url,
        oauth_url=settings.google_oauth_url.rstrip("/"),
        api_url=settings.google_api_url.rstrip("/"),
        redirect_url=settings.base_url + CALLBACK_PATH,
    )


def consent_url(client: Client, *, state: str, verifier: str) -> str:
    """Where the person says yes. PKCE: only who made the verifier can use the code that comes back."""
    asked = {
        "client_id": client.id,
        "redirect_uri": client.redirect_url,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "access_type": "offline",
        "prompt": "consent",  # without it a second link brings no refresh token
        "include_granted_scopes": "false",
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return f"{client.auth_url}?{urlencode(asked)}"


class Google:
    """Its calls. They raise SyncFailed; those with a token TokensRefused too, when it is not taken (401)."""

    def __init__(self, client: Client, caller: Caller) -> None:
        self.client = client
        self._caller = caller

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Raises TokensRefused for a code that was used, is too old or is not ours."""
        return await self._ask_tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": self.client.redirect_url,
            },
            refresh_token="",
        )

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Raises TokensRefused (invalid_grant)."""
        asked = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        renewed = await self._ask_tokens(asked, refresh_token=tokens.refresh_token)
        return msgspec.structs.replace(renewed, scope=renewed.scope or tokens.scope)

    async def _ask_tokens(self, asked: dict[str, str], *, refresh_token: str) -> Tokens:
        form = {**asked, "client_id": self.client.id, "client_secret": self.client.secret}
        reply = await self._send("POST", f"{self.client.oauth_url}/token", form=form)
        answer = read_json(reply)
        if reply.status != 200:
            if answer.get("error") == "invalid_grant":
                raise TokensRefused
            raise failure_of(reply)
        given = answer.get("refresh_token") or refresh_token
        access, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(access, str) and isinstance(given, str) and given and isinstance(lifetime, int)):
            raise SyncFailed("protocol")
        expires_at = clock.outside_now() + timedelta(seconds=min(max(lifetime, 0), 10**6))
        return Tokens(access, given, expires_at, str(answer.get("scope", "")))

    async def revoke(self, tokens: Tokens) -> None:
        """Give back what was allowed; what is not known there any more is given back."""
        reply = await self._send("POST", f"{self.client.oauth_url}/revoke", form={"token": tokens.refresh_token})
        if reply.status not in {200, 400}:
            raise failure_of(reply)

    async def calendars(self, token: str) -> list[dict[str, Any]]:
        """Every calendar of the account, with what we show of it."""
        found: list[dict[str, Any]] = []
        async for page in self._pages("/users/me/calendarList", token, {"maxResults": "250"}):
            for one in items_of(page):
                if isinstance(one.get("id"), str):
                    found.append(
                        {
                            "id": shown(one["id"]),
                            "summary": shown(one.get("summaryOverride") or one.get("summary") or ""),
                            "description": shown(one["description"]) if one.get("description") else None,
                            "timeZone": shown(one["timeZone"]) if one.get("timeZone") else None,
                            "primary": bool(one.get("primary")),
                            "accessRole": shown(one.get("accessRole", "")),
                        }
                    )
        return found

    async def events(
        self, token: str, calendar_id: str, *, sync_token: str | None, start: datetime, end: datetime
    ) -> AsyncIterator[dict[str, Any]]:
        """Pages of its single events within a time, or of what has changed since `sync_token`. The last page carries
        `nextSyncToken`. Raises Expired when the token is not known any more (410)."""
        asked = {"singleEvents": "true", "maxResults": str(PAGE)}
        if sync_token is None:
            asked |= {"timeMin": start.isoformat(), "timeMax": end.isoformat()}
        else:
            asked["syncToken"] = sync_token
        async for page in self._pages(f"/calendars/{quote(calendar_id, safe='')}/events", token, asked):
            yield page

    async def insert(self, token: str, calendar_id: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The event as it stands there; None where there is, or was, one of its id (409)."""
        reply = await self._send("POST", self._events_url(calendar_id), token=token, body=event)
        return None if reply.status == 409 else checked(reply)

    async def update(
        self, token: str, calendar_id: str, event_id: str, event: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """The event as it stands there; one that was deleted is there again. None where there never was one (404)."""
        reply = await self._send("PUT", self._events_url(calendar_id, event_id), token=token, body=event)
        return None if reply.status in {404, 410} else checked(reply)

    async def delete(self, token: str, calendar_id: str, event_id: str) -> None:
        """What is not there, or not any more, is deleted."""
        reply = await self._send("DELETE", self._events_url(calendar_id, event_id), token=token)
        if reply.status not in {200, 204, 404, 410}:
            checked(reply)

    async def watch(
        self, token: str, calendar_id: str, *, channel_id: str, channel_token: str, address: str, ttl_s: int
    ) -> tuple[str, datetime]:
        """Be told of changes at `address`; answers the resource's id and when that ends."""
        body = {
            "id": channel_id,
            "type": "web_hook",
            "address": address,
            "token": channel_token,
            "params": {"ttl": str(ttl_s)},
        }
        answer = checked(await self._send("POST", self._events_url(calendar_id, "watch"), token=token, body=body))
        try:
            ends_ms = int(answer["expiration"])
            return str(answer["resourceId"]), datetime.fromtimestamp(ends_ms / 1000, tz=clock.now().tzinfo)
        except (KeyError, ValueError, TypeError, OverflowError, OSError):
            raise SyncFailed("protocol") from None

    async def stop(self, token: str, *, channel_id: str, resource_id: str) -> None:
        """End a channel; one that has ended is not known there."""
        body = {"id": channel_id, "resourceId": resource_id}
        reply = await self._send("POST", f"{self.client.api_url}/channels/stop", token=token, body=body)
        if reply.status not in {200, 204, 404}:
            checked(reply)

    def _events_url(self, calendar_id: str, rest: str = "") -> str:
        path = f"{self.client.api_url}/calendars/{quote(calendar_id, safe='')}/events"
        return f"{path}/{quote(rest, safe='')}" if rest else path

    async def _pages(self, path: str, token: str, asked: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        page_token = ""
        for _ in range(MOST_PAGES):
            query = {**asked, "pageToken": page_token} if page_token else asked
            reply = await self._send("GET", f"{self.client.api_url}{path}?{urlencode(query)}", token=token)
            if reply.status == 410:
                raise Expired
            page = checked(reply)
            yield page
            page_token = str(page.get("nextPageToken") or "")
            if not page_token:
                return
        raise SyncFailed("too_many_occurrences")

    async def _send(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        form: dict[str, str] | None = None,
    ) -> Reply:
        headers = {"Accept": "application/json"}
        content = b""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"], content = "application/json", msgspec.json.encode(body)
        if form is not None:
            headers["Content-Type"], content = "application/x-www-form-urlencoded", urlencode(form).encode()
        try:
            return await self._caller.call(
                method, url, headers=headers, body=content, timeout_s=TIMEOUT_S, limit_bytes=LIMIT_BYTES
            )
        except CallFailed as error:
            raise SyncFailed.of_call(error) from None


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def read_json(reply: Reply) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def shown(text: object) -> str:
    """As PostgreSQL can keep it, and not without end."""
    return str(text)[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def items_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    items = page.get("items")
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def checked(reply: Reply) -> dict[str, Any]:
    """The answer of a call that went well. Raises TokensRefused for 401, else SyncFailed."""
    if 200 <= reply.status < 300:
        return read_json(reply)
    if reply.status == 401:
        raise TokensRefused
    if reply.status == 403 and is_about_rate(read_json(reply)):
        raise SyncFailed("busy", wish_s=reply.wish_s)
    if reply.status == 410:
        raise SyncFailed("status")
    raise failure_of(reply)


def is_about_rate(answer: dict[str, Any]) -> bool:
    error = answer.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    reasons = {one.get("reason") for one in errors if isinstance(one, dict)} if isinstance(errors, list) else set()
    return bool(reasons & RATE_REASONS)
