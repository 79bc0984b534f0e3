"""Reads of payout endpoints."""

import uuid as uuids
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.freelancers.queries import FreelancerRow


class EndpointRow(msgspec.Struct, frozen=True):
    id: int
    uuid: uuids.UUID
    freelancer_id: int
    type: int
    subtype: int
    currency: str
    number: str
    holder: str
    expires: str | None
    country: str | None
    status: int
    auto_pay: bool
    created_at: datetime


async def endpoints_of(conn: Connection, freelancer: FreelancerRow) -> list[EndpointRow]:
    """A freelancer's endpoints that are not removed, the oldest first.

    None for a company that the freelancer has not said yes to: whoever knows an address can invite it.
    """
    if not freelancer.shares_contacts:
        return []
    return await fetch_all(
        conn,
        EndpointRow,
        """
        SELECT
            id, uuid, freelancer_id, type, subtype, currency, number, holder, expires, country, status, auto_pay,
            created_at
        FROM payout_endpoint
        WHERE freelancer_id = %(freelancer)s AND removed_at IS NULL
        ORDER BY id
        """,
        {"freelancer": freelancer.id},
    )


class EndpointOwner(msgspec.Struct, frozen=True):
    """Who is to type an endpoint's data, and the company whose system sent them here."""

    first_name: str
    last_name: str
    country: str | None
    language: str
    company_name: str | None


async def endpoint_owner(conn: Connection, *, person_id: int, company_id: int | None) -> EndpointOwner:
    owner = await fetch_one(
        conn,
        EndpointOwner,
        """
        SELECT p.first_name, p.last_name, p.country, p.language, c.brand_name AS company_name
        FROM person AS p
        LEFT JOIN company AS c ON c.id = %(company)s
        WHERE p.id = %(person)s
        """,
        {"person": person_id, "company": company_id},
    )
    assert owner is not None, "a link belongs to a person"
    return owner
