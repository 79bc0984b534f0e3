"""The main job from sign-in to payout, in each currency and under each escrow policy, to the last cent."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.exchange.rules import set_rate
from artel.ledger.accounts import commission, company_available, person_balance, vat
from artel.ledger.queries import balance
from tests.api.main_job import SETTINGS, MainJob, open_company
from tests.payouts.cast import assert_books_balance
from tests.tasks.cast import verify_books

MONEY = 10_000.0
PRICE = "1234.57"
# Of that price: the company's commission (3.5, 9 and 10 %, half a cent up), price and commission, VAT on both.
FIGURES = {
    "RUB": ("43.21", "1277.78", "255.56"),
    "USD": ("111.11", "1345.68", "0"),
    "EUR": ("123.46", "1358.03", "271.61"),
}
# The first step after which the total is held.
HELD_AFTER = {
    "without_hold": "paid",
    "on_task_create": "created",
    "on_task_accept": "started",
    "after_task_accept": "accepted",
}
STEPS = ("created", "started", "finished", "accepted", "paid")


@pytest.fixture(autouse=True)
def _time_stands_again() -> Iterator[None]:
    yield
    clock.move_to_offset(timedelta(0))


@pytest.mark.parametrize("escrow", HELD_AFTER)
@pytest.mark.parametrize("currency", SETTINGS)
async def test_main_job(
    client: httpx.AsyncClient, database: Database, conn: Connection, currency: str, escrow: str
) -> None:
    setting = SETTINGS[currency]
    fee, total, vat_on_top = (Decimal(figure) for figure in FIGURES[currency])
    company_id = await open_company(conn, setting, escrow=escrow, money=str(MONEY))
    job = MainJob(client, database, setting)

    async def check_balance(step: str) -> None:
        is_held = STEPS.index(HELD_AFTER[escrow]) <= STEPS.index(step) and step != "paid"
        to_pay = float(total) if step == "paid" else 0
        assert await job.balance() == (MONEY, float(total) if is_held else 0, to_pay), step

    await job.sign_in()
    await job.invite()
    await job.freelancer_registers()
    cost = await job.call("POST", "/customer/tasks/total-cost", {"price": PRICE})
    assert (cost["commission"], cost["total"], cost["VAT"]) == (float(fee), float(total), float(vat_on_top))
    await job.create_task(PRICE)
    await check_balance("created")
    await job.freelancer_works(2)
    await check_balance("started")
    await job.freelancer_works(3)
    await check_balance("finished")
    await job.take("accept")
    await check_balance("accepted")
    await job.take("pay")
    await check_balance("paid")

    await job.worker_settles()
    assert await job.balance() == (float(Decimal(str(MONEY)) - total), 0, 0)
    freelancer = person_balance(job.freelancer["freelancerId"], currency)
    assert await balance(conn, freelancer) == Decimal(PRICE)
    assert -await balance(conn, commission(currency)) == -fee
    assert await balance(conn, company_available(company_id, currency)) == Decimal(str(MONEY)) - total

    await job.add_account()
    await job.pay_out()
    assert await job.payout_status() == 10
    assert await balance(conn, freelancer) == 0
    await job.worker_pays_out()
    assert await job.payout_status() == 1
    await job.time_passes(5)
    await job.worker_pays_out()
    assert await job.payout_status() == 2

    await verify_books(conn)
    await assert_books_balance(conn)
    assert await balance(conn, freelancer) == 0
    assert await balance(conn, commission(currency)) == fee


async def test_main_job_in_two_currencies(
    client: httpx.AsyncClient, database: Database, conn: Connection, now: datetime
) -> None:
    """100 USD of a RUB company at 90.2: 9020.00, of which 1 % is shared; 3.5 % are 315.70, less the share 225.50."""
    setting = SETTINGS["RUB"]
    await open_company(conn, setting, escrow="on_task_create", money=str(MONEY))
    async with conn.transaction():
        await set_rate(
            conn,
            stronger="USD",
            weaker="RUB",
            market_rate=Decimal("90.2"),
            spread_percent=Decimal(0),
            source="operator",
            now=now,
        )
    job = MainJob(client, database, setting)
    await job.sign_in()
    await job.invite()
    await job.freelancer_registers()
    await job.create_task("100", workerCurrency="USD", shareCommission=True)
    assert await job.balance() == (MONEY, 9245.5, 0)
    await job.freelancer_works(2)
    await job.freelancer_works(3)
    await job.take("accept")
    await job.take("pay")
    await job.worker_settles()
    assert await job.balance() == (754.5, 0, 0)
    freelancer_id = job.freelancer["freelancerId"]
    assert await balance(conn, person_balance(freelancer_id, "USD")) == 99
    assert await balance(conn, person_balance(freelancer_id, "RUB")) == 0
    assert await balance(conn, commission("RUB")) == Decimal("315.70")
    assert await balance(conn, vat("RUB")) == 0

    # From dollars into a rouble account: converted at the day's rate, once, when it is ordered.
    await job.add_account()
    await job.pay_out()
    await job.worker_pays_out()
    await job.time_passes(5)
    await job.worker_pays_out()
    assert await job.payout_status() == 2
    cursor = await conn.execute("SELECT amount, currency, endpoint_amount, endpoint_currency FROM payout")
    assert await cursor.fetchall() == [(Decimal(99), "USD", Decimal("8929.80"), "RUB")]
    await verify_books(conn)
    await assert_books_balance(conn)
