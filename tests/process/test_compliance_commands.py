"""Operators' decisions from the command line."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.people.rules import create_person
from tests import cast
from tests.process.installation import Installation, scratch_folder
from tests.verifications.cast import add_freelancer, send_photos, status_of

OPERATOR = "oleg@artel.example"


@pytest.fixture
def production(database_url: str) -> Iterator[Installation]:
    with scratch_folder() as folder:
        here = Installation(folder / "home", ARTEL_DATABASE_URL=database_url, ARTEL_SECRET="s" * 40)
        yield here
        here.remove()


@pytest.fixture
def now() -> datetime:
    return clock.now()


async def test_deciding(production: Installation, conn: Connection, now: datetime) -> None:
    company = await cast.add_company(conn, "Aurora Studio", "EUR", now=now)
    files = FileStore("", production.home)
    for email, is_operator in ((OPERATOR, True), ("nobody@artel.example", False)):
        await create_person(
            conn,
            email=email,
            password=None,
            language="EN",
            first_name="O",
            last_name="O",
            is_operator=is_operator,
            now=now,
        )
    sent = []
    for email in ("one@mila.example", "two@mila.example"):
        freelancer = await add_freelancer(conn, company, now=now, email=email)
        sent.append(await send_photos(conn, files, freelancer, company, now=now))
    code, output, _ = production.run("verification", "list")
    assert code == 0
    assert "one@mila.example" in output
    assert output.endswith("2 waiting.\n")
    first, second = map(str, sent)
    for someone in ("nobody@artel.example", "stranger@artel.example"):
        code, _, problem = production.run("verification", "confirm", first, "--operator", someone)
        assert (code, "Not found." in problem) == (1, True)
    code, output, _ = production.run("verification", "confirm", first, "--operator", OPERATOR)
    assert (code, output) == (0, f"Verification {first} is confirmed.\n")
    declining = ("verification", "decline", second, "--operator", OPERATOR, "--reason")
    code, _, problem = production.run(*declining, "other", "--reason-en", "A copy.")
    assert (code, problem) == (1, "artel: reason ru: Write the reason in both languages.\n")
    assert production.run(*declining, "expired")[0] == 0
    code, _, problem = production.run(*declining, "expired")
    assert (code, problem) == (1, "artel: This has been decided in the meantime.\n")
    assert [await status_of(conn, one) for one in sent] == ["verified", "declined"]
    link = await fetch_value(conn, "SELECT link FROM message WHERE link IS NOT NULL")
    assert "/verification/" in link


async def test_when_a_status_may_change(production: Installation, conn: Connection, now: datetime) -> None:
    company = await cast.add_company(conn, "Aurora Studio", "EUR", now=now)
    freelancer = await add_freelancer(conn, company, now=now)
    block = ("freelancer", "block-taxation", str(freelancer))
    assert production.run(*block, "--till", "2027-01-01")[0] == 0
    till = await fetch_value(conn, "SELECT taxation_blocked_till::text FROM freelancer")
    assert till == "2027-01-01"
    assert production.run(*block)[0] == 2
    assert production.run(*block, "--lift")[:2] == (0, "It may change at once.\n")
    assert await fetch_value(conn, "SELECT taxation_blocked_till FROM freelancer") is None
    assert production.run("freelancer", "block-taxation", "999999", "--lift")[0] == 1
