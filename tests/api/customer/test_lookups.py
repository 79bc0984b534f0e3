"""Operations 60-64 and 67-71: rates, countries, tax documents and other short lists; who may read any of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.exchange.rules import set_rate
from artel.lookups.rules import LoadedCounts
from artel.settings import Settings
from tests import cast
from tests.api.conftest import Hire
from tests.cast import Someone

pytestmark = pytest.mark.usefixtures("reference")

ALL_PATHS = [
    "/lookups/currencies",
    "/exchanges",
    "/lookups/deadlines",
    "/lookups/taxation-statuses",
    "/customer/lookups/categories",
    "/lookups/categories",
    "/lookups/services",
    "/customer/lookups/services",
    "/lookups/services/2",
    "/customer/lookups/services/2",
    "/lookups/service-attributes",
    "/customer/lookups/service-attributes",
    "/lookups/service-attributes/18",
    "/customer/lookups/service-attributes/18",
    "/customer/lookups/acceptance-files",
    "/lookups/specializations",
    "/lookups/countries",
    "/customer/ord/get-arccw-codes",
    "/customer/get-tax-document-types",
    "/customer/freelancers/tax-document-types",
]


async def get(client: httpx.AsyncClient, path: str, caller: Someone, language: str = "en") -> Any:
    reply = await client.get(path, headers={**caller.headers, "Accept-Language": language})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_every_lookup_is_for_those_who_signed_in(
    client: httpx.AsyncClient, viewer: Someone, outsider: Someone
) -> None:
    for path in ALL_PATHS:
        for caller in (viewer, outsider):
            assert (await client.get(path, headers=caller.headers)).status_code == 200, path
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            reply = await client.get(path, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (401, 401), path


async def test_without_a_company_all_but_its_own_documents_are_open(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, now: datetime
) -> None:
    person = await cast.add_person(conn, "alone@nowhere.example", now=now)
    alone = await cast.sign_in(conn, settings, person, None, now=now)
    refused = [path for path in ALL_PATHS if (await client.get(path, headers=alone.headers)).status_code != 200]
    assert refused == ["/customer/lookups/acceptance-files"]
    assert (await client.get(refused[0], headers=alone.headers)).status_code == 403


async def test_currencies(client: httpx.AsyncClient, viewer: Someone) -> None:
    assert await get(client, "/lookups/currencies", viewer) == {"RUB": 1, "USD": 2, "EUR": 3}


async def test_exchanges_are_the_documented_ones(client: httpx.AsyncClient, viewer: Someone) -> None:
    euro, dollar, rouble = ({"currency": code, "id": id_} for code, id_ in (("EUR", 3), ("USD", 2), ("RUB", 1)))
    assert await get(client, "/exchanges", viewer) == [
        {"base": euro, "target": rouble, "rate": 79.401},
        {"base": dollar, "target": rouble, "rate": 74.329},
        {"base": euro, "target": dollar, "rate": 1.0576},
        {"base": rouble, "target": euro, "rate": 81.8194},
        {"base": rouble, "target": dollar, "rate": 76.5928},
        {"base": dollar, "target": euro, "rate": 1.0898},
    ]


async def test_exchanges_show_the_newest_quote(
    client: httpx.AsyncClient, conn: Connection, viewer: Someone, now: datetime
) -> None:
    async with conn.transaction():
        await set_rate(
            conn,
            stronger="EUR",
            weaker="USD",
            market_rate=Decimal("1.1"),
            spread_percent=Decimal(2),
            source="operator",
            now=now,
        )
    rates = {
        (item["base"]["currency"], item["target"]["currency"]): item["rate"]
        for item in await get(client, "/exchanges", viewer)
    }
    assert (rates["EUR", "USD"], rates["USD", "EUR"]) == (1.078, 1.122)
    assert rates["EUR", "RUB"] == 79.401


async def test_deadlines(client: httpx.AsyncClient, viewer: Someone) -> None:
    assert await get(client, "/lookups/deadlines", viewer) == {"SOFT": 1, "HARD": 2}


async def test_taxation_statuses_speak_the_callers_language(
    client: httpx.AsyncClient,
    viewer: Someone,
    russian: Someone,
) -> None:
    assert await get(client, "/lookups/taxation-statuses", viewer, "ru") == {
        "NATURAL": 1,
        "NATURAL_TITLE": "Natural person",
        "SELF_EMPLOYED": 3,
        "SELF_EMPLOYED_TITLE": "Self employed person",
        "SOLE_PROPRIETOR": 4,
        "SOLE_PROPRIETOR_TITLE": "Individual entrepreneur",
    }
    assert await get(client, "/lookups/taxation-statuses", russian) == {
        "NATURAL": 1,
        "NATURAL_TITLE": "Физическое лицо",
        "SELF_EMPLOYED": 3,
        "SELF_EMPLOYED_TITLE": "Самозанятый",
        "SOLE_PROPRIETOR": 4,
        "SOLE_PROPRIETOR_TITLE": "Индивидуальный предприниматель",
    }


async def test_categories(client: httpx.AsyncClient, viewer: Someone, reference: LoadedCounts) -> None:
    reply = await get(client, "/customer/lookups/categories", viewer)
    assert list(reply) == ["items"]
    assert len(reply["items"]) == reference.categories
    assert reply["items"][1] == {"id": 2, "title": "Интернет-реклама", "titleEn": "Online advertising"}
    assert await get(client, "/lookups/categories", viewer) == reply


async def test_acceptance_files_are_the_companys_own_and_everybodys(
    client: httpx.AsyncClient, conn: Connection, hire: Hire, outsider: Someone, now: datetime
) -> None:
    owner = await hire("owner")
    viewer = await hire("viewer")

    async def offer(company: int | None, title: str, *, withdrawn: bool = False) -> dict[str, object]:
        cursor = await conn.execute(
            """
            WITH stored AS (
                INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
                VALUES (%(company)s, %(owner)s, 'nda.pdf', 'application/pdf', 1, '\\x00', %(title)s, %(now)s)
                RETURNING id
            )
            INSERT INTO acceptance_file (company_id, file_id, title_ru, title_en, created_at, withdrawn_at)
            SELECT %(company)s, id, 'Документ', %(title)s, %(now)s, %(withdrawn)s::timestamptz
            FROM stored
            RETURNING id, file_id
            """,
            {
                "company": company,
                "owner": owner.id,
                "title": title,
                "now": now,
                "withdrawn": now if withdrawn else None,
            },
        )
        row = await cursor.fetchone()
        assert row is not None
        return {"id": row[0], "fileId": row[1], "title": "Документ", "titleEn": title}

    everybodys = await offer(None, "House rules")
    own = await offer(owner.company_id, "Aurora's NDA")
    theirs = await offer(outsider.company_id, "Far Away's NDA")
    await offer(owner.company_id, "An old NDA", withdrawn=True)
    for member in (owner, viewer):
        assert await get(client, "/customer/lookups/acceptance-files", member) == {"items": [everybodys, own]}
    assert await get(client, "/customer/lookups/acceptance-files", outsider) == {"items": [everybodys, theirs]}


async def test_specializations(client: httpx.AsyncClient, viewer: Someone, reference: LoadedCounts) -> None:
    reply = await get(client, "/lookups/specializations", viewer)
    assert list(reply) == ["items"]
    assert len(reply["items"]) == reference.specializations
    assert reply["items"][0] == {"id": 1, "title": "Бухгалтер", "titleEn": "Accountant"}


async def test_countries(client: httpx.AsyncClient, viewer: Someone) -> None:
    items = (await get(client, "/lookups/countries", viewer))["items"]
    assert len(items) == 249
    assert [item["code"] for item in items] == sorted(item["code"] for item in items)
    assert {"id": 428, "code": "LV", "alpha3": "LVA", "title": "Латвия", "titleEn": "Latvia"} in items


async def test_oksm_codes(client: httpx.AsyncClient, viewer: Someone) -> None:
    items = (await get(client, "/customer/ord/get-arccw-codes", viewer))["items"]
    assert len(items) == 249
    assert {"id": 428, "title": "Латвия", "titleEn": "Latvia"} in items
    assert {"id": 643, "title": "Россия", "titleEn": "Russia"} in items


async def test_tax_document_types_of_one_country(client: httpx.AsyncClient, viewer: Someone) -> None:
    reply = await get(client, "/customer/get-tax-document-types?taxResidenceCountry=AU", viewer)
    assert {
        "country": "AU",
        "type": "TFN",
        "regexp": "^[0-9]{8,9}$",
        "typeTitle": "Tax File Number",
        "isMandatory": False,
    } in reply
    assert {item["country"] for item in reply} == {"AU"}
    for path in (
        "/customer/freelancers/tax-document-types?taxResidenceCountry=AU",
        "/customer/get-tax-document-types?taxResidenceCountry=au",
    ):
        assert await get(client, path, viewer) == reply


async def test_tax_document_types_of_all_countries(
    client: httpx.AsyncClient,
    viewer: Someone,
    russian: Someone,
    reference: LoadedCounts,
) -> None:
    reply = await get(client, "/customer/get-tax-document-types", viewer)
    assert len(reply) == reference.tax_document_types
    assert await get(client, "/customer/get-tax-document-types?taxResidenceCountry=", viewer) == reply
    titles = {
        (item["country"], item["type"]): item["typeTitle"]
        for item in await get(client, "/customer/get-tax-document-types", russian)
    }
    assert titles["RU", "INN"] == "ИНН физического лица"
    assert ("AR", "CUIT / CUIL") in titles


async def test_a_country_without_tax_documents_has_none(client: httpx.AsyncClient, viewer: Someone) -> None:
    assert await get(client, "/customer/get-tax-document-types?taxResidenceCountry=FJ", viewer) == []


async def test_a_country_that_is_none_is_refused(client: httpx.AsyncClient, viewer: Someone) -> None:
    for country in ("XX", "AUS", "A", "%00%00", "ЯЯ", "1"):
        path = f"/customer/get-tax-document-types?taxResidenceCountry={country}"
        reply = await client.get(path, headers=viewer.headers)
        assert reply.status_code == 422, country
        assert reply.json() == {
            "taxResidenceCountry": "There is no such country: give its two-letter code, for example DE."
        }


async def test_lookups_are_read_alone(client: httpx.AsyncClient, viewer: Someone) -> None:
    reply = await client.post("/lookups/services", json={"title": "Mine"}, headers=viewer.headers)
    assert reply.status_code == 405
