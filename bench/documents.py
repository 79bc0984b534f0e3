"""Documents a second: acts issued, PDFs made of them in two languages, invoices numbered on one hot company.

python -m bench.documents [--quick]
"""

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.documents.invoices import create_invoice
from artel.documents.jobs import document_loops
from artel.documents.parties import Issuer
from artel.documents.rendering import document_to_render, pdf_of
from artel.operations.due import DueLoop
from artel.settings import Settings
from bench.fill import fill
from bench.report import Row, print_rows
from bench.servers import SECRET, empty_database

CALLERS = 16


async def run(*, quick: bool) -> list[Row]:
    documents, invoices = (200, 500) if quick else (2_000, 5_000)
    with empty_database() as url, tempfile.TemporaryDirectory(prefix="artel-bench-") as folder:
        database = Database(url, size=CALLERS + 2)
        await database.open()
        settings = Settings(home=Path(folder), database_url=url, secret=SECRET)
        async with database.connection() as conn:
            company_id = await fill(conn, rows=documents * 2)
            await put_paid(conn, company_id, documents)
        loops = {loop.name: loop for loop in document_loops(settings)}
        acts_s = await timed(lambda: drain(database, loops["acts"]))
        alone_s = await timed(lambda: typeset_alone(database, documents // 10))
        rendering_s = await timed(lambda: drain(database, loops["rendering"]))
        invoices_s = await timed(lambda: bill(database, company_id, invoices))
        await database.close()
    rendered, alone = documents / rendering_s, documents // 10 / alone_s
    return [
        Row("acts issued by one worker", f"{documents / acts_s:,.0f}/s"),
        Row(
            "documents made, each in EN and RU, stored and noted",
            f"{rendered:,.0f}/s ({2 * rendered:,.0f} PDFs/s)",
            peer=f"typst alone, one thread: {alone:,.0f}/s",
            ratio=f"{rendered / alone:.2f}",
        ),
        Row(f"invoices numbered without gaps, one company, {CALLERS} callers", f"{invoices / invoices_s:,.0f}/s"),
    ]


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def put_paid(conn: Connection, company_id: int, count: int) -> None:
    """The oldest paid tasks of the company wait for their acts."""
    await conn.execute(
        """
        INSERT INTO paid_task (task_id, company_id, paid_at)
        SELECT id, company_id, paid_at
        FROM task
        WHERE company_id = %(company)s AND state = 5
        ORDER BY number
        LIMIT %(count)s
        """,
        {"company": company_id, "count": count},
    )


async def drain(database: Database, loop: DueLoop) -> None:
    while (await loop.claim_and_run(database, clock.now())).count:
        pass


async def typeset_alone(database: Database, count: int) -> None:
    """The same PDFs, without the queue, the store and the files' rows."""
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT id FROM document ORDER BY id LIMIT %(count)s", {"count": count})
        documents = [await document_to_render(conn, row[0]) for row in await cursor.fetchall()]
    for document in documents:
        pdf_of(document, "EN", [])
        pdf_of(document, "RU", [])


async def bill(database: Database, company_id: int, count: int) -> None:
    member = Member(company_id - 100, uuid.uuid4(), "EN", company_id, "owner", "EUR", True)
    issuer = Issuer("Artel", "", "", {})
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            async with database.transaction() as conn:
                await create_invoice(
                    conn, member, amount=Decimal(100), issuer=issuer, actor_id=member.person_id, now=clock.now()
                )

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


if __name__ == "__main__":
    print_rows("Documents", asyncio.run(run(quick="--quick" in sys.argv)))
