"""A company's transactions: operation 43 of customer-api.md."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import HttpMethod, Request, route
from litestar.datastructures import State

from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.filters import BEFORE_KIND, FROM_KIND, PAGE, Filter, Filters, operation_with, read_filters
from artel.api.customer.pagination import DEFAULT_SIZE, Paginated, effective_size, paginate
from artel.api.customer.replies import CURRENCIES, Currency, moment, number
from artel.companies.access import Right
from artel.documents.queries import invoices_of_transfers
from artel.ledger.accounts import company_available
from artel.ledger.queries import StatementLine, transfers_of
from artel.tasks.statement import PaidTask, tasks_of_lines

# The books count both ends; a filter gives the first moment that counts no more.
SMALLEST_STEP = timedelta(microseconds=1)
PARAMETERS: Filters = {
    "dateFrom": Filter("since", FROM_KIND, "From this day, 00:00:00"),
    "dateTo": Filter("before", BEFORE_KIND, "To this day, 23:59:59"),
    **PAGE,
}


class Worker(msgspec.Struct, rename="camel"):
    id: int
    first_name: str
    last_name: str


class Transaction(msgspec.Struct, rename="camel"):
    id: int
    type: int  # 1 top-up, 2 write-off, 3 refund
    amount: float
    created_at: str
    currency: Currency
    balance_id: int
    task_id: int | None
    tax_rate: float | None
    worker: Worker | None
    invoice_id: int | None


def render_transaction(line: StatementLine, task: PaidTask | None, invoice_id: int | None) -> Transaction:
    """`taxRate` is the VAT percent of the task; `invoiceId` the invoice that a top-up paid."""
    return Transaction(
        id=line.transfer_id,
        type=int(line.type),
        amount=number(line.amount),
        created_at=moment(line.created_at),
        currency=CURRENCIES[line.currency],
        balance_id=line.account_id,
        task_id=task.id if task else None,
        tax_rate=number(task.vat_percent) if task else None,
        worker=Worker(task.worker_id, task.first_name, task.last_name) if task else None,
        invoice_id=invoice_id,
    )


@route(
    "/customer/transactions",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    status_code=200,
    right=Right.VIEW,
    tags=["Finance"],
    summary="What came onto the company's balance and left it, the newest first",
    operation_class=operation_with(PARAMETERS),
)
async def list_transactions(request: Request[None, None, State], member: SignedMember) -> Paginated[Transaction]:
    asked = read_filters(request, PARAMETERS)
    page, size = asked.get("page", 1), effective_size(asked.get("size", DEFAULT_SIZE))
    async with context_of(request).database.connection() as conn:
        statement = await transfers_of(
            conn,
            company_available(member.company_id, member.currency),
            offset=(page - 1) * size,
            limit=size,
            since=asked.get("since"),
            until=asked["before"] - SMALLEST_STEP if "before" in asked else None,
        )
        task_ids = {line.subject_id for line in statement.lines if line.subject == "task"}
        tasks = await tasks_of_lines(conn, member.company_id, task_ids)
        top_ups = [line.transfer_id for line in statement.lines if line.kind == "top_up"]
        invoices = await invoices_of_transfers(conn, member.company_id, top_ups)
    items = [
        render_transaction(
            line, tasks.get(line.subject_id) if line.subject == "task" else None, invoices.get(line.transfer_id)
        )
        for line in statement.lines
    ]
    return paginate(items, total=statement.total, page=page, size=size)


ROUTES: list[Any] = [list_transactions]
