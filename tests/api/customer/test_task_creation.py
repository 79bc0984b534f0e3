"""Operations 5 and 6: making a task, every field of it, drafts, and many at once."""

import asyncio
import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx

from artel.db.pool import Connection
from artel.tasks.machine import State
from artel.tasks.queries import access_task
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk, add_freelancer

ATTRIBUTES = [{"id": 42, "value": "5"}, {"id": 43, "value": "July 2022"}, {"id": 44, "value": "Germany"}]


def body(desk: Desk, **changes: Any) -> dict[str, Any]:
    """What M's example sends. A change to `...` leaves the field out."""
    given = {
        "categoryId": 42,
        "attributes": ATTRIBUTES,
        "copyright": True,
        "needReport": False,
        "title": "Market Analysis Report",
        "description": "Detailed report on market trends and projections for Q3 2022",
        "workerId": desk.freelancer_id,
        "deadline": (desk.now + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S"),
        "price": 150,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not ...}


async def create(client: httpx.AsyncClient, someone: Someone, desk: Desk, **changes: Any) -> httpx.Response:
    return await client.post("/customer/tasks", headers=someone.headers, json=body(desk, **changes))


async def test_works(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    given = str(uuid.uuid4())
    reply = await create(client, owner, desk, uuid=given, externalId="MAR-20220622", shareCommission=1)
    assert (reply.status_code, reply.json()) == (200, {"uuid": given})
    task = await access_task(conn, desk.member, uuid=uuid.UUID(given))
    assert (task.state, task.number, task.create_type, task.external_id) == (State.NEW, 1, "API", "MAR-20220622")
    assert (task.creator_id, task.freelancer_id, task.service_id) == (owner.id, desk.freelancer_id, 42)
    assert (task.title, task.copyright, task.need_report) == ("Market Analysis Report", True, False)
    assert (task.price, task.commission, task.shared_commission, task.total, task.vat) == tuple(
        Decimal(figure) for figure in ("150", "13.50", "1.50", "163.50", "32.70")
    )
    assert (task.amount_for_worker, task.exchange_rate) == (Decimal("148.50"), None)
    assert task.attributes == ATTRIBUTES
    assert (task.deadline - desk.now).days in {29, 30}
    assert (task.deadline_type, task.published_at is not None) == (1, True)
    assert await desk.steps(task) == [(None, 1)]


async def test_under_each_path(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    for path in ("/tasks", "/v1/tasks", "/v2/customer/tasks"):
        reply = await client.post(path, headers=owner.headers, json=body(desk))
        assert list(reply.json()) == ["uuid"]
    # A client that names no content type, as the documents' own examples do.
    reply = await client.post("/customer/tasks", headers=owner.headers, content=json.dumps(body(desk)))
    assert reply.status_code == 200


async def test_who_may(client: httpx.AsyncClient, viewer: Someone, outsider: Someone, hire: Hire, desk: Desk) -> None:
    assert (await create(client, viewer, desk)).status_code == 403
    assert (await create(client, await hire("accountant"), desk)).status_code == 403
    assert (await create(client, await hire("manager"), desk)).status_code == 200
    reply = await create(client, outsider, desk)
    assert (reply.status_code, list(reply.json())) == (422, ["workerId"])
    reply = await create(client, outsider, desk, companyId=desk.member.company_id)
    assert reply.status_code == 403


REFUSED: list[tuple[str, Any]] = [
    *[(name, ...) for name in ("categoryId", "attributes", "title", "description", "workerId", "deadline", "price")],
    *[(name, None) for name in ("categoryId", "attributes", "title", "description", "workerId", "deadline", "price")],
    ("title", "a"),
    ("title", "   x  "),
    ("title", "x" * 301),
    ("title", "Tasks & more"),
    ("title", "Cheap!"),
    ("title", "two\nlines"),
    ("title", "a\0b"),
    ("title", 5),
    ("description", ""),
    ("description", " \n"),
    ("description", "x" * 10_001),
    ("description", "a\0b"),
    ("price", 0),
    ("price", -1),
    ("price", 1.001),
    ("price", 1_000_000_001),
    ("price", "NaN"),
    ("price", "Infinity"),
    ("price", "a lot"),
    ("price", True),
    ("workerCurrency", "KZT"),
    ("workerCurrency", "XXX"),
    ("workerCurrency", ""),
    ("workerCurrency", 2),
    ("categoryId", 987_654),
    ("categoryId", "none"),
    ("categoryId", 2**80),
    ("workerId", 987_654),
    ("workerId", 0),
    ("deadline", "2020-01-01 00:00:00"),
    ("deadline", "tomorrow"),
    ("deadline", "2022-07-15T17:00:00.000Z"),
    ("deadline", 1_900_000_000),
    ("uuid", "mine"),
    ("externalId", "x" * 256),
    ("externalId", "a\0b"),
    ("externalId", ["x"]),
    ("fileIds", [1]),
    ("fileIds", "1, 2"),
    ("fileIds", "some"),
    ("fileIds", list(range(1, 102))),
    ("acceptanceFileIds", [1]),
    ("acceptanceFileIds", 1),
    ("editGroup", [1]),
    ("editGroup", 1),
    ("deadlineType", 3),
    ("copyright", "perhaps"),
    ("shareCommission", 2),
    ("attributes", []),
    ("attributes", {}),
    ("attributes", ATTRIBUTES[:2]),
    ("attributes", [*ATTRIBUTES, ATTRIBUTES[0]]),
    ("attributes", [*ATTRIBUTES, {"id": 987_654, "value": "x"}]),
    ("attributes", [*ATTRIBUTES, {"id": 31, "value": "8K"}]),
    ("attributes", [*ATTRIBUTES, {"id": 31, "value": ["SD", "HD"]}]),
    ("attributes", [*ATTRIBUTES, {"id": 29, "value": "DOCX, Papyrus"}]),
    ("attributes", [*ATTRIBUTES, {"id": 29, "value": " , "}]),
    ("attributes", [*ATTRIBUTES, {"id": 1, "value": "ftp://files.example"}]),
    ("attributes", [*ATTRIBUTES, {"id": 1, "value": "http://[broken"}]),
    ("attributes", [*ATTRIBUTES, {"id": 7, "value": "yesterday"}]),
    ("attributes", [*ATTRIBUTES, {"id": 5, "value": "x" * 2001}]),
    ("attributes", [{"id": 42, "value": "five"}, *ATTRIBUTES[1:]]),
    ("attributes", [{"id": 42, "value": ""}, *ATTRIBUTES[1:]]),
    ("attributes", [{"id": 43, "value": "a\0b"}, ATTRIBUTES[0], ATTRIBUTES[2]]),
]


async def test_refused_by_name(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    for field, value in REFUSED:
        for more in ({}, {"validateOnly": True}):
            reply = await create(client, owner, desk, **{field: value}, **more)
            assert reply.status_code == 422, (field, value, reply.text)
            named = next(iter(reply.json()))
            assert named.split(".")[0] == field, (field, value, reply.text)
    cursor = await conn.execute("SELECT count(*), (SELECT last_task_number FROM company_counter) FROM task")
    assert await cursor.fetchone() == (0, 0)


async def test_titles_taken(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    for title in (
        "Ok",
        "x" * 300,
        'Отчёт №5: "Рынок" (2022), часть_1; 50% «новое» #1 @ночь ^верх.',
        "  Übersetzung ",
        "हिन्दी अनुवाद",
        "Cafe\u0301 2",
    ):
        reply = await create(client, owner, desk, title=title)
        assert reply.status_code == 200, (title, reply.text)


async def test_attributes_of_each_type(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    more = [
        {"id": 31, "value": "Full HD"},
        {"id": 29, "value": "DOCX, PDF, DOCX"},
        {"id": 22, "value": ["iOS", "Веб"]},
        {"id": 1, "value": " https://some.example/path?x=1 "},
        {"id": 7, "value": "2022-07-15"},
        {"id": 10, "value": 12000.5},
    ]
    reply = await create(client, owner, desk, attributes=[*ATTRIBUTES, *more])
    assert reply.status_code == 200, reply.text
    task = await access_task(conn, desk.member, uuid=uuid.UUID(reply.json()["uuid"]))
    assert task.attributes[3:] == [
        {"id": 31, "value": "Full HD"},
        {"id": 29, "value": ["DOCX", "PDF"]},
        {"id": 22, "value": ["iOS", "Веб"]},
        {"id": 1, "value": "https://some.example/path?x=1"},
        {"id": 7, "value": "2022-07-15"},
        {"id": 10, "value": "12000.5"},
    ]


async def test_a_missing_attribute_is_named(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    reply = await create(client, owner, desk, attributes=ATTRIBUTES[1:])
    assert reply.json() == {"attributes": "The attribute “Quantity” (id 42) is required for this service."}


async def test_old_fields_change_nothing(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    reply = await create(
        client, owner, desk, needInsurance=False, compensateWorkerServiceFee=True, compensationType=1, state=5, held=9
    )
    assert reply.status_code == 200


async def test_groups_files_and_documents(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    """All have to be the company's; a document to accept may be the operator's. The first group is the task's."""
    ours, theirs = desk.member.company_id, outsider.company_id

    async def add(sql: str, **facts: Any) -> int:
        cursor = await conn.execute(sql, {"now": desk.now, "person": owner.id, **facts})
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def add_file(company: int | None) -> int:
        return await add(
            """
            INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            VALUES (%(company)s, %(person)s, 'a.pdf', 'application/pdf', 1, '', gen_random_uuid()::text, %(now)s)
            RETURNING id
            """,
            company=company,
        )

    async def add_document(company: int | None) -> int:
        return await add(
            """
            INSERT INTO acceptance_file (company_id, file_id, title_ru, title_en, created_at)
            VALUES (%(company)s, %(file)s, 'NDA', 'NDA', %(now)s)
            RETURNING id
            """,
            company=company,
            file=await add_file(company),
        )

    async def add_group(company: int | None) -> int:
        return await add(
            """
            INSERT INTO task_group (company_id, title, color, created_at, created_by)
            VALUES (%(company)s, 'Research', '#ffffff', %(now)s, %(person)s)
            RETURNING id
            """,
            company=company,
        )

    files, documents = (
        [await add_file(ours), await add_file(ours)],
        [await add_document(ours), await add_document(None)],
    )
    groups = [await add_group(ours), await add_group(ours)]
    for field, foreign in (
        ("fileIds", await add_file(theirs)),
        ("acceptanceFileIds", await add_document(theirs)),
        ("editGroup", await add_group(theirs)),
    ):
        reply = await create(client, owner, desk, **{field: [foreign]})
        assert (reply.status_code, list(reply.json())) == (422, [field])
    reply = await create(client, owner, desk, fileIds=[*files, files[0]], acceptanceFileIds=documents, editGroup=groups)
    task = await access_task(conn, desk.member, uuid=uuid.UUID(reply.json()["uuid"]))
    assert task.group_id == groups[0]
    cursor = await conn.execute("SELECT array_agg(file_id ORDER BY file_id) FROM task_file")
    assert await cursor.fetchone() == (files,)
    # The documents stand in the way of starting, and of a quick payment.
    for call in (
        client.put(f"/customer/tasks/{task.id}", headers=owner.headers, json={"state": 2}),
        client.post("/customer/tasks/quick-pay", headers=owner.headers, json={"taskId": task.id}),
    ):
        reply = await call
        assert (reply.status_code, reply.json()["code"]) == (409, 15)
    reply = await create(client, owner, desk, fileIds=f"{files[0]}, {files[1]}", editGroup=groups[1])
    assert reply.status_code == 200


async def test_somebody_who_left_the_team(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    draft = await desk.task(State.DRAFT)
    await conn.execute("UPDATE team_member SET ended_at = %s", [desk.now])
    assert list((await create(client, owner, desk)).json()) == ["workerId"]
    reply = await client.post("/customer/tasks/publish-draft", headers=owner.headers, json={"taskId": draft.id})
    assert (reply.status_code, list(reply.json())) == (422, ["workerId"])


async def test_short_of_funds_it_is_a_draft(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """M, "Create a task" and "Publish a draft": 409 until there is enough."""
    reply = await create(client, owner, desk, price=9_090.92)  # with commission 10,000.01
    draft = await access_task(conn, desk.member, uuid=uuid.UUID(reply.json()["uuid"]))
    assert (draft.state, draft.published_at) == (State.DRAFT, None)
    reply = await client.post("/customer/tasks/publish-draft", headers=owner.headers, json={"uuid": str(draft.uuid)})
    assert (reply.status_code, list(reply.json())) == (409, ["error", "code"])
    await desk.give_money("0.01")
    reply = await client.post(
        "/customer/tasks/publish-draft",
        headers=owner.headers,
        json={"taskId": draft.id, "companyId": owner.company_id},
    )
    assert (reply.status_code, reply.json()) == (200, {"uuid": str(draft.uuid)})
    assert (await desk.look(draft)).state == State.NEW


async def test_a_draft_that_was_asked_for(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    reply = await create(client, owner, desk, createType="draft")
    task = await access_task(conn, desk.member, uuid=uuid.UUID(reply.json()["uuid"]))
    assert (task.state, task.create_type) == (State.DRAFT, "API")


async def test_validate_only(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """M, validateOnly: every check, the balance too; the cost in the reply; nothing made."""
    reply = await create(client, owner, desk, validateOnly=True, workerCurrency="USD", price=1)
    assert reply.status_code == 200
    cost = reply.json()
    assert (cost["price"], cost["total"], cost["VAT"], cost["exchangeRate"]["rate"]) == (0.95, 1.05, 0.21, 1.0576)
    reply = await create(client, owner, desk, validateOnly=True, price=1_000_000)
    assert (reply.status_code, list(reply.json())) == (422, ["error"])
    reply = await create(client, owner, desk, validateOnly=True, price=1_000_000, createType="draft")
    assert reply.status_code == 200
    taken = str(uuid.uuid4())
    await create(client, owner, desk, uuid=taken, externalId="E-1")
    for field, value in (("uuid", taken), ("externalId", "E-1")):
        reply = await create(client, owner, desk, validateOnly=True, **{field: value})
        assert (reply.status_code, list(reply.json())) == (422, [field])
    cursor = await conn.execute("SELECT count(*) FROM task")
    assert await cursor.fetchone() == (1,)


async def test_uuid_and_external_id_are_taken_once_a_company(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    given = {"uuid": str(uuid.uuid4()), "externalId": 20220622}
    assert (await create(client, owner, desk, **given)).status_code == 200
    assert list((await create(client, owner, desk, uuid=given["uuid"])).json()) == ["uuid"]
    assert list((await create(client, owner, desk, externalId="20220622")).json()) == ["externalId"]
    assert (await create(client, owner, desk, externalId="")).status_code == 200
    assert (await create(client, owner, desk, externalId=None)).status_code == 200
    # Another company's ids are its own affair.
    assert outsider.company_id is not None
    email = "otto@far.example"
    theirs = await add_freelancer(conn, outsider.company_id, outsider.id, now=desk.now, email=email)
    assert (await create(client, outsider, desk, workerId=theirs, **given)).status_code == 200
    cursor = await conn.execute("SELECT array_agg(number ORDER BY number) FROM task WHERE company_id = %s", [101])
    assert await cursor.fetchone() == ([1, 2, 3],)


async def test_many_at_once_are_numbered_without_gaps(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Half of them fight over ten external ids; refused ones leave no hole."""
    changes: list[dict[str, Any]] = [{"externalId": f"E-{n % 10}"} for n in range(40)]
    changes += [{"uuid": str(uuid.UUID(int=n % 10))} for n in range(40)] + [{}] * 20
    replies = await asyncio.gather(*(create(client, owner, desk, **change) for change in changes))
    statuses = [reply.status_code for reply in replies]
    assert (statuses.count(200), statuses.count(422)) == (40, 60)
    assert all(len(reply.json()) == 1 for reply in replies)
    cursor = await conn.execute("SELECT array_agg(number ORDER BY number) FROM task")
    assert await cursor.fetchone() == (list(range(1, 41)),)
    cursor = await conn.execute("SELECT last_task_number FROM company_counter WHERE company_id = 101")
    assert await cursor.fetchone() == (40,)


async def test_many_at_once_with_money_for_some(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Where creating holds the total: as many are published as the money covers, the others are drafts."""
    await conn.execute("UPDATE company SET escrow = 'on_task_create'")
    replies = await asyncio.gather(*(create(client, owner, desk, price=500) for _ in range(40)))
    assert all(reply.status_code == 200 for reply in replies)
    cursor = await conn.execute("SELECT state, count(*), sum(held) FROM task GROUP BY state ORDER BY state")
    assert await cursor.fetchall() == [(1, 18, 9900), (17, 22, 0)]
    assert await desk.balances() == (100, 9900, 0)
    await desk.verify()


async def test_one_idempotency_key(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    headers = {**owner.headers, "Idempotency-Key": "order 7"}
    replies = await asyncio.gather(
        *(client.post("/customer/tasks", headers=headers, json=body(desk)) for _ in range(50))
    )
    assert {(reply.status_code, reply.text) for reply in replies} == {(200, replies[0].text)}
    cursor = await conn.execute("SELECT count(*) FROM task")
    assert await cursor.fetchone() == (1,)
    reply = await client.post("/customer/tasks", headers=headers, json=body(desk, price=151))
    assert reply.status_code == 409
