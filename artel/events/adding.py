"""Events put on a schedule by hand, at any time, by whoever may write its events."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.events.booking import hold_schedule
from artel.events.errors import EventFieldInvalid, EventTimesInvalid
from artel.events.holds import drop_expired_holds
from artel.events.hosts import calendar_of_host
from artel.events.letters import tell
from artel.events.machine import OPEN, Status
from artel.events.reminders import schedule_reminders
from artel.events.spans import lock_people, take_time
from artel.events.steps import Step, note_steps
from artel.events.times import SHORTEST
from artel.operations import audit
from artel.profiles.sight import may_be_asked
from artel.schedules.availability import hosts_of
from artel.schedules.queries import ScheduleRow
from artel.schedules.terms import clean_text, read_price, require_own_files

MEETING, CHARGE, DEPOSIT, COMMENT = 1, 2, 3, 4
OVER = (Status.MISSED, Status.DONE)
LONGEST_LABEL = 200
LONGEST_DESCRIPTION = 10_000
MOST_ATTENDEES = 100


class Invited(msgspec.Struct, frozen=True):
    person_id: int
    role_id: int = 4  # a client; 6: a guest


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as somebody wants it. `price` is for each client, and the amount of a charge or a deposit."""

    label: str
    starts_at: datetime
    ends_at: datetime
    type_id: int = MEETING
    status_id: int | None = None
    price: Decimal | None = None
    currency: str | None = None  # default: the schedule's
    description: str | None = None
    file_ids: Sequence[int] = ()
    attendees: Sequence[Invited] = ()


async def add_event(conn: Connection, schedule: ScheduleRow, new: NewEvent, *, actor_id: int, now: datetime) -> int:
    """Put an event on a schedule and answer its id. The caller has seen that the actor may write its events.

    A meeting that is pending or confirmed takes its host's time, whatever the hours say; all other events are
    records and take none. Who is invited is busy only from when they confirm. A charge or a deposit is pending:
    approving and paying are steps of their own.
    Refuses: NotFound; SlotTaken; EventTimesInvalid; EventFieldInvalid; what the texts, price and files are refused for.
    """
    label = clean_text("label", new.label, LONGEST_LABEL)
    if not label:
        raise Refused("field_required", "label")
    status = read_status(new, now=now)
    schedule = await hold_schedule(conn, schedule.id)
    price, currency, _ = await read_price(conn, new.price, new.currency or schedule.currency)
    if new.type_id in (CHARGE, DEPOSIT) and not price:
        raise Refused("field_required", "price")
    file_ids = await require_own_files(conn, new.file_ids, actor_id=actor_id)
    hosts = await hosts_by_hand(conn, schedule, actor_id)
    await require_known(conn, new.attendees, hosts, actor_id=actor_id, now=now)
    takes_time = new.type_id == MEETING and status in OPEN
    if takes_time:
        await lock_people(conn, hosts)
        await drop_expired_holds(conn, hosts, now=now)
    host_id = hosts[0] if len(hosts) == 1 else schedule.benefitable_id
    clients = [invited.person_id for invited in new.attendees if invited.role_id == 4]
    event_id: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event
            (type_id, status_id, creator_id, schedule_id, calendar_id, billable_id, benefitable_id, label, description,
             timezone, starts_at, ends_at, amount, currency, file_ids, created_at, updated_at)
        VALUES
            (%(type)s, %(status)s, %(actor)s, %(schedule)s, %(calendar)s, %(payer)s, %(payee)s, %(label)s,
             %(description)s, %(timezone)s, %(starts)s, %(ends)s, %(amount)s, %(currency)s, %(files)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "type": new.type_id,
            "status": int(status),
            "actor": actor_id,
            "schedule": schedule.id,
            "calendar": await calendar_of_host(conn, schedule, host_id, now=now),
            "payer": schedule.billable_id or (clients[0] if len(clients) == 1 else None),
            "payee": host_id,
            "label": label,
            "description": clean_text("description", new.description, LONGEST_DESCRIPTION) or None,
            "timezone": schedule.timezone,
            "starts": new.starts_at,
            "ends": new.ends_at,
            "amount": price * max(1, len(clients)) if price else None,
            "currency": currency if price else None,
            "files": file_ids,
            "now": now,
        },
    )
    if takes_time:
        rules = schedule.slot_rules
        await take_time(
            conn,
            event_id,
            hosts,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            before_minutes=rules.buffer_before,
            after_minutes=rules.buffer_after,
            held_until=None,
        )
    await add_attendees(conn, event_id, hosts, new.attendees, status, price, currency, now=now)
    await note_steps(conn, [Step(event_id, None, None, status)], actor_id=actor_id, reason=None, now=now)
    if takes_time:
        await schedule_reminders(conn, [event_id], now)
        invited = [one.person_id for one in new.attendees]
        await tell(conn, "invited", [event_id], to=invited, facts={"actor_id": actor_id}, now=now)
    await audit.record(
        conn,
        "event.added",
        subject="event",
        subject_id=event_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        schedule_id=schedule.id,
        type=new.type_id,
        status=int(status),
    )
    return event_id


def read_status(new: NewEvent, *, now: datetime) -> Status:
    """Confirmed unless said otherwise. Refuses: EventTimesInvalid; EventFieldInvalid."""
    if new.ends_at < new.starts_at:
        raise EventTimesInvalid("event_ends_before_start", "end")
    if new.type_id in (MEETING, CHARGE) and new.ends_at - new.starts_at < SHORTEST:
        raise EventTimesInvalid("event_too_short", "end", minutes=SHORTEST.seconds // 60)
    if new.type_id in (CHARGE, DEPOSIT):
        if new.status_id not in (None, Status.PENDING):
            raise EventFieldInvalid("event_money_is_pending", "status_id")
        return Status.PENDING
    status = Status.CONFIRMED if new.status_id is None else Status(new.status_id)
    if status in OVER and new.ends_at > now:
        raise EventFieldInvalid("event_not_over", "status_id")
    return status


async def hosts_by_hand(conn: Connection, schedule: ScheduleRow, actor_id: int) -> tuple[int, ...]:
    """All of a collective; of a round robin the actor, where they are one of them; else the one who works."""
    hosts = await hosts_of(conn, schedule)
    if schedule.slot_rules.assignment != "round_robin":
        return hosts
    return (actor_id if actor_id in hosts else schedule.benefitable_id,)


async def require_known(
    conn: Connection, attendees: Sequence[Invited], hosts: Sequence[int], *, actor_id: int, now: datetime
) -> None:
    """Refuses: EventFieldInvalid for somebody whom the actor may not ask, named twice, or who hosts it."""
    ids = [invited.person_id for invited in attendees]
    known = await may_be_asked(conn, actor_id, ids, now=now) if ids else set()
    if len(known) != len(ids) or len(ids) > MOST_ATTENDEES or set(ids) & set(hosts):
        raise EventFieldInvalid("event_attendees_invalid", "attendees", most=MOST_ATTENDEES)


async def add_attendees(
    conn: Connection,
    event_id: int,
    hosts: Sequence[int],
    invited: Sequence[Invited],
    status: Status,
    price: Decimal | None,
    currency: str | None,
    *,
    now: datetime,
) -> None:
    """Hosts stand as the event does; who is invited has yet to answer, or never has: nobody says yes for another."""
    settled = Status.CONFIRMED if status == Status.DONE else status
    people: list[tuple[int, int, Status, Decimal | None]] = [(host, 3, settled, None) for host in hosts]
    answered = Status.PENDING if status in (*OPEN, Status.DONE) else settled
    people += [(one.person_id, one.role_id, answered, price if one.role_id == 4 else None) for one in invited]
    await conn.execute(
        """
        INSERT INTO event_attendee
            (event_id, person_id, role_id, status_id, price, currency, created_at, updated_at)
        SELECT %(event)s, person, role, status, price, CASE WHEN price IS NOT NULL THEN %(currency)s END, %(now)s,
            %(now)s
        FROM unnest(%(people)s::bigint[], %(roles)s::smallint[], %(statuses)s::smallint[], %(prices)s::numeric[])
            AS taking_part (person, role, status, price)
        """,
        {
            "event": event_id,
            "currency": currency,
            "now": now,
            "people": [person for person, _, _, _ in people],
            "roles": [role for _, role, _, _ in people],
            "statuses": [int(each) for _, _, each, _ in people],
            "prices": [each for _, _, _, each in people],
        },
    )
