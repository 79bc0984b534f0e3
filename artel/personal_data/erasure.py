"""Erasing a person (the right to be forgotten): what says who they were goes, what the books stand on stays.

Kept: tasks with their texts and messages, which are the contract of two sides; transfers; documents issued; the audit
trail, which names people by number alone.
"""

from datetime import datetime

from artel.calendar_sync.erasure import erase_outside_calendars
from artel.calendars.erasure import erase_calendars
from artel.contacts.erasure import erase_contacts
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.erasure import cancel_bookings_of, erase_bookings
from artel.freelancers.erasure import erase_freelancer
from artel.freelancers.team import OVER
from artel.notifications.erasure import erase_messages_to
from artel.operations import audit
from artel.payouts.erasure import erase_payout_endpoints
from artel.people.erasure import erase_account, lock_person
from artel.personal_data.errors import MoneyLeft, RunsCompanies, WorkUnfinished
from artel.profiles.erasure import erase_profile
from artel.profiles.proposal_erasure import erase_proposals
from artel.schedules.erasure import erase_schedules
from artel.taxation.erasure import erase_tax_status_changes
from artel.verifications.erasure import erase_verifications


async def erase_person(conn: Connection, person_id: int, *, actor_id: int | None, now: datetime) -> list[str]:
    """Erase everything that says who this was; answers the storage keys of their files, for the caller to remove.

    Cannot be undone. Refuses: NotFound; RunsCompanies; WorkUnfinished; MoneyLeft.
    """
    await lock_person(conn, person_id)
    await require_settled(conn, person_id, now=now)
    files = await erase_verifications(conn, person_id)
    files += await erase_profile(conn, person_id, now=now)
    await erase_tax_status_changes(conn, person_id)
    await erase_payout_endpoints(conn, person_id, now=now)
    await cancel_bookings_of(conn, person_id, actor_id=actor_id, now=now)
    await erase_bookings(conn, person_id)
    await erase_schedules(conn, person_id, now=now)
    await erase_outside_calendars(conn, person_id, actor_id=actor_id, now=now)
    await erase_messages_to(conn, person_id)
    await erase_contacts(conn, person_id)
    await erase_proposals(conn, person_id, now=now)
    await erase_calendars(conn, person_id, now=now)
    await erase_freelancer(conn, person_id, now=now)
    await erase_account(conn, person_id, actor_id=actor_id, now=now)
    await audit.record(
        conn,
        "person.erased",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
    )
    return files


async def require_settled(conn: Connection, person_id: int, *, now: datetime) -> None:
    """Nobody's money and nobody's work is left without its owner. Refuses: RunsCompanies; WorkUnfinished; MoneyLeft."""
    values = {"person": person_id, "over": list(OVER), "now": now}
    if await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM company_member WHERE person_id = %(person)s AND ended_at IS NULL)",
        values,
    ):
        raise RunsCompanies
    if await fetch_value(
        conn,
        """
        SELECT EXISTS (SELECT FROM task WHERE freelancer_id = %(person)s AND state <> ALL(%(over)s))
            OR EXISTS (SELECT FROM payout WHERE freelancer_id = %(person)s AND finished_at IS NULL)
            -- Clients of this person, or of a schedule of theirs, who are still to be met, or to be answered.
            OR EXISTS (
                SELECT
                FROM schedule AS s
                JOIN calendar_event AS e ON e.schedule_id = s.id
                WHERE %(person)s IN (s.owner_id, s.benefitable_id) AND e.deleted_at IS NULL AND e.type_id = 1
                    AND (
                        e.status_id = 200 AND e.ends_at > %(now)s
                        OR e.status_id = 100 AND EXISTS (
                            SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.payment_status_id > 100
                        )
                    )
            )
            -- Clients whom this person is to meet on somebody else's schedule.
            OR EXISTS (
                SELECT
                FROM event_attendee AS h
                JOIN calendar_event AS e ON e.id = h.event_id
                JOIN schedule AS s ON s.id = e.schedule_id
                WHERE h.person_id = %(person)s AND h.role_id = 3 AND h.status_id IN (100, 200)
                    AND %(person)s NOT IN (s.owner_id, s.benefitable_id)
                    AND e.deleted_at IS NULL AND e.status_id IN (100, 200)
                    AND e.ends_at > %(now)s
                    AND EXISTS (
                        SELECT
                        FROM event_attendee AS c
                        WHERE c.event_id = e.id AND c.role_id = 4 AND c.status_id IN (100, 200)
                            AND (c.hold_until IS NULL OR c.hold_until > %(now)s)
                    )
            )
            -- Money that is theirs as soon as the meeting is settled.
            OR EXISTS (
                SELECT
                FROM booking_payment AS p
                JOIN calendar_event AS e ON e.id = p.event_id
                WHERE p.status IN ('charging', 'paid') AND e.benefitable_id = %(person)s
            )
        """,
        values,
    ):
        raise WorkUnfinished
    # Locked, so that nothing is credited between this look and the commit.
    cursor = await conn.execute(
        """
        SELECT balance
        FROM account
        WHERE owner_kind = 'person' AND owner_id = %(person)s
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        values,
    )
    if any(row[0] for row in await cursor.fetchall()):
        raise MoneyLeft
