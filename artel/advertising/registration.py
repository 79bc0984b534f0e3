"""What the operator enters: the platform's own record, and a company's with its contract with the platform."""

from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec
from psycopg.errors import UniqueViolation

from artel.advertising.contracts import Parties, insert_contract
from artel.advertising.organisations import Organisation, check_organisation, insert_organisation, refuse_taken
from artel.advertising.terms import Contract, Subject, check_terms
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.operations import audit


class Known(msgspec.Struct):
    """A record that is there. Its uuid stays whatever is corrected: clients have it."""

    id: int
    uuid: UUID


async def register_platform(conn: Connection, given: Organisation, *, now: datetime) -> UUID:
    """Enter the platform as contracts of the advertising law name it, or correct it; answers its uuid.

    Refuses: what `check_organisation` refuses.
    """
    # Two operators at once would both find no record and both make one.
    await conn.execute("LOCK TABLE advertising_organisation IN SHARE ROW EXCLUSIVE MODE")
    platform = await save_own(conn, None, given, now=now)
    await audit.record(
        conn,
        "advertising.platform_registered",
        subject="advertising_organisation",
        subject_id=platform.id,
        actor_id=None,
        company_id=None,
        now=now,
    )
    return platform.uuid


async def register_company(
    conn: Connection, company_id: int, given: Organisation, *, contract_number: str, signed_on: date, now: datetime
) -> UUID:
    """Enter a company's record of itself and its contract with the platform, its primary one; or correct them.

    (S, "Закон о маркировке рекламы": an end advertiser's tasks name the contract with the platform.) Answers the
    contract's uuid. Refuses: NotFound for no company; platform_not_registered; what `check_organisation` and
    `check_terms` refuse; organisation_taken where the company has added itself as a customer.
    """
    # The company's row is the lock: two operators at once would both find nothing and both insert.
    if not await fetch_value(conn, "SELECT id FROM company WHERE id = %(id)s FOR NO KEY UPDATE", {"id": company_id}):
        raise NotFound("company", "company_id")
    platform = await fetch_one(conn, Known, "SELECT id, uuid FROM advertising_organisation WHERE company_id IS NULL")
    if platform is None:
        raise Refused("platform_not_registered")
    own = await save_own(conn, company_id, given, now=now)
    known = await fetch_one(
        conn,
        Known,
        "SELECT id, uuid FROM advertising_contract WHERE company_id = %(company)s AND is_primary",
        {"company": company_id},
    )
    contract = check_terms(
        Contract(
            uuid=known.uuid if known else uuid4(),
            customer=own.uuid,
            performer=platform.uuid,
            number=contract_number,
            signed_on=signed_on,
            subject=Subject.DISTRIBUTION,
        ),
        now=now,
    )
    if known:
        await conn.execute(
            """
            UPDATE advertising_contract
            SET number = %(number)s, signed_on = %(signed_on)s, edited_at = %(now)s
            WHERE id = %(id)s
            """,
            {"id": known.id, "number": contract.number, "signed_on": signed_on, "now": now},
        )
    else:
        await insert_contract(
            conn,
            contract,
            Parties(own.id, platform.id),
            company_id=company_id,
            parent_id=None,
            is_primary=True,
            actor_id=None,
            now=now,
        )
    await audit.record(
        conn,
        "advertising.company_registered",
        subject="company",
        subject_id=company_id,
        actor_id=None,
        company_id=company_id,
        now=now,
    )
    return contract.uuid


async def save_own(conn: Connection, company_id: int | None, given: Organisation, *, now: datetime) -> Known:
    """The record a company (None: the platform) has of itself, made or replaced."""
    organisation = await check_organisation(conn, given)
    known = await fetch_one(
        conn,
        Known,
        """
        SELECT id, uuid
        FROM advertising_organisation
        WHERE company_id IS NOT DISTINCT FROM %(company)s AND is_primary
        FOR UPDATE
        """,
        {"company": company_id},
    )
    if known is None:
        added = await insert_organisation(
            conn, organisation, company_id=company_id, is_primary=True, actor_id=None, now=now
        )
        if added is None:
            await refuse_taken(conn, company_id, organisation)
            raise AssertionError("a company's own record was refused by the table alone")
        return Known(added, organisation.uuid)
    try:
        async with conn.transaction():
            await conn.execute(
                """
                UPDATE advertising_organisation
                SET legal_type = %(kind)s, full_opf = %(full_opf)s, fio = %(fio)s, inn = %(inn)s, kpp = %(kpp)s,
                    ogrn = %(ogrn)s, ogrnip = %(ogrnip)s, registration_number = %(registration_number)s,
                    tax_id = %(tax_id)s, phone_number = %(phone_number)s, payment_number = %(payment_number)s,
                    region_number = %(region_number)s::integer
                WHERE id = %(id)s
                """,
                {**msgspec.structs.asdict(organisation), "id": known.id},
            )
    except UniqueViolation:
        await refuse_taken(conn, company_id, organisation)
        raise
    return known
