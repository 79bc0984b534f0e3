"""Every call of the time API, its path, query and body filled with what belongs to one world.

A parameter or field that the tables below do not know fails the tests: whoever adds one says what to fill it with.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from tests.api.conftest import sandbox_application
from tests.api.every_route import Operation, operations
from tests.api.time.pictures import picture
from tests.api.time.world import OPEN_ALL_DAY, PASSWORD, TimeWorld
from tests.calendar_sync.google_stand_in import SECOND

EVERY = operations(sandbox_application()[0], "time")
# Calls that nobody has to be signed in for; who is, is asked for a good token.
PUBLIC = {
    "POST /api/login",
    "POST /api/loginrequest",
    "POST /api/register",
    "GET /api/calendars/{file}",
    "POST /api/schedule/{schedule}/book",
}
CLOSED = [operation for operation in EVERY if str(operation) not in PUBLIC]
# Who makes a call that works, where it is not the host.
CALLERS = {
    "POST /api/schedule/{schedule}/book": "anna",
    "POST /api/schedule/{schedule}/users/accept": "candidate",
}
# Calls that end in a refusal whoever makes them: a code that nobody has.
NEVER_DONE = {"POST /api/user/email/confirm": "otp"}
# Query parameters that a call is not made without.
NEEDED = {"DELETE /api/schedule/{schedule}/users": "user_id", "DELETE /api/otheruser/corrections": "ids[]"}
# Fields of a profile that nobody proposes of somebody else's.
ONES_OWN_ALONE = ("currency", "email", "sallary", "ava_id", "cv_id")


class Omitted:
    """Of a field that is known and not sent: it goes with another, or the call is not for it."""


class FileOf(msgspec.Struct, frozen=True):
    name: str
    content: bytes
    kind: str


class TimeCall(msgspec.Struct, frozen=True):
    """A filled request."""

    operation: Operation
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None

    def __str__(self) -> str:
        return f"{self.operation.method} {self.path} {self.query or ''} {self.body or ''}"

    async def send(
        self, http: httpx.AsyncClient, headers: dict[str, str], extra: dict[str, Any] | None = None
    ) -> httpx.Response:
        """With `extra` fields beside those of the body that are declared."""
        return await http.request(
            self.operation.method,
            f"http://artel.test{self.path}",
            params=self.query or None,
            headers=headers,
            **self.sent(extra),
        )

    def sent(self, extra: dict[str, Any] | None = None) -> dict[str, Any]:
        """The body, as httpx is told of it."""
        if self.body is None:
            return {}
        body = {**(extra or {}), **self.body}
        if self.operation.body_kind == "form":
            return as_form(body)
        return {"json": [body] if self.operation.body_kind == "list" else body}


def as_form(body: dict[str, Any]) -> dict[str, Any]:
    """Files as parts of their own; lists and objects as JSON."""
    texts, files = {}, []
    for name, value in body.items():
        if isinstance(value, FileOf):
            files.append((name, (value.name, value.content, value.kind)))
        else:
            texts[name] = json.dumps(value) if isinstance(value, list | dict | bool) else str(value)
    return {"data": texts, "files": files}


class TimeFiller:
    """Fills calls from the tables, for one world."""

    def __init__(self, world: TimeWorld) -> None:
        self.world = world
        self.special = self.special_values()
        self.common = self.common_values()

    def calls(self, operation: Operation) -> Iterator[TimeCall]:
        """As it is, and with each query parameter alone."""
        for name in (None, *operation.query_names):
            yield self.call(operation, name)

    def call(self, operation: Operation, query_name: str | None = None) -> TimeCall:
        path = operation.path
        for name in operation.path_names:
            path = path.replace(f"{{{name}}}", str(self.value(operation, name)))
        named = {query_name, NEEDED.get(str(operation))} - {None}
        query = {name: self.value(operation, name) for name in operation.query_names if name in named}
        body = None
        if operation.body_names is not None:
            filled = {name: self.value(operation, name) for name in operation.body_names}
            body = {name: value for name, value in filled.items() if value is not Omitted}
        return TimeCall(operation, path, query, body)

    def value(self, operation: Operation, name: str) -> Any:
        """What this call wants, else what the name means everywhere. KeyError: say what."""
        special = self.special.get(str(operation), {})
        return special[name] if name in special else self.common[name]

    def special_values(self) -> dict[str, dict[str, Any]]:
        """What a name means in one call alone."""
        world = self.world
        anna, guest = world.people["anna"].id, world.people["guest"].id
        away = {"id": world.sources["ical"], "from": True}
        profile = {"ava": FileOf("nora.png", picture("PNG"), "image/png"), "docs": [], "phone": "+4930123499"}
        return {
            "POST /api/login": {"email": world.email("nora"), "code": None},
            "POST /api/register": {
                **profile,
                "docs": FileOf("aurora.txt", b"Aurora's papers", "text/plain"),
                "schedule": {"label": "Aurora's first hours", "private": True, "settings": OPEN_ALL_DAY},
            },
            "PUT /api/user": profile,
            "POST /api/user": profile,
            "POST /api/upload": dict.fromkeys(("image", "images"), FileOf("aurora.png", picture("PNG"), "image/png"))
            | dict.fromkeys(("docs", "job", "schedule", "event"), FileOf("aurora.txt", b"Aurora's", "text/plain"))
            | dict.fromkeys(("video", "videos"), Omitted),
            "GET /api/file/{file}": {"file": world.files["picture"]},
            "GET /api/calendars/{file}": {"file": world.feed},
            "DELETE /api/contacts/{user}": {"user": guest},
            "PUT /api/otheruser/{otheruser}": {
                "phone": "+4930123498",
                # Proposed already: proposed again, the first would give way.
                **dict.fromkeys((*ONES_OWN_ALONE, "about", "city", "education"), Omitted),
            },
            "PUT /api/kal/{kal}": {"slug": uuid.uuid4().hex},
            "DELETE /api/kal/{kal}": {"kal": world.calendars["spare"]},
            "POST /api/kal/{kal}/import": {"url": "https://feeds.aurora.example/secret/other.ics"},
            "POST /api/kal/{kal}/google": {"id": SECOND},
            "DELETE /api/kal/{kal}/import": away,
            "DELETE /api/kal/{kal}/caldav": {"id": world.sources["caldav"], "from": True},
            "DELETE /api/kal/{kal}/google": {"id": world.sources["google"], "from": True},
            "POST /api/schedule": {"start": world.at(0, 0), "end": world.at(90, 0)},
            "PUT /api/schedule/{schedule}": {"start": world.at(0, 0), "end": world.at(90, 0), "slug": uuid.uuid4().hex},
            "POST /api/schedule/preview": {"id": world.schedules["private"], "benefitable_id": world.host.id},
            "POST /api/schedule/search": {"start": Omitted, "end": Omitted, "skills": [], "price_from": 0},
            "POST /api/schedule/{schedule}/book": {"email": "visitor@far.example", "start": world.at(7, 9)},
            "POST /api/schedule/{schedule}/event": {
                "start": world.at(7, 11),
                "date": Omitted,
                "end": Omitted,
                "status_id": 200,
                "attendees": [{"user_id": anna, "role_id": 6}],
            },
            "POST /api/schedule/{schedule}/pay": {
                "schedule": world.schedules["priced"],
                "ids": [world.events["held"]],
                "pay_from": None,
            },
            "POST /api/schedule/{schedule}/deposit": {
                "schedule": world.schedules["priced"],
                "ids": [world.events["held 2"]],
            },
            "POST /api/schedule/{schedule}/users": {"user_id": world.people["reader"].id},
            "PUT /api/event/{event}": {
                "event": world.events["spare"],
                "start": world.at(6, 14),
                "end": world.at(6, 15),
                "attendees": [{"id": anna}],
                # What follows from bookings, and what goes without an end.
                **dict.fromkeys(("date", "duration", "status_id", "payment_status_id", "benefitable"), Omitted),
                "credit": False,
            },
            "DELETE /api/event/{event}": {"event": world.events["spare"]},
            "GET /api/event/{event}/children": {"event": world.events["paid"]},
            "POST /api/event/{event}/confirm": {"event": world.events["waiting"]},
            "POST /api/event/{event}/decline": {"event": world.events["waiting 2"]},
            "POST /api/otheruser/correction/{correction}/vote": {"correction": world.corrections["profile"]},
            "DELETE /api/schedule/{schedule}": {"schedule": world.schedules["spare"]},
            "GET /api/event": {"days": 3},
            "POST /api/event/{event}/vote": {"ids": [world.corrections["event"]]},
            "POST /api/event/{event}/charge": {"event": world.events["paid 2"], "date": world.at(4, 12)},
        }

    def common_values(self) -> dict[str, Any]:
        world = self.world
        anna = world.people["anna"].id
        return {
            # ids in paths
            "kal": world.calendars["own"],
            "schedule": world.schedules["private"],
            "event": world.events["confirmed"],
            "user": anna,
            "otheruser": anna,
            "correction": world.corrections["own"],
            # a query
            "ids[]": world.corrections["own 2"],
            "page": 1,
            "perPage": 5,
            "days": [1, 2, 3, 4, 5],
            "size": "128",
            "user_id": world.people["watcher"].id,
            "start": world.at(1, 0),
            "end": world.at(8, 0),
            "duration": 60,
            "timezone": "UTC",
            # signing in
            "email": f"{uuid.uuid4().hex}@new.example",
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
            "code": "",
            "otp": "000000",
            "terms": "accepted",
            "tovarisch": "1",
            # a profile
            "name": "Nina Example",
            "birthdate": "1991-04-15",
            "birthtime": "07:30",
            "birthcity": "Aurora-West",
            "phone": "+4930123497",
            "city": "Aurora-Nord",
            "education": "Aurora's evening school",
            "about": "Teaches in Aurora",
            "languages": ["en", "de"],
            "skills": [{"name": "Aurora drawing"}],
            "links": [{"label": "Aurora", "url": "https://aurora.example/"}],
            "sallary": {"amount": "3200.50", "currency": "EUR", "per": "month"},
            "currency": "EUR",
            "settings": OPEN_ALL_DAY,
            "ava_id": world.files["photo"],
            "cv_id": world.files["document"],
            # calendars, schedules, events
            "label": "Aurora, one more",
            "description": "Known in Aurora alone",
            "private": True,
            "slug": uuid.uuid4().hex,
            "files": [world.files["document"]],
            "type_id": 1,
            "kal_id": world.calendars["own"],
            "parent_id": None,
            "benefitable_id": world.host.id,
            "benefitable_type": "User",
            "billable_id": None,
            "billable_type": None,
            "msp": 0,
            "price": "48.12",
            "amount": "47.11",
            "date": world.at(4, 9),
            "vote": True,
            "role_id": 6,
            "read": 1,
            "write": 0,
            # outside calendars
            "url": "https://dav.aurora.example/other/",
            "username": "nora",
            "from": None,
            "summary": "Aurora's other one",
            "timeZone": "UTC",
            # a search
            "query": "aurora",
            "sortBy": "price",
            "descending": False,
            "price_from": 0,
            "price_to": 1_000_000,
            "hours": {"from": "08:00", "to": "18:00"},
        }
