"""Who stands on a document: the platform's operator, who issues it, and the company it is for."""

from collections.abc import Sequence
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.settings import Settings


class Issuer(msgspec.Struct, frozen=True):
    """The operator's own details, as the settings have them. `bank`: where to pay, by currency."""

    name: str
    address: str
    tax_id: str
    bank: dict[str, str]

    @classmethod
    def of(cls, settings: Settings) -> "Issuer":
        bank = {"RUB": settings.issuer_bank_rub, "USD": settings.issuer_bank_usd, "EUR": settings.issuer_bank_eur}
        return cls(settings.issuer_name, settings.issuer_address, settings.issuer_tax_id, bank)

    def facts(self, currency: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "address": self.address,
            "tax_id": self.tax_id,
            "bank": self.bank.get(currency, ""),
        }


class CompanyParty(msgspec.Struct):
    """A company as its documents name it; `country` is a code, told in the document's language."""

    id: int
    name: str
    address: str | None
    postal_code: str | None
    city: str | None
    state: str | None
    country: str

    def facts(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


async def company_parties(conn: Connection, company_ids: Sequence[int]) -> dict[int, CompanyParty]:
    rows = await fetch_all(
        conn,
        CompanyParty,
        """
        SELECT id, name, address, postal_code, city, state, coalesce(address_country, country) AS country
        FROM company
        WHERE id = ANY(%(ids)s::bigint[])
        """,
        {"ids": list(company_ids)},
    )
    return {row.id: row for row in rows}
