"""A company's own documents: put in, listed with operation 67, asked for by new tasks, withdrawn for new ones alone."""

import base64
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.acceptance import add_acceptance_file
from artel.files.rules import NewFile
from artel.settings import Settings
from artel.tasks.machine import State
from tests.api.conftest import Hire
from tests.api.customer.test_task_files import PDF, archive
from tests.cast import Someone
from tests.tasks.cast import Desk

PATH = "/customer/acceptance-files"
LIST = "/customer/lookups/acceptance-files"


def json_body(content: str = "Tell nobody.", **changes: Any) -> dict[str, Any]:
    encoded = base64.b64encode(content.encode()).decode()
    return {"title": "Соглашение", "titleEn": "NDA", "name": "nda.txt", "file": encoded, **changes}


async def offer(
    client: httpx.AsyncClient, owner: Someone, *, title_en: str = "NDA", content: str = "Tell nobody."
) -> dict[str, Any]:
    reply = await client.post(PATH, json=json_body(content, titleEn=title_en), headers=owner.headers)
    assert reply.status_code == 200, reply.text
    document: dict[str, Any] = reply.json()
    return document


async def listed(client: httpx.AsyncClient, somebody: Someone) -> list[int]:
    reply = await client.get(LIST, headers=somebody.headers)
    return [item["id"] for item in reply.json()["items"]]


def kept_bytes(settings: Settings) -> int:
    return sum(1 for path in (settings.home / "files").rglob("*") if path.is_file())


async def test_as_a_form_and_as_json(
    client: httpx.AsyncClient, owner: Someone, viewer: Someone, outsider: Someone
) -> None:
    reply = await client.post(
        PATH,
        data={"title": "Соглашение", "titleEn": "Non-disclosure agreement"},
        files={"file": ("NDA 2026.pdf", PDF)},
        headers=owner.headers,
    )
    assert reply.status_code == 200, reply.text
    by_form = reply.json()
    assert (by_form["title"], by_form["titleEn"]) == ("Соглашение", "Non-disclosure agreement")
    by_json = (await client.post(PATH, json=json_body(titleEn=None), headers=owner.headers)).json()
    assert by_json["titleEn"] == by_json["title"] == "Соглашение"
    assert (await client.get(LIST, headers=viewer.headers)).json() == {"items": [by_form, by_json]}
    assert await listed(client, outsider) == []
    file = await client.get(f"/customer/files/{by_form['fileId']}", headers=viewer.headers)
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    assert (await client.get(f"/customer/files/{by_form['fileId']}", headers=outsider.headers)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": None}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"titleEn": "a\u0007b"}, "titleEn"),
        ({"file": None}, "file"),
        ({"file": "no base64!"}, "file"),
        ({"file": ""}, "file"),
        ({"name": "nda.html", "file": base64.b64encode(b"<html><script>1</script>").decode()}, "file"),
        ({"name": "nda.pdf"}, "file"),
        ({"name": "nda.zip", "file": base64.b64encode(archive({"nda.txt": b"x"})).decode()}, "file"),
    ],
)
async def test_what_is_refused_is_kept_nowhere(
    client: httpx.AsyncClient, owner: Someone, settings: Settings, changes: dict[str, Any], field: str
) -> None:
    body = {name: value for name, value in json_body(**changes).items() if value is not None}
    reply = await client.post(PATH, json=body, headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, [field])
    assert await listed(client, owner) == []
    assert kept_bytes(settings) == 0


async def test_who_may(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, hire: Hire, settings: Settings
) -> None:
    document = await offer(client, owner)
    viewer = await hire("viewer")
    one = f"{PATH}/{document['id']}"
    assert (await client.post(PATH, json=json_body())).status_code == 401
    assert (await client.post(PATH, json=json_body(), headers=viewer.headers)).status_code == 403
    assert (await client.delete(one)).status_code == 401
    assert (await client.delete(one, headers=viewer.headers)).status_code == 403
    assert (await client.delete(one, headers=outsider.headers)).status_code == 404
    for nobody in ("999999", "0", "x", "9" * 30):
        assert (await client.delete(f"{PATH}/{nobody}", headers=owner.headers)).status_code == 404
    assert await listed(client, owner) == [document["id"]]
    assert kept_bytes(settings) == 1


async def test_one_key_puts_in_one_document(client: httpx.AsyncClient, owner: Someone, settings: Settings) -> None:
    headers = {**owner.headers, "Idempotency-Key": "once"}
    replies = [await client.post(PATH, json=json_body(), headers=headers) for _ in range(2)]
    assert replies[0].json() == replies[1].json()
    assert len(await listed(client, owner)) == 1
    assert kept_bytes(settings) == 1


async def test_the_operators_are_everybodys_to_ask_for_and_nobodys_to_withdraw(
    client: httpx.AsyncClient, database: Database, owner: Someone, outsider: Someone, now: datetime
) -> None:
    async with database.transaction() as conn:
        added = await add_acceptance_file(
            conn,
            NewFile("rules.txt", "text/plain", b"House rules", "key"),
            company_id=None,
            title_en="House rules",
            title_ru="Правила",
            now=now,
        )
    assert await listed(client, owner) == await listed(client, outsider) == [added.id]
    assert (await client.delete(f"{PATH}/{added.id}", headers=owner.headers)).status_code == 404
    assert await listed(client, owner) == [added.id]


async def test_withdrawn_for_new_tasks_alone(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Tasks that ask for it go on asking, it can still be read and signed, and what was signed stays signed."""
    document = await offer(client, owner)
    signed, unsigned = [await desk.task(State.NEW, acceptance_file_ids=[document["id"]]) for _ in range(2)]
    sign = "/customer/tasks/sign-acceptance-files"
    assert (await client.post(sign, json={"taskId": signed.id}, headers=owner.headers)).status_code == 200
    for _ in range(2):  # again is fine
        reply = await client.delete(f"{PATH}/{document['id']}", headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, [])
    assert await listed(client, owner) == []
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'acceptance_file.withdrawn'") == 1

    new_task = {
        "title": "Market analysis",
        "description": "What sells where",
        "categoryId": 42,
        "workerId": desk.freelancer_id,
        "deadline": "2030-01-01 00:00:00",
        "price": "100",
        "attributes": [{"id": 42, "value": "1"}, {"id": 43, "value": "Spring"}, {"id": 44, "value": "Germany"}],
        "acceptanceFileIds": [document["id"]],
    }
    reply = await client.post("/customer/tasks", json=new_task, headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["acceptanceFileIds"])

    start = {"json": {"state": 2}, "headers": owner.headers}
    assert (await client.put(f"/customer/tasks/{signed.id}", **start)).status_code == 200
    refused = await client.put(f"/customer/tasks/{unsigned.id}", **start)
    assert (refused.status_code, refused.json()["code"]) == (409, 15)
    assert (await client.get(f"/customer/files/{document['fileId']}", headers=owner.headers)).status_code == 200
    assert (await client.post(sign, json={"taskId": unsigned.id}, headers=owner.headers)).status_code == 200
    assert (await client.put(f"/customer/tasks/{unsigned.id}", **start)).status_code == 200
