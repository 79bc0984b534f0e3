"""Loading the reference files into a real database: whole, again, after changes, and twice at once."""

import asyncio
from typing import Any

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.lookups.files import read_file
from artel.lookups.rules import LoadedCounts, load_reference_data

TABLES = (
    "attribute",
    "attribute_option",
    "country",
    "currency",
    "service",
    "service_attribute",
    "service_category",
    "specialization",
    "tax_document_type",
)


def entries(name: str) -> list[dict[str, Any]]:
    return msgspec.json.decode(read_file(name), type=list[dict[str, Any]])


async def load(database: Database) -> LoadedCounts:
    async with database.transaction() as conn:
        return await load_reference_data(conn)


async def test_everything_in_the_files_can_be_chosen_afterwards(database: Database) -> None:
    counts = await load(database)
    assert counts == LoadedCounts(
        currencies=len(entries("currencies")),
        countries=len(entries("countries")),
        categories=len(entries("categories")),
        services=len(entries("services")),
        attributes=len(entries("attributes")),
        attribute_options=sum(len(row["options"]) for row in entries("attributes")),
        specializations=len(entries("specializations")),
        tax_document_types=len(entries("tax_document_types")),
    )


async def test_a_second_load_writes_nothing(database: Database, conn: Connection) -> None:
    async def written() -> list[object]:
        # xmin names the transaction that wrote a row: unchanged means untouched.
        return [
            await fetch_value(conn, f"SELECT array_agg(row.xmin::text ORDER BY row.ctid) FROM {table} AS row")
            for table in TABLES
        ]

    counts = await load(database)
    before = await written()
    assert await load(database) == counts
    assert await written() == before


async def test_an_entry_that_left_the_files_stays_for_those_who_name_it(database: Database, conn: Connection) -> None:
    counts = await load(database)
    await conn.execute(
        """
        INSERT INTO service_category (id, title_ru, title_en) VALUES (9001, 'Старое', 'Old');
        INSERT INTO service (id, category_id, title_ru, title_en, title_doc_ru, title_doc_en)
        VALUES (9001, 9001, 'Старое', 'Old', 'Услуги по старому', 'Services of old');
        INSERT INTO attribute (id, title_ru, title_en, type, type_id)
        VALUES (9001, 'Старое', 'Old', 'select', 11);
        INSERT INTO attribute_option (id, attribute_id, position, value_ru, value_en)
        VALUES (9001, 9001, 1, 'Старое', 'Old');
        INSERT INTO service_attribute (service_id, attribute_id, position, is_mandatory)
        VALUES (18, 9001, 9, true);
        INSERT INTO specialization (id, title_ru, title_en) VALUES (9001, 'Старое', 'Old');
        INSERT INTO country (code, alpha3, oksm, title_ru, title_en)
        VALUES ('XX', 'XXX', 999, 'Старое', 'Old');
        INSERT INTO tax_document_type (country, type, regexp, title_ru, title_en, is_mandatory)
        VALUES ('XX', 'OLD', '^x$', 'Старое', 'Old', true)
        """
    )
    assert await load(database) == counts
    still_there = await fetch_value(
        conn,
        """
        SELECT array_agg(is_active)
        FROM (
            SELECT is_active FROM service_category WHERE id = 9001
            UNION ALL SELECT is_active FROM service WHERE id = 9001
            UNION ALL SELECT is_active FROM attribute WHERE id = 9001
            UNION ALL SELECT is_active FROM attribute_option WHERE id = 9001
            UNION ALL SELECT is_active FROM specialization WHERE id = 9001
            UNION ALL SELECT is_active FROM country WHERE code = 'XX'
            UNION ALL SELECT is_active FROM tax_document_type WHERE country = 'XX'
        ) AS old
        """,
    )
    assert still_there == [False] * 7
    assert await fetch_value(conn, "SELECT count(*) FROM service_attribute WHERE attribute_id = 9001") == 0


async def test_the_files_win_over_what_was_changed_by_hand(database: Database, conn: Connection) -> None:
    counts = await load(database)
    await conn.execute(
        """
        UPDATE service SET title_en = 'Changed', is_active = false WHERE id = 18;
        UPDATE attribute_option SET value_ru = 'Changed' WHERE id = 26;
        UPDATE currency SET title_en = 'Changed' WHERE code = 'EUR';
        UPDATE service_attribute SET is_mandatory = NOT is_mandatory WHERE service_id = 18;
        DELETE FROM tax_document_type WHERE country = 'AU'
        """
    )
    assert await load(database) == counts
    row = await (
        await conn.execute(
            """
            SELECT
                (SELECT title_en FROM service WHERE id = 18 AND is_active),
                (SELECT value_ru FROM attribute_option WHERE id = 26),
                (SELECT title_en FROM currency WHERE code = 'EUR'),
                (SELECT array_agg(attribute_id ORDER BY position) FROM service_attribute
                 WHERE service_id = 18 AND is_mandatory),
                (SELECT count(*) FROM tax_document_type WHERE country = 'AU')
            """
        )
    ).fetchone()
    assert row == ("Transcription of recordings", "SD", "Euro", [42, 43, 44], 2)


async def test_two_loads_at_once_both_succeed(database: Database) -> None:
    first, *others = await asyncio.gather(*(load(database) for _ in range(4)))
    assert others == [first] * 3
