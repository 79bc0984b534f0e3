"""Reference data: from the files that ship with the package into the tables."""

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.lookups.files import read_file


class LoadedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries of each kind can be chosen after a load."""

    currencies: int
    countries: int
    categories: int
    services: int
    attributes: int
    attribute_options: int
    specializations: int
    tax_document_types: int


async def load_reference_data(conn: Connection) -> LoadedCounts:
    """Make the reference tables say what the files say. Can be run again at any time, while others work too.

    Ids never change their meaning: an entry that has left the files stays, marked not active, because tasks
    and profiles name it; one that comes back is the same entry again. Rows that are right are not written.
    Refuses nothing. The caller's transaction makes it all or nothing.
    """
    # Two loaders at once (an upgrade on two machines) would meet each other's half in the upserts below.
    await conn.execute("LOCK TABLE service_category IN SHARE ROW EXCLUSIVE MODE")
    await load_currencies(conn)
    await load_countries(conn)
    await load_categories(conn)
    await load_services(conn)
    await load_attributes(conn)
    await load_attribute_options(conn)
    await load_service_attributes(conn)
    await load_specializations(conn)
    await load_tax_document_types(conn)
    await conn.execute("UPDATE reference_version SET version = version + 1")
    return await count_active(conn)


async def load_currencies(conn: Connection) -> None:
    """Code, number and exponent of a currency never change; only a new one or other titles can come."""
    await conn.execute(
        """
        INSERT INTO currency AS known (code, id, exponent, title_ru, title_en)
        SELECT code, id, exponent, title, "titleEn"
        FROM jsonb_to_recordset(%(rows)s::jsonb)
            AS given (code text, id smallint, exponent smallint, title text, "titleEn" text)
        ON CONFLICT (code) DO UPDATE
        SET title_ru = excluded.title_ru, title_en = excluded.title_en
        WHERE (known.title_ru, known.title_en) IS DISTINCT FROM (excluded.title_ru, excluded.title_en)
        """,
        {"rows": read_file("currencies")},
    )


async def load_countries(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb)
                AS row (code text, alpha3 text, oksm integer, title text, "titleEn" text)
        ), gone AS (
            UPDATE country
            SET is_active = false
            WHERE is_active AND code NOT IN (SELECT code FROM given)
        )
        INSERT INTO country AS known (code, alpha3, oksm, title_ru, title_en)
        SELECT code, alpha3, oksm, title, "titleEn"
        FROM given
        ON CONFLICT (code) DO UPDATE
        SET alpha3 = excluded.alpha3, oksm = excluded.oksm,
            title_ru = excluded.title_ru, title_en = excluded.title_en, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("countries")},
    )


async def load_categories(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (id integer, title text, "titleEn" text)
        ), gone AS (
            UPDATE service_category
            SET is_active = false
            WHERE is_active AND id NOT IN (SELECT id FROM given)
        )
        INSERT INTO service_category AS known (id, title_ru, title_en)
        SELECT id, title, "titleEn"
        FROM given
        ON CONFLICT (id) DO UPDATE
        SET title_ru = excluded.title_ru, title_en = excluded.title_en, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("categories")},
    )


async def load_services(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
                id integer, "categoryId" integer, title text, "titleEn" text,
                "titleDoc" text, "titleDocEn" text, "isAdvertising" boolean
            )
        ), gone AS (
            UPDATE service
            SET is_active = false
            WHERE is_active AND id NOT IN (SELECT id FROM given)
        )
        INSERT INTO service AS known (
            id, category_id, title_ru, title_en, title_doc_ru, title_doc_en, is_advertising
        )
        SELECT id, "categoryId", title, "titleEn", "titleDoc", "titleDocEn", "isAdvertising"
        FROM given
        ON CONFLICT (id) DO UPDATE
        SET category_id = excluded.category_id, title_ru = excluded.title_ru, title_en = excluded.title_en,
            title_doc_ru = excluded.title_doc_ru, title_doc_en = excluded.title_doc_en,
            is_advertising = excluded.is_advertising, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("services")},
    )


async def load_attributes(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
                id integer, title text, "titleEn" text,
                description text, "descriptionEn" text, type text, "attrTypeId" integer
            )
        ), gone AS (
            UPDATE attribute
            SET is_active = false
            WHERE is_active AND id NOT IN (SELECT id FROM given)
        )
        INSERT INTO attribute AS known (
            id, title_ru, title_en, description_ru, description_en, type, type_id
        )
        SELECT id, title, "titleEn", description, "descriptionEn", type, "attrTypeId"
        FROM given
        ON CONFLICT (id) DO UPDATE
        SET title_ru = excluded.title_ru, title_en = excluded.title_en,
            description_ru = excluded.description_ru, description_en = excluded.description_en,
            type = excluded.type, type_id = excluded.type_id, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("attributes")},
    )


async def load_attribute_options(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT (option.value ->> 'id')::integer AS id, attribute.id AS attribute_id, option.position,
                option.value ->> 'value' AS value_ru, option.value ->> 'valueEn' AS value_en
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS attribute (id integer, options jsonb)
            CROSS JOIN LATERAL jsonb_array_elements(attribute.options)
                WITH ORDINALITY AS option (value, position)
        ), gone AS (
            UPDATE attribute_option
            SET is_active = false
            WHERE is_active AND id NOT IN (SELECT id FROM given)
        )
        INSERT INTO attribute_option AS known (id, attribute_id, position, value_ru, value_en)
        SELECT id, attribute_id, position, value_ru, value_en
        FROM given
        ON CONFLICT (id) DO UPDATE
        SET attribute_id = excluded.attribute_id, position = excluded.position,
            value_ru = excluded.value_ru, value_en = excluded.value_en, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("attributes")},
    )


async def load_service_attributes(conn: Connection) -> None:
    """What a service asks for. Nothing names these rows, so one that has left the files goes."""
    await conn.execute(
        """
        WITH given AS (
            SELECT service.id AS service_id, (asked.value ->> 'id')::integer AS attribute_id,
                asked.position, (asked.value ->> 'isMandatory')::boolean AS is_mandatory
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS service (id integer, attributes jsonb)
            CROSS JOIN LATERAL jsonb_array_elements(service.attributes)
                WITH ORDINALITY AS asked (value, position)
        ), gone AS (
            DELETE FROM service_attribute
            WHERE (service_id, attribute_id) NOT IN (SELECT service_id, attribute_id FROM given)
        )
        INSERT INTO service_attribute AS known (service_id, attribute_id, position, is_mandatory)
        SELECT service_id, attribute_id, position, is_mandatory
        FROM given
        ON CONFLICT (service_id, attribute_id) DO UPDATE
        SET position = excluded.position, is_mandatory = excluded.is_mandatory
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("services")},
    )


async def load_specializations(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (id integer, title text, "titleEn" text)
        ), gone AS (
            UPDATE specialization
            SET is_active = false
            WHERE is_active AND id NOT IN (SELECT id FROM given)
        )
        INSERT INTO specialization AS known (id, title_ru, title_en)
        SELECT id, title, "titleEn"
        FROM given
        ON CONFLICT (id) DO UPDATE
        SET title_ru = excluded.title_ru, title_en = excluded.title_en, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("specializations")},
    )


async def load_tax_document_types(conn: Connection) -> None:
    await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
                country text, type text, regexp text,
                "typeTitle" text, "typeTitleRu" text, "isMandatory" boolean
            )
        ), gone AS (
            UPDATE tax_document_type
            SET is_active = false
            WHERE is_active AND (country, type) NOT IN (SELECT country, type FROM given)
        )
        INSERT INTO tax_document_type AS known (country, type, regexp, title_ru, title_en, is_mandatory)
        SELECT country, type, regexp, "typeTitleRu", "typeTitle", "isMandatory"
        FROM given
        ON CONFLICT (country, type) DO UPDATE
        SET regexp = excluded.regexp, title_ru = excluded.title_ru, title_en = excluded.title_en,
            is_mandatory = excluded.is_mandatory, is_active = true
        WHERE known IS DISTINCT FROM excluded
        """,
        {"rows": read_file("tax_document_types")},
    )


async def count_active(conn: Connection) -> LoadedCounts:
    (counts,) = await fetch_all(
        conn,
        LoadedCounts,
        """
        SELECT
            (SELECT count(*) FROM currency) AS currencies,
            (SELECT count(*) FROM country WHERE is_active) AS countries,
            (SELECT count(*) FROM service_category WHERE is_active) AS categories,
            (SELECT count(*) FROM service WHERE is_active) AS services,
            (SELECT count(*) FROM attribute WHERE is_active) AS attributes,
            (SELECT count(*) FROM attribute_option WHERE is_active) AS attribute_options,
            (SELECT count(*) FROM specialization WHERE is_active) AS specializations,
            (SELECT count(*) FROM tax_document_type WHERE is_active) AS tax_document_types
        """,
    )
    return counts
