"""A new e-mail address or phone number for somebody, asked for by another: proven by a code sent there, then changed.

Each address gets a code of its own and changes when that code comes back, so that nothing changes that is not proven.
What hung on the old one goes with it: sessions and codes, and the user name where it was the address.
"""

import uuid
from datetime import datetime
from typing import Any

import msgspec
from psycopg.errors import UniqueViolation

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import Refused
from artel.notifications.rules import send_letter, send_sms
from artel.operations import audit
from artel.operations.rate_limits import Limit, count_hits
from artel.people.codes import send_code, spend_code, void_codes
from artel.people.contacts import clean_email, clean_phone
from artel.people.errors import (
    CodeExpired,
    CodeRefused,
    CodeWrong,
    ContactNotNamed,
    ContactsTheirOwn,
    EmailNotUsable,
    PhoneIsSecondFactor,
)
from artel.people.sessions import end_sessions_of
from artel.people.two_factor import mask_number

# The purposes of the codes.
NEW_EMAIL = "new_email"
NEW_PHONE = "new_phone"
# Requests of one company in ten minutes, those refused too: which addresses have accounts is not to be tried out.
MOST_FOR_COMPANY = 100
WINDOW_S = 600
PHONE_CHANGED = {
    "EN": "{company} has changed the phone number of your Artel account to {new}. If this was not agreed with you, "
    "tell {company} at once.",
    "RU": "{company} изменила номер телефона вашего аккаунта Artel на {new}. Если вы об этом не договаривались, "
    "сразу сообщите {company}.",
}


class _Holder(msgspec.Struct):
    id: int
    email: str
    phone: str | None
    language: str
    two_factor: str
    runs_something: bool


class Changed(msgspec.Struct, frozen=True):
    """What is new: the address or the number, the other is None."""

    email: str | None = None
    phone: str | None = None


async def ask_for_new_contacts(
    conn: Connection, person_id: int, *, email: str | None, phone: str | None, company_id: int, now: datetime
) -> Refused | None:
    """Send a code to each address given. Codes asked for before are void.

    Refuses: ContactNotNamed, EmailInvalid, PhoneInvalid; ContactsTheirOwn; PhoneIsSecondFactor; TooMany, counting by
    company, person and recipient; EmailNotUsable. The last two are returned: the edge commits the count and then
    raises it.
    """
    if not email and not phone:
        raise ContactNotNamed
    new_email = clean_email(email) if email else None
    new_phone = clean_phone(phone) if phone else None
    holder = await lock_holder(conn, person_id)
    refuse_change(holder, new_phone)
    refusal = await count_hits(conn, Limit(f"new-contacts:{company_id}", MOST_FOR_COMPANY, WINDOW_S), now=now)
    if refusal:
        return refusal
    if new_email is not None and await is_taken(conn, new_email, person_id):
        return EmailNotUsable()
    await void_codes(conn, person_id, purposes=(NEW_EMAIL, NEW_PHONE), now=now)
    facts: dict[str, object] = {"company": company_id}
    about: dict[str, Any] = {"person_id": person_id, "language": holder.language, "now": now}
    if new_email is not None:
        await send_code(
            conn, purpose=NEW_EMAIL, channel="email", to=new_email, facts={**facts, "email": new_email}, **about
        )
    if new_phone is not None:
        await send_code(
            conn, purpose=NEW_PHONE, channel="sms", to=new_phone, facts={**facts, "phone": new_phone}, **about
        )
    return None


async def take_new_contact(
    conn: Connection,
    person_id: int,
    *,
    code: str,
    company_id: int,
    company_name: str,
    actor_id: int,
    now: datetime,
) -> Changed | Refused:
    """Change the address that this code was sent to, and tell the old one.

    A refusal is returned, so that the edge commits the count of tries and then raises it.
    Refuses: CodeWrong, CodeExpired; EmailNotUsable for an address that somebody else has taken since; ContactsTheirOwn
    and PhoneIsSecondFactor, for who has become such a person since.
    """
    holder = await lock_holder(conn, person_id)
    facts = await spend_either(conn, person_id, code=code, now=now)
    if isinstance(facts, CodeRefused):
        return facts
    if facts["company"] != company_id:
        return CodeWrong()
    changed = Changed(**{name: str(facts[name]) for name in ("email", "phone") if name in facts})
    refuse_change(holder, changed.phone)
    told = {"company": company_name, "language": holder.language}
    if changed.email is not None:
        if not await move_email(conn, holder, changed.email, now=now):
            return EmailNotUsable()
        await end_sessions_of(conn, person_id=person_id, reason="e-mail changed", actor_id=actor_id, now=now)
        await void_codes(conn, person_id, sent_to=holder.email, now=now)
        await send_letter(conn, "email_changed", to=holder.email, new=mask_email(changed.email), now=now, **told)
    if changed.phone is not None:
        await conn.execute(
            "UPDATE person SET phone = %(phone)s, phone_confirmed_at = %(now)s WHERE id = %(person)s",
            {"phone": changed.phone, "person": person_id, "now": now},
        )
        new = mask_number(changed.phone)
        if holder.phone is not None and holder.phone != changed.phone:
            await void_codes(conn, person_id, sent_to=holder.phone, now=now)
            text = PHONE_CHANGED[holder.language].format(company=company_name, new=new)
            await send_sms(conn, to=holder.phone, text=text, now=now)
        await send_letter(conn, "phone_changed", to=holder.email, new=new, now=now, **told)
    await audit.record(
        conn,
        "contact_changed",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        what="email" if changed.email else "phone",
    )
    return changed


async def lock_holder(conn: Connection, person_id: int) -> _Holder:
    """The person's row, held: changes and guesses come one after the other."""
    holder = await fetch_one(
        conn,
        _Holder,
        """
        SELECT p.id, p.email, p.phone, p.language, p.two_factor,
            p.is_operator OR EXISTS (
                SELECT FROM company_member AS m WHERE m.person_id = p.id AND m.ended_at IS NULL
            ) AS runs_something
        FROM person AS p
        WHERE p.id = %(person)s
        FOR NO KEY UPDATE OF p
        """,
        {"person": person_id},
    )
    if holder is None:
        raise LookupError("people are not deleted")
    return holder


def refuse_change(holder: _Holder, new_phone: str | None) -> None:
    """Refuses: ContactsTheirOwn, PhoneIsSecondFactor."""
    if holder.runs_something:
        raise ContactsTheirOwn
    if new_phone is not None and holder.two_factor == "sms" and new_phone != holder.phone:
        raise PhoneIsSecondFactor


async def is_taken(conn: Connection, email: str, person_id: int) -> bool:
    taken: bool = await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM person WHERE lower(email) = lower(%(email)s) AND id <> %(person)s)",
        {"email": email, "person": person_id},
    )
    return taken


async def spend_either(conn: Connection, person_id: int, *, code: str, now: datetime) -> dict[str, Any] | CodeRefused:
    """Spend the code that waits for one of the two addresses. A wrong one is counted against both."""
    refusal: CodeRefused = CodeExpired()
    for purpose in (NEW_EMAIL, NEW_PHONE):
        answer = await spend_code(conn, purpose=purpose, person_id=person_id, code=code, now=now)
        if not isinstance(answer, CodeRefused):
            return answer
        if isinstance(answer, CodeWrong):
            refusal = answer
    return refusal


async def move_email(conn: Connection, holder: _Holder, email: str, *, now: datetime) -> bool:
    """Give somebody an address, and with it their user name where that was the old one. False: another has it.

    Of two who want one address at a moment, the second waits at the unique index and then finds it taken.
    """
    try:
        async with conn.transaction():
            await conn.execute(
                """
                UPDATE person AS p
                SET email = %(email)s,
                    email_confirmed_at = %(now)s,
                    username = CASE
                        WHEN lower(p.username) <> lower(p.email) THEN p.username
                        -- Somebody else may have chosen this address as their user name.
                        WHEN EXISTS (
                            SELECT FROM person AS o WHERE lower(o.username) = lower(%(email)s) AND o.id <> p.id
                        ) THEN %(spare_name)s
                        ELSE %(email)s
                    END
                WHERE p.id = %(person)s
                """,
                {"email": email, "now": now, "spare_name": uuid.uuid4().hex, "person": holder.id},
            )
    except UniqueViolation:
        return False
    return True


def mask_email(email: str) -> str:
    """An address of which the first letter and the domain can be read."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"
