"""A company changes where its freelancer is reached (M, "Запрос кода для изменения контактных данных")."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.freelancers.errors import ContactsNotShared
from artel.freelancers.invitation_mail import PURPOSE, mail_invitation
from artel.freelancers.queries import FreelancerRow
from artel.operations import audit
from artel.people.links import void_links
from artel.people.new_contacts import ask_for_new_contacts, take_new_contact


async def request_contact_code(
    conn: Connection,
    freelancer: FreelancerRow,
    *,
    email: str | None,
    phone: str | None,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> Refused | None:
    """Have codes sent to the new address and the new number. A refusal that counts is returned, not raised.

    Refuses: ContactsNotShared for who has not said yes to the company; what `ask_for_new_contacts` refuses.
    """
    require_shared(freelancer)
    refusal = await ask_for_new_contacts(conn, freelancer.id, email=email, phone=phone, company_id=company_id, now=now)
    if refusal is not None:
        return refusal
    await audit.record(
        conn,
        "freelancer.contact_code_requested",
        subject="freelancer",
        subject_id=freelancer.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        email=bool(email),
        phone=bool(phone),
    )
    return None


async def change_contact(
    conn: Connection,
    freelancer: FreelancerRow,
    *,
    code: str,
    company_id: int,
    actor_id: int,
    base_url: str,
    now: datetime,
) -> Refused | None:
    """Change what the code proves. A refusal that counts is returned, not raised.

    An invitation sent to the old address is void; who has not registered is invited anew at the new one, where the
    company had an invitation sent.
    Refuses: ContactsNotShared; what `take_new_contact` refuses.
    """
    require_shared(freelancer)
    company_name: str = await fetch_value(
        conn, "SELECT brand_name FROM company WHERE id = %(company)s", {"company": company_id}
    )
    changed = await take_new_contact(
        conn,
        freelancer.id,
        code=code,
        company_id=company_id,
        company_name=company_name,
        actor_id=actor_id,
        now=now,
    )
    if isinstance(changed, Refused):
        return changed
    if changed.email is None:
        return None
    await void_links(conn, freelancer.id, purpose=PURPOSE, now=now)
    if freelancer.registered_at is None and freelancer.invite_sent_at is not None:
        await mail_invitation(
            conn,
            person_id=freelancer.id,
            person_uuid=freelancer.uuid,
            email=changed.email,
            company_id=company_id,
            company_name=company_name,
            is_registered=False,
            language=freelancer.language,
            base_url=base_url,
            now=now,
        )
    return None


def require_shared(freelancer: FreelancerRow) -> None:
    """Knowing an address is enough to invite it, and must not be enough to move somebody's account.

    Refuses: ContactsNotShared.
    """
    if not freelancer.shares_contacts:
        raise ContactsNotShared
