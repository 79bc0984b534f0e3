"""The address book's end is kept to, whoever adds at the same time."""

import asyncio
from datetime import UTC, datetime

import pytest

from artel import clock
from artel.contacts import rules
from artel.contacts.errors import ContactsFull
from artel.contacts.rules import add_contact
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from tests import cast


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


async def test_two_at_once_for_the_last_place(
    database: Database, conn: Connection, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits for the first, and then finds the book full; somebody else's book does not wait."""
    monkeypatch.setattr(rules, "MOST_CONTACTS", 1)
    anna, boris = [await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("anna", "boris")]

    async def add(owner: int, email: str) -> None:
        async with database.transaction() as own:
            await add_contact(own, owner, email=email, now=now)

    async with database.transaction() as first:
        await add_contact(first, anna, email="vera@example.test", now=now)
        second = asyncio.create_task(add(anna, "gleb@example.test"))
        await asyncio.wait_for(add(boris, "gleb@example.test"), timeout=20)
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
    with pytest.raises(ContactsFull):
        await second
    assert await fetch_value(conn, "SELECT count(*) FROM contact") == 2


async def test_two_who_add_each_other_do_not_wait_for_one_another(
    database: Database, conn: Connection, now: datetime
) -> None:
    anna, boris = [await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("anna", "boris")]
    async with database.transaction() as first, database.transaction() as second:
        await add_contact(first, anna, email="boris@example.test", now=now)
        await asyncio.wait_for(add_contact(second, boris, email="anna@example.test", now=now), timeout=20)
    assert await fetch_value(conn, "SELECT count(*) FROM contact") == 2


async def test_whoever_makes_accounts_at_the_same_moment_does_not_wait(
    database: Database, conn: Connection, now: datetime
) -> None:
    """Of so few accounts there are few spare numbers: the first takes nearly all, and the second draws those too."""
    anna, boris = [await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("anna", "boris")]
    async with database.transaction() as first, database.transaction() as second:
        for number in range(8):
            await add_contact(first, anna, email=f"friend-{number}@example.test", now=now)
        await asyncio.wait_for(add_contact(second, boris, email="vera@example.test", now=now), timeout=20)
    assert await fetch_value(conn, "SELECT count(*) FROM contact") == 9
