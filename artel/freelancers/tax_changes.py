"""Tax data as companies give, replace and read them (operations 36-38).

Who may change them when: a company of whose team the freelancer is, once they said yes to it or it made their
account. What is there is not replaced while work of theirs is accepted and not yet paid: what is paid is paid to the
tax number under which it was accepted. A freelancer who has registered is told by mail.
"""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.freelancers.errors import TaxDocumentUnknown
from artel.freelancers.papers import TaxInfo, check_tax_info, save_tax_info
from artel.freelancers.queries import FreelancerRow
from artel.freelancers.tax_errors import FreelancerNotJoined, TaxCountryUnclear, TaxInfoInUse
from artel.notifications.rules import send_letter

# Accepted, and about to be paid.
UNPAID_STATES = (4, 12)
# Documents whose name S writes in two ways.
OTHER_NAMES = {"CUIT/CUIL": "CUIT / CUIL"}


async def tax_info_of(conn: Connection, freelancer: FreelancerRow) -> TaxInfo:
    """What is known. Refuses: NotFound where nothing is, and where the company may not know it."""
    found = await current_tax_info(conn, freelancer.id) if freelancer.shares_contacts else None
    if found is None:
        raise NotFound("tax_info")
    return found


async def change_tax_info(
    conn: Connection, freelancer: FreelancerRow, given: TaxInfo, *, company_id: int, actor_id: int, now: datetime
) -> None:
    """A company writes the freelancer's tax data; the same data again change nothing.

    Refuses: FreelancerNotJoined; TaxInfoInUse; what `check_tax_info` refuses.
    Source: M "Добавление идентификационного номера налогоплательщика фрилансера".
    """
    if not freelancer.shares_contacts:
        raise FreelancerNotJoined
    replaced = await replace_tax_info(conn, freelancer.id, given, actor_id=actor_id, company_id=company_id, now=now)
    if replaced and freelancer.registered_at is not None:
        company = await fetch_value(conn, "SELECT brand_name FROM company WHERE id = %(id)s", {"id": company_id})
        await send_letter(
            conn,
            "tax_info_changed",
            to=freelancer.email,
            language=freelancer.language,
            company=company,
            country=given.residence_country.strip(),
            document=given.type.strip(),
            now=now,
        )


async def replace_tax_info(
    conn: Connection, freelancer_id: int, given: TaxInfo, *, actor_id: int, company_id: int | None, now: datetime
) -> bool:
    """Write the data where they are others than what is there; answers whether there were others before.

    Refuses: TaxInfoInUse; what `check_tax_info` refuses.
    """
    # Two who write at once: the second compares with what the first has written.
    await conn.execute("SELECT FROM freelancer WHERE person_id = %(id)s FOR NO KEY UPDATE", {"id": freelancer_id})
    checked = await check_tax_info(conn, given)
    known = await current_tax_info(conn, freelancer_id)
    if known == checked:
        return False
    if known is not None:
        await require_nothing_unpaid(conn, freelancer_id)
    await save_tax_info(conn, freelancer_id, checked, actor_id=actor_id, company_id=company_id, now=now)
    return known is not None


async def require_nothing_unpaid(conn: Connection, freelancer_id: int) -> None:
    """Refuses: TaxInfoInUse."""
    unpaid = await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT FROM task WHERE freelancer_id = %(freelancer)s AND state = ANY(%(states)s)
        )
        """,
        {"freelancer": freelancer_id, "states": list(UNPAID_STATES)},
    )
    if unpaid:
        raise TaxInfoInUse


async def add_tax_document(
    conn: Connection,
    freelancer: FreelancerRow,
    *,
    type: str,
    tax_number: str,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> None:
    """The earlier edition's form, which names no country; VAT and registration numbers stay where the country does.

    Refuses: TaxDocumentUnknown; TaxCountryUnclear; what `change_tax_info` refuses.
    Source: S "Добавить налоговый номер фрилансера".
    """
    if not freelancer.shares_contacts:
        raise FreelancerNotJoined
    document = OTHER_NAMES.get(type.strip(), type.strip())
    known = await current_tax_info(conn, freelancer.id)
    country = await country_of_document(
        conn, document, [known.residence_country if known else None, freelancer.country]
    )
    stays = known is not None and known.residence_country == country
    given = TaxInfo(
        residence_country=country,
        type=document,
        tax_number=tax_number,
        vat_number=known.vat_number if known and stays else None,
        registration_number=known.registration_number if known and stays else None,
    )
    await change_tax_info(conn, freelancer, given, company_id=company_id, actor_id=actor_id, now=now)


async def country_of_document(conn: Connection, document: str, likely: list[str | None]) -> str:
    """The first of the likely countries that has the document, else the only one that has it."""
    if "\0" in document:  # which PostgreSQL's text cannot hold
        raise TaxDocumentUnknown
    countries: list[str] | None = await fetch_value(
        conn,
        "SELECT array_agg(country) FROM tax_document_type WHERE type = %(type)s AND is_active",
        {"type": document},
    )
    if not countries:
        raise TaxDocumentUnknown
    for country in likely:
        if country in countries:
            return country
    if len(countries) > 1:
        raise TaxCountryUnclear
    return countries[0]


class _Row(msgspec.Struct):
    residence_country: str
    type: str
    tax_number: str
    vat_number: str | None
    registration_number: str | None


async def current_tax_info(conn: Connection, freelancer_id: int) -> TaxInfo | None:
    row = await fetch_one(
        conn,
        _Row,
        """
        SELECT residence_country, type, tax_number, vat_number, registration_number
        FROM tax_info
        WHERE person_id = %(freelancer)s
        """,
        {"freelancer": freelancer_id},
    )
    return None if row is None else TaxInfo(**msgspec.structs.asdict(row))
