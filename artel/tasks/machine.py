"""The task's state machine as data: the states and the one table of legal steps (customer-api.md "Tasks").

artel.tasks.steps takes them.
"""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from artel.tasks.errors import NotInState
from artel.tasks.queries import TaskRow


class State(IntEnum):
    """Numbers are the documents'."""

    NEW = 1
    IN_WORK = 2
    RESULT = 3
    FOR_PAYMENT = 4
    FINISHED = 5
    DECLINED_BY_FREELANCER = 6
    DECLINED_BY_CLIENT = 8
    CANCELLATION = 11
    QUEUED = 12
    DISPUTE = 13
    DEADLINE_PASSED = 14
    CLOSED_BY_DEADLINE = 15
    CHANGES_PROPOSED = 16
    DRAFT = 17


class Side(StrEnum):
    CLIENT = "client"
    FREELANCER = "freelancer"
    OPERATOR = "operator"  # of the installation: stands above both
    SYSTEM = "system"


class Verb(StrEnum):
    """What happened to the task; the audit trail says "task.<verb>"."""

    CREATE = "created"
    PUBLISH = "published"
    START = "started"
    REFUSE = "refused"
    FINISH = "finished"
    ACCEPT = "accepted"
    RETURN = "returned_to_work"
    PAY = "payment_ordered"
    QUICK_PAY = "quick_payment_ordered"
    SETTLE = "paid"
    FAIL = "payment_failed"
    DECLINE = "declined"
    CONFIRM_CANCELLATION = "cancellation_confirmed"
    EXPIRE = "deadline_passed"
    PROLONG = "prolonged"
    CLOSE = "closed_by_deadline"
    DISPUTE = "disputed"
    RESOLVE = "dispute_resolved"
    PROPOSE = "changes_proposed"
    WITHDRAW = "changes_withdrawn"
    AGREE = "changes_agreed"
    REFUSE_CHANGES = "changes_refused"


class Transition(NamedTuple):
    verb: Verb
    start: State | None
    end: State
    who: Side


# Where a dispute may end, and from where changes may be proposed: the proposal goes back there.
DISPUTE_ENDS = (State.IN_WORK, State.FOR_PAYMENT, State.DECLINED_BY_CLIENT)
CHANGEABLE = (State.NEW, State.IN_WORK, State.RESULT)

TRANSITIONS = (
    Transition(Verb.CREATE, None, State.DRAFT, Side.CLIENT),
    Transition(Verb.CREATE, None, State.NEW, Side.CLIENT),
    Transition(Verb.PUBLISH, State.DRAFT, State.NEW, Side.CLIENT),
    Transition(Verb.START, State.NEW, State.IN_WORK, Side.FREELANCER),
    Transition(Verb.REFUSE, State.NEW, State.DECLINED_BY_FREELANCER, Side.FREELANCER),
    Transition(Verb.FINISH, State.IN_WORK, State.RESULT, Side.FREELANCER),
    Transition(Verb.ACCEPT, State.RESULT, State.FOR_PAYMENT, Side.CLIENT),
    Transition(Verb.ACCEPT, State.DEADLINE_PASSED, State.FOR_PAYMENT, Side.CLIENT),
    Transition(Verb.RETURN, State.RESULT, State.IN_WORK, Side.CLIENT),
    Transition(Verb.PAY, State.FOR_PAYMENT, State.QUEUED, Side.CLIENT),
    Transition(Verb.QUICK_PAY, State.NEW, State.QUEUED, Side.CLIENT),
    Transition(Verb.SETTLE, State.QUEUED, State.FINISHED, Side.SYSTEM),
    Transition(Verb.FAIL, State.QUEUED, State.FOR_PAYMENT, Side.SYSTEM),
    Transition(Verb.DECLINE, State.NEW, State.DECLINED_BY_CLIENT, Side.CLIENT),
    Transition(Verb.DECLINE, State.IN_WORK, State.DECLINED_BY_CLIENT, Side.CLIENT),
    Transition(Verb.DECLINE, State.DEADLINE_PASSED, State.DECLINED_BY_CLIENT, Side.CLIENT),
    Transition(Verb.DECLINE, State.RESULT, State.CANCELLATION, Side.CLIENT),
    Transition(Verb.DECLINE, State.FOR_PAYMENT, State.CANCELLATION, Side.CLIENT),
    Transition(Verb.DECLINE, State.CANCELLATION, State.DECLINED_BY_CLIENT, Side.CLIENT),
    Transition(Verb.CONFIRM_CANCELLATION, State.CANCELLATION, State.DECLINED_BY_CLIENT, Side.FREELANCER),
    Transition(Verb.EXPIRE, State.NEW, State.DEADLINE_PASSED, Side.SYSTEM),
    Transition(Verb.EXPIRE, State.IN_WORK, State.DEADLINE_PASSED, Side.SYSTEM),
    # Back to where the deadline found it.
    Transition(Verb.PROLONG, State.DEADLINE_PASSED, State.NEW, Side.CLIENT),
    Transition(Verb.PROLONG, State.DEADLINE_PASSED, State.IN_WORK, Side.CLIENT),
    Transition(Verb.CLOSE, State.DEADLINE_PASSED, State.CLOSED_BY_DEADLINE, Side.SYSTEM),
    Transition(Verb.DISPUTE, State.RESULT, State.DISPUTE, Side.FREELANCER),
    Transition(Verb.DISPUTE, State.CANCELLATION, State.DISPUTE, Side.FREELANCER),
    *(Transition(Verb.RESOLVE, State.DISPUTE, end, by) for by in (Side.CLIENT, Side.OPERATOR) for end in DISPUTE_ENDS),
    *(Transition(Verb.PROPOSE, start, State.CHANGES_PROPOSED, Side.CLIENT) for start in CHANGEABLE),
    *(
        Transition(verb, State.CHANGES_PROPOSED, end, by)
        for verb, by in (
            (Verb.WITHDRAW, Side.CLIENT),
            (Verb.AGREE, Side.FREELANCER),
            (Verb.REFUSE_CHANGES, Side.FREELANCER),
        )
        for end in CHANGEABLE
    ),
)


class Actor(msgspec.Struct, frozen=True):
    """Who takes a step, and for which side: a company's member may stand in for a freelancer."""

    person_id: int | None
    side: Side


SYSTEM = Actor(None, Side.SYSTEM)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one task. `held` and `issue_code` are what the task says after it, `reason` is its actor's."""

    verb: Verb
    task_id: int
    company_id: int
    uuid: UUID
    external_id: str | None
    start: State | None
    end: State
    actor_id: int | None
    held: Decimal
    issue_code: str | None = None
    reason: str | None = None


def ends_of(verb: Verb, state: int, *, by: Side) -> list[State]:
    """Where the step leads from this state. Refuses: NotInState where it is not legal, or not this side's."""
    ends = [t.end for t in TRANSITIONS if t.verb == verb and t.start == state and t.who == by]
    if not ends:
        raise NotInState(state)
    return ends


def step_of(
    task: TaskRow,
    verb: Verb,
    *,
    by: Actor,
    end: State | None = None,
    held: Decimal | None = None,
    issue_code: str | None = None,
    reason: str | None = None,
) -> Step:
    """The step, checked against the table. `end` chooses where the verb has several. Refuses: NotInState."""
    ends = ends_of(verb, task.state, by=by.side)
    if end is not None and end not in ends:
        raise NotInState(task.state)
    return Step(
        verb=verb,
        task_id=task.id,
        company_id=task.company_id,
        uuid=task.uuid,
        external_id=task.external_id,
        start=State(task.state),
        end=end if end is not None else ends[0],
        actor_id=by.person_id,
        held=task.held if held is None else held,
        issue_code=issue_code,
        reason=reason,
    )
