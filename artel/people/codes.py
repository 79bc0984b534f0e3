"""One-time codes: six digits by mail or SMS, good for 10 minutes and 5 attempts (ARCHITECTURE "Security")."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.notifications.rules import send_letter, send_sms
from artel.operations.rate_limits import Limit, count_hits, name_key, network_of
from artel.people.errors import CodeExpired, CodeRefused, CodeWrong

LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5
DIGITS = 6
# How many codes may be asked for in ten minutes: for one person and purpose, to one phone or mailbox, from one address.
MOST_FOR_PERSON = 10
MOST_TO_RECIPIENT = 20
MOST_FROM_ADDRESS = 100
WINDOW_S = 600

SMS = {
    "EN": "{code} is your code to confirm {purpose}. It works for 10 minutes. Tell it to nobody.",
    "RU": "{code} — ваш код, чтобы подтвердить {purpose}. Он действует 10 минут. Никому его не сообщайте.",
}
# What a code confirms, in words that go on after "to confirm"; ANY where a purpose has none of its own.
PURPOSES = {
    "login": {"EN": "your sign-in", "RU": "вход"},
    "mail_login": {"EN": "your sign-in", "RU": "вход"},
    "two_factor_on": {"EN": "that two-factor sign-in is turned on", "RU": "включение двухфакторного входа"},
    "two_factor_off": {"EN": "that two-factor sign-in is turned off", "RU": "отключение двухфакторного входа"},
    "payout_endpoint": {"EN": "a new payout method", "RU": "новый способ выплаты"},
    "new_email": {"EN": "a new e-mail address", "RU": "новый адрес электронной почты"},
    "own_email": {"EN": "your new e-mail address", "RU": "ваш новый адрес электронной почты"},
    "new_phone": {"EN": "a new phone number", "RU": "новый номер телефона"},
}
ANY = {"EN": "your request", "RU": "действие"}


async def send_code(
    conn: Connection,
    *,
    purpose: str,
    person_id: int,
    channel: Literal["sms", "email"],
    to: str,
    language: str,
    now: datetime,
    facts: dict[str, object] | None = None,
    address: str | None = None,
) -> None:
    """Send somebody a code for `purpose`. The codes sent to them for it before are void from here on.

    `facts` are what the code confirms (a new address, say) and come back when it is spent. `address` is the network
    address of whoever asks.
    Refuses: TooMany, counting by person and purpose, by recipient, and by address where one is given.
    """
    limits = [
        Limit(f"code:{purpose}:{person_id}", MOST_FOR_PERSON, WINDOW_S),
        Limit(f"code-to:{name_key(to)}", MOST_TO_RECIPIENT, WINDOW_S),
    ]
    if address is not None:
        limits.append(Limit(f"code-from:{network_of(address)}", MOST_FROM_ADDRESS, WINDOW_S))
    refusal = await count_hits(conn, *limits, now=now)
    if refusal:
        raise refusal
    # Never 000000: a client that sends codes as numbers could not tell it from "no code".
    code = f"{secrets.randbelow(10**DIGITS - 1) + 1:0{DIGITS}d}"
    await conn.execute(
        """
        INSERT INTO one_time_code (purpose, person_id, code_hash, sent_to, facts, created_at, expires_at)
        VALUES (%(purpose)s, %(person)s, %(hash)s, %(to)s, %(facts)s, %(now)s, %(expires)s)
        """,
        {
            "purpose": purpose,
            "person": person_id,
            "hash": hash_code(purpose, person_id, code),
            "to": to,
            "facts": Jsonb(facts or {}),
            "now": now,
            "expires": now + LIFETIME,
        },
    )
    words = PURPOSES.get(purpose, ANY)[language]
    if channel == "sms":
        await send_sms(conn, to=to, text=SMS[language].format(code=code, purpose=words), code=code, now=now)
        return
    minutes = int(LIFETIME.total_seconds()) // 60
    await send_letter(
        conn, "one_time_code", to=to, language=language, code=code, purpose=words, minutes=minutes, now=now
    )


class _Code(msgspec.Struct):
    id: int
    code_hash: bytes
    facts: dict[str, Any]
    attempts: int
    expires_at: datetime
    used_at: datetime | None


async def spend_code(
    conn: Connection, *, purpose: str, person_id: int, code: str, now: datetime
) -> dict[str, object] | CodeRefused:
    """Take a code, once, and answer the facts it was sent with.

    Refuses: CodeWrong, and this attempt is counted; CodeExpired where no code is to be guessed any more: none was
    sent, it is spent, 10 minutes old, or was guessed wrong 5 times. The refusal is returned, not raised: the edge
    commits the count and then raises it. Guesses at one moment queue up at the row's lock, so five are taken.
    """
    row = await fetch_one(
        conn,
        _Code,
        """
        SELECT id, code_hash, facts, attempts, expires_at, used_at
        FROM one_time_code
        WHERE person_id = %(person)s AND purpose = %(purpose)s
        ORDER BY id DESC
        LIMIT 1
        FOR UPDATE
        """,
        {"person": person_id, "purpose": purpose},
    )
    if row is None or row.used_at is not None or row.expires_at <= now or row.attempts >= MOST_ATTEMPTS:
        return CodeExpired()
    is_right = hmac.compare_digest(row.code_hash, hash_code(purpose, person_id, plain_code(code)))
    await conn.execute(
        "UPDATE one_time_code SET attempts = attempts + 1, used_at = %(used)s WHERE id = %(id)s",
        {"id": row.id, "used": now if is_right else None},
    )
    return row.facts if is_right else CodeWrong()


async def give_back_code(conn: Connection, *, purpose: str, person_id: int) -> None:
    """Leave the code that this transaction has just spent as it was: what it was to open did not open yet."""
    await conn.execute(
        """
        UPDATE one_time_code
        SET used_at = NULL, attempts = attempts - 1
        WHERE id = (
            SELECT id
            FROM one_time_code
            WHERE person_id = %(person)s AND purpose = %(purpose)s
            ORDER BY id DESC
            LIMIT 1
        ) AND used_at IS NOT NULL
        """,
        {"person": person_id, "purpose": purpose},
    )


def plain_code(code: str) -> str:
    """A code as it was sent: people put spaces into it, and clients that treat it as a number lose its zeros."""
    return "".join(code.split()).zfill(DIGITS)


def hash_code(purpose: str, person_id: int, code: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{person_id}\0{code}".encode(errors="replace")).digest()


async def void_codes(
    conn: Connection, person_id: int, *, purposes: Sequence[str] = (), sent_to: str | None = None, now: datetime
) -> None:
    """End the codes of these purposes, and those that went to an address that is somebody else's from now on."""
    await conn.execute(
        """
        UPDATE one_time_code
        SET expires_at = %(now)s
        WHERE person_id = %(person)s AND used_at IS NULL AND expires_at > %(now)s
            AND (purpose = ANY(%(purposes)s) OR sent_to = %(to)s)
        """,
        {"person": person_id, "purposes": list(purposes), "to": sent_to, "now": now},
    )
