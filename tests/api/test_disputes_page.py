"""Every command of docs/customer-api/disputes-and-changes.md does what the page says, as it stands there."""

import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.api.customer.conftest import desk, reference
from tests.cast import Someone
from tests.tasks.cast import Desk

__all__ = ["desk", "reference"]

PAGE = Path(__file__).parents[2] / "docs/customer-api/disputes-and-changes.md"
# Method and end of the path -> the state the task is in, and where the command leads.
EXPECTED: dict[tuple[str, str], tuple[State, int]] = {
    ("POST", "/dispute"): (State.RESULT, 13),
    ("POST", "/resolve-dispute"): (State.DISPUTE, 4),
    ("POST", "/changes"): (State.IN_WORK, 16),
    ("GET", "/changes"): (State.CHANGES_PROPOSED, 16),
    ("DELETE", "/changes"): (State.CHANGES_PROPOSED, 2),
    ("POST", "/changes/agree"): (State.CHANGES_PROPOSED, 2),
    ("POST", "/changes/refuse"): (State.CHANGES_PROPOSED, 2),
    ("PATCH", ""): (State.NEW, 1),
}


class Command(msgspec.Struct):
    method: str
    url: str
    headers: dict[str, str]
    body: dict[str, Any] | None


def commands() -> list[Command]:
    """The page's curl commands."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [read_command(line) for line in lines if line.strip()]


def read_command(line: str) -> Command:
    words = iter(shlex.split(line))
    assert next(words) == "curl"
    command = Command("GET", "", {}, None)
    for word in words:
        if word == "-X":
            command.method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            command.headers[name] = value
        elif word == "-d":
            command.body = msgspec.json.decode(next(words))
        else:
            assert not word.startswith("-"), f"{word}: not read here"
            command.url = word
    return command


@pytest.mark.parametrize("command", commands(), ids=lambda command: f"{command.method} {command.url}")
async def test_a_command(client: httpx.AsyncClient, owner: Someone, desk: Desk, command: Command) -> None:
    end = command.url.removeprefix("$BASE/customer/tasks/$TASK")
    state, leads_to = EXPECTED[command.method, end]
    task: TaskRow = await desk.task(state)
    if command.body and "changesetId" in command.body:
        shown = await client.get(f"/customer/tasks/{task.id}", headers=owner.headers)
        command.body["changesetId"] = shown.json()["activeChangesetId"]
    assert command.headers.pop("Authorization") == "Bearer $TOKEN"
    reply = await client.request(
        command.method,
        command.url.removeprefix("$BASE").replace("$TASK", str(task.uuid)),
        headers={**owner.headers, **command.headers},
        json=command.body,
    )
    assert reply.status_code == 200, reply.text
    assert (await desk.look(task)).state == leads_to
    if end == "/changes" and command.method != "DELETE":
        example = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        assert example is not None
        assert reply.json().keys() == msgspec.json.decode(example[1]).keys()
    else:
        assert reply.json() == []


def test_every_call_has_its_command() -> None:
    there = {(command.method, command.url.removeprefix("$BASE/customer/tasks/$TASK")) for command in commands()}
    assert there == set(EXPECTED)
