"""The task list: 20 of many, against constant bytes through the same stack and against the usual way to write it.

python -m bench.task_list [--quick] [--rows N]

The server has a core of its own; PostgreSQL and the load generator share the other. The targets take turns in one
run, so that the ratios hold on a machine that does other things too.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import psutil

from artel.db.pool import Connection, Database
from artel.people.sessions import open_session
from bench import constant
from bench.fill import NOW, fill
from bench.pressure import Measured, Plan, Target
from bench.report import Row, print_rows
from bench.servers import SECRET, empty_database, environment, free_port, resident_mib, wait_for_answer

LIST = "/api/customer/tasks"
SIZE = 20
SERVER_CORE, OTHER_CORES = {0}, {1}


async def run(*, quick: bool, rows: int = 100_000) -> list[Row]:
    if quick:
        return [*await against_peers(10_000, rounds=3), *await first_and_last(10_000, rounds=3)]
    figures = await against_peers(rows, rounds=12)
    for count in (10_000, 1_000_000):
        figures += await first_and_last(count, rounds=8)
    return figures


async def against_peers(rows: int, *, rounds: int) -> list[Row]:
    async with filled(rows) as (url, token):
        with ours(url, token) as (server, port), peers(url) as (peer, peer_port):
            idle = resident_mib(server)
            headers = {"Authorization": f"Bearer {token}"}
            some = [f"{LIST}?page={page}" for page in random.Random(1).choices(range(1, rows // SIZE + 1), k=5_000)]

            def target(name: str, paths: list[str]) -> Target:
                return Target(name=name, port=port, paths=paths, headers=headers, server_pid=worker_of(server))

            found = press(
                Plan(
                    rounds=rounds,
                    targets=[
                        target("constant", [constant.PATH]),
                        target("list", [LIST]),
                        target("pages", some),
                        Target(name="peer", port=peer_port, paths=[LIST], headers=headers, server_pid=peer.pid),
                    ],
                )
            )
            after = resident_mib(server)
    bytes_alone, first, pages, usual = (found[name] for name in ("constant", "list", "pages", "peer"))
    what = f"{SIZE} of {rows:,} tasks"
    return [
        compared(f"{what}, against constant bytes", first, bytes_alone, aim=">= 0.5"),
        compared(f"{what}, pages at random, against constant bytes", pages, bytes_alone, aim=""),
        compared(f"{what}, against FastAPI and an ORM", first, usual, aim=">= 4"),
        Row("memory of the server, idle and after", f"{idle:.0f} MiB", peer=f"{after:.0f} MiB"),
    ]


async def first_and_last(rows: int, *, rounds: int) -> list[Row]:
    async with filled(rows) as (url, token):
        with ours(url, token) as (server, port):
            last = -(-rows // SIZE)
            orders = {"newest first": "", "by price": "&sort=price"}
            found = press(
                Plan(
                    rounds=rounds,
                    targets=[
                        Target(
                            name=f"{order} {page}",
                            port=port,
                            paths=[f"{LIST}?page={page}{query}"],
                            headers={"Authorization": f"Bearer {token}"},
                            server_pid=worker_of(server),
                        )
                        for order, query in orders.items()
                        for page in (1, last)
                    ],
                )
            )
    return [
        Row(
            f"last page of {rows:,}, {order}",
            f"{found[f'{order} {last}'].rate:,.0f}/s",
            peer=f"first page {found[f'{order} 1'].rate:,.0f}/s",
            ratio=f"{found[f'{order} 1'].rate / found[f'{order} {last}'].rate:.2f} times the time",
            aim="<= 1.3",
        )
        for order in orders
    ]


def compared(name: str, ours_: Measured, peer: Measured, *, aim: str) -> Row:
    return Row(
        name,
        f"{ours_.rate:,.0f}/s, {ours_.cpu_us:.0f} us CPU, p99 {ours_.p99_ms:.0f} ms",
        peer=f"{peer.rate:,.0f}/s, {peer.cpu_us:.0f} us CPU",
        ratio=f"{ours_.rate / peer.rate:.2f} (by CPU {peer.cpu_us / max(1.0, ours_.cpu_us):.2f})",
        aim=aim,
    )


@contextlib.asynccontextmanager
async def filled(rows: int) -> AsyncIterator[tuple[str, str]]:
    """A database with the data, on the other core; its URL and a token of the company with the rows."""
    with empty_database() as url:
        database = Database(url, size=2)
        await database.open()
        async with database.connection() as conn:
            company_id = await fill(conn, rows=rows)
            token = await sign_in(conn, company_id)
            postmaster = await postmaster_pid(conn)
        await database.close()
        for process in [postmaster, *postmaster.children()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.cpu_affinity(list(OTHER_CORES))
        yield url, token


async def sign_in(conn: Connection, company_id: int) -> str:
    tokens = await open_session(
        conn, person_id=company_id - 100, company_id=company_id, secret=SECRET, lifetime_s=10**8, now=NOW
    )
    return tokens.token


async def postmaster_pid(conn: Connection) -> psutil.Process:
    parent = psutil.Process(conn.info.backend_pid).parent()
    assert parent is not None
    return parent


@contextlib.contextmanager
def ours(url: str, token: str) -> Iterator[tuple[psutil.Process, int]]:
    """The application with the constant route, whose bytes are the list's own first page."""
    port = free_port()
    command = ["granian", "--interface", "asgi", "--workers", "1", "--no-ws", "--log-level", "warning"]
    command += ["--port", str(port), "--factory", "bench.constant:application"]
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body.json"
        with serving(command, environment(url, port), port):
            body.write_bytes(ask(port, LIST, token))
        with serving(command, environment(url, port) | {constant.BODY_FILE: str(body)}, port) as process:
            yield process, port


def ask(port: int, path: str, token: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
        return body


@contextlib.contextmanager
def peers(url: str) -> Iterator[tuple[psutil.Process, int]]:
    port = free_port()
    command = ["uvicorn", "--loop", "uvloop", "--no-access-log", "--log-level", "warning", "--port", str(port)]
    with serving([*command, "bench.peer.app:app"], environment(url, port), port) as process:
        yield process, port


@contextlib.contextmanager
def serving(command: list[str], env: dict[str, str], port: int) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", *command], env=env)
    try:
        os.sched_setaffinity(process.pid, SERVER_CORE)
        wait_for_answer(f"http://127.0.0.1:{port}/health/ready")
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def worker_of(server: psutil.Process) -> int:
    """Granian's process that answers."""
    return max(server.children(), key=lambda child: child.memory_info().rss).pid


def press(plan: Plan) -> dict[str, Measured]:
    """Let the load generator loose, on the other core. A reply that is not 200 ends the measurement."""
    process = subprocess.Popen([sys.executable, "-m", "bench.pressure"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    os.sched_setaffinity(process.pid, OTHER_CORES)
    output, _ = process.communicate(msgspec.json.encode(plan))
    found = msgspec.json.decode(output, type=list[Measured])
    assert not any(measured.failed for measured in found), found
    return {measured.name: measured for measured in found}


if __name__ == "__main__":
    rows_wanted = int(sys.argv[sys.argv.index("--rows") + 1]) if "--rows" in sys.argv else 100_000
    print_rows("Task list", asyncio.run(run(quick="--quick" in sys.argv, rows=rows_wanted)))
