"""Tasks on the wire (operations 3 and 4): what a task shows, who sees it, and that no list is ever out of date."""

import base64
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.lookups.rules import LoadedCounts, load_reference_data
from tests.cast import Someone
from tests.tasks.many import Circle, add_circle, random_task, write_tasks

Row = dict[str, Any]

# Every field that the documents name or that is seen in use (docs/customer-api/task-list.md), with those inside.
FIELDS = {
    "id": None,
    "uuid": None,
    "token": None,
    "title": None,
    "description": None,
    "state": None,
    "externalId": None,
    "merchantId": None,
    "companyId": None,
    "customer": {"id", "title"},
    "creator": {"id", "uuid", "fullName"},
    "payer": {"id", "fullName"},
    "worker": {"id", "uuid", "name", "email", "firstName", "lastName", "isVerified", "taxationStatus"},
    "category": {"id", "title", "titleEn", "titleDoc", "titleDocEn"},
    "service": {"id", "title", "titleEn", "titleDoc", "titleDocEn"},
    "parentCategory": {"id", "title", "titleEn"},
    "group": {"id", "title"},
    "attributes": None,
    "additionalAttributes": None,
    "createType": None,
    "copyright": None,
    "needReport": None,
    "currency": {"currency", "id"},
    "workerCurrency": {"currency", "id"},
    "price": None,
    "priceInWorkerCurrency": None,
    "priceWithCommission": None,
    "commissionAmount": None,
    "commissionAmountInWorkerCurrency": None,
    "commissionPercent": None,
    "shareCommission": None,
    "sharedCommission": None,
    "sharedCommissionAmount": None,
    "sharedCommissionAmountInWorkerCurrency": None,
    "serviceFeeCompensation": None,
    "serviceFeeCompensationPercent": None,
    "vat": None,
    "fullPriceWithVAT": None,
    "insurance": {"status", "cost"},
    "insuranceCost": None,
    "advData": None,
    "hold": {"type", "isActive"},
    "deadline": {"type", "triggerDate", "isComingUp"},
    "dateCreated": None,
    "dateEnd": None,
    "dateFinished": None,
    "dateAccepted": None,
    "datePayAt": None,
    "datePaid": None,
    "documentDate": None,
    "files": None,
    "links": None,
    "agreementFileLink": None,
    "messages": None,
    "messageCount": None,
    "actions": None,
    "hasPayout": None,
    "issueCode": None,
    "activeDispute": None,
    "activeChangesetId": None,
    "offerTaskId": None,
    "reportId": None,
    "dataForIterable": None,
}


@pytest.fixture
async def circle(conn: Connection, company_id: int, reference: LoadedCounts, now: datetime) -> Circle:
    return await add_circle(conn, company_id, now=now)


@pytest.fixture
async def task(conn: Connection, circle: Circle, now: datetime) -> Row:
    """A task with a group, a payer, a file and an attribute."""
    row = random_task(random.Random(1), circle, 1, now=now) | {
        "group_id": circle.groups[0],
        "payer_id": circle.creators[1],
        "creator_id": circle.creators[0],
        "deadline_type": 1,
        "attributes": '[{"id": 42, "value": "5"}]',
        "state": 5,
    }
    await write_tasks(conn, [row])
    await conn.execute(
        """
        INSERT INTO file (id, company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
        VALUES (77, %(company)s, %(owner)s, 'report.pdf', 'application/pdf', 1, '', 'k', %(now)s)
        """,
        {"company": circle.company_id, "owner": circle.creators[0], "now": now},
    )
    await conn.execute("INSERT INTO task_file VALUES (%s, 77, 5, %s)", [row["id"], now])
    return row


async def listed(client: httpx.AsyncClient, someone: Someone) -> dict[str, Any]:
    reply = await client.get("/customer/tasks", headers=someone.headers)
    assert reply.status_code == 200
    item: dict[str, Any] = reply.json()["items"][0]
    return item


async def shown(client: httpx.AsyncClient, someone: Someone, which: object) -> dict[str, Any]:
    reply = await client.get(f"/customer/tasks/{which}", headers=someone.headers)
    assert reply.status_code == 200, reply.text
    task: dict[str, Any] = reply.json()
    return task


async def test_a_task_has_every_field(client: httpx.AsyncClient, viewer: Someone, task: Row) -> None:
    for item in (await listed(client, viewer), await shown(client, viewer, task["id"])):
        assert set(item) == set(FIELDS)
        for name, inside in FIELDS.items():
            assert inside is None or set(item[name]) == inside, name
        assert item["files"] == [{"id": 77, "name": "report.pdf", "typeId": 5, "ownerId": task["creator_id"]}]
        assert item["token"] == base64.b64encode(str(task["uuid"]).encode()).decode()
        assert item["price"] == float(task["price"])
        assert item["dateEnd"] == task["deadline"].strftime("%Y-%m-%d %H:%M:%S")


async def test_the_task_itself_tells_more(
    client: httpx.AsyncClient, viewer: Someone, owner: Someone, task: Row
) -> None:
    for text in ("First", "Second"):
        reply = await client.post(
            "/customer/tasks/messages", json={"taskId": task["id"], "message": text}, headers=owner.headers
        )
        assert reply.json() == []
    item, whole = await listed(client, viewer), await shown(client, viewer, task["uuid"])
    assert item["messages"] == []
    assert item["messageCount"] == 2
    assert [message["message"] for message in whole["messages"]] == ["First", "Second"]
    short, long = item["attributes"][0], whole["attributes"][0]
    assert short == {name: long[name] for name in ("id", "title", "titleEn", "type", "attrTypeId", "values")}
    assert long["values"] == [{"title": "5"}]
    assert set(long) - set(short) == {"description", "descriptionEn", "attribute", "attributeType"}
    differing = {name for name in FIELDS if item[name] != whole[name]}
    assert differing == {"messages", "attributes"}


async def test_a_task_by_id_or_uuid(client: httpx.AsyncClient, viewer: Someone, task: Row) -> None:
    by_id = await shown(client, viewer, task["id"])
    assert by_id == await shown(client, viewer, task["uuid"])
    assert by_id == await shown(client, viewer, str(task["uuid"]).upper())


async def test_nobody_elses_task(client: httpx.AsyncClient, viewer: Someone, outsider: Someone, task: Row) -> None:
    for which in (task["id"], task["uuid"]):
        reply = await client.get(f"/customer/tasks/{which}", headers=outsider.headers)
        assert reply.status_code == 404
    for which in ("1", uuid.uuid4(), "99999999999999999999999", "abc", "٣", "-1"):
        reply = await client.get(f"/customer/tasks/{which}", headers=viewer.headers)
        assert reply.status_code == 404, which
    assert (await client.get(f"/customer/tasks/{task['id']}")).status_code == 401


Change = Callable[[Connection, Row], Awaitable[object]]


def sql(statement: str) -> Change:
    return lambda conn, row: conn.execute(statement, row)  # type: ignore[arg-type]


# Whatever a list shows of a task, and where it comes from. `*_id` are the task's own columns.
CHANGES: dict[str, tuple[str, Change]] = {
    "the task": ("state", sql("UPDATE task SET state = 8 WHERE id = %(id)s")),
    "the worker's name": (
        "worker",
        sql("UPDATE person SET first_name = 'Renamed' WHERE id = %(freelancer_id)s"),
    ),
    "the worker's address": (
        "worker",
        sql("UPDATE person SET email = 'new@free.example' WHERE id = %(freelancer_id)s"),
    ),
    "the worker's alias": (
        "worker",
        sql("UPDATE team_member SET last_name = 'Alias' WHERE freelancer_id = %(freelancer_id)s"),
    ),
    "the worker's verification": (
        "worker",
        sql("UPDATE freelancer SET verified_at = created_at WHERE person_id = %(freelancer_id)s"),
    ),
    "the worker's tax status": (
        "worker",
        sql("UPDATE freelancer SET taxation_status = 8 - taxation_status - 1 WHERE person_id = %(freelancer_id)s"),
    ),
    "the creator's name": ("creator", sql("UPDATE person SET last_name = 'Wed' WHERE id = %(creator_id)s")),
    "the payer's name": ("payer", sql("UPDATE person SET last_name = 'Wed' WHERE id = %(payer_id)s")),
    "the group's title": ("group", sql("UPDATE task_group SET title = 'Other' WHERE id = %(group_id)s")),
    "the group's end": ("group", sql("UPDATE task_group SET deleted_at = created_at WHERE id = %(group_id)s")),
    "the company's name": ("customer", sql("UPDATE company SET name = 'Aurora Two' WHERE id = %(company_id)s")),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_list_is_never_out_of_date(
    client: httpx.AsyncClient, viewer: Someone, conn: Connection, task: Row, what: str
) -> None:
    """What was rendered before is used again, and not once anything it shows has changed."""
    field, change = CHANGES[what]
    if what == "the worker's tax status":
        await conn.execute("UPDATE freelancer SET taxation_status = 3 WHERE person_id = %(freelancer_id)s", task)
    before = await listed(client, viewer)
    assert await listed(client, viewer) == before
    await change(conn, task)
    after = await listed(client, viewer)
    assert {name for name in FIELDS if after[name] != before[name]} == {field}
    assert after[field] == (await shown(client, viewer, task["id"]))[field]


async def test_a_list_shows_new_files_and_reference_data(
    client: httpx.AsyncClient, owner: Someone, conn: Connection, database: Database, task: Row
) -> None:
    await conn.execute("UPDATE task SET state = 2 WHERE id = %(id)s", task)
    before = await listed(client, owner)
    reply = await client.post(
        "/customer/tasks/files",
        headers=owner.headers,
        json={"taskId": task["id"], "type": 5, "name": "note.txt", "file": base64.b64encode(b"A note").decode()},
    )
    assert reply.status_code == 200, reply.text
    after = await listed(client, owner)
    assert [file["name"] for file in after["files"]] == ["report.pdf", "note.txt"]
    assert after["attributes"] == before["attributes"]
    await conn.execute("UPDATE attribute SET title_en = 'Old' WHERE id = 42")
    async with database.transaction() as changing:
        await load_reference_data(changing)
    reply = await client.get("/lookups/service-attributes?id=42", headers=owner.headers)
    assert (await listed(client, owner))["attributes"][0]["titleEn"] != "Old"


async def test_a_deadline_comes_up_when_its_time_comes(
    client: httpx.AsyncClient, viewer: Someone, conn: Connection, task: Row, now: datetime
) -> None:
    from datetime import timedelta

    for left, coming in ((timedelta(days=4), False), (timedelta(days=2), True), (timedelta(seconds=-1), False)):
        await conn.execute("UPDATE task SET deadline = %s WHERE id = %s", [now + left, task["id"]])
        assert (await listed(client, viewer))["deadline"]["isComingUp"] is coming


async def test_an_ended_session_reads_nothing(
    client: httpx.AsyncClient, viewer: Someone, conn: Connection, task: Row, now: datetime
) -> None:
    """The door and the list are one round trip, and the list still never passes the door."""
    await listed(client, viewer)
    await conn.execute("UPDATE session SET ended_at = %s WHERE person_id = %s", [now, viewer.id])
    assert (await client.get("/customer/tasks", headers=viewer.headers)).status_code == 401


async def test_the_reader_comes_back(client: httpx.AsyncClient, viewer: Someone, conn: Connection, task: Row) -> None:
    """The server ends the reader's connection, as when it restarts: nobody notices."""
    before = await listed(client, viewer)
    await conn.execute(
        """
        SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity
        WHERE application_name = 'artel reads' AND datname = current_database()
        """
    )
    assert await listed(client, viewer) == before
