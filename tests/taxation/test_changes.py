"""A new tax status: the page, the question to the tax service, and its answer."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.freelancers.tax_changes import current_tax_info
from artel.taxation.jobs import taxation_loop
from artel.taxation.rules import PAGE, apply_status, lock_standing, make_change_link
from artel.taxation.statuses import Status, blocked_till, tax_day
from artel.taxation.tax_service import HttpTaxService, SandboxTaxService, TaxService
from tests.pages.conftest import Browser, browser, company_id, http, now, settings
from tests.verifications.cast import add_freelancer

__all__ = ["browser", "company_id", "http", "now", "settings"]

INN = "709849850606"
OGRNIP = "315774600024875"
BASE = "http://artel.test"


class TaxOffice:
    """The tax service as it is publicly known."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.replies: list[tuple[int, Any]] = [(200, {"status": True, "message": "…"})]
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                office.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status, body = office.replies.pop(0) if len(office.replies) > 1 else office.replies[0]
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/v1/tracker/taxpayer_status"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def office() -> Iterator[TaxOffice]:
    server = TaxOffice()
    yield server
    server.stop()


@pytest.fixture
async def lena(conn: Connection, company_id: int, now: datetime) -> int:
    await conn.execute(
        "INSERT INTO country (code, alpha3, oksm, title_ru, title_en) VALUES ('RU', 'RUS', 643, 'Россия', 'Russia')"
    )
    await conn.execute(
        """
        INSERT INTO tax_document_type (country, type, regexp, title_ru, title_en, is_mandatory)
        VALUES ('RU', 'INN', '^\\d{12}$', 'ИНН', 'Taxpayer number (INN)', true)
        """
    )
    freelancer = await add_freelancer(conn, company_id, now=now, email="lena@lena.example")
    await conn.execute("UPDATE person SET country = 'RU', language = 'RU' WHERE id = %s", [freelancer])
    return freelancer


async def open_page(
    browser: Browser, conn: Connection, lena: int, company_id: int, status: int, now: datetime, language: str = "en"
) -> str:
    token = await make_change_link(conn, lena, status, company_id=company_id, now=now)
    await browser.open(f"{PAGE}/{token}", language)
    return f"{PAGE}/{token}"


async def ask(database: Database, service: TaxService, now: datetime | None = None) -> int:
    worked = await taxation_loop(service, BASE).claim_and_run(database, now or clock.now())
    return worked.count


async def standing(conn: Connection) -> tuple[object, ...]:
    cursor = await conn.execute("SELECT taxation_status, taxation_blocked_till FROM freelancer")
    [row] = await cursor.fetchall()
    return row


async def told(conn: Connection) -> list[object]:
    cursor = await conn.execute("SELECT payload ->> 'taxationStatusId' FROM event WHERE name = 'taxationStatusChanged'")
    return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_self_employed(
    browser: Browser,
    database: Database,
    conn: Connection,
    office: TaxOffice,
    lena: int,
    company_id: int,
    now: datetime,
    language: str,
) -> None:
    path = await open_page(browser, conn, lena, company_id, 3, now, language)
    assert {"en": "Become self-employed here", "ru": "Статус самозанятого"}[language] in browser.page.text
    assert "registration_number" not in browser.page.text
    page = await browser.send({"tax_number": INN}, language=language)
    assert page.status_code == 200
    assert {"en": "asking the tax service", "ru": "спрашиваем налоговую"}[language] in page.text
    assert await standing(conn) == (1, None)
    assert (await browser.open(path)).status_code == 410
    assert await ask(database, HttpTaxService(office.url)) == 1
    assert office.asked == [{"inn": INN, "requestDate": tax_day(clock.now()).isoformat()}]
    assert await standing(conn) == (3, blocked_till(clock.now()))
    assert await told(conn) == ["3"]
    info = await current_tax_info(conn, lena)
    assert info is not None
    assert (info.residence_country, info.type, info.tax_number) == ("RU", "INN", INN)
    assert await ask(database, HttpTaxService(office.url)) == 0


async def test_sole_proprietor(browser: Browser, conn: Connection, lena: int, company_id: int, now: datetime) -> None:
    await open_page(browser, conn, lena, company_id, 4, now)
    for typed, field in (
        ({"tax_number": INN, "registration_number": ""}, "registration_number"),
        ({"tax_number": INN, "registration_number": OGRNIP[:-2]}, "registration_number"),
        ({"tax_number": INN, "registration_number": "x" * 15}, "registration_number"),
        ({"tax_number": INN[:-1] + "7", "registration_number": OGRNIP}, "tax_number"),
        ({"tax_number": "", "registration_number": OGRNIP}, "tax_number"),
    ):
        page = await browser.send(typed)
        assert page.status_code == 422
        assert f'id="{field}-problem"' in page.text
    assert await standing(conn) == (1, None)
    page = await browser.send({"tax_number": INN, "registration_number": OGRNIP})
    assert "Your status has changed" in page.text
    assert await standing(conn) == (4, blocked_till(now))
    assert await told(conn) == ["4"]
    info = await current_tax_info(conn, lena)
    assert info is not None
    assert info.registration_number == OGRNIP


async def test_a_no_changes_nothing_and_is_mailed(
    browser: Browser, database: Database, conn: Connection, office: TaxOffice, lena: int, company_id: int, now: datetime
) -> None:
    await open_page(browser, conn, lena, company_id, 3, now)
    await browser.send({"tax_number": INN})
    office.replies = [(200, {"status": False, "message": "…"})]
    await ask(database, HttpTaxService(office.url))
    assert await standing(conn) == (1, None)
    assert await told(conn) == []
    cursor = await conn.execute("SELECT subject, link FROM message")
    [(subject, link)] = await cursor.fetchall()
    assert subject == "Налоговый статус не изменён"
    assert (await browser.open(link.removeprefix(BASE))).status_code == 200


async def test_no_answer_is_asked_again_and_given_up_after_three_days(
    browser: Browser, database: Database, conn: Connection, office: TaxOffice, lena: int, company_id: int, now: datetime
) -> None:
    await open_page(browser, conn, lena, company_id, 3, now)
    await browser.send({"tax_number": INN})
    service = HttpTaxService(office.url)
    office.replies = [
        (422, {"code": "taxpayer.status.service.limited.error", "message": "…"}),
        (503, b""),
        (200, b"<html>"),
        (200, {"status": "yes"}),
        (200, {"status": True}),
    ]
    for _ in range(4):
        assert await ask(database, service) == 1
        assert await ask(database, service) == 0  # not before its time
        await conn.execute("UPDATE taxation_change SET due_at = %s", [clock.now()])
        assert await standing(conn) == (1, None)
    assert await ask(database, HttpTaxService("http://127.0.0.1:9/nobody")) == 1
    await conn.execute("UPDATE taxation_change SET created_at = %s, due_at = %s", [now - timedelta(days=4), now])
    office.replies = [(503, b"")]
    assert await ask(database, service) == 1
    assert await fetch_value(conn, "SELECT reason FROM taxation_change") == "unanswered"
    assert await fetch_value(conn, "SELECT subject FROM message") == "Налоговый статус не удалось проверить"


async def test_a_worker_that_died_asking(
    browser: Browser, database: Database, conn: Connection, office: TaxOffice, lena: int, company_id: int, now: datetime
) -> None:
    """Its question is asked again when its time is over, and an answer that comes twice counts once."""
    await open_page(browser, conn, lena, company_id, 3, now)
    await browser.send({"tax_number": INN})
    await conn.execute("UPDATE taxation_change SET due_at = %s, attempts = 1", [now + timedelta(seconds=90)])
    service = HttpTaxService(office.url)
    assert await ask(database, service) == 0
    outcomes = await asyncio.gather(*(ask(database, service, now + timedelta(seconds=91)) for _ in range(4)))
    assert sorted(outcomes) == [0, 0, 0, 1]
    assert await told(conn) == ["3"]


async def test_the_sandbox_asks_nobody(
    browser: Browser, database: Database, conn: Connection, lena: int, company_id: int, now: datetime
) -> None:
    assert not await SandboxTaxService().is_self_employed("990000000000", date(2026, 1, 1))
    await open_page(browser, conn, lena, company_id, 3, now)
    await browser.send({"tax_number": INN})
    await ask(database, SandboxTaxService())
    assert (await standing(conn))[0] == 3


async def test_what_changes_while_the_page_is_open(
    browser: Browser, conn: Connection, lena: int, company_id: int, now: datetime
) -> None:
    """Another link was faster, or taxes are paid elsewhere by now: the page says so and spends nothing."""
    await open_page(browser, conn, lena, company_id, 4, now)
    typed = {"tax_number": INN, "registration_number": OGRNIP}
    async with conn.transaction():
        await lock_standing(conn, lena)
        await apply_status(conn, lena, Status.SELF_EMPLOYED, actor_id=None, company_id=None, now=now)
    page = await browser.send(typed)
    assert page.status_code == 422
    assert f"from {blocked_till(now).isoformat()} on" in page.text
    await conn.execute("UPDATE person SET country = 'KZ' WHERE id = %s", [lena])
    assert (await browser.send(typed)).status_code == 422
    await conn.execute("UPDATE person SET country = 'RU' WHERE id = %s", [lena])
    await conn.execute("UPDATE freelancer SET taxation_blocked_till = NULL")
    assert (await browser.send(typed)).status_code == 200


async def test_one_question_at_a_time(
    browser: Browser, conn: Connection, lena: int, company_id: int, now: datetime
) -> None:
    for status_code in (200, 422):
        await open_page(browser, conn, lena, company_id, 3, now)
        assert (await browser.send({"tax_number": INN})).status_code == status_code
    assert await fetch_value(conn, "SELECT count(*) FROM taxation_change") == 1


async def test_links_that_are_gone(
    browser: Browser, conn: Connection, lena: int, company_id: int, now: datetime
) -> None:
    path = await open_page(browser, conn, lena, company_id, 3, now)
    clock.move_to_offset(timedelta(days=3, minutes=1))
    try:
        assert (await browser.send({"tax_number": INN})).status_code == 410
        assert (await browser.open(path)).status_code == 410
    finally:
        clock.move_to_offset(timedelta())
    assert (await browser.open(f"{PAGE}/nonsense")).status_code == 410
    assert (await browser.open(path.replace(PAGE, "/verification"))).status_code == 410
    assert (await browser.open(f"{PAGE}/done?status=nonsense")).status_code == 200


def test_a_status_holds_for_the_rest_of_its_month() -> None:
    for at, till in (
        (datetime(2026, 1, 5, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 22, tzinfo=UTC), date(2027, 2, 1)),  # January in Moscow
        (datetime(2026, 11, 30, 20, 59, tzinfo=UTC), date(2026, 12, 1)),
    ):
        assert blocked_till(at) == till
