"""What documents, their links and bank statements are refused for."""

from decimal import Decimal

from artel.errors import Refused


class InvoiceAmountWrong(Refused):
    """Zero, below, above `most`, or more digits than the currency has."""

    def __init__(self, *, most: Decimal, digits: int) -> None:
        super().__init__("invoice_amount_wrong", "amount", most=most, digits=digits)


class InvoicePaid(Refused):
    """The invoice has been paid: it tops up once."""

    def __init__(self, number: str) -> None:
        super().__init__("invoice_paid", None, number=number)


class ArchiveGone(Refused):
    """The link is not ours, has expired, or belongs to somebody who is no member any more."""

    def __init__(self) -> None:
        super().__init__("archive_gone")


class StatementUnreadable(Refused):
    """The file is no bank statement in a form that is read here."""

    def __init__(self) -> None:
        super().__init__("statement_unreadable")


class StatementBroken(Refused):
    """The XML is cut short or malformed, or declares entities, which no statement needs."""

    def __init__(self) -> None:
        super().__init__("statement_broken")


class StatementTooLarge(Refused):
    def __init__(self, most_mib: int) -> None:
        super().__init__("statement_too_large", None, most_mib=most_mib)
