"""The steps a freelancer takes on their own pages: each reads its form and calls the rule that the API calls."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from artel.db.pool import Connection
from artel.errors import Refused
from artel.pages.forms import Form
from artel.tasks import changes, disputes, rules
from artel.tasks.machine import TRANSITIONS, Actor, Side, State, Verb
from artel.tasks.messages import add_message
from artel.tasks.own_tasks import report_on_task
from artel.tasks.queries import TaskRow

LONGEST_ID = 18


def seen_terms(
    *, title: str, description: str, amount: Decimal, currency: str, deadline: datetime, need_report: bool
) -> str:
    """What a page shows of a task's terms, as one word: who starts agrees to what they have read.

    The client may change a task until it is started, also while its page is open.
    """
    facts = (title, description, f"{amount:f}", currency, deadline.isoformat(), str(need_report))
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


async def start(conn: Connection, task: TaskRow, form: Form, *, actor: Actor, now: datetime) -> None:
    """Refuses: task_terms_changed; what `start_task` refuses."""
    seen = seen_terms(
        title=task.title,
        description=task.description,
        amount=task.amount_for_worker,
        currency=task.worker_currency,
        deadline=task.deadline,
        need_report=task.need_report,
    )
    if form.get("seen") != seen and task.state == State.NEW:
        raise Refused("task_terms_changed")
    await rules.start_task(conn, task, actor=actor, now=now)


async def decline(conn: Connection, task: TaskRow, _: Form, *, actor: Actor, now: datetime) -> None:
    await rules.refuse_task(conn, task, actor=actor, now=now)


async def finish(conn: Connection, task: TaskRow, form: Form, *, actor: Actor, now: datetime) -> None:
    """What is written when handing in is the report, where the task asks for one, or a message."""
    text = form.get("message")
    if text and task.need_report:
        task = await report_on_task(conn, task, text, now=now)
    elif text:
        await add_message(conn, task, text, author_id=task.freelancer_id, now=now)
    await rules.finish_task(conn, task, actor=actor, now=now)


async def confirm(conn: Connection, task: TaskRow, _: Form, *, actor: Actor, now: datetime) -> None:
    await rules.confirm_cancellation(conn, task, actor=actor, now=now)


async def dispute(conn: Connection, task: TaskRow, form: Form, *, actor: Actor, now: datetime) -> None:
    await disputes.open_dispute(conn, task, reason=form.get("reason", ""), actor=actor, now=now)


async def agree(conn: Connection, task: TaskRow, form: Form, *, actor: Actor, now: datetime) -> None:
    await changes.agree_to_changes(conn, task, changeset_id=read_changeset(form), actor=actor, now=now)


async def refuse(conn: Connection, task: TaskRow, form: Form, *, actor: Actor, now: datetime) -> None:
    await changes.refuse_changes(
        conn, task, changeset_id=read_changeset(form), comment=form.get("comment") or None, actor=actor, now=now
    )


def read_changeset(form: Form) -> int:
    """The proposal that the page showed. What is no number is nobody's."""
    given = form.get("changeset", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_ID else 0


class MyStep(NamedTuple):
    verb: Verb
    take: Callable[..., Awaitable[None]]


STEPS: dict[str, MyStep] = {
    "start": MyStep(Verb.START, start),
    "decline": MyStep(Verb.REFUSE, decline),
    "finish": MyStep(Verb.FINISH, finish),
    "confirm": MyStep(Verb.CONFIRM_CANCELLATION, confirm),
    "agree": MyStep(Verb.AGREE, agree),
    "refuse": MyStep(Verb.REFUSE_CHANGES, refuse),
    "dispute": MyStep(Verb.DISPUTE, dispute),
}


def steps_in(state: int) -> list[str]:
    """The steps that a freelancer may take in a state."""
    legal = {t.verb for t in TRANSITIONS if t.start == state and t.who == Side.FREELANCER}
    return [name for name, step in STEPS.items() if step.verb in legal]
