"""What a company may write about a freelancer: their personal data until they have taken the account over, and its
own alias for them at any time."""

from datetime import datetime
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.freelancers.contact_change import require_shared
from artel.freelancers.errors import ProfileTheirOwn
from artel.freelancers.profile import LONGEST, clean_profile, clean_text
from artel.freelancers.queries import FreelancerRow
from artel.freelancers.rules import LONGEST_NOTE, LONGEST_SPECIALIZATION
from artel.operations import audit
from artel.people import profiles
from artel.people.rules import clean_language


class _Stage(msgspec.Struct):
    registered_at: datetime | None
    verified_at: datetime | None


async def edit_profile(
    conn: Connection,
    freelancer: FreelancerRow,
    changes: dict[str, Any],
    *,
    language: str | None,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> None:
    """Write personal data of somebody who has not registered yet. `changes` has names of Profile; the rest stays.

    The phone is none of them: it is proven first (contact_change).
    Refuses: ContactsNotShared for an account that another company made; ProfileTheirOwn once the freelancer has
    registered or is verified; LanguageUnknown; the first of what `clean_profile` finds.
    Source: M "Редактирование профиля фрилансера".
    """
    require_shared(freelancer)
    # Who registers at this moment holds the row: then what they typed stands.
    stage = await fetch_one(
        conn,
        _Stage,
        "SELECT registered_at, verified_at FROM freelancer WHERE person_id = %(freelancer)s FOR UPDATE",
        {"freelancer": freelancer.id},
    )
    if stage is None or stage.registered_at is not None or stage.verified_at is not None:
        raise ProfileTheirOwn
    spoken = None if language is None else clean_language(language)
    current = await profiles.lock_profile(conn, freelancer.id)
    wanted = msgspec.structs.replace(current, **changes)
    profile, problems = await clean_profile(conn, wanted, today=now.date(), complete=False)
    if problems:
        raise problems[0]
    await profiles.fill_profile(conn, freelancer.id, profile)
    if spoken is not None:
        await profiles.speak(conn, freelancer.id, spoken)
    await audit.record(
        conn,
        "freelancer.profile_edited",
        subject="freelancer",
        subject_id=freelancer.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        fields=sorted([*changes, *(["language"] if spoken else [])]),
    )


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """What one company calls a freelancer, and writes about them. Nobody else sees it."""

    first_name: str | None = None
    last_name: str | None = None
    note: str | None = None
    specialization: str | None = None


async def replace_alias(
    conn: Connection, freelancer_id: int, alias: Alias, *, company_id: int, actor_id: int, now: datetime
) -> None:
    """Write all four fields; what is not given is empty afterwards. The person's own name is not touched.

    Refuses: TextTooLong, TextInvalid; NotFound for who has left the team at this moment.
    Source: M "Редактирование деталей профиля".
    """
    changed = await conn.execute(
        """
        UPDATE team_member
        SET first_name = %(first_name)s, last_name = %(last_name)s, note = %(note)s,
            specialization = %(specialization)s
        WHERE company_id = %(company)s AND freelancer_id = %(freelancer)s AND ended_at IS NULL
        """,
        {
            "first_name": clean_text("first_name", alias.first_name, LONGEST["first_name"]),
            "last_name": clean_text("last_name", alias.last_name, LONGEST["last_name"]),
            "note": clean_text("note", alias.note, LONGEST_NOTE),
            "specialization": clean_text("specialization", alias.specialization, LONGEST_SPECIALIZATION),
            "company": company_id,
            "freelancer": freelancer_id,
        },
    )
    if changed.rowcount == 0:
        raise NotFound("freelancer", "freelancer_id")
    await audit.record(
        conn,
        "freelancer.alias_replaced",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
    )
