"""What is refused about tax statuses."""

from datetime import date

from artel.errors import Refused


class TaxationOutsideRussia(Refused):
    """Statuses are a matter of Russian law: who pays taxes elsewhere has none to change."""

    def __init__(self) -> None:
        super().__init__("taxation_outside_russia", "freelancer_id")


class TaxationStatusUnknown(Refused):
    """Not one of the three statuses."""

    def __init__(self) -> None:
        super().__init__("taxation_status_unknown", "taxation_status_id")


class TaxationBlocked(Refused):
    """The status was changed not long ago; it can be changed again from the day told on."""

    def __init__(self, till: date) -> None:
        super().__init__("taxation_blocked", "taxation_status_id", till=till.isoformat())


class TaxationBeingChecked(Refused):
    """The tax service is being asked about an earlier change."""

    def __init__(self) -> None:
        super().__init__("taxation_being_checked", "taxation_status_id")


class EntrepreneurNumberInvalid(Refused):
    """Not the fifteen digits of a sole proprietor's registration number."""

    def __init__(self) -> None:
        super().__init__("entrepreneur_number_invalid", "registration_number")
