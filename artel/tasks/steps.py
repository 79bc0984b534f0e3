"""Taking steps: the only place that changes `task.state`.

Each step leaves a row in task_step, an audit row and the event `taskStateChanged`, in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.operations import audit, events
from artel.tasks.machine import Step


async def take_steps(conn: Connection, steps: Sequence[Step], *, now: datetime) -> list[int]:
    """Move tasks, each in the state its step starts from and locked by the caller; answer the steps' ids.

    What a step means for the task's dates stands here, so that there is one place for it: accepted by the client,
    finished by the freelancer, payment ordered and by whom, paid. A payment that failed was not ordered, and work
    that goes on after a dispute is neither finished nor accepted.
    """
    moved = await conn.execute(
        """
        UPDATE task
        SET state = step.end_state,
            state_changed_at = %(now)s,
            held = step.held,
            issue_code = step.issue_code,
            published_at = CASE WHEN step.verb = 'published' THEN %(now)s ELSE published_at END,
            finished_at = CASE WHEN step.verb = 'finished' THEN %(now)s
                WHEN step.verb = 'returned_to_work' OR step.verb = 'dispute_resolved' AND step.end_state = 2 THEN NULL
                ELSE finished_at END,
            accepted_at = CASE WHEN step.verb IN ('accepted', 'quick_payment_ordered')
                    OR step.verb = 'dispute_resolved' AND step.end_state = 4 THEN %(now)s
                WHEN step.verb = 'dispute_resolved' AND step.end_state = 2 THEN NULL
                ELSE accepted_at END,
            pay_requested_at = CASE WHEN step.end_state = 12 THEN %(now)s WHEN step.verb = 'payment_failed' THEN NULL
                ELSE pay_requested_at END,
            payer_id = CASE WHEN step.end_state = 12 THEN step.actor WHEN step.verb = 'payment_failed' THEN NULL
                ELSE payer_id END,
            paid_at = CASE WHEN step.verb = 'paid' THEN %(now)s ELSE paid_at END
        FROM unnest(
            %(tasks)s::bigint[], %(verbs)s::text[], %(starts)s::smallint[], %(ends)s::smallint[],
            %(actors)s::bigint[], %(held)s::numeric[], %(issues)s::text[]
        ) AS step (task_id, verb, start_state, end_state, actor, held, issue_code)
        WHERE task.id = step.task_id AND task.state = step.start_state
        """,
        {
            "tasks": [step.task_id for step in steps],
            "verbs": [step.verb for step in steps],
            "starts": [step.start for step in steps],
            "ends": [step.end for step in steps],
            "actors": [step.actor_id for step in steps],
            "held": [step.held for step in steps],
            "issues": [step.issue_code for step in steps],
            "now": now,
        },
    )
    if moved.rowcount != len(steps):
        raise AssertionError("a task was moved without being locked first")
    return await note_steps(conn, steps, now=now)


async def note_steps(conn: Connection, steps: Sequence[Step], *, now: datetime) -> list[int]:
    """Write down steps: their own rows, the audit trail, the events. Answers the rows' ids, in the steps' order."""
    ids = await fetch_value(
        conn,
        """
        WITH noted AS (
            INSERT INTO task_step (task_id, from_state, to_state, actor_id, at, reason)
            SELECT step.task_id, step.start_state, step.end_state, step.actor, %(now)s, step.reason
            FROM unnest(
                %(tasks)s::bigint[], %(starts)s::smallint[], %(ends)s::smallint[], %(actors)s::bigint[],
                %(reasons)s::text[]
            ) WITH ORDINALITY AS step (task_id, start_state, end_state, actor, reason, place)
            ORDER BY step.place
            RETURNING id
        )
        SELECT array_agg(id ORDER BY id)
        FROM noted
        """,
        {
            "tasks": [step.task_id for step in steps],
            "starts": [step.start for step in steps],
            "ends": [step.end for step in steps],
            "actors": [step.actor_id for step in steps],
            "reasons": [step.reason or step.issue_code for step in steps],
            "now": now,
        },
    )
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action=f"task.{step.verb}",
                subject="task",
                subject_id=step.task_id,
                actor_id=step.actor_id,
                company_id=step.company_id,
                facts={"from": step.start, "to": step.end, "issue": step.issue_code},
            )
            for step in steps
        ],
        now=now,
    )
    await events.announce_many(
        conn,
        "taskStateChanged",
        [
            (
                step.company_id,
                {
                    "id": step.task_id,
                    "uuid": str(step.uuid),
                    "externalId": step.external_id,
                    "state": step.end,
                    "previousState": step.start,
                },
            )
            for step in steps
        ],
        now=now,
    )
    return list(ids)
