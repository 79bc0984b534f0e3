"""The worker process: the job queue, and the loops over due work."""

import asyncio
import contextlib
import signal

import psycopg
from procrastinate import PsycopgConnector, exceptions

from artel.calendar_sync.syncing import calendar_loop
from artel.db.pool import Database
from artel.documents.jobs import document_loops
from artel.events import jobs as event_jobs
from artel.events.mailing import event_letters_loop
from artel.files.store import FileStore
from artel.logs import configure_logs, log
from artel.operations.due import DueLoop
from artel.operations.queue import Workshop, queue
from artel.payments.jobs import payment_loops
from artel.payments.processors import card_processor
from artel.payouts.automatic import automatic_payout_loop
from artel.payouts.errors import RailUnknown
from artel.payouts.jobs import payout_loop
from artel.payouts.rails import BankFileRail, rail_named
from artel.process.due import Runner
from artel.process.listener import Heard, listening
from artel.process.sandbox_clock import follow_clock
from artel.settings import Settings
from artel.tasks import jobs as task_jobs
from artel.taxation.jobs import taxation_loop
from artel.taxation.tax_service import tax_service
from artel.verifications.jobs import verification_loop
from artel.verifications.providers import verification_provider
from artel.verifications.reports import CALLBACK_PATH
from artel.webhooks.courier import delivery_loop

CONCURRENT_JOBS = 10
LOOK_EVERY_S = 1.0  # for jobs whose time has come; new ones are notified
HEARTBEAT_S = 3.0
# A worker silent for this long is taken for dead, and its jobs run again elsewhere.
DEAD_AFTER_S = 15.0
RESCUE_EVERY_S = 5.0
# What a job in hand may take after the order to stop; then it is cut off and runs again later.
LAST_JOB_S = 8.0
LONGEST_PAUSE_S = 10.0
# One worker at a time rescues; the number is arbitrary and only ours.
RESCUE_LOCK = 4_713_002


def due_loops(settings: Settings) -> list[DueLoop]:
    """Every loop a worker runs. A domain that has due work adds its own here."""
    return [
        task_jobs.SETTLEMENT,
        task_jobs.DEADLINES,
        event_jobs.HOLDS,
        event_jobs.PAST_EVENTS,
        delivery_loop(allow_private=settings.sandbox),
        *document_loops(settings),
        event_letters_loop(settings),
        *payout_loops(settings),
        *payment_loops(card_processor(sandbox=settings.sandbox)),
        taxation_loop(tax_service(settings.tax_service_url, sandbox=settings.sandbox), settings.base_url),
        *verification_loops(settings),
        calendar_loop(settings),
    ]


def payout_loops(settings: Settings) -> list[DueLoop]:
    try:
        rail = rail_named(settings.payout_rail, sandbox=settings.sandbox)
    except RailUnknown:
        log.warning("payouts are not carried: no such rail", rail=settings.payout_rail)
        return []
    loops = [automatic_payout_loop(rail)]
    if not isinstance(rail, BankFileRail):  # a bank is not called: an operator carries files to it
        loops.append(payout_loop(rail))
    return loops


def verification_loops(settings: Settings) -> list[DueLoop]:
    provider = verification_provider(
        settings.verification_url,
        settings.verification_secret,
        callback_url=settings.base_url + CALLBACK_PATH,
        sandbox=settings.sandbox,
    )
    if provider is None:
        return []
    return [verification_loop(provider, FileStore(settings.files_url, settings.home), settings.base_url)]


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished first."""
    configure_logs(settings)
    asyncio.run(work_until_stopped(settings))


async def work_until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    for order in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(order, stop.set)
    database = Database(settings.database_url, size=settings.database_pool_size)
    await database.open()
    try:
        await work(settings, database, stop)
    finally:
        await database.close()


async def work(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """Run everything until `stop` is set. Each part outlives the loss of its connections."""
    runners = [Runner(loop, database) for loop in due_loops(settings)]

    def wake_all() -> None:
        for runner in runners:
            runner.wake()

    async with contextlib.AsyncExitStack() as stack:
        if settings.sandbox:
            await stack.enter_async_context(follow_clock(database, moved=wake_all))
        await stack.enter_async_context(listening(database.url, wake_ups(runners)))
        async with asyncio.TaskGroup() as group:
            group.create_task(run_jobs(settings, database, stop))
            for runner in runners:
                group.create_task(runner.run())
            log.info("worker ready", loops=[runner.loop.name for runner in runners])
            await stop.wait()
            for runner in runners:
                runner.stop()
    log.info("worker stopped")


def wake_ups(runners: list[Runner]) -> dict[str, Heard]:
    """Channel -> what wakes every loop that listens to it."""

    def waking(channel: str) -> Heard:
        async def wake() -> None:
            for runner in runners:
                if runner.loop.channel == channel:
                    runner.wake()

        return wake

    return {runner.loop.channel: waking(runner.loop.channel) for runner in runners}


async def run_jobs(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """The job queue's own worker, started again whenever it loses the database."""
    failures = 0
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await run_queue(settings, database, stop)
        except (exceptions.ProcrastinateException, psycopg.Error, OSError) as error:
            # The queue's worker gives up when it cannot fetch or listen; nothing is lost by beginning again.
            lived_s = asyncio.get_running_loop().time() - started
            failures = 0 if lived_s > LONGEST_PAUSE_S else failures + 1
            log.warning("job queue interrupted", reason=str(error.__cause__ or error), attempt=failures)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(0.2 * 2**failures, LONGEST_PAUSE_S))


async def run_queue(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """Until `stop`, or until the database is lost, which raises."""
    connector = PsycopgConnector(
        conninfo=database.url,
        min_size=1,
        max_size=CONCURRENT_JOBS // 2,
        kwargs={"application_name": "artel jobs"},
    )
    with queue.replace_connector(connector):
        async with queue.open_async():
            jobs = asyncio.create_task(
                queue.run_worker_async(
                    concurrency=CONCURRENT_JOBS,
                    fetch_job_polling_interval=LOOK_EVERY_S,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=LAST_JOB_S,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_AFTER_S,
                    additional_context={"workshop": Workshop(database, settings)},
                )
            )
            rescue = asyncio.create_task(rescue_jobs(database))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({jobs, rescue, stopped}, return_when=asyncio.FIRST_COMPLETED)
            # The queue's worker, when cancelled, finishes the jobs in hand before it ends.
            for task in (jobs, rescue, stopped):
                task.cancel()
            for outcome in await asyncio.gather(jobs, rescue, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome


async def rescue_jobs(database: Database) -> None:
    """Put the jobs of dead workers back into the queue, at the start and from time to time."""
    while True:
        # Held while we look and put back, so that two workers do not put one job back twice.
        async with database.transaction() as conn:
            cursor = await conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [RESCUE_LOCK])
            row = await cursor.fetchone()
            if row is not None and row[0]:
                for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
                    log.warning("job of a dead worker put back", job=job.id, task=job.task_name)
                    await queue.job_manager.retry_job(job)
        await asyncio.sleep(RESCUE_EVERY_S)
