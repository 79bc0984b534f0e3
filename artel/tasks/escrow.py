"""When a task's total is held (customer-api.md "Escrow"): the company's policy, as it was when the task was made."""

from decimal import Decimal

from artel.tasks.machine import State

# The states that a task of each policy is entered into with its total held. Under on_task_accept that is the
# freelancer's taking of the task, and the client's acceptance where the freelancer's was skipped by a deadline.
HELD_FROM: dict[str, frozenset[State]] = {
    "without_hold": frozenset(),
    "on_task_create": frozenset({State.NEW}),
    "on_task_accept": frozenset({State.IN_WORK, State.FOR_PAYMENT}),
    "after_task_accept": frozenset({State.FOR_PAYMENT}),
}
# The only policy under which the step stands where the money is short; the task then says why in its issue code.
TOLERATES_SHORTAGE = "after_task_accept"
RELEASED_IN = frozenset({State.DECLINED_BY_FREELANCER, State.DECLINED_BY_CLIENT, State.CLOSED_BY_DEADLINE})

INSUFFICIENT_FUNDS = "insufficient_funds"
PAYMENT_FAILED = "payment_failed"


def held_after(end: State, *, escrow: str, held: Decimal, total: Decimal) -> Decimal:
    """What is to be held once a task has entered `end` with `held` held before.

    All of the total or nothing: a total that changes takes what is held for it along.
    """
    if end in RELEASED_IN:
        return Decimal(0)
    return total if held or end in HELD_FROM[escrow] else Decimal(0)
