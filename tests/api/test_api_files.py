"""docs/api says what the code does: made anew it is the same, and its examples are replies that calls get."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator

from artel import clock
from artel.api.docs.examples import Example
from artel.api.docs.export import export, files, read_examples
from artel.api.docs.references import REFERENCES
from artel.app import create_app
from artel.db.pool import Database
from artel.settings import Settings
from tests import cast
from tests.api.conftest import sandbox_application
from tests.api.every_route import Filler, operations
from tests.conftest import shared_folder
from tests.world import World, world_settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "api"
EVERY = {
    wire: [one for one in operations(sandbox_application()[0], wire) if one.path.startswith("/api/")]
    for wire in REFERENCES
}
# A long list shows its first items.
ITEMS_SHOWN = 2
SECRET_FIELDS = {"token", "refreshToken", "password", "newPassword", "secret", "qrCode", "uri", "feed_url"}
# Calls without an example: their replies are files, or they end in a refusal whatever is filled in.
NO_EXAMPLE = {
    "GET /api/customer/files/{file_id}",
    "POST /api/customer/freelancers/cards",
    "POST /api/customer/freelancers/bank-accounts",
    "POST /api/customer/freelancers/wallets",
    "POST /api/customer/freelancers/change-contacts",
    "POST /api/profile/2fa/disable",
    "POST /api/login",
    "POST /api/token/refresh",
}


def exported_application() -> Any:
    return create_app(Settings(secret="no token is signed here", database_url="postgresql:///"))


@pytest.mark.parametrize("wire", REFERENCES)
def test_made_anew_it_is_the_same(wire: str) -> None:
    folder = FOLDER / REFERENCES[wire].folder
    made = files(exported_application(), wire, read_examples(folder))
    kept = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}
    kept.pop("examples.json", None)
    different = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
    assert not different, f"{different} in {folder}: run `make api-docs`"


def test_the_command(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "gone.md").write_text("a group of before")
    command = [sys.executable, "-m", "artel", "api", "export", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert str(tmp_path) in done.stdout
    assert files_below(tmp_path) == files_below(FOLDER)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("wire", REFERENCES)
def test_the_collection_holds_every_call(wire: str) -> None:
    folder = FOLDER / REFERENCES[wire].folder
    collection = json.loads((folder / "postman_collection.json").read_text("utf-8"))
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    items = [item for folder in collection["item"] for item in folder["item"]]
    called = {
        (
            item["request"]["method"],
            re.sub(r":(\w+)", r"{\1}", item["request"]["url"]["raw"].removeprefix("{{baseUrl}}")),
        )
        for item in items
    }
    documented = {
        (method.upper(), re.sub(r":\w+\}", "}", path))
        for path, methods in json.loads((folder / "openapi.json").read_text("utf-8"))["paths"].items()
        for method in methods
    }
    assert called == documented
    login = next(item for item in items if item["request"]["url"]["raw"].endswith("/login"))
    assert any("collectionVariables.set" in line for line in login["event"][0]["script"]["exec"])
    assert login["request"]["auth"] == {"type": "noauth"}
    names = {variable["key"] for variable in collection["variable"]}
    assert set(re.findall(r"\{\{(\w+)\}\}", json.dumps(collection))) <= names


def test_each_reference_names_the_others() -> None:
    assert "[Time API](time/README.md)" in (FOLDER / "README.md").read_text("utf-8")
    assert "[Customer API](../README.md)" in (FOLDER / "time" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("wire", REFERENCES)
def test_the_document_leaves_the_sandbox_out(wire: str) -> None:
    paths = json.loads((FOLDER / REFERENCES[wire].folder / "openapi.json").read_text("utf-8"))["paths"]
    assert paths
    assert all(path.startswith("/api/") for path in paths)


def shown(reply: Any, name: str = "") -> Any:
    """A reply as an example: long lists cut, secrets out."""
    if isinstance(reply, dict):
        return {key: shown(value, key) for key, value in reply.items()}
    if isinstance(reply, list):
        return [shown(value) for value in reply[:ITEMS_SHOWN]]
    if name in SECRET_FIELDS and isinstance(reply, str):
        return "…"
    return reply


def shape(value: Any) -> Any:
    """Names and kinds, without what changes from run to run; null may stand for anything."""
    if isinstance(value, dict):
        return sorted(value)
    return type(value).__name__ if not isinstance(value, list) else "list"


async def test_examples_are_replies_of_this_code(
    world_client: httpx.AsyncClient, world_database: Database, world: World, pytestconfig: pytest.Config
) -> None:
    """Each call of the document is made; with ARTEL_RECORD_EXAMPLES=1 its reply becomes the example."""
    settings = world_settings(shared_folder(pytestconfig), "")
    filler = Filler(world)
    made: dict[str, Example] = {}
    # What is removed is needed by others first.
    for operation in sorted(EVERY["customer"], key=lambda operation: operation.method == "DELETE"):
        if str(operation) in NO_EXAMPLE:
            continue
        async with world_database.connection() as conn:
            owner = await cast.sign_in(conn, settings, world.owner.id, world.company_id, now=clock.now())
        call = filler.call(operation, by_uuid=True, with_company=False, query_name=None)
        reply = await call.send(world_client, owner.headers)
        assert reply.status_code == 200, f"{call}: {reply.text}"
        body = {name: value for name, value in (call.body or {}).items() if value is not None}
        made[str(operation)] = Example(
            path=call.path,
            query=call.query,
            body=shown(body) if call.body is not None else None,
            reply=shown(reply.json()),
        )
    hold_or_record(made, FOLDER)


def hold_or_record(made: dict[str, Example], folder: Path) -> None:
    """The examples kept in the folder are like those made now; or, where it is asked for, are those from now on."""
    if os.environ.get("ARTEL_RECORD_EXAMPLES") == "1":
        (folder / "examples.json").write_text(
            json.dumps(msgspec.to_builtins(made), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        export(exported_application(), FOLDER)
    kept = read_examples(folder)
    assert kept.keys() == made.keys(), "run `make api-docs`"
    different = [name for name in made if shape(made[name].reply) != shape(kept[name].reply)]
    assert not different, f"run `make api-docs`: {different}"


@pytest.mark.parametrize("wire", REFERENCES)
def test_examples_fit_the_document(wire: str) -> None:
    folder = FOLDER / REFERENCES[wire].folder
    document = json.loads((folder / "openapi.json").read_text("utf-8"))
    assert len(read_examples(folder)) > 50
    for name, example in read_examples(folder).items():
        method, path = name.split(" ")
        declared = document["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = {**declared, "components": document["components"]}
        assert Draft202012Validator(schema).is_valid(example.reply), name


@pytest.mark.parametrize("wire", REFERENCES)
def test_curls_are_whole(wire: str) -> None:
    """Every call has a curl on its page, which a shell takes as it stands."""
    folder = FOLDER / REFERENCES[wire].folder
    pages = "\n".join(path.read_text("utf-8") for path in folder.glob("*.md"))
    curls = re.findall(r"```sh\n(curl .*?)\n```", pages, re.DOTALL)
    assert len(curls) == len(EVERY[wire])
    for curl in curls:
        checked = subprocess.run(["sh", "-n", "-c", curl], capture_output=True, text=True, check=False, timeout=10)
        assert checked.returncode == 0, f"{curl}\n{checked.stderr}"
