"""Making an account for oneself (time-api.md "Login").

Whether an address has an account is not told. So a registration for one that has is done all the same, for a stand-in
that is undone, and refused for the same reasons; its owner gets a code to sign in with, as a new one does.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Rollback

from artel.db.pool import Connection
from artel.errors import NotAllowed, NotFound, Refused
from artel.files.uploads import Stored, keep_files
from artel.operations import audit
from artel.people.mail_login import mail_code
from artel.people.profiles import Profile, find_or_add_person
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


async def register(conn: Connection, new: Registration, *, now: datetime) -> bool:
    """Make the account, its profile, files and first schedule, or nothing of it; a code to sign in with is mailed.

    The address is unconfirmed until that code is used, and so is the password: it is kept beside the code and set by
    it (`sign_in_by_mail`). Nobody can so prepare an account for another's address and later sign in to it.
    Answers whether an account was made, and the files so kept.
    Refuses: what `change_profile` refuses; FileNotOwn; TooMany; what `create_schedule` refuses, naming "schedule".
    """
    account = await find_or_add_person(conn, email=new.email, profile=Profile(), language=new.language, now=now)
    if account.is_new:
        await fill_account(conn, account.id, new, now=now)
    else:
        async with conn.transaction() as undone:
            stand_in = await find_or_add_person(
                conn, email=f"{uuid.uuid4().hex}@stand-in.invalid", profile=Profile(), language=new.language, now=now
            )
            await fill_account(conn, stand_in.id, new, now=now)
            raise Rollback(undone)
    facts: dict[str, object] = {"password_hash": new.password_hash} if account.is_new and new.password_hash else {}
    await mail_code(conn, new.email, facts=facts, now=now)
    return account.is_new


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
