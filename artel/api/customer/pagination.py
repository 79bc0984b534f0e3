"""Lists of the customer API: `{"items": […], "pagination": {…}}`."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

Item = TypeVar("Item")

# Query parameters of every list. `size` above 500 counts as the default (customer-api.md "Queries").
PageNumber = Annotated[int, QueryParameter(ge=1, le=1_000_000_000, required=False)]
PageSize = Annotated[int, QueryParameter(ge=1, le=1_000_000_000, required=False)]
DEFAULT_SIZE = 20
LARGEST_SIZE = 500


class Pagination(msgspec.Struct, rename="camel"):
    count: int
    total: int
    per_page: int
    page: int
    pages: int


class Paginated(msgspec.Struct, Generic[Item]):
    items: Sequence[Item]
    pagination: Pagination


def effective_size(size: int) -> int:
    return size if size <= LARGEST_SIZE else DEFAULT_SIZE


def pagination(count: int, *, total: int, page: int, size: int) -> Pagination:
    """Where a page of `count` items stands among `total`. No items is one empty page."""
    return Pagination(count, total, size, page, max(1, -(-total // size)))


def paginate(items: Sequence[Item], *, total: int, page: int, size: int) -> Paginated[Item]:
    """The reply for one page of `total` items."""
    return Paginated(items, pagination(len(items), total=total, page=page, size=size))
