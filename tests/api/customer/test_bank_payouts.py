"""Operations 41 and 42 where payouts travel in files: what the customer API's clients see of it."""

from datetime import datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from artel.bank_files.export import export
from artel.db.pool import Connection, Database
from artel.files.store import FileStore
from artel.settings import Settings
from tests.api.customer.test_payouts import PATH, order
from tests.bank_files.cast import SWIFT, add_accounts, read, references, status_report
from tests.cast import Someone
from tests.payouts.cast import CARD, QIWI, SEPA, World, add_paid_task, balance_of, keep_endpoint, world_of


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, payout_rail="iso20022")


@pytest.fixture
async def world(conn: Connection, owner: Someone, now: datetime) -> World:
    assert owner.company_id is not None
    world = await world_of(conn, owner.id, owner.company_id, now=now)
    await add_accounts(conn, now=now)
    return world


async def test_from_a_call_to_the_bank_and_back(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    owner: Someone,
    world: World,
    tmp_path: Path,
    now: datetime,
) -> None:
    task, account = await add_paid_task(conn, world, "150.00"), await keep_endpoint(conn, world, SEPA)

    async def status() -> int:
        return int((await client.get(f"{PATH}/{task}", headers=owner.headers)).json()["payoutStatus"])

    assert (await client.post(PATH, json=order(task, account), headers=owner.headers)).status_code == 200
    assert (await status(), await balance_of(conn, world)) == (10, 0)
    await export(database, FileStore("", tmp_path), tmp_path / "out")
    assert await status() == 1
    [reference] = (await references(conn)).values()
    await read(database, status_report({reference: "RJCT"}), now)
    assert (await status(), await balance_of(conn, world)) == (3, 150)

    assert (await client.post(PATH, json=order(task, account), headers=owner.headers)).status_code == 200
    await export(database, FileStore("", tmp_path), tmp_path / "out")
    second = (set((await references(conn)).values()) - {reference}).pop()
    await read(database, status_report({second: "ACSC"}), now)
    assert (await status(), await balance_of(conn, world)) == (2, 0)
    reply = await client.post(PATH, json=order(task, account), headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["taskId"])
    cursor = await conn.execute(
        "SELECT payload ->> 'payoutStatus' FROM event WHERE name = 'payoutStatusChanged' ORDER BY id"
    )
    assert [row[0] for row in await cursor.fetchall()] == ["10", "1", "3", "10", "1", "2"]


async def test_what_no_bank_file_carries(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World
) -> None:
    task = await add_paid_task(conn, world, "150.00")
    card, wallet = await keep_endpoint(conn, world, CARD), await keep_endpoint(conn, world, QIWI)
    sepa, swift = await keep_endpoint(conn, world, SEPA), await keep_endpoint(conn, world, SWIFT)
    for body in (
        order(task, card, payoutEndpointType=1),
        order(task, wallet, payoutEndpointType=2),
        order(task, sepa, currencyId=2),
        order(task, swift, currencyId=1),
    ):
        reply = await client.post(PATH, json=body, headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, ["currencyId"]), body
    assert await balance_of(conn, world) == 150
