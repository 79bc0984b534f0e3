"""Every curl of the three public documents gets the documented status and a reply of the documented shape.

Hosts, tokens and ids are those of the tests' world; where a sample cannot be sent as it stands, or the documents
contradict themselves, a table below says so, with the reason.
"""

import os
import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.freelancers.papers import publish_agreement
from tests import cast
from tests.api.conftest import sandbox_application
from tests.api.customer.documents import DOCUMENTS, KINDS, NAMED, Sample, samples
from tests.api.every_route import ATTRIBUTES, Filler, Operation, operations
from tests.api.main_job import PASSWORD
from tests.conftest import shared_folder
from tests.pages.world import AGREEMENT
from tests.world import World, world_settings

ROOT = Path(__file__).parents[3]
SEEDS = Path(os.environ.get("ARTEL_SEEDS") or ROOT.parent / "shared" / "seeds")
OPERATIONS = operations(sandbox_application()[0])

# What is sent in place of, or besides, what the sample has: call -> (fields, reason).
SENT: dict[str, tuple[dict[str, Any], str]] = {
    "POST /login": (
        {"username": "owner@aurora.example", "password": PASSWORD, "code": None},
        "a sample's password is nobody's",
    ),
    "PUT /customer/tasks/*": ({"state": 2}, "the sample shows the body as the reply"),
    "POST /customer/tasks/prolong-deadline": (
        {"taskId": None, "deadline": None},
        "the sample leaves out the body that its table describes",
    ),
    "POST /customer/tasks": (
        {"attributes": ATTRIBUTES, "categoryId": 42, "advData": None, "validateOnly": False},
        "services of the world have mandatory attributes, and its company has no advertising contracts",
    ),
    "POST /customer/tasks/files": (
        {"file": "QXVyb3JhJ3MgYW5zd2Vy", "name": "answer.txt"},
        "a path on the reader's own disk is no file",
    ),
    "POST /customer/freelancers/bank-accounts": (
        {"bankAccountType": 1},
        "the sample leaves out a field that its table says is needed",
    ),
    "POST /customer/freelancers/wallets": (
        {"walletType": 2},
        "the sample leaves out a field that its table says is needed",
    ),
    "POST /customer/ord/organization": (
        {"inn": "9901000041", "ogrn": None, "regionNumber": None},
        "no check digits fit the sample's numbers, and its region is no country",
    ),
    "POST /customer/tasks/total-cost": ({"categoryId": 42}, "the sample's category is not among the world's services"),
}
# Whom these calls are about: tax data wait while work is paid for, and tax statuses are for residents of Russia.
ABOUT_IDLE = {
    f"/api/customer/freelancers/{name}"
    for name in ("tax-info", "add-tax-document", "change-taxation-status", "change-contacts")
}
# Fields whose sample value is an id, a token or a moment: the world's own is sent.
REPLACED = {
    "acceptanceFileIds",
    "companyId",
    "creatorId",
    "deadline",
    "editGroup",
    "email",
    "externalContractId",
    "externalId",
    "externalOrganisationCustomerId",
    "externalOrganisationId",
    "externalOrganisationPerformerId",
    "fileIds",
    "freelancerId",
    "freelancerUuid",
    "groupId",
    "payoutEndpointId",
    "payoutEndpointType",
    "phone",
    "taskId",
    "taskUuid",
    "templateUuid",
    "uuid",
    "workerId",
}


@pytest.fixture(scope="module")
def documents() -> list[Sample]:
    if not all((SEEDS / f"{name}.txt").exists() for name in DOCUMENTS):
        pytest.skip(f"the documents are not at {SEEDS}: set ARTEL_SEEDS to their folder")
    return samples(SEEDS)


@pytest.fixture
async def conn(world_database: Database) -> Any:
    async with world_database.connection() as connection:
        yield connection


def operation_of(sample: Sample) -> Operation | None:
    """The operation that serves the path. A word of the path is no id, though a route might take it for one."""
    for one in OPERATIONS:
        pattern = re.sub(r"\{[^}]+\}", lambda _: f"(?:{NAMED})", one.path)
        if one.method == sample.method and re.fullmatch(pattern, f"/api{sample.path}"):
            return one
    return None


class Sender:
    """Sends samples as one company's owner."""

    def __init__(self, http: httpx.AsyncClient, world: World, conn: Connection, settings: Any) -> None:
        self.http = http
        self.world = world
        self.conn = conn
        self.settings = settings
        self.filler = Filler(world)

    async def send(self, sample: Sample) -> httpx.Response:
        owner = await cast.sign_in(
            self.conn, self.settings, self.world.owner.id, self.world.company_id, now=clock.now()
        )
        operation = operation_of(sample)
        body = await self.body(sample, operation, owner.headers)
        return await self.http.request(
            sample.method,
            f"http://artel.test/api{self.path(sample, operation)}",
            params=[(name, self.query_value(operation, name, value)) for name, value in sample.query] or None,
            json=body,
            headers=owner.headers,
        )

    def path(self, sample: Sample, operation: Operation | None) -> str:
        if operation is None:
            return re.sub(r"\{[^}]*\}", "1", sample.path)
        path = operation.path.removeprefix("/api")
        by_uuid = "-" in sample.path.rsplit("/", 1)[1]
        for name in operation.path_names:
            path = path.replace(f"{{{name}}}", str(self.filler.named(self.filler.value(operation, name), by_uuid)))
        return path

    def query_value(self, operation: Operation | None, name: str, value: str) -> str:
        inner = name.removeprefix("filter[").removesuffix("]")
        return str(self.value(operation, inner)) if operation is not None and inner in REPLACED else value

    def value(self, operation: Operation, name: str) -> Any:
        if name == "taskUuid":
            return self.filler.task(operation).uuid
        if operation.path in ABOUT_IDLE and name in {"freelancerId", "freelancerUuid"}:
            idle = self.world.team["idle"]
            return idle.uuid if name == "freelancerUuid" else idle.id
        return self.filler.value(operation, name)

    async def body(self, sample: Sample, operation: Operation | None, headers: dict[str, str]) -> Any:
        sent, _ = SENT.get(sample.call, ({}, ""))
        if sample.body is None and not sent:
            return None
        if operation is None:
            return sample.body
        body = {**(sample.body or {}), **sent}
        for name in body:
            if name in REPLACED and (name not in sent or body[name] is None):
                body[name] = self.value(operation, name)
        if "code" in body and sample.call != "POST /login":
            body["code"] = await self.code(sample, body["freelancerId"], headers)
        if "refreshToken" in body:
            signed_in = await self.http.post("/login", json={"username": "owner@aurora.example", "password": PASSWORD})
            body["refreshToken"] = signed_in.json()["refreshToken"]
        return {name: value for name, value in body.items() if value is not None}

    async def code(self, sample: Sample, freelancer_id: int, headers: dict[str, str]) -> str:
        """The code that the freelancer was just sent."""
        asked, sent_to, more = "request-code-for-new-payout-endpoint", f"+{self.world.phone}", {}
        if sample.call.endswith("change-contacts"):
            sent_to = f"{uuid.uuid4().hex}@new.example"
            asked, more = "request-code-for-change-contacts", {"email": sent_to}
        body = {"freelancerId": freelancer_id, **more}
        reply = await self.http.post(f"/customer/freelancers/{asked}", json=body, headers=headers)
        assert reply.status_code == 200, reply.text
        messages = await self.http.get("http://artel.test/sandbox/messages", params={"to": sent_to})
        return str(next(message["code"] for message in messages.json() if message["code"]))


def kinds_in(reply: Any, found: dict[str, set[str]] | None = None) -> dict[str, set[str]]:
    """Names of a reply, at any depth, with the kinds of their values."""
    found = {} if found is None else found
    if isinstance(reply, dict):
        for name, value in reply.items():
            found.setdefault(name, set()).add(kind_of(value))
            kinds_in(value, found)
    elif isinstance(reply, list):
        for value in reply:
            kinds_in(value, found)
    return found


def kind_of(value: Any) -> str:
    for kind, types in {"boolean": bool, "number": (int, float), "text": str, "list": list, "object": dict}.items():
        if isinstance(value, types):  # type: ignore[arg-type]
            return kind
    return KINDS["n"]


# (call or "*", field) -> why the reply does not have it, or has it otherwise.
OTHERWISE: dict[tuple[str, str], str] = {
    ("PUT /customer/tasks/*", "state"): "the sample shows the body as the reply",
    **dict.fromkeys(
        [("GET /customer/ord/organization/*", name) for name in ("externalPlatformId", "isPlatformOwner")],
        "the table beside the sample says that there are never any platforms",
    ),
    **dict.fromkeys(
        [
            (f"GET /customer/freelancer-by-{by}/*", f"{what}ConfirmationStatus")
            for by in ("email", "phone")
            for what in ("email", "phone")
        ],
        "the earlier edition's sample has 1, its own table says boolean",
    ),
    **dict.fromkeys(
        [("GET /customer/tasks", "shareCommission"), ("GET /customer/tasks/*", "shareCommission")],
        "the earlier edition's sample has 1, its own table says boolean, and so does the current one",
    ),
    ("GET /customer/tasks", "attributes"): "the earlier edition shows one attribute alone; the current one lists them",
    **dict.fromkeys(
        [
            (call, name)
            for call in ("GET /customer/tasks", "GET /customer/tasks/*")
            for name in ("attrTypeId", "options", "value", "valueEn", "descriptionEn")
        ],
        "the earlier edition shows an attribute as its lookup does; the current one, which counts, by its value",
    ),
}


def misshapen(sample: Sample, reply: Any) -> list[str]:
    """Documented fields that the reply lacks, or shows with another kind of value. null stands for any kind."""
    there = kinds_in(reply)
    wrong = []
    for name, kinds in sample.fields.items():
        if (sample.call, name) in OTHERWISE or ("*", name) in OTHERWISE:
            continue
        if name not in there:
            wrong.append(f"{name} is missing")
        elif "null" not in kinds | there[name] and not kinds & there[name]:
            wrong.append(f"{name} is {sorted(there[name])}, documented {sorted(kinds)}")
    return wrong


# What is removed is needed by others first.
LAST = ("DELETE",)
# What these show is there once the freelancer has a new agreement to sign, which keeps work from being started.
ABOUT_AGREEMENTS = ("GET /customer/freelancers/check-task-requirements", "GET /customer/freelancers/check-requirements")


def turn(sample: Sample) -> int:
    return 2 if sample.call in ABOUT_AGREEMENTS else int(sample.call.startswith(LAST))


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_every_curl(
    document: str,
    documents: list[Sample],
    world_client: httpx.AsyncClient,
    conn: Connection,
    world: World,
    pytestconfig: pytest.Config,
) -> None:
    sender = Sender(world_client, world, conn, world_settings(shared_folder(pytestconfig), ""))
    wrong = []
    mine = [sample for sample in documents if sample.document == document]
    assert len(mine) >= 70
    for sample in sorted(mine, key=turn):
        assert sample.path, f"{sample.id}: no address"
        if sample.call in ABOUT_AGREEMENTS:
            async with conn.transaction():
                await publish_agreement(conn, AGREEMENT, actor_id=None, now=clock.now())
        reply = await sender.send(sample)
        if reply.status_code != sample.status:
            wrong.append(f"{sample.id}: {reply.status_code} {reply.text[:300]}")
            continue
        wrong += [f"{sample.id}: {what}" for what in misshapen(sample, reply.json())]
    assert not wrong, "\n".join(wrong)


def test_the_tables_name_what_is_documented(documents: list[Sample]) -> None:
    """No entry outlives its sample."""
    calls = {sample.call for sample in documents}
    fields = {name for sample in documents for name in sample.fields}
    assert SENT.keys() <= calls
    assert {call for call, _ in OTHERWISE} - {"*"} <= calls
    assert {name for _, name in OTHERWISE} <= fields
    assert not [sample.id for sample in documents if isinstance(sample.body, dict) and "?" in sample.body]
