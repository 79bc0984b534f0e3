"""What members do themselves: agree, and leave; and how they are taken off a schedule."""

from datetime import datetime

from artel.db.pool import Connection
from artel.errors import NotAllowed, NotFound
from artel.schedules.errors import NothingToAccept, OwnerFixed
from artel.schedules.members import give_work_back, list_members, require_own
from artel.schedules.queries import ScheduleAccess, Write
from artel.schedules.rules import note


async def accept_membership(conn: Connection, access: ScheduleAccess, *, person_id: int, now: datetime) -> None:
    """A member agrees to be one: a worker can be booked from now on. The caller holds the schedule locked for update.

    Refuses: NothingToAccept for who was not asked, or has agreed.
    """
    cursor = await conn.execute(
        """
        UPDATE schedule_member
        SET accepted_at = %(now)s
        WHERE schedule_id = %(schedule)s AND person_id = %(person)s AND accepted_at IS NULL
        """,
        {"schedule": access.schedule.id, "person": person_id, "now": now},
    )
    if cursor.rowcount == 0:
        raise NothingToAccept
    await note(
        conn, "schedule.member_accepted", access.schedule.id, actor_id=person_id, now=now, role_id=access.role_id
    )


async def remove_member(
    conn: Connection, access: ScheduleAccess, person_id: int, *, actor_id: int, now: datetime
) -> None:
    """Take somebody off a schedule, or leave it oneself. What they are booked for stays theirs; the owner works again
    where they did, and nobody is named any more as who pays. The caller holds the schedule locked for update.

    Refuses: NotAllowed for others below the level of settings; OwnerFixed; NotFound; MoreThanOwn.
    """
    schedule = access.schedule
    if person_id != actor_id and access.write < Write.SETTINGS:
        raise NotAllowed
    if person_id == schedule.owner_id:
        raise OwnerFixed("user_id")
    member = {row.person_id: row for row in await list_members(conn, schedule.id)}.get(person_id)
    if member is None:
        raise NotFound("member", "user_id")
    if person_id != actor_id:
        require_own(access, actor_id, member.role_id, member.read_level, member.write_level)
    values = {"schedule": schedule.id, "person": person_id, "now": now}
    await conn.execute(
        "DELETE FROM schedule_member WHERE schedule_id = %(schedule)s AND person_id = %(person)s", values
    )
    await give_work_back(conn, schedule, [person_id], now=now)
    await conn.execute(
        """
        UPDATE schedule
        SET billable_id = NULL, updated_at = %(now)s
        WHERE id = %(schedule)s AND billable_id = %(person)s
        """,
        values,
    )
    await note(conn, "schedule.member_removed", schedule.id, actor_id=actor_id, now=now, person_id=person_id)
