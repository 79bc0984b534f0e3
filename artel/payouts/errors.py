"""What payouts and their endpoints are refused."""

from collections.abc import Sequence
from decimal import Decimal

from artel.errors import Refused


class TaskNotPaid(Refused):
    """Only a finished task's money can be paid out: the freelancer has it from state 5 on."""

    def __init__(self) -> None:
        super().__init__("task_not_paid", "task_id")


class PayoutExists(Refused):
    """The task has a payout that was not declined: one payout per task."""

    def __init__(self) -> None:
        super().__init__("payout_exists", "task_id")


class EndpointUnknown(Refused):
    """No endpoint of that type and id is the freelancer's, or it was removed: the two look the same."""

    def __init__(self) -> None:
        super().__init__("payout_endpoint_unknown", "payout_endpoint_id")


class EndpointNotReady(Refused):
    """The endpoint is blocked or not confirmed yet."""

    def __init__(self) -> None:
        super().__init__("payout_endpoint_not_ready", "payout_endpoint_id")


class CardExpired(Refused):
    """The card's last month is over."""

    def __init__(self, field: str = "payout_endpoint_id") -> None:
        super().__init__("card_expired", field)


class CurrencyNotPaid(Refused):
    """The payment rail cannot pay this currency to this endpoint."""

    def __init__(self, currency: str) -> None:
        super().__init__("payout_currency_not_paid", "currency_id", currency=currency)


class BalanceShort(Refused):
    """The freelancer's balance does not cover the payout. What it holds is not the company's to know."""

    def __init__(self) -> None:
        super().__init__("payout_balance_short")


class AmountTooSmall(Refused):
    """What would arrive is less than the smallest unit of its currency."""

    def __init__(self) -> None:
        super().__init__("payout_too_small")


class RailUnknown(Refused):
    """No payment rail of the configured name can be used here."""

    def __init__(self, rail: str) -> None:
        super().__init__("payout_rail_unknown", rail=rail)


class PayoutFinished(Refused):
    """The payout has its outcome, and another one is reported."""

    def __init__(self) -> None:
        super().__init__("payout_finished", "payout_id")


class CompletedAmountWrong(Refused):
    """A partial outcome completes more than nothing and less than everything."""

    def __init__(self, most: Decimal) -> None:
        super().__init__("completed_amount_wrong", "completed_amount", most=most)


class FreelancerHasNoPhone(Refused):
    """The code goes by SMS, and there is no number to send it to."""

    def __init__(self) -> None:
        super().__init__("freelancer_has_no_phone", "freelancer_id")


class EndpointRefused(Refused):
    """What was typed for a new endpoint. `refusals` has one for each field to blame."""

    def __init__(self, refusals: Sequence[Refused]) -> None:
        super().__init__(refusals[0].code, refusals[0].field, **refusals[0].facts)
        self.refusals = refusals


class EndpointExists(Refused):
    """The freelancer has this account or wallet already."""

    def __init__(self) -> None:
        super().__init__("payout_endpoint_exists", "number")


class ReturnedAmountWrong(Refused):
    """A bank sent back another sum than had been completed."""

    def __init__(self, completed: Decimal) -> None:
        super().__init__("returned_amount_wrong", "amount", completed=completed)
