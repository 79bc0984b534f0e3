"""Booking on the pages, without scripts: from the month to the form, the mailed link, paying and cancelling."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.booking import end_event
from artel.events.jobs import release_due_holds
from artel.events.machine import Status
from artel.ledger.queries import company_balances
from artel.ledger.rules import top_up
from artel.lookups.rules import load_reference_data
from artel.pages import booking_texts
from artel.payments.jobs import charge_loop
from artel.payments.processors import SandboxProcessor
from artel.payments.rules import record_outside
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.events.cast import add_schedule as add_plain_schedule
from tests.pages.booking_world import add_schedule, mailed_link, slot_path, text_of
from tests.pages.conftest import Browser
from tests.pages.test_layout import test_texts_are_there_twice as check_texts
from tests.pages.test_my import SignIn, press, sign_in
from tests.times import Travel, travel

__all__ = ["sign_in", "travel"]

CLARA = {"name": "Clara Example", "email": "clara@example.test", "phone": "+49 30 901820"}
GOOD, DECLINED, EMPTY = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 9995"
EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
async def currencies(conn: Connection) -> None:
    async with conn.transaction():
        await load_reference_data(conn)


@pytest.fixture
async def nora(conn: Connection, now: datetime) -> int:
    """The host."""
    return await cast.add_person(conn, "nora@example.test", now=now)


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> int:
    """A client with an account."""
    return await cast.add_person(conn, "anna@example.test", now=now)


@pytest.fixture
async def schedule(conn: Connection, nora: int, now: datetime) -> ScheduleRow:
    return await add_schedule(conn, nora, now=now)


@pytest.fixture
async def priced(conn: Connection, nora: int, now: datetime) -> ScheduleRow:
    """40 euros; from a day before on half of it is kept."""
    terms = {"cancellation": {"until_minutes": 1440, "refund_percent": 50}, "hold_minutes": 20}
    return await add_schedule(conn, nora, now=now, settings=terms, **EUR)


def slot(now: datetime, *, days: int = 3, hour: int = 10) -> datetime:
    """One that is offered: a full hour in Berlin in some days."""
    day = (now.astimezone(BERLIN) + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(UTC)


async def book(browser: Browser, schedule: ScheduleRow, start: datetime, **fields: str) -> httpx.Response:
    await browser.open(slot_path(schedule, start))
    return await press(browser, slot_path(schedule, start).rpartition("/")[2], **{**CLARA, **fields})


async def charge(database: Database) -> None:
    """What the worker does with cards."""
    await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())


async def seats(conn: Connection) -> list[tuple[int, int]]:
    """(status, payment status) of the clients."""
    cursor = await conn.execute("SELECT status_id, payment_status_id FROM event_attendee WHERE role_id = 4 ORDER BY id")
    return await cursor.fetchall()


def links(page: httpx.Response, part: str) -> list[str]:
    return [url.replace("&amp;", "&") for url in re.findall(r'href="([^"]+)"', page.text) if part in url]


# The month.


async def test_what_is_offered_and_by_whom(browser: Browser, priced: ScheduleRow) -> None:
    page = await browser.open("/book/CONSULTING")
    assert page.status_code == 200
    text = text_of(page.text)
    for words in ("Consulting", "An hour about your spring catalogue.", "Nora Example", "€40.00", "1 h", "Online"):
        assert words in text
    assert "Cancel at least 24 h before it begins and you get everything back; later 50 %." in text
    assert '<meta name="robots" content="noindex">' in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"


async def test_the_months_table(browser: Browser, schedule: ScheduleRow, now: datetime) -> None:
    await browser.open(f"/book/consulting?day={slot(now, days=20):%Y-%m-%d}&tz=Europe/Berlin")
    page = browser.page
    day = slot(now, days=20).astimezone(BERLIN).date()
    assert re.search(r"<caption>\w+ \d{4}</caption>", page.text)
    assert page.text.count('<th scope="col"') == 7
    assert f'aria-label="{day:%A}, {day.day} {day:%B} {day.year}, free times: 3"' in page.text
    assert len(links(page, "Z")) == 3
    assert slot_path(schedule, slot(now, days=20, hour=9)) in links(page, "Z")
    assert len(re.findall(r'aria-current="date"', page.text)) == 1


async def test_months_end_where_nothing_is_offered_any_more(
    browser: Browser, schedule: ScheduleRow, now: datetime
) -> None:
    seen = set()
    page = await browser.open("/book/consulting?month=1999-01&tz=Europe/Berlin")
    assert 'rel="prev"' not in page.text
    for _ in range(6):
        seen.add(re.findall(r"<caption>([^<]+)", page.text)[0])
        following = re.findall(r'href="([^"]+)" rel="next"', page.text)
        if not following:
            break
        page = await browser.open(following[0].replace("&amp;", "&"))
    last = (now.astimezone(BERLIN) + timedelta(days=60)).date()
    assert f"{last:%B %Y}" in seen
    assert len(seen) in (2, 3)
    assert 'rel="prev"' in page.text
    assert (await browser.open("/book/consulting?month=9999-12")).status_code == 200
    assert 'rel="next"' not in browser.page.text


@pytest.mark.parametrize(
    "query",
    ["month=2026-13", "month=0000-00", "day=x", "day=9999-12-31", "day=0001-01-01", "duration=-1", "duration=²",
     "tz=Nowhere", "tz=../../etc", "lang=xx", "month=%00", "taken"],
)  # fmt: skip
async def test_what_cannot_be_read_is_passed_over(browser: Browser, schedule: ScheduleRow, query: str) -> None:
    assert (await browser.open(f"/book/consulting?{query}")).status_code == 200


@pytest.mark.parametrize("path", ["/book/nobody", "/book/secret", "/book/%00", "/book/consulting/soon",
                                  "/book/consulting/2026-01-01", "/book/consulting/9999-01-01T00:00Z"])  # fmt: skip
async def test_private_or_unknown(
    browser: Browser, conn: Connection, schedule: ScheduleRow, nora: int, now: datetime, path: str
) -> None:
    await add_schedule(conn, nora, now=now, slug="secret", is_private=True)
    page = await browser.open(path)
    assert page.status_code == 404
    assert "There is no such page" in page.text


async def test_days_are_the_visitors(browser: Browser, conn: Connection, nora: int, now: datetime) -> None:
    """23:30 in Berlin is the next day in Almaty."""
    late = {"duration": 30, "days": {str(day): [["23:30", "24:00"]] for day in range(1, 8)}}
    schedule = await add_schedule(conn, nora, now=now, settings=late, slug="late")
    start = slot(now, days=10, hour=23) + timedelta(minutes=30)
    local = start.astimezone(ZoneInfo("Asia/Almaty"))
    assert local.date() > start.astimezone(BERLIN).date()
    page = await browser.open(f"/book/late?day={local:%Y-%m-%d}&tz=Asia/Almaty")
    assert slot_path(schedule, start) in links(page, "Z")
    assert f"{local:%-I:%M} AM" in text_of(page.text)
    assert "Asia/Almaty (UTC+5)" in text_of(page.text)
    page = await browser.open(f"/book/late?day={start.astimezone(BERLIN):%Y-%m-%d}")  # kept
    assert slot_path(schedule, start) not in links(page, "Z")
    page = await browser.open(slot_path(schedule, start))
    assert f"For the host: {start.astimezone(BERLIN):%A, %-d %B %Y}, 11:30 PM" in text_of(page.text)


async def test_the_zone_script_is_there_until_a_zone_is_known(browser: Browser, schedule: ScheduleRow) -> None:
    page = await browser.open("/book/consulting")
    assert re.search(r'<script src="/assets/zone.js\?v=\w+" data-shown="Europe/Berlin"></script>', page.text)
    assert (await browser.http.get(re.findall(r'"(/assets/zone[^"]+)"', page.text)[0])).status_code == 200
    page = await browser.open("/book/consulting?tz=Nowhere")
    assert "zone.js" not in page.text
    page = await browser.open("/book/consulting?tz=Asia/Almaty")
    assert "zone.js" not in page.text
    assert browser.http.cookies["artel_timezone"].strip('"') == "Asia/Almaty"
    page = await browser.open("/book/consulting")
    assert "zone.js" not in page.text
    assert '<option value="Asia/Almaty" selected>Almaty (UTC+5)</option>' in page.text


async def test_a_month_without_anything_names_the_next_day(
    browser: Browser, conn: Connection, nora: int, now: datetime
) -> None:
    first = (now + timedelta(days=45)).date()
    only = {"days": {}, "exceptions": [{"date": first.isoformat(), "hours": [["09:00", "10:00"]]}]}
    await add_schedule(conn, nora, now=now, settings=only, slug="rare")
    page = await browser.open(f"/book/rare?month={now:%Y-%m}&tz=Europe/Berlin")
    assert "Nothing is free in" in page.text
    (next_day,) = links(page, f"day={first}")
    page = await browser.open(next_day)
    assert len(links(page, "Z")) == 1
    later = (now.astimezone(BERLIN) + timedelta(days=60)).date()
    soon = (now.astimezone(BERLIN) + timedelta(days=2)).date()
    early = {"days": {}, "exceptions": [{"date": soon.isoformat(), "hours": [["09:00", "10:00"]]}]}
    await add_schedule(conn, nora, now=now, settings=early, slug="early")
    assert links(await browser.open(f"/book/early?day={later}"), f"day={soon}")
    empty = {"days": {}}
    await add_schedule(conn, nora, now=now, settings=empty, slug="never")
    assert "At the moment nothing is free." in (await browser.open("/book/never")).text


async def test_a_day_without_anything_names_the_next(
    browser: Browser, conn: Connection, nora: int, now: datetime
) -> None:
    monday = {"days": {"1": [["09:00", "12:00"]]}}
    await add_schedule(conn, nora, now=now, settings=monday, slug="mondays")
    day = (now.astimezone(BERLIN) + timedelta(days=7)).date()
    tuesday = day + timedelta(days=(1 - day.weekday()) % 7)
    page = await browser.open(f"/book/mondays?day={tuesday}&tz=Europe/Berlin")
    assert "Nothing is free on this day." in page.text
    assert f"Next free day: {tuesday + timedelta(days=6):%A, %-d %B %Y}" in text_of(page.text)


async def test_other_lengths(browser: Browser, conn: Connection, nora: int, now: datetime) -> None:
    terms = {"duration": 60, "durations": [90], "step": 30, "price_per": "hour"}
    schedule = await add_schedule(conn, nora, now=now, settings=terms, slug="lengths", **EUR)
    page = await browser.open("/book/lengths?duration=90&tz=Europe/Berlin")
    assert "1 h 30 min" in text_of(page.text)
    assert "€60.00" in text_of(page.text)
    start = slot(now)
    page = await browser.open(slot_path(schedule, start) + "?duration=90")
    assert "10:00 AM – 11:30 AM" in text_of(page.text)
    page = await press(browser, "duration=90", **CLARA)
    assert page.url.path.startswith("/bookings/")
    assert "10:00 AM – 11:30 AM" in text_of(page.text)
    assert "Pay €60.00" in text_of(page.text)


async def test_a_group_shows_its_places(browser: Browser, conn: Connection, nora: int, now: datetime) -> None:
    schedule = await add_schedule(conn, nora, now=now, settings={"seats": 5}, type_id=2, slug="group")
    page = await browser.open(f"/book/group?day={slot(now):%Y-%m-%d}&tz=Europe/Berlin")
    assert text_of(page.text).count("places left: 5") == 3
    await book(browser, schedule, slot(now))
    page = await browser.open(f"/book/group?day={slot(now):%Y-%m-%d}")
    assert "places left: 4" in text_of(page.text)


# Booking.


async def test_a_visitor_books_confirms_and_cancels(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    await browser.open("/book/consulting?tz=Asia/Almaty")
    start = slot(now)
    page = await book(browser, schedule, start, note="About the <spring> catalogue")
    assert page.status_code == 200
    booking = page.url.path
    assert booking.startswith("/bookings/")
    text = text_of(page.text)
    assert "Waits for you to confirm" in text
    assert f"{start.astimezone(ZoneInfo('Asia/Almaty')):%A, %-d %B %Y}" in text
    assert "Nora Example" in text
    assert "clara@example.test" not in text
    assert await seats(conn) == [(100, 100)]
    kept = await fetch_value(
        conn,
        """
        SELECT concat_ws('|', e.description, a.visitor_name, a.visitor_phone, a.timezone)
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        WHERE a.role_id = 4
        """,
    )
    assert kept == "About the <spring> catalogue|Clara Example|4930901820|Asia/Almaty"

    link = await mailed_link(conn, "clara@example.test")
    page = await browser.open(link)
    assert "One press, and this time is yours." in page.text
    assert await seats(conn) == [(100, 100)], "opening it confirms nothing"
    page = await press(browser, link)
    assert page.url.path == booking, "in the browser that booked"
    assert "Confirmed" in text_of(page.text)
    assert await seats(conn) == [(200, 100)]

    file = await browser.http.get(f"{booking}/event.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    event: Any
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert event["DTSTART"].dt == start
    assert str(event["LOCATION"]) == "Online"
    assert str(event["STATUS"]) == "CONFIRMED"

    await browser.open(booking)
    page = await browser.open(links(browser.page, "/cancel")[0])
    assert "The time becomes free for others." in page.text
    assert await seats(conn) == [(200, 100)]
    page = await press(browser, "/cancel")
    assert page.url.path == booking
    assert "Cancelled" in text_of(page.text)
    assert links(page, "/book/") == ["/book/consulting"]
    assert await seats(conn) == [(444, 100)]
    assert (await browser.open(f"{booking}/cancel")).url.path == booking
    assert slot_path(schedule, start) in links(await browser.open(f"/book/consulting?day={start:%Y-%m-%d}"), "Z")


async def test_the_mailed_link_in_another_browser(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    page = await book(browser, schedule, slot(now))
    booking = page.url.path
    link = await mailed_link(conn, "clara@example.test")
    browser.http.cookies.clear()
    await browser.open(link, "ru")
    page = await press(browser, link, language="ru")
    assert page.status_code == 200
    assert "Запись подтверждена" in page.text
    assert booking not in page.text
    page = await browser.open(link)
    assert page.status_code == 404
    assert "This link no longer works" in page.text
    assert "please book again" in page.text


async def test_a_link_that_came_too_late(
    browser: Browser, conn: Connection, database: Database, schedule: ScheduleRow, now: datetime, travel: Travel
) -> None:
    booking = (await book(browser, schedule, slot(now))).url.path
    link = await mailed_link(conn, "clara@example.test")
    await browser.open(link)
    travel(minutes=16)
    page = await press(browser, link)
    assert page.status_code == 404
    assert "This link no longer works" in page.text
    assert booking in links(page, "/bookings/")
    assert "Not booked" in text_of((await browser.open(booking)).text)
    await release_due_holds(database, clock.now())
    page = await browser.open(booking)
    assert "Not booked" in text_of(page.text)
    assert links(page, "/book/") == ["/book/consulting"]
    assert links(page, "/cancel") == []


async def test_what_is_wrong_stands_beside_its_field(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    page = await book(browser, schedule, slot(now), name=" ", email="clara@", phone="12", note="Kept <text>")
    assert page.status_code == 422
    for field in ("name", "email", "phone"):
        assert f'id="{field}-problem"' in page.text
        assert f'href="#{field}"' in page.text
    assert 'value="clara@"' in page.text
    assert "Kept &lt;text&gt;</textarea>" in page.text
    assert await seats(conn) == []
    page = await press(browser, "Z", email="clara@example.test", name="Clara", phone="")
    assert page.url.path.startswith("/bookings/")


async def test_a_slot_that_is_gone_leads_back_to_its_day(
    browser: Browser, schedule: ScheduleRow, now: datetime
) -> None:
    await browser.open("/book/consulting?tz=Europe/Berlin")
    start = slot(now)
    await browser.open(slot_path(schedule, start))
    form = browser.form()
    await book(browser, schedule, start)
    sent = await browser.http.post(form[0], data={**form[1], **CLARA, "email": "ben@example.test", "once": "other"})
    for page in (sent, await browser.open(slot_path(schedule, start))):
        assert page.status_code == 200
        assert page.url.path == "/book/consulting"
        assert "This time has just been taken. Choose another one." in page.text
        assert len(links(page, "Z")) == 2
        assert slot_path(schedule, slot(now, hour=11)) in links(page, "Z")


async def test_pressed_twice_is_booked_once(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    await browser.open(slot_path(schedule, slot(now)))
    action, fields = browser.form()
    first, second = [await browser.http.post(action, data={**fields, **CLARA}) for _ in range(2)]
    assert first.url.path == second.url.path
    assert first.url.path.startswith("/bookings/")
    assert len(await seats(conn)) == 1
    other = await browser.http.post(action, data={**fields, **CLARA, "email": "ben@example.test"})
    assert "This time has just been taken" in other.text


async def test_signed_in(
    browser: Browser, conn: Connection, schedule: ScheduleRow, anna: int, sign_in: SignIn, now: datetime
) -> None:
    page = await browser.open(slot_path(schedule, slot(now)))
    (enter,) = links(page, "/sign-in")
    assert enter == f"/sign-in?next={slot_path(schedule, slot(now)).replace(':', '%3A')}"
    await sign_in(anna)
    page = await browser.open(slot_path(schedule, slot(now)))
    assert "You book as Anna Example." in text_of(page.text)
    assert 'name="email"' not in page.text
    page = await press(browser, "Z", note="Hello")
    assert "Confirmed" in text_of(page.text)
    assert await seats(conn) == [(200, 100)]
    await browser.open(f"{page.url.path}/cancel")
    await press(browser, "/cancel")
    actor = await fetch_value(conn, "SELECT actor_id FROM event_step WHERE attendee_id IS NOT NULL AND to_status = 444")
    assert actor == anna


async def test_a_host_is_not_their_own_client(
    browser: Browser, schedule: ScheduleRow, nora: int, sign_in: SignIn, now: datetime
) -> None:
    await sign_in(nora)
    await browser.open(slot_path(schedule, slot(now)))
    page = await press(browser, "Z", note="Mine")
    assert page.status_code == 422
    assert "You are the one who is booked here" in page.text
    assert ">Mine</textarea>" in page.text


async def test_the_host_confirms(
    browser: Browser, conn: Connection, nora: int, anna: int, sign_in: SignIn, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora, now=now, settings={"confirmation": "manual"})
    await sign_in(anna)
    assert "The host confirms each booking." in text_of((await browser.open("/book/consulting")).text)
    await browser.open(slot_path(schedule, slot(now)))
    page = await press(browser, "Z")
    assert "Waits for the host" in text_of(page.text)
    event = await fetch_value(conn, "SELECT event_id FROM event_attendee LIMIT 1")
    async with conn.transaction():
        await end_event(conn, event, to_status=Status.DECLINED, actor_id=nora, reason="no time", now=now)
    assert "The host has declined this booking." in (await browser.open(page.url.path)).text


async def test_too_many_tries(browser: Browser, schedule: ScheduleRow, now: datetime) -> None:
    await browser.open(slot_path(schedule, slot(now)))
    action, fields = browser.form()
    for number in range(11):
        reply = await browser.http.post(action, data={**fields, **CLARA, "once": str(number)})
        assert reply.status_code == (429 if number == 10 else 200)
    assert "A little slower, please" in reply.text
    assert int(reply.headers["retry-after"]) > 0


async def test_too_many_that_are_not_confirmed(browser: Browser, schedule: ScheduleRow, now: datetime) -> None:
    for days in range(3, 8):
        await book(browser, schedule, slot(now, days=days))
    page = await book(browser, schedule, slot(now, days=9), note="Kept")
    assert page.status_code == 422
    assert "too many bookings that are neither paid nor confirmed" in page.text
    assert ">Kept</textarea>" in page.text


# Paying.


async def test_a_card(
    browser: Browser, conn: Connection, database: Database, priced: ScheduleRow, now: datetime, travel: Travel
) -> None:
    page = await book(browser, priced, slot(now))
    booking = page.url.path
    assert "Waits for payment" in text_of(page.text)
    assert "0002 is declined" in text_of(page.text)
    page = await press(browser, "/pay-card", number="4242 4242 4242 4241", expires="1/1")
    assert page.status_code == 422
    assert 'id="number-problem"' in page.text
    assert 'id="expires-problem"' in page.text
    assert "4241" not in page.text
    assert 'value="1/1"' not in page.text
    expires = f"{now + timedelta(days=400):%m/%y}"

    await press(browser, "/pay-card", number=DECLINED, expires=expires)
    assert browser.page.url.path == booking
    assert "Being paid" in text_of(browser.page.text)
    assert '<meta http-equiv="refresh"' in browser.page.text
    await charge(database)
    page = await browser.open(booking)
    assert "The bank has declined the card 4000 00** **** 0002." in text_of(page.text)
    assert '<meta http-equiv="refresh"' not in page.text
    await press(browser, "/pay-card", number=EMPTY, expires=expires)
    await charge(database)
    page = await browser.open(booking, "ru")
    assert "На карте 4000 00** **** 9995 недостаточно денег." in text_of(page.text)

    await press(browser, "/pay-card", number=GOOD, expires=expires)
    await charge(database)
    page = await browser.open(booking)
    assert "Confirmed" in text_of(page.text)
    assert "paid with the card 4242 42** **** 4242" in text_of(page.text)
    assert await seats(conn) == [(200, 300)]
    cards = await fetch_value(conn, "SELECT string_agg(booking_payment::text, ' ') FROM booking_payment")
    assert "4242424242424242" not in cards

    page = await browser.open(f"{booking}/cancel")
    assert "You get everything back: €40.00." in text_of(page.text)
    travel(hours=(slot(now) - now).total_seconds() / 3600 - 2)
    page = await press(browser, "/cancel")
    assert page.status_code == 422
    assert "What goes back has changed" in page.text
    assert "You get €20.00 of €40.00 back." in text_of(page.text)
    assert await seats(conn) == [(200, 300)]
    page = await press(browser, "/cancel")
    assert "€20.00 goes back to the card 4242 42** **** 4242." in text_of(page.text)
    assert (await seats(conn))[0][0] == 444


async def company_of(conn: Connection, person: int, role: str, name: str, amount: int, *, now: datetime) -> int:
    company = await cast.add_company(conn, name, "EUR", now=now)
    await cast.add_member(conn, company, person, role, now=now)
    await top_up(
        conn,
        company_id=company,
        currency="EUR",
        amount=Decimal(amount),
        vat_percent=Decimal(0),
        source="bank",
        key=f"start:{company}",
        actor_id=None,
        now=now,
    )
    return company


async def test_a_company(
    browser: Browser, conn: Connection, priced: ScheduleRow, anna: int, sign_in: SignIn, now: datetime
) -> None:
    rich = await company_of(conn, anna, "accountant", "Aurora Studio", 100, now=now)
    poor = await company_of(conn, anna, "owner", "Boreal Studio", 10, now=now)
    watched = await company_of(conn, anna, "viewer", "Comet Studio", 100, now=now)
    page = await book(browser, priced, slot(now))
    booking = page.url.path
    assert f"/sign-in?next={booking}" in links(page, "/sign-in")
    assert "/pay-company" not in page.text
    await sign_in(anna)
    page = await browser.open(booking)
    assert "Boreal Studio" in page.text
    assert "Comet Studio" not in page.text
    page = await press(browser, "/pay-company", company=str(poor))
    assert page.status_code == 422
    assert "The company has to top up its balance first." in page.text
    for nobody in (str(watched), "0", "x", "9" * 30):
        page = await press(browser, "/pay-company", company=nobody)
        assert page.status_code == 422
        assert "You cannot pay from this balance." in page.text
    page = await press(browser, "/pay-company", company=str(rich))
    assert page.status_code == 200
    assert "paid from a company's balance" in text_of(page.text)
    assert (await company_balances(conn, rich)).available == 60
    await browser.open(f"{booking}/cancel")
    page = await press(browser, "/cancel")
    assert "€40.00 is back on the company's balance." in text_of(page.text)
    assert (await company_balances(conn, rich)).available == 100


async def test_what_was_paid_outside(
    browser: Browser, conn: Connection, priced: ScheduleRow, nora: int, now: datetime
) -> None:
    page = await book(browser, priced, slot(now))
    seat = await fetch_value(conn, "SELECT id FROM event_attendee WHERE role_id = 4")
    async with conn.transaction():
        await record_outside(conn, seat, actor_id=nora, now=now)
    booking = page.url.path
    page = await browser.open(booking)
    assert "paid to the host directly" in text_of(page.text)
    assert "/pay-card" not in page.text
    page = await browser.open(f"{booking}/cancel")
    assert "You have paid the host directly and get it from there." in text_of(page.text)
    page = await press(browser, "/cancel")
    assert "€40.00 is due back from the host" in text_of(page.text)


async def test_paying_what_is_gone_or_paid(
    browser: Browser, conn: Connection, database: Database, priced: ScheduleRow, now: datetime, travel: Travel
) -> None:
    page = await book(browser, priced, slot(now))
    booking = page.url.path
    travel(minutes=30)
    await release_due_holds(database, clock.now())
    page = await press(browser, "/pay-card", number=GOOD, expires=f"{now + timedelta(days=400):%m/%y}")
    assert page.url.path == booking
    assert "Not booked" in text_of(page.text)
    assert await fetch_value(conn, "SELECT count(*) FROM booking_payment") == 0


async def test_a_production_installation_takes_no_cards(
    browser: Browser, priced: ScheduleRow, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await book(browser, priced, slot(now))
    monkeypatch.setattr("artel.pages.bookings.card_processor", lambda *, sandbox: None)
    page = await browser.open(page.url.path)
    assert "/pay-card" not in page.text
    assert "Cards are not taken here." in page.text


# Who may.


@pytest.mark.parametrize("path", ["/bookings/wrong", "/bookings/wrong/cancel", "/bookings/wrong/event.ics",
                                  "/bookings/%00", "/bookings/%FF"])  # fmt: skip
async def test_a_wrong_token_tells_nothing(browser: Browser, path: str) -> None:
    page = await browser.open(path)
    assert page.status_code == 404
    assert "There is no such page" in page.text


@pytest.mark.parametrize("step", ["cancel", "pay-card", "pay-company"])
async def test_steps_with_a_wrong_token_or_without_our_form(
    browser: Browser, conn: Connection, priced: ScheduleRow, anna: int, sign_in: SignIn, now: datetime, step: str
) -> None:
    await sign_in(anna)
    booking = (await book(browser, priced, slot(now))).url.path
    fields = {"number": GOOD, "expires": "12/40", "company": "1", "refund": "0"}
    reply = await browser.http.post(f"{booking}/{step}", data=fields)
    assert reply.status_code == 403
    assert await seats(conn) == [(100, 100)]
    _, form = browser.form()
    reply = await browser.http.post(f"/bookings/wrong/{step}", data={**fields, "form_token": form["form_token"]})
    assert reply.status_code == 404
    assert await fetch_value(conn, "SELECT count(*) FROM booking_payment") == 0


async def test_other_forms_need_their_token_too(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    reply = await browser.http.post(slot_path(schedule, slot(now)), data=CLARA)
    assert reply.status_code == 403
    await book(browser, schedule, slot(now))
    reply = await browser.http.post(await mailed_link(conn, "clara@example.test"))
    assert reply.status_code == 403
    assert await seats(conn) == [(100, 100)]
    page = await browser.open("/bookings/confirm/wrong")
    assert page.status_code == 404
    assert "This link no longer works" in page.text


async def test_a_meeting_that_is_over(
    browser: Browser, schedule: ScheduleRow, anna: int, sign_in: SignIn, now: datetime, travel: Travel
) -> None:
    await sign_in(anna)
    await browser.open(slot_path(schedule, slot(now)))
    booking = (await press(browser, "Z")).url.path
    await browser.open(f"{booking}/cancel")
    travel(days=4)
    page = await press(browser, "/cancel")
    assert page.url.path == booking
    assert "This meeting is over." in page.text
    assert "/cancel" not in page.text


async def test_in_russian(browser: Browser, conn: Connection, priced: ScheduleRow, now: datetime) -> None:
    page = await browser.open(f"/book/consulting?day={slot(now):%Y-%m-%d}&tz=Europe/Berlin", "ru")
    text = text_of(page.text)
    assert '<html lang="ru">' in page.text
    for words in ("Выберите день", "понедельник", "40,00 €", "1 ч", "При отмене не позднее чем за 24 ч до начала"):
        assert words in text
    assert re.search(r"<caption>[А-Я][а-я]+ \d{4}</caption>", page.text)
    await browser.open(slot_path(priced, slot(now)), "ru")
    page = await press(browser, "Z", language="ru", **{**CLARA, "email": "нет"})
    assert "Проверьте введённое" in page.text
    page = await press(browser, "Z", language="ru", email="clara@example.test")
    assert "Ждёт оплаты" in text_of(page.text)
    assert "Оплатить 40,00 €" in text_of(page.text)


async def test_a_free_booking_in_russian_is_mailed_in_russian(
    browser: Browser, conn: Connection, schedule: ScheduleRow, now: datetime
) -> None:
    await browser.open(slot_path(schedule, slot(now)), "ru")
    page = await press(browser, "Z", language="ru", **CLARA)
    assert "Ждёт подтверждения" in text_of(page.text)
    subject = await fetch_value(conn, "SELECT subject FROM message ORDER BY id DESC LIMIT 1")
    assert re.search("[а-я]", subject)


async def test_a_repeated_hour_is_told_with_its_offset(
    browser: Browser, conn: Connection, nora: int, now: datetime
) -> None:
    """Where the visitor's clocks go back, two slots have one civil time."""
    schedule = await add_plain_schedule(conn, nora, now=now, duration=60, horizon_days=400)
    slug = await fetch_value(conn, "SELECT slug FROM schedule WHERE id = %(id)s", {"id": schedule.id})
    day = next(
        day
        for day in (date(now.year, 10, 25) + timedelta(days=each) for each in range(400))
        if day > now.date() and offset(day) > offset(day + timedelta(days=1))
    )
    page = await browser.open(f"/book/{slug}?day={day}&tz=Europe/Berlin")
    text = text_of(page.text)
    assert "2:00 AM (UTC+2)" in text
    assert "2:00 AM (UTC+1)" in text
    assert "3:00 AM (" not in text


def offset(day: date) -> timedelta:
    found = datetime(day.year, day.month, day.day, tzinfo=BERLIN).utcoffset()
    assert found is not None
    return found


def test_the_texts_are_there_twice() -> None:
    check_texts(booking_texts.TEXTS)
    check_texts(booking_texts.BOOKING_TEXTS)
