"""What bank accounts, files and reports are refused for."""

from artel.errors import Refused


class AccountOfCurrencyExists(Refused):
    """One account pays each currency; another one can take its place, not stand beside it."""

    def __init__(self, currency: str) -> None:
        super().__init__("bank_account_exists", "currency", currency=currency)


class ExecutionDatePast(Refused):
    """A bank executes nothing yesterday."""

    def __init__(self) -> None:
        super().__init__("execution_date_past", "date")


class ReportUnreadable(Refused):
    """A file that is none of the reports known here, or is damaged: nothing of it was taken. `why` is in English."""

    def __init__(self, why: str) -> None:
        super().__init__("bank_report_unreadable", None, why=why)
