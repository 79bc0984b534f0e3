"""Making accounts."""

import asyncio
from datetime import datetime

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.people.contacts import clean_email, clean_phone
from artel.people.errors import (
    EmailInvalid,
    EmailTaken,
    LanguageUnknown,
    PasswordTooLong,
    PasswordTooShort,
    PhoneInvalid,
)
from artel.people.passwords import is_password_right
from artel.people.rules import create_person


async def create(conn: Connection, now: datetime, **given: object) -> int:
    facts: dict[str, object] = {
        "email": "clara@aurora.example",
        "password": "correct horse",
        "language": "EN",
        "first_name": "Clara",
        "last_name": "Meyer",
        **given,
    }
    return await create_person(conn, now=now, **facts)  # type: ignore[arg-type]


async def test_a_person_signs_in_with_the_address_and_the_password_kept_as_argon2id(
    conn: Connection, now: datetime
) -> None:
    person = await create(conn, now, phone="+49 170 1234567", is_operator=True)
    row = await (
        await conn.execute("SELECT username, phone, is_operator, password_hash FROM person WHERE id = %s", [person])
    ).fetchone()
    assert row is not None
    assert row[:3] == ("clara@aurora.example", "491701234567", True)
    assert row[3].startswith("$argon2id$")
    assert await is_password_right("correct horse", row[3])
    assert not await is_password_right("correct horsE", row[3])
    assert await fetch_value(conn, "SELECT subject_id FROM audit WHERE action = 'person_created'") == person


async def test_an_address_is_one_persons_however_capitalised(conn: Connection, now: datetime) -> None:
    await create(conn, now)
    with pytest.raises(EmailTaken):
        await create(conn, now, email="CLARA@aurora.example")


async def test_of_two_at_once_one_gets_the_address(database: Database, now: datetime) -> None:
    async def make() -> bool:
        try:
            async with database.transaction() as conn:
                await create(conn, now, password=None)
        except EmailTaken:
            return False
        return True

    assert sum(await asyncio.gather(*(make() for _ in range(8)))) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"email": "clara"}, EmailInvalid),
        ({"phone": "12"}, PhoneInvalid),
        ({"language": "DE"}, LanguageUnknown),
        ({"password": "1234567"}, PasswordTooShort),
        ({"password": "x" * 257}, PasswordTooLong),
    ],
)
async def test_what_is_no_account_is_refused(
    conn: Connection, now: datetime, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await create(conn, now, **given)
    assert await fetch_value(conn, "SELECT count(*) FROM person") == 0


@pytest.mark.parametrize("email", ["a@b.example", "first.last+tag@sub.b.example", "имя@почта.рф", " a@b.example "])
def test_addresses_that_are_taken(email: str) -> None:
    assert clean_email(email) == email.strip()


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@b.example",
        "a@",
        "a@b",
        "a@b@c.example",
        "a b@c.example",
        "a@b..example",
        "a@-b.example",
        "<a@b.example>",
        "a@b.example\nBcc: c@d.example",
        "a\0@b.example",
        "a" * 65 + "@b.example",
        "a@" + "b" * 250 + ".example",
    ],
)
def test_addresses_that_are_none(email: str) -> None:
    with pytest.raises(EmailInvalid):
        clean_email(email)


@pytest.mark.parametrize("phone", ["+7 (912) 345-67-89", "79123456789", "0079123456789"])
def test_a_phone_is_its_digits(phone: str) -> None:
    assert clean_phone(phone) == "79123456789"


@pytest.mark.parametrize("phone", ["", "phone", "+", "123", "+7912345678901234", "+7912x456789", "٧٩١٢٣٤٥٦٧٨٩"])
def test_phones_that_are_none(phone: str) -> None:
    with pytest.raises(PhoneInvalid):
        clean_phone(phone)
