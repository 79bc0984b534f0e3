"""Address books: adding by an address, naming, pinning, taking out.

Whoever adds an address learns nothing about it: the reply is the same whether it had an account, and an account made
here is nobody's until its owner signs in with a code sent there. No mail is sent: an address that a stranger typed has
not asked for any.
"""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from artel.contacts.errors import ContactIsOneself, ContactsFull
from artel.contacts.queries import MOST_CONTACTS
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.operations import audit
from artel.operations.rate_limits import Limit
from artel.people.contacts import clean_email
from artel.people.profiles import Profile, find_or_add_person

SHORTEST_LABEL = 2


def adding_limits(owner_id: int) -> tuple[Limit, ...]:
    """How many addresses one person may try: addresses are not to be tried out by the thousand."""
    return (
        Limit(f"contacts-hour:{owner_id}", most=60, window_s=3600),
        Limit(f"contacts-day:{owner_id}", most=200, window_s=86_400),
    )


class _Owner(msgspec.Struct):
    email: str
    language: str


async def add_contact(conn: Connection, owner_id: int, *, email: str, now: datetime) -> int:
    """Note the person of this address, whose account is made where there is none; answers the person's id.

    Adding one who is there already changes nothing; one taken out comes back as they were. Of parallel calls with one
    address each ends with the same account and the same line.
    Refuses: EmailInvalid; ContactIsOneself; ContactsFull.
    """
    email = clean_email(email)
    # One at a time for one owner, so that the book's end is kept to. Not the owner's row: two who add each other would
    # wait for one another.
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))", {"key": f"contacts:{owner_id}"})
    owner = await fetch_one(
        conn, _Owner, "SELECT email, language FROM person WHERE id = %(owner)s", {"owner": owner_id}
    )
    assert owner is not None, "who is signed in has an account"
    if email.lower() == owner.email.lower():
        raise ContactIsOneself
    account = await find_or_add_person(
        conn, email=email, profile=Profile(), language=owner.language, now=now, is_secret=True
    )
    if account.id == owner_id:  # letters that are one to the database alone
        raise ContactIsOneself
    if account.is_new:
        await note(conn, "person_created", account.id, owner_id=owner_id, now=now, subject="person")
    changed = await fetch_value(
        conn,
        """
        INSERT INTO contact AS c (owner_id, person_id, email, label, created_at, updated_at)
        VALUES (%(owner)s, %(person)s, %(email)s, %(email)s, %(now)s, %(now)s)
        ON CONFLICT (owner_id, person_id) DO UPDATE
        SET deleted_at = NULL, email = excluded.email, updated_at = excluded.updated_at
        WHERE c.deleted_at IS NOT NULL
        RETURNING id
        """,
        {"owner": owner_id, "person": account.id, "email": email, "now": now},
    )
    if changed is None:
        return account.id
    size = await fetch_value(
        conn, "SELECT count(*) FROM contact WHERE owner_id = %(owner)s AND deleted_at IS NULL", {"owner": owner_id}
    )
    if size > MOST_CONTACTS:
        raise ContactsFull(MOST_CONTACTS)
    await note(conn, "contact.added", account.id, owner_id=owner_id, now=now)
    return account.id


async def rename_contact(
    conn: Connection,
    owner_id: int,
    person_id: int,
    *,
    label: str,
    description: str | UnsetType | None = UNSET,
    now: datetime,
) -> None:
    """Write another label, and another description where one is given. Refuses: NotFound; field_invalid for a label of
    fewer than two characters beside spaces."""
    label = label.strip()
    if len(label) < SHORTEST_LABEL:
        raise Refused("field_invalid", "label")
    found = await fetch_value(
        conn,
        """
        UPDATE contact
        SET label = %(label)s, updated_at = %(now)s,
            description = CASE WHEN %(described)s THEN %(description)s ELSE description END
        WHERE owner_id = %(owner)s AND person_id = %(person)s AND deleted_at IS NULL
        RETURNING id
        """,
        {
            "owner": owner_id,
            "person": person_id,
            "label": label,
            "described": description is not UNSET,
            "description": None if description is UNSET else description,
            "now": now,
        },
    )
    if found is None:
        raise NotFound("contact")
    await note(conn, "contact.renamed", person_id, owner_id=owner_id, now=now)


async def toggle_pin(conn: Connection, owner_id: int, person_id: int, *, now: datetime) -> bool:
    """Pin a contact, or unpin a pinned one; answers whether they are pinned now. Refuses: NotFound."""
    is_pinned: bool | None = await fetch_value(
        conn,
        """
        UPDATE contact
        SET pinned_at = CASE WHEN pinned_at IS NULL THEN %(now)s::timestamptz END, updated_at = %(now)s
        WHERE owner_id = %(owner)s AND person_id = %(person)s AND deleted_at IS NULL
        RETURNING pinned_at IS NOT NULL
        """,
        {"owner": owner_id, "person": person_id, "now": now},
    )
    if is_pinned is None:
        raise NotFound("contact")
    await note(conn, "contact.pinned" if is_pinned else "contact.unpinned", person_id, owner_id=owner_id, now=now)
    return is_pinned


async def take_out(conn: Connection, owner_id: int, person_id: int, *, now: datetime) -> None:
    """Take somebody out of the book, unpinned; what was noted about them comes back with them. Refuses: NotFound."""
    found = await fetch_value(
        conn,
        """
        UPDATE contact
        SET deleted_at = %(now)s, updated_at = %(now)s, pinned_at = NULL
        WHERE owner_id = %(owner)s AND person_id = %(person)s AND deleted_at IS NULL
        RETURNING id
        """,
        {"owner": owner_id, "person": person_id, "now": now},
    )
    if found is None:
        raise NotFound("contact")
    await note(conn, "contact.taken_out", person_id, owner_id=owner_id, now=now)


async def note(
    conn: Connection, action: str, person_id: int, *, owner_id: int, now: datetime, subject: str = "contact"
) -> None:
    await audit.record(conn, action, subject=subject, subject_id=person_id, actor_id=owner_id, company_id=None, now=now)
