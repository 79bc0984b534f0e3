"""The sandbox fills itself through the rules, once, and says whom to sign in as."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.ledger.queries import company_balances
from artel.lookups.rules import load_reference_data
from artel.people.login import sign_in
from artel.people.sessions import Tokens
from artel.process.banner import banner
from artel.sandbox import seed
from artel.sandbox.samples import SPECIALISTS
from artel.schedules.availability import next_free_slot
from artel.schedules.queries import public_schedule_by_slug
from artel.schedules.rules import create_schedule
from artel.settings import Settings
from tests import cast
from tests.api.conftest import client_of


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def settings(database_url: str, tmp_path: Path, conn: Connection) -> Settings:
    async with conn.transaction():
        await load_reference_data(conn)
    return Settings(home=tmp_path, database_url=database_url, secret="a secret of the tests, long enough", sandbox=True)


async def test_first_start_fills_and_describes(database: Database, conn: Connection, settings: Settings) -> None:
    await seed.fill(database, settings)
    document = json.loads((settings.home / "sandbox.json").read_text())
    assert [company["currency"] for company in document["companies"]] == ["RUB", "USD", "EUR"]
    assert len(document["freelancers"]) == 3
    assert document["baseUrl"] == "http://127.0.0.1:8000/api"
    for company in document["companies"]:
        assert (await company_balances(conn, company["id"])).available > 0
        team = await fetch_value(conn, "SELECT count(*) FROM team_member WHERE company_id = %(id)s", company)
        assert team == 3
        terms = await fetch_value(
            conn,
            """
            SELECT (c.is_primary, p.company_id IS NULL, i.premium > 0)::text
            FROM advertising_contract AS c
            JOIN advertising_organisation AS p ON p.id = c.performer_id
            JOIN insurance_product AS i ON i.company_id = c.company_id
            WHERE c.company_id = %(id)s
            """,
            company,
        )
        assert terms == "(t,t,t)"
    complete = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM freelancer AS f
        JOIN tax_info AS t USING (person_id)
        JOIN agreement_signature AS s USING (person_id)
        WHERE f.registered_at IS NOT NULL AND f.verified_at IS NOT NULL
        """,
    )
    assert complete == 3
    both = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM company_member AS m
        JOIN person AS p ON p.id = m.person_id
        WHERE p.email = %(email)s
        """,
        {"email": document["companies"][0]["username"]},
    )
    assert both == 2
    key = await fetch_value(
        conn,
        """
        SELECT f.storage_key
        FROM acceptance_file AS a
        JOIN file AS f ON f.id = a.file_id
        WHERE a.company_id IS NULL
        """,
    )
    assert b"you tell nobody else" in await FileStore(settings.files_url, settings.home).get(key)


async def test_second_start_changes_nothing_and_writes_a_lost_file_again(
    database: Database, conn: Connection, settings: Settings
) -> None:
    await seed.fill(database, settings)
    path = settings.home / "sandbox.json"
    first = path.read_text()
    transfers = await fetch_value(conn, "SELECT count(*) FROM transfer")
    path.unlink()
    people = await fetch_value(conn, "SELECT count(*) FROM person")
    await seed.fill(database, settings)
    assert path.read_text() == first
    assert await fetch_value(conn, "SELECT count(*) FROM transfer") == transfers
    assert await fetch_value(conn, "SELECT count(*) FROM person") == people
    assert await fetch_value(conn, "SELECT count(*) FROM schedule") == 2


async def test_specialists_can_be_booked_and_sign_in(
    database: Database, conn: Connection, settings: Settings, now: datetime
) -> None:
    await seed.fill(database, settings)
    document = json.loads((settings.home / "sandbox.json").read_text())
    free, paid = document["specialists"]
    assert [free["email"], paid["email"]] == ["specialist.free@artel.example", "specialist.paid@artel.example"]
    for one, price in ((free, 0), (paid, 40)):
        schedule = await public_schedule_by_slug(conn, one["slug"])
        assert (schedule.id, schedule.owner_id) == (one["scheduleId"], one["id"])
        assert (schedule.price or 0) == price
        assert await next_free_slot(conn, schedule, after=now, now=now) is not None
        signed_in = await sign_in(
            database,
            username=one["email"],
            password=one["password"],
            code=None,
            secret=settings.secret,
            lifetime_s=60,
            address="127.0.0.1",
            user_agent=None,
            now=now,
        )
        assert isinstance(signed_in, Tokens)


async def test_a_sandbox_of_an_earlier_version_gets_its_specialists(
    database: Database, conn: Connection, settings: Settings, now: datetime
) -> None:
    """Even where somebody has taken the addresses of their pages."""
    async with conn.transaction():
        await seed.make_samples(conn, settings, now=now)
    other = await cast.add_person(conn, "anna@example.test", now=now)
    async with conn.transaction():
        await create_schedule(conn, SPECIALISTS[0].schedule, owner_id=other, now=now)
    await seed.fill(database, settings)
    document = json.loads((settings.home / "sandbox.json").read_text())
    slugs = [one["slug"] for one in document["specialists"]]
    assert slugs[1] == SPECIALISTS[1].schedule.slug
    assert slugs[0] not in (None, SPECIALISTS[0].schedule.slug)


async def test_the_start_names_what_to_open(database: Database, settings: Settings) -> None:
    await seed.fill(database, settings)
    text = banner(settings, settings.home, seconds=1.0)
    for sample in SPECIALISTS:
        assert f"http://127.0.0.1:8000/book/{sample.schedule.slug}" in text
    assert "http://127.0.0.1:8000/api/schedule/search" in text
    administrator = json.loads((settings.home / "sandbox.json").read_text())["companies"][0]
    async with client_of(settings, database) as client:
        login = {name: administrator[name] for name in ("username", "password")}
        token = (await client.post("/login", json=login)).json()["token"]
        reply = await client.post("/schedule/search", json={"type_id": 1}, headers={"Authorization": f"Bearer {token}"})
    assert {found["schedule"]["slug"] for found in reply.json()["data"]} == {
        sample.schedule.slug for sample in SPECIALISTS
    }
    (settings.home / "sandbox.json").unlink()
    assert "/book/" not in banner(settings, settings.home, seconds=1.0)
