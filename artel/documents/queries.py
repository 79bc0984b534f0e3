"""Reading a company's documents. A list renders nothing: it shows which are there and which file each is in."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import LiteralString

import msgspec

from artel.companies.access import Member
from artel.db.conditions import Conditions, all_of
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound


class Sort(StrEnum):
    """Equals are ordered by age."""

    AGE = "age"
    CREATED = "created"
    FILE = "file"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents of a company. `since` and `before` are days of what a document is dated; `before` is not one."""

    type: int | None = None
    since: date | None = None
    before: date | None = None

    @property
    def filters(self) -> dict[str, object]:
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


class DocumentRow(msgspec.Struct):
    """`file_id` is the PDF in the reader's language; None until it is rendered."""

    id: int
    type: int
    number: str
    status: int
    currency: str
    amount: Decimal
    task_id: int | None
    created_at: datetime
    paid_at: datetime | None
    file_id: int | None


CONDITIONS: Conditions = {
    "type": "d.type = %(type)s::bigint",
    "since": "d.dated >= %(since)s",
    "before": "d.dated < %(before)s",
}
FILE_COLUMNS: dict[str, LiteralString] = {"EN": "d.file_en_id", "RU": "d.file_ru_id"}
# By the reader's language.
SELECT_DOCUMENTS: dict[str, LiteralString] = {
    "EN": """
    SELECT d.id, d.type, d.number, d.status, d.currency, d.amount, d.task_id, d.created_at, d.paid_at,
        d.file_en_id AS file_id
    FROM document AS d
    """,
    "RU": """
    SELECT d.id, d.type, d.number, d.status, d.currency, d.amount, d.task_id, d.created_at, d.paid_at,
        d.file_ru_id AS file_id
    FROM document AS d
    """,
}
COUNT_DOCUMENTS: LiteralString = """
    SELECT count(*)
    FROM document AS d
    """
OF_COMPANY: LiteralString = "WHERE d.company_id = %(company)s"


def whole_day(at: datetime) -> date:
    """The first day that begins at this moment or after it: documents are dated by the day."""
    day = at.astimezone(UTC)
    begins = day.time() == datetime.min.time() or day.date() == date.max
    return day.date() if begins else day.date() + timedelta(days=1)


async def count_documents(conn: Connection, company_id: int, wanted: Wanted) -> int:
    """All of them are as many as the newest one's place says."""
    if not wanted.filters:
        last = await fetch_value(
            conn, "SELECT last_place FROM document_counter WHERE company_id = %(company)s", {"company": company_id}
        )
        return int(last or 0)
    count: int = await fetch_value(
        conn,
        COUNT_DOCUMENTS + OF_COMPANY + all_of(CONDITIONS, wanted.filters),
        {**wanted.filters, "company": company_id},
    )
    return count


async def list_documents(
    conn: Connection,
    member: Member,
    wanted: Wanted,
    *,
    sort: Sort,
    descending: bool,
    total: int,
    offset: int,
    limit: int,
) -> list[DocumentRow]:
    """A page of the company's documents, files in the member's language.

    The order by age without a filter is a range of places, so that its last page costs what its first one does.
    """
    columns: dict[Sort, LiteralString] = {
        Sort.AGE: "d.place",
        Sort.CREATED: "d.created_at",
        Sort.FILE: FILE_COLUMNS[member.language],
    }
    direction: LiteralString = " DESC" if descending else " ASC"
    order = "\nORDER BY " + columns[sort] + direction + ", d.place" + direction
    documents = SELECT_DOCUMENTS[member.language] + OF_COMPANY
    parameters: dict[str, object] = {**wanted.filters, "company": member.company_id}
    if sort is Sort.AGE and not wanted.filters:
        first = total - offset - limit + 1 if descending else offset + 1
        parameters |= {"first": first, "last": first + limit - 1}
        return await fetch_all(
            conn, DocumentRow, documents + " AND d.place BETWEEN %(first)s AND %(last)s" + order, parameters
        )
    parameters |= {"limit": limit, "offset": offset}
    conditions = all_of(CONDITIONS, wanted.filters)
    return await fetch_all(
        conn, DocumentRow, documents + conditions + order + "\nLIMIT %(limit)s OFFSET %(offset)s", parameters
    )


async def access_document(conn: Connection, member: Member, document_id: int) -> DocumentRow:
    """A document of the member's company. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        DocumentRow,
        SELECT_DOCUMENTS[member.language] + OF_COMPANY + " AND d.id = %(id)s",
        {"id": document_id, "company": member.company_id},
    )
    if row is None:
        raise NotFound("document")
    return row


async def invoices_of_transfers(conn: Connection, company_id: int, transfer_ids: list[int]) -> dict[int, int]:
    """Which of a company's transfers paid an invoice: transfer id -> invoice id."""
    cursor = await conn.execute(
        """
        SELECT transfer_id, id
        FROM document
        WHERE transfer_id = ANY(%(ids)s::bigint[]) AND company_id = %(company)s
        """,
        {"ids": transfer_ids, "company": company_id},
    )
    return dict(await cursor.fetchall())
