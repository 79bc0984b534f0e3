"""Who else may look at a schedule or change it, and who works under it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import Refused
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.profiles.sight import may_be_asked, seen_among
from artel.schedules import rules
from artel.schedules.errors import (
    MemberTwice,
    MemberUnknown,
    MoreThanOwn,
    OwnerFixed,
    TooMany,
)
from artel.schedules.queries import Read, ScheduleAccess, ScheduleRow, Write
from artel.schedules.rules import require_settings_level
from artel.schedules.search_index import index_schedules

OWNER = 1
WORKER = rules.WORKER
MOST_MEMBERS = 100
# What a role may read and write where nothing else is said: like the roles of a contract (time-api.md "Numbers"), a
# manager has everything but the settings and the members, a worker their own, a guest what everybody has.
ROLE_LEVELS: dict[int, tuple[int, int]] = {1: (2, 3), 2: (2, 2), 3: (1, 2), 6: (0, 1)}


class MemberRow(msgspec.Struct, frozen=True):
    """`accepted_at`: since when they have agreed to it; a worker is booked only from then on."""

    person_id: int
    role_id: int
    read_level: int
    write_level: int
    created_at: datetime
    accepted_at: datetime | None
    first_name: str
    middle_name: str
    last_name: str
    photo_file_id: int | None


async def list_members(conn: Connection, schedule_id: int) -> list[MemberRow]:
    """Everybody, in the order they came."""
    return await fetch_all(
        conn,
        MemberRow,
        """
        SELECT m.person_id, m.role_id, m.read_level, m.write_level, m.created_at, m.accepted_at, p.first_name,
            p.middle_name, p.last_name, p.photo_file_id
        FROM schedule_member AS m
        JOIN person AS p ON p.id = m.person_id
        WHERE m.schedule_id = %(schedule)s
        ORDER BY m.created_at, m.person_id
        """,
        {"schedule": schedule_id},
    )


async def members_seen(conn: Connection, schedule_id: int, viewer_id: int, *, now: datetime) -> list[MemberRow]:
    """Everybody; of whom the viewer may not see, asked and yet to agree, without name and picture."""
    rows = await list_members(conn, schedule_id)
    seen = await seen_among(conn, viewer_id, [row.person_id for row in rows], now=now)
    nobody = {"first_name": "", "middle_name": "", "last_name": "", "photo_file_id": None}
    return [row if row.person_id in seen else msgspec.structs.replace(row, **nobody) for row in rows]


class GivenMember(msgspec.Struct, frozen=True):
    """A level of None is the role's own; for a member whose role stays, the one they have."""

    person_id: int
    role_id: int
    read: int | None = None
    write: int | None = None


class _Wanted(msgspec.Struct, frozen=True):
    """A member's row as it will be."""

    person_id: int
    role_id: int
    read: int
    write: int
    accepted_at: datetime | None
    is_asked: bool  # to work, now


async def put_members(
    conn: Connection, access: ScheduleAccess, given: Sequence[GivenMember], *, actor_id: int, now: datetime
) -> None:
    """Add members, or change those that are there; all of them or, where one is refused, none.

    Nobody gives what they do not have. Somebody made a worker is written to, and is booked only once they have
    accepted; whoever stops being a worker, and was the one who works, leaves that to the owner. The owner keeps
    role 1, or takes 3 to be among the workers. The caller holds the schedule locked for update.
    Refuses: NotAllowed below the level of settings; what `require_people` refuses; MoreThanOwn; OwnerFixed.
    """
    require_settings_level(access)
    schedule = access.schedule
    members = {row.person_id: row for row in await list_members(conn, schedule.id)}
    wanted = [
        want(access, members.get(one.person_id), one, actor_id=actor_id, now=now)
        for one in await require_people(conn, given, members.keys(), actor_id=actor_id, now=now)
    ]
    if len(members.keys() | {one.person_id for one in wanted}) > MOST_MEMBERS:
        raise TooMany("user_id", MOST_MEMBERS)
    await conn.execute(
        """
        INSERT INTO schedule_member AS m (
            schedule_id, person_id, role_id, read_level, write_level, added_by, created_at, accepted_at
        )
        SELECT %(schedule)s, given.person, given.role, given.read, given.write, %(actor)s, %(now)s, given.accepted
        FROM unnest(
            %(people)s::bigint[], %(roles)s::smallint[], %(read)s::smallint[], %(write)s::smallint[],
            %(accepted)s::timestamptz[]
        ) AS given (person, role, read, write, accepted)
        ON CONFLICT (schedule_id, person_id) DO UPDATE SET
            role_id = excluded.role_id, read_level = excluded.read_level, write_level = excluded.write_level,
            accepted_at = excluded.accepted_at
        """,
        {
            "schedule": schedule.id,
            "actor": actor_id,
            "now": now,
            "people": [one.person_id for one in wanted],
            "roles": [one.role_id for one in wanted],
            "read": [one.read for one in wanted],
            "write": [one.write for one in wanted],
            "accepted": [one.accepted_at for one in wanted],
        },
    )
    idle = [one.person_id for one in wanted if one.role_id != WORKER]
    await give_work_back(conn, schedule, idle, now=now)
    await ask_to_work(conn, schedule, [one.person_id for one in wanted if one.is_asked], now=now)
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="schedule.member_changed" if one.person_id in members else "schedule.member_added",
                subject="schedule",
                subject_id=schedule.id,
                actor_id=actor_id,
                company_id=None,
                facts={"person_id": one.person_id, "role_id": one.role_id, "read": one.read, "write": one.write},
            )
            for one in wanted
        ],
        now=now,
    )


async def require_people(
    conn: Connection, given: Sequence[GivenMember], members: Collection[int], *, actor_id: int, now: datetime
) -> Sequence[GivenMember]:
    """Members, and whom the actor may ask (see `may_be_asked`).

    Refuses: TooMany; field_out_of_range; MemberTwice; MemberUnknown for anybody else, also for somebody who was erased.
    """
    if len(given) > MOST_MEMBERS:
        raise TooMany("user_id", MOST_MEMBERS)
    for place, one in enumerate(given):
        for field, value, known_values in (
            ("role_id", one.role_id, ROLE_LEVELS),
            ("read", one.read, (None, *Read)),
            ("write", one.write, (None, *Write)),
        ):
            if value not in known_values:
                raise Refused("field_out_of_range", f"{place}.{field}")
    ids = [one.person_id for one in given]
    known = await may_be_asked(conn, actor_id, ids, now=now) | set(members)
    for place, person_id in enumerate(ids):
        if person_id in ids[:place]:
            raise MemberTwice(place)
        if person_id not in known:
            raise MemberUnknown(place)
    return given


def want(
    access: ScheduleAccess, member: MemberRow | None, given: GivenMember, *, actor_id: int, now: datetime
) -> _Wanted:
    """The row that is asked for. Refuses: OwnerFixed; MoreThanOwn."""
    is_self = given.person_id == actor_id
    was_worker = member is not None and member.role_id == WORKER
    accepted_at = member.accepted_at if member is not None else None
    if given.role_id == WORKER and not was_worker:
        accepted_at = now if is_self else None
    if given.person_id == access.schedule.owner_id:
        if not is_self or given.role_id not in (OWNER, WORKER) or (given.read, given.write) not in OWNERS_LEVELS:
            raise OwnerFixed
        return _Wanted(given.person_id, given.role_id, Read.EVERYTHING, Write.SETTINGS, accepted_at or now, False)
    if member is not None and member.role_id == given.role_id:
        usual = (member.read_level, member.write_level)
    else:
        usual = ROLE_LEVELS[given.role_id]
    read = usual[0] if given.read is None else given.read
    write = usual[1] if given.write is None else given.write
    require_own(access, actor_id, given.role_id, read, write)
    if member is not None and not is_self:
        require_own(access, actor_id, member.role_id, member.read_level, member.write_level)
    return _Wanted(
        given.person_id,
        given.role_id,
        read,
        write,
        accepted_at,
        is_asked=given.role_id == WORKER and not was_worker and not is_self,
    )


# What may be said of the owner's levels: nothing, or what they are.
OWNERS_LEVELS = {(read, write) for read in (None, 2) for write in (None, 3)}


def require_own(access: ScheduleAccess, actor_id: int, role_id: int, read: int, write: int) -> None:
    """The actor has what this role and these levels are. Refuses: MoreThanOwn."""
    is_owner = actor_id == access.schedule.owner_id or access.role_id == OWNER
    if read > access.read or write > access.write or (role_id == OWNER and not is_owner):
        raise MoreThanOwn


async def give_work_back(conn: Connection, schedule: ScheduleRow, person_ids: Sequence[int], *, now: datetime) -> None:
    """The owner works again where one of these people did."""
    changed = await conn.execute(
        """
        UPDATE schedule
        SET benefitable_id = owner_id, updated_at = %(now)s
        WHERE id = %(schedule)s AND benefitable_id = ANY(%(people)s) AND benefitable_id <> owner_id
        """,
        {"schedule": schedule.id, "people": list(person_ids), "now": now},
    )
    if changed.rowcount:
        await index_schedules(conn, [schedule.id])


class _Reader(msgspec.Struct):
    email: str
    language: str
    owner: str


async def ask_to_work(conn: Connection, schedule: ScheduleRow, person_ids: Sequence[int], *, now: datetime) -> None:
    readers = await fetch_all(
        conn,
        _Reader,
        """
        SELECT p.email, p.language, trim(concat_ws(' ', o.first_name, o.last_name)) AS owner
        FROM person AS p
        JOIN person AS o ON o.id = %(owner)s
        WHERE p.id = ANY(%(people)s)
        ORDER BY p.id
        """,
        {"people": list(person_ids), "owner": schedule.owner_id},
    )
    for reader in readers:
        await send_letter(
            conn,
            "schedule_invitation",
            to=reader.email,
            language=reader.language,
            owner=reader.owner,
            schedule=schedule.label,
            now=now,
        )
