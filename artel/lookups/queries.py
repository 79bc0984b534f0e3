"""Reads of the reference data: what can be chosen now. Entries that left the files are not among it."""

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import NotFound
from artel.lookups.errors import CountryUnknown


class TitledRow(msgspec.Struct, frozen=True):
    """A category or a specialization."""

    id: int
    title_ru: str
    title_en: str


class ServiceRow(msgspec.Struct, frozen=True):
    """A service and what it asks for, in the order of asking: `mandatory[i]` belongs to `attribute_ids[i]`."""

    id: int
    title_ru: str
    title_en: str
    title_doc_ru: str
    title_doc_en: str
    is_advertising: bool
    attribute_ids: list[int]
    mandatory: list[bool]


class AttributeRow(msgspec.Struct, frozen=True):
    """An attribute. The option lists run in parallel; all are empty where there is nothing to choose from."""

    id: int
    title_ru: str
    title_en: str
    type: str
    type_id: int
    is_mandatory: bool | None  # None where no service is asked about
    option_ids: list[int]
    options_ru: list[str]
    options_en: list[str]


class AcceptanceFileRow(msgspec.Struct, frozen=True):
    id: int
    file_id: int
    title_ru: str
    title_en: str


class CountryRow(msgspec.Struct, frozen=True):
    code: str
    alpha3: str
    oksm: int
    title_ru: str
    title_en: str


class TaxDocumentTypeRow(msgspec.Struct, frozen=True):
    country: str
    type: str
    regexp: str
    title_ru: str
    title_en: str
    is_mandatory: bool


async def categories(conn: Connection) -> list[TitledRow]:
    return await fetch_all(
        conn,
        TitledRow,
        """
        SELECT id, title_ru, title_en
        FROM service_category
        WHERE is_active
        ORDER BY id
        """,
    )


async def services(
    conn: Connection, *, category_id: int | None, limit: int, offset: int
) -> tuple[list[ServiceRow], int]:
    """A page of services by id, of one category where one is given, and how many there are in all.

    Refuses: NotFound for a category that cannot be chosen.
    """
    if category_id is not None:
        await require_category(conn, category_id)
    scope = {"category": category_id, "limit": limit, "offset": offset}
    rows = await fetch_all(
        conn,
        ServiceRow,
        """
        SELECT s.id, s.title_ru, s.title_en, s.title_doc_ru, s.title_doc_en, s.is_advertising,
            asked.attribute_ids, asked.mandatory
        FROM service AS s
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(sa.attribute_id ORDER BY sa.position), '{}') AS attribute_ids,
                coalesce(array_agg(sa.is_mandatory ORDER BY sa.position), '{}') AS mandatory
            FROM service_attribute AS sa
            WHERE sa.service_id = s.id
        ) AS asked
        WHERE s.is_active AND (%(category)s::integer IS NULL OR s.category_id = %(category)s)
        ORDER BY s.id
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        scope,
    )
    total: int = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM service
        WHERE is_active AND (%(category)s::integer IS NULL OR category_id = %(category)s)
        """,
        scope,
    )
    return rows, total


async def service_attributes(
    conn: Connection, *, service_id: int | None, limit: int, offset: int
) -> tuple[list[AttributeRow], int]:
    """A page of attributes and how many there are in all: by id, or a service's in the order it asks for them.

    Refuses: NotFound for a service that cannot be chosen.
    """
    if service_id is not None:
        await require_service(conn, service_id)
    scope = {"service": service_id, "limit": limit, "offset": offset}
    rows = await fetch_all(
        conn,
        AttributeRow,
        """
        SELECT a.id, a.title_ru, a.title_en, a.type, a.type_id, sa.is_mandatory,
            choice.option_ids, choice.options_ru, choice.options_en
        FROM attribute AS a
        LEFT JOIN service_attribute AS sa ON sa.attribute_id = a.id AND sa.service_id = %(service)s::integer
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(o.id ORDER BY o.position, o.id), '{}') AS option_ids,
                coalesce(array_agg(o.value_ru ORDER BY o.position, o.id), '{}') AS options_ru,
                coalesce(array_agg(o.value_en ORDER BY o.position, o.id), '{}') AS options_en
            FROM attribute_option AS o
            WHERE o.attribute_id = a.id AND o.is_active
        ) AS choice
        WHERE a.is_active AND (%(service)s::integer IS NULL OR sa.service_id IS NOT NULL)
        ORDER BY sa.position, a.id
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        scope,
    )
    total: int = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM attribute AS a
        WHERE a.is_active AND (%(service)s::integer IS NULL OR EXISTS (
            SELECT FROM service_attribute AS sa
            WHERE sa.attribute_id = a.id AND sa.service_id = %(service)s
        ))
        """,
        scope,
    )
    return rows, total


async def acceptance_files(conn: Connection, company_id: int) -> list[AcceptanceFileRow]:
    """The documents that a company's tasks can ask to be signed: its own and the operator's, by id."""
    return await fetch_all(
        conn,
        AcceptanceFileRow,
        """
        SELECT id, file_id, title_ru, title_en
        FROM acceptance_file
        WHERE (company_id = %(company)s OR company_id IS NULL) AND withdrawn_at IS NULL
        ORDER BY id
        """,
        {"company": company_id},
    )


async def specializations(conn: Connection) -> list[TitledRow]:
    return await fetch_all(
        conn,
        TitledRow,
        """
        SELECT id, title_ru, title_en
        FROM specialization
        WHERE is_active
        ORDER BY id
        """,
    )


async def countries(conn: Connection) -> list[CountryRow]:
    """All countries of ISO 3166-1, by two-letter code."""
    return await fetch_all(
        conn,
        CountryRow,
        """
        SELECT code, alpha3, oksm, title_ru, title_en
        FROM country
        WHERE is_active
        ORDER BY code
        """,
    )


async def tax_document_types(conn: Connection, *, country: str | None) -> list[TaxDocumentTypeRow]:
    """The tax numbers that can be given, those of one country where one is asked for: the usual ones first.

    A country without any has an empty list. Refuses: CountryUnknown.
    """
    if country is not None:
        await require_country(conn, country)
    return await fetch_all(
        conn,
        TaxDocumentTypeRow,
        """
        SELECT country, type, regexp, title_ru, title_en, is_mandatory
        FROM tax_document_type
        WHERE is_active AND (%(country)s::text IS NULL OR country = %(country)s)
        ORDER BY country, is_mandatory DESC, type
        """,
        {"country": country},
    )


async def require_country(conn: Connection, country: str, *, field: str = "tax_residence_country") -> None:
    # What is no code at all does not go to the database: it takes no text with NUL in it.
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise CountryUnknown(country, field)
    if not await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM country WHERE code = %(code)s AND is_active)",
        {"code": country},
    ):
        raise CountryUnknown(country, field)


async def require_category(conn: Connection, category_id: int) -> None:
    if not await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM service_category WHERE id = %(id)s AND is_active)",
        {"id": category_id},
    ):
        raise NotFound("service category")


async def require_service(conn: Connection, service_id: int) -> None:
    if not await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM service WHERE id = %(id)s AND is_active)",
        {"id": service_id},
    ):
        raise NotFound("service")
