"""A freelancer proves who they are: a link, photos of a document and of a face, and sending them (operation 34).

The page fills a draft, one photo after the other, so that a connection that breaks costs one photo. The draft is the
link's own: who has another link of the same person sees and sends nothing of it. Sending spends the link.
"""

import hashlib
import uuid as uuids
from collections.abc import Mapping
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.operations import audit
from artel.people.links import Link, check_redirect_url, hash_link_token, make_link, open_link, use_link
from artel.verifications.errors import (
    ConsentMissing,
    DocumentUnknown,
    PhotoRefused,
    VerificationDone,
    VerificationWaiting,
)
from artel.verifications.steps import CHANNEL, Status, note_step

PURPOSE = "verification"
PAGE = "/verification"  # where links lead; the token follows
LINK_LIFETIME_S = 7 * 24 * 3600
# Document -> the photos it takes, in their order. A passport says everything on one page.
PARTS: Mapping[str, tuple[str, ...]] = {
    "passport": ("front", "selfie"),
    "id_card": ("front", "back", "selfie"),
    "driving_licence": ("front", "back", "selfie"),
    "residence_permit": ("front", "back", "selfie"),
}


class Visit(msgspec.Struct, frozen=True):
    """What a link's page needs to be shown."""

    link: Link
    language: str
    company_name: str | None
    is_verified: bool
    is_waiting: bool
    document: str | None
    parts: list[str]  # those there are photos of

    @property
    def missing(self) -> list[str]:
        return [part for part in PARTS.get(self.document or "", ()) if part not in self.parts]


async def start_verification(
    conn: Connection,
    freelancer_id: int,
    *,
    redirect_url: str | None,
    allow_private: bool,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> str:
    """A company asks for a link to the page; answers its token. Links of before go on working.

    Refuses: RedirectUrlRefused. Not a person who is verified already: their page says so.
    """
    if redirect_url is not None:
        check_redirect_url(redirect_url, allow_private=allow_private)
    token = await make_verification_link(conn, freelancer_id, company_id=company_id, redirect_url=redirect_url, now=now)
    await audit.record(
        conn,
        "verification.link_made",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
    )
    return token


async def make_verification_link(
    conn: Connection, freelancer_id: int, *, company_id: int | None, redirect_url: str | None, now: datetime
) -> str:
    return await make_link(
        conn,
        purpose=PURPOSE,
        person_id=freelancer_id,
        company_id=company_id,
        redirect_url=redirect_url,
        lifetime_s=LINK_LIFETIME_S,
        now=now,
    )


class _Facts(msgspec.Struct):
    language: str
    company_name: str | None
    is_verified: bool
    is_waiting: bool
    document: str | None
    parts: list[str]


async def open_visit(conn: Connection, token: str, *, now: datetime) -> Visit:
    """Refuses: LinkGone."""
    link = await open_link(conn, token, purpose=PURPOSE, now=now)
    facts = await fetch_one(
        conn,
        _Facts,
        """
        SELECT
            p.language, c.brand_name AS company_name, f.verified_at IS NOT NULL AS is_verified,
            EXISTS (
                SELECT FROM verification WHERE freelancer_id = p.id AND status = 'waiting'
            ) AS is_waiting,
            v.document,
            ARRAY(
                SELECT part
                FROM verification_photo
                WHERE verification_id = v.id AND stored_at IS NOT NULL AND replaced_at IS NULL
            ) AS parts
        FROM person AS p
        JOIN freelancer AS f ON f.person_id = p.id
        LEFT JOIN company AS c ON c.id = %(company)s
        LEFT JOIN verification AS v ON v.link_hash = %(hash)s AND v.status = 'draft'
        WHERE p.id = %(person)s
        """,
        {"person": link.person_id, "company": link.company_id, "hash": hash_link_token(token)},
    )
    assert facts is not None, "links are made for freelancers alone"
    return Visit(link, **msgspec.structs.asdict(facts))


async def choose_document(conn: Connection, token: str, document: str, *, now: datetime) -> None:
    """Which document the photos will be of; another may be chosen until they are sent.

    Refuses: LinkGone; DocumentUnknown.
    """
    link = await open_link(conn, token, purpose=PURPOSE, now=now)
    if document not in PARTS:
        raise DocumentUnknown
    await conn.execute(
        """
        INSERT INTO verification AS v (freelancer_id, company_id, link_hash, redirect_url, document, created_at)
        VALUES (%(freelancer)s, %(company)s, %(hash)s, %(url)s, %(document)s, %(now)s)
        ON CONFLICT (link_hash) DO UPDATE
        SET document = excluded.document
        WHERE v.status = 'draft'
        """,
        {
            "freelancer": link.person_id,
            "company": link.company_id,
            "hash": hash_link_token(token),
            "url": link.redirect_url,
            "document": document,
            "now": now,
        },
    )


class _Draft(msgspec.Struct):
    id: int
    document: str


async def lock_draft(conn: Connection, token: str) -> _Draft:
    """The draft of a link that its caller has opened or used. Refuses: DocumentUnknown where none is begun."""
    draft = await fetch_one(
        conn,
        _Draft,
        "SELECT id, document FROM verification WHERE link_hash = %(hash)s AND status = 'draft' FOR UPDATE",
        {"hash": hash_link_token(token)},
    )
    if draft is None:
        raise DocumentUnknown
    return draft


async def reserve_photo(conn: Connection, token: str, part: str, photo: bytes, *, key: str, now: datetime) -> None:
    """Write down that the bytes are about to be kept under `key`, so that a crash leaves none without a row.

    Refuses: LinkGone; DocumentUnknown; photo_missing for a part that the document has not.
    """
    await open_link(conn, token, purpose=PURPOSE, now=now)
    draft = await lock_draft(conn, token)
    if part not in PARTS[draft.document]:
        raise PhotoRefused("photo_missing")
    await conn.execute(
        """
        INSERT INTO verification_photo (storage_key, verification_id, part, size_bytes, sha256, created_at)
        VALUES (%(key)s, %(verification)s, %(part)s, %(size)s, %(sha256)s, %(now)s)
        """,
        {
            "key": key,
            "verification": draft.id,
            "part": part,
            "size": len(photo),
            "sha256": hashlib.sha256(photo).digest(),
            "now": now,
        },
    )


async def keep_photo(conn: Connection, token: str, part: str, *, key: str, now: datetime) -> None:
    """The bytes are in the store: the photo counts, in place of the one before.

    Refuses: LinkGone, where the documents were sent, or the time ran out, in between; DocumentUnknown.
    """
    await open_link(conn, token, purpose=PURPOSE, now=now)
    draft = await lock_draft(conn, token)
    await conn.execute(
        """
        UPDATE verification_photo
        SET replaced_at = %(now)s
        WHERE verification_id = %(verification)s AND part = %(part)s AND stored_at IS NOT NULL AND replaced_at IS NULL
        """,
        {"verification": draft.id, "part": part, "now": now},
    )
    await conn.execute(
        "UPDATE verification_photo SET stored_at = %(now)s WHERE storage_key = %(key)s", {"key": key, "now": now}
    )


async def send_documents(
    conn: Connection, token: str, *, has_consent: bool, provider: str | None, now: datetime
) -> Link:
    """The freelancer sends their photos; spends the link. A provider, where there is one, is asked by a job.

    Refuses: LinkGone; ConsentMissing; DocumentUnknown; photo_missing naming the part; VerificationDone;
    VerificationWaiting. A refusal leaves the link as it was.
    """
    link = await use_link(conn, token, purpose=PURPOSE, now=now)
    if not has_consent:
        raise ConsentMissing
    draft = await lock_draft(conn, token)
    # Two links of one person, sent at once: the second finds what the first has sent.
    is_verified = await fetch_value(
        conn,
        "SELECT verified_at IS NOT NULL FROM freelancer WHERE person_id = %(id)s FOR NO KEY UPDATE",
        {"id": link.person_id},
    )
    if is_verified:
        raise VerificationDone
    if await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM verification WHERE freelancer_id = %(id)s AND status = 'waiting')",
        {"id": link.person_id},
    ):
        raise VerificationWaiting
    await require_photos(conn, draft, now=now)
    await conn.execute(
        """
        UPDATE verification
        SET status = 'waiting', submitted_at = %(now)s, provider = %(provider)s,
            due_at = CASE WHEN %(provider)s::text IS NOT NULL THEN %(now)s::timestamptz END
        WHERE id = %(id)s
        """,
        {"id": draft.id, "provider": provider, "now": now},
    )
    await note_step(conn, draft.id, Status.DRAFT, Status.WAITING, actor_id=link.person_id, now=now)
    await audit.record(
        conn,
        "verification.sent",
        subject="verification",
        subject_id=draft.id,
        actor_id=link.person_id,
        company_id=link.company_id,
        now=now,
        document=draft.document,
    )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    return link


async def require_photos(conn: Connection, draft: _Draft, *, now: datetime) -> None:
    """All that the document takes are there; what was taken for another document goes. Refuses: photo_missing."""
    wanted = PARTS[draft.document]
    there: list[str] | None = await fetch_value(
        conn,
        """
        SELECT array_agg(part)
        FROM verification_photo
        WHERE verification_id = %(id)s AND stored_at IS NOT NULL AND replaced_at IS NULL
        """,
        {"id": draft.id},
    )
    for part in wanted:
        if part not in (there or []):
            raise PhotoRefused("photo_missing", part)
    await conn.execute(
        """
        UPDATE verification_photo
        SET replaced_at = %(now)s
        WHERE verification_id = %(id)s AND part <> ALL(%(wanted)s) AND replaced_at IS NULL
        """,
        {"id": draft.id, "wanted": list(wanted), "now": now},
    )


def new_photo_key() -> str:
    """A key of the file store that nobody guesses."""
    name = uuids.uuid4().hex
    return f"verifications/{name[:2]}/{name}"
