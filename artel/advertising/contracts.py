"""Contracts of the advertising law between organisations in a company's books."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from artel.advertising.terms import Contract, Type, check_terms
from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import Refused
from artel.operations import audit


class Parties(msgspec.Struct, frozen=True):
    customer_id: int
    performer_id: int


class _Organisation(msgspec.Struct):
    id: int
    uuid: UUID


class _Parent(msgspec.Struct):
    id: int
    type: str
    signed_on: date
    customer_id: int
    performer_id: int


async def add_contract(conn: Connection, member: Member, given: Contract, *, now: datetime) -> None:
    """Add a contract to the company's books (S, "Добавить данные договора").

    Refuses: what `check_terms`, `find_parties` and `find_parent` refuse; contract_uuid_taken; contract_taken where the
    two parties have one of this number.
    """
    contract = check_terms(given, now=now)
    parties = await find_parties(conn, member.company_id, contract)
    parent_id = await find_parent(conn, member.company_id, contract, parties)
    contract_id = await insert_contract(
        conn,
        contract,
        parties,
        company_id=member.company_id,
        parent_id=parent_id,
        is_primary=False,
        actor_id=member.person_id,
        now=now,
    )
    if contract_id is None:
        await refuse_taken(conn, member.company_id, contract)
    await audit.record(
        conn,
        "advertising.contract_added",
        subject="advertising_contract",
        subject_id=contract_id,
        actor_id=member.person_id,
        company_id=member.company_id,
        now=now,
        type=contract.type,
    )


async def find_parties(conn: Connection, company_id: int, contract: Contract) -> Parties:
    """Refuses: organisation_unknown for a party that is not in the company's books. The platform is not: what it
    performs is the primary contract's, and the operator's to enter."""
    rows = await fetch_all(
        conn,
        _Organisation,
        """
        SELECT id, uuid
        FROM advertising_organisation
        WHERE company_id = %(company)s AND uuid IN (%(customer)s, %(performer)s)
        """,
        {"company": company_id, "customer": contract.customer, "performer": contract.performer},
    )
    ids = {row.uuid: row.id for row in rows}
    for party, field in (
        (contract.customer, "external_organisation_customer_id"),
        (contract.performer, "external_organisation_performer_id"),
    ):
        if party not in ids:
            raise Refused("organisation_unknown", field)
    return Parties(ids[contract.customer], ids[contract.performer])


async def find_parent(conn: Connection, company_id: int, contract: Contract, parties: Parties) -> int | None:
    """The contract that an additional agreement belongs to.

    Refuses: contract_unknown; contract_parent_wrong for one of other parties, for another additional agreement, and
    for one that was signed later.
    """
    if contract.parent is None:
        return None
    parent = await fetch_one(
        conn,
        _Parent,
        """
        SELECT id, type, signed_on, customer_id, performer_id
        FROM advertising_contract
        WHERE company_id = %(company)s AND uuid = %(uuid)s
        """,
        {"company": company_id, "uuid": contract.parent},
    )
    if parent is None:
        raise Refused("contract_unknown", "external_parent_id")
    same_parties = (parent.customer_id, parent.performer_id) == (parties.customer_id, parties.performer_id)
    if not same_parties or parent.type == Type.ADDITIONAL_AGREEMENT or parent.signed_on > contract.signed_on:
        raise Refused("contract_parent_wrong", "external_parent_id")
    return parent.id


async def insert_contract(
    conn: Connection,
    contract: Contract,
    parties: Parties,
    *,
    company_id: int,
    parent_id: int | None,
    is_primary: bool,
    actor_id: int | None,
    now: datetime,
) -> int | None:
    """The row's id; None where the company has this uuid, or the two parties this number."""
    added: int | None = await fetch_value(
        conn,
        """
        INSERT INTO advertising_contract (
            company_id, uuid, is_primary, customer_id, performer_id, number, signed_on, type, subject, action,
            additional_number, additional_signed_on, parent_id, price, with_vat, is_creative_reporter,
            created_at, created_by, edited_at
        )
        VALUES (
            %(company)s, %(uuid)s, %(primary)s, %(customer_id)s, %(performer_id)s, %(number)s, %(signed_on)s, %(type)s,
            %(subject)s, %(action)s, %(additional_number)s, %(additional_signed_on)s, %(parent_id)s, %(price)s,
            %(with_vat)s, %(is_creative_reporter)s, %(now)s, %(actor)s, %(now)s
        )
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        {
            **msgspec.structs.asdict(contract),
            **msgspec.structs.asdict(parties),
            "company": company_id,
            "parent_id": parent_id,
            "primary": is_primary,
            "actor": actor_id,
            "now": now,
        },
    )
    return added


async def refuse_taken(conn: Connection, company_id: int, contract: Contract) -> None:
    """Refuses: contract_uuid_taken; contract_taken. Looks anew: the insert has waited for whoever was quicker."""
    same_uuid = await fetch_value(
        conn,
        """
        SELECT EXISTS (SELECT FROM advertising_contract WHERE company_id = %(company)s AND uuid = %(uuid)s)
        """,
        {"company": company_id, "uuid": contract.uuid},
    )
    if same_uuid:
        raise Refused("contract_uuid_taken", "external_contract_id")
    raise Refused("contract_taken", "contract_number")
