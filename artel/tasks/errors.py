"""Refusals of tasks that a caller may want to tell apart. Plain field complaints are Refused with their code."""

from artel.errors import NotAllowed, Refused


class NotInState(Refused):
    """The task's state does not allow this step."""

    def __init__(self, state: int) -> None:
        super().__init__("task_not_in_state", "task_id", state=int(state))


class ChangesetSuperseded(Refused):
    """The proposal that was answered is not the one that is open."""

    def __init__(self) -> None:
        super().__init__("changeset_superseded", "changeset_id")


class ReportMissing(Refused):
    """The task asks for a report, and none is attached."""

    def __init__(self) -> None:
        super().__init__("report_missing", "task_id")


class DoesNotActForFreelancers(NotAllowed):
    """The company has not been given the right to take its freelancers' steps."""

    def __init__(self) -> None:
        super().__init__("does_not_act_for_freelancers")
