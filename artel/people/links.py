"""Links to pages that open without signing in: registration, a new payout method, ….

The link carries a random token, kept hashed. It expires, and is used once. Where the page returns its visitor to is
chosen by the company that asked for the link, so that address is checked.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.outbound.addresses import is_private_host
from artel.people.errors import LinkGone, RedirectUrlRefused

LONGEST_URL = 2000


class Link(msgspec.Struct, frozen=True):
    """What a link was made for."""

    person_id: int
    company_id: int | None
    facts: dict[str, Any]
    redirect_url: str | None
    expires_at: datetime


def hash_link_token(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def make_link(
    conn: Connection,
    *,
    purpose: str,
    person_id: int,
    now: datetime,
    lifetime_s: int,
    company_id: int | None = None,
    facts: dict[str, object] | None = None,
    redirect_url: str | None = None,
) -> str:
    """The token of a new link. `redirect_url` has been through `check_redirect_url`."""
    token = secrets.token_urlsafe(32)
    await conn.execute(
        """
        INSERT INTO page_link
            (token_hash, purpose, person_id, company_id, facts, redirect_url, created_at, expires_at)
        VALUES
            (%(hash)s, %(purpose)s, %(person)s, %(company)s, %(facts)s, %(url)s, %(now)s, %(expires)s)
        """,
        {
            "hash": hash_link_token(token),
            "purpose": purpose,
            "person": person_id,
            "company": company_id,
            "facts": Jsonb(facts or {}),
            "url": redirect_url,
            "now": now,
            "expires": now + timedelta(seconds=lifetime_s),
        },
    )
    return token


async def open_link(conn: Connection, token: str, *, purpose: str, now: datetime) -> Link:
    """What the link leads to, for showing its page. Refuses: LinkGone, for one unknown, expired or used."""
    link = await fetch_one(
        conn,
        Link,
        """
        SELECT person_id, company_id, facts, redirect_url, expires_at
        FROM page_link
        WHERE token_hash = %(hash)s AND purpose = %(purpose)s AND used_at IS NULL AND expires_at > %(now)s
        """,
        {"hash": hash_link_token(token), "purpose": purpose, "now": now},
    )
    if link is None:
        raise LinkGone
    return link


async def use_link(conn: Connection, token: str, *, purpose: str, now: datetime) -> Link:
    """Spend the link on what its page does; of two callers at once one gets it. Refuses: LinkGone."""
    link = await fetch_one(
        conn,
        Link,
        """
        UPDATE page_link
        SET used_at = %(now)s
        WHERE token_hash = %(hash)s AND purpose = %(purpose)s AND used_at IS NULL AND expires_at > %(now)s
        RETURNING person_id, company_id, facts, redirect_url, expires_at
        """,
        {"hash": hash_link_token(token), "purpose": purpose, "now": now},
    )
    if link is None:
        raise LinkGone
    return link


async def void_links(conn: Connection, person_id: int, *, purpose: str, now: datetime) -> None:
    """End the links that went to an address which is not the person's any more."""
    await conn.execute(
        """
        UPDATE page_link
        SET used_at = %(now)s
        WHERE person_id = %(person)s AND purpose = %(purpose)s AND used_at IS NULL
        """,
        {"person": person_id, "purpose": purpose, "now": now},
    )


def check_redirect_url(url: str, *, allow_private: bool) -> str:
    """The address, when a visitor may be sent there.

    Refuses: RedirectUrlRefused for what is no absolute http(s) address, carries a user name, is longer than 2,000
    characters, or, unless `allow_private` (the sandbox), names this machine or a private network. Names are not
    resolved: it is the visitor's browser that goes there.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise RedirectUrlRefused from None
    # Browsers drop control characters and read a backslash as a slash: what was checked would not be where they go.
    readable = len(url) <= LONGEST_URL and "\\" not in url and url.isprintable() and " " not in url
    if parts.scheme not in {"http", "https"} or not host or port == 0 or "@" in parts.netloc or not readable:
        raise RedirectUrlRefused
    if not allow_private and is_private_host(host):
        raise RedirectUrlRefused
    return url
