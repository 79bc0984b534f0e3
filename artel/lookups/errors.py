"""The refusals of the reference data."""

from artel.errors import Refused


class CountryUnknown(Refused):
    """No country has this two-letter code."""

    def __init__(self, country: str, field: str) -> None:
        super().__init__("country_unknown", field, country=country)
