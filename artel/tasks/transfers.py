"""A task's money as transfers of the ledger: what moves at each point of its life. Nothing here posts anything.

Company money goes available -> held -> to_pay -> out, or back. Keys name the step that moved it, so a step moves
money once; a settlement is named by the task alone, because a task is settled once in its life.
"""

from datetime import datetime
from decimal import Decimal

from artel.ledger import accounts
from artel.ledger.accounts import Posting, Transfer
from artel.tasks.queries import TaskRow


def hold_of(
    task_id: int, *, company_id: int, currency: str, total: Decimal, step_id: int, actor_id: int | None, now: datetime
) -> Transfer:
    """Set the total aside."""
    return Transfer(
        "task_hold",
        f"task:{task_id}:hold:{step_id}",
        "task",
        task_id,
        (
            Posting(accounts.company_available(company_id, currency), -total),
            Posting(accounts.company_held(company_id, currency), total),
        ),
        now,
        actor_id,
    )


def release_of(task: TaskRow, *, step_id: int, actor_id: int | None, now: datetime) -> Transfer:
    """Give back what is held."""
    return Transfer(
        "task_release",
        f"task:{task.id}:release:{step_id}",
        "task",
        task.id,
        (
            Posting(accounts.company_held(task.company_id, task.currency), -task.held),
            Posting(accounts.company_available(task.company_id, task.currency), task.held),
        ),
        now,
        actor_id,
    )


def hold_change_of(task: TaskRow, *, held: Decimal, cause: str, actor_id: int | None, now: datetime) -> Transfer:
    """Set more aside, or give a part back, so that `held` is held. `cause` names what changed it, once a task."""
    more = held - task.held
    return Transfer(
        "task_hold" if more > 0 else "task_release",
        f"task:{task.id}:{'hold' if more > 0 else 'release'}:{cause}",
        "task",
        task.id,
        (
            Posting(accounts.company_available(task.company_id, task.currency), -more),
            Posting(accounts.company_held(task.company_id, task.currency), more),
        ),
        now,
        actor_id,
    )


def payment_of(task: TaskRow, *, step_id: int, actor_id: int | None, now: datetime) -> Transfer:
    """Order the payment: what is held first, the rest from what is available."""
    return Transfer(
        "task_payment",
        f"task:{task.id}:payment:{step_id}",
        "task",
        task.id,
        (
            *sources(task, task.held, sign=-1),
            Posting(accounts.company_to_pay(task.company_id, task.currency), task.total),
        ),
        now,
        actor_id,
    )


def payment_return_of(task: TaskRow, *, from_held: Decimal, step_id: int, now: datetime) -> Transfer:
    """Undo an ordered payment that could not be settled: each part goes back to where it came from."""
    return Transfer(
        "task_payment_return",
        f"task:{task.id}:payment_return:{step_id}",
        "task",
        task.id,
        (
            Posting(accounts.company_to_pay(task.company_id, task.currency), -task.total),
            *sources(task, from_held, sign=1),
        ),
        now,
    )


def settlement_of(task: TaskRow, *, now: datetime) -> Transfer:
    """Pay: the company's total goes to the freelancer, the platform's commission, the tax and the insurance.

    In two currencies the freelancer's part passes through the platform's position in each.
    """
    commission = task.commission + task.shared_commission
    postings = [
        Posting(accounts.company_to_pay(task.company_id, task.currency), -task.total),
        Posting(accounts.person_balance(task.freelancer_id, task.worker_currency), task.amount_for_worker),
    ]
    if commission:
        postings.append(Posting(accounts.commission(task.currency), commission))
    if task.sales_tax:
        postings.append(Posting(accounts.sales_tax(task.currency), task.sales_tax))
    if task.insurance:
        postings.append(Posting(accounts.insurance(task.currency), task.insurance))
    if task.currency != task.worker_currency:
        converted = task.price - task.shared_commission
        if converted:
            postings.append(Posting(accounts.exchange(task.currency), converted))
        postings.append(Posting(accounts.exchange(task.worker_currency), -task.amount_for_worker))
    return Transfer("task_settlement", f"task:{task.id}:settlement", "task", task.id, tuple(postings), now)


def sources(task: TaskRow, from_held: Decimal, *, sign: int) -> list[Posting]:
    """The company's accounts that the total comes from, or goes back to."""
    parts = [
        Posting(accounts.company_held(task.company_id, task.currency), sign * from_held),
        Posting(accounts.company_available(task.company_id, task.currency), sign * (task.total - from_held)),
    ]
    return [part for part in parts if part.amount]
