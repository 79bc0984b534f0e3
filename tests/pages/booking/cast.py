"""What the tests of the booking pages share."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from artel import clock
from artel.db.pool import Connection, Database
from artel.ledger.rules import top_up
from artel.payments.jobs import charge_loop
from artel.payments.processors import SandboxProcessor
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.pages.booking_world import slot_path
from tests.pages.conftest import Browser
from tests.pages.test_my import press

GOOD, DECLINED, EMPTY = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 9995"
CLARA = {"name": "Clara Example", "email": "clara@example.test", "phone": "+49 30 901820"}


EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}


BERLIN = ZoneInfo("Europe/Berlin")


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


def offset(day: date) -> timedelta:
    found = datetime(day.year, day.month, day.day, tzinfo=BERLIN).utcoffset()
    assert found is not None
    return found
