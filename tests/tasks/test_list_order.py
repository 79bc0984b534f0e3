"""Every order of the list is one that an index has."""

import pytest
from psycopg.sql import SQL

from artel.db.pool import Connection
from artel.tasks.listing import SORT_COLUMNS, order_by


@pytest.mark.parametrize("key", SORT_COLUMNS.values())
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_nothing_is_sorted(conn: Connection, key: str, direction: str) -> None:
    """Whatever the table's size: what cannot do without sorting sorts even where that is forbidden."""
    async with conn.transaction():
        for way in ("sort", "incremental_sort", "seqscan", "bitmapscan"):
            await conn.execute(SQL(f"SET LOCAL enable_{way} = off"))  # type: ignore[arg-type]
        order = order_by(key, direction)  # type: ignore[arg-type]
        cursor = await conn.execute(
            SQL(f"EXPLAIN SELECT t.number FROM task AS t WHERE t.company_id = 5 ORDER BY {order} LIMIT 20")  # type: ignore[arg-type]
        )
        plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert "Sort" not in plan
    assert "Index" in plan
