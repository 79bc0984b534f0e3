"""The end contracts that a task's advertising is made for (S, "Создать задачу", advData).

Sums are in the currency of the price they are part of, the worker's. What they leave of it is production: work on the
advertisement that is nobody's distribution.
"""

from collections.abc import Collection, Mapping, Sequence
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


class ContractGrounds(msgspec.Struct, frozen=True):
    """What end contracts of new tasks are held against, read once for all of them."""

    ids: dict[UUID, int]  # of the company's contracts among those named
    under_law: frozenset[int]  # of the services named, those that ask for contracts


async def contract_grounds(
    conn: Connection, company_id: int, *, uuids: Collection[UUID], service_ids: Collection[int]
) -> ContractGrounds:
    rows = await fetch_all(
        conn,
        _Contract,
        "SELECT id, uuid FROM advertising_contract WHERE company_id = %(company)s AND uuid = ANY(%(uuids)s::uuid[])",
        {"company": company_id, "uuids": list(uuids)},
    )
    return ContractGrounds(
        {row.uuid: row.id for row in rows}, await services_under_law(conn, company_id, service_ids=service_ids)
    )


def checked_end_contracts(
    grounds: ContractGrounds, given: Sequence[EndContract], *, service_id: int, price: Decimal, exponent: int
) -> list[Share]:
    """What a new task of this price may say of its contracts. `exponent`: the digits of the price's currency.

    Refuses: adv_data_required for a service of advertising without any, where the company is under the law;
    too_many_ids; end_contract_repeated; end_contract_unknown, which names it; end_contract_sum_required for one of
    several; end_contract_sum_invalid; end_contracts_over_price, which says both.
    """
    if not given:
        if service_id in grounds.under_law:
            raise Refused("adv_data_required", "adv_data")
        return []
    if len(given) > MOST_CONTRACTS:
        raise Refused("too_many_ids", "adv_data", most=MOST_CONTRACTS)
    if len({contract.uuid for contract in given}) < len(given):
        raise Refused("end_contract_repeated", "adv_data")
    for contract in given:
        if contract.uuid not in grounds.ids:
            raise Refused("end_contract_unknown", "adv_data", uuid=contract.uuid)
        check_sum(contract.sum, alone=len(given) == 1, exponent=exponent)
    shares = [Share(grounds.ids[contract.uuid], contract.sum) for contract in given]
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


async def services_under_law(conn: Connection, company_id: int, *, service_ids: Collection[int]) -> frozenset[int]:
    """Those of the services that the company cannot buy without naming contracts."""
    found: list[int] | None = await fetch_value(
        conn,
        f"""
        SELECT array_agg(s.id)
        FROM service AS s
        JOIN company AS co ON co.id = %(company)s
        WHERE s.id = ANY(%(services)s::bigint[]) AND {UNDER_LAW}
        """,  # noqa: S608 - of constants
        {"company": company_id, "services": list(service_ids)},
    )
    return frozenset(found or ())


async def attach_contracts(conn: Connection, shares: Mapping[int, Sequence[Share]]) -> None:
    """Write new tasks' contracts down, by task, in the transaction that makes them."""
    rows = [(task_id, place, share) for task_id, given in shares.items() for place, share in enumerate(given, start=1)]
    if not rows:
        return
    await conn.execute(
        """
        INSERT INTO task_contract (task_id, contract_id, position, sum)
        SELECT share.task_id, share.contract_id, share.position, share.sum
        FROM unnest(%(tasks)s::bigint[], %(contracts)s::bigint[], %(positions)s::int[], %(sums)s::numeric[])
            AS share (task_id, contract_id, position, sum)
        """,
        {
            "tasks": [task_id for task_id, _, _ in rows],
            "contracts": [share.contract_id for _, _, share in rows],
            "positions": [place for _, place, _ in rows],
            "sums": [share.sum for _, _, share in rows],
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
    if task is not None and await services_under_law(conn, task.company_id, service_ids={task.service_id}):
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
