"""Making an account for oneself (time-api.md "Login").

Whether an address has an account is not told. So a registration for one that has is done all the same, for a stand-in
that is undone, and refused for the same reasons; its owner gets a code to sign in with, as a new one does. Accounts
that others have made, by booking with an address or putting it into their contacts, and that nobody has used yet, are
taken over as if they were new.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Rollback

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotAllowed, NotFound, Refused
from artel.files.uploads import Stored, keep_files
from artel.operations import audit
from artel.people.mail_login import mail_code
from artel.people.profiles import Profile, find_or_add_person, speak
from artel.profiles.papers import set_documents, set_photo
from artel.profiles.rules import change_profile
from artel.schedules.rules import create_schedule
from artel.schedules.terms import NewSchedule


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of themselves. `changes` are as `change_profile` takes them; `email` is clean."""

    email: str
    language: str
    changes: Mapping[str, Any]
    password_hash: str | None = None
    schedule: NewSchedule | None = None
    photo: Stored | None = None
    documents: Sequence[Stored] = ()


async def register(conn: Connection, new: Registration, *, now: datetime) -> None:
    """Make the account, its profile, files and first schedule, or nothing of it; a code to sign in with is mailed.

    The address is unconfirmed until that code is used, and so is the password: it is kept beside the code and set by
    it (`sign_in_by_mail`). Nobody can so prepare an account for another's address and later sign in to it.
    Refuses: what `change_profile` refuses; FileNotOwn; TooMany; what `create_schedule` refuses, naming "schedule".
    """
    person_id = await unused_account(conn, new, now=now)
    if person_id is not None:
        await speak(conn, person_id, new.language)
        await fill_account(conn, person_id, new, now=now)
    else:
        async with conn.transaction() as undone:
            address = f"{uuid.uuid4().hex}@stand-in.invalid"
            stand_in = await find_or_add_person(conn, email=address, profile=Profile(), language=new.language, now=now)
            await fill_account(conn, stand_in.id, new, now=now)
            raise Rollback(undone)
    facts: dict[str, object] = {"password_hash": new.password_hash} if person_id and new.password_hash else {}
    await mail_code(conn, new.email, facts=facts, now=now)


async def unused_account(conn: Connection, new: Registration, *, now: datetime) -> int | None:
    """The account of this address, made where there is none, and held; None where somebody uses it already, or has
    registered it and still is to read the code."""
    # Locked at once: two who share the row and then both want to change it would wait for each other.
    found = await fetch_one(
        conn,
        _Found,
        """
        SELECT p.id,
            p.email_confirmed_at IS NULL AND p.password_hash IS NULL AND p.profile_updated_at IS NULL
            AND NOT EXISTS (SELECT FROM freelancer AS f WHERE f.person_id = p.id)
            AND NOT EXISTS (SELECT FROM company_member AS m WHERE m.person_id = p.id)
            AND NOT EXISTS (SELECT FROM session AS s WHERE s.person_id = p.id) AS is_unused
        FROM person AS p
        WHERE lower(p.email) = lower(%(email)s)
        FOR NO KEY UPDATE OF p
        """,
        {"email": new.email},
    )
    if found is not None:
        return found.id if found.is_unused else None
    account = await find_or_add_person(conn, email=new.email, profile=Profile(), language=new.language, now=now)
    return account.id if account.is_new else None


class _Found(msgspec.Struct):
    id: int
    is_unused: bool


async def fill_account(conn: Connection, person_id: int, new: Registration, *, now: datetime) -> None:
    await audit.record(
        conn,
        "person_registered",
        subject="person",
        subject_id=person_id,
        actor_id=person_id,
        company_id=None,
        now=now,
        terms_accepted=True,
    )
    await change_profile(conn, person_id, new.changes, actor_id=person_id, now=now)
    photos = [new.photo] if new.photo else []
    ids = await keep_files(conn, [*photos, *new.documents], owner_id=person_id, now=now)
    if photos:
        await set_photo(conn, person_id, ids[0], actor_id=person_id, now=now, field="ava")
    if new.documents:
        await set_documents(conn, person_id, kept=None, added=ids[len(photos) :], actor_id=person_id, now=now)
    if new.schedule is not None:
        await make_first_schedule(conn, person_id, new.schedule, now=now)


async def make_first_schedule(conn: Connection, person_id: int, schedule: NewSchedule, *, now: datetime) -> None:
    try:
        await create_schedule(conn, schedule, owner_id=person_id, now=now)
    except (NotFound, NotAllowed):  # it names somebody's calendar or schedule, and a new account has none
        raise Refused("field_invalid", "schedule") from None
    except Refused as refusal:
        refusal.field = "schedule"
        raise
