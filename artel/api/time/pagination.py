"""Lists of the time API: Laravel's paginator, all of its keys (time-api.md "Answers")."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request
from litestar.params import QueryParameter

Item = TypeVar("Item")

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
LINKS_EACH_SIDE = 3
# Query parameters of every list.
PageNumber = Annotated[int | None, QueryParameter(ge=1, le=1_000_000_000, required=False)]
PageSize = Annotated[int | None, QueryParameter(name="perPage", ge=1, le=LARGEST_PAGE, required=False)]


class Link(msgspec.Struct):
    url: str | None
    label: str
    active: bool


class Paginator(msgspec.Struct, Generic[Item]):
    """`from` and `to` count from 1; null on an empty page."""

    current_page: int
    data: Sequence[Item]
    first_page_url: str
    from_: int | None = msgspec.field(name="from")
    last_page: int
    last_page_url: str
    links: list[Link]
    next_page_url: str | None
    path: str
    per_page: int
    prev_page_url: str | None
    to: int | None
    total: int


def paginate(
    request: Request[Any, Any, Any], items: Sequence[Item], *, total: int, page: int, per_page: int
) -> Paginator[Item]:
    """The reply for one page of `total` items. No items is one empty page."""
    last = max(1, -(-total // per_page))
    path = str(request.base_url).rstrip("/") + request.url.path
    query = [(key, str(value)) for key, value in request.query_params.multi_items() if key != "page"]

    def address(number: int) -> str:
        return f"{path}?{urlencode([*query, ('page', number)])}"

    def address_within(number: int) -> str | None:
        return address(number) if 1 <= number <= last else None

    near = {1, last, *range(page - LINKS_EACH_SIDE, page + LINKS_EACH_SIDE + 1)}
    numbers = sorted(number for number in near if 1 <= number <= last)
    first_item = (page - 1) * per_page + 1
    return Paginator(
        current_page=page,
        data=items,
        first_page_url=address(1),
        from_=first_item if items else None,
        last_page=last,
        last_page_url=address(last),
        links=[
            Link(address_within(page - 1), "&laquo; Previous", active=False),
            *(Link(address(number), str(number), active=number == page) for number in numbers),
            Link(address_within(page + 1), "Next &raquo;", active=False),
        ],
        next_page_url=address_within(page + 1),
        path=path,
        per_page=per_page,
        prev_page_url=address_within(page - 1),
        to=first_item + len(items) - 1 if items else None,
        total=total,
    )
