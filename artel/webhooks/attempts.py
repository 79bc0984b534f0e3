"""Deliveries taken in hand, and what came of them, as the database knows it.

A delivery is taken by putting its due time beyond the end of the call to come: a worker that dies leaves it to
whoever looks when that time is over, and no lock is held while the receiver is spoken to. The attempt is written down
and committed before the call, the answer after it. So a receiver may be told twice, under the same id, and is never
left untold.
"""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.webhooks.rules import HookRow, give_hook_up
from artel.webhooks.sending import GONE, Answer
from artel.webhooks.signatures import Event
from artel.webhooks.timetable import LONGEST_WISH_S, next_try

LEASE_S = 60  # well over a call's timeout and what is written around it
# A hook is given up when a message has had its last try, and nothing has arrived there for this long.
PATIENCE = timedelta(days=5)


class Waiting(msgspec.Struct, frozen=True):
    """A hook with something to send, and when its earliest is due."""

    hook_id: int
    due_at: datetime
    is_enabled: bool


async def waiting_hooks(conn: Connection) -> list[Waiting]:
    """Every hook that something waits for. Costs one step of an index a hook, however much waits for it."""
    return await fetch_all(
        conn,
        Waiting,
        """
        WITH RECURSIVE waiting AS (
            (
                SELECT hook_id, due_at
                FROM web_hook_delivery
                WHERE due_at IS NOT NULL
                ORDER BY hook_id, due_at
                LIMIT 1
            )
            UNION ALL
            SELECT following.hook_id, following.due_at
            FROM waiting
            CROSS JOIN LATERAL (
                SELECT hook_id, due_at
                FROM web_hook_delivery
                WHERE due_at IS NOT NULL AND hook_id > waiting.hook_id
                ORDER BY hook_id, due_at
                LIMIT 1
            ) AS following
        )
        SELECT waiting.hook_id, waiting.due_at, hook.status = 'enabled' AS is_enabled
        FROM waiting
        JOIN web_hook AS hook ON hook.id = waiting.hook_id
        """,
    )


class Taken(msgspec.Struct, frozen=True):
    """A delivery in hand. `attempts` counts this try, and tells it from one that was taken for lost."""

    id: int
    attempts: int
    queued_at: datetime
    tried_at: datetime
    signed_at: datetime
    url: str
    secret: str
    event_uuid: uuid.UUID
    name: str
    payload: dict[str, Any]
    happened_at: datetime

    @property
    def event(self) -> Event:
        return Event(self.event_uuid, self.name, self.payload, self.happened_at)


async def take_due(conn: Connection, hook_id: int, *, limit: int, now: datetime, signed_at: datetime) -> list[Taken]:
    """Take a hook's deliveries that are due, the longest due first, and note the attempt. None of a disabled hook."""
    return await fetch_all(
        conn,
        Taken,
        """
        UPDATE web_hook_delivery AS d
        SET due_at = %(until)s, attempts = d.attempts + 1, tried_at = %(now)s, signed_at = %(signed)s,
            tried_url = hook.url, took_ms = NULL,
            answer_status = NULL, answer_headers = NULL, answer_body = NULL, error = NULL
        FROM (
            SELECT id
            FROM web_hook_delivery
            WHERE hook_id = %(hook)s AND due_at <= %(now)s
            ORDER BY due_at
            LIMIT %(limit)s
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS due, web_hook AS hook, event AS e
        WHERE d.id = due.id AND hook.id = %(hook)s AND hook.status = 'enabled' AND e.id = d.event_id
        RETURNING
            d.id, d.attempts, d.queued_at, d.tried_at, d.signed_at, hook.url, hook.secret,
            e.uuid AS event_uuid, e.name, e.payload, e.created_at AS happened_at
        """,
        {
            "hook": hook_id,
            "now": now,
            "until": now + timedelta(seconds=LEASE_S),
            "signed": signed_at,
            "limit": limit,
        },
    )


class Tried(msgspec.Struct, frozen=True):
    """A try that is over."""

    taken: Taken
    answer: Answer


async def note_answers(conn: Connection, hook_id: int, tries: Sequence[Tried], *, now: datetime) -> None:
    """Write down what came of tries at one hook: delivered, to be tried again, or failed for good.

    A 410 disables the hook; so does a last try that failed where nothing has arrived for PATIENCE.
    """
    hook = await fetch_one(
        conn,
        HookRow,
        """
        SELECT id, company_id, url, status, failing_since
        FROM web_hook
        WHERE id = %(id)s
        FOR NO KEY UPDATE
        """,
        {"id": hook_id},
    )
    assert hook is not None, "hooks are not deleted"
    dues = [due_again(one, now=now) for one in tries]
    await write_outcomes(conn, tries, dues)
    # What an address said that is not the hook's any more is of no account for it.
    here = [one for one in tries if one.taken.url == hook.url]
    failed = [one for one in here if one.answer.error is not None]
    since = None if len(failed) < len(here) else hook.failing_since or (now if failed else None)
    await conn.execute(
        """
        UPDATE web_hook
        SET last_triggered_at = greatest(last_triggered_at, %(tried)s),
            last_failed_at = CASE WHEN %(failed)s THEN %(now)s ELSE last_failed_at END,
            failing_since = %(since)s
        WHERE id = %(id)s
        """,
        {
            "id": hook.id,
            "tried": max(one.taken.tried_at for one in tries),
            "failed": any(one.answer.error for one in tries),
            "since": since,
            "now": now,
        },
    )
    if hook.status != "enabled":
        return
    is_spent = any(due is None and one in failed for one, due in zip(tries, dues, strict=True))
    if any(one.answer.status == GONE for one in here):
        await give_hook_up(conn, hook, "gone", now=now)
    elif is_spent and since is not None and since <= now - PATIENCE:
        await give_hook_up(conn, hook, "failing", now=now)
    else:
        wish_s = max((one.answer.wish_s for one in failed if one.answer.wish_s), default=0.0)
        if wish_s:
            await put_off(conn, hook.id, until=now + timedelta(seconds=min(wish_s, LONGEST_WISH_S)))


def due_again(one: Tried, *, now: datetime) -> datetime | None:
    if one.answer.error is None or one.answer.status == GONE:
        return None
    return next_try(
        one.taken.queued_at,
        one.taken.tried_at,
        wish_s=one.answer.wish_s,
        now=now,
        chance=random.random,
    )


async def write_outcomes(conn: Connection, tries: Sequence[Tried], dues: Sequence[datetime | None]) -> None:
    """In one statement. A try that was taken for lost, and has a successor, says nothing any more; one whose delivery
    was given up meanwhile counts only if it arrived."""
    await conn.execute(
        """
        UPDATE web_hook_delivery AS d
        SET state = outcome.state,
            due_at = outcome.due_at,
            took_ms = outcome.took_ms,
            answer_status = outcome.status,
            answer_headers = outcome.headers,
            answer_body = outcome.body,
            error = outcome.error
        FROM (
            SELECT
                told.id, told.attempts, told.took_ms, told.status, told.headers, told.body, told.error,
                CASE
                    WHEN told.error IS NULL THEN 'delivered'
                    WHEN known.state <> 'waiting' THEN known.state
                    WHEN told.due_at IS NULL THEN 'failed'
                    ELSE 'waiting'
                END AS state,
                CASE WHEN told.error IS NOT NULL AND known.state = 'waiting' THEN told.due_at END AS due_at
            FROM unnest(
                %(ids)s::bigint[], %(attempts)s::integer[], %(dues)s::timestamptz[], %(times)s::integer[],
                %(statuses)s::smallint[], %(headers)s::jsonb[], %(bodies)s::text[], %(errors)s::text[]
            ) AS told (id, attempts, due_at, took_ms, status, headers, body, error)
            JOIN web_hook_delivery AS known ON known.id = told.id AND known.attempts = told.attempts
            ORDER BY told.id
            FOR NO KEY UPDATE OF known
        ) AS outcome
        WHERE d.id = outcome.id
        """,
        {
            "ids": [one.taken.id for one in tries],
            "attempts": [one.taken.attempts for one in tries],
            "dues": list(dues),
            "times": [one.answer.took_ms for one in tries],
            "statuses": [one.answer.status for one in tries],
            "headers": [Jsonb(one.answer.headers) for one in tries],
            "bodies": [one.answer.body for one in tries],
            "errors": [one.answer.error for one in tries],
        },
    )


async def put_off(conn: Connection, hook_id: int, *, until: datetime) -> None:
    """A receiver that asks for a pause has one from everything that waits for it; nothing's last try is put off."""
    await conn.execute(
        """
        UPDATE web_hook_delivery AS d
        SET due_at = %(until)s
        FROM (
            SELECT id
            FROM web_hook_delivery
            WHERE hook_id = %(hook)s AND due_at < %(until)s AND queued_at > %(until)s - interval '24 hours'
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS waiting
        WHERE d.id = waiting.id
        """,
        {"hook": hook_id, "until": until},
    )
