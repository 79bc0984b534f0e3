"""The worker's part in documents: issuing acts, closing months, rendering, packing, tidying up."""

from datetime import datetime

from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection, Database
from artel.documents import acts, archives, reports
from artel.documents.kinds import CHANNEL
from artel.documents.parties import Issuer
from artel.documents.rendering import claim_unrendered, next_rendering, render_claimed
from artel.files.store import FileStore
from artel.operations.due import DueLoop, Worked
from artel.operations.queue import Pauses, queue, workshop_of
from artel.settings import Settings

ACTS_AT_ONCE = 100
MONTHS_AT_ONCE = 50


def document_loops(settings: Settings) -> list[DueLoop]:
    """Issuing acts of paid tasks, closing ended months, rendering."""
    issuer = Issuer.of(settings)
    files = FileStore(settings.files_url, settings.home)

    async def issue_acts(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            count = await acts.issue_acts(conn, issuer=issuer, limit=ACTS_AT_ONCE, now=now)
        async with database.connection() as conn:
            return Worked(count, await acts.earliest_without_act(conn))

    async def close_months(database: Database, now: datetime) -> Worked:
        """Each month of each company in a transaction of its own."""
        async with database.connection() as conn:
            months = await reports.months_to_close(conn, limit=MONTHS_AT_ONCE, now=now)
        for month in months:
            async with database.transaction() as conn:
                await reports.close_month(conn, month, issuer=issuer, now=now)
        async with database.connection() as conn:
            return Worked(len(months), await reports.next_closing(conn))

    async def render(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            claimed = await claim_unrendered(conn, now=now)
        await render_claimed(database, files, claimed)
        async with database.connection() as conn:
            return Worked(len(claimed), await next_rendering(conn))

    return [
        DueLoop("acts", CHANNEL, issue_acts),
        DueLoop("closing reports", CHANNEL, close_months),
        DueLoop("rendering", CHANNEL, render),
    ]


async def ask_for_packing(conn: Connection, archive_id: int) -> None:
    """The archive is packed once this transaction commits."""
    await pack_documents.configure(connection=conn).defer_async(archive_id=archive_id)


@queue.task(name="pack_documents", retry=Pauses(2, 10, 60, 300, 900, attempts=20), pass_context=True)
async def pack_documents(context: JobContext, *, archive_id: int) -> None:
    workshop = workshop_of(context)
    files = FileStore(workshop.settings.files_url, workshop.settings.home)
    await archives.pack_archive(workshop.database, files, workshop.settings, archive_id)


@queue.periodic(cron="29 * * * *")
@queue.task(name="forget_archives", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    workshop = workshop_of(context)
    files = FileStore(workshop.settings.files_url, workshop.settings.home)
    await forget_archives(workshop.database, files, now=clock.now())


async def forget_archives(database: Database, files: FileStore, *, now: datetime) -> None:
    """Remove packed documents whose links have expired: first the bytes, so that a row is left where that fails."""
    async with database.connection() as conn:
        expired = await archives.expired_archives(conn, now=now, limit=1000)
    for archive in expired:
        if archive.storage_key is not None:
            await files.remove(archive.storage_key)
        async with database.transaction() as conn:
            await archives.forget_archive(conn, archive.id)
