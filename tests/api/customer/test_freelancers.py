"""Operations 25, 27-30 and 39: inviting into the team, finding people in it, removing them."""

import asyncio
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.conftest import Hire
from tests.cast import Someone

EMAIL = "anna@freelance.example"
ANNA = {
    "email": EMAIL,
    "phone": "79161234567",
    "firstName": "Anna",
    "lastName": "Koroleva",
    "middleName": "Petrovna",
    "citizenship": "RU",
    "country": "RU",
    "state": "Tatarstan",
    "city": "Kazan",
    "address": "Baumana 1",
    "postalCode": "420000",
    "birthdate": "1990-05-17",
    "birthCountry": "AU",
    "specialization": "Copywriter",
    "note": "Writes about React and gardens",
}


@pytest.fixture(autouse=True)
async def reference(conn: Connection) -> None:
    await conn.execute(
        """
        INSERT INTO country (code, alpha3, oksm, title_ru, title_en)
        VALUES ('RU', 'RUS', 643, 'Россия', 'Russia'), ('AU', 'AUS', 36, 'Австралия', 'Australia')
        """
    )
    await conn.execute("INSERT INTO specialization (id, title_ru, title_en) VALUES (2, 'Копирайтер', 'Copywriter')")


@pytest.fixture
async def manager(hire: Hire) -> Someone:
    return await hire("manager")


async def invite(client: httpx.AsyncClient, by: Someone, **fields: Any) -> dict[str, Any]:
    reply = await client.post("/customer/freelancers", headers=by.headers, json={"email": EMAIL, **fields})
    assert reply.status_code == 200, reply.text
    invited: dict[str, Any] = reply.json()
    return invited


async def ids(client: httpx.AsyncClient, by: Someone, query: str) -> list[int]:
    reply = await client.get(f"/customer/freelancers?{query}", headers=by.headers)
    assert reply.status_code == 200, reply.text
    assert reply.json()["pagination"]["total"] == len(reply.json()["items"])
    return [item["id"] for item in reply.json()["items"]]


async def mails(conn: Connection) -> list[tuple[str, ...]]:
    cursor = await conn.execute("SELECT recipient, subject, text, html, link FROM message ORDER BY id")
    return await cursor.fetchall()


# 25


async def test_an_invitation_answers_both_names_of_the_freelancer(
    client: httpx.AsyncClient, manager: Someone, conn: Connection
) -> None:
    invited = await invite(client, manager, **ANNA)
    assert set(invited) == {"uuid", "freelancerId"}
    reply = await client.get(f"/customer/freelancers/{invited['freelancerId']}", headers=manager.headers)
    found = reply.json()
    assert found.pop("inviteSentAt")
    assert found == {
        "id": invited["freelancerId"],
        "uuid": invited["uuid"],
        "email": EMAIL,
        "phone": "79161234567",
        "name": "Anna Koroleva",
        "taxationStatusId": 1,
        "taxationBlockedTill": "",
        "categoryTitle": "Копирайтер",
        "categoryTitleEn": "Copywriter",
        "details": {
            "firstName": "Anna",
            "lastName": "Koroleva",
            "note": "Writes about React and gardens",
            "specialization": "Copywriter",
        },
        "country": "RU",
        "isVerified": False,
        "isInviteSent": True,
        "registerDate": None,
        "isRegistered": False,
        "isTaxPaymentAllowed": False,
        "emailConfirmationStatus": False,
        "phoneConfirmationStatus": False,
    }


@pytest.mark.parametrize(
    ("asked", "subject"),
    [
        ({"inEnglish": True}, "Aurora Studio invites you to work together"),
        ({"inEnglish": False}, "Aurora Studio приглашает вас к сотрудничеству"),
        ({}, "Aurora Studio invites you to work together"),
    ],
)
async def test_the_mail_has_the_documented_link_and_a_proof(
    client: httpx.AsyncClient, manager: Someone, conn: Connection, asked: dict[str, Any], subject: str
) -> None:
    invited = await invite(client, manager, **asked)
    ((recipient, found, text, html, link),) = await mails(conn)
    assert (recipient, found) == (EMAIL, subject)
    assert link in text
    assert link.replace("&", "&amp;") in html
    url = urlsplit(link)
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert url.path == "/registration/invite"
    assert query.pop("proof")
    assert query == {
        "utm_source": "company_invite",
        "utm_medium": "invite",
        "invite_from": str(manager.company_id),
        "hashtoken": invited["uuid"],
        "type": "freelancer-registration",
    }


async def test_no_mail_where_none_is_wanted(client: httpx.AsyncClient, manager: Someone, conn: Connection) -> None:
    invited = await invite(client, manager, sendEmail=False)
    assert await mails(conn) == []
    reply = await client.get(f"/customer/freelancers/{invited['uuid']}", headers=manager.headers)
    assert reply.json()["isInviteSent"] is False
    assert reply.json()["inviteSentAt"] is None


async def test_somebody_in_the_team_is_not_invited_again(
    client: httpx.AsyncClient, manager: Someone, conn: Connection
) -> None:
    await invite(client, manager)
    reply = await client.post(
        "/customer/freelancers", headers={**manager.headers, "Accept-Language": "en"}, json={"email": EMAIL.upper()}
    )
    assert reply.status_code == 422
    assert reply.json() == {"email": "The freelancer with this email is already in your team."}
    assert len(await mails(conn)) == 1


async def test_two_companies_share_the_person_and_nothing_else(
    client: httpx.AsyncClient, manager: Someone, outsider: Someone
) -> None:
    ours = await invite(client, manager, **ANNA)
    theirs = await invite(client, outsider, firstName="Mallory", phone="4930123456", note="Theirs", country="AU")
    assert theirs == ours
    reply = await client.get(f"/customer/freelancers/{theirs['uuid']}", headers=outsider.headers)
    assert (reply.json()["name"], reply.json()["country"], reply.json()["phone"]) == ("Anna Koroleva", "RU", None)
    assert reply.json()["details"]["note"] == "Theirs"
    reply = await client.get("/customer/freelancer-by-phone/79161234567", headers=outsider.headers)
    assert reply.status_code == 404


async def test_an_invitation_sent_twenty_times_at_once(
    client: httpx.AsyncClient, manager: Someone, outsider: Someone, conn: Connection
) -> None:
    replies = await asyncio.gather(
        *(
            client.post("/customer/freelancers", headers=by.headers, json={"email": EMAIL})
            for by in (manager, outsider)
            for _ in range(10)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200] * 2 + [422] * 18
    assert len({reply.text for reply in replies if reply.status_code == 200}) == 1
    assert len(await mails(conn)) == 2


async def test_one_idempotency_key_is_one_invitation(
    client: httpx.AsyncClient, manager: Someone, conn: Connection
) -> None:
    headers = {**manager.headers, "Idempotency-Key": "invite-anna"}
    replies = [await client.post("/customer/freelancers", headers=headers, json={"email": EMAIL}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert len(await mails(conn)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": None}, "email"),
        ({"email": "anna"}, "email"),
        ({"email": EMAIL, "phone": "none"}, "phone"),
        ({"email": EMAIL, "country": "Russia"}, "country"),
        ({"email": EMAIL, "citizenship": "XX"}, "citizenship"),
        ({"email": EMAIL, "birthCountry": "XX"}, "birthCountry"),
        ({"email": EMAIL, "birthdate": "yesterday"}, "birthdate"),
        ({"email": EMAIL, "birthdate": "2990-01-01"}, "birthdate"),
        ({"email": EMAIL, "firstName": "A" * 101}, "firstName"),
        ({"email": EMAIL, "lastName": "A\0"}, "lastName"),
        ({"email": EMAIL, "note": "n" * 2001}, "note"),
        ({"email": EMAIL, "note": "a\0b"}, "note"),
        ({"email": EMAIL, "sendEmail": "perhaps"}, "sendEmail"),
    ],
)
async def test_an_invitation_that_cannot_be(
    client: httpx.AsyncClient, manager: Someone, conn: Connection, body: dict[str, Any], field: str
) -> None:
    reply = await client.post("/customer/freelancers", headers=manager.headers, json=body)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]
    assert await fetch_value(conn, "SELECT count(*) FROM freelancer") == 0


async def test_who_may_invite(client: httpx.AsyncClient, viewer: Someone, hire: Hire) -> None:
    accountant = await hire("accountant")
    for by in (viewer, accountant):
        reply = await client.post("/customer/freelancers", headers=by.headers, json={"email": EMAIL})
        assert reply.status_code == 403
    assert (await client.post("/customer/freelancers", json={"email": EMAIL})).status_code == 401


# 27


async def test_the_list_pages_by_id(client: httpx.AsyncClient, manager: Someone, viewer: Someone) -> None:
    invited = [(await invite(client, manager, email=f"f{n}@freelance.example"))["freelancerId"] for n in range(5)]
    reply = await client.get("/customer/freelancers?page=2&size=2", headers=viewer.headers)
    assert [item["id"] for item in reply.json()["items"]] == invited[2:4]
    assert reply.json()["pagination"] == {"count": 2, "total": 5, "perPage": 2, "page": 2, "pages": 3}
    reply = await client.get("/customer/freelancers?page=9", headers=viewer.headers)
    assert reply.json() == {
        "items": [],
        "pagination": {"count": 0, "total": 5, "perPage": 20, "page": 9, "pages": 1},
    }


async def test_the_list_is_the_companys_own(client: httpx.AsyncClient, manager: Someone, outsider: Someone) -> None:
    await invite(client, manager, **ANNA)
    for query in ("", f"filter[email]={EMAIL}", "filter[search]=Anna", "filter[country][]=RU"):
        assert await ids(client, outsider, query) == []
    assert (await client.get("/customer/freelancers")).status_code == 401


async def test_filters_find_who_they_name(
    client: httpx.AsyncClient, manager: Someone, conn: Connection, now: datetime
) -> None:
    anna = (await invite(client, manager, **ANNA))["freelancerId"]
    boris = (
        await invite(client, manager, email="boris@garden.example", lastName="Ёлкин", sendEmail=False, country="AU")
    )["freelancerId"]
    await conn.execute(
        """
        UPDATE freelancer
        SET registered_at = '2021-05-01 23:59:59.5+00', verified_at = '2021-06-01 00:00:00+00', taxation_status = 3
        WHERE person_id = %s
        """,
        [anna],
    )
    await conn.execute("UPDATE team_member SET invited_at = '2021-04-01 12:00+00' WHERE freelancer_id = %s", [anna])
    uuid_of_boris = await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": boris})
    found = {
        "": [anna, boris],
        "filter[taxationStatusId]=3": [anna],
        "filter[taxationStatusId]=4": [],
        "filter[isVerified]=1": [anna],
        "filter[isVerified]=false": [boris],
        "filter%5BisRegistered%5D=true": [anna],
        "filter[isRegistered]=0": [boris],
        "filter[isInviteEmailSent]=1": [anna],
        "filter[isInviteEmailSent]=0": [boris],
        "filter[dateInvitedTo]=2021-04-01": [anna],
        "filter[dateInvitedFrom]=2021-04-02": [boris],
        "filter[dateRegisteredFrom]=2021-05-01&filter[dateRegisteredTo]=2021-05-01": [anna],
        "filter[dateRegisteredFrom]=2021-05-02": [],
        "filter[dateVerifiedFrom]=2021-06-01": [anna],
        "filter[dateVerifiedTo]=2021-05-31": [],
        f"filter[id]={boris}": [boris],
        f"filter[uuid]={uuid_of_boris}": [boris],
        f"filter[email]={EMAIL.upper()}": [anna],
        "filter[email]=anna": [],
        "country[]=RU": [anna],
        "filter[country][]=ru&filter[country][]=AU": [anna, boris],
        "filter[search]=ann": [anna],
        "filter[search]=KOROLEVA gard": [anna],
        "filter[search]=garden": [anna, boris],
        "search=freelance.example": [anna],
        "filter[search]=ёлк": [boris],
        "filter[search]=copywriter": [anna],
        "filter[search]=oroleva": [],
        "filter[search]='%26!": [],
        "filter[search]=company:1": [],
        "filter[note]=react": [anna],
        "filter[note]=anna": [],
        "filter[note]=gard&filter[search]=anna": [anna],
        "filter[isVerified]=1&filter[search]=boris": [],
        "filter[unknown]=1": [anna, boris],
    }
    assert {query: await ids(client, manager, query) for query in found} == found


async def test_a_new_name_is_found_at_once(client: httpx.AsyncClient, manager: Someone, conn: Connection) -> None:
    anna = (await invite(client, manager, **ANNA))["freelancerId"]
    await conn.execute("UPDATE person SET last_name = 'Orlova' WHERE id = %s", [anna])
    assert await ids(client, manager, "filter[search]=orlova") == [anna]
    assert await ids(client, manager, "filter[search]=koroleva") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filter[taxationStatusId]=one", "taxationStatusId"),
        ("filter[isVerified]=perhaps", "isVerified"),
        ("filter[dateInvitedFrom]=soon", "dateInvitedFrom"),
        ("filter[uuid]=7", "uuid"),
        ("filter[id]=a", "id"),
        ("page=first", "page"),
    ],
)
async def test_a_filter_of_the_wrong_type(client: httpx.AsyncClient, viewer: Someone, query: str, field: str) -> None:
    reply = await client.get(f"/customer/freelancers?{query}", headers=viewer.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]


# 28, 29, 30


async def test_one_freelancer_by_every_name(client: httpx.AsyncClient, manager: Someone, viewer: Someone) -> None:
    invited = await invite(client, manager, **ANNA)
    paths = [
        f"freelancers/{invited['freelancerId']}",
        f"freelancers/{invited['uuid']}",
        f"freelancers/{invited['uuid'].upper()}",
        f"freelancer-by-email/{EMAIL}",
        "freelancer-by-email/Anna%40Freelance.Example",
        "freelancer-by-phone/79161234567",
    ]
    replies = [await client.get(f"/customer/{path}", headers=viewer.headers) for path in paths]
    assert [reply.status_code for reply in replies] == [200] * len(paths)
    assert len({reply.text for reply in replies}) == 1


async def test_strangers_look_like_nobody(client: httpx.AsyncClient, manager: Someone, outsider: Someone) -> None:
    invited = await invite(client, manager, **ANNA)
    missing = ["freelancers/999999", f"freelancers/{uuid.uuid4()}", "freelancers/x", f"freelancers/{10**18}9"]
    missing += ["freelancer-by-email/nobody@freelance.example", "freelancer-by-phone/4930123456"]
    there = [f"freelancers/{invited['freelancerId']}", f"freelancers/{invited['uuid']}"]
    there += [f"freelancer-by-email/{EMAIL}", "freelancer-by-phone/79161234567"]
    bodies = set()
    for path in missing + there:
        reply = await client.get(f"/customer/{path}", headers=outsider.headers)
        assert reply.status_code == 404, path
        bodies.add(reply.text)
        assert (await client.get(f"/customer/{path}")).status_code == 401
    assert len(bodies) == 1


@pytest.mark.parametrize("phone", ["+79161234567", "7 916 123 45 67", "phone", "٣"])
async def test_a_phone_is_digits_only(client: httpx.AsyncClient, viewer: Someone, phone: str) -> None:
    reply = await client.get(f"/customer/freelancer-by-phone/{phone}", headers=viewer.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == ["phone"]


# 39


async def remove(client: httpx.AsyncClient, by: Someone, query: str = "", **body: Any) -> httpx.Response:
    return await client.request("DELETE", f"/customer/freelancers{query}", headers=by.headers, json=body or None)


@pytest.mark.parametrize("where", ["id", "id as text", "uuid", "query id", "query uuid"])
async def test_removed_and_invited_again(
    client: httpx.AsyncClient, manager: Someone, conn: Connection, where: str
) -> None:
    invited = await invite(client, manager, **ANNA)
    number, name = invited["freelancerId"], invited["uuid"]
    reply = await {
        "id": lambda: remove(client, manager, freelancerId=number, freelancerUuid=None),
        "id as text": lambda: remove(client, manager, freelancerId=str(number)),
        "uuid": lambda: remove(client, manager, freelancerUuid=name),
        "query id": lambda: remove(client, manager, f"?freelancerId={number}"),
        "query uuid": lambda: remove(client, manager, f"?freelancerUuid={name}"),
    }[where]()
    assert reply.status_code == 200, reply.text
    assert reply.json() == []
    assert await ids(client, manager, "") == []
    assert (await client.get(f"/customer/freelancers/{name}", headers=manager.headers)).status_code == 404
    assert (await remove(client, manager, freelancerId=number)).status_code == 404
    assert await invite(client, manager) == invited
    reply = await client.get(f"/customer/freelancers/{name}", headers=manager.headers)
    assert reply.json()["details"]["note"] == "Writes about React and gardens"


async def test_not_removed_with_work_unfinished(client: httpx.AsyncClient, manager: Someone, conn: Connection) -> None:
    anna = (await invite(client, manager, **ANNA))["freelancerId"]
    await conn.execute("INSERT INTO service_category VALUES (1, 'К', 'C')")
    await conn.execute("INSERT INTO service VALUES (1, 1, 'У', 'S', 'У', 'S')")
    await conn.execute(
        """
        INSERT INTO task (
            company_id, number, state, state_changed_at, creator_id, freelancer_id, service_id, title, description,
            deadline, currency, worker_currency, price, worker_price, commission_percent, commission, total,
            amount_for_worker, escrow, created_at
        )
        SELECT
            %(company)s, state, state, at, %(manager)s, %(anna)s, 1, 'Task', '', at, 'EUR', 'EUR', 1, 1, 10, 0.1, 1.1,
            1, 'without_hold', at
        FROM unnest(ARRAY[1, 5, 6, 8, 12, 15, 17]) AS state, CAST('2021-01-01' AS timestamptz) AS at
        """,
        {"company": manager.company_id, "manager": manager.id, "anna": anna},
    )
    reply = await remove(client, manager, freelancerId=anna)
    assert reply.status_code == 422
    assert reply.json() == {
        "freelancerId": "The freelancer has unfinished tasks: 2. Finish or cancel them first.",
    }
    await conn.execute("UPDATE task SET state = 5")
    assert (await remove(client, manager, freelancerId=anna)).status_code == 200


async def test_who_may_remove_whom(
    client: httpx.AsyncClient, manager: Someone, viewer: Someone, outsider: Someone
) -> None:
    anna = (await invite(client, manager))["freelancerId"]
    assert (await remove(client, outsider, freelancerId=anna)).status_code == 404
    assert (await remove(client, viewer, freelancerId=anna)).status_code == 403
    assert (await client.request("DELETE", "/customer/freelancers", json={"freelancerId": anna})).status_code == 401
    assert await ids(client, manager, "") == [anna]


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        ({}, "", "freelancerId"),
        ({"freelancerId": None}, "", "freelancerId"),
        ({"freelancerId": "x"}, "", "freelancerId"),
        ({"freelancerUuid": "x"}, "", "freelancerUuid"),
        ({}, "?freelancerId=x", "freelancerId"),
    ],
)
async def test_a_removal_that_names_nobody(
    client: httpx.AsyncClient, manager: Someone, body: dict[str, Any], query: str, field: str
) -> None:
    reply = await remove(client, manager, query, **body)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]
