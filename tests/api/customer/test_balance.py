"""Operation 55: what a company has."""

from datetime import datetime
from decimal import Decimal

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.ledger.accounts import Posting, Transfer, company_available, company_held, company_to_pay
from artel.ledger.rules import post, top_up
from tests.api.conftest import Hire
from tests.cast import Someone


async def fill(database: Database, company: int, now: datetime, amount: str) -> None:
    async with database.transaction() as conn:
        await top_up(
            conn,
            company_id=company,
            currency="EUR",
            amount=Decimal(amount),
            vat_percent=Decimal(20),
            source="bank",
            key=f"top-up {company} {amount}",
            actor_id=None,
            now=now,
        )


async def move(database: Database, company: int, now: datetime, *, held: str, to_pay: str) -> None:
    """Out of what is available."""
    postings = (
        Posting(company_available(company, "EUR"), -Decimal(held) - Decimal(to_pay)),
        Posting(company_held(company, "EUR"), Decimal(held)),
        Posting(company_to_pay(company, "EUR"), Decimal(to_pay)),
    )
    async with database.transaction() as conn:
        await post(conn, Transfer("hold", f"move {company}", "company", company, postings, at=now, actor_id=None))


async def test_balance_is_all_there_is_with_its_parts_and_their_vat(
    client: httpx.AsyncClient, database: Database, conn: Connection, owner: Someone, now: datetime
) -> None:
    """20 % of 0.93 is 0.186, of 100.03 is 20.006: rounded half up."""
    assert owner.company_id is not None
    await fill(database, owner.company_id, now, "100.03")
    await move(database, owner.company_id, now, held="0.93", to_pay="10")
    reply = await client.get("/customer/balance", headers=owner.headers)
    assert reply.status_code == 200
    cursor = await conn.execute("SELECT id FROM account WHERE owner_kind = 'company' AND purpose = 'available'")
    assert reply.json() == {
        "id": (await cursor.fetchall())[0][0],
        "currency": {"currency": "EUR", "id": 3},
        "showVat": True,
        "balanceAmount": 100.03,
        "balanceAmountVat": 20.01,
        "holdAmount": 0.93,
        "holdAmountVat": 0.19,
        "toPayAmount": 10,
        "toPayAmountVat": 2,
    }


async def test_balance_of_a_new_company_without_vat(client: httpx.AsyncClient, outsider: Someone) -> None:
    balance = (await client.get("/customer/balance", headers=outsider.headers)).json()
    assert isinstance(balance.pop("id"), int)
    assert balance == {
        "currency": {"currency": "EUR", "id": 3},
        "showVat": False,
        "balanceAmount": 0,
        "balanceAmountVat": 0,
        "holdAmount": 0,
        "holdAmountVat": 0,
        "toPayAmount": 0,
        "toPayAmountVat": 0,
    }


async def test_balance_of_another_company_is_not_told(
    client: httpx.AsyncClient, database: Database, owner: Someone, outsider: Someone, now: datetime
) -> None:
    assert owner.company_id is not None
    await fill(database, owner.company_id, now, "50")
    assert (await client.get("/customer/balance", headers=outsider.headers)).json()["balanceAmount"] == 0
    there = {**outsider.headers, "x-company-id": str(owner.company_id)}
    assert (await client.get("/customer/balance", headers=there)).status_code == 403
    assert (await client.get("/customer/balance")).status_code == 401


@pytest.mark.parametrize("role", ["owner", "accountant", "manager", "viewer"])
async def test_every_member_may_see_the_balance(client: httpx.AsyncClient, hire: Hire, role: str) -> None:
    member = await hire(role)
    assert (await client.get("/customer/balance", headers=member.headers)).status_code == 200
