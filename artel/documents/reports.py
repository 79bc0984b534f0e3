"""Closing reports: after a month's end, for every company with tasks paid in it.

Each paid task is in exactly one report, and that is what makes closing safe to repeat: a month without a task that is
in no report yet gives no report. A payment whose commit came after its month was closed gets one of its own.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.documents.issuing import Draft, issue
from artel.documents.kinds import DocumentType
from artel.documents.parties import Issuer, company_parties

# Payments ordered in the month's last moments are committed before it is closed.
CLOSED_AFTER = timedelta(hours=1)


class MonthToClose(msgspec.Struct, frozen=True):
    company_id: int
    month: date  # its first day


class ChangedMeanwhile(Exception):
    """A payment of that month was committed while it was summed up. To be closed again, with all of them."""


class Sums(msgspec.Struct, frozen=True):
    """What a month's tasks come to, in the company's currency. No percentage where they have several."""

    count: int
    currency: str
    price: Decimal
    commission: Decimal
    sales_tax: Decimal
    insurance: Decimal
    net: Decimal
    vat: Decimal
    vat_percent: Decimal | None


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def instant(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def closing_time(month: date) -> datetime:
    return instant(next_month(month)) + CLOSED_AFTER


def latest_closed(now: datetime) -> date:
    """The first day of the newest month that can be closed."""
    current = (now - CLOSED_AFTER).astimezone(UTC).date().replace(day=1)
    return (current - timedelta(days=1)).replace(day=1)


async def months_to_close(conn: Connection, *, limit: int, now: datetime) -> list[MonthToClose]:
    """Ended months with tasks that are in no report."""
    return await fetch_all(
        conn,
        MonthToClose,
        """
        SELECT DISTINCT company_id, date_trunc('month', paid_at AT TIME ZONE 'UTC')::date AS month
        FROM paid_task
        WHERE report_id IS NULL AND paid_at < %(before)s
        ORDER BY month, company_id
        LIMIT %(limit)s
        """,
        {"before": instant(next_month(latest_closed(now))), "limit": limit},
    )


async def close_month(conn: Connection, closing: MonthToClose, *, issuer: Issuer, now: datetime) -> int | None:
    """Issue a company's report of an ended month; answers its id, None where every paid task is in one already.

    Of many at once the first issues it: the company's row is the lock, and what is left to report is looked at under
    it. Raises ChangedMeanwhile.
    """
    await conn.execute("SELECT FROM company WHERE id = %(id)s FOR NO KEY UPDATE", {"id": closing.company_id})
    sums = await fetch_one(
        conn,
        Sums,
        """
        SELECT
            count(*), min(t.currency) AS currency, sum(t.price) AS price, sum(t.commission) AS commission,
            sum(t.sales_tax) AS sales_tax, sum(t.insurance) AS insurance, sum(t.total) AS net, sum(t.vat) AS vat,
            CASE WHEN min(t.vat_percent) = max(t.vat_percent) THEN min(t.vat_percent) END AS vat_percent
        FROM paid_task AS p
        JOIN task AS t ON t.id = p.task_id
        WHERE p.company_id = %(company)s AND p.report_id IS NULL AND p.paid_at >= %(since)s AND p.paid_at < %(before)s
        HAVING count(*) > 0
        """,
        period_of(closing),
    )
    if sums is None:
        return None
    parties = await company_parties(conn, [closing.company_id])
    draft = Draft(
        type=DocumentType.REPORT,
        dated=next_month(closing.month) - timedelta(days=1),
        currency=sums.currency,
        net=sums.net,
        vat_percent=sums.vat_percent,
        vat=sums.vat,
        facts={
            "issuer": issuer.facts(sums.currency),
            "company": parties[closing.company_id].facts(),
            "count": sums.count,
            "price": str(sums.price),
            "commission": str(sums.commission),
            "sales_tax": str(sums.sales_tax),
            "insurance": str(sums.insurance),
        },
        month=closing.month,
    )
    [report_id] = await issue(conn, closing.company_id, [draft], actor_id=None, now=now)
    reported = await conn.execute(
        """
        UPDATE paid_task
        SET report_id = %(report)s
        WHERE company_id = %(company)s AND report_id IS NULL AND paid_at >= %(since)s AND paid_at < %(before)s
        """,
        {**period_of(closing), "report": report_id},
    )
    if reported.rowcount != sums.count:
        raise ChangedMeanwhile
    return report_id


def period_of(closing: MonthToClose) -> dict[str, object]:
    return {
        "company": closing.company_id,
        "since": instant(closing.month),
        "before": instant(next_month(closing.month)),
    }


async def next_closing(conn: Connection) -> datetime | None:
    """When the earliest month with something to report is closed."""
    earliest: datetime | None = await fetch_value(conn, "SELECT min(paid_at) FROM paid_task WHERE report_id IS NULL")
    return None if earliest is None else closing_time(earliest.astimezone(UTC).date().replace(day=1))
