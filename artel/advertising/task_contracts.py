"""The end contracts that a task's advertising is made for (S, "Создать задачу", advData).

Sums are in the currency of the price they are part of, the worker's. What they leave of it is production: work on the
advertisement that is nobody's distribution.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

import msgspec

from artel.advertising.queries import CONTRACT_COLUMNS, CONTRACT_TABLES, ContractRow
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import Refused
from artel.tasks.pricing import LARGEST_PRICE

MOST_CONTRACTS = 100
# The law is Russia's: it binds a company of that country that buys a service of advertising.
UNDER_LAW: LiteralString = "s.is_advertising AND co.country = 'RU'"


class EndContract(msgspec.Struct, frozen=True):
    """A contract of the company by its uuid, and how much of the task is for it. No sum: all of it."""

    uuid: UUID
    sum: Decimal | None = None


class Share(msgspec.Struct, frozen=True):
    """An end contract that nothing is wrong with."""

    contract_id: int
    sum: Decimal | None


class _Contract(msgspec.Struct):
    id: int
    uuid: UUID


async def check_end_contracts(
    conn: Connection,
    company_id: int,
    given: Sequence[EndContract],
    *,
    service_id: int,
    price: Decimal,
    exponent: int,
) -> list[Share]:
    """What a new task of this price may say of its contracts. `exponent`: the digits of the price's currency.

    Refuses: adv_data_required for a service of advertising without any, where the company is under the law;
    too_many_ids; end_contract_repeated; end_contract_unknown, which names it; end_contract_sum_required for one of
    several; end_contract_sum_invalid; end_contracts_over_price, which says both.
    """
    if not given:
        if await is_under_law(conn, company_id, service_id=service_id):
            raise Refused("adv_data_required", "adv_data")
        return []
    if len(given) > MOST_CONTRACTS:
        raise Refused("too_many_ids", "adv_data", most=MOST_CONTRACTS)
    if len({contract.uuid for contract in given}) < len(given):
        raise Refused("end_contract_repeated", "adv_data")
    rows = await fetch_all(
        conn,
        _Contract,
        "SELECT id, uuid FROM advertising_contract WHERE company_id = %(company)s AND uuid = ANY(%(uuids)s)",
        {"company": company_id, "uuids": [contract.uuid for contract in given]},
    )
    ids = {row.uuid: row.id for row in rows}
    for contract in given:
        if contract.uuid not in ids:
            raise Refused("end_contract_unknown", "adv_data", uuid=contract.uuid)
        check_sum(contract.sum, alone=len(given) == 1, exponent=exponent)
    shares = [Share(ids[contract.uuid], contract.sum) for contract in given]
    require_within(shares, price)
    return shares


def check_sum(part: Decimal | None, *, alone: bool, exponent: int) -> None:
    """Refuses: end_contract_sum_required; end_contract_sum_invalid for what no price is, and for too many digits."""
    if part is None:
        if not alone:
            raise Refused("end_contract_sum_required", "adv_data")
    elif not part.is_finite() or not 0 < part <= LARGEST_PRICE or part != round(part, exponent):
        raise Refused("end_contract_sum_invalid", "adv_data", digits=exponent)


def require_within(shares: Sequence[Share], price: Decimal) -> None:
    """Refuses: end_contracts_over_price."""
    total = sum((share.sum for share in shares if share.sum is not None), Decimal(0))
    if total > price:
        raise Refused("end_contracts_over_price", "adv_data", total=f"{total:f}", price=f"{price:f}")


async def is_under_law(conn: Connection, company_id: int, *, service_id: int) -> bool:
    found: bool = await fetch_value(
        conn,
        f"""
        SELECT EXISTS (
            SELECT
            FROM service AS s
            JOIN company AS co ON co.id = %(company)s
            WHERE s.id = %(service)s AND {UNDER_LAW}
        )
        """,  # noqa: S608 - of constants
        {"company": company_id, "service": service_id},
    )
    return found


async def attach_contracts(conn: Connection, task_id: int, shares: Sequence[Share]) -> None:
    """Write a new task's contracts down, in the transaction that makes it."""
    if not shares:
        return
    await conn.execute(
        """
        INSERT INTO task_contract (task_id, contract_id, position, sum)
        SELECT %(task)s, share.contract_id, share.position, share.sum
        FROM unnest(%(contracts)s::bigint[], %(sums)s::numeric[])
            WITH ORDINALITY AS share (contract_id, sum, position)
        """,
        {
            "task": task_id,
            "contracts": [share.contract_id for share in shares],
            "sums": [share.sum for share in shares],
        },
    )


class _Task(msgspec.Struct):
    company_id: int
    service_id: int


async def require_end_contracts(conn: Connection, task_id: int, *, price: Decimal) -> None:
    """Hold a task's contracts against its price, which may have changed, and against its service, which may have
    become one of advertising. The caller has locked the task.

    Refuses: adv_data_required, end_contracts_over_price.
    """
    if await require_contracts_within(conn, task_id, price=price):
        return
    task = await fetch_one(
        conn, _Task, "SELECT company_id, service_id FROM task WHERE id = %(task)s", {"task": task_id}
    )
    if task is not None and await is_under_law(conn, task.company_id, service_id=task.service_id):
        raise Refused("adv_data_required", "adv_data")


async def require_contracts_within(conn: Connection, task_id: int, *, price: Decimal) -> bool:
    """Hold what a task's contracts take against its price; answers whether it has any.

    Refuses: end_contracts_over_price.
    """
    shares = await fetch_all(
        conn, Share, "SELECT contract_id, sum FROM task_contract WHERE task_id = %(task)s", {"task": task_id}
    )
    require_within(shares, price)
    return bool(shares)


class TaskContractRow(ContractRow, frozen=True, kw_only=True):
    sum: Decimal | None


async def contracts_of_task(conn: Connection, task_id: int) -> list[TaskContractRow]:
    """The end contracts of a task that the caller has reached, in the order the task was made with."""
    return await fetch_all(
        conn,
        TaskContractRow,
        "SELECT tc.sum,"
        + CONTRACT_COLUMNS
        + CONTRACT_TABLES
        + """
        JOIN task_contract AS tc ON tc.contract_id = c.id
        WHERE tc.task_id = %(task)s
        ORDER BY tc.position
        """,
        {"task": task_id},
    )
