"""Signing in with a password, and a code where a second factor is on (operation 1 of the customer API)."""

from datetime import datetime

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.operations import audit
from artel.people.errors import CodeExpired, CredentialsWrong
from artel.people.proof import Account, Proof, Proven, account_named, lock_proven, prove_password, settle
from artel.people.sessions import Tokens, WireName, open_session
from artel.people.two_factor import CodeAsked, ask_second_factor, take_second_factor

PURPOSE = "login"


async def sign_in(
    database: Database,
    *,
    username: str,
    password: str,
    code: str | None,
    secret: str,
    lifetime_s: int,
    address: str,
    user_agent: str | None,
    now: datetime,
) -> Tokens | CodeAsked:
    """Open a session for a user name or e-mail address and its password, in the person's default company.

    With a second factor on and no code given none is opened: a code is asked for, and the SMS goes out.
    Takes the database, as the tries are counted in transactions of their own (see proof).
    Refuses: CredentialsWrong; CodeWrong, CodeExpired; TooMany, by account and by address.
    """
    proof = await prove_password(database, await account_named(database, username), password, address=address, now=now)
    outcome: Tokens | CodeAsked | Refused | None
    async with database.transaction() as conn:
        person = await lock_proven(conn, proof)
        outcome = await pass_second_factor(conn, person, code=code, address=address, now=now)
        if outcome is None:
            outcome = await admit(
                conn, person.id, secret=secret, lifetime_s=lifetime_s, address=address, user_agent=user_agent, now=now
            )
        if not isinstance(outcome, Refused):
            await settle(conn, proof)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


async def finish_sign_in(
    database: Database,
    account: Account,
    *,
    code: str,
    secret: str,
    lifetime_s: int,
    address: str,
    user_agent: str | None,
    now: datetime,
) -> Tokens:
    """The second half of a sign-in in two steps: the caller knows that the account's password was right a moment ago.

    Refuses: CredentialsWrong where the password was changed since; CodeWrong, CodeExpired; TooMany.
    """
    if account.id is None or account.password_hash is None:
        raise CredentialsWrong
    async with database.transaction() as conn:
        person = await lock_proven(conn, Proof(account.id, account.password_hash, ()))
        refusal = await pass_second_factor(conn, person, code=code, address=address, now=now)
        if refusal is None:
            return await admit(
                conn, person.id, secret=secret, lifetime_s=lifetime_s, address=address, user_agent=user_agent, now=now
            )
    # Only now, as the attempt has to stay counted.
    raise refusal if isinstance(refusal, Refused) else CodeExpired


async def pass_second_factor(
    conn: Connection, person: Proven, *, code: str | None, address: str, now: datetime
) -> CodeAsked | Refused | None:
    if person.two_factor == "none":
        return None
    if code is None:
        return await ask_second_factor(conn, person, purpose=PURPOSE, address=address, now=now)
    return await take_second_factor(conn, person, purpose=PURPOSE, code=code, now=now)


async def admit(
    conn: Connection,
    person_id: int,
    *,
    secret: str,
    lifetime_s: int,
    address: str,
    user_agent: str | None,
    now: datetime,
    wire: WireName = "customer",
) -> Tokens:
    company_id = await fetch_value(
        conn,
        """
        SELECT company_id
        FROM company_member
        WHERE person_id = %(person)s AND ended_at IS NULL
        ORDER BY is_default DESC, company_id
        LIMIT 1
        """,
        {"person": person_id},
    )
    await audit.record(
        conn,
        "signed_in",
        subject="person",
        subject_id=person_id,
        actor_id=person_id,
        company_id=company_id,
        now=now,
    )
    return await open_session(
        conn,
        person_id=person_id,
        company_id=company_id,
        secret=secret,
        lifetime_s=lifetime_s,
        now=now,
        address=address,
        user_agent=user_agent,
        wire=wire,
    )
