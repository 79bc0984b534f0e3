"""Operations 32 and 33: a new address or number, proven by a code that goes there."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests import cast
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk, add_freelancer
from tests.times import Travel

ASK = "/customer/freelancers/request-code-for-change-contacts"
CHANGE = "/customer/freelancers/change-contacts"
EMAIL = "nora@new.example"
PHONE = "447400123499"
OLD_PHONE = "4930123456"

Sent = dict[str, Any]


async def mailbox(conn: Connection, to: str) -> list[Sent]:
    """What was sent to somebody, the newest first."""
    found: list[Sent] | None = await fetch_value(
        conn,
        "SELECT jsonb_agg(to_jsonb(m) ORDER BY id DESC) FROM message AS m WHERE recipient = %(to)s",
        {"to": to},
    )
    return found or []


async def person(conn: Connection, person_id: int) -> dict[str, Any]:
    row: dict[str, Any] = await fetch_value(
        conn, "SELECT to_jsonb(p) FROM person AS p WHERE id = %(id)s", {"id": person_id}
    )
    return row


async def ask(client: httpx.AsyncClient, somebody: Someone, freelancer_id: int, **new: str) -> httpx.Response:
    return await client.post(ASK, json={"freelancerId": freelancer_id, **new}, headers=somebody.headers)


async def change(client: httpx.AsyncClient, somebody: Someone, freelancer_id: int, code: str | int) -> httpx.Response:
    return await client.post(CHANGE, json={"freelancerId": freelancer_id, "code": code}, headers=somebody.headers)


async def code_for(conn: Connection, to: str) -> str:
    return str((await mailbox(conn, to))[0]["code"])


async def test_a_new_email(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, settings: Settings, now: datetime
) -> None:
    """The code goes to the new address, and nothing changes before it comes back; then the old one is told."""
    nora = desk.freelancer_id
    before = await person(conn, nora)
    session = await cast.sign_in(conn, settings, nora, None, now=now)
    reply = await ask(client, owner, nora, email=EMAIL)
    assert (reply.status_code, reply.json()) == (200, [])
    assert await mailbox(conn, "nora@nora.example") == []
    assert await person(conn, nora) == before
    [letter] = await mailbox(conn, EMAIL)
    assert (letter["channel"], len(letter["code"])) == ("email", 6)
    assert "a new e-mail address" in letter["text"]

    reply = await change(client, owner, nora, letter["code"])
    assert (reply.status_code, reply.json()) == (200, [])
    after = await person(conn, nora)
    assert (after["email"], after["username"]) == (EMAIL, EMAIL)
    assert after["email_confirmed_at"] is not None
    assert after["phone"] == before["phone"]
    [told] = await mailbox(conn, "nora@nora.example")
    assert "n***@new.example" in told["text"]
    assert EMAIL not in told["text"]
    assert "Aurora Studio" in told["text"]
    # Whoever was signed in with the old address signs in again.
    assert (await client.get("/profile", headers=session.headers)).status_code == 401
    # The code is spent.
    assert (await change(client, owner, nora, letter["code"])).status_code == 422


async def test_a_new_phone(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, settings: Settings, now: datetime
) -> None:
    """The old number gets an SMS, the mailbox a letter; sessions go on, as nobody signs in with a number."""
    nora = desk.freelancer_id
    session = await cast.sign_in(conn, settings, nora, None, now=now)
    assert (await ask(client, owner, nora, phone="+44 7400 123499")).status_code == 200
    [sms] = await mailbox(conn, PHONE)
    assert (sms["channel"], sms["code"] in sms["text"]) == ("sms", True)
    # As a number, as clients send it.
    assert (await change(client, owner, nora, int(sms["code"]))).status_code == 200
    after = await person(conn, nora)
    assert (after["phone"], after["phone_confirmed_at"] is not None) == (PHONE, True)
    assert "3499" in (await mailbox(conn, OLD_PHONE))[0]["text"]
    assert "+********3499" in (await mailbox(conn, "nora@nora.example"))[0]["text"]
    assert (await client.get("/profile", headers=session.headers)).status_code == 200
    shown = (await client.get(f"/customer/freelancers/{nora}", headers=owner.headers)).json()
    assert (shown["phone"], shown["phoneConfirmationStatus"]) == (PHONE, True)


async def test_both_each_by_its_own_code(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    nora = desk.freelancer_id
    assert (await ask(client, owner, nora, email=EMAIL, phone=PHONE)).status_code == 200
    by_sms, by_mail = await code_for(conn, PHONE), await code_for(conn, EMAIL)
    assert (await change(client, owner, nora, by_sms)).status_code == 200
    after = await person(conn, nora)
    assert (after["phone"], after["email"]) == (PHONE, "nora@nora.example")
    assert (await change(client, owner, nora, by_mail)).status_code == 200
    assert (await person(conn, nora))["email"] == EMAIL


async def test_by_uuid_and_in_russian(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    row = await person(conn, desk.freelancer_id)
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [desk.freelancer_id])
    named = {"freelancerUuid": row["uuid"]}
    assert (await client.post(ASK, json={**named, "email": EMAIL}, headers=owner.headers)).status_code == 200
    [letter] = await mailbox(conn, EMAIL)
    assert "новый адрес электронной почты" in letter["text"]
    reply = await client.post(CHANGE, json={**named, "code": letter["code"]}, headers=owner.headers)
    assert reply.status_code == 200
    assert "изменила адрес" in (await mailbox(conn, "nora@nora.example"))[0]["text"]


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        ({}, ["error"]),
        ({"email": "", "phone": ""}, ["error"]),
        ({"email": "nora"}, ["email"]),
        ({"email": "nora@new.example\r\nBcc: all@far.example"}, ["email"]),
        ({"email": 5}, ["email"]),
        ({"phone": "12"}, ["phone"]),
        ({"phone": "call me"}, ["phone"]),
        ({"email": EMAIL, "phone": "12"}, ["phone"]),
    ],
)
async def test_addresses_that_are_none(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, new: dict[str, Any], fields: list[str]
) -> None:
    reply = await ask(client, owner, desk.freelancer_id, **new)
    assert (reply.status_code, list(reply.json())) == (422, fields)
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0


async def test_who_may_not(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, hire: Hire, desk: Desk
) -> None:
    """An outsider finds nobody; one who has only invited has no say; a viewer has not the right."""
    nora = desk.freelancer_id
    for path, body in ((ASK, {"email": EMAIL}), (CHANGE, {"code": "123123"})):
        named = {"freelancerId": nora, **body}
        assert (await client.post(path, json=named)).status_code == 401
        assert (await client.post(path, json=named, headers=outsider.headers)).status_code == 404
        assert (await client.post(path, json=body, headers=owner.headers)).status_code == 422
        unknown = {**named, "freelancerId": 999_999}
        assert (await client.post(path, json=unknown, headers=owner.headers)).status_code == 404
    viewer = await hire("viewer")
    assert (await ask(client, viewer, nora, email=EMAIL)).status_code == 403
    await client.post("/customer/freelancers", json={"email": "nora@nora.example"}, headers=outsider.headers)
    assert (await ask(client, outsider, nora, email="mallory@far.example")).status_code == 403
    assert await mailbox(conn, "mallory@far.example") == []
    # A code that another company asked for is none of theirs, even where both may ask.
    await conn.execute("UPDATE team_member SET joined_at = invited_at")
    await ask(client, owner, nora, email=EMAIL)
    reply = await change(client, outsider, nora, await code_for(conn, EMAIL))
    assert (reply.status_code, list(reply.json())) == (422, ["code"])
    assert (await person(conn, nora))["email"] == "nora@nora.example"


async def test_people_who_run_something_are_moved_by_nobody(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, now: datetime
) -> None:
    """Neither another company's owner nor the operator, whatever they have agreed to as freelancers."""
    operator = await cast.add_person(conn, "operator@artel.example", now=now)
    await conn.execute("UPDATE person SET is_operator = true WHERE id = %s", [operator])
    for email in ("outsider@far.example", "operator@artel.example"):
        reply = await client.post("/customer/freelancers", json={"email": email}, headers=owner.headers)
        await conn.execute("UPDATE team_member SET joined_at = invited_at")
        reply = await ask(client, owner, reply.json()["freelancerId"], email="mallory@far.example")
        assert reply.status_code == 403
    assert await mailbox(conn, "mallory@far.example") == []


async def test_the_second_factors_phone_stays(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Also where it was turned on after the code had been sent. The same number may be confirmed."""
    nora = desk.freelancer_id
    await ask(client, owner, nora, phone=PHONE)
    code = await code_for(conn, PHONE)
    await conn.execute("UPDATE person SET two_factor = 'sms' WHERE id = %s", [nora])
    for reply in (await change(client, owner, nora, code), await ask(client, owner, nora, phone=PHONE)):
        assert (reply.status_code, reply.json()["code"]) == (409, 409)
    assert (await person(conn, nora))["phone"] == OLD_PHONE
    await ask(client, owner, nora, phone=OLD_PHONE)
    assert (await change(client, owner, nora, await code_for(conn, OLD_PHONE))).status_code == 200
    assert (await person(conn, nora))["phone_confirmed_at"] is not None


async def test_a_taken_email_says_no_more_than_no(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    reply = await ask(client, owner, desk.freelancer_id, email="Outsider@Far.example")
    assert (reply.status_code, reply.json()) == (422, {"email": "This e-mail address cannot be used here."})
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0


async def test_trying_addresses_out_ends_soon(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    statuses = [
        (await ask(client, owner, desk.freelancer_id, email="outsider@far.example")).status_code for _ in range(101)
    ]
    assert statuses == [422] * 100 + [429]


async def test_codes_for_one_person_are_few(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    statuses = [(await ask(client, owner, desk.freelancer_id, email=EMAIL)).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


async def test_a_user_name_of_ones_own_stays(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    await conn.execute("UPDATE person SET username = 'nora the first' WHERE id = %s", [desk.freelancer_id])
    await ask(client, owner, desk.freelancer_id, email=EMAIL)
    assert (await change(client, owner, desk.freelancer_id, await code_for(conn, EMAIL))).status_code == 200
    assert (await person(conn, desk.freelancer_id))["username"] == "nora the first"


async def test_an_invitation_follows_to_the_new_address(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """The link in the old mailbox opens nothing any more."""
    body = {"email": "typo@nora.example", "firstName": "Nora"}
    invited = (await client.post("/customer/freelancers", json=body, headers=owner.headers)).json()
    old_link = (await mailbox(conn, "typo@nora.example"))[0]["link"]
    await ask(client, owner, invited["freelancerId"], email=EMAIL)
    assert (await change(client, owner, invited["freelancerId"], await code_for(conn, EMAIL))).status_code == 200
    letter = (await mailbox(conn, EMAIL))[0]
    assert letter["subject"] == "Aurora Studio invites you to work together"
    assert (await fetch_value(conn, "SELECT count(*) FROM page_link WHERE used_at IS NULL")) == 1
    assert old_link != letter["link"]


async def test_old_codes_are_void(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, travel: Travel
) -> None:
    nora = desk.freelancer_id
    await ask(client, owner, nora, email=EMAIL)
    first = await code_for(conn, EMAIL)
    await ask(client, owner, nora, phone=PHONE)
    assert (await change(client, owner, nora, first)).status_code == 422, "asked again: the first is void"
    code = await code_for(conn, PHONE)
    travel(minutes=10, seconds=1)
    reply = await change(client, owner, nora, code)
    assert (reply.status_code, list(reply.json())) == (422, ["code"])
    assert "no longer valid" in reply.json()["code"]
    assert (await person(conn, nora))["email"] == "nora@nora.example"


async def test_codes_sent_to_the_old_number_end_with_it(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    nora = desk.freelancer_id
    await client.post(
        "/customer/freelancers/request-code-for-new-payout-endpoint",
        json={"freelancerId": nora},
        headers=owner.headers,
    )
    old = await code_for(conn, OLD_PHONE)
    await ask(client, owner, nora, phone=PHONE)
    await change(client, owner, nora, await code_for(conn, PHONE))
    reply = await client.post(
        "/customer/freelancers/cards", json={"freelancerId": nora, "code": old}, headers=owner.headers
    )
    assert (reply.status_code, list(reply.json())) == (422, ["code"])


async def test_a_hundred_guesses_at_once_are_five(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Five are counted, and from then on the right code is worth nothing."""
    nora = desk.freelancer_id
    await ask(client, owner, nora, email=EMAIL)
    code = await code_for(conn, EMAIL)
    wrong = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 101)]
    replies = await asyncio.gather(*(change(client, owner, nora, guess) for guess in wrong))
    assert {reply.status_code for reply in replies} == {422}
    assert sum("wrong" in reply.json()["code"] for reply in replies) == 5
    assert await fetch_value(conn, "SELECT attempts FROM one_time_code WHERE purpose = 'new_email'") == 5
    assert (await change(client, owner, nora, code)).status_code == 422
    assert (await person(conn, nora))["email"] == "nora@nora.example"


async def test_one_right_code_at_once_is_taken_once(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    await ask(client, owner, desk.freelancer_id, email=EMAIL)
    code = await code_for(conn, EMAIL)
    replies = await asyncio.gather(*(change(client, owner, desk.freelancer_id, code) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [422] * 7
    assert len(await mailbox(conn, "nora@nora.example")) == 1


async def test_two_people_race_for_one_address(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, now: datetime
) -> None:
    """Both have proven it, one gets it; the other is told no more than that it cannot be theirs."""
    assert owner.company_id is not None
    for round_number in range(5):
        email = f"wanted{round_number}@new.example"
        racers = [
            await add_freelancer(
                conn, owner.company_id, owner.id, now=now, email=f"racer{round_number}.{n}@nora.example"
            )
            for n in range(2)
        ]
        codes = []
        for racer in racers:
            assert (await ask(client, owner, racer, email=email)).status_code == 200
            codes.append(await code_for(conn, email))
        replies = await asyncio.gather(
            *(change(client, owner, racer, code) for racer, code in zip(racers, codes, strict=True))
        )
        assert sorted(reply.status_code for reply in replies) == [200, 422]
        loser = next(reply for reply in replies if reply.status_code == 422)
        assert loser.json() == {"email": "This e-mail address cannot be used here."}
        assert await fetch_value(conn, "SELECT count(*) FROM person WHERE email = %(e)s", {"e": email}) == 1
