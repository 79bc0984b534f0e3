"""Saying yes or no to an event, and leaving it."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotAllowed
from artel.events.access import CLIENT_ROLE, HOST_ROLES, EventAccess, Side, access_event
from artel.events.applying import confirm_event
from artel.events.cancellation import cancel_booking, cancel_event, delete_event
from artel.events.change_errors import EventFromOutside, NothingToConfirm, PaymentDue, WaitsForHost
from artel.events.changes import lock_for_change, settle_agreed
from artel.events.errors import EventClosed
from artel.events.letters import News, tell
from artel.events.machine import OPEN, Status
from artel.events.reminders import schedule_reminders
from artel.events.spans import note_busy
from artel.events.steps import Step, note_steps, release_booking
from artel.operations import audit
from artel.payments.due import has_escrow

DECLINED_BY_HOST = "declined by the host"
CANCELLED_BY_HOST = "cancelled by the host"
LEFT = "left"
NOT_ACCEPTED = "the invitation was declined"


async def confirm(conn: Connection, person_id: int, event_id: int, *, now: datetime) -> None:
    """Say yes: whoever was invited accepts; the host confirms the bookings that wait for their word. Again is no
    mistake.

    Refuses: NotFound; NotAllowed for who only looks; EventClosed for what has ended or is over; PaymentDue and
    WaitsForHost for the client of a booking that needs something else; NothingToConfirm.
    """
    access = await access_event(conn, person_id, event_id, lock=True)
    if access.side is Side.LOOKING:
        raise NotAllowed
    require_ahead(access, now=now)
    own = access.own
    if access.is_host and await confirm_waiting(conn, access, now=now):
        return
    if own is None or not own.is_open:
        if access.is_host and access.event.status_id == Status.CONFIRMED:
            return
        raise NothingToConfirm
    if own.status_id == Status.CONFIRMED:
        return
    if own.role_id == CLIENT_ROLE and own.is_booking:
        raise WaitsForHost if own.hold_until is None else PaymentDue
    await accept(conn, access, now=now)


def require_ahead(access: EventAccess, *, now: datetime) -> None:
    """Refuses: EventClosed."""
    if access.event.status_id not in OPEN or access.event.ends_at <= now:
        raise EventClosed


async def confirm_waiting(conn: Connection, access: EventAccess, *, now: datetime) -> bool:
    """The host's word for every booking that waits for nothing else, and for a plain event of their own; False where
    nothing did."""
    event = access.event
    waits = await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT FROM event_attendee AS a
            WHERE a.event_id = %(event)s AND a.role_id = %(client)s AND a.status_id = 100 AND a.hold_until IS NULL
                AND a.token_hash IS NOT NULL
        )
        """,
        {"event": event.id, "client": CLIENT_ROLE},
    )
    is_plain = event.schedule_id is None and access.may_write and event.status_id == Status.PENDING
    if not waits and not is_plain:
        return False
    await confirm_event(conn, event, actor_id=access.person_id, now=now)
    await audit_step(conn, access, "event.confirmed", now=now)
    return True


async def accept(conn: Connection, access: EventAccess, *, now: datetime) -> None:
    """Take an invitation: from here on the time is theirs as well, and they have a say."""
    own, event = access.own, access.event
    assert own is not None
    await conn.execute(
        "UPDATE event_attendee SET status_id = 200, hold_until = NULL, updated_at = %(now)s WHERE id = %(id)s",
        {"id": own.id, "now": now},
    )
    await note_busy(conn, event.id, [access.person_id], held_until=None)
    step = Step(event.id, own.id, own.status_id, Status.CONFIRMED)
    await note_steps(conn, [step], actor_id=access.person_id, reason=None, now=now)
    await audit_step(conn, access, "event.accepted", now=now)
    await schedule_reminders(conn, [event.id], now)
    await tell(conn, "confirmed", [event.id], to=[access.person_id], now=now)


async def decline(conn: Connection, person_id: int, event_id: int, *, now: datetime) -> None:
    """Say no: a guest declines or leaves (400); a client's booking is cancelled (444), under the schedule's rule of
    cancellation; a host declines the whole event with all its bookings (400). Again is no mistake.

    Refuses: NotFound; NotAllowed for who only looks; EventClosed for what has ended or is over.
    """
    await lock_for_change(conn, person_id, event_id)
    access = await access_event(conn, person_id, event_id, lock=True)
    own = access.own
    if access.is_host:
        if access.event.status_id == Status.DECLINED:
            return
    elif own is not None and own.status_id in (Status.DECLINED, Status.CANCELLED):
        return
    if access.side is Side.LOOKING:
        raise NotAllowed
    require_ahead(access, now=now)
    await require_no_import(access)
    if is_host_of_whole(access):
        await end_as_host(conn, access, Status.DECLINED, now=now)
    else:
        await leave(conn, access, now=now)


def is_host_of_whole(access: EventAccess) -> bool:
    """Whose "no" ends the event: the hosts' of a schedule; a plain one's only who made it or keeps its calendar."""
    if not access.is_host:
        return False
    return access.event.schedule_id is not None or access.may_write


async def require_no_import(access: EventAccess) -> None:
    """Refuses: EventFromOutside for what an outside calendar brought: it would come back."""
    if access.event.creator_id is None:
        raise EventFromOutside


async def end_as_host(conn: Connection, access: EventAccess, to_status: Status, *, now: datetime) -> None:
    declined = to_status == Status.DECLINED
    news: News = "declined" if declined else "cancelled"
    await tell(conn, news, [access.event.id], but=[access.person_id], facts={"actor_id": access.person_id}, now=now)
    await cancel_event(
        conn,
        access.event.id,
        to_status=to_status,
        actor_id=access.person_id,
        reason=DECLINED_BY_HOST if declined else CANCELLED_BY_HOST,
        now=now,
    )


async def leave(conn: Connection, access: EventAccess, *, now: datetime) -> None:
    """A client cancels the booking, a guest or an invited host goes; what was proposed no longer waits for them."""
    own, event = access.own, access.event
    if own is None or not own.is_open:
        raise NotAllowed  # who pays for somebody else's booking does not take it from them
    told = await told_of_leaving(conn, access)
    facts = {"actor_id": access.person_id, "leaver_id": access.person_id}
    if own.role_id == CLIENT_ROLE and not own.is_booking and own.status_id == Status.PENDING:
        await tell(conn, "declined", [event.id], to=told, facts=facts, now=now)
        await release_booking(
            conn, own.id, to_status=Status.DECLINED, actor_id=access.person_id, reason=NOT_ACCEPTED, now=now
        )
        await schedule_reminders(conn, [event.id], now)
    elif own.role_id == CLIENT_ROLE:
        await tell(conn, "cancelled", [event.id], to=told, facts=facts, now=now)
        await cancel_booking(conn, own.id, by="client", actor_id=access.person_id, now=now)
    else:
        await conn.execute(
            "UPDATE event_attendee SET status_id = 400, updated_at = %(now)s WHERE id = %(id)s",
            {"id": own.id, "now": now},
        )
        await conn.execute(
            "DELETE FROM busy_span WHERE event_id = %(event)s AND person_id = %(person)s AND NOT is_exclusive",
            {"event": event.id, "person": access.person_id},
        )
        step = Step(event.id, own.id, own.status_id, Status.DECLINED)
        await note_steps(conn, [step], actor_id=access.person_id, reason=LEFT, now=now)
        await audit_step(conn, access, "event.declined", now=now)
        await schedule_reminders(conn, [event.id], now)
        await tell(conn, "declined", [event.id], to=told, facts=facts, now=now)
    await settle_agreed(conn, access, now=now)


async def told_of_leaving(conn: Connection, access: EventAccess) -> list[int]:
    """The hosts, or who made the event where it has none; and whoever leaves, so that their calendar lets go of it."""
    cursor = await conn.execute(
        """
        SELECT person_id
        FROM event_attendee
        WHERE event_id = %(event)s AND role_id = ANY(%(hosts)s) AND status_id IN (100, 200)
        """,
        {"event": access.event.id, "hosts": list(HOST_ROLES)},
    )
    hosts = [row[0] for row in await cursor.fetchall()]
    creator = access.event.creator_id
    return [*(hosts or ([creator] if creator is not None else [])), access.person_id]


async def remove(conn: Connection, person_id: int, event_id: int, *, now: datetime) -> None:
    """Delete: whoever may end the event ends it for all, as deleted where nobody was ever booked and as cancelled (444)
    where somebody is, or money is held for it; a client's booking is cancelled, a guest leaves.

    Refuses: NotFound; NotAllowed for who only looks; EventClosed for bookings that are over.
    """
    await lock_for_change(conn, person_id, event_id)
    access = await access_event(conn, person_id, event_id, lock=True)
    if access.side is Side.LOOKING:
        raise NotAllowed
    await require_no_import(access)
    if not is_host_of_whole(access):
        require_ahead(access, now=now)
        await leave(conn, access, now=now)
        return
    if await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT FROM event_attendee
            WHERE event_id = %(event)s AND role_id = 4 AND (token_hash IS NOT NULL OR status_id IN (200, 444))
        )
        """,
        {"event": event_id},
    ) or await has_escrow(conn, event_id):
        require_ahead(access, now=now)
        await end_as_host(conn, access, Status.CANCELLED, now=now)
        return
    if access.event.status_id in OPEN and access.event.ends_at > now:
        await tell(conn, "cancelled", [event_id], but=[access.person_id], facts={"actor_id": access.person_id}, now=now)
    await delete_event(conn, event_id, actor_id=access.person_id, now=now)


async def audit_step(conn: Connection, access: EventAccess, action: str, *, now: datetime) -> None:
    await audit.record(
        conn,
        action,
        subject="event",
        subject_id=access.event.id,
        actor_id=access.person_id,
        company_id=None,
        now=now,
    )
