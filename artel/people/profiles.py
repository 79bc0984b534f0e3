"""Accounts made for people, and the personal data they give."""

import uuid
from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value

# Of the spare numbers so many may be taken before one in the usual order is given.
TRIES_FOR_A_NUMBER = 8


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's personal data. Countries are ISO 3166-1 alpha-2; the phone is E.164's digits without the plus."""

    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    phone: str | None = None
    birth_date: date | None = None
    birth_country: str | None = None
    citizenship: str | None = None
    country: str | None = None
    state: str | None = None
    city: str | None = None
    address: str | None = None
    postal_code: str | None = None


class Account(msgspec.Struct, frozen=True):
    id: int
    uuid: uuid.UUID
    email: str
    is_new: bool


async def find_or_add_person(
    conn: Connection, *, email: str, profile: Profile, language: str, now: datetime, is_secret: bool = False
) -> Account:
    """The account of this address, made with `profile` where there is none; what is there already stays as it is.

    Callers at the same moment get one account: the second waits on the unique index for the first. The row stays
    share-locked, so that what the caller derives from its names is not overtaken by a change of them. With
    `is_secret` the number of a new account does not tell that it is new.
    """
    account = None
    for _ in range(TRIES_FOR_A_NUMBER if is_secret else 0):
        number = await spare_number(conn)
        if number is None:
            continue
        account = await _find_or_add(conn, number, email, profile, language, now)
        if account is not None:
            break
    account = account or await _find_or_add(conn, None, email, profile, language, now)
    if account is None:
        raise LookupError("an account that was just found or made is gone")
    return account


async def spare_number(conn: Connection) -> int | None:
    """One that was left out when accounts made before got theirs, if nobody has been given it since (0018).

    None where a call at the same moment is about to give it: two who make accounts do not wait for one another.
    """
    number: int | None = await fetch_value(
        conn,
        """
        WITH picked AS MATERIALIZED (
            SELECT s.seqstart + floor(random() * (b.last_value - s.seqstart + 1))::bigint AS block
            FROM person_block AS b, pg_sequence AS s
            WHERE s.seqrelid = 'person_block'::regclass
        ),
        spare AS MATERIALIZED (
            SELECT block * 4 + ((person_number(block) + 1 + floor(random() * 3)::bigint) & 3) AS number
            FROM picked
        )
        SELECT number
        FROM spare
        WHERE pg_try_advisory_xact_lock(hashtextextended('person_number:' || number, 0))
        """,
    )
    return number


async def _find_or_add(
    conn: Connection, number: int | None, email: str, profile: Profile, language: str, now: datetime
) -> Account | None:
    """None where the number is somebody's; without one, the next in order is taken."""
    added = await fetch_value(
        conn,
        """
        INSERT INTO person (
            id, email, username, language, created_at, first_name, middle_name, last_name, phone, birth_date,
            birth_country, citizenship, country, state, city, address, postal_code
        )
        SELECT
            coalesce(%(number)s::bigint, person_number(nextval('person_block'))), %(email)s,
            -- Somebody else may have chosen this address as their user name; a name nobody has takes its place.
            CASE WHEN taken.id IS NULL THEN %(email)s ELSE %(spare_name)s END,
            %(language)s, %(now)s, %(first_name)s, %(middle_name)s, %(last_name)s, %(phone)s, %(birth_date)s,
            %(birth_country)s, %(citizenship)s, %(country)s, %(state)s, %(city)s, %(address)s, %(postal_code)s
        FROM (VALUES (1)) AS one
        LEFT JOIN person AS taken ON lower(taken.username) = lower(%(email)s)
        -- The user name is the address, so two at once may meet at either index.
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        {
            **msgspec.structs.asdict(profile),
            "number": number,
            "email": email,
            "spare_name": uuid.uuid4().hex,
            "language": language,
            "now": now,
        },
    )
    return await fetch_one(
        conn,
        Account,
        """
        SELECT id, uuid, email, id IS NOT DISTINCT FROM %(added)s::bigint AS is_new
        FROM person
        WHERE lower(email) = lower(%(email)s)
        FOR SHARE
        """,
        {"email": email, "added": added},
    )


async def lock_profile(conn: Connection, person_id: int) -> Profile:
    """Somebody's personal data as they are, and as they stay until they are written."""
    profile = await fetch_one(
        conn,
        Profile,
        """
        SELECT first_name, middle_name, last_name, phone, birth_date, birth_country, citizenship, country, state, city,
            address, postal_code
        FROM person
        WHERE id = %(person)s
        FOR NO KEY UPDATE
        """,
        {"person": person_id},
    )
    if profile is None:
        raise LookupError("people are not deleted")
    return profile


async def fill_profile(conn: Connection, person_id: int, profile: Profile) -> None:
    """Replace somebody's personal data. A new phone is unconfirmed."""
    await conn.execute(
        """
        UPDATE person
        SET first_name = %(first_name)s, middle_name = %(middle_name)s, last_name = %(last_name)s,
            phone_confirmed_at = CASE WHEN phone IS NOT DISTINCT FROM %(phone)s THEN phone_confirmed_at END,
            phone = %(phone)s, birth_date = %(birth_date)s, birth_country = %(birth_country)s,
            citizenship = %(citizenship)s, country = %(country)s, state = %(state)s, city = %(city)s,
            address = %(address)s, postal_code = %(postal_code)s
        WHERE id = %(person)s
        """,
        {**msgspec.structs.asdict(profile), "person": person_id},
    )


async def speak(conn: Connection, person_id: int, language: str) -> None:
    """Write to somebody in EN or RU from now on."""
    await conn.execute(
        "UPDATE person SET language = %(language)s WHERE id = %(person)s", {"language": language, "person": person_id}
    )


async def confirm_email(conn: Connection, person_id: int, *, now: datetime) -> None:
    """Note that the person has shown to have their mailbox. The first time counts."""
    await conn.execute(
        "UPDATE person SET email_confirmed_at = coalesce(email_confirmed_at, %(now)s) WHERE id = %(person)s",
        {"person": person_id, "now": now},
    )


async def choose_first_password(conn: Connection, person_id: int, *, password_hash: str, language: str) -> bool:
    """Set the password of somebody who has none yet. False: they have one, and it stays."""
    cursor = await conn.execute(
        """
        UPDATE person
        SET password_hash = %(hash)s, language = %(language)s
        WHERE id = %(person)s AND password_hash IS NULL
        """,
        {"person": person_id, "hash": password_hash, "language": language},
    )
    return cursor.rowcount == 1
