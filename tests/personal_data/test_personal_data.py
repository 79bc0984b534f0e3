"""What is kept about a person is told whole, and can be erased without touching anybody's money."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.files.store import FileStore
from artel.freelancers.papers import TaxInfo, save_tax_info
from artel.notifications.rules import send_sms
from artel.payouts.rails import SandboxRail
from artel.payouts.rules import pay_out_task, report_outcome
from artel.people.sessions import open_session
from artel.personal_data.erasure import erase_person
from artel.personal_data.errors import MoneyLeft, RunsCompanies, WorkUnfinished
from artel.personal_data.export import SECTIONS, export_person
from artel.tasks.queries import lock_task
from tests.payouts.cast import SEPA, World, add_paid_task, assert_books_balance, keep_endpoint, make_world
from tests.process.installation import Installation, scratch_folder
from tests.rows import tables_of
from tests.verifications.cast import send_photos

EMAIL, PHONE, NAME, TAX_NUMBER = "dina@boom.example", "79161234567", "Quintessa", "36574261809"
ACCOUNT = SEPA.number
# What says who somebody is, each word found nowhere else.
TELLING = (EMAIL, PHONE, NAME, TAX_NUMBER, ACCOUNT, "Dina Boom", "best of all freelancers", "203.0.113.77")


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
def files() -> Iterator[FileStore]:
    with scratch_folder() as folder:
        yield FileStore("", folder)


@pytest.fixture
async def world(conn: Connection, files: FileStore, now: datetime) -> World:
    """A freelancer of whom everything is kept that can be."""
    world = await make_world(conn, now=now)
    dina = world.freelancer_id
    await conn.execute(
        "UPDATE person SET first_name = %s, city = 'Leipzig', birth_date = '1990-01-02' WHERE id = %s", [NAME, dina]
    )
    await conn.execute("UPDATE freelancer SET verified_at = NULL WHERE person_id = %s", [dina])
    await conn.execute("UPDATE team_member SET note = 'best of all freelancers' WHERE freelancer_id = %s", [dina])
    async with conn.transaction():
        info = TaxInfo(residence_country="DE", type="IDNR", tax_number=TAX_NUMBER)
        await save_tax_info(conn, dina, info, actor_id=dina, now=now)
        await send_photos(conn, files, dina, world.owner.company_id, now=now)
        await send_sms(conn, to=PHONE, text="Your code is 847261", now=now)
        await open_session(
            conn, person_id=dina, company_id=None, secret="s" * 40, lifetime_s=1000, now=now, address="203.0.113.77"
        )
    return world


async def pay_and_pay_out(conn: Connection, world: World) -> None:
    endpoint = await keep_endpoint(conn, world, SEPA)
    task = await add_paid_task(conn, world, Decimal("10.00"))
    async with conn.transaction():
        payout = await pay_out_task(
            conn,
            await lock_task(conn, world.owner, task_id=task),
            endpoint_type=6,
            endpoint_id=endpoint,
            rail=SandboxRail(),
            actor_id=world.owner.person_id,
            now=world.now,
        )
    with pytest.raises(WorkUnfinished):
        await erase(conn, world)
    async with conn.transaction():
        await report_outcome(conn, payout, "completed", now=world.now)


async def erase(conn: Connection, world: World) -> list[str]:
    async with conn.transaction():
        return await erase_person(conn, world.freelancer_id, actor_id=None, now=world.now)


async def tables_that_say(conn: Connection, words: tuple[str, ...]) -> dict[str, set[str]]:
    """Tables with a row that has one of the words anywhere."""
    found: dict[str, set[str]] = {}
    for table in await tables_of(conn):
        for word in words:
            query = SQL("SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text ILIKE %(word)s)")
            if await fetch_value(conn, query.format(table=Identifier(table)), {"word": f"%{word}%"}):
                found.setdefault(table, set()).add(word)
    return found


async def test_the_export_is_whole(conn: Connection, world: World) -> None:
    await pay_and_pay_out(conn, world)
    async with conn.transaction():
        found = await export_person(conn, world.freelancer_id, actor_id=None, now=world.now)
    assert found.keys() == SECTIONS.keys()
    text = json.dumps(found, ensure_ascii=False)
    assert [word for word in TELLING if word not in text] == []
    assert [row["currency"] for row in found["payouts"]] == ["EUR"]
    assert [float(row["amount"]) for row in found["balance_movements"]] == [10, -10]
    for secret in ("password_hash", "totp", "token_hash", "code_hash", "processor_token", "847261"):
        assert secret not in text
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'person.exported'") == 1
    with pytest.raises(NotFound):
        await export_person(conn, 987_654, actor_id=None, now=world.now)


async def test_erased_nothing_says_who_it_was(conn: Connection, world: World, files: FileStore) -> None:
    await pay_and_pay_out(conn, world)
    assert len(await tables_that_say(conn, TELLING)) >= 6
    photos = await erase(conn, world)
    assert await tables_that_say(conn, TELLING) == {}
    assert len(photos) == 2
    # What the books and the other side stand on is there as it was.
    assert await fetch_value(conn, "SELECT status FROM payout") == 2
    assert await fetch_value(conn, "SELECT count(*) FROM task") == 1
    assert await fetch_value(conn, "SELECT number FROM payout_endpoint") == "…3000"
    await assert_books_balance(conn)
    assert await fetch_value(conn, "SELECT bool_and(ended_at IS NOT NULL) FROM session") is True
    # Again is as well: nothing is left to find.
    assert await erase(conn, world) == []


async def test_not_while_anything_is_unsettled(conn: Connection, world: World) -> None:
    await add_paid_task(conn, world, Decimal("10.00"), credited=False, state=3)
    with pytest.raises(WorkUnfinished):
        await erase(conn, world)
    await conn.execute("UPDATE task SET state = 5")
    await add_paid_task(conn, world, Decimal("10.00"))
    with pytest.raises(MoneyLeft):
        await erase(conn, world)
    for person_id, refusal in ((world.owner.person_id, RunsCompanies), (987_654, NotFound)):
        with pytest.raises(refusal):
            async with conn.transaction():
                await erase_person(conn, person_id, actor_id=None, now=world.now)
    assert await fetch_value(conn, "SELECT first_name FROM person WHERE email = %(email)s", {"email": EMAIL}) == NAME


def test_refusals_are_told_apart() -> None:
    refusals: list[Refused] = [MoneyLeft(), WorkUnfinished(), RunsCompanies()]
    assert len({refusal.code for refusal in refusals}) == 3


async def test_from_the_command_line(database: Database, conn: Connection, world: World, database_url: str) -> None:
    with scratch_folder() as folder:
        here = Installation(folder / "home", ARTEL_DATABASE_URL=database_url, ARTEL_SECRET="s" * 40)
        try:
            out = folder / "dina.json"
            code, output, _ = here.run("person", "export", EMAIL.upper(), "--out", str(out))
            assert code == 0
            assert output.startswith(f"{out}: ")
            assert json.loads(out.read_text("utf-8"))["tax_info"][0]["tax_number"] == TAX_NUMBER
            assert out.stat().st_mode & 0o077 == 0
            code, _, problem = here.run("person", "erase", "payer@aurora.example", "--yes")
            assert (code, "belongs to a company" in problem) == (1, True)
            code, output, _ = here.run("person", "erase", EMAIL, "--yes")
            assert (code, output) == (0, f"Erased. What has to be kept names person {world.freelancer_id}.\n")
            code, _, problem = here.run("person", "export", EMAIL)
            assert (code, "Not found." in problem) == (1, True)
        finally:
            here.remove()
    assert await tables_that_say(conn, TELLING) == {}
