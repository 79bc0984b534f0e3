"""A whole world, made through rules and HTTP as its people would: a company at work with its members, its team, tasks
in many states, money on its way; and an outsider with a company of their own."""

import base64
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from artel import clock
from artel.app import create_app, wrap
from artel.db.embedded import file_lock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.jobs import document_loops
from artel.sandbox.company_terms import enter_company_terms, enter_platform
from artel.settings import Settings
from artel.tasks.jobs import pass_due_deadlines, settle_due
from tests import cast, databases
from tests.api.main_job import SETTINGS, MainJob, open_company
from tests.cast import Someone

SECRET = "a secret of the world's tests, long enough"
CARD = {
    "number": "5555 5555 5555 4444",
    "expires": "12/40",
    "holder": "VERA EXAMPLE",
    "country": "DE",
    "currency": "EUR",
}
WALLET = {"number": "+7 916 123-45-67", "currency": "RUB"}
# Each a state to bring a task to, by the steps that lead there; a name that comes with a number leads the same way.
STEPS: dict[str, list[str]] = {
    "draft": [],
    "new": [],
    "in_work": ["2"],
    "late": ["2"],
    "result": ["2", "3"],
    "for_payment": ["2", "3", "accept"],
    "finished": ["2", "3", "accept", "pay"],
    "paid_out": ["2", "3", "accept", "pay"],
    "disputed": ["2", "3", "dispute"],
    "proposed": ["2", "changes"],
}
# Steps that name the task in their path.
BODIES: dict[str, dict[str, Any]] = {
    "dispute": {"reason": "Aurora was shown all of it"},
    "changes": {"price": "9123.45", "title": "Aurora asks for more"},
}
TASKS = ["draft", "new", "new 2", "new 3", "new 4", "in_work", "late", "result", "result 2", "for_payment", "finished"]
TASKS += ["for_payment 2", "finished 2", "paid_out", "draft 2", "in_work 2", "result 3", "disputed"]
TASKS += ["proposed", "proposed 2", "proposed 3"]


class Named(msgspec.Struct):
    """Something that a call may name by its id or its uuid."""

    id: int
    uuid: str


class World(msgspec.Struct):
    """Ids of different kinds are never equal here, so that any number of the company's can be told in a reply."""

    company_id: int
    members: dict[str, Someone]  # by role
    freelancer: Someone
    outsider: Someone
    team: dict[str, Named]  # busy: works; idle: has no tasks; invited: has not registered
    emails: dict[str, str]
    phone: str  # the busy one's
    tasks: dict[str, Named]
    endpoints: dict[str, Named]  # account, card, wallet
    groups: list[int]
    own_organisation: str  # the company in the advertising law's books
    organisation: str  # a customer of the advertising law
    contract: str  # that customer's, with the company
    agreement_uuid: str
    acceptance_file_id: int  # of the company, asked for by the task "new 4"
    file_id: int  # of the task "in_work", which has a message too
    delivery_id: int  # of an event to the company's web hook

    @property
    def owner(self) -> Someone:
        return self.members["owner"]


def world_settings(shared_folder: Path, database_url: str) -> Settings:
    return Settings(home=shared_folder / "world", database_url=database_url, secret=SECRET, sandbox=True)


async def world_template(server_url: str, template: str, shared_folder: Path) -> tuple[str, World]:
    """The database that holds the world, to be cloned, and what is in it; made by whichever process comes first."""
    marker = shared_folder / "world.json"
    with file_lock(shared_folder / "world.lock"):
        if not marker.exists():
            name = f"artel_world_{uuid.uuid4().hex[:12]}"
            with psycopg.connect(server_url, autocommit=True) as conn:
                conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            settings = world_settings(shared_folder, databases.with_database(server_url, name))
            async with open_world(settings) as (http, database):
                world = await make_world(http, database, settings)
            marker.write_bytes(msgspec.json.encode((name, world)))
    return msgspec.json.decode(marker.read_bytes(), type=tuple[str, World])


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    database = Database(settings.database_url)
    await database.open()
    try:
        transport = httpx.ASGITransport(app=wrap(create_app(settings, database)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://artel.test/api", timeout=60) as http:
            yield http, database
    finally:
        await database.close()


async def make_world(http: httpx.AsyncClient, database: Database, settings: Settings) -> World:
    now = clock.now()
    async with database.connection() as conn:
        await spread_ids(conn)
        company_id = await open_company(conn, SETTINGS["EUR"], escrow="on_task_create", money="500000")
        job = MainJob(http, database, SETTINGS["EUR"])
        await job.sign_in()
        await job.call("POST", "/customer/web-hook", {"status": "enabled", "url": "https://aurora.example/hooks"})
        owner_id = await fetch_value(conn, "SELECT person_id FROM company_member")
        members = {"owner": Someone(owner_id, company_id, job.headers["Authorization"].removeprefix("Bearer "))}
        for role in ("accountant", "manager", "viewer"):
            person = await cast.add_person(conn, f"{role}-of-aurora@aurora.example", now=now)
            await cast.add_member(conn, company_id, person, role, now=now)
            members[role] = await cast.sign_in(conn, settings, person, company_id, now=now)
        team, emails = await make_team(job)
        await pay_taxes_in_russia(conn, team["idle"].id)
        world = World(
            company_id=company_id,
            members=members,
            freelancer=await cast.sign_in(conn, settings, team["busy"].id, None, now=now),
            outsider=await make_outsider(conn, http, database, settings),
            team=team,
            emails=emails,
            phone=job.setting.phone,
            tasks={},
            endpoints={},
            groups=[],
            own_organisation="",
            organisation=str(uuid.uuid4()),
            contract=str(uuid.uuid4()),
            agreement_uuid=str(await fetch_value(conn, "SELECT uuid FROM agreement_template")),
            acceptance_file_id=await offer_document(job),
            file_id=0,
            delivery_id=0,
        )
        await enter_advertising(conn, job, world)
        for name, kind, typed, more in (
            ("account", "bank-accounts", job.setting.account, {"bankAccountType": job.setting.account_type}),
            ("card", "cards", CARD, {}),
            ("wallet", "wallets", WALLET, {"walletType": 2}),
        ):
            endpoint = await job.add_endpoint(kind, typed, **more)
            world.endpoints[name] = Named(endpoint["id"], endpoint["uuid"])
            job.endpoint = endpoint if name == "account" else job.endpoint
        for number, name in enumerate(TASKS):
            more = {"acceptanceFileIds": [world.acceptance_file_id]} if name == "new 4" else {}
            world.tasks[name] = await make_task(conn, job, name, number, more)
        for title in ("Aurora, spring", "Aurora, autumn"):
            world.groups.append((await job.call("POST", "/customer/task-groups", {"title": title}))["groupId"])
        task_id = world.tasks["in_work"].id
        await job.call("POST", "/customer/tasks/messages", {"taskId": task_id, "message": "Aurora asks: how is it?"})
        brief = base64.b64encode(b"Aurora's brief, for the busy one alone").decode()
        await job.call(
            "POST", "/customer/tasks/files", {"taskId": task_id, "type": 5, "file": brief, "name": "aurora-brief.txt"}
        )
        world.file_id = await fetch_value(conn, "SELECT max(id) FROM file")
        world.delivery_id = await fetch_value(conn, "SELECT max(id) FROM web_hook_delivery")
        await job.call("POST", "/customer/documents/invoices", {"amount": "4711.37"})
    for loop in document_loops(settings):
        await loop.claim_and_run(database, clock.now())
    return world


async def spread_ids(conn: Connection) -> None:
    """Each table counts in a range of its own."""
    await conn.execute(
        """
        SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 71000000 + place * 10000)
        FROM (
            SELECT schemaname, sequencename, row_number() OVER (ORDER BY sequencename) AS place
            FROM pg_sequences
            WHERE schemaname = 'public'
        ) AS sequences
        """
    )


async def pay_taxes_in_russia(conn: Connection, freelancer_id: int) -> None:
    """Tax statuses are for such freelancers alone."""
    await conn.execute(
        """
        UPDATE tax_info
        SET residence_country = 'RU', type = 'INN', tax_number = '709849850606'
        WHERE person_id = %(freelancer)s
        """,
        {"freelancer": freelancer_id},
    )


async def make_team(job: MainJob) -> tuple[dict[str, Named], dict[str, str]]:
    """The busy one is left as the job's freelancer."""
    await job.invite()
    await job.freelancer_registers()
    busy = job.freelancer
    team, emails = {"busy": Named(busy["freelancerId"], busy["uuid"])}, {"busy": "vera@vera.example"}
    for name in ("idle", "invited"):
        emails[name] = f"{name}@team.example"
        job.freelancer = await job.call(
            "POST", "/customer/freelancers", {"email": emails[name], "firstName": name.capitalize(), "country": "GB"}
        )
        team[name] = Named(job.freelancer["freelancerId"], job.freelancer["uuid"])
        if name == "idle":
            await job.freelancer_registers()
    job.freelancer = busy
    return team, emails


async def enter_advertising(conn: Connection, job: MainJob, world: World) -> None:
    """The company is known to the advertising law, and has a customer and a contract with it. It can insure tasks."""
    async with conn.transaction():
        await enter_platform(conn, now=clock.now())
        await enter_company_terms(conn, world.company_id, "EUR", now=clock.now())
    world.own_organisation = (await job.call("GET", "/customer/ord/company-data"))["organisation"]["uuid"]
    customer = {"externalOrganisationId": world.organisation, "fullOpf": "Aurora's customer", "inn": "9901000034"}
    await job.call("POST", "/customer/ord/organization", customer)
    contract = {
        "externalContractId": world.contract,
        "externalOrganisationCustomerId": world.organisation,
        "externalOrganisationPerformerId": world.own_organisation,
        "contractNumber": "aurora-contract-1",
        "contractDate": "11.01.2020",
    }
    await job.call("POST", "/customer/ord/contract", contract)


async def offer_document(job: MainJob) -> int:
    """A document that the company's tasks can ask to be signed."""
    body = {
        "title": "Тайны Aurora",
        "titleEn": "Aurora's secrets",
        "file": base64.b64encode(b"Aurora's secrets stay secret").decode(),
        "name": "aurora-secrets.txt",
    }
    return int((await job.call("POST", "/customer/acceptance-files", body))["id"])


async def make_task(conn: Connection, job: MainJob, name: str, number: int, more: dict[str, Any]) -> Named:
    """A task whose figures and words are nobody else's."""
    kind = name.partition(" ")[0]
    more = {**more, "createType": "draft"} if kind == "draft" else more
    if kind == "late":
        more["deadline"] = (clock.now() + timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
    await job.create_task(
        f"{7391 + 13 * number}.37",
        uuid=str(uuid.uuid4()),
        externalId=f"order of aurora {number}",
        title=f"Aurora task {number}: {kind}",
        description=f"Known to aurora alone, {number}",
        **more,
    )
    for step in STEPS[kind]:
        if step.isdigit():
            await job.freelancer_works(int(step))
        elif step in BODIES:
            await job.call("POST", f"/customer/tasks/{job.task_uuid}/{step}", BODIES[step])
        else:
            await job.take(step)
    if "pay" in STEPS[kind]:
        await settle_due(job.database, clock.now())
    if kind == "paid_out":
        await job.pay_out()
    if kind == "late":
        await pass_due_deadlines(job.database, clock.now() + timedelta(hours=1))
    task_id = await fetch_value(conn, "SELECT id FROM task WHERE uuid = %(uuid)s", {"uuid": job.task_uuid})
    return Named(task_id, job.task_uuid)


async def make_outsider(conn: Connection, http: httpx.AsyncClient, database: Database, settings: Settings) -> Someone:
    """The owner of another company, which has money, and a freelancer of its own."""
    now = clock.now()
    company_id = await cast.add_company(conn, "Far Away Ltd", "EUR", now=now)
    person = await cast.add_person(conn, "outsider@far.example", now=now)
    await cast.add_member(conn, company_id, person, "owner", now=now)
    outsider = await cast.sign_in(conn, settings, person, company_id, now=now)
    job = MainJob(http, database, SETTINGS["EUR"])
    job.headers = outsider.headers
    await job.call("POST", f"{job.host}/sandbox/top-up", {"companyId": company_id, "amount": 50_000})
    job.freelancer = await job.call("POST", "/customer/freelancers", {"email": "far@far.example", "country": "GB"})
    await job.freelancer_registers()
    return outsider
