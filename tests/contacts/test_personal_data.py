"""Address books, reveals and proposals are told to whom they are about, and go with them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.contacts.rules import add_contact, rename_contact
from artel.corrections.rules import corrections_of
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.personal_data.erasure import erase_person
from artel.personal_data.export import export_person
from artel.profiles.proposals import propose_changes, vote_on
from artel.profiles.reveals import reveal
from tests import cast
from tests.rows import tables_of

PHONE = "491709998877"


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def people(conn: Connection, now: datetime) -> tuple[int, int]:
    """Anna and Boris, who have noted, asked and corrected each other."""
    anna, boris = [await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("anna", "boris")]
    async with conn.transaction():
        await add_contact(conn, anna, email="boris@example.test", now=now)
        await rename_contact(conn, anna, boris, label="Captain Quill", description="owes me a boat", now=now)
        await add_contact(conn, boris, email="anna@example.test", now=now)
        await reveal(conn, anna, boris, "email", now=now)
        await reveal(conn, boris, anna, "email", now=now)
        (first, _) = await propose_changes(conn, boris, {"city": "Oldtown", "phone": PHONE}, proposer_id=anna, now=now)
        await vote_on(conn, first.id, voter_id=boris, is_yes=False, now=now)
        await propose_changes(conn, anna, {"city": "Newtown"}, proposer_id=boris, now=now)
    return anna, boris


async def told(conn: Connection, person_id: int, now: datetime) -> dict[str, Any]:
    async with conn.transaction():
        found = await export_person(conn, person_id, actor_id=None, now=now)
    return {name: found[name] for name in ("contacts", "addresses_told", "profile_corrections")}


async def tables_that_say(conn: Connection, word: str) -> list[str]:
    return [
        table
        for table in await tables_of(conn)
        if await fetch_value(
            conn,
            SQL("SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text ILIKE %(word)s)").format(
                table=Identifier(table)
            ),
            {"word": f"%{word}%"},
        )
    ]


async def test_the_export_tells_both_sides(conn: Connection, people: tuple[int, int], now: datetime) -> None:
    anna, boris = people
    of_anna, of_boris = await told(conn, anna, now), await told(conn, boris, now)
    assert [(row["email"], row["label"], row["description"]) for row in of_anna["contacts"]] == [
        ("boris@example.test", "Captain Quill", "owes me a boat")
    ]
    assert "Captain Quill" not in json.dumps(of_boris), "what Anna calls him is hers"
    for found in (of_anna, of_boris):
        assert [(row["field"], row["viewer_id"], row["person_id"]) for row in found["addresses_told"]] == [
            ("email", anna, boris),
            ("email", boris, anna),
        ]
        assert [(row["field"], row["new_value"], row["status"]) for row in found["profile_corrections"]] == [
            ("city", "Oldtown", "rejected"),
            ("phone", PHONE, "open"),
            ("city", "Newtown", "open"),
        ]


async def test_erased_nothing_says_who_it_was(conn: Connection, people: tuple[int, int], now: datetime) -> None:
    anna, boris = people
    words = ("boris@example.test", "Captain Quill", "owes me a boat", "Oldtown", PHONE)
    assert all([await tables_that_say(conn, word) for word in words])
    async with conn.transaction():
        await erase_person(conn, boris, actor_id=None, now=now)
    for word in words:
        assert await tables_that_say(conn, word) == [], word
    assert await fetch_value(conn, "SELECT count(*) FROM contact") == 0
    assert await corrections_of(conn, "person", boris) == []
    assert [row.status for row in await corrections_of(conn, "person", anna)] == ["withdrawn"]
    # Anna still learns that her address was told, and to which number.
    assert [(row["viewer_id"], row["person_id"]) for row in (await told(conn, anna, now))["addresses_told"]] == [
        (boris, anna)
    ]
