"""Operations 65 and 66: services and their attributes, page by page."""

from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.lookups.rules import LoadedCounts
from tests.cast import Someone

pytestmark = pytest.mark.usefixtures("reference")

PAGED_PATHS = [
    "/lookups/services",
    "/customer/lookups/services",
    "/lookups/services/2",
    "/customer/lookups/services/2",
    "/lookups/service-attributes",
    "/customer/lookups/service-attributes",
    "/lookups/service-attributes/18",
    "/customer/lookups/service-attributes/18",
]


async def get(client: httpx.AsyncClient, path: str, caller: Someone, language: str = "en") -> Any:
    reply = await client.get(path, headers={**caller.headers, "Accept-Language": language})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_services_come_in_pages(client: httpx.AsyncClient, viewer: Someone, reference: LoadedCounts) -> None:
    total = reference.services
    first = await get(client, "/lookups/services", viewer)
    assert first["pagination"] == {
        "count": 20,
        "total": total,
        "perPage": 20,
        "page": 1,
        "pages": -(-total // 20),
    }
    assert first["items"][19] == {
        "id": 20,
        "title": "Размещение медийной рекламы",
        "titleEn": "Display advertising placement",
        "titleDoc": "Услуги по организации размещения медийной рекламы на интернет-сайтах",
        "titleDocEn": "Services of arranging display advertising on websites",
        "isAdvertising": True,
        "attributes": [
            {"id": id_, "isMandatory": mandatory}
            for id_, mandatory in (
                (42, True),
                (43, True),
                (44, True),
                (1, False),
                (13, False),
                (14, False),
                (17, False),
                (18, False),
            )
        ],
    }
    pages = [
        (await get(client, f"/customer/lookups/services?page={page}&size=50", viewer))["items"]
        for page in range(1, total // 50 + 2)
    ]
    assert [item["id"] for page in pages for item in page] == list(range(1, total + 1))
    whole = await get(client, "/lookups/services?size=500", viewer)
    assert whole["items"] == [item for page in pages for item in page]
    assert whole["pagination"] == {"count": total, "total": total, "perPage": 500, "page": 1, "pages": 1}


async def test_a_page_past_the_end_is_empty_and_knows_the_total(
    client: httpx.AsyncClient, viewer: Someone, reference: LoadedCounts
) -> None:
    reply = await get(client, "/lookups/services?page=99&size=100", viewer)
    assert reply["items"] == []
    assert reply["pagination"] == {"count": 0, "total": reference.services, "perPage": 100, "page": 99, "pages": 2}


async def test_services_of_one_category(client: httpx.AsyncClient, viewer: Someone) -> None:
    reply = await get(client, "/lookups/services/2?size=5&page=2", viewer)
    assert [item["id"] for item in reply["items"]] == [24, 25, 26, 27, 28]
    assert reply["pagination"] == {"count": 5, "total": 12, "perPage": 5, "page": 2, "pages": 3}
    assert await get(client, "/customer/lookups/services/2?size=5&page=2", viewer) == reply


async def test_attributes_of_every_kind(client: httpx.AsyncClient, viewer: Someone, reference: LoadedCounts) -> None:
    reply = await get(client, "/lookups/service-attributes?size=500", viewer)
    assert reply["pagination"]["total"] == reference.attributes
    items = {item["id"]: item for item in reply["items"]}
    assert list(items) == sorted(items)
    assert items[42] == {
        "id": 42,
        "title": "Количество",
        "titleEn": "Quantity",
        "type": "number",
        "attrTypeId": 3,
    }
    assert items[31] == {
        "id": 31,
        "title": "Разрешение видео",
        "titleEn": "Video resolution",
        "type": "select",
        "attrTypeId": 11,
        "options": [
            {"id": 26, "value": "SD", "valueEn": "SD"},
            {"id": 27, "value": "HD", "valueEn": "HD"},
            {"id": 29, "value": "Full HD", "valueEn": "Full HD"},
            {"id": 28, "value": "Ultra HD", "valueEn": "Ultra HD"},
            {"id": 30, "value": "4K", "valueEn": "4K"},
        ],
    }
    assert (items[78]["type"], items[78]["attrTypeId"]) == ("multiselect", 18)
    assert {"id": 63, "value": "Текстурирование", "valueEn": "Texturing"} in items[78]["options"]
    assert await get(client, "/customer/lookups/service-attributes?size=500", viewer) == reply


async def test_attributes_of_one_service_say_which_are_mandatory(client: httpx.AsyncClient, viewer: Someone) -> None:
    reply = await get(client, "/lookups/service-attributes/18", viewer)
    assert [(item["id"], item["isMandatory"]) for item in reply["items"]] == [
        (42, True),
        (43, True),
        (44, True),
        (2, False),
        (29, False),
        (30, False),
    ]
    assert reply["pagination"] == {"count": 6, "total": 6, "perPage": 20, "page": 1, "pages": 1}
    assert await get(client, "/customer/lookups/service-attributes/18", viewer) == reply
    assert await get(client, "/lookups/service-attributes?id=18", viewer) == reply


async def test_what_is_no_longer_offered_is_not_listed(
    client: httpx.AsyncClient, conn: Connection, viewer: Someone, reference: LoadedCounts
) -> None:
    await conn.execute(
        """
        UPDATE service_category SET is_active = false WHERE id = 24;
        UPDATE service SET is_active = false WHERE id = 18;
        UPDATE attribute SET is_active = false WHERE id = 30;
        UPDATE attribute_option SET is_active = false WHERE id = 27;
        UPDATE specialization SET is_active = false WHERE id = 25;
        UPDATE country SET is_active = false WHERE code = 'AQ';
        UPDATE tax_document_type SET is_active = false WHERE country = 'AU'
        """
    )
    categories = await get(client, "/customer/lookups/categories", viewer)
    assert 24 not in [item["id"] for item in categories["items"]]
    services = await get(client, "/lookups/services?size=500", viewer)
    assert services["pagination"]["total"] == reference.services - 1
    assert 18 not in [item["id"] for item in services["items"]]
    attributes = await get(client, "/lookups/service-attributes?size=500", viewer)
    assert attributes["pagination"]["total"] == reference.attributes - 1
    video = next(item for item in attributes["items"] if item["id"] == 31)
    assert [option["id"] for option in video["options"]] == [26, 29, 28, 30]
    specializations = await get(client, "/lookups/specializations", viewer)
    assert 25 not in [item["id"] for item in specializations["items"]]
    countries = await get(client, "/lookups/countries", viewer)
    assert "AQ" not in [item["code"] for item in countries["items"]]
    assert await get(client, "/customer/get-tax-document-types?taxResidenceCountry=AU", viewer) == []
    for path in ("/lookups/services/24", "/lookups/service-attributes/18"):
        assert (await client.get(path, headers=viewer.headers)).status_code == 404


@pytest.mark.parametrize("field", ["page", "size"])
async def test_pages_and_sizes_that_are_none_are_refused_by_name(
    client: httpx.AsyncClient, viewer: Someone, field: str
) -> None:
    for path in PAGED_PATHS:
        for value in ("0", "-1", "two", "1.5", "9999999999999999999999"):
            reply = await client.get(f"{path}?{field}={value}", headers=viewer.headers)
            assert (reply.status_code, list(reply.json())) == (422, [field]), f"{path} {value}"


async def test_a_size_above_500_counts_as_the_default(client: httpx.AsyncClient, viewer: Someone) -> None:
    for path in PAGED_PATHS:
        assert (await get(client, f"{path}?size=501", viewer))["pagination"]["perPage"] == 20, path


async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient, viewer: Someone) -> None:
    for path in (
        "/lookups/services/9999",
        "/lookups/services/99999999999999999999999",
        "/lookups/services/nothing",
        "/lookups/service-attributes/9999",
        "/lookups/service-attributes/99999999999999999999999",
        "/lookups/service-attributes?id=9999",
        "/lookups/service-attributes?id=99999999999999999999999",
    ):
        reply = await client.get(path, headers=viewer.headers)
        assert (reply.status_code, reply.json()["code"]) == (404, 404), path


async def test_a_service_that_is_no_number_is_refused_by_name(client: httpx.AsyncClient, viewer: Someone) -> None:
    for value in ("0", "-1", "eighteen"):
        reply = await client.get(f"/lookups/service-attributes?id={value}", headers=viewer.headers)
        assert (reply.status_code, list(reply.json())) == (422, ["id"]), value
