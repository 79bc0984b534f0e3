"""Paying on a booking's page: by card, from a company, or not at all."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.jobs import release_due_holds
from artel.events.steps import lock_booking
from artel.ledger.queries import company_balances
from artel.pages import bookings
from artel.payments.rules import record_outside
from artel.schedules.queries import ScheduleRow
from tests.pages.booking.cast import DECLINED, EMPTY, GOOD, book, charge, company_of, links, seats, slot
from tests.pages.booking_world import text_of
from tests.pages.conftest import Browser
from tests.pages.test_my import SignIn, press
from tests.times import Travel


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
    browser: Browser, conn: Connection, priced: ScheduleRow, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await book(browser, priced, slot(now))
    monkeypatch.setattr("artel.pages.bookings.card_processor", lambda *, sandbox: None)
    page = await browser.open(page.url.path)
    assert "/pay-card" not in page.text
    assert "Cards are not taken here." in page.text
    monkeypatch.undo()
    await browser.open(page.url.path)
    monkeypatch.setattr("artel.pages.bookings.card_processor", lambda *, sandbox: None)
    # From a page that was open before.
    await press(browser, "/pay-card", number=GOOD, expires=f"{now + timedelta(days=400):%m/%y}")
    assert await fetch_value(conn, "SELECT count(*) FROM booking_payment") == 0


async def test_a_payment_during_the_cancelling_is_seen(
    browser: Browser,
    conn: Connection,
    database: Database,
    priced: ScheduleRow,
    nora: int,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What goes back is looked at after whoever pays, and shown when nothing is locked any more."""
    booking = (await book(browser, priced, slot(now))).url.path
    await browser.open(f"{booking}/cancel")
    event_id = await fetch_value(conn, "SELECT event_id FROM event_attendee WHERE role_id = 4")
    shown = bookings.show_cancel

    async def show_unlocked(*args: Any) -> Any:
        async with database.transaction() as other:
            await other.execute("SELECT FROM calendar_event WHERE id = %s FOR UPDATE NOWAIT", [event_id])
        return await shown(*args)

    monkeypatch.setattr(bookings, "show_cancel", show_unlocked)
    async with database.transaction() as other:
        seat = await fetch_value(other, "SELECT id FROM event_attendee WHERE role_id = 4")
        await lock_booking(other, seat)
        cancelling = asyncio.create_task(press(browser, "/cancel"))
        await asyncio.sleep(0.5)
        await record_outside(other, seat, actor_id=nora, now=clock.now())
    page = await cancelling
    assert page.status_code == 422
    assert "What goes back has changed" in page.text
    assert await seats(conn) == [(200, 300)]
