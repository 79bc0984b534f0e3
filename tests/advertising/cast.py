"""Organisations of each kind and contracts between them, as clients send them; numbers are right and nobody's."""

import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from artel.db.pool import Connection
from artel.sandbox.company_terms import enter_company_terms, enter_platform
from tests.cast import Someone

ORGANISATION, CONTRACT = "/customer/ord/organization", "/customer/ord/contract"

# What each legal kind must say, and what it may say besides.
KINDS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "LEGAL_TYPE_LEGAL": (
        {"fullOpf": "ООО «Северное сияние»", "inn": "9901000034"},
        {"ogrn": "1229900000021", "kpp": "990101001", "regionNumber": "643", "phoneNumber": "+7 495 000-00-01"},
    ),
    "LEGAL_TYPE_INDIVIDUAL": (
        {"fio": "Образцова Анна", "inn": "990100001553"},
        {"phoneNumber": "+74950000002", "regionNumber": "643"},
    ),
    "LEGAL_TYPE_ENTREPRENEUR": (
        {"fio": "Образцов Пётр", "inn": "990100002500"},
        {"ogrnip": "322990000000040", "phoneNumber": "+74950000003"},
    ),
    "LEGAL_TYPE_FOREIGN_LEGAL": (
        {
            "fullOpf": "Nordlicht GmbH",
            "registrationNumber": "HRB 12345 B",
            "taxId": "DE136695976",
            "regionNumber": "276",
        },
        {"phoneNumber": "+49 30 123456"},
    ),
    "LEGAL_TYPE_FOREIGN_INDIVIDUAL": (
        {
            "fio": "Erika Example",
            "phoneNumber": "+49 30 123457",
            "paymentNumber": "Z123456789012",
            "regionNumber": "276",
        },
        {"taxId": "36574261809"},
    ),
    "LEGAL_TYPE_FOREIGN_ENTREPRENEUR": (
        {"fio": "Max Example", "regionNumber": "040"},
        {"registrationNumber": "FN 123456", "taxId": "ATU13585627", "phoneNumber": "+43 1 1234567"},
    ),
}


def organisation(kind: str = "LEGAL_TYPE_LEGAL", **changes: Any) -> dict[str, Any]:
    """A body with all that its kind must have. A change to `...` leaves the field out."""
    body = {"externalOrganisationId": str(uuid.uuid4()), "legalType": kind, **KINDS[kind][0], **changes}
    return {name: value for name, value in body.items() if value is not ...}


def contract(customer: str, performer: str, **changes: Any) -> dict[str, Any]:
    body = {
        "externalContractId": str(uuid.uuid4()),
        "externalOrganisationCustomerId": customer,
        "externalOrganisationPerformerId": performer,
        "contractNumber": "1",
        "contractDate": "11.01.2020",
        "contractType": "CONTRACT_TYPE_SERVICE",
        "subjectType": "SUBJECT_TYPE_DISTRIBUTION",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


async def enter_company(conn: Connection, company_id: int) -> None:
    """The operator enters the platform and the company, which can insure tasks from then on."""
    now = datetime.now(UTC)
    async with conn.transaction():
        await enter_platform(conn, now=now)
        await enter_company_terms(conn, company_id, "EUR", now=now)


class Books:
    """A company's books of the advertising law, kept by one of its members through the API."""

    def __init__(self, client: httpx.AsyncClient, someone: Someone) -> None:
        self.client = client
        self.headers = someone.headers

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.client.post(path, headers=self.headers, json=body)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers)

    async def add_organisation(self, kind: str = "LEGAL_TYPE_LEGAL", **changes: Any) -> str:
        """Its uuid."""
        body = organisation(kind, **changes)
        reply = await self.post(ORGANISATION, body)
        assert (reply.status_code, reply.json()) == (200, []), reply.text
        return str(body["externalOrganisationId"])

    async def add_contract(self, customer: str, performer: str, **changes: Any) -> str:
        """Its uuid."""
        body = contract(customer, performer, **changes)
        reply = await self.post(CONTRACT, body)
        assert (reply.status_code, reply.json()) == (200, []), reply.text
        return str(body["externalContractId"])

    async def two_organisations(self) -> tuple[str, str]:
        return await self.add_organisation(), await self.add_organisation("LEGAL_TYPE_ENTREPRENEUR")

    async def own(self) -> dict[str, Any]:
        reply = await self.get("/customer/ord/company-data")
        assert reply.status_code == 200
        return dict(reply.json())
