"""A new e-mail address for oneself: proven by a code sent there, then changed.

Whether the address is somebody else's already, only that code tells: who can read it, knows it anyway.
"""

import uuid
from datetime import datetime

from artel.db.pool import Connection
from artel.errors import Refused
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.people.codes import LIFETIME, send_code, spend_code, void_codes
from artel.people.contacts import clean_email
from artel.people.errors import CodeRefused, CodeWrong, EmailNotUsable
from artel.people.new_contacts import lock_holder, mask_email, move_email
from artel.people.sessions import end_sessions_of

PURPOSE = "own_email"


async def ask_for_own_email(conn: Connection, person_id: int, *, email: str, address: str, now: datetime) -> datetime:
    """Send a code to the address wanted; answers until when it works. Codes asked for before are void.

    Refuses: EmailInvalid; TooMany, by person, by mailbox and by `address`, from which it is asked.
    """
    email = clean_email(email)
    holder = await lock_holder(conn, person_id)
    await send_code(
        conn,
        purpose=PURPOSE,
        person_id=person_id,
        channel="email",
        to=email,
        language=holder.language,
        facts={"email": email},
        address=address,
        now=now,
    )
    return now + LIFETIME


async def take_own_email(
    conn: Connection, person_id: int, *, email: str, code: str, session_id: uuid.UUID, now: datetime
) -> Refused | None:
    """Have the address that this code was sent to. The person's other sessions end; the old address is told.

    A refusal is returned, so that the edge commits the count of tries and then raises it.
    Refuses: CodeWrong, also for the code of another address, which is spent then; CodeExpired; EmailNotUsable where
    somebody else has the address.
    """
    holder = await lock_holder(conn, person_id)
    facts = await spend_code(conn, purpose=PURPOSE, person_id=person_id, code=code, now=now)
    if isinstance(facts, CodeRefused):
        return facts
    proven = str(facts["email"])
    if proven.lower() != email.strip().lower():
        return CodeWrong()
    if not await move_email(conn, holder, proven, now=now):
        return EmailNotUsable()
    await end_sessions_of(
        conn, person_id=person_id, but=session_id, reason="e-mail changed", actor_id=person_id, now=now
    )
    if proven.lower() != holder.email.lower():
        await void_codes(conn, person_id, sent_to=holder.email, now=now)
        await send_letter(
            conn, "own_email_changed", to=holder.email, language=holder.language, new=mask_email(proven), now=now
        )
    await audit.record(
        conn,
        "contact_changed",
        subject="person",
        subject_id=person_id,
        actor_id=person_id,
        company_id=None,
        now=now,
        what="email",
    )
    return None
