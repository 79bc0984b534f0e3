"""Writing the letters that are due: in the reader's language and zone, with the event attached for their calendar.

Letters are written with the event as it is at that moment. A batch is claimed, written down as mails and noted as
sent in one transaction: a worker killed in between has done nothing, and each letter becomes exactly one mail.
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any, LiteralString

import msgspec

from artel.calendars.feed import Participant, calendar_of, uid_host_of
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_value
from artel.events.access import HOST_ROLES
from artel.events.letters import CHANNEL
from artel.events.machine import OPEN, Status
from artel.events.queries import COLUMNS, EventRow
from artel.events.tokens import booking_url, mailed_token
from artel.events.wording import names_together, say_fields, say_when, zone_for
from artel.logs import log
from artel.notifications.delivery import Attachment
from artel.notifications.letters import write_letter
from artel.notifications.rules import Mail, send_mails
from artel.operations.due import DueLoop, Worked
from artel.settings import Settings

# Large enough that a commit's cost is shared, small enough that nobody waits long for a letter behind others.
BATCH = 200
# What still has to be so when the letter is written; of the rest it is told in any case.
OF_OPEN_EVENTS = frozenset({"invited", "booked", "confirmed", "moved", "proposed"})
WITH_PAGE = frozenset({"booked", "confirmed", "moved", "reminder"})
WITHOUT_FILE = frozenset({"proposed", "rejected"})


class Letter(msgspec.Struct, frozen=True):
    """One that is due, with its reader and their part in the event."""

    id: int
    event_id: int
    kind: str
    facts: Any
    person_id: int
    email: str
    language: str
    timezone: str  # the reader's; UTC also where they never chose one
    own_timezone: str | None  # which they had when they booked
    name: str
    role_id: int | None
    status_id: int | None
    booking_id: int | None  # of a client's seat that has a page
    actor_name: str | None
    leaver_name: str | None


class Taking(msgspec.Struct, frozen=True):
    """Somebody who takes part, or who made a plain event."""

    event_id: int
    person_id: int
    role_id: int
    name: str


class Post(msgspec.Struct, frozen=True):
    """What a letter needs to know of the installation."""

    uid_host: str
    address: str  # letters come from it
    base_url: str
    secret: str  # makes the tokens of bookings' pages
    tells_late: bool  # the sandbox moves time: what fell due meanwhile is written as if it had passed


# Of a row `p`.
NAME: LiteralString = "coalesce(nullif(trim(p.first_name || ' ' || p.last_name), ''), split_part(p.email, '@', 1))"


async def write_due_letters(database: Database, now: datetime, post: Post) -> Worked:
    """A batch of letters. Those that are not true any more are dropped unwritten."""
    async with database.transaction() as conn:
        due = await claim_letters(conn, now=now, limit=BATCH)
        if due:
            events = await events_of(conn, [letter.event_id for letter in due])
            taking = await taking_part(conn, list(events))
            mails = [write(letter, events[letter.event_id], taking, post, now=now) for letter in due]
            await send_mails(conn, [mail for mail in mails if mail is not None], now=now)
            await note_sent(conn, due, now=now)
    async with database.connection() as conn:
        return Worked(len(due), await fetch_value(conn, "SELECT min(due_at) FROM event_letter WHERE sent_at IS NULL"))


async def claim_letters(conn: Connection, *, now: datetime, limit: int) -> list[Letter]:
    claimed = await fetch_all(
        conn,
        Letter,
        f"""
        SELECT l.id, l.event_id, l.kind, l.facts, l.person_id, p.email, p.language, p.timezone,
            part.timezone AS own_timezone, {NAME} AS name, part.role_id, part.status_id, part.booking_id,
            (SELECT {NAME} FROM person AS p WHERE p.id = (l.facts->>'actor_id')::bigint) AS actor_name,
            (SELECT {NAME} FROM person AS p WHERE p.id = (l.facts->>'leaver_id')::bigint) AS leaver_name
        FROM event_letter AS l
        JOIN person AS p ON p.id = l.person_id
        LEFT JOIN LATERAL (
            SELECT a.timezone, a.role_id, a.status_id,
                CASE WHEN a.role_id = 4 AND a.token_hash IS NOT NULL THEN a.id END AS booking_id
            FROM event_attendee AS a
            WHERE a.event_id = l.event_id AND a.person_id = l.person_id
            ORDER BY (a.status_id IN (100, 200)) DESC, a.id DESC
            LIMIT 1
        ) AS part ON true
        WHERE l.sent_at IS NULL AND l.due_at <= %(now)s
        ORDER BY l.due_at, l.id
        LIMIT %(limit)s
        FOR UPDATE OF l SKIP LOCKED
        """,  # noqa: S608 - of constants
        {"now": now, "limit": limit},
    )
    return sorted(claimed, key=lambda letter: letter.id)


async def events_of(conn: Connection, event_ids: Sequence[int]) -> dict[int, EventRow]:
    """Deleted ones too: of those it is told that they are cancelled."""
    rows = await fetch_all(
        conn,
        EventRow,
        f"SELECT {COLUMNS} FROM calendar_event AS e WHERE e.id = ANY(%(ids)s)",  # noqa: S608 - of constants
        {"ids": sorted(set(event_ids))},
    )
    return {row.id: row for row in rows}


async def taking_part(conn: Connection, event_ids: Sequence[int]) -> dict[int, list[Taking]]:
    """Event -> who is in it; where it has no host, who made it stands for one."""
    rows = await fetch_all(
        conn,
        Taking,
        f"""
        SELECT a.event_id, a.person_id, a.role_id, {NAME} AS name
        FROM event_attendee AS a
        JOIN person AS p ON p.id = a.person_id
        WHERE a.event_id = ANY(%(ids)s)
            AND (a.status_id IN (100, 200) OR a.role_id = ANY(%(hosts)s))
            AND a.hold_until IS NULL
        UNION ALL
        SELECT e.id, p.id, 3, {NAME}
        FROM calendar_event AS e
        JOIN person AS p ON p.id = e.creator_id
        WHERE e.id = ANY(%(ids)s) AND NOT EXISTS (
            SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.role_id = ANY(%(hosts)s)
        )
        ORDER BY 3, 2
        """,  # noqa: S608 - of constants
        {"ids": list(event_ids), "hosts": list(HOST_ROLES)},
    )
    found: dict[int, list[Taking]] = {event_id: [] for event_id in event_ids}
    for row in rows:
        found[row.event_id].append(row)
    return found


async def note_sent(conn: Connection, letters: Sequence[Letter], *, now: datetime) -> None:
    """News are done with; a reminder stays, so that the same one is not written again."""
    values = {"ids": [letter.id for letter in letters], "now": now}
    await conn.execute("DELETE FROM event_letter WHERE id = ANY(%(ids)s) AND kind <> 'reminder'", values)
    await conn.execute("UPDATE event_letter SET sent_at = %(now)s WHERE id = ANY(%(ids)s)", values)


def write(
    letter: Letter, event: EventRow, taking: dict[int, list[Taking]], post: Post, *, now: datetime
) -> Mail | None:
    """The mail, or None for a letter that is not to be written. One that cannot be is told in the log and dropped:
    it holds up nobody else's."""
    if not is_true_still(letter, event, post, now=now) or letter.email.endswith("@erased.invalid"):
        return None
    try:
        return compose(letter, event, taking[event.id], post, now=now)
    except Exception:
        log.exception("letter not written", event_id=event.id, kind=letter.kind)
        return None


def is_true_still(letter: Letter, event: EventRow, post: Post, *, now: datetime) -> bool:
    takes_part = letter.status_id is None or letter.status_id in OPEN
    if letter.kind == "reminder":
        if event.ends_at <= now and not post.tells_late:
            return False
        stands = event.status_id in (Status.CONFIRMED, Status.DONE) and event.deleted_at is None
        return stands and letter.status_id == Status.CONFIRMED
    if letter.kind in OF_OPEN_EVENTS:
        return event.status_id in OPEN and event.deleted_at is None and takes_part
    return True


def compose(letter: Letter, event: EventRow, taking: Sequence[Taking], post: Post, *, now: datetime) -> Mail:
    zone = zone_for(letter.own_timezone, letter.timezone, event.timezone)
    language = letter.language
    is_host = letter.role_id in HOST_ROLES or any(
        one.person_id == letter.person_id and one.role_id in HOST_ROLES for one in taking
    )
    others = [one for one in taking if one.person_id != letter.person_id]
    hosts = names_together([one.name for one in others if one.role_id in HOST_ROLES], language)
    clients = names_together([one.name for one in others if one.role_id not in HOST_ROLES], language)
    was = letter.facts.get("from")
    token = None if letter.booking_id is None else mailed_token(post.secret, letter.booking_id)
    link = booking_url(post.base_url, token) if token and letter.kind in WITH_PAGE else None
    text = write_letter(
        f"event_{letter.kind}",
        language,
        label=event.label,
        when=say_when(event.starts_at, event.ends_at, zone, language),
        was=say_when(datetime.fromisoformat(was[0]), datetime.fromisoformat(was[1]), zone, language) if was else "",
        people=clients if is_host else hosts,
        by=letter.actor_name or "",
        leaver="" if letter.leaver_name == letter.name else letter.leaver_name or "",
        is_host=is_host,
        waits=event.status_id == Status.PENDING,
        is_off=is_off(letter, event),
        fields=say_fields(letter.facts.get("fields", []), language),
        is_too_late="reason" in letter.facts,
        link=link,
    )
    return Mail(
        to=letter.email,
        subject=text.subject,
        text=text.text,
        html=text.html,
        link=link,
        attachments=() if letter.kind in WITHOUT_FILE else (invitation(letter, event, hosts, post, now=now),),
    )


def is_off(letter: Letter, event: EventRow) -> bool:
    """Whether the event is no more, or no more the reader's."""
    is_gone = event.deleted_at is not None or event.status_id not in (*OPEN, Status.DONE)
    return is_gone or (letter.status_id is not None and letter.status_id not in OPEN)


def invitation(letter: Letter, event: EventRow, hosts: str, post: Post, *, now: datetime) -> Attachment:
    """The event for the reader's own calendar program. It names no addresses but theirs and the installation's: who
    meets whom is in the letter, how to reach them is for them to tell."""
    method = "CANCEL" if is_off(letter, event) else "REQUEST"
    content = calendar_of(
        [event],
        name=event.label,
        uid_host=post.uid_host,
        method=method,
        organizer=Participant(hosts or letter.name, post.address),
        attendees={event.id: [Participant(letter.name, letter.email, letter.status_id or Status.CONFIRMED)]},
        stamp=now,
    )
    return Attachment("invite.ics", f"text/calendar; method={method}; charset=utf-8", content)


def event_letters_loop(settings: Settings) -> DueLoop:
    """The worker's loop over letters and reminders."""
    post = Post(
        uid_host=uid_host_of(settings.base_url),
        address=parseaddr(settings.mail_from)[1],
        base_url=settings.base_url,
        secret=settings.secret,
        tells_late=settings.sandbox,
    )

    async def write_due(database: Database, now: datetime) -> Worked:
        return await write_due_letters(database, now, post)

    return DueLoop("event letters", CHANNEL, write_due)
