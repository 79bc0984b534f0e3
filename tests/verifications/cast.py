"""A freelancer on the way to being verified."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.freelancers.rules import Invitation, invite_freelancer
from artel.people.profiles import Profile
from artel.verifications.rules import (
    choose_document,
    keep_photo,
    make_verification_link,
    new_photo_key,
    reserve_photo,
    send_documents,
)
from tests import cast

PHOTO = b"\xff\xd8 what a photo's bytes are does not matter here"


async def add_freelancer(conn: Connection, company_id: int, *, now: datetime, email: str = "mila@mila.example") -> int:
    owner = await fetch_value(
        conn, "SELECT min(person_id) FROM company_member WHERE company_id = %(id)s", {"id": company_id}
    )
    if owner is None:
        owner = await cast.add_person(conn, f"owner-{company_id}@company.example", now=now)
        await cast.add_member(conn, company_id, owner, "owner", now=now)
    invited = await invite_freelancer(
        conn,
        Invitation(email=email, profile=Profile(first_name="Mila", last_name="Example")),
        company_id=company_id,
        actor_id=owner,
        now=now,
    )
    return invited.freelancer_id


async def add_link(
    conn: Connection, freelancer_id: int, company_id: int, *, now: datetime, redirect_url: str | None = None
) -> str:
    return await make_verification_link(conn, freelancer_id, company_id=company_id, redirect_url=redirect_url, now=now)


async def send_photos(
    conn: Connection,
    files: FileStore,
    freelancer_id: int,
    company_id: int,
    *,
    provider: str | None = None,
    now: datetime,
) -> int:
    """A verification that waits, as the page makes one; its id."""
    token = await add_link(conn, freelancer_id, company_id, now=now)
    await choose_document(conn, token, "passport", now=now)
    for part in ("front", "selfie"):
        key = new_photo_key()
        await reserve_photo(conn, token, part, PHOTO, key=key, now=now)
        await files.put(PHOTO, key=key)
        await keep_photo(conn, token, part, key=key, now=now)
    async with conn.transaction():
        await send_documents(conn, token, has_consent=True, provider=provider, now=now)
    return int(
        await fetch_value(
            conn,
            "SELECT max(id) FROM verification WHERE freelancer_id = %(id)s AND status = 'waiting'",
            {"id": freelancer_id},
        )
    )


async def status_of(conn: Connection, verification_id: int) -> str:
    return str(await fetch_value(conn, "SELECT status FROM verification WHERE id = %(id)s", {"id": verification_id}))
