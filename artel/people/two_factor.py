"""The second factor: a code by SMS, or of an authenticator app (TOTP, RFC 6238)."""

import hmac
from datetime import datetime
from typing import Literal

import msgspec
import pyotp

from artel import clock
from artel.db.pool import Connection, Database
from artel.errors import Refused
from artel.operations import audit
from artel.operations.rate_limits import Limit, count_hits, take_back_hits
from artel.people.codes import plain_code, send_code, spend_code
from artel.people.errors import CodeExpired, CodeRefused, CodeWrong, PhoneMissing, TwoFactorOff, TwoFactorOn
from artel.people.proof import Proven, account_of, lock_proven, prove_password, settle

Kind = Literal["sms", "google"]
ISSUER = "Artel"
STEP_S = 30
TURNING_ON = "two_factor_on"
TURNING_OFF = "two_factor_off"
MOST_TOTP_GUESSES = 5
TOTP_WINDOW_S = 600


class CodeAsked(msgspec.Struct, frozen=True):
    """A code is wanted now. `number` is where the SMS went, masked; None for an authenticator.

    `secret` and `uri` are what a new authenticator is set up with; shown this once.
    """

    kind: Kind
    number: str | None = None
    secret: str | None = None
    uri: str | None = None


def mask_number(phone: str) -> str:
    """A phone number of which the last four digits can be read."""
    return "+" + "*" * (len(phone) - 4) + phone[-4:]


async def ask_second_factor(
    conn: Connection, person: Proven, *, purpose: str, address: str, now: datetime
) -> CodeAsked:
    """Have a code come to somebody whose second factor is on. Refuses: TooMany."""
    if person.two_factor == "google":
        return CodeAsked("google")
    return await ask_by_sms(conn, person, purpose=purpose, address=address, now=now)


async def ask_by_sms(
    conn: Connection, person: Proven, *, purpose: str, now: datetime, address: str | None = None
) -> CodeAsked:
    """Send a code to somebody's phone. `address` is whoever's who asks for it. Refuses: PhoneMissing; TooMany."""
    if person.phone is None:
        raise PhoneMissing
    await send_code(
        conn,
        purpose=purpose,
        person_id=person.id,
        channel="sms",
        to=person.phone,
        language=person.language,
        now=now,
        address=address,
    )
    return CodeAsked("sms", mask_number(person.phone))


async def take_second_factor(
    conn: Connection, person: Proven, *, purpose: str, code: str, now: datetime
) -> Refused | None:
    """Spend the code of somebody whose second factor is on. A refusal is returned: its count has to be committed."""
    if person.two_factor == "google":
        return await take_totp(conn, person, code=code, now=now)
    return await take_sms(conn, person, purpose=purpose, code=code, now=now)


async def take_sms(conn: Connection, person: Proven, *, purpose: str, code: str, now: datetime) -> Refused | None:
    """Spend a code sent by `ask_by_sms`; a refusal is returned."""
    answer = await spend_code(conn, purpose=purpose, person_id=person.id, code=code, now=now)
    return answer if isinstance(answer, CodeRefused) else None


async def take_totp(conn: Connection, person: Proven, *, code: str, now: datetime) -> Refused | None:
    """Spend an authenticator's code: that of this half minute or a neighbour, none that was spent, none before one.

    The caller holds the person's row, so of two with one code the second finds it spent.
    """
    if person.totp_secret is None:
        return CodeExpired()
    limit = Limit(f"totp:{person.id}", MOST_TOTP_GUESSES, TOTP_WINDOW_S)
    refusal = await count_hits(conn, limit, now=now)
    if refusal:
        return refusal
    step = matching_step(person.totp_secret, code, clock.outside_now())
    if step is None or step <= (person.totp_last_step or 0):
        return CodeWrong()
    await conn.execute(
        "UPDATE person SET totp_last_step = %(step)s WHERE id = %(person)s", {"person": person.id, "step": step}
    )
    await take_back_hits(conn, limit)
    return None


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The half minute since 1970 whose code this is, of the three around `at`."""
    totp, given, current = pyotp.TOTP(secret), plain_code(code).encode(), int(at.timestamp()) // STEP_S
    steps = [
        step
        for step in (current - 1, current, current + 1)
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), given)
    ]
    return max(steps, default=None)


async def turn_on_two_factor(
    database: Database, *, person_id: int, kind: Kind, password: str, code: str | None, address: str, now: datetime
) -> CodeAsked | None:
    """Have a second factor from now on. Without a code it is prepared and one is asked for; with it, it is on.

    Refuses: TooMany, CredentialsWrong, TwoFactorOn, PhoneMissing; CodeWrong, CodeExpired.
    """
    proof = await prove_password(database, await account_of(database, person_id), password, address=address, now=now)
    outcome: CodeAsked | Refused | None
    async with database.transaction() as conn:
        person = await lock_proven(conn, proof)
        if person.two_factor != "none":
            raise TwoFactorOn
        if code is None:
            outcome = await prepare(conn, person, kind=kind, address=address, now=now)
        else:
            outcome = await take_first_code(conn, person, kind=kind, code=code, now=now)
        await settle(conn, proof)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


async def prepare(conn: Connection, person: Proven, *, kind: Kind, address: str, now: datetime) -> CodeAsked:
    if kind == "sms":
        return await ask_by_sms(conn, person, purpose=TURNING_ON, address=address, now=now)
    return await prepare_authenticator(conn, person)


async def take_first_code(conn: Connection, person: Proven, *, kind: Kind, code: str, now: datetime) -> Refused | None:
    """Turn the second factor on where the code shows that it works; a refusal is returned."""
    refusal: Refused | None
    if kind == "sms":
        refusal = await take_sms(conn, person, purpose=TURNING_ON, code=code, now=now)
    else:
        refusal = await take_totp(conn, person, code=code, now=now)
    if refusal is None:
        await set_two_factor(conn, person, kind, now=now)
    return refusal


async def prepare_authenticator(conn: Connection, person: Proven) -> CodeAsked:
    """A new secret, worth nothing until a code of it has been given."""
    secret = pyotp.random_base32()
    await conn.execute(
        "UPDATE person SET totp_secret = %(secret)s, totp_last_step = NULL WHERE id = %(person)s",
        {"person": person.id, "secret": secret},
    )
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.username, issuer_name=ISSUER)
    return CodeAsked("google", secret=secret, uri=uri)


async def turn_off_two_factor(
    database: Database, *, person_id: int, password: str, code: str | None, address: str, now: datetime
) -> CodeAsked | None:
    """Sign in with the password alone from now on. Without a code one is asked for.

    Refuses: TooMany, CredentialsWrong, TwoFactorOff; CodeWrong, CodeExpired.
    """
    proof = await prove_password(database, await account_of(database, person_id), password, address=address, now=now)
    outcome: CodeAsked | Refused | None
    async with database.transaction() as conn:
        person = await lock_proven(conn, proof)
        if person.two_factor == "none":
            raise TwoFactorOff
        if code is None:
            outcome = await ask_second_factor(conn, person, purpose=TURNING_OFF, address=address, now=now)
        else:
            outcome = await take_second_factor(conn, person, purpose=TURNING_OFF, code=code, now=now)
            if outcome is None:
                await set_two_factor(conn, person, "none", now=now)
        await settle(conn, proof)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


async def set_two_factor(conn: Connection, person: Proven, kind: str, *, now: datetime) -> None:
    await conn.execute(
        """
        UPDATE person
        SET two_factor = %(kind)s, totp_secret = CASE WHEN %(kind)s = 'google' THEN totp_secret END
        WHERE id = %(person)s
        """,
        {"person": person.id, "kind": kind},
    )
    await audit.record(
        conn,
        "two_factor_changed",
        subject="person",
        subject_id=person.id,
        actor_id=person.id,
        company_id=None,
        now=now,
        kind=kind,
    )
