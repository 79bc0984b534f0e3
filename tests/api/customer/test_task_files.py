"""Operation 24: files of a task, taken by what they are, given out as attachments."""

import base64
import io
import zipfile

import httpx
import pytest

from artel.tasks.machine import State
from tests.cast import Someone
from tests.tasks.cast import Desk

PATH = "/customer/tasks/files"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
XML = b"<?xml version='1.0'?><report><total>5</total></report>"


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


async def upload(
    client: httpx.AsyncClient, somebody: Someone, task: object, name: str, content: bytes, **more: str
) -> httpx.Response:
    return await client.post(
        PATH,
        headers=somebody.headers,
        data={"taskId": str(task), "type": "5", **more},
        files={"file": (name, content)},
    )


async def files_of(client: httpx.AsyncClient, owner: Someone, task_id: int) -> list[dict[str, object]]:
    files: list[dict[str, object]] = (await client.get(f"/customer/tasks/{task_id}", headers=owner.headers)).json()[
        "files"
    ]
    return files


async def test_a_file_comes_back_as_it_went_and_as_an_attachment(
    client: httpx.AsyncClient, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    reply = await upload(client, owner, task.id, "Отчёт за май.pdf", PDF)
    assert (reply.status_code, reply.json()) == (200, [])
    [file] = await files_of(client, owner, task.id)
    assert (file["name"], file["typeId"], file["ownerId"]) == ("Отчёт за май.pdf", 5, owner.id)

    answer = await client.get(f"/customer/files/{file['id']}", headers=owner.headers)
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_json_with_base64_by_uuid(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    for encoded in (base64.b64encode(XML).decode(), "data:text/xml;base64," + base64.b64encode(XML).decode()):
        body = {"uuid": str(task.uuid), "type": "5", "file": encoded, "name": "1c_report_example.xml"}
        reply = await client.post(PATH, headers=owner.headers, json=body)
        assert reply.status_code == 200
    assert [file["name"] for file in await files_of(client, owner, task.id)] == ["1c_report_example.xml"] * 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<html><script>alert(1)</script></html>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        ("drawing.xml", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("notes.txt", b"#!/bin/sh\nrm -rf ~"),
        ("notes.txt", b"text\0with a NUL"),
        ("report.pdf", b"MZ\x90\0" + b"\0" * 100),
        ("report.pdf", b"GIF89a" + b"\0" * 20 + b"%PDF-1.7"),
        ("program.exe", b"MZ\x90\0" + b"\0" * 100),
        ("empty.txt", b""),
        ("..", b"text"),
        ("no extension", b"text"),
        ("bomb.zip", archive({"zeros": bytes(30 * 1024 * 1024)})),
        ("climbing.zip", archive({"../../etc/passwd": b"x"})),
        ("broken.docx", archive({"[Content_Types].xml": b"<x/>"})[:-30]),
    ],
)
async def test_what_could_harm_is_refused_and_kept_nowhere(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, name: str, content: bytes
) -> None:
    task = await desk.task(State.NEW)
    reply = await upload(client, owner, task.id, name, content)
    assert reply.status_code == 422
    assert list(reply.json()) == ["file"]
    assert await files_of(client, owner, task.id) == []


async def test_folders_in_a_name_are_dropped(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    for name in ("../../evil.txt", "C:\\windows\\evil.txt", 'ev"il\r\n.txt'):
        assert (await upload(client, owner, task.id, name, b"text")).status_code == 200
    names = [file["name"] for file in await files_of(client, owner, task.id)]
    assert all("/" not in str(name) and "\\" not in str(name) and "\r" not in str(name) for name in names)


@pytest.mark.parametrize("state", [State.QUEUED, State.FINISHED])
async def test_a_paid_task_takes_no_file(client: httpx.AsyncClient, owner: Someone, desk: Desk, state: State) -> None:
    task = await desk.task(state)
    reply = await upload(client, owner, task.id, "report.pdf", PDF)
    assert (reply.status_code, list(reply.json())) == (422, ["file"])


async def test_what_is_missing_or_wrong_is_named(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    encoded = base64.b64encode(XML).decode()
    for body, field in [
        ({"type": 5, "taskId": task.id}, "file"),
        ({"type": 5, "file": encoded, "name": "a.xml"}, "taskId"),
        ({"taskId": task.id, "file": encoded, "name": "a.xml"}, "type"),
        ({"taskId": task.id, "type": 9, "file": encoded, "name": "a.xml"}, "file"),
        ({"taskId": task.id, "type": "five", "file": encoded, "name": "a.xml"}, "type"),
        ({"taskId": task.id, "type": 5, "file": "/Users/me/report.xml", "name": "a.xml"}, "file"),
    ]:
        reply = await client.post(PATH, headers=owner.headers, json=body)
        assert (reply.status_code, list(reply.json())) == (422, [field]), body
    assert (await client.post(PATH, headers=owner.headers, content=b"{no json")).status_code == 400
    reply = await client.post(PATH, headers=owner.headers, data={"taskId": str(task.id), "type": "5"})
    assert (reply.status_code, list(reply.json())) == (422, ["file"])


async def test_neither_an_outsider_nor_a_viewer_adds_or_reads(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, viewer: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    await upload(client, owner, task.id, "report.pdf", PDF)
    [file] = await files_of(client, owner, task.id)
    assert (await upload(client, outsider, task.id, "report.pdf", PDF)).status_code == 404
    assert (await upload(client, viewer, task.id, "report.pdf", PDF)).status_code == 403
    address = f"/customer/files/{file['id']}"
    assert (await client.get(address, headers=outsider.headers)).status_code == 404
    assert (await client.get(address, headers=viewer.headers)).status_code == 200
    assert (await client.get(address)).status_code == 401
    assert len(await files_of(client, owner, task.id)) == 1


async def test_a_form_that_cannot_be_read(client: httpx.AsyncClient, owner: Someone) -> None:
    """In a charset that there is not: the client's mistake, not ours."""
    parts = [
        "--x",
        'Content-Disposition: form-data; name="taskId"',
        "Content-Type: text/plain; charset=klingon",
        "",
        "1",
        "--x--",
        "",
    ]
    reply = await client.post(
        "/customer/tasks/files",
        content="\r\n".join(parts).encode(),
        headers=owner.headers | {"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert reply.status_code == 400, reply.text
