"""What a freelancer has to give before advertising work, by where they live and what they are."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from artel.advertising import contracts, organisations
from artel.advertising.kinds import Kind
from artel.advertising.organisations import Organisation
from artel.advertising.task_contracts import EndContract
from artel.advertising.terms import Contract
from artel.db.pool import Connection, Database
from artel.freelancers.errors import AdvertisingDataRequired
from artel.freelancers.requirements import require_ready_for_work, requirements
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.tasks.cast import Desk, open_desk

ADVERTISING = 22


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="1000")


async def end_contract(conn: Connection, desk: Desk) -> EndContract:
    parties = [
        Organisation(kind=Kind.LEGAL, uuid=uuid4(), full_opf="ООО «Пример»", inn=inn)
        for inn in ("9901000034", "9901000041")
    ]
    given = Contract(uuid=uuid4(), customer=parties[0].uuid, performer=parties[1].uuid, signed_on=desk.now.date())
    async with conn.transaction():
        for party in parties:
            await organisations.add_organisation(conn, desk.member, party, now=desk.now)
        await contracts.add_contract(conn, desk.member, given, now=desk.now)
    return EndContract(given.uuid)


async def lacking(conn: Connection, desk: Desk, task: TaskRow) -> object:
    missing = {
        requirement.name: requirement.facts
        for requirement in await requirements(conn, desk.freelancer_id, task_id=task.id, now=desk.now)
    }
    return missing.get("advertising_data", {}).get("fields")


async def become(conn: Connection, desk: Desk, **facts: Any) -> None:
    """Country and phone of the person, taxation status, kind of tax document and registration number."""
    await conn.execute(
        """
        WITH person AS (
            UPDATE person SET country = %(country)s, phone = %(phone)s WHERE id = %(id)s
        ), tax AS (
            UPDATE tax_info
            SET residence_country = %(country)s, type = %(type)s, registration_number = %(registration)s
            WHERE person_id = %(id)s
        )
        UPDATE freelancer SET taxation_status = %(status)s WHERE person_id = %(id)s
        """,
        {"id": desk.freelancer_id, **facts},
    )


CASES: list[tuple[dict[str, Any], list[str] | None]] = [
    ({"country": "RU", "phone": "7999", "status": 1, "type": "INN", "registration": None}, None),
    ({"country": "RU", "phone": None, "status": 1, "type": "INN", "registration": None}, ["phone"]),
    ({"country": "RU", "phone": "7999", "status": 3, "type": "SNILS", "registration": None}, ["inn"]),
    ({"country": "RU", "phone": "7999", "status": 4, "type": "INN", "registration": None}, ["ogrnip"]),
    ({"country": "RU", "phone": "7999", "status": 4, "type": "INN", "registration": "322990000000040"}, None),
    ({"country": "RU", "phone": None, "status": 4, "type": "SNILS", "registration": None}, ["inn", "ogrnip", "phone"]),
    ({"country": "DE", "phone": "4930", "status": 4, "type": "IDNR", "registration": None}, None),
    ({"country": "DE", "phone": None, "status": 4, "type": "IDNR", "registration": None}, ["phone"]),
]


async def test_by_country_and_status(conn: Connection, desk: Desk) -> None:
    task = await desk.task(State.NEW, end_contracts=[await end_contract(conn, desk)])
    plain = await desk.task(State.NEW)
    for facts, expected in CASES:
        await become(conn, desk, **facts)
        assert await lacking(conn, desk, task) == expected, facts
        assert await lacking(conn, desk, plain) is None
    await require_ready_for_work(conn, desk.freelancer_id, task_id=plain.id, now=desk.now)
    with pytest.raises(AdvertisingDataRequired):
        await require_ready_for_work(conn, desk.freelancer_id, task_id=task.id, now=desk.now)


async def test_which_tasks_are_advertising(conn: Connection, desk: Desk) -> None:
    """One with end contracts; and one of a service of advertising, where its company is under the law."""
    task = await desk.task(State.NEW, service_id=ADVERTISING)
    await become(conn, desk, country="RU", phone=None, status=1, type="INN", registration=None)
    assert await lacking(conn, desk, task) is None
    await conn.execute("UPDATE company SET country = 'RU'")
    assert await lacking(conn, desk, task) == ["phone"]
