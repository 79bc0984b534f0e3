"""How the ledger says no. Where one of these is raised, no money has moved."""

from decimal import Decimal

from artel.errors import Refused
from artel.ledger.accounts import Account


class InsufficientFunds(Refused):
    """A customer's account would go below zero. `balance` is what it has."""

    def __init__(self, account: Account, balance: Decimal) -> None:
        super().__init__(
            "insufficient_funds",
            None,
            account=account,
            balance=balance,
            currency=account.currency,
            purpose=account.purpose,
        )
        self.account = account
        self.balance = balance


class KeyReused(Refused):
    """The key belongs to a transfer of another content."""

    def __init__(self, key: str) -> None:
        super().__init__("key_reused", None, key=key)
        self.key = key


class Unbalanced(Refused):
    """What is given is not what is received, in some currency."""

    def __init__(self, key: str) -> None:
        super().__init__("unbalanced", None, key=key)


class BadAmount(Refused):
    """Zero, not a number, more digits than the currency has, or no posting at all."""

    def __init__(self, key: str) -> None:
        super().__init__("bad_amount", "amount", key=key)


class AlreadyReversed(Refused):
    """A transfer is put right once."""

    def __init__(self, transfer_id: int) -> None:
        super().__init__("already_reversed", None, transfer_id=transfer_id)


class OutcomeUnknown(Exception):
    """The database could not be asked in time whether a transfer is in the books. Not a refusal: it may be.

    Posting it again with the same key is safe at any later time and tells.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class LedgerUnavailable(Exception):
    """There was no database to send a transfer to. Nothing has moved."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
