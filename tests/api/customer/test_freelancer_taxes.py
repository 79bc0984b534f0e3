"""Operations 35-38: tax data and tax status."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.freelancers.rules import Invitation, invite_freelancer
from artel.freelancers.team import remove_freelancer
from artel.tasks.machine import State
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.freelancers.tax_number_samples import NUMBERS
from tests.tasks.cast import Desk

TAX_INFO = "/customer/freelancers/tax-info"
DOCUMENT = "/customer/freelancers/add-tax-document"
STATUS = "/customer/freelancers/change-taxation-status"
INN = "709849850606"
OTHER_INN = "500100732259"
RUSSIAN = {"taxResidenceCountry": "RU", "type": "INN", "taxNumber": INN}


async def new_freelancer(conn: Connection, owner: Someone, now: datetime, email: str = "lena@lena.example") -> int:
    """Invited and nothing more: the company made the account."""
    assert owner.company_id is not None
    invited = await invite_freelancer(
        conn, Invitation(email=email), company_id=owner.company_id, actor_id=owner.id, now=now
    )
    return invited.freelancer_id


async def uuid_of(conn: Connection, person_id: int) -> str:
    return str(await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": person_id}))


# Tax data.


@pytest.mark.parametrize("as_text", [False, True])
async def test_tax_info_works(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime, as_text: bool
) -> None:
    lena = await new_freelancer(conn, owner, now)
    body = {**RUSSIAN, "freelancerId": str(lena) if as_text else lena, "regNumber": "315774600024875"}
    reply = await client.post(TAX_INFO, json=body, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    known = {**RUSSIAN, "vatNumber": None, "regNumber": "315774600024875"}
    for reference in (lena, await uuid_of(conn, lena)):
        reply = await client.get(f"{TAX_INFO}/{reference}", headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, known)
    # By the uuid, with the id as null, as the documents show it; and replaced.
    german = {"taxResidenceCountry": "de", "type": "IDNR", "taxNumber": "36574261809", "vatNumber": "DE136695976"}
    named = {"freelancerId": None, "freelancerUuid": await uuid_of(conn, lena)}
    reply = await client.post(TAX_INFO, json={**german, **named}, headers=owner.headers)
    assert reply.status_code == 200
    reply = await client.get(f"{TAX_INFO}/{lena}", headers=owner.headers)
    assert reply.json() == {**german, "taxResidenceCountry": "DE", "regNumber": ""}
    actions = await fetch_value(
        conn,
        "SELECT count(*) FROM audit WHERE action = 'freelancer.tax_info_saved' AND subject_id = %(id)s",
        {"id": lena},
    )
    assert actions == 2


async def test_tax_info_of_nobody(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk, now: datetime
) -> None:
    lena = await new_freelancer(conn, owner, now)
    assert (await client.get(f"{TAX_INFO}/{lena}", headers=owner.headers)).status_code == 404  # has none
    for reference in (desk.freelancer_id, 10**18, "nobody"):
        assert (await client.get(f"{TAX_INFO}/{reference}", headers=outsider.headers)).status_code == 404
    for path, more in ((TAX_INFO, RUSSIAN), (DOCUMENT, {"type": "INN", "taxNumber": INN})):
        body = {**more, "freelancerId": desk.freelancer_id}
        assert (await client.post(path, json=body, headers=outsider.headers)).status_code == 404
    # Not any more in the team.
    await remove_freelancer(conn, lena, company_id=owner.company_id or 0, actor_id=owner.id, now=now)
    reply = await client.post(TAX_INFO, json={**RUSSIAN, "freelancerId": lena}, headers=owner.headers)
    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"taxNumber": "709849850607"}, "taxNumber"),
        ({"taxNumber": ""}, "taxNumber"),
        ({"taxNumber": "7" * 101}, "taxNumber"),
        ({"type": "CPF"}, "type"),
        ({"type": "I\0N"}, "type"),
        ({"taxResidenceCountry": "XX"}, "taxResidenceCountry"),
        ({"taxResidenceCountry": "RUS"}, "taxResidenceCountry"),
        ({"vatNumber": "DE136695977"}, "vatNumber"),
        ({"regNumber": "12"}, "regNumber"),
        ({"freelancerId": "twelve"}, "freelancerId"),
        ({"freelancerId": None}, "freelancerId"),
        ({"freelancerId": 0}, "freelancerId"),
        ({"freelancerUuid": "x"}, "freelancerUuid"),
    ],
)
async def test_tax_info_invalid(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    desk: Desk,
    now: datetime,
    change: dict[str, Any],
    field: str,
) -> None:
    lena = await new_freelancer(conn, owner, now)
    reply = await client.post(TAX_INFO, json={**RUSSIAN, "freelancerId": lena, **change}, headers=owner.headers)
    assert (reply.status_code, set(reply.json())) == (422, {field}), reply.text
    assert await fetch_value(conn, "SELECT count(*) FROM tax_info WHERE person_id = %(id)s", {"id": lena}) == 0


@pytest.mark.parametrize("missing", ["taxResidenceCountry", "type", "taxNumber"])
async def test_tax_info_missing(
    client: httpx.AsyncClient, owner: Someone, viewer: Someone, desk: Desk, missing: str
) -> None:
    body = {**RUSSIAN, "freelancerId": desk.freelancer_id}
    del body[missing]
    assert set((await client.post(TAX_INFO, json=body, headers=owner.headers)).json()) == {missing}
    assert (await client.post(TAX_INFO, json=body | RUSSIAN, headers=viewer.headers)).status_code == 403


async def test_accepted_work_is_paid_to_the_number_that_was_there(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """desk's freelancer has the INN of the documents. The same again is fine; another waits for the payment."""
    await desk.task(State.FOR_PAYMENT)
    same = {**RUSSIAN, "freelancerId": desk.freelancer_id}
    assert (await client.post(TAX_INFO, json=same, headers=owner.headers)).status_code == 200
    other = {**same, "taxNumber": OTHER_INN}
    reply = await client.post(TAX_INFO, json=other, headers=owner.headers)
    assert (reply.status_code, set(reply.json())) == (422, {"taxNumber"})
    await conn.execute("UPDATE task SET state = 5")
    assert (await client.post(TAX_INFO, json=other, headers=owner.headers)).status_code == 200


async def test_who_has_registered_is_told(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    await conn.execute("UPDATE freelancer SET registered_at = %s", [now])
    for number in (INN, OTHER_INN):
        body = {**RUSSIAN, "freelancerId": desk.freelancer_id, "taxNumber": number}
        assert (await client.post(TAX_INFO, json=body, headers=owner.headers)).status_code == 200
    cursor = await conn.execute("SELECT recipient, text FROM message WHERE subject = 'Your tax data have changed'")
    [(recipient, text)] = await cursor.fetchall()
    assert recipient == "nora@nora.example"
    assert "Aurora Studio" in text
    assert OTHER_INN not in text


async def test_who_has_not_said_yes_is_left_alone(
    client: httpx.AsyncClient, conn: Connection, outsider: Someone, desk: Desk, now: datetime
) -> None:
    """Inviting somebody by the address one knows opens neither their tax number nor the way to write it."""
    await new_freelancer(conn, outsider, now, "nora@nora.example")
    reply = await client.get(f"{TAX_INFO}/{desk.freelancer_id}", headers=outsider.headers)
    assert reply.status_code == 404
    for path, more in ((TAX_INFO, RUSSIAN), (DOCUMENT, {"type": "INN", "taxNumber": OTHER_INN})):
        body = {**more, "freelancerId": desk.freelancer_id}
        reply = await client.post(path, json=body, headers=outsider.headers)
        assert (reply.status_code, set(reply.json())) == (422, {"freelancerId"})
        assert INN not in reply.text


async def test_writing_at_once(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """Eight at once: one row, each change in the trail, the last one as the row says."""
    lena = await new_freelancer(conn, owner, now)
    bodies = [{**RUSSIAN, "freelancerId": lena, "taxNumber": (INN, OTHER_INN)[n % 2]} for n in range(8)]
    replies = await asyncio.gather(*(client.post(TAX_INFO, json=body, headers=owner.headers) for body in bodies))
    assert {reply.status_code for reply in replies} == {200}
    assert await fetch_value(conn, "SELECT count(*) FROM tax_info WHERE person_id = %(id)s", {"id": lena}) == 1


async def test_every_document_is_taken_with_a_right_number_alone(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """Whatever the list offers, and as it says."""
    lena = await new_freelancer(conn, owner, now)
    for path in ("/customer/get-tax-document-types", "/customer/freelancers/tax-document-types"):
        offered = (await client.get(path, headers=owner.headers)).json()
        assert {(one["country"], one["type"]) for one in offered} == {
            (country, type) for country, type, _, _ in NUMBERS
        }
    for country, type, right, wrong in NUMBERS:
        body = {"freelancerId": lena, "taxResidenceCountry": country, "type": type}
        for number, status in ((wrong, 422), (right, 200)):
            reply = await client.post(TAX_INFO, json={**body, "taxNumber": number}, headers=owner.headers)
            assert reply.status_code == status, (country, type, number)
        known = (await client.get(f"{TAX_INFO}/{lena}", headers=owner.headers)).json()
        assert (known["type"], known["taxNumber"]) == (type, right)


# The earlier edition's call.


async def test_tax_document_works(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """The country is the person's where that has such a document, else the only one that has."""
    lena = await new_freelancer(conn, owner, now)
    for country, type, number, expected in (
        (None, "INN", INN, ("RU", "INN")),
        ("DE", "CPF", "390.533.447-05", ("BR", "CPF")),
        ("AR", "CUIT / CUIL", "20-05536168-2", ("AR", "CUIT / CUIL")),
        ("AR", "CUIT/CUIL", "20055361682", ("AR", "CUIT / CUIL")),
        ("BO", "CI", "1234567", ("BO", "CI")),
        ("UY", "RUT", "211003420017", ("UY", "RUT")),
    ):
        await conn.execute("DELETE FROM tax_info WHERE person_id = %s", [lena])
        await conn.execute("UPDATE person SET country = %s WHERE id = %s", [country, lena])
        body = {"freelancerId": lena, "type": type, "taxNumber": number}
        reply = await client.post(DOCUMENT, json=body, headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, []), (type, reply.text)
        cursor = await conn.execute("SELECT residence_country, type FROM tax_info WHERE person_id = %s", [lena])
        assert await cursor.fetchone() == expected


async def test_tax_document_keeps_what_belongs_to_the_country(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    lena = await new_freelancer(conn, owner, now)
    first = {**RUSSIAN, "freelancerId": lena, "regNumber": "315774600024875"}
    assert (await client.post(TAX_INFO, json=first, headers=owner.headers)).status_code == 200
    for type, number, registration in (("INN", OTHER_INN, "315774600024875"), ("UNP", "200988541", "")):
        body = {"freelancerUuid": await uuid_of(conn, lena), "type": type, "taxNumber": number}
        assert (await client.post(DOCUMENT, json=body, headers=owner.headers)).status_code == 200
        known = (await client.get(f"{TAX_INFO}/{lena}", headers=owner.headers)).json()
        assert (known["taxNumber"], known["regNumber"]) == (number, registration)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "PASS"}, "type"),  # of many countries, and nothing says which
        ({"type": "NOTHING"}, "type"),
        ({"type": "\0"}, "type"),
        ({"taxNumber": "1"}, "taxNumber"),
        ({"type": None}, "type"),
        ({"freelancerId": None}, "freelancerId"),
    ],
)
async def test_tax_document_invalid(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    desk: Desk,
    now: datetime,
    change: dict[str, Any],
    field: str,
) -> None:
    lena = await new_freelancer(conn, owner, now)
    body = {"freelancerId": lena, "type": "INN", "taxNumber": INN, **change}
    reply = await client.post(DOCUMENT, json=body, headers=owner.headers)
    assert (reply.status_code, set(reply.json())) == (422, {field}), reply.text


# The tax status.


@pytest.fixture
async def russian_freelancer(conn: Connection, desk: Desk) -> int:
    return desk.freelancer_id  # whose tax residence is Russia


async def ask(client: httpx.AsyncClient, someone: Someone, freelancer: int, status: object) -> httpx.Response:
    body = {"freelancerId": freelancer, "taxationStatusId": status}
    return await client.post(STATUS, json=body, headers=someone.headers)


async def shown(client: httpx.AsyncClient, someone: Someone, freelancer: int) -> tuple[int, str]:
    reply = (await client.get(f"/customer/freelancers/{freelancer}", headers=someone.headers)).json()
    return reply["taxationStatusId"], reply["taxationBlockedTill"]


@pytest.mark.parametrize("status", [3, 4])
async def test_status_by_the_page(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, russian_freelancer: int, status: int
) -> None:
    reply = await ask(client, owner, russian_freelancer, status)
    assert reply.status_code == 200
    assert reply.json()["linkToTerminal"].startswith("http://127.0.0.1:8000/taxation-status/")
    by_uuid = {"freelancerUuid": await uuid_of(conn, russian_freelancer), "taxationStatusId": status}
    assert (await client.post(STATUS, json=by_uuid, headers=owner.headers)).status_code == 200
    assert await shown(client, owner, russian_freelancer) == (1, "")  # nothing has changed yet


async def test_status_to_a_natural_person_at_once(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, russian_freelancer: int
) -> None:
    await conn.execute("UPDATE freelancer SET taxation_status = 4")
    await conn.execute("UPDATE tax_info SET registration_number = '315774600024875'")
    for _ in range(2):  # again is fine, and happens once
        reply = await ask(client, owner, russian_freelancer, 1)
        assert (reply.status_code, reply.json()) == (200, {"linkToTerminal": ""})
    status, till = await shown(client, owner, russian_freelancer)
    assert status == 1
    assert till.endswith("-01")
    assert till > clock.now().date().isoformat()
    cursor = await conn.execute("SELECT payload FROM event WHERE name = 'taxationStatusChanged'")
    assert await cursor.fetchall() == [
        ({"uuid": await uuid_of(conn, russian_freelancer), "taxationStatusId": 1},),
    ]
    assert await fetch_value(conn, "SELECT registration_number FROM tax_info") is None


async def test_status_stays_till_its_day(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, russian_freelancer: int
) -> None:
    today = clock.now().date()
    for till, status_code in ((today + timedelta(days=2), 422), (today - timedelta(days=1), 200)):
        await conn.execute("UPDATE freelancer SET taxation_blocked_till = %s", [till])
        reply = await ask(client, owner, russian_freelancer, 3)
        assert reply.status_code == status_code
        if status_code == 422:
            assert till.isoformat() in reply.json()["taxationStatusId"]
            # What it is already, it may be.
            assert (await ask(client, owner, russian_freelancer, 1)).json() == {"linkToTerminal": ""}


async def test_status_is_for_russia_alone(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, russian_freelancer: int, now: datetime
) -> None:
    lena = await new_freelancer(conn, owner, now)
    for country in (None, "KZ"):
        await conn.execute("UPDATE person SET country = %s WHERE id = %s", [country, lena])
        for status in (1, 3, 4):
            reply = await ask(client, owner, lena, status)
            assert (reply.status_code, set(reply.json())) == (422, {"freelancerId"})
    await conn.execute("UPDATE person SET country = 'RU' WHERE id = %s", [lena])
    assert (await ask(client, owner, lena, 3)).status_code == 200
    # Where taxes are paid counts, not where somebody lives.
    body = {"taxResidenceCountry": "KZ", "type": "IIN", "taxNumber": "800101300124", "freelancerId": lena}
    assert (await client.post(TAX_INFO, json=body, headers=owner.headers)).status_code == 200
    assert (await ask(client, owner, lena, 3)).status_code == 422


@pytest.mark.parametrize("status", [0, 2, 5, -1, 10**20, "three", None])
async def test_status_invalid(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, russian_freelancer: int, status: object
) -> None:
    reply = await ask(client, owner, russian_freelancer, status)
    assert (reply.status_code, set(reply.json())) == (422, {"taxationStatusId"}), reply.text
    assert await fetch_value(conn, "SELECT count(*) FROM page_link") == 0


async def test_status_by_others(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, hire: Hire, russian_freelancer: int
) -> None:
    assert (await ask(client, outsider, russian_freelancer, 3)).status_code == 404
    assert (await ask(client, owner, 10**17, 3)).status_code == 404
    for role in ("viewer", "accountant"):
        assert (await ask(client, await hire(role), russian_freelancer, 3)).status_code == 403
    assert (await ask(client, await hire("manager"), russian_freelancer, 3)).status_code == 200
    reply = await client.post(STATUS, json={"taxationStatusId": 3}, headers=owner.headers)
    assert set(reply.json()) == {"freelancerId"}
    body = {"freelancerId": russian_freelancer}
    assert set((await client.post(STATUS, json=body, headers=owner.headers)).json()) == {"taxationStatusId"}
