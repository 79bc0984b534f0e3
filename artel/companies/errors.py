"""What companies are refused."""

from decimal import Decimal

from artel.errors import Refused


class CompanyCurrencyUnknown(Refused):
    """Companies keep their balance in RUB, USD or EUR."""

    def __init__(self, currency: str) -> None:
        super().__init__("company_currency_unknown", "currency", currency=currency)


class EscrowUnknown(Refused):
    """No such policy for holding money."""

    def __init__(self, escrow: str) -> None:
        super().__init__("escrow_unknown", "escrow", escrow=escrow)


class PercentOutOfRange(Refused):
    """A percentage outside 0 to 100, or finer than a thousandth."""

    def __init__(self, field: str, percent: Decimal) -> None:
        super().__init__("percent_out_of_range", field, percent=percent)


class RoleUnknown(Refused):
    """No such role in a company."""

    def __init__(self, role: str) -> None:
        super().__init__("role_unknown", "role", role=role)


class AlreadyMember(Refused):
    """The person is a member of the company, in a role that stays."""

    def __init__(self) -> None:
        super().__init__("already_member", "person_id")


class LastOwner(Refused):
    """Without an owner nobody could look after the company any more."""

    def __init__(self) -> None:
        super().__init__("last_owner")
