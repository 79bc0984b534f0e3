"""The sandbox fills itself through the rules, once, and says whom to sign in as."""

import json
from pathlib import Path

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.ledger.queries import company_balances
from artel.lookups.rules import load_reference_data
from artel.sandbox import seed
from artel.settings import Settings


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
    await seed.fill(database, settings)
    assert path.read_text() == first
    assert await fetch_value(conn, "SELECT count(*) FROM transfer") == transfers
