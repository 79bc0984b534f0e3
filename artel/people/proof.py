"""Proving to be somebody by a password: counted, equally slow for everybody, never while a transaction is open.

Hashing takes some 20 ms of a processor. So this takes the database and not a connection, opens its own short
transactions, and is called before the one in which something is done with the proof.
"""

from datetime import datetime

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one
from artel.operations.rate_limits import Limit, count_hits, name_key, network_of, take_back_hits
from artel.people.errors import CredentialsWrong
from artel.people.passwords import is_password_right

# Wrong passwords: for one account in a quarter of an hour; from one address, behind which a whole office may be, in
# five minutes.
MOST_FOR_ACCOUNT = 20
ACCOUNT_WINDOW_S = 900
MOST_FROM_ADDRESS = 300
ADDRESS_WINDOW_S = 300


class Proof(msgspec.Struct, frozen=True):
    """Whoever called knows this person's password, or did a moment ago: `lock_proven` looks again."""

    person_id: int
    password_hash: str
    limits: tuple[Limit, ...]


class Proven(msgspec.Struct, frozen=True):
    """The person's row, held by this transaction."""

    id: int
    username: str
    language: str
    phone: str | None
    two_factor: str
    totp_secret: str | None
    totp_last_step: int | None


class Account(msgspec.Struct, frozen=True):
    """Whose password is to be checked. Nobody's has no id and no hash, and is counted by `key` all the same."""

    key: str
    id: int | None = None
    password_hash: str | None = None


async def account_named(database: Database, username: str) -> Account:
    """By user name; by e-mail address unless that is another's user name; else nobody's."""
    username = username.strip()
    nobody = Account(f"name:{name_key(username)}")
    if "\0" in username:  # PostgreSQL has no text with it in
        return nobody
    async with database.connection() as conn:
        account = await fetch_one(
            conn,
            Account,
            """
            SELECT id::text AS key, id, password_hash
            FROM person
            WHERE lower(username) = lower(%(name)s) OR lower(email) = lower(%(name)s)
            ORDER BY lower(username) = lower(%(name)s) DESC
            LIMIT 1
            """,
            {"name": username},
        )
    return account or nobody


async def account_at(database: Database, email: str) -> Account:
    """By e-mail address alone; else nobody's. Somebody's try by user name and by address count together."""
    async with database.connection() as conn:
        account = await fetch_one(
            conn,
            Account,
            "SELECT id::text AS key, id, password_hash FROM person WHERE lower(email) = lower(%(email)s)",
            {"email": email},
        )
    return account or Account(f"name:{name_key(email)}")


async def account_of(database: Database, person_id: int) -> Account:
    """Of somebody signed in."""
    async with database.connection() as conn:
        account = await fetch_one(
            conn,
            Account,
            "SELECT id::text AS key, id, password_hash FROM person WHERE id = %(id)s",
            {"id": person_id},
        )
    if account is None:
        raise CredentialsWrong
    return account


async def prove_password(database: Database, account: Account, password: str, *, address: str, now: datetime) -> Proof:
    """Check an account's password.

    The try is counted before the password is looked at, so that guesses sent at once count too, and a user name
    that does not exist is counted like one that does. `settle` takes the count back for who was right.
    Refuses: TooMany; CredentialsWrong.
    """
    limits = await count_try(database, account, address=address, now=now)
    is_right = await is_password_right(password, account.password_hash)
    if account.id is None or account.password_hash is None or not is_right:
        raise CredentialsWrong
    return Proof(account.id, account.password_hash, limits)


async def count_try(database: Database, account: Account, *, address: str, now: datetime) -> tuple[Limit, ...]:
    """Count a try to be this account's holder, committed at once; answers what to take back. Refuses: TooMany."""
    limits = (
        Limit(f"login:{account.key}", MOST_FOR_ACCOUNT, ACCOUNT_WINDOW_S),
        Limit(f"login-from:{network_of(address)}", MOST_FROM_ADDRESS, ADDRESS_WINDOW_S),
    )
    async with database.transaction() as conn:
        refusal = await count_hits(conn, *limits, now=now)
    if refusal:
        raise refusal
    return limits


async def lock_proven(conn: Connection, proof: Proof) -> Proven:
    """Take the person's row and look again. Refuses: CredentialsWrong where the password was changed meanwhile."""
    person = await fetch_one(
        conn,
        Proven,
        """
        SELECT id, username, language, phone, two_factor, totp_secret, totp_last_step
        FROM person
        WHERE id = %(id)s AND password_hash = %(hash)s
        FOR NO KEY UPDATE
        """,
        {"id": proof.person_id, "hash": proof.password_hash},
    )
    if person is None:
        raise CredentialsWrong
    return person


async def lock_provable(conn: Connection, person_id: int) -> Proven:
    """The row of somebody who is to prove themselves by a code, held: of two who spend one code the second finds it
    spent."""
    person = await fetch_one(
        conn,
        Proven,
        """
        SELECT id, username, language, phone, two_factor, totp_secret, totp_last_step
        FROM person
        WHERE id = %(id)s
        FOR NO KEY UPDATE
        """,
        {"id": person_id},
    )
    assert person is not None, "people are not deleted"
    return person


async def settle(conn: Connection, proof: Proof) -> None:
    """The try was no guess: it does not count. Last in its transaction, as others wait for the counts."""
    await take_back_hits(conn, *proof.limits)
