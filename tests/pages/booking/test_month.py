"""The page of a schedule: what is offered, the month, the days and their times."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from artel.db.pool import Connection
from artel.schedules.queries import ScheduleRow
from tests.pages.booking.cast import BERLIN, CLARA, EUR, book, links, slot
from tests.pages.booking_world import add_schedule, slot_path, text_of
from tests.pages.conftest import Browser
from tests.pages.test_my import press, sign_in
from tests.times import travel

__all__ = ["sign_in", "travel"]


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
