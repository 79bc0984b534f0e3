"""The ledger as a few lines of Python: what the real one must agree with."""

from collections import defaultdict
from decimal import Decimal

from artel.errors import Refused
from artel.ledger.accounts import Account, Transfer
from artel.ledger.errors import AlreadyReversed, BadAmount, InsufficientFunds, KeyReused, Unbalanced

EXPONENTS = {"RUB": 2, "USD": 2, "EUR": 2, "BTC": 8}
Content = tuple[str, str, int, int | None, tuple[tuple[Account, Decimal], ...]]


class Model:
    """Balances and the transfers posted, by key."""

    def __init__(self) -> None:
        self.balances: dict[Account, Decimal] = defaultdict(Decimal)
        self.contents: dict[str, Content] = {}
        self.reversed: set[int] = set()

    def post(self, transfer: Transfer) -> str | type[Refused]:
        """ "posted", "repeated", or the refusal to expect."""
        merged: dict[Account, Decimal] = defaultdict(Decimal)
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in transfer.postings:
            merged[posting.account] += posting.amount
            sums[posting.account.currency] += posting.amount
        if not merged or any(posting.amount == 0 for posting in transfer.postings):
            return BadAmount
        if any(sums.values()):
            return Unbalanced
        parts = {account: amount for account, amount in merged.items() if amount}
        if not parts:
            return BadAmount
        content = content_of(transfer, parts)
        if transfer.key in self.contents:
            return "repeated" if self.contents[transfer.key] == content else KeyReused
        if transfer.reverses in self.reversed:
            return AlreadyReversed
        for account, amount in parts.items():
            if amount != round(amount, EXPONENTS[account.currency]):
                return BadAmount
            if account.is_customers and self.balances[account] + amount < 0:
                return InsufficientFunds
        for account, amount in parts.items():
            self.balances[account] += amount
        self.contents[transfer.key] = content
        if transfer.reverses:
            self.reversed.add(transfer.reverses)
        return "posted"


def content_of(transfer: Transfer, parts: dict[Account, Decimal]) -> Content:
    postings = sorted(parts.items(), key=lambda part: str(part[0]))
    return (transfer.kind, transfer.subject, transfer.subject_id, transfer.reverses, tuple(postings))
