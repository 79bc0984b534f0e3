"""Changing a Russian freelancer's tax status (M, "Изменение налогового статуса фрилансера").

To a natural person at once. To self-employed or sole proprietor by a link to a page, where the freelancer gives their
numbers; that somebody is self-employed is then asked of the tax service by a job (`jobs.py`). A sole proprietor's
status holds with the page: there is no public service to ask without a key of one's own.
"""

from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.freelancers.papers import TaxInfo
from artel.freelancers.queries import FreelancerRow
from artel.freelancers.tax_changes import replace_tax_info
from artel.operations import audit, events
from artel.people.links import Link, make_link, open_link, use_link
from artel.taxation.errors import (
    EntrepreneurNumberInvalid,
    TaxationBeingChecked,
    TaxationBlocked,
    TaxationOutsideRussia,
    TaxationStatusUnknown,
)
from artel.taxation.statuses import Status, blocked_till, tax_day

PURPOSE = "taxation_status"
PAGE = "/taxation-status"  # where links lead; the token follows
LINK_LIFETIME_S = 3 * 24 * 3600
CHANNEL = "artel_taxation"  # notified when the tax service is to be asked
OGRNIP_LENGTH = 15


class Standing(msgspec.Struct, frozen=True):
    """A freelancer's row, held, as far as taxes go."""

    status: int
    blocked_till: date | None
    country: str | None  # of taxes where known, else of the address


async def lock_standing(conn: Connection, freelancer_id: int) -> Standing:
    standing = await fetch_one(
        conn,
        Standing,
        """
        SELECT
            f.taxation_status AS status, f.taxation_blocked_till AS blocked_till,
            coalesce((SELECT residence_country FROM tax_info WHERE person_id = p.id), p.country) AS country
        FROM freelancer AS f
        JOIN person AS p ON p.id = f.person_id
        WHERE f.person_id = %(freelancer)s
        FOR NO KEY UPDATE OF f
        """,
        {"freelancer": freelancer_id},
    )
    if standing is None:
        raise NotFound("freelancer")
    return standing


def require_changeable(standing: Standing, status: int, *, now: datetime) -> None:
    """Refuses: TaxationOutsideRussia; TaxationBlocked, where the status would be another and its day has not come."""
    if standing.country != "RU":
        raise TaxationOutsideRussia
    till = standing.blocked_till
    if status != standing.status and till is not None and tax_day(now) < till:
        raise TaxationBlocked(till)


async def start_change(
    conn: Connection, freelancer: FreelancerRow, status: int, *, company_id: int, actor_id: int, now: datetime
) -> str | None:
    """A company asks for another status; answers the token of the page's link, None where all is done.

    Refuses: TaxationStatusUnknown; TaxationOutsideRussia, TaxationBlocked; TaxationBeingChecked.
    """
    if status not in set(Status):
        raise TaxationStatusUnknown
    standing = await lock_standing(conn, freelancer.id)
    require_changeable(standing, status, now=now)
    await require_nothing_checked(conn, freelancer.id)
    if status == Status.NATURAL:
        if standing.status != Status.NATURAL:
            await note_change(
                conn, freelancer.id, standing.status, status, state="done", company_id=company_id, now=now
            )
            await apply_status(conn, freelancer.id, status, actor_id=actor_id, company_id=company_id, now=now)
        return None
    token = await make_change_link(conn, freelancer.id, status, company_id=company_id, now=now)
    await audit.record(
        conn,
        "freelancer.taxation_change_started",
        subject="freelancer",
        subject_id=freelancer.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        status=status,
    )
    return token


async def make_change_link(
    conn: Connection, freelancer_id: int, status: int, *, company_id: int | None, now: datetime
) -> str:
    return await make_link(
        conn,
        purpose=PURPOSE,
        person_id=freelancer_id,
        company_id=company_id,
        facts={"status": status},
        lifetime_s=LINK_LIFETIME_S,
        now=now,
    )


async def open_change(conn: Connection, token: str, *, now: datetime) -> tuple[Link, Status]:
    """What a link's page is to ask for. Refuses: LinkGone."""
    link = await open_link(conn, token, purpose=PURPOSE, now=now)
    return link, Status(link.facts["status"])


async def give_numbers(
    conn: Connection, token: str, *, tax_number: str, registration_number: str, now: datetime
) -> Status:
    """The freelancer gives their numbers on the link's page; spends the link; answers the status asked for.

    Refuses: LinkGone; TaxationOutsideRussia, TaxationBlocked, TaxationBeingChecked; EntrepreneurNumberInvalid;
    TaxInfoInUse; TaxNumberInvalid. A refusal leaves the link as it was.
    """
    link = await use_link(conn, token, purpose=PURPOSE, now=now)
    status = Status(link.facts["status"])
    standing = await lock_standing(conn, link.person_id)
    require_changeable(standing, status, now=now)
    await require_nothing_checked(conn, link.person_id)
    is_sole = status == Status.SOLE_PROPRIETOR
    if is_sole and len(registration_number.strip()) != OGRNIP_LENGTH:
        raise EntrepreneurNumberInvalid
    await replace_tax_info(
        conn,
        link.person_id,
        TaxInfo(
            residence_country="RU",
            type="INN",
            tax_number=tax_number,
            registration_number=registration_number if is_sole else None,
        ),
        actor_id=link.person_id,
        company_id=None,
        now=now,
    )
    await note_change(
        conn,
        link.person_id,
        standing.status,
        status,
        state="done" if is_sole else "checking",
        company_id=link.company_id,
        tax_number=tax_number.strip(),
        now=now,
    )
    if not is_sole:
        await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    elif standing.status != status:
        await apply_status(conn, link.person_id, status, actor_id=link.person_id, company_id=None, now=now)
    return status


async def require_nothing_checked(conn: Connection, freelancer_id: int) -> None:
    """Refuses: TaxationBeingChecked."""
    checking = await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM taxation_change WHERE freelancer_id = %(id)s AND state = 'checking')",
        {"id": freelancer_id},
    )
    if checking:
        raise TaxationBeingChecked


async def note_change(
    conn: Connection,
    freelancer_id: int,
    from_status: int,
    to_status: int,
    *,
    state: str,
    company_id: int | None,
    tax_number: str | None = None,
    now: datetime,
) -> None:
    await conn.execute(
        """
        INSERT INTO taxation_change (
            freelancer_id, company_id, from_status, to_status, state, tax_number, due_at, created_at, decided_at
        )
        VALUES (
            %(freelancer)s, %(company)s, %(from)s, %(to)s, %(state)s, %(number)s,
            CASE WHEN %(state)s = 'checking' THEN %(now)s::timestamptz END, %(now)s,
            CASE WHEN %(state)s <> 'checking' THEN %(now)s::timestamptz END
        )
        """,
        {
            "freelancer": freelancer_id,
            "company": company_id,
            "from": from_status,
            "to": to_status,
            "state": state,
            "number": tax_number,
            "now": now,
        },
    )


async def apply_status(
    conn: Connection, freelancer_id: int, status: int, *, actor_id: int | None, company_id: int | None, now: datetime
) -> None:
    """The status holds from now on, and till the first of the next month; every company of the team is told.

    The caller holds the freelancer's row. A natural person has no entrepreneur's registration number any more.
    """
    freelancer_uuid = await fetch_value(
        conn,
        """
        UPDATE freelancer AS f
        SET taxation_status = %(status)s, taxation_blocked_till = %(till)s
        FROM person AS p
        WHERE f.person_id = %(freelancer)s AND p.id = f.person_id
        RETURNING p.uuid
        """,
        {"status": status, "till": blocked_till(now), "freelancer": freelancer_id},
    )
    if status == Status.NATURAL:
        await conn.execute(
            """
            UPDATE tax_info
            SET registration_number = NULL, updated_at = %(now)s
            WHERE person_id = %(freelancer)s AND residence_country = 'RU' AND registration_number IS NOT NULL
            """,
            {"freelancer": freelancer_id, "now": now},
        )
    await audit.record(
        conn,
        "freelancer.taxation_status_changed",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        status=int(status),
    )
    teams: list[int] | None = await fetch_value(
        conn,
        "SELECT array_agg(company_id) FROM team_member WHERE freelancer_id = %(id)s AND ended_at IS NULL",
        {"id": freelancer_id},
    )
    payload: dict[str, object] = {"uuid": str(freelancer_uuid), "taxationStatusId": int(status)}
    await events.announce(conn, "taxationStatusChanged", payload, company_ids=teams or [], now=now)


async def block_change(
    conn: Connection, freelancer_id: int, *, till: date | None, actor_id: int | None, now: datetime
) -> None:
    """The operator lets the status be changed from a day on, or (None) at once. Refuses: NotFound."""
    await lock_standing(conn, freelancer_id)
    await conn.execute(
        "UPDATE freelancer SET taxation_blocked_till = %(till)s WHERE person_id = %(id)s",
        {"till": till, "id": freelancer_id},
    )
    await audit.record(
        conn,
        "freelancer.taxation_blocked",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        till=till.isoformat() if till else None,
    )
