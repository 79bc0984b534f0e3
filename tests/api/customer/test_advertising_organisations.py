"""Operations 73-75: customers of the advertising law."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.lookups.rules import LoadedCounts
from tests.advertising.cast import KINDS, ORGANISATION, Books, enter_company, organisation
from tests.api.conftest import Hire
from tests.cast import Someone

# A value that the field cannot have, in any kind.
WRONG: dict[str, list[Any]] = {
    "fullOpf": ["x" * 501, "a\nb", 5],
    "fio": ["x" * 501, "a\0b"],
    "inn": ["11111111", "9901000035", "990100001554", "x", "12345678901234567890" * 3],
    "ogrn": ["123132", "1229900000022", "322990000000040"],
    "ogrnip": ["322990000000041", "1229900000021"],
    "kpp": ["12", "99010100Я"],
    "registrationNumber": ["-", "x" * 51, "a;b"],
    "taxId": ["-", "DE136695978", "x" * 51],
    "phoneNumber": ["12", "no phone", "x" * 51],
    "paymentNumber": ["-", "x" * 51],
    "regionNumber": ["12000", "999", "DE", "-276", "²", ""],
}
UNUSED = {
    "LEGAL_TYPE_LEGAL": ["fio", "ogrnip"],
    "LEGAL_TYPE_INDIVIDUAL": ["fullOpf", "ogrn", "kpp", "ogrnip"],
    "LEGAL_TYPE_ENTREPRENEUR": ["fullOpf", "ogrn", "kpp"],
    "LEGAL_TYPE_FOREIGN_LEGAL": ["fio", "inn", "ogrn", "kpp", "ogrnip"],
    "LEGAL_TYPE_FOREIGN_INDIVIDUAL": ["fullOpf", "inn", "ogrn", "kpp", "ogrnip"],
    "LEGAL_TYPE_FOREIGN_ENTREPRENEUR": ["fullOpf", "inn", "ogrn", "kpp", "ogrnip"],
}
VALUES = {name: value for required, optional in KINDS.values() for name, value in {**required, **optional}.items()}


@pytest.fixture
def books(client: httpx.AsyncClient, owner: Someone, reference: LoadedCounts) -> Books:
    return Books(client, owner)


async def count(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM advertising_organisation"))


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_with_all_it_has(books: Books, kind: str) -> None:
    required, optional = KINDS[kind]
    given = await books.add_organisation(kind, **optional)
    shown = (await books.get(f"{ORGANISATION}/{given}")).json()
    data = shown["data"]
    assert (shown["uuid"], shown["type"], shown["isPrimary"]) == (given, "organisation", False)
    assert shown["title"] == required.get("fullOpf", required.get("fio"))
    assert (data["externalOrganisationId"], data["legalType"]) == (given, kind)
    for name, value in {**required, **optional}.items():
        digits = "".join(sign for sign in value if sign.isdigit())
        expected = {"phoneNumber": digits, "regionNumber": value.lstrip("0")}.get(name, value)
        assert data[name] == expected, name


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_with_each_field_missing(books: Books, conn: Connection, kind: str) -> None:
    for name in KINDS[kind][0]:
        for nothing in (..., None, "", "  "):
            reply = await books.post(ORGANISATION, organisation(kind, **{name: nothing}))
            assert (reply.status_code, list(reply.json())) == (422, [name]), (name, reply.text)
    assert await count(conn) == 0
    await books.add_organisation(kind)  # what is optional may be missing


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_with_each_field_wrong(books: Books, conn: Connection, kind: str) -> None:
    required, optional = KINDS[kind]
    for name in {**required, **optional}:
        for value in WRONG[name]:
            if value == "" and name in optional:
                continue
            if name == "taxId" and value.startswith("DE1") and not kind.startswith("LEGAL_TYPE_FOREIGN"):
                continue
            reply = await books.post(ORGANISATION, organisation(kind, **{name: value}))
            assert reply.status_code == 422, (name, value, reply.text)
            assert list(reply.json()) == [name], (name, value, reply.text)
    assert await count(conn) == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_with_each_field_of_another(books: Books, conn: Connection, kind: str) -> None:
    for name in UNUSED[kind]:
        reply = await books.post(ORGANISATION, organisation(kind, **{name: VALUES[name]}))
        assert (reply.status_code, list(reply.json())) == (422, [name]), (name, reply.text)
        assert "legal type" in reply.json()[name]
    assert await count(conn) == 0


async def test_an_inn_is_of_its_kind(books: Books) -> None:
    reply = await books.post(ORGANISATION, organisation(inn="990100001553"))
    assert reply.json() == {"inn": "An INN of 10 digits is expected: check them."}
    reply = await books.post(ORGANISATION, organisation("LEGAL_TYPE_INDIVIDUAL", inn="9901000034"))
    assert reply.json() == {"inn": "An INN of 12 digits is expected: check them."}


async def test_a_foreign_one_is_not_of_russia(books: Books) -> None:
    reply = await books.post(ORGANISATION, organisation("LEGAL_TYPE_FOREIGN_ENTREPRENEUR", regionNumber=643))
    assert (reply.status_code, list(reply.json())) == (422, ["regionNumber"])


@pytest.mark.parametrize("kind", ["LEGAL_TYPE_INVALID", "legal", "LEGAL", "LEGAL_TYPE_", "LEGAL_TYPE_legal", 5])
async def test_no_such_kind(books: Books, kind: Any) -> None:
    body = {**organisation(), "legalType": kind}
    reply = await books.post(ORGANISATION, body)
    assert (reply.status_code, list(reply.json())) == (422, ["legalType"])


async def test_the_documents_example(books: Books) -> None:
    """S, with its ids replaced: no legal type is given, and the code of the region is Algeria's."""
    body = {
        "externalOrganisationId": str(uuid.uuid4()),
        "fullOpf": "Название",
        "inn": "9901000034",
        "ogrn": "1229900000021",
        "regionNumber": "12",
    }
    reply = await books.post(ORGANISATION, body)
    assert (reply.status_code, reply.json()) == (200, [])
    shown = (await books.get(f"{ORGANISATION}/{body['externalOrganisationId']}")).json()
    assert shown == {
        "uuid": body["externalOrganisationId"],
        "title": "Название",
        "type": "organisation",
        "isPrimary": False,
        "data": {
            "externalOrganisationId": body["externalOrganisationId"],
            "inn": "9901000034",
            "kpp": "",
            "isOpc": False,
            "isPp": False,
            "fio": "",
            "fullOpf": "Название",
            "individualAccountDescription": "",
            "legalAddress": {"address": "", "locality": "", "postcode": ""},
            "legalType": "LEGAL_TYPE_LEGAL",
            "ogrn": "1229900000021",
            "ogrnip": "0",
            "paymentNumber": "",
            "phoneNumber": "",
            "platforms": [],
            "postAddress": None,
            "regionNumber": "12",
            "registrationNumber": "",
            "shortOpf": "",
            "taxId": "",
            "trustedPerson": "",
            "violationDescription": "",
        },
    }


async def test_what_was_read_can_be_sent_back(books: Books) -> None:
    """A number that is not there is read as "0", and is no number when it comes back."""
    given = await books.add_organisation()
    data = (await books.get(f"{ORGANISATION}/{given}")).json()["data"]
    sent = {name: data[name] for name in (*VALUES, "legalType")}
    reply = await books.post(ORGANISATION, {**sent, "externalOrganisationId": str(uuid.uuid4())})
    assert reply.json() == {"inn": "A customer with this number exists already."}


async def test_a_card_is_kept_by_its_first_and_last_digits(books: Books, conn: Connection) -> None:
    given = await books.add_organisation("LEGAL_TYPE_FOREIGN_INDIVIDUAL", paymentNumber="5555 5555 5555 4444")
    data = (await books.get(f"{ORGANISATION}/{given}")).json()["data"]
    assert data["paymentNumber"] == "555555******4444"
    assert await fetch_value(conn, "SELECT payment_number FROM advertising_organisation") == "555555******4444"


async def test_known_once(books: Books, conn: Connection) -> None:
    """By the uuid, and by the number within its kind: a person may be an individual and an entrepreneur."""
    given = await books.add_organisation()
    again = organisation("LEGAL_TYPE_INDIVIDUAL", externalOrganisationId=given)
    assert list((await books.post(ORGANISATION, again)).json()) == ["externalOrganisationId"]
    assert list((await books.post(ORGANISATION, organisation())).json()) == ["inn"]
    await books.add_organisation("LEGAL_TYPE_INDIVIDUAL")
    await books.add_organisation("LEGAL_TYPE_ENTREPRENEUR", inn=KINDS["LEGAL_TYPE_INDIVIDUAL"][0]["inn"])
    await books.add_organisation("LEGAL_TYPE_FOREIGN_LEGAL")
    foreign = "LEGAL_TYPE_FOREIGN_LEGAL"
    reply = await books.post(ORGANISATION, organisation(foreign, taxId="DE129274202"))
    assert list(reply.json()) == ["registrationNumber"]
    reply = await books.post(ORGANISATION, organisation(foreign, registrationNumber="HRB 2"))
    assert list(reply.json()) == ["taxId"]
    # The same register's number in another country is another organisation's.
    await books.add_organisation(foreign, regionNumber="533")
    assert await count(conn) == 5


async def test_many_at_once(books: Books, conn: Connection) -> None:
    """One organisation sixteen times, by its number and by its uuid: one is there, the rest are told."""
    for body in (organisation, lambda: organisation("LEGAL_TYPE_FOREIGN_LEGAL")):
        replies = await asyncio.gather(*(books.post(ORGANISATION, body()) for _ in range(16)))
        assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 15}
    same = str(uuid.uuid4())
    entrepreneur = "LEGAL_TYPE_FOREIGN_ENTREPRENEUR"
    bodies = [organisation(entrepreneur, externalOrganisationId=same, fio=f"Max {n}") for n in range(16)]
    replies = await asyncio.gather(*(books.post(ORGANISATION, body) for body in bodies))
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 15}
    assert {name for reply in replies if reply.status_code == 422 for name in reply.json()} == {
        "externalOrganisationId"
    }
    assert await count(conn) == 3
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'advertising.organisation_added'") == 3


async def test_the_list(books: Books, conn: Connection, company_id: int) -> None:
    """The newest first; the company's own record, which the operator entered, is the primary one."""
    reply = await books.get(ORGANISATION)
    assert reply.json() == {
        "items": [],
        "pagination": {"count": 0, "total": 0, "perPage": 20, "page": 1, "pages": 1},
    }
    await enter_company(conn, company_id)
    first, second = await books.two_organisations()
    reply = await books.get(ORGANISATION)
    assert [item["uuid"] for item in reply.json()["items"]][:2] == [second, first]
    assert [item["isPrimary"] for item in reply.json()["items"]] == [False, False, True]
    assert reply.json()["items"][1] == {
        "uuid": first,
        "title": "ООО «Северное сияние»",
        "type": "organisation",
        "isPrimary": False,
    }
    reply = await books.get(f"{ORGANISATION}?page=2&size=2")
    assert reply.json()["pagination"] == {"count": 1, "total": 3, "perPage": 2, "page": 2, "pages": 2}
    assert (await books.get(f"{ORGANISATION}?size=x")).status_code == 422


async def test_who_may(
    books: Books, client: httpx.AsyncClient, conn: Connection, hire: Hire, viewer: Someone, outsider: Someone
) -> None:
    given = await books.add_organisation()
    seen = Books(client, viewer)
    assert (await seen.get(f"{ORGANISATION}/{given}")).status_code == 200
    assert (await seen.post(ORGANISATION, organisation("LEGAL_TYPE_INDIVIDUAL"))).status_code == 403
    assert (await Books(client, await hire("accountant")).post(ORGANISATION, organisation())).status_code == 403
    manager = Books(client, await hire("manager"))
    assert (await manager.post(ORGANISATION, organisation("LEGAL_TYPE_INDIVIDUAL"))).status_code == 200
    theirs = Books(client, outsider)
    assert (await theirs.get(ORGANISATION)).json()["items"] == []
    reply = await theirs.get(f"{ORGANISATION}/{given}")
    assert (reply.status_code, reply.json()["error"]) == (404, "Not found.")
    # Another company's books are its own: neither uuid nor number is taken there.
    await theirs.add_organisation(externalOrganisationId=given)
    assert await count(conn) == 3


@pytest.mark.parametrize("path", ["b0ba6f0e-5a4f-4c8a-9a55-3a2f0b1d7c11", "1", "none"])
async def test_not_there(books: Books, path: str) -> None:
    assert (await books.get(f"{ORGANISATION}/{path}")).status_code == 404


@pytest.mark.parametrize("value", [..., None, "", "1", "1as7ac19-5y33-4a3a-94b3-b4a26374de4d", 5])
async def test_a_uuid_is_needed(books: Books, value: Any) -> None:
    reply = await books.post(ORGANISATION, organisation(externalOrganisationId=value))
    assert (reply.status_code, list(reply.json())) == (422, ["externalOrganisationId"])


async def test_in_russian(client: httpx.AsyncClient, owner: Someone, reference: LoadedCounts) -> None:
    await client.put("/profile/language", headers=owner.headers, json={"language": "RU"})
    reply = await Books(client, owner).post(ORGANISATION, organisation(inn="11111111"))
    assert reply.json() == {"inn": "Ожидается ИНН из 10 цифр: проверьте их."}


async def test_once_for_a_key(books: Books, conn: Connection) -> None:
    body = organisation()
    headers = {**books.headers, "Idempotency-Key": "add the customer"}
    for _ in range(2):
        reply = await books.client.post(ORGANISATION, headers=headers, json=body)
        assert (reply.status_code, reply.json()) == (200, [])
    assert await count(conn) == 1
