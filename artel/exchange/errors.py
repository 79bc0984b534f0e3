"""The refusals of the exchange."""

from artel.errors import Refused


class PairNotQuoted(Refused):
    """No rate between these two currencies is quoted here."""

    def __init__(self, base: str, target: str) -> None:
        super().__init__("pair_not_quoted", "currency", base=base, target=target)


class RateNotPositive(Refused):
    """A rate must be above zero, after the spread and rounding too."""

    def __init__(self) -> None:
        super().__init__("rate_not_positive", "rate")


class SpreadOutOfRange(Refused):
    """A spread is a per cent from 0 to 50."""

    def __init__(self) -> None:
        super().__init__("spread_out_of_range", "spread_percent")
