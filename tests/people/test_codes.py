"""One-time codes: six digits, 10 minutes, 5 attempts."""

import asyncio
from datetime import datetime, timedelta

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import TooMany
from artel.people.codes import MOST_FOR_PERSON, MOST_FROM_ADDRESS, MOST_TO_RECIPIENT, WINDOW_S, send_code, spend_code
from artel.people.errors import CodeExpired, CodeRefused, CodeWrong
from tests import cast

PHONE = "491701234567"


async def send(
    conn: Connection,
    person: int,
    now: datetime,
    *,
    purpose: str = "contacts",
    to: str = PHONE,
    language: str = "EN",
    address: str | None = None,
) -> str:
    await send_code(
        conn,
        purpose=purpose,
        person_id=person,
        channel="email" if "@" in to else "sms",
        to=to,
        language=language,
        now=now,
        facts={"email": "new@aurora.example"},
        address=address,
    )
    return await last_code(conn)


async def last_code(conn: Connection) -> str:
    return str(await fetch_value(conn, "SELECT code FROM message ORDER BY id DESC LIMIT 1"))


async def spend(conn: Connection, person: int, code: str, now: datetime) -> dict[str, object] | CodeRefused:
    async with conn.transaction():
        return await spend_code(conn, purpose="contacts", person_id=person, code=code, now=now)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_code_is_sent_and_spent_once(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    assert len(code) == 6
    assert code.isdecimal()
    text = await fetch_value(conn, "SELECT text FROM message WHERE channel = 'sms'")
    assert code in text
    assert await spend(conn, person, code, now) == {"email": "new@aurora.example"}
    assert isinstance(await spend(conn, person, code, now), CodeExpired)


async def test_code_with_spaces_or_its_zeros_lost(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    assert await spend(conn, person, f" {code[:3]} {code[3:]} ", now) == {"email": "new@aurora.example"}
    code = await send(conn, person, now)
    assert await spend(conn, person, str(int(code)), now) == {"email": "new@aurora.example"}


async def test_code_by_mail_in_the_persons_language(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now, to="anna@aurora.example", language="RU")
    text = await fetch_value(
        conn, "SELECT text FROM message WHERE channel = 'email' AND recipient = 'anna@aurora.example'"
    )
    assert code in text
    assert "минут" in text


async def test_code_is_kept_hashed(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    kept = await fetch_value(conn, "SELECT code_hash FROM one_time_code")
    assert code.encode() not in kept
    assert len(kept) == 32


async def test_five_wrong_guesses_end_a_code(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    for _ in range(5):
        assert isinstance(await spend(conn, person, other_than(code), now), CodeWrong)
    assert isinstance(await spend(conn, person, code, now), CodeExpired)
    code = await send(conn, person, now)
    assert await spend(conn, person, code, now) == {"email": "new@aurora.example"}


async def test_the_fifth_guess_may_be_right(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    for _ in range(4):
        await spend(conn, person, other_than(code), now)
    assert await spend(conn, person, code, now) == {"email": "new@aurora.example"}


async def test_code_lives_ten_minutes(conn: Connection, person: int, now: datetime) -> None:
    code = await send(conn, person, now)
    late = now + timedelta(minutes=10)
    assert isinstance(await spend(conn, person, code, late), CodeExpired)
    assert await spend(conn, person, code, late - timedelta(seconds=1)) == {"email": "new@aurora.example"}


async def test_a_new_code_voids_the_one_before(conn: Connection, person: int, now: datetime) -> None:
    first = await send(conn, person, now)
    second = await send(conn, person, now)
    if first != second:
        assert isinstance(await spend(conn, person, first, now), CodeWrong)
    assert await spend(conn, person, second, now) == {"email": "new@aurora.example"}


async def test_a_code_serves_its_purpose_and_person_alone(conn: Connection, person: int, now: datetime) -> None:
    other = await cast.add_person(conn, "boris@aurora.example", now=now)
    code = await send(conn, person, now, purpose="login")
    assert isinstance(await spend(conn, person, code, now), CodeExpired)
    code = await send(conn, person, now)
    assert isinstance(await spend(conn, other, code, now), CodeExpired)


async def test_a_hundred_parallel_guesses_count_five(
    database: Database, conn: Connection, person: int, now: datetime
) -> None:
    code = int(await send(conn, person, now))
    guesses = [f"{(code + offset) % 10**6:06d}" for offset in range(1, 101)]

    async def guess(text: str) -> dict[str, object] | CodeRefused:
        async with database.transaction() as guessing:
            return await spend_code(guessing, purpose="contacts", person_id=person, code=text, now=now)

    answers = await asyncio.gather(*(guess(text) for text in guesses))
    assert sum(isinstance(answer, CodeWrong) for answer in answers) == 5
    assert sum(isinstance(answer, CodeExpired) for answer in answers) == 95
    assert await fetch_value(conn, "SELECT attempts FROM one_time_code") == 5


async def test_one_right_code_at_once_is_spent_once(
    database: Database, conn: Connection, person: int, now: datetime
) -> None:
    code = await send(conn, person, now)

    async def guess() -> dict[str, object] | CodeRefused:
        async with database.transaction() as guessing:
            return await spend_code(guessing, purpose="contacts", person_id=person, code=code, now=now)

    answers = await asyncio.gather(*(guess() for _ in range(16)))
    assert sum(isinstance(answer, dict) for answer in answers) == 1


async def test_codes_for_one_person_are_limited(conn: Connection, person: int, now: datetime) -> None:
    for _ in range(MOST_FOR_PERSON):
        await send(conn, person, now)
    with pytest.raises(TooMany) as refused:
        await send(conn, person, now)
    assert refused.value.retry_after_s == 600
    assert await send(conn, person, now + timedelta(minutes=10))


async def test_codes_to_one_phone_are_limited(conn: Connection, now: datetime) -> None:
    people = [await cast.add_person(conn, f"p{n}@aurora.example", now=now) for n in range(MOST_TO_RECIPIENT + 1)]
    for somebody in people[:-1]:
        await send(conn, somebody, now)
    with pytest.raises(TooMany):
        await send(conn, people[-1], now)


async def test_codes_asked_for_from_one_address_are_limited(conn: Connection, person: int, now: datetime) -> None:
    await conn.execute(
        "INSERT INTO rate_limit VALUES ('code-from:2001:db8::/64', %s, %s)",
        [MOST_FROM_ADDRESS - 1, now + timedelta(seconds=WINDOW_S)],
    )
    await send(conn, person, now, address="2001:db8::1")
    with pytest.raises(TooMany):
        await send(conn, person, now, address="2001:db8::2")
    await send(conn, person, now, address="2001:db8:0:1::1")
