"""Operations 11, 12 and 40, and signing a task's documents: what keeps work from starting, by its name and data, and
each as its own refusal."""

import uuid
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.freelancers.papers import Agreement, publish_agreement
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.api.conftest import Hire
from tests.api.customer.test_acceptance_files import offer
from tests.cast import Someone
from tests.tasks.cast import Desk

CHECK = "/customer/freelancers/check-task-requirements"
OLD_CHECK = "/customer/freelancers/check-requirements"
SIGN = "/customer/freelancers/sign-agreement"
SIGN_DOCUMENTS = "/customer/tasks/sign-acceptance-files"


async def publish(conn: Connection, now: datetime, text: str = "Text") -> str:
    agreement = Agreement(title_ru="Договор", title_en="Agreement", text_ru="Текст", text_en=text)
    async with conn.transaction():
        return str(await publish_agreement(conn, agreement, actor_id=None, now=now))


async def check(client: httpx.AsyncClient, somebody: Someone, task: TaskRow, path: str = CHECK) -> Any:
    reply = await client.get(path, params={"taskUuid": str(task.uuid)}, headers=somebody.headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def start(client: httpx.AsyncClient, somebody: Someone, task: TaskRow) -> httpx.Response:
    return await client.put(f"/customer/tasks/{task.id}", json={"state": 2}, headers=somebody.headers)


async def test_nothing_in_the_way(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    assert await check(client, owner, task) == []
    assert await check(client, owner, task, OLD_CHECK) == []
    assert (await start(client, owner, task)).status_code == 200


async def test_an_agreement_to_sign_and_to_sign_again(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """The first version is `not_signed`, each later one `forced_update`; both documented forms stand in the reply."""
    task = await desk.task(State.NEW)
    for text, code in (("One", "not_signed"), ("Two", "forced_update")):
        template = await publish(conn, now, text)
        refused = await start(client, owner, task)
        assert (refused.status_code, refused.json()["code"]) == (409, 11)
        url = f"http://127.0.0.1:8000/agreements/{template}"
        reason = refused.json()["error"]
        found = await check(client, owner, task)
        assert found["name"] == "agreementRequired"
        assert found["data"] == {"url": url, "templateUuid": template, "code": code, "reason": reason}
        assert found["reason"] == reason
        assert (found["url"], found["templateUuid"], found["code"]) == (url, template, code)
        assert [one["name"] for one in found["requirements"]] == ["agreementRequired"]
        assert await check(client, owner, task, OLD_CHECK) == found["data"]
        body = {"templateUuid": template, "freelancerId": desk.freelancer_id}
        for _ in range(2):  # again is fine
            reply = await client.post(SIGN, json=body, headers=owner.headers)
            assert (reply.status_code, reply.json()) == (200, [])
        assert await check(client, owner, task) == []
    signed = await fetch_value(
        conn,
        """
        SELECT jsonb_agg(jsonb_build_array(person_id, signed_by, company_id, address))
        FROM agreement_signature
        """,
    )
    assert signed == [[desk.freelancer_id, owner.id, owner.company_id, "127.0.0.1"]] * 2
    assert (await start(client, owner, task)).status_code == 200


async def test_the_old_version_is_signed_by_nobody(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    old = await publish(conn, now, "One")
    await publish(conn, now, "Two")
    body = {"templateUuid": old, "freelancerId": desk.freelancer_id}
    reply = await client.post(SIGN, json=body, headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["templateUuid"])
    assert await fetch_value(conn, "SELECT count(*) FROM agreement_signature") == 0


async def test_who_signs_for_whom(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    outsider: Someone,
    hire: Hire,
    desk: Desk,
    now: datetime,
) -> None:
    template = await publish(conn, now)
    body = {"templateUuid": template, "freelancerId": desk.freelancer_id}
    assert (await client.post(SIGN, json=body)).status_code == 401
    assert (await client.post(SIGN, json=body, headers=outsider.headers)).status_code == 404
    assert (await client.post(SIGN, json=body, headers=(await hire("viewer")).headers)).status_code == 403
    # Who has merely invited somebody does not sign for them.
    await client.post("/customer/freelancers", json={"email": "nora@nora.example"}, headers=outsider.headers)
    assert (await client.post(SIGN, json=body, headers=outsider.headers)).status_code == 403
    for wrong, status in (
        ({"freelancerId": desk.freelancer_id}, 422),
        ({"templateUuid": template}, 422),
        ({**body, "templateUuid": "x"}, 422),
        ({**body, "templateUuid": str(uuid.uuid4())}, 404),
        ({**body, "freelancerId": 999_999}, 404),
    ):
        reply = await client.post(SIGN, json=wrong, headers=owner.headers)
        assert reply.status_code == status, (wrong, reply.text)
    await conn.execute("UPDATE company SET acts_for_freelancers = false")
    assert (await client.post(SIGN, json=body, headers=owner.headers)).status_code == 403
    assert await fetch_value(conn, "SELECT count(*) FROM agreement_signature") == 0


HINDRANCES: dict[str, tuple[str, int, Any]] = {
    "verification": ("UPDATE freelancer SET verified_at = NULL", 12, {}),
    "profileNotCompleted": (
        "UPDATE person SET city = NULL, birth_date = NULL, country = NULL WHERE first_name = 'Nora'",
        13,
        {"fields": ["birthDate", "residenceCountry", "city"]},
    ),
    "taxInfoRequired": (
        "DELETE FROM tax_info",
        14,
        {
            "fields": ["taxNumber", "taxResidenceCountry"],
            "taxResidenceCountry": "DE",
            "birthCountryAllowed": False,
        },
    ),
    "ageRestriction": (
        "UPDATE person SET birth_date = current_date - interval '17 years' WHERE first_name = 'Nora'",
        16,
        {"minimumAge": 18},
    ),
}


@pytest.mark.parametrize("name", HINDRANCES)
async def test_each_by_its_name_and_data_and_its_own_refusal(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, name: str
) -> None:
    task = await desk.task(State.NEW)
    statement, code, data = HINDRANCES[name]
    await conn.execute(statement)  # type: ignore[arg-type]
    found = await check(client, owner, task)
    refused = await start(client, owner, task)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert found["reason"] == refused.json()["error"]
    assert (found["name"], found["data"]) == (name, data)
    assert found.keys() == {"name", "data", "reason", "requirements"}
    assert await check(client, owner, task, OLD_CHECK) == []
    assert (await desk.look(task)).state == State.NEW


async def test_all_at_once_in_the_order_of_the_refusals(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """Each one done brings the next, until the task can start."""
    nda = await offer(client, owner)
    task = await desk.task(State.NEW, acceptance_file_ids=[nda["id"]])
    await publish(conn, now)
    for name in ("verification", "taxInfoRequired"):
        await conn.execute(HINDRANCES[name][0])  # type: ignore[arg-type]
    found = await check(client, owner, task)
    names = [one["name"] for one in found["requirements"]]
    assert names == ["agreementRequired", "verification", "taxInfoRequired", "acceptanceFiles"]
    assert found["name"] == names[0]
    assert (await start(client, owner, task)).json()["code"] == 11


async def test_documents_to_sign(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """Signed one by one on the freelancer's behalf; the signature keeps who, for whom, from where and what."""
    first, second = [await offer(client, owner, title_en=f"NDA {n}", content=f"Silence {n}") for n in range(2)]
    task = await desk.task(State.NEW, acceptance_file_ids=[first["id"], second["id"]])
    found = await check(client, owner, task)
    assert found["name"] == "acceptanceFiles"
    assert found["data"] == {
        "ids": [first["id"], second["id"]],
        "files": [
            {**one, "url": f"http://127.0.0.1:8000/api/customer/files/{one['fileId']}"} for one in (first, second)
        ],
    }
    assert (await start(client, owner, task)).json()["code"] == 15
    body = {"uuid": str(task.uuid), "acceptanceFileIds": [second["id"]]}
    reply = await client.post(SIGN_DOCUMENTS, json=body, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    assert (await check(client, owner, task))["data"]["ids"] == [first["id"]]
    for _ in range(2):  # all that are left; again is fine
        assert (await client.post(SIGN_DOCUMENTS, json={"taskId": task.id}, headers=owner.headers)).status_code == 200
    assert await check(client, owner, task) == []
    signatures = await fetch_value(
        conn,
        """
        SELECT jsonb_agg(jsonb_build_array(
            signed_by, signed_for, signed_from, signed_sha256 = sha256(convert_to('Silence ' || n, 'UTF8'))
        ))
        FROM (
            SELECT *, row_number() OVER (ORDER BY acceptance_file_id) - 1 AS n
            FROM task_acceptance_file
        ) AS signed
        """,
    )
    assert signatures == [[owner.id, owner.company_id, "127.0.0.1", True]] * 2
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'task.documents_signed'") == 2
    assert (await start(client, owner, task)).status_code == 200


async def test_documents_that_cannot_be_signed(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, hire: Hire, desk: Desk
) -> None:
    nda, other = await offer(client, owner), await offer(client, owner)
    task = await desk.task(State.NEW, acceptance_file_ids=[nda["id"]])
    named = {"taskId": task.id}
    assert (await client.post(SIGN_DOCUMENTS, json=named)).status_code == 401
    assert (await client.post(SIGN_DOCUMENTS, json=named, headers=outsider.headers)).status_code == 404
    viewer = await hire("viewer")
    assert (await client.post(SIGN_DOCUMENTS, json=named, headers=viewer.headers)).status_code == 403
    for wrong, status, field in (
        ({}, 422, "taskId"),
        ({**named, "acceptanceFileIds": [other["id"]]}, 422, "acceptanceFileIds"),
        ({**named, "acceptanceFileIds": "all"}, 422, "acceptanceFileIds"),
        ({"taskId": 999_999_999}, 404, "error"),
        ({**named, "companyId": outsider.company_id}, 403, "error"),
    ):
        reply = await client.post(SIGN_DOCUMENTS, json=wrong, headers=owner.headers)
        assert (reply.status_code, field in reply.json()) == (status, True), (wrong, reply.text)
    await conn.execute("UPDATE company SET acts_for_freelancers = false")
    assert (await client.post(SIGN_DOCUMENTS, json=named, headers=owner.headers)).status_code == 403
    await conn.execute("UPDATE company SET acts_for_freelancers = true")
    declined = await desk.task(State.NEW)
    await client.put(f"/customer/tasks/{declined.id}", json={"state": 6}, headers=owner.headers)
    reply = await client.post(SIGN_DOCUMENTS, json={"taskId": declined.id}, headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["taskId"])
    assert await fetch_value(conn, "SELECT count(*) FROM task_acceptance_file WHERE signed_at IS NOT NULL") == 0


@pytest.mark.parametrize("path", [CHECK, OLD_CHECK])
async def test_whose_requirements(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk, path: str
) -> None:
    task = await desk.task(State.NEW)
    freelancer = str(await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": desk.freelancer_id}))
    other = await client.post("/customer/freelancers", json={"email": "o@o.example"}, headers=owner.headers)
    asked = {"taskUuid": str(task.uuid), "freelancerUuid": freelancer}
    assert (await client.get(path, params=asked, headers=owner.headers)).json() == []
    assert (await client.get(path, params=asked)).status_code == 401
    assert (await client.get(path, params=asked, headers=outsider.headers)).status_code == 404
    for wrong, status in (
        ({}, 422),
        ({"freelancerUuid": freelancer}, 422),
        ({"taskUuid": "x"}, 422),
        ({**asked, "freelancerUuid": "x"}, 422),
        ({"taskUuid": str(uuid.uuid4())}, 404),
        ({**asked, "freelancerUuid": str(uuid.uuid4())}, 404),
        ({**asked, "freelancerUuid": other.json()["uuid"]}, 404),
    ):
        reply = await client.get(path, params=wrong, headers=owner.headers)
        assert reply.status_code == status, (wrong, reply.text)


async def test_in_russian(client: httpx.AsyncClient, conn: Connection, russian: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    await conn.execute(HINDRANCES["verification"][0])  # type: ignore[arg-type]
    assert "верификацию" in (await check(client, russian, task))["reason"]
