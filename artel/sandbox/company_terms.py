"""What the sandbox's operator has entered about its companies: their part in the advertising law, and insurance.

Numbers have right check digits and are nobody's.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from artel.advertising.kinds import Kind
from artel.advertising.organisations import Organisation
from artel.advertising.registration import register_company, register_platform
from artel.db.pool import Connection
from artel.insurance.rules import Product, set_product

PLATFORM = {
    "full_opf": "ООО «Платформа-образец»",
    "inn": "9901000027",
    "ogrn": "1229900000010",
    "phone_number": "74950000000",
}
# By the company's currency.
ORGANISATIONS: dict[str, dict[str, str | Kind]] = {
    "RUB": {"kind": Kind.LEGAL, "full_opf": "ООО «Образец»", "inn": "9901000010", "ogrn": "1229900000000"},
    "USD": {
        "kind": Kind.FOREIGN_LEGAL,
        "full_opf": "Sample Company Inc",
        "registration_number": "0000001",
        "tax_id": "12-3456789",
        "region_number": "840",
    },
    "EUR": {
        "kind": Kind.FOREIGN_LEGAL,
        "full_opf": "Sample Company GmbH",
        "registration_number": "HRB 00001",
        "tax_id": "DE136695976",
        "region_number": "276",
    },
}
PREMIUMS = {"RUB": Decimal(150), "USD": Decimal("1.50"), "EUR": Decimal("1.50")}
SIGNED_ON = date(2024, 1, 15)


async def enter_platform(conn: Connection, *, now: datetime) -> None:
    await register_platform(conn, Organisation(kind=Kind.LEGAL, uuid=uuid4(), **PLATFORM), now=now)


async def enter_company_terms(conn: Connection, company_id: int, currency: str, *, now: datetime) -> None:
    """A company that can buy advertising, and can insure a task where it asks for that."""
    await register_company(
        conn,
        company_id,
        Organisation(uuid=uuid4(), **ORGANISATIONS[currency]),  # type: ignore[arg-type]
        contract_number=f"SAMPLE-{currency}",
        signed_on=SIGNED_ON,
        now=now,
    )
    await set_product(conn, company_id, Product(PREMIUMS[currency], False), actor_id=None, now=now)
