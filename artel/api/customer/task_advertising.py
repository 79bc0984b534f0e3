"""What a task shows of the advertising law: docs/customer-api/advertising.md."""

from decimal import Decimal

import msgspec

from artel.api.customer.replies import number
from artel.tasks.details import TaskDetails


class EndContract(msgspec.Struct):
    """`sum` null: all of the price."""

    uuid: str
    sum: float | None


class AdvertisingData(msgspec.Struct, rename="camel"):
    """For whom the task's advertising is. `production` is what the sums leave of the price, in its currency."""

    end_contracts: list[EndContract]
    production: float


def render_advertising(row: TaskDetails) -> AdvertisingData | None:
    """None where the task has no end contracts."""
    if not row.end_contracts:
        return None
    return AdvertisingData(
        [
            EndContract(contract["uuid"], None if contract["sum"] is None else number(Decimal(contract["sum"])))
            for contract in row.end_contracts
        ],
        number(row.production),
    )
