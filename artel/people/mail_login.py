"""Signing in with an e-mail address and a code mailed to it, or the password (time-api.md "Login").

Whether an address has an account is not told: an unknown one is answered, counted and refused like a known one.
"""

import contextlib
from datetime import datetime

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one
from artel.errors import Refused, TooMany
from artel.operations.rate_limits import Limit, count_hits, name_key, network_of, take_back_hits
from artel.people.codes import DIGITS, give_back_code, send_code, spend_code
from artel.people.contacts import clean_email
from artel.people.errors import CodeRefused, CredentialsWrong, SecondFactorNeeded, SignInWrong
from artel.people.login import admit, pass_second_factor
from artel.people.passwords import SHORTEST
from artel.people.profiles import choose_first_password, confirm_email
from artel.people.proof import Account, Proof, Proven, account_at, count_try, lock_provable, lock_proven, prove_password
from artel.people.sessions import Tokens, WireName
from artel.people.two_factor import CodeAsked

# Not the purpose of the second factor's code: a code by SMS alone signs nobody in.
PURPOSE = "mail_login"
# Requests in ten minutes: for one mailbox, one a minute; from one address, behind which a whole office may be.
MOST_TO_MAILBOX = 10
MOST_FROM_ADDRESS = 100
WINDOW_S = 600
# After how many seconds it makes sense to ask for another code.
COUNTDOWN_S = WINDOW_S // MOST_TO_MAILBOX


class SignedIn(msgspec.Struct, frozen=True):
    person_id: int
    tokens: Tokens


async def ask_for_code(database: Database, *, email: str, address: str, now: datetime) -> None:
    """Mail a sign-in code to whoever has this address. One that nobody has gets nothing, and no account.

    Refuses: EmailInvalid; TooMany, by mailbox and by address.
    """
    email = clean_email(email)
    await count_request(database, email, address=address, now=now)
    async with database.transaction() as conn:
        await mail_code(conn, email, now=now)


async def count_request(database: Database, email: str, *, address: str, now: datetime) -> None:
    """Count a request for mail to this address, committed at once. Refuses: TooMany."""
    async with database.transaction() as conn:
        refusal = await count_hits(
            conn,
            Limit(f"mail-login:{name_key(email)}", MOST_TO_MAILBOX, WINDOW_S),
            Limit(f"mail-login-from:{network_of(address)}", MOST_FROM_ADDRESS, WINDOW_S),
            now=now,
        )
    if refusal:
        raise refusal


class _Mailbox(msgspec.Struct):
    id: int
    email: str
    language: str


async def mail_code(conn: Connection, email: str, *, facts: dict[str, object] | None = None, now: datetime) -> None:
    """Send a code to the account at this address, where there is one. With `password_hash` in its facts the code sets
    a first password. A mailbox that gets too many letters gets none."""
    holder = await fetch_one(
        conn,
        _Mailbox,
        "SELECT id, email, language FROM person WHERE lower(email) = lower(%(email)s)",
        {"email": email},
    )
    if holder is None:
        return
    # One too many is not mailed, and not told either: of an address without an account there is none too many.
    with contextlib.suppress(TooMany):
        await send_code(
            conn,
            purpose=PURPOSE,
            person_id=holder.id,
            channel="email",
            to=holder.email,
            language=holder.language,
            facts=facts,
            now=now,
        )


def is_code(given: str) -> bool:
    """Whether this is a mailed code and not a password: six digits, perhaps parted; no password is as short."""
    digits = "".join(given.split())
    return len(given.strip()) < SHORTEST and len(digits) == DIGITS and digits.isascii() and digits.isdecimal()


async def sign_in_by_mail(
    database: Database,
    *,
    email: str,
    password: str,
    code: str | None,
    secret: str,
    lifetime_s: int,
    address: str,
    user_agent: str | None,
    wire: WireName,
    now: datetime,
) -> SignedIn:
    """Open a session for an e-mail address and its mailed code or password.

    With a second factor on either of them is the first: its own code comes as `code`. Without it none is opened, the
    mailed code stays good, and an SMS goes out where that is the factor.
    Takes the database, as the tries are counted in transactions of their own (see proof).
    Refuses: EmailInvalid; SignInWrong; SecondFactorNeeded; CodeWrong, CodeExpired for the second factor's; TooMany.
    """
    account = await account_at(database, clean_email(email))
    claim = await claim_account(database, account, password, address=address, now=now)
    outcome: SignedIn | CodeAsked | Refused
    async with database.transaction() as conn:
        person = await lock_claimed(conn, claim)
        facts = await spend_first_factor(conn, claim, now=now)
        if isinstance(facts, SignInWrong):
            outcome = facts
        elif waits := await pass_second_factor(conn, person, code=code, address=address, now=now):
            outcome = waits
            if claim.mailed_code is not None:
                await give_back_code(conn, purpose=PURPOSE, person_id=person.id)
        else:
            if claim.mailed_code is not None:
                await note_mailbox(conn, person, facts, now=now)
            tokens = await admit(
                conn,
                person.id,
                secret=secret,
                lifetime_s=lifetime_s,
                address=address,
                user_agent=user_agent,
                wire=wire,
                now=now,
            )
            outcome = SignedIn(person.id, tokens)
        if not isinstance(outcome, Refused):
            await take_back_hits(conn, *claim.limits)  # last, as others wait for the counts
    # Only now, as what was counted has to stay.
    if isinstance(outcome, Refused):
        raise outcome
    if isinstance(outcome, CodeAsked):
        raise SecondFactorNeeded
    return outcome


class Claim(msgspec.Struct, frozen=True):
    """Somebody says to be this person, by a code that is still to be looked at, or by a password that was right."""

    person_id: int
    limits: tuple[Limit, ...]
    mailed_code: str | None = None
    proof: Proof | None = None


async def claim_account(database: Database, account: Account, given: str, *, address: str, now: datetime) -> Claim:
    """Count the try, and check what is given where it is a password. Refuses: TooMany; SignInWrong."""
    if is_code(given):
        limits = await count_try(database, account, address=address, now=now)
        if account.id is None:
            raise SignInWrong
        return Claim(account.id, limits, mailed_code=given)
    try:
        proof = await prove_password(database, account, given, address=address, now=now)
    except CredentialsWrong:
        raise SignInWrong from None
    return Claim(proof.person_id, proof.limits, proof=proof)


async def lock_claimed(conn: Connection, claim: Claim) -> Proven:
    """The person's row, held: what opens it, and whether a second factor is on, does not change any more.

    Refuses: SignInWrong where the password was changed meanwhile.
    """
    try:
        return await (lock_proven(conn, claim.proof) if claim.proof else lock_provable(conn, claim.person_id))
    except CredentialsWrong:
        raise SignInWrong from None


async def spend_first_factor(conn: Connection, claim: Claim, *, now: datetime) -> dict[str, object] | SignInWrong:
    """The facts of the mailed code, which is spent; of a password none. A refusal is returned: it was counted."""
    if claim.mailed_code is None:
        return {}
    facts = await spend_code(conn, purpose=PURPOSE, person_id=claim.person_id, code=claim.mailed_code, now=now)
    return SignInWrong() if isinstance(facts, CodeRefused) else facts


async def note_mailbox(conn: Connection, person: Proven, facts: dict[str, object], *, now: datetime) -> None:
    """The mailbox is theirs; so is the password that was typed when this very code was asked for, if they have none."""
    await confirm_email(conn, person.id, now=now)
    if password_hash := facts.get("password_hash"):
        await choose_first_password(conn, person.id, password_hash=str(password_hash), language=person.language)
