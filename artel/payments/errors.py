"""What paying for a booking refuses."""

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


class PayerNotAllowed(Refused):
    """The company is not one whose money the caller may spend; whether it exists is not told."""

    def __init__(self) -> None:
        super().__init__("payer_not_allowed", "pay_from")
