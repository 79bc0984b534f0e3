"""Booking in a real browser: by keyboard alone on a desk, in Russian on a phone, and in the visitor's own zone."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, expect

from artel import clock
from artel.db.pool import Connection, Database
from artel.lookups.rules import load_reference_data
from artel.payments.jobs import charge_loop
from artel.payments.processors import SandboxProcessor
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.pages.booking_world import add_schedule, mailed_link, slot_path
from tests.pages.chromium import Visitor, require_chromium, serve, visit
from tests.pages.test_in_a_browser import PASSWORD, WINDOWS, chromium

__all__ = ["chromium"]

BERLIN, ALMATY = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Almaty")
SMALL_PHONE: dict[str, Any] = {
    **WINDOWS["phone-ru"],
    "viewport": {"width": 390, "height": 844},
    "timezone_id": "Europe/Berlin",
}
EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}
TERMS = {"cancellation": {"until_minutes": 1440, "refund_percent": 50}, "hold_minutes": 20}


class Place(msgspec.Struct):
    """A running server with a host's schedules on it."""

    conn: Connection
    base: str
    free: ScheduleRow
    priced: ScheduleRow
    now: datetime

    async def seats(self) -> list[tuple[int, datetime]]:
        """(status, start) of what clients have booked."""
        cursor = await self.conn.execute(
            """
            SELECT a.status_id, e.starts_at
            FROM event_attendee AS a
            JOIN calendar_event AS e ON e.id = a.event_id
            WHERE a.role_id = 4
            ORDER BY a.id
            """
        )
        return await cursor.fetchall()


@pytest.fixture
async def place(database_url: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Place]:
    require_chromium()
    now = clock.now().astimezone(UTC)
    async with conn.transaction():
        await load_reference_data(conn)
    nora = await cast.add_person(conn, "nora@example.test", now=now)
    free = await add_schedule(conn, nora, now=now, label="A first talk", slug="talk")
    priced = await add_schedule(conn, nora, now=now, label="Разбор вашего каталога", settings=TERMS, **EUR)
    with serve(database_url, tmp_path) as base:
        yield Place(conn, base, free, priced, now)


def morning(now: datetime, *, days: int, hour: int = 10) -> datetime:
    """A slot: a full hour in Berlin in some days."""
    day = (now.astimezone(BERLIN) + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(UTC)


async def look(visitor: Visitor, name: str) -> None:
    """What holds on every page, in the contrast of its texts as well."""
    await visitor.look(name)
    assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}


async def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no way to {selector}")


async def press(page: Page, selector: str) -> None:
    """Go to a link or button by keyboard, and press it."""
    await tab_to(page, selector)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("window", ["desktop-en", "desktop-en-dark"])
async def test_by_keyboard_alone(place: Place, chromium: Browser, window: str) -> None:
    scheme = "dark" if window.endswith("dark") else "light"
    options = {**WINDOWS["desktop-en"], "color_scheme": scheme, "timezone_id": "Europe/Berlin"}
    start = morning(place.now, days=35)
    async with visit(chromium, f"booking-{window}", **options) as visitor:
        page = visitor.page
        await page.goto(f"{place.base}/book/talk")
        await look(visitor, "month")
        month = f"{start.astimezone(BERLIN):%B %Y}"
        while not await page.locator("caption", has_text=month).count():
            shown = await page.locator("caption").inner_text()
            await press(page, "a[rel=next]")
            await expect(page.locator("caption")).not_to_have_text(shown)
        await press(page, f".month a[href*='day={start.astimezone(BERLIN):%Y-%m-%d}']")
        await expect(page.locator("#chosen")).to_contain_text(f"{start.astimezone(BERLIN):%-d %B %Y}")
        await look(visitor, "day")
        await press(page, f".times a[href^='{slot_path(place.free, start)}']")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Book this time")
        await press(page, "form.card button")
        await expect(page.get_by_role("alert")).to_be_focused()
        await expect(page.locator("#name")).to_have_attribute("aria-invalid", "true")
        await look(visitor, "form-problems")
        await tab_to(page, "#name")
        await page.keyboard.type("Clara Example")
        await page.keyboard.press("Tab")
        await page.keyboard.type("clara@example.test")
        await tab_to(page, "#note")
        await page.keyboard.type("About the spring catalogue")
        await look(visitor, "form")
        await press(page, "form.card button")
        await expect(page.locator(".state")).to_have_text("Waits for you to confirm")
        await look(visitor, "letter")
        booking = page.url
        await page.goto(place.base + await mailed_link(place.conn, "clara@example.test"))
        await look(visitor, "confirm")
        await press(page, "form.card button")
        await expect(page.locator(".state")).to_have_text("Confirmed")
        assert page.url == booking
        await look(visitor, "confirmed")
        assert await place.seats() == [(200, start)]
        await press(page, "a[href$='/cancel']")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this booking?")
        await look(visitor, "cancel")
        await press(page, "form.card button")
        await expect(page.locator(".state")).to_have_text("Cancelled")
        await look(visitor, "cancelled")
    assert await place.seats() == [(444, start)]


async def test_in_russian_on_a_phone(place: Place, chromium: Browser, database: Database) -> None:
    start = morning(place.now, days=3)
    expires = f"{place.now + timedelta(days=400):%m/%y}"
    async with visit(chromium, "booking-phone-ru", **SMALL_PHONE) as visitor:
        page = visitor.page

        async def pay(number: str) -> None:
            await page.fill("#number", number)
            await page.fill("#expires", expires)
            await page.locator("form[action$='/pay-card'] button").click()

        await page.goto(f"{place.base}/book/consulting?month={start.astimezone(BERLIN):%Y-%m}")
        await look(visitor, "month")
        await page.locator(f".month a[href*='day={start.astimezone(BERLIN):%Y-%m-%d}']").click()
        await expect(page.locator("#times")).to_be_in_viewport()
        await look(visitor, "day")
        await page.locator(f".times a[href^='{slot_path(place.priced, start)}']").click()
        await page.fill("#name", "Клара")
        await page.fill("#email", "нет")
        await page.locator("form.card button").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await look(visitor, "form-problems")
        await page.fill("#email", "clara@example.test")
        await page.locator("form.card button").click()
        await expect(page.locator(".state")).to_have_text("Ждёт оплаты")
        await look(visitor, "pay")
        await pay("4000 0000 0000 0002")
        await expect(page.locator(".state")).to_have_text("Оплачивается")
        await look(visitor, "charging")
        await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
        # The page looks again by itself.
        await expect(page.get_by_role("alert")).to_contain_text("Банк отклонил карту 4000 00** **** 0002")
        await expect(page.locator("#number")).to_have_value("")
        await look(visitor, "declined")
        await pay("4242 4242 4242 4242")
        await expect(page.locator(".state")).to_have_text("Оплачивается")
        await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
        await expect(page.locator(".state")).to_have_text("Подтверждена")
        await look(visitor, "confirmed")
        await page.locator("a[href$='/cancel']").click()
        await expect(page.get_by_text("Вернётся вся сумма: 40,00 €")).to_be_visible()
        await look(visitor, "cancel")
        await page.locator("form.card button").click()
        await expect(page.locator(".notice")).to_contain_text("вернётся на карту")
        await look(visitor, "cancelled")
        await page.goto(f"{place.base}/bookings/confirm/old")
        await look(visitor, "link-gone")
    assert await place.seats() == [(444, start)]


async def test_in_the_visitors_own_zone(place: Place, chromium: Browser) -> None:
    """A browser in Almaty, a schedule in Berlin: the first page is in the visitor's zone, and so is what is booked."""
    start = morning(place.now, days=5)
    local = start.astimezone(ALMATY)
    options = {**WINDOWS["desktop-en"], "timezone_id": "Asia/Almaty"}
    async with visit(chromium, "booking-zone", **options) as visitor:
        page = visitor.page
        shown: list[str] = []
        await page.expose_function("saw", lambda text: shown.append(str(text)))
        await page.add_init_script("setInterval(() => saw(document.body?.innerText ?? ''), 50)")
        opened: list[str] = []

        async def answer(route: Route) -> None:
            """Slowly, when it is asked for the page again."""
            opened.append(route.request.url)
            if len(opened) == 2:
                await asyncio.sleep(1)
            await route.continue_()

        await page.route("**/book/talk?*", answer)
        await page.goto(f"{place.base}/book/talk?day={local:%Y-%m-%d}")
        await expect(page.get_by_text("Times are in the zone Asia/Almaty (UTC+5).")).to_be_visible()
        assert len(opened) == 2
        assert shown
        assert not [text for text in shown if "Europe/Berlin (" in text], "times of another zone were to be seen"
        await look(visitor, "month")
        link = page.locator(f".times a[href^='{slot_path(place.free, start)}']")
        assert re.sub(r"\s", " ", await link.inner_text()) == f"{local:%-I:%M %p}"
        await link.click()
        await expect(page.get_by_text(f"{local:%A, %-d %B %Y}").first).to_be_visible()
        await expect(page.get_by_text("For the host:")).to_contain_text("10:00\u202fAM")
        await look(visitor, "form")
        await page.fill("#name", "Clara Example")
        await page.fill("#email", "clara@example.test")
        await page.locator("form.card button").click()
        await expect(page.get_by_text("Asia/Almaty, UTC+5")).to_be_visible()
        await look(visitor, "letter")
        assert await place.seats() == [(100, start)]
        # Another zone, by hand.
        await page.goto(f"{place.base}/book/talk")
        await page.locator("summary").click()
        await page.select_option("#tz", "America/New_York")
        await page.locator("details button").click()
        await expect(page.get_by_text("Times are in the zone America/New_York")).to_be_visible()
        await page.goto(f"{place.base}/book/talk")
        await expect(page.get_by_text("Times are in the zone America/New_York")).to_be_visible()


async def test_without_scripts(place: Place, chromium: Browser, database: Database) -> None:
    start = morning(place.now, days=3)
    async with visit(chromium, "booking-no-script", **SMALL_PHONE, java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(f"{place.base}/book/consulting?day={start.astimezone(BERLIN):%Y-%m-%d}")
        await page.locator(f".times a[href^='{slot_path(place.priced, start)}']").click()
        await page.fill("#name", "Клара")
        await page.fill("#email", "clara@example.test")
        await page.locator("form.card button").click()
        await page.fill("#number", "4242 4242 4242 4242")
        await page.fill("#expires", f"{place.now + timedelta(days=400):%m/%y}")
        await page.locator("form[action$='/pay-card'] button").click()
        await expect(page.locator(".state")).to_have_text("Оплачивается")
        await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
        await expect(page.locator(".state")).to_have_text("Подтверждена")


@pytest.mark.parametrize("path", ["/book/consulting", "form", "pay"])
async def test_twice_as_large(place: Place, chromium: Browser, path: str) -> None:
    """At 200 % a desktop's window is half as wide; at 400 % it is a narrow phone's."""
    start = morning(place.now, days=3)
    for width in (600, 320):
        options = {**WINDOWS["desktop-en"], "viewport": {"width": width, "height": 450}, "device_scale_factor": 2}
        async with visit(chromium, f"booking-zoom-{width}", **options, timezone_id="Europe/Berlin") as visitor:
            page = visitor.page
            if path == "/book/consulting":
                await page.goto(f"{place.base}{path}?day={start.astimezone(BERLIN):%Y-%m-%d}")
            else:
                await page.goto(place.base + slot_path(place.priced, start + timedelta(hours=width == 320)))
            if path == "pay":
                await page.fill("#name", "Clara")
                await page.fill("#email", "clara@example.test")
                await page.locator("form.card button").click()
                await expect(page.locator(".state")).to_have_text("Waits for payment")
            await look(visitor, path.rpartition("/")[2])


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru"])
async def test_signed_in_with_lengths_places_and_a_company(place: Place, chromium: Browser, window: str) -> None:
    conn, now = place.conn, place.now
    anna = await cast.add_person(conn, "anna@example.test", now=now, password=PASSWORD)
    company = await cast.add_company(conn, "Aurora Studio", "EUR", now=now)
    await cast.add_member(conn, company, anna, "owner", now=now)
    terms = {**TERMS, "durations": [90, 120], "step": 30, "price_per": "hour", "seats": 5}
    group = await add_schedule(conn, place.free.owner_id, now=now, settings=terms, type_id=2, slug="group", **EUR)
    start = morning(now, days=4)
    options = SMALL_PHONE if window == "phone-ru" else {**WINDOWS[window], "timezone_id": "Europe/Berlin"}
    async with visit(chromium, f"booking-group-{window}", **options) as visitor:
        page = visitor.page
        await page.goto(f"{place.base}/book/group?day={start.astimezone(BERLIN):%Y-%m-%d}")
        await page.locator(".lengths a[href*='duration=90']").click()
        await expect(page.locator(".times .seats").first).to_contain_text("5")
        await look(visitor, "month")
        await page.locator("summary").click()
        await look(visitor, "zones")
        await page.locator(f".times a[href^='{slot_path(group, start)}']").click()
        await page.locator("a[href^='/sign-in']").click()
        await page.fill("#username", "anna@example.test")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Anna Example")).to_be_visible()
        await look(visitor, "form")
        await page.locator("form.card button").click()
        await expect(page.locator("form[action$='/pay-company']")).to_be_visible()
        await look(visitor, "pay")
        await page.locator("form[action$='/pay-company'] button").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await look(visitor, "no-money")
        await page.locator(".top nav form button").click()
        await expect(page.locator("form[action$='/pay-company']")).to_have_count(0)
