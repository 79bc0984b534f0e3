"""Operations 26 and 31: a company corrects the data of who has not registered, and its own alias at any time."""

import uuid
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.freelancers.rules import verify_freelancer
from artel.lookups.rules import LoadedCounts
from artel.people.passwords import hash_password
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk

PROFILE = "/customer/freelancers/profile"
TEAM = "/customer/freelancers"
EMILY = {
    "firstName": "Emily",
    "lastName": "Roberts",
    "middleName": "Jane",
    "residenceCountry": "US",
    "citizenship": "CA",
    "birthDate": "1991-04-15",
    "birthCountry": "CA",
    "city": "San Francisco",
    "address": "200 Market St, Apt 5B",
    "postalCode": "94111",
    "state": "CA",
    "language": "RU",
}


@pytest.fixture
async def emily(client: httpx.AsyncClient, owner: Someone, reference: LoadedCounts) -> dict[str, Any]:
    body = {"email": "emily@emily.example", "firstName": "Emma", "phone": "+447400123456", "country": "GB"}
    reply = await client.post(TEAM, json=body, headers=owner.headers)
    invited: dict[str, Any] = reply.json()
    return invited


async def person(conn: Connection, person_id: int) -> dict[str, Any]:
    row: dict[str, Any] = await fetch_value(
        conn, "SELECT to_jsonb(p) FROM person AS p WHERE id = %(id)s", {"id": person_id}
    )
    return row


async def test_everything_is_corrected(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, emily: dict[str, Any]
) -> None:
    """The id as a text, as the documents' example has it; the phone is not among the fields."""
    body = {"freelancerId": str(emily["freelancerId"]), **EMILY}
    reply = await client.patch(PROFILE, json=body, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    row = await person(conn, emily["freelancerId"])
    assert {
        "first_name": "Emily",
        "last_name": "Roberts",
        "middle_name": "Jane",
        "country": "US",
        "citizenship": "CA",
        "birth_date": "1991-04-15",
        "birth_country": "CA",
        "city": "San Francisco",
        "address": "200 Market St, Apt 5B",
        "postal_code": "94111",
        "state": "CA",
        "language": "RU",
        "phone": "447400123456",
        "email": "emily@emily.example",
    }.items() <= row.items()


async def test_what_is_left_out_stays(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, emily: dict[str, Any]
) -> None:
    body = {"freelancerUuid": emily["uuid"], "city": "Leeds", "residenceCountry": None, "firstName": ""}
    reply = await client.patch(PROFILE, json=body, headers=owner.headers)
    assert reply.status_code == 200, reply.text
    row = await person(conn, emily["freelancerId"])
    assert (row["city"], row["country"], row["first_name"]) == ("Leeds", "GB", "")
    facts = await fetch_value(conn, "SELECT facts FROM audit WHERE action = 'freelancer.profile_edited'")
    assert facts == {"fields": ["city", "first_name"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"residenceCountry": "XX"}, "residenceCountry"),
        ({"citizenship": "XX"}, "citizenship"),
        ({"birthDate": "tomorrow"}, "birthDate"),
        ({"birthDate": "2999-01-01"}, "birthDate"),
        ({"firstName": "x" * 101}, "firstName"),
        ({"city": "a\u0000b"}, "city"),
        ({"language": "DE"}, "language"),
        ({"postalCode": 5}, "postalCode"),
        ({"freelancerId": "twelve"}, "freelancerId"),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Someone,
    emily: dict[str, Any],
    changes: dict[str, Any],
    field: str,
) -> None:
    before = await person(conn, emily["freelancerId"])
    body = {"freelancerId": emily["freelancerId"], "state": "CA", **changes}
    reply = await client.patch(PROFILE, json=body, headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, [field])
    assert await person(conn, emily["freelancerId"]) == before


@pytest.mark.parametrize("activated", ["registered_at", "verified_at"])
async def test_not_once_they_have_taken_the_account_over(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, emily: dict[str, Any], activated: str
) -> None:
    if activated == "verified_at":
        await verify_freelancer(conn, emily["freelancerId"], actor_id=None, now=await now_of(conn))
    else:
        await client.post(
            f"http://artel.test/sandbox/freelancers/{emily['uuid']}", json={"registered": True, "verified": False}
        )
    before = await person(conn, emily["freelancerId"])
    reply = await client.patch(
        PROFILE, json={"freelancerId": emily["freelancerId"], "city": "Leeds"}, headers=owner.headers
    )
    assert (reply.status_code, reply.json()["code"]) == (409, 409)
    assert await person(conn, emily["freelancerId"]) == before


async def now_of(conn: Connection) -> Any:
    return await fetch_value(conn, "SELECT created_at FROM company")


async def test_not_by_who_did_not_make_the_account(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, hire: Hire, emily: dict[str, Any]
) -> None:
    body = {"freelancerId": emily["freelancerId"], "firstName": "Mallory"}
    assert (await client.patch(PROFILE, json=body, headers=outsider.headers)).status_code == 404
    await client.post(TEAM, json={"email": "emily@emily.example"}, headers=outsider.headers)
    assert (await client.patch(PROFILE, json=body, headers=outsider.headers)).status_code == 403
    viewer = await hire("viewer")
    assert (await client.patch(PROFILE, json=body, headers=viewer.headers)).status_code == 403
    assert (await client.patch(PROFILE, json=body)).status_code == 401
    shown = (await client.get(f"{TEAM}/{emily['uuid']}", headers=owner.headers)).json()
    assert shown["name"] == "Emma"


async def test_nobody_is_edited(client: httpx.AsyncClient, owner: Someone, emily: dict[str, Any]) -> None:
    for body, status in (
        ({"city": "Leeds"}, 422),
        ({"freelancerId": 999_999, "city": "Leeds"}, 404),
        ({"freelancerUuid": str(uuid.uuid4())}, 404),
        ({"freelancerId": emily["freelancerId"], "freelancerUuid": str(uuid.uuid4())}, 404),
    ):
        for method, path in (("PATCH", PROFILE), ("PUT", TEAM)):
            reply = await client.request(method, path, json=body, headers=owner.headers)
            assert reply.status_code == status, (method, body, reply.text)


async def test_an_alias_replaces_all_four_fields_and_nobodys_name(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    """It is this company's alone: another sees the person's own name."""
    named = {"freelancerId": desk.freelancer_id}
    alias = {"firstName": "Emma", "lastName": "Brown", "note": "Node.js, MongoDB", "specialization": "Backend"}
    body = {**named, **alias, "companyId": owner.company_id}
    reply = await client.put(TEAM, json=body, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    shown = (await client.get(f"{TEAM}/{desk.freelancer_id}", headers=owner.headers)).json()
    assert shown["details"] == alias
    assert shown["name"] == "Nora Example"
    found = await client.get(TEAM, params={"search": "mongodb emma"}, headers=owner.headers)
    assert [one["id"] for one in found.json()["items"]] == [desk.freelancer_id]

    await client.post(TEAM, json={"email": "nora@nora.example"}, headers=outsider.headers)
    theirs = (await client.get(f"{TEAM}/{desk.freelancer_id}", headers=outsider.headers)).json()
    assert theirs["details"] == {"firstName": "Nora", "lastName": "Example", "note": "", "specialization": ""}

    # What is left out is gone.
    await client.put(TEAM, json={**named, "note": "on holiday"}, headers=owner.headers)
    shown = (await client.get(f"{TEAM}/{desk.freelancer_id}", headers=owner.headers)).json()
    assert shown["details"] == {
        "firstName": "Nora",
        "lastName": "Example",
        "note": "on holiday",
        "specialization": "",
    }
    names = await fetch_value(conn, "SELECT first_name || last_name FROM person WHERE id = %(freelancerId)s", named)
    assert names == "NoraExample"


async def test_whose_alias(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, hire: Hire, desk: Desk
) -> None:
    body = {"freelancerId": desk.freelancer_id, "firstName": "Emma"}
    assert (await client.put(TEAM, json=body, headers=outsider.headers)).status_code == 404
    assert (await client.put(TEAM, json=body, headers=(await hire("viewer")).headers)).status_code == 403
    assert (await client.put(TEAM, json=body)).status_code == 401
    other = {**body, "companyId": outsider.company_id}
    assert (await client.put(TEAM, json=other, headers=owner.headers)).status_code == 403
    for wrong, field in (
        ({"firstName": "x" * 101}, "firstName"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "a\u0007b"}, "note"),
        ({"specialization": 5}, "specialization"),
    ):
        reply = await client.put(TEAM, json={**body, **wrong}, headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, [field])
    shown = (await client.get(f"{TEAM}/{desk.freelancer_id}", headers=owner.headers)).json()
    assert shown["details"]["firstName"] == "Nora"


async def test_a_member_of_a_company_is_not_edited_as_a_freelancer(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone
) -> None:
    """Somebody's account does not become a company's to write because it has invited them."""
    reply = await client.post(TEAM, json={"email": "outsider@far.example"}, headers=owner.headers)
    await conn.execute(
        "UPDATE person SET password_hash = %s WHERE id = %s", [await hash_password("a good password"), outsider.id]
    )
    body = {"freelancerId": reply.json()["freelancerId"], "firstName": "Mallory"}
    assert (await client.patch(PROFILE, json=body, headers=owner.headers)).status_code == 403
