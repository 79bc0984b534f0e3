"""Reading filters: every spelling, every type, and what is refused."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, get

from artel.api.answers import EXCEPTION_HANDLERS
from artel.api.customer import filters
from artel.api.customer.errors import CUSTOMER
from artel.api.customer.filters import Filter, operation_with, read_filters
from artel.api.customer.pagination import PageNumber

TABLE = {
    "creatorId": Filter("creator_id", filters.INTEGER_KIND, "Who made it"),
    "state": Filter("states", filters.INTEGER_KIND, "States", many=True),
    "country": Filter("countries", filters.TEXT_KIND, "Countries", many=True),
    "priceFrom": Filter("price_from", filters.NUMBER_KIND, "Price"),
    "hasReport": Filter("need_report", filters.BOOLEAN_KIND, "Report"),
    "search": Filter("search", filters.TEXT_KIND, "Text"),
    "uuid": Filter("uuid", filters.UUID_KIND, "UUID"),
    "dateFrom": Filter("since", filters.FROM_KIND, "From"),
    "dateTo": Filter("before", filters.BEFORE_KIND, "To"),
}


@get("/list", operation_class=operation_with(TABLE), sync_to_thread=False)
def echo(request: Request[Any, Any, Any], page: PageNumber = 1) -> dict[str, str]:
    return {name: repr(value) for name, value in read_filters(request, TABLE).items()}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([echo], exception_handlers=EXCEPTION_HANDLERS, opt={"wire": CUSTOMER})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:  # type: ignore[arg-type]
        yield client


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("", {}),
        ("page=2&filter[unknown]=1&whatever[]=2&filter=3&filter[]=4", {}),
        ("filter[creatorId]=7", {"creator_id": 7}),
        ("filter%5BcreatorId%5D=7", {"creator_id": 7}),
        ("filter[creatorId]=7&filter[creatorId]=8", {"creator_id": 8}),
        ("filter[creatorId]=", {}),
        ("filter[state]=2", {"states": [2]}),
        ("filter[state][]=2&filter[state][]=3", {"states": [2, 3]}),
        ("filter%5Bstate%5D%5B%5D=2&filter%5Bstate%5D%5B%5D=3", {"states": [2, 3]}),
        ("filter[state][0]=2&filter[state][1]=3", {"states": [2, 3]}),
        ("state[]=2&state[]=3", {"states": [2, 3]}),
        ("state=2", {"states": [2]}),
        ("filter[country][]=DE&filter[country][]=KZ", {"countries": ["DE", "KZ"]}),
        ("filter[priceFrom]=10.50", {"price_from": Decimal("10.50")}),
        ("filter[hasReport]=1", {"need_report": True}),
        ("filter[hasReport]=true", {"need_report": True}),
        ("filter[hasReport]=0", {"need_report": False}),
        ("filter[hasReport]=False", {"need_report": False}),
        ("filter[search]=%D0%B0%26b+c", {"search": "а&b c"}),
        (
            "filter[uuid]=123e4567-e89b-12d3-a456-426655440000",
            {"uuid": uuid.UUID("123e4567-e89b-12d3-a456-426655440000")},
        ),
        ("filter[dateFrom]=2020-09-03", {"since": day("2020-09-03")}),
        ("filter[dateTo]=2020-09-03", {"before": day("2020-09-04")}),
        ("filter[dateTo]=2020-12-31", {"before": day("2021-01-01")}),
        ("filter[dateFrom]=2020-09-03 10:20:30", {"since": day("2020-09-03T10:20:30")}),
        ("filter[dateTo]=2020-09-03T10:20:30Z", {"before": day("2020-09-03T10:20:31")}),
        ("filter[dateFrom]=2020-09-03T10:20:30%2B02:00", {"since": day("2020-09-03T08:20:30")}),
    ],
)
async def test_filters_read(http: httpx.AsyncClient, query: str, given: dict[str, object]) -> None:
    reply = await http.get(f"/list?{query}")
    assert reply.status_code == 200, reply.text
    assert reply.json() == {name: repr(value) for name, value in given.items()}


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("filter[creatorId]=me", "creatorId", "A whole number is expected."),
        ("filter[creatorId]=1.5", "creatorId", "A whole number is expected."),
        ("filter[creatorId]=99999999999999999999", "creatorId", "A whole number is expected."),
        ("filter[creatorId]=٣", "creatorId", "A whole number is expected."),
        ("filter[state][]=2&filter[state][]=x", "state", "A whole number is expected."),
        ("filter[priceFrom]=NaN", "priceFrom", "A number is expected."),
        ("filter[priceFrom]=cheap", "priceFrom", "A number is expected."),
        ("filter[hasReport]=yes", "hasReport", "true or false is expected."),
        ("filter[uuid]=1", "uuid", "A UUID is expected."),
        ("filter[search]=" + "a" * 301, "search", "The value is not valid."),
        ("filter[search]=a%00b", "search", "The value is not valid."),
        ("filter[dateFrom]=yesterday", "dateFrom", "A date is expected, for example 2020-09-03."),
        ("filter[dateFrom]=2020-02-30", "dateFrom", "A date is expected, for example 2020-09-03."),
        ("filter[dateTo]=9999-12-31", "dateTo", "A date is expected, for example 2020-09-03."),
    ],
)
async def test_filters_of_the_wrong_type(http: httpx.AsyncClient, query: str, field: str, text: str) -> None:
    reply = await http.get(f"/list?{query}")
    assert reply.status_code == 422
    assert reply.json() == {field: text}


async def test_filters_are_documented(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    parameters = {each["name"]: each for each in document["paths"]["/list"]["get"]["parameters"]}
    assert "page" in parameters
    assert parameters["filter[creatorId]"]["schema"] == {"type": "integer"}
    assert parameters["filter[creatorId]"]["description"] == "Who made it"
    assert parameters["filter[state][]"]["schema"] == {"type": "array", "items": {"type": "integer"}}
