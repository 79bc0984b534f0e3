"""A world of the time API, made through rules and HTTP as its people would: a host with calendars and schedules,
members at several levels, clients with bookings in several states, proposals, contacts, outside calendars; and an
outsider with things of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from artel import clock
from artel.db.embedded import file_lock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.jobs import end_past_events
from artel.people.rules import create_person
from artel.settings import Settings
from tests import cast, databases
from tests.api.time.pictures import picture
from tests.browser import Browser
from tests.calendar_sync.google_stand_in import CLIENT_ID, CLIENT_SECRET, PRIMARY, GoogleStandIn
from tests.cast import Someone
from tests.world import SECRET, open_world, spread_ids

PASSWORD = "a good long password of nora"
ROOT = "http://artel.test"
# What the members of the host's schedule "private" may do with it: read and write level.
LEVELS = {
    "deputy": (2, 3),
    "manager": (2, 2),
    "worker": (1, 2),
    "anna": (0, 1),  # the client
    "reader": (1, 0),
    "watcher": (0, 0),
    "candidate": (1, 2),  # asked to work, and has not answered
}
# Nora is the host; the guest is in her contacts alone.
PEOPLE = ["nora", *LEVELS, "guest", "outsider"]
ROLES = {"deputy": 2, "manager": 2, "worker": 3, "candidate": 3}
OPEN_ALL_DAY = {
    "duration": 60,
    "days": {str(day): [["00:00", "24:00"]] for day in range(1, 8)},
    "cancellation": {"until_minutes": 0, "refund_percent": 100},
}
ICAL = "https://feeds.aurora.example/secret/nora.ics"
CALDAV = "https://dav.aurora.example/"


class TimeWorld(msgspec.Struct):
    """Ids of different kinds are never equal here, so that any number of the host's can be told in a reply."""

    made_at: datetime
    people: dict[str, Someone]
    calendars: dict[str, int] = {}  # own, the default one; spare; outsider
    schedules: dict[str, int] = {}  # private, priced, manual, spare; public: open, group, shared; outsider's
    events: dict[str, int] = {}
    corrections: dict[str, int] = {}  # event, profile: to be voted on; own, own 2: the host's, of the client's profile
    sources: dict[str, int] = {}  # ical, caldav, google
    files: dict[str, int] = {}  # photo, of the host; picture; document, attached to a schedule
    feed: str = ""

    @property
    def host(self) -> Someone:
        return self.people["nora"]

    @property
    def inhabitants(self) -> list[int]:
        """Everybody but the outsider."""
        return [one.id for name, one in self.people.items() if name != "outsider"]

    def email(self, name: str) -> str:
        return f"{name}@aurora.example"

    def at(self, days: int, hour: int) -> str:
        """A full hour, so many days after the world was made."""
        day = self.made_at.replace(hour=hour, minute=0, second=0, microsecond=0)
        return (day + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_settings(shared_folder: Path, database_url: str) -> Settings:
    return Settings(
        home=shared_folder / "time-world",
        database_url=database_url,
        secret=SECRET,
        sandbox=True,
        google_client_id=CLIENT_ID,
        google_client_secret=CLIENT_SECRET,
    )


async def time_template(server_url: str, template: str, shared_folder: Path) -> tuple[str, TimeWorld]:
    """The database that holds the world, to be cloned, and what is in it; made by whichever process comes first."""
    marker = shared_folder / "time-world.json"
    with file_lock(shared_folder / "time-world.lock"):
        if not marker.exists():
            name = f"artel_time_{uuid.uuid4().hex[:12]}"
            with psycopg.connect(server_url, autocommit=True) as conn:
                conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            settings = time_settings(shared_folder, databases.with_database(server_url, name))
            with google_at_work() as google:
                async with open_world(google.settings(settings)) as (http, database):
                    world = await Maker(http, database, settings).make(google)
            marker.write_bytes(msgspec.json.encode((name, world)))
    return msgspec.json.decode(marker.read_bytes(), type=tuple[str, TimeWorld])


@contextmanager
def google_at_work() -> Iterator[GoogleStandIn]:
    server = GoogleStandIn()
    try:
        yield server
    finally:
        server.stop()


class Maker:
    """Makes the world, call by call."""

    def __init__(self, http: httpx.AsyncClient, database: Database, settings: Settings) -> None:
        self.http = http
        self.database = database
        self.settings = settings
        self.world = TimeWorld(clock.now(), {})

    async def make(self, google: GoogleStandIn) -> TimeWorld:
        async with self.database.connection() as conn:
            await spread_ids(conn)
            for name in PEOPLE:
                self.world.people[name] = await self.add_person(conn, name)
        await self.describe_host()
        await self.open_schedules()
        await self.gather_members()
        await self.book()
        await self.propose()
        await self.join_outside(google)
        await self.settle_outsider()
        return self.world

    async def add_person(self, conn: Connection, name: str) -> Someone:
        now = clock.now()
        person = await create_person(
            conn,
            email=self.world.email(name),
            password=PASSWORD if name == "nora" else None,
            language="EN",
            first_name=name.capitalize(),
            last_name="Example",
            phone=f"493012345{len(self.world.people):02d}",
            now=now,
        )
        return await cast.sign_in(conn, self.settings, person, None, now=now)

    async def call(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        sent = {} if body is None else {"json": body}
        reply = await self.http.request(method, path, headers=self.world.people[who].headers, **sent, **more)
        assert reply.status_code == 200, f"{who}: {method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    async def describe_host(self) -> None:
        about = {"city": "Kiel", "about": "Nora of Aurora teaches", "languages": ["en"], "skills": ["Aurora mediation"]}
        await self.call("nora", "PUT", "/user", about)
        kept = await self.call(
            "nora",
            "POST",
            "/upload",
            files={
                "image": ("aurora.jpg", picture(), "image/jpeg"),
                "images": ("aurora-2.jpg", picture(size=(640, 480)), "image/jpeg"),
                "docs": ("aurora.txt", b"Aurora's", "text/plain"),
            },
        )
        self.world.files = dict(zip(("photo", "picture", "document"), (one["id"] for one in kept), strict=True))
        await self.call("nora", "PUT", "/user", {"ava_id": self.world.files["photo"]})
        own = await self.call("nora", "GET", "/kal")
        self.world.calendars["own"] = own["id"]
        self.world.feed = own["feed_url"].rpartition("/")[2]
        spare = {"label": "Aurora's second calendar", "private": True}
        self.world.calendars["spare"] = (await self.call("nora", "POST", "/kal", spare))["id"]

    async def open_schedules(self) -> None:
        document = {"files": [self.world.files["document"]]}
        priced = {"price": "47.11", "currency": "EUR"}
        offers: dict[str, dict[str, Any]] = {
            "private": document,
            "priced": priced,
            "manual": {"settings": {**OPEN_ALL_DAY, "confirmation": "manual"}},
            "spare": {},
            "open": {"private": False},
            "group": {"private": False, "type_id": 2, "settings": {**OPEN_ALL_DAY, "seats": 5}},
            "shared": {"private": False, "settings": {**OPEN_ALL_DAY, "assignment": "round_robin"}},
        }
        for name, terms in offers.items():
            await self.open_schedule("nora", name, terms)

    async def open_schedule(self, who: str, name: str, terms: dict[str, Any]) -> None:
        wish = {"label": f"Aurora's {name} hours of {who}", "private": True, "timezone": "UTC"}
        made = await self.call(who, "POST", "/schedule", {**wish, "settings": OPEN_ALL_DAY, **terms})
        self.world.schedules[name] = made["id"]

    async def gather_members(self) -> None:
        members = [
            {"user_id": self.world.people[name].id, "role_id": ROLES.get(name, 6), "read": read, "write": write}
            for name, (read, write) in LEVELS.items()
        ]
        for name in LEVELS:
            person = {"id": self.world.people[name].id}
            async with self.database.connection() as conn:
                email = await fetch_value(conn, "SELECT email FROM person WHERE id = %(id)s", person)
            await self.call("nora", "POST", "/contacts", {"email": email})
        client = [one for one in members if one["user_id"] == self.world.people["anna"].id]
        worker = [one for one in members if one["user_id"] == self.world.people["worker"].id]
        await self.call("nora", "POST", f"/schedule/{self.world.schedules['private']}/users", members)
        for name in ("priced", "manual"):
            await self.call("nora", "POST", f"/schedule/{self.world.schedules[name]}/users", client)
        await self.call("nora", "POST", f"/schedule/{self.world.schedules['shared']}/users", worker)
        for name in ("deputy", "manager", "worker", "anna", "reader", "watcher"):
            await self.call(name, "POST", f"/schedule/{self.world.schedules['private']}/users/accept")
        await self.call("worker", "POST", f"/schedule/{self.world.schedules['shared']}/users/accept")

    async def book_slot(self, name: str, schedule: str, days: int, hour: int) -> None:
        wish = {"start": self.world.at(days, hour), "label": f"Aurora's meeting {name}"}
        path = f"/schedule/{self.world.schedules[schedule]}/book"
        self.world.events[name] = (await self.call("anna", "POST", path, wish))["event"]["id"]

    async def book(self) -> None:
        """One booking in each state, and those that the calls under test take further."""
        private, priced = self.world.schedules["private"], self.world.schedules["priced"]
        soon = clock.now() + timedelta(hours=2)
        await self.book_slot("done", "private", (soon.date() - self.world.made_at.date()).days, soon.hour)
        await end_past_events(self.database, soon + timedelta(hours=2))
        for name, hour in (("confirmed", 9), ("cancelled", 10)):
            await self.book_slot(name, "private", 3, hour)
        await self.call("anna", "DELETE", f"/event/{self.world.events['cancelled']}")
        for name, hour in (("held", 9), ("held 2", 10), ("paid", 11), ("paid 2", 12)):
            await self.book_slot(name, "priced", 4, hour)
        paid = [self.world.events["paid"], self.world.events["paid 2"]]
        await self.call("nora", "POST", f"/schedule/{priced}/pay", {"ids": paid})
        await self.call("nora", "POST", f"/event/{paid[0]}/charge", {"date": self.world.at(4, 11)})
        for name, hour in (("waiting", 9), ("waiting 2", 10)):
            await self.book_slot(name, "manual", 5, hour)
        for name, hour in (("meeting", 9), ("spare", 10)):
            wish: dict[str, Any] = {
                "label": f"Aurora's {name} event",
                "start": self.world.at(6, hour),
                "status_id": 200,
            }
            if name == "meeting":
                wish["attendees"] = [{"user_id": self.world.people["anna"].id, "role_id": 6}]
            made = await self.call("nora", "POST", f"/schedule/{private}/event", wish)
            self.world.events[name] = made["id"]

    async def propose(self) -> None:
        """Anna asks for another time and for another city of Nora's; Nora proposes two things of Anna's."""
        event = self.world.events["confirmed"]
        other = {"start": self.world.at(3, 11), "end": self.world.at(3, 12)}
        corrected = await self.call("anna", "PUT", f"/event/{event}", other)
        self.world.corrections["event"] = corrected["corrections"][-1]["id"]
        city = await self.call("anna", "PUT", f"/otheruser/{self.world.host.id}", {"city": "Aurora-on-Sea"})
        self.world.corrections["profile"] = city["corrections"][0]["id"]
        own = {"about": "Anna learns with Aurora", "city": "Aurora-Ost", "education": "School of Aurora"}
        made = await self.call("nora", "PUT", f"/otheruser/{self.world.people['anna'].id}", own)
        for name, correction in zip(("own", "own 2", "own 3"), made["corrections"], strict=True):
            self.world.corrections[name] = correction["id"]
        for name in ("anna", "guest"):
            contact = (await self.call("nora", "POST", "/contacts", {"email": self.world.email(name)}))["new"]
            label = {"label": f"Aurora's friend {name}", "description": f"Aurora keeps {name} in mind"}
            await self.call("nora", "PUT", f"/contacts/{contact['user_id']}", label)

    async def join_outside(self, google: GoogleStandIn) -> None:
        kal = self.world.calendars["own"]
        caldav = {"url": CALDAV, "username": "nora", "password": "Aurora's password", "from": True}
        feeds = await self.call("nora", "POST", f"/kal/{kal}/import", {"url": ICAL, "summary": "Aurora's school"})
        shared = await self.call("nora", "POST", f"/kal/{kal}/caldav", caldav)
        browser = Browser(self.http)
        await browser.open(ROOT + google.consent(await self.call("nora", "GET", f"/kal/{kal}/google/auth")))
        page = await browser.send()
        assert page.status_code == 200, page.text
        wish = {"id": PRIMARY, "summary": "Aurora's private one", "timeZone": "UTC", "from": True}
        joined = await self.call("nora", "POST", f"/kal/{kal}/google", wish)
        for name, reply in (("ical", feeds), ("caldav", shared), ("google", joined)):
            self.world.sources[name] = reply["import"][0]["id"]

    async def settle_outsider(self) -> None:
        """Somebody who has to do with nobody here: a calendar, hours, a booking by hand, a contact of their own."""
        self.world.calendars["outsider"] = (await self.call("outsider", "GET", "/kal"))["id"]
        await self.open_schedule("outsider", "outsider", {})
        path = f"/schedule/{self.world.schedules['outsider']}/event"
        made = await self.call("outsider", "POST", path, {"label": "Far away", "start": self.world.at(2, 9)})
        self.world.events["outsider"] = made["id"]
        await self.call("outsider", "POST", "/contacts", {"email": "friend@far.example"})
