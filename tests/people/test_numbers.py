"""Numbers of accounts: what they tell of an account made for an address that somebody else typed."""

import asyncio
from datetime import datetime

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.people.profiles import Profile, find_or_add_person
from tests.cast import add_person


async def find_or_add(conn: Connection, email: str, now: datetime) -> tuple[int, bool]:
    account = await find_or_add_person(conn, email=email, profile=Profile(), language="EN", now=now, is_secret=True)
    return account.id, account.is_new


async def test_a_typed_addresss_number_is_among_those_that_went_by(conn: Connection, now: datetime) -> None:
    own = [await add_person(conn, f"p{number}@example.test", now=now) for number in range(60)]
    assert own == sorted(own)
    assert len({number // 4 for number in own}) == 60
    typed = [await find_or_add(conn, f"t{number}@example.test", now) for number in range(60)]
    assert all(is_new for _, is_new in typed)
    numbers = [number for number, _ in typed]
    assert len({*numbers, *own}) == 120
    # Anywhere between, in no order, and not told apart by the place in a four.
    assert min(own) // 4 <= min(numbers) // 4 < max(numbers) // 4 <= max(own) // 4
    middle = own[30]
    assert 10 < sum(number < middle for number in numbers) < 50
    assert numbers != sorted(numbers)
    assert len({number & 3 for number in own}) == len({number & 3 for number in numbers}) == 4
    # Whoever comes afterwards meets none of them.
    later = [await add_person(conn, f"l{number}@example.test", now=now) for number in range(60)]
    assert min(later) > max(own)
    assert len({*later, *numbers, *own}) == 180


async def test_one_that_is_there_is_found(conn: Connection, now: datetime) -> None:
    anna = await add_person(conn, "anna@example.test", now=now)
    before = await fetch_value(conn, "SELECT last_value FROM person_block")
    assert await find_or_add(conn, "ANNA@example.test", now) == (anna, False)
    typed = await find_or_add(conn, "boris@example.test", now)
    assert await find_or_add(conn, "boris@example.test", now) == (typed[0], False)
    assert await fetch_value(conn, "SELECT last_value FROM person_block") == before


async def test_where_no_number_is_left_the_next_is_given(conn: Connection, now: datetime) -> None:
    typed = [await find_or_add(conn, f"t{number}@example.test", now) for number in range(20)]
    assert len({number for number, is_new in typed if is_new}) == 20


async def test_parallel_calls_make_one_account(database: Database, conn: Connection, now: datetime) -> None:
    await add_person(conn, "anna@example.test", now=now)

    async def add() -> tuple[int, bool]:
        async with database.transaction() as own:
            return await find_or_add(own, "boris@example.test", now)

    accounts = await asyncio.gather(*(add() for _ in range(16)))
    assert len({number for number, _ in accounts}) == 1
    assert sum(is_new for _, is_new in accounts) == 1
