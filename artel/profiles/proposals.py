"""Corrections of a profile: proposed by those who may see it, decided by its owner alone.

Fields that the proposer cannot see are proposed blindly: whether the value is what stands there already is not told, so
that nobody finds out a number or a birthday by trying. For the same reason nothing of the owner's account is looked at
then; what it forbids, its owner learns when they agree.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from artel.corrections import rules
from artel.corrections.errors import NotAsked
from artel.corrections.rules import COLUMNS as CORRECTION_COLUMNS
from artel.corrections.rules import Correction
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound
from artel.notifications.rules import send_letter
from artel.operations.rate_limits import Limit
from artel.profiles.fields import COLUMNS, clean_birth_date, clean_name, clean_own_phone
from artel.profiles.proposal_errors import NothingProposed, NotProposable, TooManyProposals
from artel.profiles.public import PublicRow, public_row
from artel.profiles.rules import change_profile
from artel.profiles.sight import require_sight
from artel.profiles.skills import clean_skills
from artel.schedules.errors import SkillUnknown
from artel.schedules.skills import GivenSkill, SkillRow
from artel.schedules.skills import clean_name as clean_skill_name

# What everybody sees who sees the profile: a proposal is compared with it.
SHOWN_FIELDS = ("name", "timezone", "city", "about", "education", "languages", "skills")
HIDDEN_FIELDS = ("phone", "birthdate", "birthtime", "birthcity", "links")
# Proposals that wait, in all.
MOST_OF_A_PROPOSER = 50
MOST_ABOUT_A_PROFILE = 100
LETTER_EVERY = timedelta(days=1)


def proposing_limit(proposer_id: int) -> Limit:
    return Limit(f"profile-proposals:{proposer_id}", most=60, window_s=3600)


async def propose_changes(
    conn: Connection, person_id: int, given: Mapping[str, Any], *, proposer_id: int, now: datetime
) -> list[Correction]:
    """Propose values for fields of somebody else's profile: one correction each. What the same person proposed before
    for these fields, and is still open, gives way.

    The owner gets a letter, of one proposer at most one a day.
    Refuses: NotFound for a profile the proposer may not see; NotProposable for a field; what the fields' own rules
    refuse (profiles.fields); NothingProposed; TooManyProposals.
    """
    await require_sight(conn, proposer_id, person_id, now=now)
    await lock_people(conn, [person_id, proposer_id])
    shown = await public_row(conn, person_id)
    changes = {}
    for field, value in given.items():
        new = await cleaned(conn, field, value, now=now)
        old = shown_value(shown, field)
        if field in HIDDEN_FIELDS or comparable(new) != comparable(old):
            changes[field] = (old, new)
    if not changes:
        raise NothingProposed
    await give_way(conn, person_id, list(changes), proposer_id=proposer_id, now=now)
    await require_room(conn, person_id, proposer_id, len(changes))
    is_told = await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT FROM correction
            WHERE subject = 'person' AND subject_id = %(person)s AND proposer_id = %(proposer)s
                AND created_at > %(since)s
        )
        """,
        {"person": person_id, "proposer": proposer_id, "since": now - LETTER_EVERY},
    )
    made = await rules.propose(conn, "person", person_id, changes, proposer_id=proposer_id, voters=[person_id], now=now)
    if not is_told:
        await tell_owner(conn, person_id, await public_row(conn, proposer_id), now=now)
    return made


async def lock_people(conn: Connection, ids: Sequence[int]) -> None:
    """In the order of their ids, so that two who propose to each other never wait for one another."""
    await conn.execute("SELECT FROM person WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE", {"ids": list(ids)})


async def cleaned(conn: Connection, field: str, given: Any, *, now: datetime) -> Any:
    """The value as a proposal keeps it: JSON that `change_profile` takes."""
    if field == "name":
        return clean_name(given)
    if field == "phone":
        return clean_own_phone(given)
    if field == "birthdate":
        day = clean_birth_date(given, today=now.date())
        return None if day is None else day.isoformat()
    if field == "skills":
        return await skill_values(conn, clean_skills(given))
    if field not in SHOWN_FIELDS + HIDDEN_FIELDS:
        raise NotProposable(field)
    value = COLUMNS[field][1](given)
    return value.isoformat(timespec="minutes") if field == "birthtime" and value is not None else value


async def skill_values(conn: Connection, wanted: Sequence[GivenSkill]) -> list[dict[str, Any]]:
    """Each with its id and its name; the id is None of a name that is in nobody's list yet: one yes will add it.

    Refuses: SkillInvalid; SkillUnknown.
    """
    names = [clean_skill_name(skill.name) for skill in wanted if skill.id is None]
    known = await fetch_all(
        conn,
        SkillRow,
        """
        SELECT id, name
        FROM skill
        WHERE id = ANY(%(ids)s::bigint[])
            OR lower(name) = ANY(ARRAY(SELECT lower(name) FROM unnest(%(names)s::text[]) AS given (name)))
        ORDER BY id
        """,
        {"ids": [skill.id for skill in wanted if skill.id is not None], "names": names},
    )
    found = {skill.id for skill in known}
    for skill in wanted:
        if skill.id is not None and skill.id not in found:
            raise SkillUnknown(skill.id)
    taken = {skill.name.lower() for skill in known}
    new = {name.lower(): name for name in names if name.lower() not in taken}
    return [{"id": skill.id, "name": skill.name} for skill in known] + [
        {"id": None, "name": name} for name in new.values()
    ]


def shown_value(shown: PublicRow, field: str) -> Any:
    """None for what a proposer does not see: not kept either, as the proposal is theirs to read."""
    if field not in SHOWN_FIELDS:
        return None
    return shown.skill_rows if field == "skills" else getattr(shown, field)


def comparable(value: Any) -> Any:
    """Lists, of tags or skills, without their order."""
    if not isinstance(value, list):
        return value
    return {item["name"].lower() if isinstance(item, dict) else item for item in value}


async def give_way(conn: Connection, person_id: int, fields: Sequence[str], *, proposer_id: int, now: datetime) -> None:
    """Withdraw what the proposer has proposed for these fields before."""
    older = await fetch_all(
        conn,
        Correction,
        f"""
        SELECT {CORRECTION_COLUMNS}
        FROM correction
        WHERE subject = 'person' AND subject_id = %(person)s AND status = 'open'
            AND proposer_id = %(proposer)s AND field = ANY(%(fields)s)
        ORDER BY id
        FOR UPDATE
        """,  # noqa: S608 - of constants
        {"person": person_id, "proposer": proposer_id, "fields": list(fields)},
    )
    if older:
        await rules.settle_withdrawn(conn, "person", older, proposer_id=proposer_id, now=now)


async def require_room(conn: Connection, person_id: int, proposer_id: int, wanted: int) -> None:
    """Refuses: TooManyProposals. Both people's rows are held, so nobody counts beside this."""
    about = await fetch_value(
        conn,
        "SELECT count(*) FROM correction WHERE subject = 'person' AND subject_id = %(id)s AND status = 'open'",
        {"id": person_id},
    )
    by = await fetch_value(
        conn,
        "SELECT count(*) FROM correction WHERE subject = 'person' AND proposer_id = %(id)s AND status = 'open'",
        {"id": proposer_id},
    )
    if about + wanted > MOST_ABOUT_A_PROFILE or by + wanted > MOST_OF_A_PROPOSER:
        raise TooManyProposals(MOST_OF_A_PROPOSER, MOST_ABOUT_A_PROFILE)


class _Owner(msgspec.Struct):
    email: str
    language: str


async def tell_owner(conn: Connection, person_id: int, proposer: PublicRow, *, now: datetime) -> None:
    """Not at an address that nobody has shown to be theirs."""
    owner = await fetch_one(
        conn,
        _Owner,
        "SELECT email, language FROM person WHERE id = %(person)s AND email_confirmed_at IS NOT NULL",
        {"person": person_id},
    )
    if owner is not None:
        await send_letter(
            conn,
            "profile_proposal",
            to=owner.email,
            language=owner.language,
            proposer=proposer.name or proposer.masked_email,
            now=now,
        )


async def vote_on(conn: Connection, correction_id: int, *, voter_id: int, is_yes: bool, now: datetime) -> Correction:
    """The owner's yes, which is written at once, or no; answers the correction as it is then.

    Refuses: NotFound for a correction that is neither of one's profile nor one's own; NotAsked for one's own;
    CorrectionSettled; what `change_profile` refuses: then it stays open.
    """
    correction = await fetch_one(
        conn,
        Correction,
        f"SELECT {CORRECTION_COLUMNS} FROM correction WHERE id = %(id)s AND subject = 'person'",  # noqa: S608 - of constants
        {"id": correction_id},
    )
    if correction is None or voter_id not in (correction.subject_id, correction.proposer_id):
        raise NotFound("correction")
    if voter_id != correction.subject_id:
        raise NotAsked
    await lock_people(conn, [voter_id])
    verdict = await rules.vote(
        conn, "person", [correction_id], subject_id=voter_id, voter_id=voter_id, is_yes=is_yes, now=now
    )
    for row in verdict.applied:
        await change_profile(conn, voter_id, {row.field: row.new_value}, actor_id=voter_id, now=now)
    return [*verdict.applied, *verdict.rejected][0]


async def withdraw_proposals(
    conn: Connection, ids: Sequence[int], *, proposer_id: int, now: datetime
) -> list[Correction]:
    """Take back one's own, all or none; answers what one still proposes for the same profiles. Refuses: NotFound."""
    withdrawn = await rules.withdraw(conn, "person", ids, proposer_id=proposer_id, now=now)
    return await fetch_all(
        conn,
        Correction,
        f"""
        SELECT {CORRECTION_COLUMNS}
        FROM correction
        WHERE subject = 'person' AND subject_id = ANY(%(people)s) AND status = 'open' AND proposer_id = %(proposer)s
        ORDER BY id
        """,  # noqa: S608 - of constants
        {"people": [row.subject_id for row in withdrawn], "proposer": proposer_id},
    )


async def open_proposals(conn: Connection, person_id: int, *, viewer_id: int) -> list[Correction]:
    """What waits for its owner's word: for the owner all, for others what they have proposed themselves."""
    return await fetch_all(
        conn,
        Correction,
        f"""
        SELECT {CORRECTION_COLUMNS}
        FROM correction
        WHERE subject = 'person' AND subject_id = %(person)s AND status = 'open'
            AND %(viewer)s IN (subject_id, proposer_id)
        ORDER BY id
        """,  # noqa: S608 - of constants
        {"person": person_id, "viewer": viewer_id},
    )
