"""People's accounts: what changes them."""

import uuid
from datetime import datetime

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one, fetch_value
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.people.contacts import clean_email, clean_phone
from artel.people.errors import EmailTaken, LanguageUnknown
from artel.people.passwords import hash_password
from artel.people.proof import account_of, lock_proven, prove_password, settle
from artel.people.sessions import end_sessions_of

LANGUAGES = ("EN", "RU")


def clean_language(language: str) -> str:
    """EN or RU, however it was capitalised. Refuses: LanguageUnknown."""
    if language.upper() not in LANGUAGES:
        raise LanguageUnknown(language)
    return language.upper()


async def create_person(
    conn: Connection,
    *,
    email: str,
    password: str | None,
    language: str,
    first_name: str,
    last_name: str,
    phone: str | None = None,
    is_operator: bool = False,
    actor_id: int | None = None,
    now: datetime,
) -> int:
    """Make an account, and answer its id. Its user name is the e-mail address; without a password nobody signs in.

    Whoever makes accounts this way (the operator, the sandbox) answers for the address and the phone, so both
    count as confirmed.
    Refuses: EmailInvalid, EmailTaken (also where it is somebody's user name), PhoneInvalid, PasswordTooShort,
    PasswordTooLong, LanguageUnknown.
    """
    person_id: int | None = await fetch_value(
        conn,
        """
        INSERT INTO person
            (email, username, password_hash, language, first_name, last_name, phone, is_operator,
             email_confirmed_at, phone_confirmed_at, created_at)
        VALUES
            (%(email)s, %(email)s, %(hash)s, %(language)s, %(first_name)s, %(last_name)s, %(phone)s, %(operator)s,
             %(now)s, CASE WHEN %(phone)s::text IS NULL THEN NULL ELSE %(now)s END, %(now)s)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        {
            "email": clean_email(email),
            "hash": None if password is None else await hash_password(password),
            "language": clean_language(language),
            "first_name": first_name,
            "last_name": last_name,
            "phone": None if phone is None else clean_phone(phone),
            "operator": is_operator,
            "now": now,
        },
    )
    if person_id is None:
        raise EmailTaken
    await audit.record(
        conn,
        "person_created",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        is_operator=is_operator,
    )
    return person_id


async def set_language(conn: Connection, *, person_id: int, language: str, now: datetime) -> None:
    """The language of everything that is said to somebody: EN or RU (M, "Смена языка"). Refuses: LanguageUnknown."""
    language = clean_language(language)
    await conn.execute(
        "UPDATE person SET language = %(language)s WHERE id = %(person)s", {"person": person_id, "language": language}
    )
    await audit.record(
        conn,
        "language_set",
        subject="person",
        subject_id=person_id,
        actor_id=person_id,
        company_id=None,
        now=now,
        language=language,
    )


async def change_password(
    database: Database,
    *,
    person_id: int,
    session_id: uuid.UUID,
    password: str,
    new_password: str,
    address: str,
    now: datetime,
) -> None:
    """Exchange one's password for another. Every other session of the person ends.

    Takes the database, as tries of the old password are counted in a transaction of their own (see proof).
    Refuses: PasswordTooShort, PasswordTooLong; TooMany, CredentialsWrong.
    """
    new_hash = await hash_password(new_password, field="new_password")
    proof = await prove_password(database, await account_of(database, person_id), password, address=address, now=now)
    async with database.transaction() as conn:
        await lock_proven(conn, proof)
        await conn.execute(
            "UPDATE person SET password_hash = %(hash)s WHERE id = %(person)s",
            {"person": person_id, "hash": new_hash},
        )
        await end_sessions_of(
            conn, person_id=person_id, but=session_id, reason="password changed", actor_id=person_id, now=now
        )
        await audit.record(
            conn,
            "password_changed",
            subject="person",
            subject_id=person_id,
            actor_id=person_id,
            company_id=None,
            now=now,
        )
        await settle(conn, proof)


async def set_password(
    conn: Connection, *, person_id: int, session_id: uuid.UUID | None, password_hash: str, now: datetime
) -> None:
    """Have this password from now on, for somebody whose session says who they are; they are told by mail.

    Every session but that one ends. The hash is made beforehand (`hash_password`), not while a transaction is open.
    """
    holder = await fetch_one(
        conn,
        _Reader,
        "UPDATE person SET password_hash = %(hash)s WHERE id = %(person)s RETURNING email, language",
        {"person": person_id, "hash": password_hash},
    )
    if holder is None:
        raise LookupError("people are not deleted")
    await end_sessions_of(
        conn, person_id=person_id, but=session_id, reason="password changed", actor_id=person_id, now=now
    )
    await send_letter(conn, "password_set", to=holder.email, language=holder.language, now=now)
    await audit.record(
        conn,
        "password_changed",
        subject="person",
        subject_id=person_id,
        actor_id=person_id,
        company_id=None,
        now=now,
    )


class _Reader(msgspec.Struct):
    email: str
    language: str
