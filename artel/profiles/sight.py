"""Who may see whose profile: the one place that decides (docs/time-api/contacts.md "Who sees whom").

Being noted in somebody's address book opens nothing by itself: an address anybody can type would otherwise tell whose
it is. Each reason below is something the person who is seen has done or agreed to.
"""

from collections.abc import Iterable
from datetime import datetime

from artel.db.pool import Connection
from artel.errors import NotFound

# `w` is the one who is looked at. Each condition is answered by an index on one of the two.
REASONS = (
    # Oneself.
    "w.id = %(viewer)s",
    # They offer their time to the public. Owned, not merely worked under: anybody may name anybody as the worker.
    """EXISTS (
        SELECT FROM schedule AS s
        JOIN person AS o ON o.id = s.owner_id
        WHERE s.owner_id = w.id AND NOT s.is_private AND s.deleted_at IS NULL AND o.email_confirmed_at IS NOT NULL
            AND (s.ends_at IS NULL OR s.ends_at > %(now)s)
    )""",
    # Each has noted the other's address.
    """EXISTS (
        SELECT FROM contact AS mine
        JOIN contact AS theirs ON theirs.owner_id = mine.person_id AND theirs.person_id = mine.owner_id
        WHERE mine.owner_id = %(viewer)s AND mine.person_id = w.id
            AND mine.deleted_at IS NULL AND theirs.deleted_at IS NULL
    )""",
    # They have agreed to work under a schedule, or own it, where the viewer is a member too.
    """EXISTS (
        SELECT FROM schedule_member AS mine
        JOIN schedule_member AS theirs ON theirs.schedule_id = mine.schedule_id
        JOIN schedule AS s ON s.id = mine.schedule_id
        WHERE mine.person_id = %(viewer)s AND theirs.person_id = w.id
            AND (theirs.accepted_at IS NOT NULL OR s.owner_id = w.id) AND s.deleted_at IS NULL
    )""",
    # Both belong to one company, be it as members or, one of them, as a freelancer who has joined its team.
    """EXISTS (
        SELECT FROM company_member AS mine
        JOIN company_member AS theirs ON theirs.company_id = mine.company_id AND theirs.ended_at IS NULL
        WHERE mine.person_id = %(viewer)s AND mine.ended_at IS NULL AND theirs.person_id = w.id
    )""",
    """EXISTS (
        SELECT FROM company_member AS mine
        JOIN team_member AS theirs ON theirs.company_id = mine.company_id
        WHERE mine.person_id = %(viewer)s AND mine.ended_at IS NULL
            AND theirs.freelancer_id = w.id AND theirs.joined_at IS NOT NULL AND theirs.ended_at IS NULL
    )""",
    """EXISTS (
        SELECT FROM team_member AS mine
        JOIN company_member AS theirs ON theirs.company_id = mine.company_id AND theirs.ended_at IS NULL
        WHERE mine.freelancer_id = %(viewer)s AND mine.joined_at IS NOT NULL AND mine.ended_at IS NULL
            AND theirs.person_id = w.id
    )""",
    # They made or host an event that the viewer is asked to or comes to, or have taken a step in it themselves: booked
    # it while signed in, confirmed it by the link in their letter, said yes. Being named is nothing they did. Clients
    # of one schedule, and their guests, do not see each other. Last, as it costs most; and from the viewer's own
    # events, not from those of each of many people, among whom may be hosts with thousands.
    """w.id IN (
        SELECT theirs.person_id
        FROM own
        JOIN event_attendee AS theirs ON theirs.event_id = own.id
        WHERE theirs.status_id IN (100, 200)
            AND (theirs.hold_until IS NULL OR theirs.hold_until > %(now)s)
            AND (own.schedule_id IS NULL OR own.role_id <= 3 OR theirs.role_id <= 3)
            AND (
                theirs.role_id <= 3 AND theirs.status_id = 200
                OR own.creator_id = theirs.person_id
                OR EXISTS (
                    SELECT
                    FROM event_step AS st
                    WHERE st.event_id = own.id AND st.actor_id = theirs.person_id AND st.to_status IN (100, 200)
                )
            )
    )""",
)
SEEN = f"""
    WITH own AS MATERIALIZED (
        SELECT e.id, e.schedule_id, e.creator_id, mine.role_id
        FROM event_attendee AS mine
        JOIN calendar_event AS e ON e.id = mine.event_id
        WHERE mine.person_id = %(viewer)s AND mine.status_id IN (100, 200) AND e.deleted_at IS NULL
            AND (mine.hold_until IS NULL OR mine.hold_until > %(now)s)
    )
    SELECT w.id
    FROM unnest(%(people)s::bigint[]) AS w (id)
    -- Of who was erased nothing is left to see, whatever they shared.
    WHERE EXISTS (SELECT FROM person AS p WHERE p.id = w.id AND p.username <> 'erased-' || p.id)
        AND ({" OR ".join(REASONS)})
"""  # noqa: S608 - of constants


async def seen_among(conn: Connection, viewer_id: int, person_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Which of these people the viewer may see."""
    cursor = await conn.execute(SEEN, {"viewer": viewer_id, "people": list(person_ids), "now": now})
    return {row[0] for row in await cursor.fetchall()}


async def may_be_asked(conn: Connection, asker_id: int, person_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Which of these people the asker may invite by number: whom they may see, and whom they have noted by address.

    Anybody else's number is as good as none, or counting would list who has an account.
    """
    ids = list(person_ids)
    cursor = await conn.execute(
        """
        SELECT c.person_id
        FROM contact AS c
        JOIN person AS p ON p.id = c.person_id
        WHERE c.owner_id = %(asker)s AND c.person_id = ANY(%(people)s) AND c.deleted_at IS NULL
            AND p.username <> 'erased-' || p.id
        """,
        {"asker": asker_id, "people": ids},
    )
    return {row[0] for row in await cursor.fetchall()} | await seen_among(conn, asker_id, ids, now=now)


async def require_sight(conn: Connection, viewer_id: int, person_id: int, *, now: datetime) -> None:
    """Refuses: NotFound for somebody who is not there and for one whom the viewer may not see."""
    if person_id not in await seen_among(conn, viewer_id, [person_id], now=now):
        raise NotFound("person")
