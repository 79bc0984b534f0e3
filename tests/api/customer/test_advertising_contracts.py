"""Operations 76-78 and 80: contracts of the advertising law, and what the company itself is to it."""

import asyncio
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.lookups.rules import LoadedCounts
from tests.advertising.cast import CONTRACT, ORGANISATION, Books, contract, enter_company
from tests.api.conftest import Hire
from tests.cast import Someone

AGREEMENT = "CONTRACT_TYPE_ADDITIONAL_AGREEMENT"
INTERMEDIARY = "CONTRACT_TYPE_INTERMEDIARY"


@pytest.fixture
def books(client: httpx.AsyncClient, owner: Someone, reference: LoadedCounts) -> Books:
    return Books(client, owner)


@pytest.fixture
async def parties(books: Books) -> tuple[str, str]:
    return await books.two_organisations()


async def count(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM advertising_contract"))


async def test_the_documents_example(books: Books, conn: Connection, parties: tuple[str, str]) -> None:
    """S, with its ids replaced: neither the contract's uuid nor its type is given."""
    customer, performer = parties
    body = {
        "externalOrganisationCustomerId": customer,
        "externalOrganisationPerformerId": performer,
        "contractNumber": "1",
        "contractDate": "11.01.2020",
    }
    reply = await books.post(CONTRACT, body)
    assert (reply.status_code, reply.json()) == (200, [])
    [item] = (await books.get(CONTRACT)).json()["items"]
    made = uuid.UUID(item["uuid"])
    assert item == {"uuid": str(made), "title": "1 (2020-01-11)", "type": "contract", "isPrimary": False}
    shown = (await books.get(f"{CONTRACT}/{made}")).json()
    data = shown.pop("data")
    assert shown == item
    assert data.pop("createdAt") == data.pop("editedAt")
    owner_id = await fetch_value(conn, "SELECT created_by::text FROM advertising_contract")
    assert data == {
        "externalContractId": str(made),
        "contractType": "CONTRACT_TYPE_SERVICE",
        "externalOrganisationCustomerId": customer,
        "externalOrganisationPerformerId": performer,
        "isCreativeReporter": False,
        "actionType": "ACTION_TYPE_INVALID",
        "subjectType": "SUBJECT_TYPE_DISTRIBUTION",
        "contractNumber": "1",
        "contractDate": "2020-01-11",
        "additionalContractNumber": "",
        "additionalContractNumberDate": "",
        "price": "",
        "withNds": False,
        "externalParentId": "",
        "createdBy": {"id": owner_id, "email": "owner@aurora.example", "name": "Example Owner"},
        "editedBy": None,
    }


async def test_all_that_can_be_said(books: Books, parties: tuple[str, str]) -> None:
    main = await books.add_contract(
        *parties,
        contractType=INTERMEDIARY,
        subjectType="SUBJECT_TYPE_REPRESENTATION",
        actionType="ACTION_TYPE_COMMERCIAL",
        contractDate="2022-10-20",
        price="100.5",
        withNds=True,
        isCreativeReporter=True,
    )
    data = (await books.get(f"{CONTRACT}/{main}")).json()["data"]
    assert (data["contractType"], data["subjectType"]) == (INTERMEDIARY, "SUBJECT_TYPE_REPRESENTATION")
    assert (data["actionType"], data["price"]) == ("ACTION_TYPE_COMMERCIAL", "100.50")
    assert (data["withNds"], data["isCreativeReporter"]) == (True, True)
    addition = await books.add_contract(
        *parties,
        contractType=AGREEMENT,
        subjectType="SUBJECT_TYPE_OTHER",
        contractDate="20.10.2022",
        additionalContractNumber="2",
        additionalContractNumberDate="01.02.2023",
        externalParentId=main,
        price=7,
    )
    data = (await books.get(f"{CONTRACT}/{addition}")).json()["data"]
    assert (data["externalParentId"], data["contractType"]) == (main, AGREEMENT)
    assert (data["additionalContractNumber"], data["additionalContractNumberDate"]) == ("2", "2023-02-01")
    assert data["price"] == "7.00"


@pytest.mark.parametrize("subject", ["DISTRIBUTION", "ORGANISATION", "INTERMEDIARY", "REPRESENTATION", "OTHER"])
async def test_every_subject(books: Books, parties: tuple[str, str], subject: str) -> None:
    given = await books.add_contract(*parties, subjectType=f"SUBJECT_TYPE_{subject}")
    assert (await books.get(f"{CONTRACT}/{given}")).json()["data"]["subjectType"] == f"SUBJECT_TYPE_{subject}"


async def test_what_an_intermediary_does(books: Books, parties: tuple[str, str]) -> None:
    """An intermediary's contract says it, or it is something else; so may one whose subject is acting for another."""
    for number, (action, shown) in enumerate(
        {
            "ACTION_TYPE_CONCLUSION": "ACTION_TYPE_CONCLUSION",
            "ACTION_TYPE_DISTRIBUTION": "ACTION_TYPE_DISTRIBUTION",
            "ACTION_TYPE_COMMERCIAL": "ACTION_TYPE_COMMERCIAL",
            "ACTION_TYPE_OTHER": "ACTION_TYPE_OTHER",
            "": "ACTION_TYPE_OTHER",
        }.items()
    ):
        given = await books.add_contract(
            *parties, contractType=INTERMEDIARY, actionType=action, contractNumber=f"I-{number}"
        )
        assert (await books.get(f"{CONTRACT}/{given}")).json()["data"]["actionType"] == shown
    acting = {"subjectType": "SUBJECT_TYPE_INTERMEDIARY", "actionType": "ACTION_TYPE_OTHER"}
    await books.add_contract(*parties, **acting)
    reply = await books.post(
        CONTRACT, contract(*parties, contractType=INTERMEDIARY, actionType="ACTION_TYPE_INVALID", contractNumber="2")
    )
    assert (reply.status_code, list(reply.json())) == (422, ["actionType"])
    reply = await books.post(CONTRACT, contract(*parties, actionType="ACTION_TYPE_OTHER", contractNumber="3"))
    assert (reply.status_code, list(reply.json())) == (422, ["actionType"])


REFUSED: list[tuple[str, Any]] = [
    *[
        (name, nothing)
        for name in ("externalOrganisationCustomerId", "externalOrganisationPerformerId", "contractDate")
        for nothing in (..., None, "", 5, "x")
    ],
    ("externalOrganisationCustomerId", "b0ba6f0e-5a4f-4c8a-9a55-3a2f0b1d7c11"),
    ("externalOrganisationPerformerId", "b0ba6f0e-5a4f-4c8a-9a55-3a2f0b1d7c11"),
    ("externalContractId", "1as7ac19-5y33-4a3a-94b3-b4a26374de4d"),
    ("contractDate", "31.02.2020"),
    ("contractDate", "2020-13-01"),
    ("contractDate", "01/02/2020"),
    ("contractDate", "2999-01-01"),
    ("contractNumber", "x" * 101),
    ("contractNumber", "a\nb"),
    ("contractNumber", 1),
    ("contractType", "CONTRACT_TYPE_INVALID"),
    ("contractType", "CONTRACT_TYPE_BARTER"),
    ("contractType", "service"),
    ("subjectType", "SUBJECT_TYPE_INVALID"),
    ("subjectType", "SUBJECT_TYPE_"),
    ("actionType", "ACTION_TYPE_NONE"),
    ("externalParentId", "none"),
    ("externalParentId", "b0ba6f0e-5a4f-4c8a-9a55-3a2f0b1d7c11"),
    ("additionalContractNumber", "1"),
    ("additionalContractNumberDate", "2023-01-01"),
    ("additionalContractNumberDate", "soon"),
    ("price", -1),
    ("price", "1.001"),
    ("price", "NaN"),
    ("price", "Infinity"),
    ("price", "1e30"),
    ("price", "a lot"),
    ("price", [1]),
    ("withNds", "perhaps"),
    ("isCreativeReporter", 2),
]


async def test_refused_by_name(books: Books, conn: Connection, parties: tuple[str, str]) -> None:
    for name, value in REFUSED:
        reply = await books.post(CONTRACT, contract(*parties, **{name: value}))
        assert (reply.status_code, list(reply.json())) == (422, [name]), (name, value, reply.text)
    reply = await books.post(CONTRACT, contract(parties[0], parties[0]))
    assert list(reply.json()) == ["externalOrganisationPerformerId"]
    assert await count(conn) == 0


async def test_a_contract_of_today(books: Books, parties: tuple[str, str]) -> None:
    """Today is where the day begins first in Russia."""
    last = (clock.now() + timedelta(hours=12)).date()
    await books.add_contract(*parties, contractDate=last.isoformat())
    later = (last + timedelta(days=1)).isoformat()
    reply = await books.post(CONTRACT, contract(*parties, contractDate=later, contractNumber="2"))
    assert reply.json() == {"contractDate": "The date of a contract is not in the future."}


async def test_additional_agreements(books: Books, parties: tuple[str, str]) -> None:
    customer, performer = parties
    third = await books.add_organisation("LEGAL_TYPE_INDIVIDUAL")
    main = await books.add_contract(customer, performer, contractDate="2022-06-01")
    other = await books.add_contract(customer, third)
    turned = await books.add_contract(performer, customer)
    agreement = {"contractType": AGREEMENT, "contractDate": "2022-06-01", "contractNumber": "1"}

    async def refused(field: str, **changes: Any) -> None:
        reply = await books.post(CONTRACT, contract(customer, performer, **{**agreement, **changes}))
        assert (reply.status_code, list(reply.json())) == (422, [field]), (changes, reply.text)

    await refused("externalParentId")
    for wrong in (other, turned):
        await refused("externalParentId", externalParentId=wrong)
    await refused("externalParentId", externalParentId=main, contractDate="2022-05-31")
    early = {"additionalContractNumber": "1", "additionalContractNumberDate": "2022-05-31"}
    await refused("additionalContractNumberDate", externalParentId=main, **early)
    await refused("additionalContractNumberDate", externalParentId=main, additionalContractNumberDate="2999-05-31")
    await refused("contractNumber", externalParentId=main)  # the main contract's own
    first = await books.add_contract(
        customer, performer, **agreement, externalParentId=main, additionalContractNumber="1"
    )
    await refused("externalParentId", externalParentId=first, additionalContractNumber="2")
    await refused("contractNumber", externalParentId=main, additionalContractNumber="1")
    await books.add_contract(customer, performer, **agreement, externalParentId=main, additionalContractNumber="2")


async def test_known_once(books: Books, conn: Connection, parties: tuple[str, str]) -> None:
    """By the uuid, and by the number between the same two parties; contracts without a number are told by the uuid."""
    customer, performer = parties
    given = await books.add_contract(customer, performer)
    reply = await books.post(CONTRACT, contract(customer, performer, externalContractId=given, contractNumber="2"))
    assert list(reply.json()) == ["externalContractId"]
    reply = await books.post(CONTRACT, contract(customer, performer, contractNumber=" 1 "))
    assert list(reply.json()) == ["contractNumber"]
    await books.add_contract(performer, customer)
    for _ in range(2):
        await books.add_contract(customer, performer, contractNumber=...)
    titles = [item["title"] for item in (await books.get(CONTRACT)).json()["items"]]
    assert titles == ["2020-01-11", "2020-01-11", "1 (2020-01-11)", "1 (2020-01-11)"]
    assert await count(conn) == 4


async def test_many_at_once(books: Books, conn: Connection, parties: tuple[str, str]) -> None:
    """One contract sixteen times, by its number and by its uuid: one is there, the rest are told."""
    replies = await asyncio.gather(*(books.post(CONTRACT, contract(*parties)) for _ in range(16)))
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 15}
    assert {name for reply in replies if reply.json() for name in reply.json()} == {"contractNumber"}
    same = str(uuid.uuid4())
    bodies = [contract(*parties, externalContractId=same, contractNumber=f"N-{n}") for n in range(16)]
    replies = await asyncio.gather(*(books.post(CONTRACT, body) for body in bodies))
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 15}
    assert {name for reply in replies if reply.json() for name in reply.json()} == {"externalContractId"}
    assert await count(conn) == 2
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'advertising.contract_added'") == 2


async def test_who_may(
    books: Books,
    client: httpx.AsyncClient,
    conn: Connection,
    hire: Hire,
    viewer: Someone,
    outsider: Someone,
    parties: tuple[str, str],
) -> None:
    given = await books.add_contract(*parties)
    seen = Books(client, viewer)
    assert (await seen.get(f"{CONTRACT}/{given}")).status_code == 200
    assert (await seen.post(CONTRACT, contract(*parties))).status_code == 403
    assert (await Books(client, await hire("accountant")).post(CONTRACT, contract(*parties))).status_code == 403
    assert (
        await Books(client, await hire("manager")).post(CONTRACT, contract(*parties, contractNumber="2"))
    ).status_code == 200
    theirs = Books(client, outsider)
    assert (await theirs.get(CONTRACT)).json()["items"] == []
    assert (await theirs.get(f"{CONTRACT}/{given}")).status_code == 404
    # Another company's organisations are nobody here, and neither is its contract a parent.
    reply = await theirs.post(CONTRACT, contract(*parties))
    assert list(reply.json()) == ["externalOrganisationCustomerId"]
    own = await theirs.two_organisations()
    reply = await theirs.post(CONTRACT, contract(own[0], parties[1]))
    assert list(reply.json()) == ["externalOrganisationPerformerId"]
    reply = await theirs.post(CONTRACT, contract(*own, contractType=AGREEMENT, externalParentId=given))
    assert reply.json() == {"externalParentId": "There is no such contract."}
    await theirs.add_contract(*own, externalContractId=given)
    assert await count(conn) == 3


@pytest.mark.parametrize("path", ["b0ba6f0e-5a4f-4c8a-9a55-3a2f0b1d7c11", "1", "none"])
async def test_not_there(books: Books, path: str) -> None:
    assert (await books.get(f"{CONTRACT}/{path}")).status_code == 404


async def test_company_data(
    books: Books, client: httpx.AsyncClient, conn: Connection, company_id: int, outsider: Someone
) -> None:
    """The company's own record and its contract with the platform; none before the operator has entered them."""
    reply = await books.get("/customer/ord/company-data")
    assert (reply.status_code, reply.json()["code"]) == (404, 404)
    await enter_company(conn, company_id)
    found = await books.own()
    own, primary = found["organisation"], found["contract"]
    assert (own["title"], own["isPrimary"], own["data"]["legalType"]) == (
        "Sample Company GmbH",
        True,
        "LEGAL_TYPE_FOREIGN_LEGAL",
    )
    assert (primary["isPrimary"], primary["data"]["createdBy"]) == (True, None)
    assert primary["data"]["externalOrganisationCustomerId"] == own["uuid"]
    platform = (await books.get(f"{ORGANISATION}/{primary['data']['externalOrganisationPerformerId']}")).json()
    assert (platform["title"], platform["isPrimary"]) == ("ООО «Платформа-образец»", True)
    assert (await books.get(f"{CONTRACT}/{primary['uuid']}")).json() == primary
    listed = (await books.get(CONTRACT)).json()["items"]
    assert [(item["uuid"], item["isPrimary"]) for item in listed] == [(primary["uuid"], True)]
    # An intermediary: its customer's contract is with the company itself, and the platform is a party to none of these.
    customer = await books.add_organisation()
    await books.add_contract(customer, own["uuid"])
    reply = await books.post(CONTRACT, contract(customer, platform["uuid"], contractNumber="2"))
    assert list(reply.json()) == ["externalOrganisationPerformerId"]
    assert (await Books(client, outsider).get("/customer/ord/company-data")).status_code == 404
