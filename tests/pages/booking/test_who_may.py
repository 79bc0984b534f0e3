"""Wrong tokens, forms that are not ours, languages, and hours that come twice."""

import re
from datetime import date, datetime, timedelta

import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.pages import booking_texts
from artel.schedules.queries import ScheduleRow
from tests.events.cast import add_schedule as add_plain_schedule
from tests.pages.booking.cast import CLARA, GOOD, book, offset, seats, slot
from tests.pages.booking_world import mailed_link, slot_path, text_of
from tests.pages.conftest import Browser
from tests.pages.test_layout import test_texts_are_there_twice as check_texts
from tests.pages.test_my import SignIn, press
from tests.times import Travel


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


def test_the_texts_are_there_twice() -> None:
    check_texts(booking_texts.TEXTS)
    check_texts(booking_texts.BOOKING_TEXTS)
