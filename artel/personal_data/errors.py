"""Why somebody's data cannot be erased yet."""

from artel.errors import Refused


class MoneyLeft(Refused):
    """There is money on the person's balance: to be paid out first."""

    def __init__(self) -> None:
        super().__init__("erasure_money_left")


class WorkUnfinished(Refused):
    """The person has tasks that are not over, or payouts under way."""

    def __init__(self) -> None:
        super().__init__("erasure_work_unfinished")


class RunsCompanies(Refused):
    """The person belongs to a company: somebody else takes their place first (`artel company remove-member`)."""

    def __init__(self) -> None:
        super().__init__("erasure_runs_companies")
