"""Booking on a page, signed in or not; the letter's link; cancelling."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.booking import end_event
from artel.events.jobs import release_due_holds
from artel.events.machine import Status
from artel.schedules.queries import ScheduleRow
from tests.pages.booking.cast import CLARA, book, links, seats, slot
from tests.pages.booking_world import add_schedule, mailed_link, slot_path, text_of
from tests.pages.conftest import Browser
from tests.pages.test_my import SignIn, press
from tests.times import Travel


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
