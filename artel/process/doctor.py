"""`artel doctor`: whether this installation can work, one line a check, and what to do where it cannot."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import aiosmtplib
import click
import httpx
import msgspec
import psycopg
from obstore.exceptions import BaseError

from artel import clock
from artel.bank_files.queries import unanswered_payouts, waiting_payouts
from artel.db.embedded import running_url
from artel.db.migrate import DatabaseUnusable, connect, place, schema_state
from artel.db.pool import Database
from artel.db.server_account import EmbeddedServerFailed
from artel.files.store import open_store
from artel.ledger.verify import verify_ledger
from artel.notifications.delivery import mail_server
from artel.notifications.queries import waiting_messages
from artel.payouts.errors import RailUnknown
from artel.payouts.rails import rail_named
from artel.process.checks import CannotStart, check_production, check_settings
from artel.process.commands import has_database, small_database, usable_database
from artel.process.sandbox_clock import stored_offset
from artel.settings import BadSetting, Settings

TIMEOUT_S = 5
CLOCK_TOLERANCE = timedelta(seconds=2)
LEDGER_PATIENCE_S = 5
MAIL_PATIENCE = timedelta(minutes=15)


class Finding(msgspec.Struct, frozen=True):
    subject: str
    text: str
    is_problem: bool = False


def problem(subject: str, text: str) -> Finding:
    return Finding(subject, text, is_problem=True)


def examine(settings: Settings) -> int:
    """Print every finding as it is made; the exit code: 1 where one is a problem."""
    problems = 0
    for finding in findings(settings):
        mark = click.style("problem", fg="red") if finding.is_problem else click.style("ok", fg="green")
        click.echo(f"{mark}{' ' * (7 if not finding.is_problem else 2)}{finding.subject:<10} {finding.text}")
        problems += finding.is_problem
    return 1 if problems else 0


def findings(settings: Settings) -> Iterator[Finding]:
    production = bool(settings.database_url) and not settings.sandbox
    yield examine_settings(settings, production=production)
    if not production:
        if not has_database(settings):
            yield problem("database", f"there is no sandbox in {settings.home}: `artel sandbox` makes one")
            return
        settings = msgspec.structs.replace(settings, sandbox=True)
        state = "running" if running_url(settings.home / "pg") else "stopped; run for this check alone"
        yield Finding(
            "sandbox", f"in {settings.home}, " + (state if not settings.database_url else "on a database of yours")
        )
    try:
        with usable_database(settings) as usable:
            yield examine_schema(usable.database_url)
            yield from asyncio.run(examine_running(usable))
    except (DatabaseUnusable, EmbeddedServerFailed, CannotStart) as error:
        yield problem("database", str(error))
    yield examine_payouts(settings)
    yield from asyncio.run(examine_outside(settings))


def examine_settings(settings: Settings, *, production: bool) -> Finding:
    try:
        check_production(settings) if production else check_settings(settings)
    except (BadSetting, CannotStart) as error:
        return problem("settings", str(error))
    return Finding(
        "settings", "production" if production else "a sandbox's; production needs ARTEL_DATABASE_URL and ARTEL_SECRET"
    )


def examine_payouts(settings: Settings) -> Finding:
    try:
        rail = rail_named(settings.payout_rail, sandbox=settings.sandbox)
    except RailUnknown:
        return problem("payouts", f"ARTEL_PAYOUT_RAIL={settings.payout_rail} is no rail for real money: payouts wait")
    return Finding("payouts", f"carried by the {rail.name} rail")


def examine_schema(url: str) -> Finding:
    with connect(url) as conn:
        version = conn.info.parameter_status("server_version")
        state = schema_state(conn)
    if state != "current":
        return problem("database", f"{place(url)}, its schema is {state}: run `artel migrate`")
    return Finding("database", f"PostgreSQL {version}, {place(url)}, migrated")


async def examine_running(settings: Settings) -> list[Finding]:
    """What the database itself can tell."""
    async with small_database(settings) as database:
        return [await guarded(name, check(database, settings)) for name, check in DATABASE_CHECKS.items()]


async def guarded(subject: str, check: Awaitable[Finding]) -> Finding:
    """A check that itself fails is a finding too."""
    try:
        return await check
    except psycopg.Error as error:
        return problem(subject, f"could not be checked: {str(error).splitlines()[0]}")


async def examine_clock(database: Database, settings: Settings) -> Finding:
    async with database.connection() as conn:
        before = datetime.now(UTC)
        cursor = await conn.execute("SELECT clock_timestamp()")
        row = await cursor.fetchone()
        offset = await stored_offset(conn)
    assert row is not None
    apart = abs(row[0] - before)
    if apart > CLOCK_TOLERANCE:
        return problem("clock", f"this machine and the database are {apart} apart: let both follow a time server")
    if offset and not settings.sandbox:
        return problem("clock", "this database was a sandbox's: its clock had been moved; production must not use it")
    return Finding("clock", f"moved by {offset} in the sandbox" if offset else "this machine and the database agree")


async def examine_messages(database: Database, settings: Settings) -> Finding:
    async with database.connection() as conn:
        backlog = await waiting_messages(conn)
    if backlog.oldest is not None and datetime.now(UTC) - backlog.oldest > MAIL_PATIENCE:
        reason = f", last answer: {backlog.last_error}" if backlog.last_error else ": does a worker run?"
        return problem(
            "messages", f"{backlog.waiting} wait, the oldest since {backlog.oldest:%Y-%m-%d %H:%M} UTC{reason}"
        )
    return Finding("messages", f"{backlog.waiting} waiting")


async def examine_bank_files(database: Database, settings: Settings) -> Finding:
    """What waits for an operator's hand. Nothing to say where payouts do not travel in files."""
    async with database.connection() as conn:
        waiting = await waiting_payouts(conn)
        unanswered = await unanswered_payouts(conn, now=clock.now() + await stored_offset(conn))
    without_account = [row.currency for row in waiting if not row.has_account]
    overdue = sum(row.is_overdue for row in unanswered)
    if without_account:
        currencies = ", ".join(without_account)
        return problem("bank", f"payouts in {currencies} wait and no account pays them: `artel bank-account add`")
    if overdue:
        return problem("bank", f"{overdue} payouts without the bank's word: ask it; `artel payouts waiting` names them")
    count = sum(row.count for row in waiting)
    return Finding("bank", f"{count} payouts wait for a file, {len(unanswered)} for the bank's word")


async def examine_ledger(database: Database, settings: Settings) -> Finding:
    """As far as it goes in a few seconds; large books are verified by a command of their own."""
    try:
        async with asyncio.timeout(LEDGER_PATIENCE_S):
            report = await verify_ledger(database)
    except TimeoutError:
        return Finding("ledger", "too large to be verified in passing: `artel ledger verify` does it")
    if not report.is_clean:
        return problem("ledger", f"{report.difference_count} differences: `artel ledger verify` names them")
    return Finding("ledger", str(report))


DATABASE_CHECKS: dict[str, Callable[[Database, Settings], Awaitable[Finding]]] = {
    "clock": examine_clock,
    "messages": examine_messages,
    "bank": examine_bank_files,
    "ledger": examine_ledger,
}


async def examine_outside(settings: Settings) -> list[Finding]:
    """Files, mail and SMS."""
    return [await examine_files(settings), await examine_mail(settings), await examine_sms(settings)]


async def examine_files(settings: Settings) -> Finding:
    """Put, read and delete a small object."""
    where = settings.files_url or settings.home / "files"
    try:
        await asyncio.wait_for(asyncio.to_thread(try_store, settings), TIMEOUT_S * 2)
    except (BaseError, OSError, TimeoutError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return problem("files", f"{where} cannot be used: {reason}. Check ARTEL_FILES_URL and its credentials")
    return Finding("files", f"{where} can be written and read")


def try_store(settings: Settings) -> None:
    """In a thread: the library's asynchronous calls may abort a process that ends soon after them."""
    name, content = f".doctor-{uuid.uuid4().hex}", b"artel doctor"
    store = open_store(settings.files_url, settings.home)
    store.put(name, content)
    kept = bytes(store.get(name).bytes())
    store.delete(name)
    if kept != content:
        raise ValueError("it gives back something else than was put there")


async def examine_mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        if settings.sandbox:
            return Finding("mail", "kept in the sandbox's mailbox (ARTEL_SMTP_URL is not set)")
        return problem("mail", "ARTEL_SMTP_URL is not set: nobody gets an invitation or a code")
    try:
        async with mail_connection(settings.smtp_url):
            return Finding("mail", "the mail server takes us in")
    except (BadSetting, aiosmtplib.SMTPException, OSError) as error:
        return problem("mail", f"the mail server does not take us in: {error}. Check ARTEL_SMTP_URL")


@contextlib.asynccontextmanager
async def mail_connection(url: str) -> AsyncIterator[None]:
    server = mail_server(url)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.use_tls,
        start_tls=server.start_tls,
        timeout=TIMEOUT_S,
    )
    async with client:
        yield


async def examine_sms(settings: Settings) -> Finding:
    if not settings.sms_url:
        if settings.sandbox:
            return Finding("sms", "kept in the sandbox's mailbox (ARTEL_SMS_URL is not set)")
        return problem("sms", "ARTEL_SMS_URL is not set: nobody gets a code by phone")
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            await client.head(settings.sms_url)  # any answer will do: it is there
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return problem("sms", f"the gateway does not answer: {error}. Check ARTEL_SMS_URL")
    return Finding("sms", "the gateway answers")
