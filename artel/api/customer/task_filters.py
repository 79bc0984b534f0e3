"""What can be asked of the task list: filters, order, page ("Получение списка задач" in M and S)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIType, Schema

from artel.api.context import Connection
from artel.api.customer.filters import (
    BEFORE_KIND,
    BOOLEAN_KIND,
    DIRECTION_KIND,
    FROM_KIND,
    INTEGER_KIND,
    NUMBER_KIND,
    PAGE,
    TEXT_KIND,
    Filter,
    Filters,
    Kind,
    read_filters,
    read_integer,
)
from artel.api.customer.pagination import DEFAULT_SIZE, effective_size
from artel.api.customer.replies import CURRENCY_IDS
from artel.tasks.listing import Sort, Wanted

CURRENCY_CODES = {number: code for code, number in CURRENCY_IDS.items()}


def read_currency(text: str) -> str:
    """A currency's code; of one that does not exist, a code that no task has."""
    return CURRENCY_CODES.get(read_integer(text), "")


CURRENCY_KIND = Kind(read_currency, "field_not_an_integer", Schema(type=OpenAPIType.INTEGER))


def period(wire_name: str, name: str, what: str) -> dict[str, Filter]:
    """The two ends of a span of days."""
    return {
        f"{wire_name}From": Filter(f"{name}_since", FROM_KIND, f"{what}: from this day, 00:00:00"),
        f"{wire_name}To": Filter(f"{name}_before", BEFORE_KIND, f"{what}: to this day, 23:59:59"),
    }


TASK_FILTERS: Filters = {
    "creatorId": Filter("creator_id", INTEGER_KIND, "Who made the task"),
    "workerId": Filter("worker_id", INTEGER_KIND, "The freelancer"),
    "companyId": Filter("company_id", INTEGER_KIND, "One of your companies; by default the active one"),
    **period("dateCreated", "created", "The task was made"),
    **period("dateEnd", "deadline", "The task's deadline"),
    **period("dateFinished", "finished", "The freelancer finished the task"),
    **period("dateReport", "reported", "The freelancer's report came"),
    **period("dateAccepted", "accepted", "The client accepted the task"),
    **period("datePaid", "paid", "The task was paid"),
    "hasPayout": Filter("has_payout", BOOLEAN_KIND, "1: paid out to the freelancer; 0: not"),
    "priceFrom": Filter("price_from", NUMBER_KIND, "The price, at least"),
    "priceTo": Filter("price_to", NUMBER_KIND, "The price, at most"),
    "search": Filter("search", TEXT_KIND, "Any part of the title or the description"),
    "state": Filter("states", INTEGER_KIND, "The state, or several", many=True),
    "currencyId": Filter("currency", CURRENCY_KIND, "The task's currency: 1 RUB, 2 USD, 3 EUR"),
    "groupId": Filter("group_id", INTEGER_KIND, "The task group"),
    "deadlineType": Filter("deadline_type", INTEGER_KIND, "1 soft, 2 hard"),
    "workerTaxationStatus": Filter(
        "taxation_status", INTEGER_KIND, "The freelancer is: 1 a natural person, 3 self-employed, 4 an entrepreneur"
    ),
    "hasCopyright": Filter("copyright", BOOLEAN_KIND, "Rights are transferred"),
    "hasReport": Filter("need_report", BOOLEAN_KIND, "A report is asked for"),
    "payedBy": Filter("payer_id", INTEGER_KIND, "Who paid"),
    "externalId": Filter("external_id", TEXT_KIND, "The id that the task was given when it was made"),
}

SORTS = {
    "date_end": Sort.DEADLINE,
    "dateEnd": Sort.DEADLINE,
    "date_finished": Sort.FINISHED,
    "dateFinished": Sort.FINISHED,
    "price": Sort.PRICE,
    "id": Sort.AGE,
    "date_created": Sort.AGE,
    "dateCreated": Sort.AGE,
}


def read_sort(text: str) -> Sort:
    if text not in SORTS:
        raise ValueError(text)
    return SORTS[text]


SORT_KIND = Kind(read_sort, "field_invalid", Schema(enum=["date_end", "date_finished", "price", "id"]))
LIST_PARAMETERS: Filters = {
    **TASK_FILTERS,
    "sort": Filter("sort", SORT_KIND, "Order by; without it the newest stand first", plain=True),
    "direction": Filter("descending", DIRECTION_KIND, "Order ascending, or descending (the default)", plain=True),
    **PAGE,
}


class Asked(msgspec.Struct, frozen=True):
    """A page of the list, as the query string asks for it."""

    filters: dict[str, Any]
    company_id: int | None  # a filter that chooses whose list it is
    sort: Sort
    descending: bool
    page: int
    size: int

    @property
    def is_plain(self) -> bool:
        """All tasks of the active company by age: what is asked for most, and cheapest."""
        return not self.filters and self.company_id is None and self.sort is Sort.AGE

    def of(self, company_id: int, *, now: datetime) -> Wanted:
        return Wanted(
            company_id=company_id,
            filters=self.filters,
            sort=self.sort,
            descending=self.descending,
            offset=(self.page - 1) * self.size,
            limit=self.size,
            now=now,
        )


def read_asked(connection: Connection) -> Asked:
    """Refuses, naming the parameter, what is of the wrong type."""
    given = read_filters(connection, LIST_PARAMETERS)
    states = given.get("states", [])
    if len(states) == 1:  # its index gives the order only where it is one
        given["state"] = given.pop("states")[0]
    return Asked(
        company_id=given.pop("company_id", None),
        sort=given.pop("sort", Sort.AGE),
        descending=given.pop("descending", True),
        page=given.pop("page", 1),
        size=effective_size(given.pop("size", DEFAULT_SIZE)),
        filters=given,
    )
