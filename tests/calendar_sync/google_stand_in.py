"""A local stand-in for Google: its OAuth with PKCE, and its Calendar API as documented, on this machine.

It knows one person with a few calendars of single events. `fail` holds answers that are given instead of the next
ones; with `fail_after` the work is done first and then the answer is given: a reply that was lost.
"""

import base64
import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import msgspec

from artel.settings import Settings
from tests.calendar_sync.cast import Asked, Outside, Reply

CLIENT_ID, CLIENT_SECRET = "artel.apps.example", "client secret of the tests"
SUBJECT = "anna.private@mail.example"
PRIMARY, READ_ONLY, SECOND = SUBJECT, "holidays@group.example", "work@group.example"
EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")
LIFETIME_S = 3600


def error(status: int, reason: str) -> Reply:
    body = {"error": {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason}]}}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def ok(body: Mapping[str, Any]) -> Reply:
    return Reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


class Calendar:
    def __init__(self, calendar_id: str, role: str, timezone: str) -> None:
        self.entry = {
            "id": calendar_id,
            "summary": calendar_id.partition("@")[0],
            "timeZone": timezone,
            "accessRole": role,
            **({"primary": True} if calendar_id == PRIMARY else {}),
        }
        self.events: dict[str, dict[str, Any]] = {}
        self.changed: dict[str, int] = {}  # event -> when it last changed, by the stand-in's own count
        self.forgotten = 0  # sync tokens up to this one are not known any more


class GoogleStandIn(Outside):
    def __init__(self) -> None:
        super().__init__(self.answer_call)
        self.calendars = {
            PRIMARY: Calendar(PRIMARY, "owner", "Europe/Berlin"),
            SECOND: Calendar(SECOND, "writer", "Europe/Berlin"),
            READ_ONLY: Calendar(READ_ONLY, "reader", "Europe/Berlin"),
        }
        self.codes: dict[str, dict[str, str]] = {}
        self.access_tokens: dict[str, float] = {}
        self.refresh_tokens: set[str] = set()
        self.channels: dict[str, dict[str, Any]] = {}
        self.fail: list[Reply] = []
        self.fail_after: list[Reply] = []
        self.page = 1000
        self.calls: list[str] = []
        self._count = itertools.count(1)
        self._lock = threading.RLock()

    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(
            settings,
            google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
            google_auth_url=f"{self.url}/auth",
            google_oauth_url=f"{self.url}/oauth",
            google_api_url=f"{self.url}/calendar/v3",
        )

    # What the person does in their browser.

    def consent(self, url: str, *, scope: str | None = None) -> str:
        """Say yes on the consent page; the path and query at our side that the browser is led back to."""
        parts = urlsplit(url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/auth"
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["access_type"] == "offline"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{next(self._count)}"
        self.codes[code] = {**asked, "granted": asked["scope"] if scope is None else scope}
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'state': asked['state'], 'code': code})}"

    def withdraw(self) -> None:
        """Take back in the account's settings what was allowed."""
        with self._lock:
            self.refresh_tokens.clear()
            self.access_tokens.clear()

    def expire_access(self) -> None:
        with self._lock:
            self.access_tokens = dict.fromkeys(self.access_tokens, 0.0)

    def write(self, calendar_id: str, event_id: str, **fields: Any) -> None:
        """An event as its owner writes it at Google."""
        with self._lock:
            calendar = self.calendars[calendar_id]
            old = calendar.events.get(event_id, {"id": event_id, "iCalUID": f"{event_id}@google.com"})
            calendar.events[event_id] = {**old, "status": "confirmed", **fields}
            calendar.changed[event_id] = next(self._count)

    def cancel(self, calendar_id: str, event_id: str) -> None:
        self.write(calendar_id, event_id, status="cancelled")

    def living(self, calendar_id: str) -> list[dict[str, Any]]:
        return [one for one in self.calendars[calendar_id].events.values() if one["status"] != "cancelled"]

    def forget_tokens(self, calendar_id: str) -> None:
        self.calendars[calendar_id].forgotten = next(self._count)

    # The server.

    def answer_call(self, asked: Asked) -> Reply:
        with self._lock:
            path = urlsplit(asked.path).path
            self.calls.append(f"{asked.method} {path}")
            if path.startswith("/calendar/") and self.fail:
                return self.fail.pop(0)
            reply = self.serve(asked, path)
            if path.startswith("/calendar/") and asked.method != "GET" and self.fail_after:
                return self.fail_after.pop(0)
            return reply

    def serve(self, asked: Asked, path: str) -> Reply:
        if path == "/oauth/token":
            return self.give_tokens(form_of(asked))
        if path == "/oauth/revoke":
            return self.revoke(form_of(asked))
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self.access_tokens.get(token, 0) < time.time():
            return error(401, "authError")
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
        body = json.loads(asked.body) if asked.body else {}
        if path == "/calendar/v3/users/me/calendarList":
            return self.page_of([one.entry for one in self.calendars.values()], query, {})
        if path == "/calendar/v3/channels/stop":
            return Reply(204) if self.channels.pop(body["id"], None) else error(404, "notFound")
        found = re.fullmatch(r"/calendar/v3/calendars/([^/]+)/events(?:/([^/]+))?", path)
        calendar = self.calendars.get(unquote(found[1])) if found else None
        if found is None or calendar is None:
            return error(404, "notFound")
        return self.serve_events(calendar, asked.method, unquote(found[2] or ""), query, body)

    def serve_events(
        self, calendar: Calendar, method: str, event_id: str, query: dict[str, str], body: dict[str, Any]
    ) -> Reply:
        if method == "GET":
            return self.list_events(calendar, query)
        if method == "POST" and event_id == "watch":
            return self.watch(calendar, body)
        if calendar.entry["accessRole"] == "reader":
            return error(403, "forbidden")
        if method == "POST":
            return self.insert(calendar, body)
        known = calendar.events.get(event_id)
        if known is None:
            return error(404, "notFound")
        if method == "DELETE":
            if known["status"] == "cancelled":
                return error(410, "deleted")
            self.cancel(str(calendar.entry["id"]), event_id)
            return Reply(204)
        self.write(str(calendar.entry["id"]), event_id, **body)
        return ok(calendar.events[event_id])

    def insert(self, calendar: Calendar, body: dict[str, Any]) -> Reply:
        event_id = body.get("id", "")
        if not EVENT_ID.fullmatch(event_id) or "start" not in body or "end" not in body:
            return error(400, "invalid")
        if event_id in calendar.events:
            return error(409, "duplicate")
        self.write(str(calendar.entry["id"]), event_id, **body)
        return ok(calendar.events[event_id])

    def list_events(self, calendar: Calendar, query: dict[str, str]) -> Reply:
        if "syncToken" in query and ("timeMin" in query or "timeMax" in query):
            return error(400, "syncTokenWithNonDefaultQuery")
        assert query["singleEvents"] == "true"
        following = {"nextSyncToken": f"sync-{max([0, *calendar.changed.values()])}", "timeZone": "Europe/Berlin"}
        if "syncToken" in query:
            since = int(query["syncToken"].removeprefix("sync-"))
            if since < calendar.forgotten:
                return error(410, "fullSyncRequired")
            items = [
                event if event["status"] != "cancelled" else {"id": event["id"], "status": "cancelled"}
                for event_id, event in calendar.events.items()
                if calendar.changed[event_id] > since
            ]
        else:
            items = [event for event in calendar.events.values() if event["status"] != "cancelled"]
        return self.page_of(items, query, following)

    def page_of(self, items: list[dict[str, Any]], query: dict[str, str], last: dict[str, str]) -> Reply:
        start = int(query.get("pageToken", "0"))
        end = start + self.page
        more = {"nextPageToken": str(end)} if end < len(items) else last
        return ok({"items": items[start:end], **more})

    def watch(self, calendar: Calendar, body: dict[str, Any]) -> Reply:
        if not body["address"].startswith("https://"):
            return error(400, "push.webhookUrlNotHttps")
        ends_ms = int((time.time() + int(body["params"]["ttl"])) * 1000)
        channel = {**body, "resourceId": f"resource-{calendar.entry['id']}", "expiration": str(ends_ms)}
        self.channels[body["id"]] = channel
        return ok(channel)

    def give_tokens(self, form: dict[str, str]) -> Reply:
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return Reply(401, b'{"error": "invalid_client"}')
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return Reply(400, b'{"error": "invalid_grant"}')
            return ok(self.new_access())
        given = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given is None or given["redirect_uri"] != form["redirect_uri"] or given["code_challenge"] != challenge:
            return Reply(400, b'{"error": "invalid_grant"}')
        refresh = f"refresh-{next(self._count)}"
        self.refresh_tokens.add(refresh)
        return ok({**self.new_access(), "refresh_token": refresh, "scope": given["granted"]})

    def new_access(self) -> dict[str, Any]:
        token = f"access-{next(self._count)}"
        self.access_tokens[token] = time.time() + LIFETIME_S
        return {"access_token": token, "expires_in": LIFETIME_S, "token_type": "Bearer"}

    def revoke(self, form: dict[str, str]) -> Reply:
        if form["token"] not in self.refresh_tokens:
            return Reply(400, b'{"error": "invalid_token"}')
        self.withdraw()
        return Reply(200, b"{}")


def form_of(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
