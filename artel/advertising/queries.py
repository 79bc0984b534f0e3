"""Reads of organisations and contracts, and the only ways to one of a company's."""

from datetime import date, datetime
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound


class OrganisationRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    uuid: UUID
    is_primary: bool
    legal_type: str
    full_opf: str | None
    fio: str | None
    inn: str | None
    kpp: str | None
    ogrn: str | None
    ogrnip: str | None
    registration_number: str | None
    tax_id: str | None
    phone_number: str | None
    payment_number: str | None
    region_number: int | None

    @property
    def title(self) -> str:
        return self.full_opf or self.fio or ""


class ContractRow(msgspec.Struct, frozen=True, kw_only=True):
    """A contract; who entered it is nobody where the operator did."""

    id: int
    uuid: UUID
    is_primary: bool
    customer_id: int
    customer_uuid: UUID
    performer_id: int
    performer_uuid: UUID
    number: str
    signed_on: date
    type: str
    subject: str
    action: str | None
    additional_number: str
    additional_signed_on: date | None
    parent_uuid: UUID | None
    price: Decimal | None
    with_vat: bool
    is_creative_reporter: bool
    created_at: datetime
    edited_at: datetime
    creator_id: int | None
    creator_email: str | None
    creator_first_name: str | None
    creator_last_name: str | None

    @property
    def title(self) -> str:
        """As the documents show it: `100623 (2020-10-15)`."""
        return f"{self.number} ({self.signed_on})" if self.number else str(self.signed_on)


SELECT_ORGANISATION: LiteralString = """
    SELECT
        o.id, o.uuid, o.is_primary, o.legal_type, o.full_opf, o.fio, o.inn, o.kpp, o.ogrn, o.ogrnip,
        o.registration_number, o.tax_id, o.phone_number, o.payment_number, o.region_number
    FROM advertising_organisation AS o
"""
CONTRACT_COLUMNS: LiteralString = """
        c.id, c.uuid, c.is_primary, c.customer_id, customer.uuid AS customer_uuid, c.performer_id,
        performer.uuid AS performer_uuid, c.number, c.signed_on, c.type, c.subject, c.action, c.additional_number,
        c.additional_signed_on, parent.uuid AS parent_uuid, c.price, c.with_vat, c.is_creative_reporter,
        c.created_at, c.edited_at, creator.id AS creator_id, creator.email AS creator_email,
        creator.first_name AS creator_first_name, creator.last_name AS creator_last_name
"""
CONTRACT_TABLES: LiteralString = """
    FROM advertising_contract AS c
    JOIN advertising_organisation AS customer ON customer.id = c.customer_id
    JOIN advertising_organisation AS performer ON performer.id = c.performer_id
    LEFT JOIN advertising_contract AS parent ON parent.id = c.parent_id
    LEFT JOIN person AS creator ON creator.id = c.created_by
"""
SELECT_CONTRACT: LiteralString = "SELECT" + CONTRACT_COLUMNS + CONTRACT_TABLES


async def list_organisations(
    conn: Connection, company_id: int, *, limit: int, offset: int
) -> tuple[list[OrganisationRow], int]:
    """A page of a company's organisations, its own record among them, the newest first; and how many there are."""
    rows = await fetch_all(
        conn,
        OrganisationRow,
        SELECT_ORGANISATION
        + """
        WHERE o.company_id = %(company)s
        ORDER BY o.id DESC
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        {"company": company_id, "limit": limit, "offset": offset},
    )
    total: int = await fetch_value(
        conn,
        "SELECT count(*) FROM advertising_organisation WHERE company_id = %(company)s",
        {"company": company_id},
    )
    return rows, total


async def access_organisation(conn: Connection, member: Member, uuid: UUID) -> OrganisationRow:
    """One in the company's books, or the platform, whom its primary contract names. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        OrganisationRow,
        SELECT_ORGANISATION
        + """
        WHERE (o.company_id = %(company)s OR o.company_id IS NULL) AND o.uuid = %(uuid)s
        ORDER BY o.company_id
        LIMIT 1
        """,
        {"company": member.company_id, "uuid": uuid},
    )
    if row is None:
        raise NotFound("organisation")
    return row


async def organisations_by_id(conn: Connection, ids: set[int]) -> dict[int, OrganisationRow]:
    """The parties of contracts that the caller has reached."""
    rows = await fetch_all(
        conn, OrganisationRow, SELECT_ORGANISATION + "WHERE o.id = ANY(%(ids)s::bigint[])", {"ids": list(ids)}
    )
    return {row.id: row for row in rows}


async def list_contracts(
    conn: Connection, company_id: int, *, limit: int, offset: int
) -> tuple[list[ContractRow], int]:
    """A page of a company's contracts, the primary one among them, the newest first; and how many there are."""
    rows = await fetch_all(
        conn,
        ContractRow,
        SELECT_CONTRACT
        + """
        WHERE c.company_id = %(company)s
        ORDER BY c.id DESC
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        {"company": company_id, "limit": limit, "offset": offset},
    )
    total: int = await fetch_value(
        conn,
        "SELECT count(*) FROM advertising_contract WHERE company_id = %(company)s",
        {"company": company_id},
    )
    return rows, total


async def access_contract(conn: Connection, member: Member, uuid: UUID) -> ContractRow:
    """Refuses: NotFound."""
    row = await fetch_one(
        conn,
        ContractRow,
        SELECT_CONTRACT + "WHERE c.company_id = %(company)s AND c.uuid = %(uuid)s",
        {"company": member.company_id, "uuid": uuid},
    )
    if row is None:
        raise NotFound("contract")
    return row


async def primary_contract(conn: Connection, company_id: int) -> ContractRow | None:
    """The company's contract with the platform; None where the operator has not entered one."""
    return await fetch_one(
        conn,
        ContractRow,
        SELECT_CONTRACT + "WHERE c.company_id = %(company)s AND c.is_primary",
        {"company": company_id},
    )
