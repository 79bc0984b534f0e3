"""Paying tasks over HTTP: calls a second on one hot company, and the time from the call to state 5.

python -m bench.payments [--quick]
"""

import asyncio
import sys
from decimal import Decimal

from artel import clock
from artel.db.pool import Connection, Database
from artel.ledger.rules import top_up
from artel.people.sessions import open_session
from bench.fill import fill
from bench.load import Load, request_bytes, send_all
from bench.report import Row, print_rows, quantile
from bench.servers import SECRET, empty_database, free_port, running

CONNECTIONS = 16
BALANCE = Decimal(100_000_000)


async def run(*, quick: bool) -> list[Row]:
    tasks = 1_000 if quick else 10_000
    with empty_database() as url:
        database = Database(url, size=4)
        await database.open()
        async with database.connection() as conn:
            company_id = await fill(conn, rows=tasks)
            task_ids = await make_payable(conn, company_id)
            token = await sign_in(conn, company_id)
        port = free_port()
        with running("serve", url, port=port), running("worker", url):
            load = await pay(port, token, task_ids)
            async with database.connection() as conn:
                await wait_until_settled(conn, company_id)
                delays = await settling_delays(conn, company_id)
        await database.close()
    refused = {status: count for status, count in load.statuses.items() if status != 200}
    return [
        Row(
            f"pay calls a second, one company, {CONNECTIONS} connections",
            f"{load.rate:,.0f}/s",
            peer=f"p50 {quantile(load.times, 0.5) * 1000:.1f} ms, p99 {quantile(load.times, 0.99) * 1000:.1f} ms",
            ratio=f"refused {refused}" if refused else "",
        ),
        Row("from pay to state 5, p50", f"{quantile(delays, 0.5) * 1000:.0f} ms"),
        Row("from pay to state 5, p99", f"{quantile(delays, 0.99) * 1000:.0f} ms"),
    ]


async def make_payable(conn: Connection, company_id: int) -> list[int]:
    """Put every task of the company into state 4, and enough money on its balance."""
    cursor = await conn.execute(
        """
        UPDATE task
        SET state = 4, paid_at = NULL, pay_requested_at = NULL, payer_id = NULL
        WHERE company_id = %(company)s
        RETURNING id
        """,
        {"company": company_id},
    )
    task_ids = [row[0] for row in await cursor.fetchall()]
    async with conn.transaction():
        await top_up(
            conn,
            company_id=company_id,
            currency="EUR",
            amount=BALANCE,
            vat_percent=Decimal(0),
            source="bank",
            key="bench:start",
            actor_id=None,
            now=clock.now(),
        )
    await conn.execute("VACUUM ANALYZE task")
    return task_ids


async def sign_in(conn: Connection, company_id: int) -> str:
    cursor = await conn.execute("SELECT person_id FROM company_member WHERE company_id = %s", [company_id])
    row = await cursor.fetchone()
    assert row is not None
    async with conn.transaction():
        tokens = await open_session(
            conn, person_id=row[0], company_id=company_id, secret=SECRET, lifetime_s=86_400, now=clock.now()
        )
    return tokens.token


async def pay(port: int, token: str, task_ids: list[int]) -> Load:
    requests = (
        request_bytes("POST", "/api/customer/tasks/pay", token=token, body=b'{"taskId": %d}' % task_id)
        for task_id in task_ids
    )
    return await send_all(port, requests, connections=CONNECTIONS)


async def wait_until_settled(conn: Connection, company_id: int) -> None:
    async with asyncio.timeout(300):
        while True:
            cursor = await conn.execute("SELECT count(*) FROM task WHERE company_id = %s AND state = 12", [company_id])
            row = await cursor.fetchone()
            if row is not None and row[0] == 0:
                return
            await asyncio.sleep(0.2)


async def settling_delays(conn: Connection, company_id: int) -> list[float]:
    cursor = await conn.execute(
        """
        SELECT extract(epoch FROM paid_at - pay_requested_at)::float8
        FROM task
        WHERE company_id = %s AND state = 5
        """,
        [company_id],
    )
    return [row[0] for row in await cursor.fetchall()]


if __name__ == "__main__":
    print_rows("Payments over HTTP", asyncio.run(run(quick="--quick" in sys.argv)))
