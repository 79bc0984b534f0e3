"""Filters of lists, from the query string to the values a query takes (customer-api.md "Queries").

Each list has a table: the wire's name -> Filter. All of these are read alike, percent-encoded or not:
`filter[state]=2`, `filter[state][]=2&filter[state][]=3`, `filter[state][0]=2`, `state[]=2`, `state=2`.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Operation, Parameter, Schema

from artel.api.context import Connection
from artel.errors import Refused

# filter[name], filter[name][], filter[name][0]; the same without `filter`.
KEY = re.compile(r"(?:filter\[(\w+)\]|(\w+))(?:\[\d*\])?")
INTEGER = re.compile(r"-?[0-9]{1,18}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_EXAMPLE = "2020-09-03"
LONGEST_TEXT = 300
MOST = 1_000_000_000
DIRECTIONS = ("asc", "desc")
BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


class Kind(msgspec.Struct, frozen=True):
    """A type of filter: how a value is read (ValueError where it cannot be), and what is said then."""

    read: Callable[[str], Any]
    refusal: str
    schema: Schema


class OutOfRange(ValueError):
    """The value is of the right type, and too small or too large."""


def read_integer(text: str) -> int:
    if not INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def read_count(text: str) -> int:
    """A page number or a size."""
    value = read_integer(text)
    if not 1 <= value <= MOST:
        raise OutOfRange(text)
    return value


def read_direction(text: str) -> bool:
    """Whether the order is descending."""
    return DIRECTIONS.index(text.lower()) == 1


def read_number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or abs(value) >= Decimal("1e18"):
        raise ValueError(text)
    return value


def read_boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError(text)
    return BOOLEANS[text.lower()]


def read_text(text: str) -> str:
    """PostgreSQL's text has no NUL, so nothing can match one."""
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(text)
    return text


def read_from(text: str) -> datetime:
    """The first moment that counts. A day without a time begins at 00:00:00, UTC."""
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) if is_day(text) else read_moment(text)


def read_before(text: str) -> datetime:
    """The first moment that counts no more. "To" is inclusive: the whole day, or the whole second of a time."""
    return read_from(text) + (timedelta(days=1) if is_day(text) else timedelta(seconds=1))


def is_day(text: str) -> bool:
    return DAY.fullmatch(text) is not None


def read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


INTEGER_KIND = Kind(read_integer, "field_not_an_integer", Schema(type=OpenAPIType.INTEGER))
NUMBER_KIND = Kind(read_number, "field_not_a_number", Schema(type=OpenAPIType.NUMBER))
BOOLEAN_KIND = Kind(read_boolean, "field_not_a_boolean", Schema(enum=["1", "0", "true", "false"]))
TEXT_KIND = Kind(read_text, "field_invalid", Schema(type=OpenAPIType.STRING, max_length=LONGEST_TEXT))
UUID_KIND = Kind(uuid.UUID, "field_not_a_uuid", Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID))
DATE_SCHEMA = Schema(type=OpenAPIType.STRING, examples=[DATE_EXAMPLE])
COUNT_KIND = Kind(read_count, "field_not_an_integer", Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=MOST))
DIRECTION_KIND = Kind(read_direction, "field_invalid", Schema(enum=list(DIRECTIONS)))
FROM_KIND = Kind(read_from, "field_not_a_date", DATE_SCHEMA)
BEFORE_KIND = Kind(read_before, "field_not_a_date", DATE_SCHEMA)


class Filter(msgspec.Struct, frozen=True):
    """One filter of a list. `name` is the query's word for it; `many`: a list of values, any of which will do;
    `plain`: no filter but a parameter of its own, as page and sort."""

    name: str
    kind: Kind
    description: str
    many: bool = False
    plain: bool = False


Filters = Mapping[str, Filter]

# For lists that read their page here and not in the handler's signature.
PAGE: Filters = {
    "page": Filter("page", COUNT_KIND, "Page number", plain=True),
    "size": Filter("size", COUNT_KIND, "Items on a page: 20 by default, 500 at most", plain=True),
}


def read_filters(connection: Connection, filters: Filters) -> dict[str, Any]:
    """The filters given, by the query's names. Of a single-valued one that comes twice the last counts.

    An unknown filter is ignored, and so is an empty value: forms send those. Refuses, naming the filter, a value
    of the wrong type.
    """
    given: dict[str, Any] = {}
    # Not the framework's query_params: those are in no order.
    query: bytes = connection.scope["query_string"]
    for key, text in parse_qsl(query.decode(errors="replace")) if query else ():
        match = KEY.fullmatch(key)
        wire_name = (match[1] or match[2]) if match else None
        if wire_name is None or wire_name not in filters:
            continue
        wanted = filters[wire_name]
        if wanted.plain and key != wire_name:
            continue
        try:
            value = wanted.kind.read(text)
        except OutOfRange:
            raise Refused("field_out_of_range", wire_name) from None
        except (ValueError, OverflowError):
            raise Refused(wanted.kind.refusal, wire_name, example=DATE_EXAMPLE) from None
        if wanted.many:
            given.setdefault(wanted.name, []).append(value)
        else:
            given[wanted.name] = value
    return given


def filter_parameters(filters: Filters) -> list[Parameter]:
    return [
        Parameter(
            name=wire_name if wanted.plain else f"filter[{wire_name}]{'[]' if wanted.many else ''}",
            param_in="query",
            schema=Schema(type=OpenAPIType.ARRAY, items=wanted.kind.schema) if wanted.many else wanted.kind.schema,
            required=False,
            allow_empty_value=True,
            description=wanted.description,
        )
        for wire_name, wanted in filters.items()
    ]


def operation_with(filters: Filters) -> type[Operation]:
    """An `operation_class` for a route: it adds the filters to the route's OpenAPI parameters."""

    @dataclass
    class FilteredOperation(Operation):
        parameters: list[Any] | None = field(default=None)

        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or []), *filter_parameters(filters)]

    return FilteredOperation
