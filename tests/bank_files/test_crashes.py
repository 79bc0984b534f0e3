"""kill -9 of `artel payouts export` and `artel payouts import` at each step: nothing lost, nothing doubled.

A pause at a step is made from outside: a trigger of this test's database that waits for a lock this test holds.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from artel.db.pool import Connection, Database
from artel.ledger.verify import verify_ledger
from tests import databases
from tests.bank_files.cast import (
    booking,
    content_of,
    detail,
    notification,
    pay,
    references,
    schema,
    statuses,
)
from tests.payouts.cast import RUSSIAN_ACCOUNT, SEPA, World, balance_of, keep_endpoint
from tests.payouts.provider_process import ROOT

LOCK = 4243
# "statement": killed before the transaction could commit. "commit": killed while it commits, which then counts, and
# the command never learns of it. Between "stored" and "claimed" lies the store, between "written" and "stored" the
# operator's folder.
EXPORT_POINTS = [f"{when} {step}" for step in ("claimed", "stored", "written") for when in ("statement", "commit")]
IMPORT_POINTS = ("statement settled", "commit settled")
PAUSES = """
CREATE TABLE pause_at (point text);
CREATE FUNCTION pause_here() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step text;
BEGIN
    IF TG_TABLE_NAME = 'bank_file_line' THEN
        step := 'claimed';
    ELSIF TG_TABLE_NAME = 'bank_report_entry' THEN
        step := 'settled';
    ELSE
        step := CASE WHEN NEW.written_at IS NOT NULL THEN 'written' WHEN NEW.stored_at IS NOT NULL THEN 'stored' END;
    END IF;
    IF EXISTS (SELECT FROM pause_at WHERE point = TG_ARGV[0] || ' ' || step) THEN
        PERFORM pg_advisory_xact_lock(4243);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pause_statement BEFORE INSERT ON bank_file_line FOR EACH ROW EXECUTE FUNCTION pause_here('statement');
CREATE TRIGGER pause_statement BEFORE UPDATE ON bank_file FOR EACH ROW EXECUTE FUNCTION pause_here('statement');
CREATE TRIGGER pause_statement BEFORE INSERT ON bank_report_entry
    FOR EACH ROW EXECUTE FUNCTION pause_here('statement');
CREATE CONSTRAINT TRIGGER pause_commit AFTER INSERT ON bank_file_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pause_here('commit');
CREATE CONSTRAINT TRIGGER pause_commit AFTER UPDATE ON bank_file DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pause_here('commit');
CREATE CONSTRAINT TRIGGER pause_commit AFTER INSERT ON bank_report_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pause_here('commit');
"""


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A clone of its own: the triggers are for nobody else."""
    with databases.clone(server_url, template) as url:
        yield url


class Command:
    """An `artel payouts` command over this test's database."""

    def __init__(self, database_url: str, home: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARTEL_")}
        self.environment = environment | {"ARTEL_DATABASE_URL": database_url, "ARTEL_HOME": str(home)}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "artel", "payouts", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    async def run(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output, _ = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, output
        return output

    async def kill_at(self, conn: Connection, point: str, *arguments: str) -> None:
        """Start the command, and kill it when it has come to the point."""
        await conn.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        await conn.execute("INSERT INTO pause_at VALUES (%s)", [point])
        process = self.start(*arguments)

        async def stopped() -> bool:
            assert process.poll() is None, process.communicate()[0]
            cursor = await conn.execute(
                "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
            )
            return bool((await cursor.fetchone() or [False])[0])

        try:
            await until(stopped, f"the command at {point}")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        await conn.execute("DELETE FROM pause_at")
        await conn.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + 60
    while not await look():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    return Command(database_url, tmp_path / "home")


async def test_an_export_killed_at_every_step(
    database: Database, conn: Connection, world: World, command: Command, tmp_path: Path
) -> None:
    await conn.execute(PAUSES)
    sepa, roubles = await keep_endpoint(conn, world, SEPA), await keep_endpoint(conn, world, RUSSIAN_ACCOUNT)
    folder = tmp_path / "out"
    async with database.connection() as own:
        for number, point in enumerate(EXPORT_POINTS):
            made = [await pay(conn, world, sepa, f"{number + 1}.10"), await pay(conn, world, sepa, "0.07")]
            made.append(await pay(conn, world, roubles, "99.00", currency="RUB"))
            before = content_of(folder) if folder.exists() else {}
            await command.kill_at(own, point, "export", "--out", str(folder))
            assert list(folder.glob(".*")) == []
            left_behind = content_of(folder) if folder.exists() else {}
            await command.run("export", "--out", str(folder))
            after = content_of(folder)
            # What the killed one wrote is what the next one writes, and nothing written earlier changed.
            assert {name: after[name] for name in left_behind} == left_behind
            assert set(after) - set(before), point
            lines = await references(conn)
            for payout in made:
                holders = [name for name, content in after.items() if lines[payout].encode() in content]
                assert len(holders) == 1, f"{point}: payout {payout} is in {holders}"
            assert await command.run("export", "--out", str(folder)) == "Nothing waits to be paid.\n"
            assert content_of(folder) == after
    for path in folder.glob("*.xml"):
        schema().validate(str(path))
    cursor = await conn.execute("SELECT count(*), count(stored_at), count(written_at) FROM bank_file")
    [count, stored, written] = await cursor.fetchone() or [0, 0, 0]
    assert len(content_of(folder)) == count == stored == written
    assert set((await statuses(conn)).values()) == {1}
    cursor = await conn.execute("SELECT payout_id, array_agg(to_status ORDER BY id) FROM payout_step GROUP BY 1")
    assert {tuple(steps) for _, steps in await cursor.fetchall()} == {(10, 1)}
    assert (await verify_ledger(database)).is_clean


async def test_an_import_killed_at_every_step(
    database: Database, conn: Connection, world: World, command: Command, tmp_path: Path
) -> None:
    await conn.execute(PAUSES)
    sepa = await keep_endpoint(conn, world, SEPA)
    async with database.connection() as own:
        for number, point in enumerate(IMPORT_POINTS):
            made = [await pay(conn, world, sepa, "10.00") for _ in range(3)]
            await command.run("export", "--out", str(tmp_path / "out"))
            lines = await references(conn)
            report = tmp_path / f"camt{number}.xml"
            report.write_text(
                notification(
                    booking(detail(lines[made[0]]), "10.00", reference=f"{number}a"),
                    booking(detail(lines[made[1]], amount="4.00", instructed="10.00"), "4.00", reference=f"{number}b"),
                    booking(detail(lines[made[2]]), "10.00", reference=f"{number}c"),
                    booking(detail(lines[made[2]]), "10.00", direction="CRDT", reversal=True, reference=f"{number}d"),
                )
            )
            await command.kill_at(own, point, "import", str(report))
            await command.run("import", str(report))
            after = await statuses(conn)
            assert [after[payout] for payout in made] == [2, 5, 3], point
            output = await command.run("import", str(report))
            assert output.count("repeated") == 4, output
            assert await statuses(conn) == after
    cursor = await conn.execute("SELECT kind, count(*) FROM transfer WHERE subject = 'payout' GROUP BY kind")
    assert dict(await cursor.fetchall()) == {
        "payout_sent": 6,
        "payout_completed": 4,
        "payout_partial": 2,
        "payout_returned": 2,
    }
    assert await balance_of(conn, world) == 32  # twice the 6 that were not paid, and the 10 that came back
    assert (await verify_ledger(database)).is_clean
