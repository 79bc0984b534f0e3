"""advData of a new task, and operation 79: whose advertising a task is, and what is production."""

import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.freelancers.papers import Agreement, publish_agreement, sign_agreement
from artel.tasks.machine import State
from artel.tasks.queries import access_task
from tests.advertising.cast import Books, contract, enter_company
from tests.api.customer.test_task_creation import body, create
from tests.cast import Someone
from tests.tasks.cast import Desk

ADVERTISING = 22
TASKS = "/customer/tasks"
SUMMARY = "/customer/ord/task-summary"


@pytest.fixture
def books(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> Books:
    return Books(client, owner)


@pytest.fixture
async def contracts(books: Books) -> list[str]:
    """Three end contracts of the company."""
    customer, performer = await books.two_organisations()
    return [await books.add_contract(customer, performer, contractNumber=f"N-{number}") for number in range(3)]


def adv_data(*parts: tuple[str, Any]) -> dict[str, Any]:
    """A sum of `...` is left out."""
    return {
        "endContracts": [{"uuid": given, "sum": part} if part is not ... else {"uuid": given} for given, part in parts]
    }


async def show(books: Books, task_uuid: str) -> dict[str, Any]:
    return dict((await books.get(f"{TASKS}/{task_uuid}")).json())


@pytest.mark.parametrize(
    ("sums", "production"), [((300, 450, 500), 250), ((300, 450, 750), 0), (("0.01", 1, 1.5), 1497.49)]
)
async def test_what_the_contracts_leave_is_production(
    client: httpx.AsyncClient,
    owner: Someone,
    desk: Desk,
    books: Books,
    contracts: list[str],
    sums: Any,
    production: float,
) -> None:
    """M's example: 1,500 in three contracts. The order is the request's."""
    given = list(zip(reversed(contracts), sums, strict=True))
    reply = await create(client, owner, desk, price=1500, advData=adv_data(*given))
    assert reply.status_code == 200, reply.text
    shown = await show(books, reply.json()["uuid"])
    assert shown["advData"] == {
        "endContracts": [{"uuid": one, "sum": float(part)} for one, part in given],
        "production": production,
    }
    [listed] = (await books.get(TASKS)).json()["items"]
    assert listed["advData"] == shown["advData"]
    # What the contracts say changes nothing of what the task costs.
    assert (shown["price"], shown["fullPriceWithVAT"]) == (1500, 1980)


async def test_over_the_price(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, contracts: list[str]
) -> None:
    over = adv_data((contracts[0], 1000), (contracts[1], "500.01"))
    for more in ({}, {"validateOnly": True}, {"createType": "draft"}):
        reply = await create(client, owner, desk, price=1500, advData=over, **more)
        assert (reply.status_code, reply.json()) == (
            422,
            {"advData": "The contracts' sums are 1500.01 together, more than the price of 1500."},
        )
    reply = await create(client, owner, desk, price=100, advData=adv_data((contracts[0], 100.01)))
    assert (reply.status_code, list(reply.json())) == (422, ["advData"])
    assert await fetch_value(conn, "SELECT (count(*), (SELECT count(*) FROM task_contract))::text FROM task") == "(0,0)"


async def test_one_contract_needs_no_sum(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, books: Books, contracts: list[str]
) -> None:
    for part, shown in ((..., {"sum": None, "production": 0}), (None, {"sum": None, "production": 0}), (40, None)):
        reply = await create(client, owner, desk, price=100, advData=adv_data((contracts[0], part)))
        found = (await show(books, reply.json()["uuid"]))["advData"]
        expected = shown or {"sum": 40, "production": 60}
        assert found["endContracts"] == [{"uuid": contracts[0], "sum": expected["sum"]}]
        assert found["production"] == expected["production"]


async def test_refused(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk, contracts: list[str]
) -> None:
    theirs = Books(client, outsider)
    foreign = await theirs.add_contract(*await theirs.two_organisations())
    one, two, _ = contracts
    for wrong in (
        adv_data((one, ...), (two, 1)),
        adv_data((one, 1), (two, None)),
        adv_data((one, 1), (one, 1)),
        adv_data((one, 0)),
        adv_data((one, -1)),
        adv_data((one, 1.001)),
        adv_data((one, "NaN")),
        adv_data((one, "1e400")),
        adv_data((foreign, 1)),
        adv_data((str(uuid.uuid4()), 1)),
        adv_data(*((str(uuid.uuid4()), "0.01") for _ in range(101))),
        adv_data(("mine", 1)),
        adv_data((one, "much")),
        {"endContracts": one},
        {"endContracts": [one]},
        "none",
    ):
        for more in ({}, {"validateOnly": True}):
            reply = await create(client, owner, desk, advData=wrong, **more)
            assert reply.status_code == 422, (wrong, reply.text)
            assert [name.split(".")[0] for name in reply.json()] == ["advData"], (wrong, reply.text)
    assert await fetch_value(conn, "SELECT count(*) FROM task") == 0


@pytest.mark.parametrize("nothing", [..., None, {}, {"endContracts": []}])
async def test_what_the_law_asks_for(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, contracts: list[str], nothing: Any
) -> None:
    """A company of Russia that buys advertising names a contract; another service, or another company, need not."""
    assert (await create(client, owner, desk, categoryId=ADVERTISING, advData=nothing)).status_code == 200
    await conn.execute("UPDATE company SET country = 'RU'")
    assert (await create(client, owner, desk, advData=nothing)).status_code == 200
    for more in ({}, {"validateOnly": True}, {"createType": "draft"}):
        reply = await create(client, owner, desk, categoryId=ADVERTISING, advData=nothing, **more)
        assert (reply.status_code, reply.json()) == (
            422,
            {"advData": "This service is advertising: name the contracts it is for."},
        )
    reply = await create(client, owner, desk, categoryId=ADVERTISING, advData=adv_data((contracts[0], ...)))
    assert reply.status_code == 200


async def test_validate_only(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, contracts: list[str]
) -> None:
    reply = await create(client, owner, desk, advData=adv_data((contracts[0], 10)), validateOnly=True)
    assert (reply.status_code, reply.json()["total"]) == (200, 165)
    assert await fetch_value(conn, "SELECT count(*) FROM task_contract") == 0


async def test_a_draft_is_looked_at_again(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, books: Books, contracts: list[str]
) -> None:
    """Its price may have become less than its contracts are, and its service one of advertising."""
    given = adv_data((contracts[0], 60), (contracts[1], 40))
    task = (await create(client, owner, desk, price=100, createType="draft", advData=given)).json()
    assert (await show(books, task["uuid"]))["advData"]["production"] == 0
    await conn.execute("UPDATE task SET worker_price = 99.99")
    reply = await books.post(f"{TASKS}/publish-draft", task)
    assert (reply.status_code, list(reply.json())) == (422, ["advData"])
    await conn.execute("UPDATE task SET worker_price = 100")
    assert (await books.post(f"{TASKS}/publish-draft", task)).json() == task
    other = (await create(client, owner, desk, categoryId=ADVERTISING, createType="draft")).json()
    await conn.execute("UPDATE company SET country = 'RU'")
    reply = await books.post(f"{TASKS}/publish-draft", other)
    assert (reply.status_code, list(reply.json())) == (422, ["advData"])


async def test_a_new_price_is_no_less_than_the_contracts(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, books: Books, contracts: list[str]
) -> None:
    given = adv_data((contracts[0], 60), (contracts[1], 40))
    task = (await create(client, owner, desk, price=150, advData=given)).json()["uuid"]
    for path in ("", "/changes"):
        send = client.post if path else client.patch
        reply = await send(f"{TASKS}/{task}{path}", headers=owner.headers, json={"price": 99.99})
        assert (reply.status_code, list(reply.json())) == (422, ["advData"]), path
    reply = await client.patch(f"{TASKS}/{task}", headers=owner.headers, json={"price": 100})
    assert reply.status_code == 200
    shown = await show(books, task)
    assert (shown["price"], shown["advData"]["production"]) == (100, 0)


async def test_sums_are_in_the_currency_of_the_price(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, books: Books, contracts: list[str]
) -> None:
    """The worker's: 1,000 roubles are some twelve euros, and the contracts' parts are roubles too."""
    given = adv_data((contracts[0], 600), (contracts[1], 300))
    reply = await create(client, owner, desk, price=1000, workerCurrency="RUB", advData=given)
    shown = await show(books, reply.json()["uuid"])
    assert (shown["advData"]["production"], shown["workerCurrency"]["currency"]) == (100, "RUB")
    assert shown["price"] < 20


async def test_the_summary(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, books: Books, company_id: int
) -> None:
    """As S shows it: the contract with the platform and a customer's contract with the company, 4,000 and 200."""
    await enter_company(conn, company_id)
    own = await books.own()
    primary, company = own["contract"]["uuid"], own["organisation"]["uuid"]
    customer = await books.add_organisation()
    ends = [
        (primary, 4000),
        (
            await books.add_contract(
                customer,
                company,
                contractNumber="продв.реш.123",
                contractDate="2023-06-03",
                subjectType="SUBJECT_TYPE_INTERMEDIARY",
                actionType="ACTION_TYPE_OTHER",
                withNds=True,
            ),
            200,
        ),
    ]
    reply = await create(client, owner, desk, price=4200, advData=adv_data(*ends))
    task_uuid = reply.json()["uuid"]
    found = (await books.get(f"{SUMMARY}/{task_uuid}")).json()
    assert list(found) == ["endContract", "endContracts", "customerContract", "workerAgreement"]
    first, second = found["endContracts"]
    assert [(one["uuid"], one["contractSum"]) for one in found["endContracts"]] == ends
    assert found["endContract"] == {**first, "contractSum": None}
    assert found["customerContract"] == {**first, "contractSum": None}
    party = second.pop("customer")
    assert second.pop("performer") == first["customer"]
    assert first["performer"]["title"] == "ООО «Платформа-образец»"
    assert party == {
        "uuid": customer,
        "title": "ООО «Северное сияние»",
        "type": "organisation",
        **(await books.get(f"/customer/ord/organization/{customer}")).json()["data"],
    }
    assert second == {
        "uuid": ends[1][0],
        "title": "продв.реш.123 (2023-06-03)",
        "type": "contract",
        "contractSum": 200,
        "actionType": "ACTION_TYPE_OTHER",
        "additionalContractNumber": "",
        "additionalContractNumberDate": "",
        "contractDate": "2023-06-03",
        "contractNumber": "продв.реш.123",
        "contractType": "CONTRACT_TYPE_SERVICE",
        "externalContractId": ends[1][0],
        "externalOrganisationCustomerId": customer,
        "externalOrganisationPerformerId": company,
        "externalParentId": "",
        "isCreativeReporter": False,
        "price": "",
        "subjectType": "SUBJECT_TYPE_INTERMEDIARY",
        "withNds": True,
    }
    assert found["workerAgreement"] == {
        "customerName": "ООО «Платформа-образец»",
        "customerTaxValue": "9901000027",
        "customerPhone": "74950000000",
        "performerName": "Nora Example",
        "performerPhone": "4930123456",
        "performerCountry": "RU",
        "performerTaxValue": "709849850606",
        "contractNumber": "",
        "contractDate": "",
        "sum": 4200,
        "currency": {"currency": "EUR", "id": 3},
    }
    async with conn.transaction():
        offer = Agreement(title_ru="Договор", title_en="Agreement", text_ru="Текст", text_en="Text")
        template = await publish_agreement(conn, offer, actor_id=None, now=desk.now)
        await sign_agreement(conn, desk.freelancer_id, template_uuid=template, actor_id=None, now=desk.now)
    agreement = (await books.get(f"{SUMMARY}/{task_uuid}")).json()["workerAgreement"]
    assert agreement["contractNumber"] == str(desk.freelancer_id)
    assert agreement["contractDate"] == desk.now.date().isoformat()


async def test_a_summary_of_little(books: Books, client: httpx.AsyncClient, desk: Desk, outsider: Someone) -> None:
    """A task without contracts has the freelancer's agreement alone. A stranger's task is not there."""
    task = await desk.task(State.NEW)
    found = (await books.get(f"{SUMMARY}/{task.uuid}")).json()
    assert (found["endContract"], found["endContracts"], found["customerContract"]) == (None, [], None)
    assert (found["workerAgreement"]["customerName"], found["workerAgreement"]["sum"]) == ("", 100)
    assert (await Books(client, outsider).get(f"{SUMMARY}/{task.uuid}")).status_code == 404
    for nothing in (str(uuid.uuid4()), str(task.id), "none"):
        assert (await books.get(f"{SUMMARY}/{nothing}")).status_code == 404


async def test_what_a_freelancer_does_not_share(
    books: Books, conn: Connection, desk: Desk, client: httpx.AsyncClient, owner: Someone
) -> None:
    """Phone and tax number of somebody who has not said yes to the company stay with them."""
    task = await desk.task(State.NEW)
    await conn.execute("UPDATE team_member SET made_profile = false, joined_at = NULL")
    agreement = (await books.get(f"{SUMMARY}/{task.uuid}")).json()["workerAgreement"]
    assert (agreement["performerPhone"], agreement["performerTaxValue"]) == ("", "")


async def test_starting_without_the_laws_data(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, books: Books, contracts: list[str]
) -> None:
    """409 with a code of its own; nothing of it for a task that is no advertising."""
    plain = (await create(client, owner, desk)).json()["uuid"]
    advertising = (await create(client, owner, desk, advData=adv_data((contracts[0], ...)))).json()["uuid"]
    await conn.execute("UPDATE person SET phone = NULL WHERE id = %s", [desk.freelancer_id])
    reply = await client.put(f"{TASKS}/{advertising}", headers=owner.headers, json={"state": 2})
    assert (reply.status_code, reply.json()["code"]) == (409, 17)
    assert (await client.put(f"{TASKS}/{plain}", headers=owner.headers, json={"state": 2})).status_code == 200
    await conn.execute("UPDATE person SET phone = '4930123456' WHERE id = %s", [desk.freelancer_id])
    assert (await client.put(f"{TASKS}/{advertising}", headers=owner.headers, json={"state": 2})).status_code == 200


async def test_the_documents_example(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, contracts: list[str]
) -> None:
    """S, "Создать задачу", with its ids and its deadline replaced."""
    example = {
        "uuid": "123e4567-e89b-12d3-a456-426655440000",
        "copyright": True,
        "needReport": True,
        "title": "string",
        "description": "string",
        "externalId": "string",
        "price": 1000,
        "validateOnly": False,
        "needInsurance": False,
        "compensateWorkerServiceFee": False,
        "compensationType": 1,
        "advData": adv_data(*zip(contracts, (100, 200, 250), strict=True)),
    }
    reply = await client.post(TASKS, headers=owner.headers, json=body(desk, **example))
    assert (reply.status_code, reply.json()) == (200, {"uuid": example["uuid"]})
    task = await access_task(conn, desk.member, uuid=uuid.UUID(str(example["uuid"])))
    sums = await fetch_value(conn, "SELECT sum(sum) FROM task_contract WHERE task_id = %(task)s", {"task": task.id})
    assert (sums, task.price) == (Decimal(550), Decimal(1000))


async def test_contract_of_a_stranger_is_not_told_apart(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    """Another company's contract is answered as one that is not there."""
    theirs = Books(client, outsider)
    parties = await theirs.two_organisations()
    given = contract(*parties)["externalContractId"]
    await theirs.add_contract(*parties, externalContractId=given)
    reply = await create(client, owner, desk, advData=adv_data((given, ...)))
    assert reply.json() == {"advData": f"There is no contract {given}."}
