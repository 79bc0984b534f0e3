"""A task's price changed after the task was made: the same rate and percents, all figures anew."""

from decimal import Decimal

import msgspec

from artel.advertising.task_contracts import require_contracts_within
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.ledger import queries as ledger
from artel.ledger.accounts import company_available
from artel.ledger.errors import InsufficientFunds
from artel.tasks.pricing import TaskPrice, Terms, price_task
from artel.tasks.queries import TaskRow


class _Digits(msgspec.Struct):
    own: int
    workers: int


async def reprice(conn: Connection, task: TaskRow, worker_price: Decimal) -> TaskPrice:
    """What the task costs where its freelancer is to get another price, in the worker's currency.

    At the exchange rate, the percents and the premium that the task was made with, whatever they have become since.
    Refuses: what `price_task` refuses; end_contracts_over_price.
    """
    digits = await fetch_one(
        conn,
        _Digits,
        """
        SELECT own.exponent AS own, workers.exponent AS workers
        FROM currency AS own
        JOIN currency AS workers ON workers.code = %(worker)s
        WHERE own.code = %(own)s
        """,
        {"own": task.currency, "worker": task.worker_currency},
    )
    assert digits is not None
    price = price_task(
        worker_price,
        worker_currency=task.worker_currency,
        worker_exponent=digits.workers,
        terms=Terms(
            currency=task.currency,
            exponent=digits.own,
            commission_percent=task.commission_percent,
            sales_tax_percent=task.sales_tax_percent,
            vat_percent=task.vat_percent,
        ),
        exchange_rate=task.exchange_rate,
        share_commission=task.share_commission,
        insurance=task.insurance,
    )
    await require_contracts_within(conn, task.id, price=worker_price)
    return price


async def require_funds(conn: Connection, task: TaskRow, price: TaskPrice) -> None:
    """Whatever the policy, nobody is promised more than is there: as when a task is published.

    What is held for the task counts. A total that does not grow needs nothing. Refuses: InsufficientFunds.
    """
    if price.total <= task.total:
        return
    balances = await ledger.company_balances(conn, task.company_id)
    if balances.available + task.held < price.total:
        raise InsufficientFunds(company_available(task.company_id, task.currency), balances.available)


async def set_price(conn: Connection, task: TaskRow, price: TaskPrice) -> None:
    """Write down new figures of a task locked by the caller, who sees to what is held."""
    await conn.execute(
        """
        UPDATE task
        SET price = %(price)s,
            worker_price = %(worker_price)s,
            commission = %(commission)s,
            shared_commission = %(shared_commission)s,
            worker_shared_commission = %(worker_shared_commission)s,
            sales_tax = %(sales_tax)s,
            total = %(total)s,
            amount_for_worker = %(amount_for_worker)s,
            vat = %(vat)s
        WHERE id = %(task)s
        """,
        {**msgspec.structs.asdict(price), "task": task.id},
    )
