"""Documents: operations 56 and 57 of customer-api.md, and asking for an invoice."""

from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.filters import (
    BEFORE_KIND,
    DIRECTION_KIND,
    FROM_KIND,
    INTEGER_KIND,
    PAGE,
    Filter,
    Filters,
    Kind,
    operation_with,
    read_filters,
)
from artel.api.customer.pagination import DEFAULT_SIZE, Paginated, effective_size, paginate
from artel.api.customer.replies import CURRENCIES, NOTHING, Currency, answer_once, moment, number
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.documents.archives import archive_limit, note_archive
from artel.documents.invoices import create_invoice
from artel.documents.jobs import ask_for_packing
from artel.documents.kinds import DocumentType
from artel.documents.parties import Issuer
from artel.documents.queries import (
    DocumentRow,
    Sort,
    Wanted,
    access_document,
    count_documents,
    list_documents,
    whole_day,
)
from artel.operations.rate_limits import count_hits

ApiRequest = Request[None, None, State]
# What the documents show where an invoice has topped nothing up yet; clients read it as a date.
NO_DATE = "-0001-11-30 00:00:00"
SORTS = {"createdAt": Sort.CREATED, "id": Sort.AGE, "fileId": Sort.FILE}


def read_sort(text: str) -> Sort:
    if text not in SORTS:
        raise ValueError(text)
    return SORTS[text]


SORT_KIND = Kind(read_sort, "field_invalid", Schema(type=OpenAPIType.STRING, enum=list(SORTS)))
FILTERS: Filters = {
    "type": Filter("type", INTEGER_KIND, "6 invoice, 7 closing report of a month, 8 act of a task"),
    "dateFrom": Filter("since", FROM_KIND, "What the document is dated: from this day"),
    "dateTo": Filter("before", BEFORE_KIND, "What the document is dated: to this day"),
}
LIST_PARAMETERS: Filters = {
    **FILTERS,
    "sort": Filter("sort", SORT_KIND, "The order: createdAt, id (the default) or fileId", plain=True),
    "direction": Filter("descending", DIRECTION_KIND, "asc, or desc (the default)", plain=True),
    **PAGE,
}


class Document(msgspec.Struct, rename="camel"):
    """`amount` has VAT in it. `fileId`: the PDF in your language, null for the moment until it is made.

    `invoiceStatusId`: 1 open, 2 paid; null for other types. `reportStatusId`: 1 issued; null for invoices.
    """

    file_id: int | None
    type: int
    document_id: int
    invoice_status_id: int | None
    report_status_id: int | None
    amount: float
    number: str
    currency: Currency
    created_at: str
    top_up_balance_date: str
    sf_file_id: int | None
    task_id: int | None


def render_document(row: DocumentRow) -> Document:
    is_invoice = row.type == DocumentType.INVOICE
    return Document(
        file_id=row.file_id,
        type=row.type,
        document_id=row.id,
        invoice_status_id=row.status if is_invoice else None,
        report_status_id=None if is_invoice else row.status,
        amount=number(row.amount),
        number=row.number,
        currency=CURRENCIES[row.currency],
        created_at=moment(row.created_at),
        top_up_balance_date=moment(row.paid_at) if row.paid_at else NO_DATE,
        sf_file_id=None,
        task_id=row.task_id,
    )


def wanted_of(asked: dict[str, Any]) -> Wanted:
    return Wanted(
        type=asked.get("type"),
        since=whole_day(asked["since"]) if "since" in asked else None,
        before=whole_day(asked["before"]) if "before" in asked else None,
    )


@get(
    "/customer/documents",
    right=Right.VIEW,
    tags=["Documents"],
    summary="Invoices, acts and closing reports, the newest first",
    operation_class=operation_with(LIST_PARAMETERS),
)
async def show_documents(request: ApiRequest, member: SignedMember) -> Paginated[Document]:
    """A document's PDF is at GET /customer/files/{fileId}."""
    asked = read_filters(request, LIST_PARAMETERS)
    page, size = asked.get("page", 1), effective_size(asked.get("size", DEFAULT_SIZE))
    wanted = wanted_of(asked)
    async with context_of(request).database.connection() as conn:
        total = await count_documents(conn, member.company_id, wanted)
        rows = await list_documents(
            conn,
            member,
            wanted,
            sort=asked.get("sort", Sort.AGE),
            descending=asked.get("descending", True),
            total=total,
            offset=(page - 1) * size,
            limit=size,
        )
    return paginate([render_document(row) for row in rows], total=total, page=page, size=size)


@get(
    "/customer/documents/download",
    right=Right.VIEW,
    tags=["Documents"],
    summary="Mail me a link to the documents as one ZIP",
    operation_class=operation_with(FILTERS),
)
async def download_documents(request: ApiRequest, member: SignedMember) -> list[None]:
    """The ZIP is packed in the background; the link goes to your own address and expires after three days."""
    wanted = wanted_of(read_filters(request, FILTERS))
    database, now = context_of(request).database, clock.now()
    async with database.transaction() as conn:
        refusal = await count_hits(conn, archive_limit(member), now=now)
    if refusal:
        raise refusal
    async with database.transaction() as conn:
        await ask_for_packing(conn, await note_archive(conn, member, wanted, now=now))
    return NOTHING


class NewInvoice(msgspec.Struct):
    """`amount`: what the balance is to grow by; the invoice asks for VAT on top of it."""

    amount: Decimal


@post(
    "/customer/documents/invoices",
    status_code=200,
    right=Right.PAY,
    tags=["Documents"],
    summary="Ask for an invoice to top the balance up",
)
async def post_invoice(request: ApiRequest, member: SignedMember, data: JSONBody[NewInvoice]) -> Response[Document]:
    """It stays open until the operator, or a bank statement, says that exactly its amount has arrived. Send an
    `Idempotency-Key`."""
    issuer = Issuer.of(context_of(request).settings)

    async def work(conn: Connection) -> Document:
        document_id = await create_invoice(
            conn, member, amount=data.amount, issuer=issuer, actor_id=member.person_id, now=clock.now()
        )
        return render_document(await access_document(conn, member, document_id))

    return await answer_once(request, member, work)


ROUTES: list[Any] = [show_documents, download_documents, post_invoice]
