"""A company's web hook: set, removed, disabled; deliveries sent again."""

import secrets
from datetime import datetime
from typing import Literal

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.operations.events import CHANNEL
from artel.outbound.dialling import NotDialled, Target, read_target
from artel.webhooks.errors import HookDisabled, HookUrlRefused

SECRET_BYTES = 16  # 32 hexadecimal digits, as the documents show them

Status = Literal["enabled", "disabled"]
Reason = Literal["gone", "failing"]


class HookRow(msgspec.Struct, frozen=True):
    """A hook under its lock."""

    id: int
    company_id: int
    url: str
    status: str
    failing_since: datetime | None


async def lock_hook(conn: Connection, company_id: int) -> HookRow:
    """The company's hook as it stands after waiting for its lock. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        HookRow,
        """
        SELECT id, company_id, url, status, failing_since
        FROM web_hook
        WHERE company_id = %(company)s AND removed_at IS NULL
        FOR NO KEY UPDATE
        """,
        {"company": company_id},
    )
    if row is None:
        raise NotFound("web_hook")
    return row


async def set_hook(
    conn: Connection, member: Member, *, url: str, status: Status, allow_private: bool, now: datetime
) -> None:
    """Set the company's hook, or change it; the first time it gets its secret, which then stays.

    Disabling gives up what waits. A change starts the count of failures anew.
    Refuses: HookUrlRefused.
    Source: M "Создание или обновление веб-хука".
    """
    check_hook_url(url, allow_private=allow_private)
    # Two who set the first one at once: the second waits on the index, and then changes the first one's.
    await conn.execute(
        """
        INSERT INTO web_hook (company_id, url, secret, status, created_at)
        VALUES (%(company)s, %(url)s, %(secret)s, %(status)s, %(now)s)
        ON CONFLICT (company_id) WHERE removed_at IS NULL DO NOTHING
        """,
        {
            "company": member.company_id,
            "url": url,
            "secret": secrets.token_hex(SECRET_BYTES),
            "status": status,
            "now": now,
        },
    )
    hook = await lock_hook(conn, member.company_id)
    await conn.execute(
        """
        UPDATE web_hook
        SET url = %(url)s, status = %(status)s, disabled_reason = NULL, failing_since = NULL
        WHERE id = %(id)s
        """,
        {"id": hook.id, "url": url, "status": status},
    )
    if status == "disabled":
        await cancel_waiting(conn, [hook.id])
    # Not the URL: people put passwords into its query.
    await note(conn, "web_hook.set", hook, actor_id=member.person_id, now=now, status=status)


def check_hook_url(url: str, *, allow_private: bool) -> Target:
    """Refuses: HookUrlRefused. What a name resolves to is looked at when it is called, every time."""
    try:
        return read_target(url, allow_private=allow_private)
    except NotDialled:
        raise HookUrlRefused from None


async def remove_hook(conn: Connection, member: Member, *, now: datetime) -> None:
    """Take the hook away, its secret with it; what waits is given up. Refuses: NotFound."""
    hook = await lock_hook(conn, member.company_id)
    await conn.execute(
        "UPDATE web_hook SET status = 'disabled', removed_at = %(now)s WHERE id = %(id)s", {"id": hook.id, "now": now}
    )
    await cancel_waiting(conn, [hook.id])
    await note(conn, "web_hook.removed", hook, actor_id=member.person_id, now=now)


async def cancel_waiting(conn: Connection, hook_ids: list[int]) -> None:
    """Give up what waits for these hooks. A try that is in hand may still succeed, and is then noted as delivered."""
    await conn.execute(
        """
        UPDATE web_hook_delivery
        SET state = 'cancelled', due_at = NULL
        WHERE hook_id = ANY(%(hooks)s) AND due_at IS NOT NULL
        """,
        {"hooks": hook_ids},
    )


async def replay_delivery(conn: Connection, member: Member, delivery_id: int, *, now: datetime) -> None:
    """Send an event again, to the hook as it is now, at once and as often as a new one. It keeps its id.

    Refuses: NotFound without a hook or for a delivery that is not the company's; HookDisabled.
    """
    hook = await lock_hook(conn, member.company_id)
    if hook.status != "enabled":
        raise HookDisabled
    found = await fetch_value(
        conn,
        """
        UPDATE web_hook_delivery
        SET hook_id = %(hook)s, state = 'waiting', queued_at = %(now)s, due_at = %(now)s,
            tried_at = NULL, signed_at = NULL, tried_url = NULL, took_ms = NULL,
            answer_status = NULL, answer_headers = NULL, answer_body = NULL, error = NULL
        WHERE id = %(id)s AND company_id = %(company)s
        RETURNING id
        """,
        {"id": delivery_id, "hook": hook.id, "company": member.company_id, "now": now},
    )
    if found is None:
        raise NotFound("delivery")
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await note(conn, "web_hook.replayed", hook, actor_id=member.person_id, now=now, delivery=delivery_id)


class _Owner(msgspec.Struct):
    email: str
    language: str
    company: str


async def give_hook_up(conn: Connection, hook: HookRow, reason: Reason, *, now: datetime) -> None:
    """Disable a locked, enabled hook that answered 410 or nothing good for days, and write to the company's owners."""
    await conn.execute(
        "UPDATE web_hook SET status = 'disabled', disabled_reason = %(reason)s WHERE id = %(id)s",
        {"id": hook.id, "reason": reason},
    )
    await cancel_waiting(conn, [hook.id])
    await note(conn, "web_hook.disabled", hook, actor_id=None, now=now, reason=reason)
    owners = await fetch_all(
        conn,
        _Owner,
        """
        SELECT p.email, p.language, c.name AS company
        FROM company_member AS m
        JOIN person AS p ON p.id = m.person_id
        JOIN company AS c ON c.id = m.company_id
        WHERE m.company_id = %(company)s AND m.role = 'owner' AND m.ended_at IS NULL
        ORDER BY p.id
        """,
        {"company": hook.company_id},
    )
    host = read_target(hook.url, allow_private=True).host
    for owner in owners:
        await send_letter(
            conn,
            f"web_hook_{reason}",
            to=owner.email,
            language=owner.language,
            company=owner.company,
            host=host,
            now=now,
        )


async def note(
    conn: Connection, action: str, hook: HookRow, *, actor_id: int | None, now: datetime, **facts: object
) -> None:
    await audit.record(
        conn,
        action,
        subject="web_hook",
        subject_id=hook.id,
        actor_id=actor_id,
        company_id=hook.company_id,
        now=now,
        **facts,
    )
