"""Rows into msgspec Structs (or any class that takes the columns as keywords)."""

from collections.abc import Mapping
from typing import Any, LiteralString, TypeVar, cast

from psycopg.rows import class_row
from psycopg.sql import Composed

from artel.db.pool import Connection

Row = TypeVar("Row")
Params = Mapping[str, Any]


async def fetch_one(
    conn: Connection, row_type: type[Row], sql: LiteralString | Composed, params: Params | None = None
) -> Row | None:
    """The first row, or None."""
    async with conn.cursor(row_factory=class_row(row_type)) as cursor:
        await cursor.execute(sql, params)
        return await cursor.fetchone()


async def fetch_all(
    conn: Connection, row_type: type[Row], sql: LiteralString | Composed, params: Params | None = None
) -> list[Row]:
    """All rows, in the statement's order."""
    async with conn.cursor(row_factory=class_row(row_type)) as cursor:
        await cursor.execute(sql, params)
        return await cursor.fetchall()


async def fetch_value(conn: Connection, sql: LiteralString | Composed, params: Params | None = None) -> Any:
    """The first column of the first row, or None where there is no row."""
    cursor = await conn.execute(sql, params)
    row = await cursor.fetchone()
    return cast(Any, row[0]) if row else None
