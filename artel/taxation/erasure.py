"""Numbers that tax statuses were asked with."""

from artel.db.pool import Connection


async def erase_tax_status_changes(conn: Connection, freelancer_id: int) -> None:
    await conn.execute(
        "DELETE FROM taxation_change WHERE freelancer_id = %(freelancer)s", {"freelancer": freelancer_id}
    )
