"""The secrets of a booking: the token of its own page, and the link that is mailed to prove an address.

The token is answered to whoever booked, who pays and cancels with it. It confirms nothing: they may have typed a
stranger's address. The link is only ever in the letter.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.events.errors import BookingGone
from artel.events.machine import Status
from artel.events.steps import PROVEN, confirm_booking
from artel.people.links import hash_link_token, make_link, open_link, use_link
from artel.people.profiles import confirm_email

PURPOSE = "booking"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def booking_url(base_url: str, token: str) -> str:
    """The page where a booking is looked at, paid and cancelled."""
    return f"{base_url}/bookings/{token}"


def confirmation_url(base_url: str, token: str) -> str:
    """The page that a mailed link opens; it confirms when its button is pressed, as mail scanners open links too."""
    return f"{base_url}/bookings/confirm/{token}"


class BookingKey(msgspec.Struct, frozen=True):
    """Which booking a token or link is of."""

    attendee_id: int
    event_id: int
    person_id: int


def mailed_token(secret: str, attendee_id: int) -> str:
    """Another token of the same page, for letters: of the one that was answered only the hash is kept, so this one is
    made anew each time, from the installation's secret. It leads to whoever has the address, as letters do."""
    key = hashlib.sha256(b"artel booking page\0" + secret.encode()).digest()
    mac = hmac.new(key, str(attendee_id).encode(), hashlib.sha256).digest()
    return f"{attendee_id}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def attendee_of_mailed(secret: str, token: str) -> int | None:
    """Whose seat a mailed token is of; None for one that is none."""
    number = token.partition(".")[0]
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    is_ours = hmac.compare_digest(mailed_token(secret, int(number)).encode(), token.encode(errors="replace"))
    return int(number) if is_ours else None


async def booking_by_token(conn: Connection, token: str, *, secret: str) -> BookingKey:
    """The booking whose page this is, by either of its tokens. Refuses: BookingGone for a token that is none."""
    key = await fetch_one(
        conn,
        BookingKey,
        """
        SELECT id AS attendee_id, event_id, person_id
        FROM event_attendee
        WHERE token_hash = %(hash)s OR (id = %(mailed)s::bigint AND token_hash IS NOT NULL)
        """,
        {"hash": hash_link_token(token), "mailed": attendee_of_mailed(secret, token)},
    )
    if key is None:
        raise BookingGone
    return key


async def make_confirmation_link(conn: Connection, key: BookingKey, *, hold_until: datetime, now: datetime) -> str:
    """The link's token, good as long as the hold."""
    return await make_link(
        conn,
        purpose=PURPOSE,
        person_id=key.person_id,
        now=now,
        lifetime_s=int((hold_until - now).total_seconds()),
        facts={"attendee_id": key.attendee_id, "event_id": key.event_id},
    )


async def open_confirmation(conn: Connection, token: str, *, now: datetime) -> BookingKey:
    """What a mailed link would confirm, for showing its page. Refuses: LinkGone."""
    link = await open_link(conn, token, purpose=PURPOSE, now=now)
    return BookingKey(link.facts["attendee_id"], link.facts["event_id"], link.person_id)


async def confirm_by_link(conn: Connection, token: str, *, now: datetime) -> Status:
    """The visitor has read the letter: the address is theirs, and so is the slot. Answers the seat's status.

    Refuses: LinkGone; BookingGone where the booking was given back meanwhile.
    """
    link = await use_link(conn, token, purpose=PURPOSE, now=now)
    await confirm_email(conn, link.person_id, now=now)  # people's rows come before events'
    return await confirm_booking(conn, link.facts["attendee_id"], actor_id=link.person_id, reason=PROVEN, now=now)
