"""Numbers of documents: `{company}-{yymmdd}-{n}`, n counting 1, 2, 3, … over all documents of a company.

The counter's row stays locked until the caller's transaction ends: whoever rolls back gives its numbers back, and
nobody has been given later ones meanwhile.
"""

from datetime import UTC, datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value


async def take_places(conn: Connection, company_id: int, count: int) -> range:
    """The places of a company's next `count` documents. Who takes for several companies goes by their ids in order."""
    last: int = await fetch_value(
        conn,
        """
        INSERT INTO document_counter AS c (company_id, last_place)
        VALUES (%(company)s, %(count)s)
        ON CONFLICT (company_id) DO UPDATE
        SET last_place = c.last_place + excluded.last_place
        RETURNING last_place
        """,
        {"company": company_id, "count": count},
    )
    return range(last - count + 1, last + 1)


def number_of(company_id: int, place: int, *, now: datetime) -> str:
    return f"{company_id}-{now.astimezone(UTC):%y%m%d}-{place}"
