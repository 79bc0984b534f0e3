"""What paying for a booking refuses."""

from decimal import Decimal

from artel.errors import Refused


class NothingToPay(Refused):
    """The booking is free, or paid already."""

    def __init__(self) -> None:
        super().__init__("nothing_to_pay")


class PaymentUnderWay(Refused):
    """A card is being charged for it: what becomes of that is known in a moment."""

    def __init__(self) -> None:
        super().__init__("payment_under_way")


class PaymentCurrencyDiffers(Refused):
    """The company's balance is in another currency than the price."""

    def __init__(self, currency: str) -> None:
        super().__init__("payment_currency_differs", "pay_from", currency=currency)


class CardsNotTaken(Refused):
    """This installation has no card processor."""

    def __init__(self) -> None:
        super().__init__("cards_not_taken")


class CardTriesOver(Refused):
    """Too many cards were declined for this booking: its slot is not kept for another."""

    def __init__(self) -> None:
        super().__init__("card_tries_over")


class PayerNotAllowed(Refused):
    """The company is not one whose money the caller may spend; whether it exists is not told."""

    def __init__(self) -> None:
        super().__init__("payer_not_allowed", "pay_from")


class PaymentsWithoutIds(Refused):
    """None of the bookings named, or not all of them, are open and unpaid, and the caller's to pay."""

    def __init__(self) -> None:
        super().__init__("payments_without_ids", "ids")


class DepositAmountInvalid(Refused):
    """At least one unit of the schedule's currency, with no more digits than it has."""

    def __init__(self, currency: str, exponent: int) -> None:
        super().__init__("deposit_amount_invalid", "amount", currency=currency, digits=exponent)


class DepositTooSmall(Refused):
    """The bookings it is for cost more."""

    def __init__(self, total: Decimal) -> None:
        super().__init__("deposit_too_small", "amount", total=total)


class PayeeUnknown(Refused):
    """Nobody who works there."""

    def __init__(self) -> None:
        super().__init__("payee_unknown", "benefitable_id")


class EventCharged(Refused):
    """There is a charge for this meeting and this person already."""

    def __init__(self) -> None:
        super().__init__("event_charged")


class EventNotChargeable(Refused):
    """Not a meeting, not one that took or takes place, or one without a price."""

    def __init__(self) -> None:
        super().__init__("event_not_chargeable")
