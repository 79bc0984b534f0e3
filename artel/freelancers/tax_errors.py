"""What is refused about changes of tax data."""

from artel.errors import Refused


class FreelancerNotJoined(Refused):
    """The person has not said yes to the company yet: what is theirs is not the company's to see or write."""

    def __init__(self) -> None:
        super().__init__("freelancer_not_joined", "freelancer_id")


class TaxInfoInUse(Refused):
    """Work of theirs is accepted and not yet paid: it is paid to the number that was there."""

    def __init__(self) -> None:
        super().__init__("tax_info_in_use", "tax_number")


class TaxCountryUnclear(Refused):
    """Several countries have a document of this name, and neither the tax residence nor the address says which."""

    def __init__(self) -> None:
        super().__init__("tax_country_unclear", "type")
