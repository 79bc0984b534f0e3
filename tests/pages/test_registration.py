"""The registration page, as a browser without scripts sees it."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.freelancers import rules, team
from artel.freelancers.invitation_mail import invitation_url
from artel.freelancers.requirements import requirements
from artel.freelancers.rules import Invitation, Invited
from artel.people.passwords import hash_password
from artel.people.profiles import Profile
from tests import cast
from tests.cast import Someone
from tests.pages.conftest import Browser
from tests.pages.world import fill_reference

EMAIL = "anna@freelance.example"
PASSWORD = "correct horse battery"
ANNA = {
    "password": PASSWORD,
    "first_name": "Anna",
    "last_name": "Koroleva",
    "birth_date": "1990-05-17",
    "citizenship": "RU",
    "phone": "8 (916) 123-45-67",
    "country": "RU",
    "city": "Kazan",
    "address": "Baumana 1",
    "postal_code": "420000",
    "tax_country": "RU",
    "tax_document": "RU|INN",
    "tax_number": "709849850606",
    "agreement": "1",
}


@pytest.fixture(autouse=True)
async def reference(conn: Connection, now: datetime) -> None:
    await fill_reference(conn, now=now)


async def invite(conn: Connection, by: Someone, now: datetime, email: str = EMAIL, **facts: Any) -> Invited:
    return await rules.invite_freelancer(
        conn,
        Invitation(email=email, **facts),
        company_id=by.company_id or 0,
        actor_id=by.id,
        base_url="http://artel.test",
        now=now,
    )


async def mailed(conn: Connection, column: str = "link") -> str:
    value = await fetch_value(
        conn,
        """
        SELECT CASE %(column)s WHEN 'link' THEN link ELSE code END
        FROM message
        WHERE channel = 'email'
        ORDER BY id DESC
        LIMIT 1
        """,
        {"column": column},
    )
    return str(value)


def bare_link(by: Someone, invited: Invited) -> str:
    """As a company builds it from the documents."""
    return invitation_url("http://artel.test", by.company_id or 0, invited.uuid)


async def state(conn: Connection, freelancer_id: int) -> tuple[Any, ...]:
    cursor = await conn.execute(
        """
        SELECT
            p.password_hash IS NOT NULL, f.registered_at IS NOT NULL, p.email_confirmed_at IS NOT NULL, p.first_name,
            p.phone, p.language,
            (SELECT tax_number FROM tax_info AS t WHERE t.person_id = p.id),
            (SELECT count(*) FROM agreement_signature AS s WHERE s.person_id = p.id)
        FROM person AS p
        JOIN freelancer AS f ON f.person_id = p.id
        WHERE p.id = %s
        """,
        [freelancer_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def test_from_the_mail_to_the_last_page(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now)
    page = await browser.open(await mailed(conn))
    assert page.status_code == 200
    assert "Aurora Studio invites you" in page.text
    assert EMAIL in page.text
    page = await browser.send(ANNA)
    assert page.url.path == "/registration/done"
    assert "Welcome, Anna!" in page.text
    assert await state(conn, invited.freelancer_id) == (
        True,
        True,
        True,
        "Anna",
        "79161234567",
        "EN",
        "709849850606",
        1,
    )
    missing = await requirements(conn, invited.freelancer_id, task_id=None, now=now)
    assert [requirement.name for requirement in missing] == ["verification"]
    cursor = await conn.execute("SELECT company_id, name, payload FROM event")
    assert await cursor.fetchall() == [(owner.company_id, "freelancerRegistered", {"uuid": str(invited.uuid)})]


async def test_the_page_in_russian(browser: Browser, conn: Connection, owner: Someone, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    page = await browser.open(await mailed(conn), "ru")
    assert "Aurora Studio приглашает вас" in page.text
    page = await browser.send({**ANNA, "tax_number": "1", "agreement": ""}, language="ru")
    assert page.status_code == 422
    assert "Номер не подходит к этому документу" in page.text
    assert "Прочитайте договор" in page.text
    page = await browser.send({"tax_number": "709849850606", "agreement": "1"}, language="ru")
    assert "Добро пожаловать, Anna!" in page.text
    assert (await state(conn, invited.freelancer_id))[5] == "RU"


async def test_an_invitation_in_russian_opens_in_russian(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    await invite(conn, owner, now, language="RU")
    assert '<html lang="ru">' in (await browser.open(await mailed(conn), "*")).text
    assert '<html lang="en">' in (await browser.open(await mailed(conn) + "&lang=en", "*")).text


async def test_what_the_company_told_is_there_already(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    await invite(conn, owner, now, profile=Profile(first_name="Anna", phone="79161234567", country="RU"))
    await browser.open(await mailed(conn))
    _, fields = browser.form()
    assert (fields["first_name"], fields["phone"], fields["country"]) == ("Anna", "+79161234567", "RU")


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"password": ""}, "password", "Please fill this in"),
        ({"password": "123456789"}, "password", "at least 10 characters"),
        ({"first_name": " "}, "first_name", "Please fill this in"),
        ({"last_name": "K" * 101}, "last_name", "At most 100"),
        ({"birth_date": ""}, "birth_date", "Please fill this in"),
        ({"birth_date": "soon"}, "birth_date", "not possible"),
        ({"birth_date": "2990-01-01"}, "birth_date", "not possible"),
        ({"citizenship": "XX"}, "citizenship", "Choose a country"),
        ({"country": ""}, "country", "Please fill this in"),
        ({"phone": "12"}, "phone", "not a telephone number"),
        ({"phone": ""}, "phone", "Please fill this in"),
        ({"city": ""}, "city", "Please fill this in"),
        ({"address": ""}, "address", "Please fill this in"),
        ({"postal_code": ""}, "postal_code", "Please fill this in"),
        ({"tax_number": ""}, "tax_number", "Please fill this in"),
        ({"tax_number": "709849850607"}, "tax_number", "check the digits"),
        ({"tax_document": ""}, "tax_document", "Choose one of"),
        ({"vat_number": "DE1"}, "vat_number", "not a VAT number"),
        ({"agreement": ""}, "agreement", "tick that you accept"),
        ({"agreement_uuid": str(uuid.UUID(int=7))}, "agreement", "tick that you accept"),
    ],
)
async def test_each_mistake_is_named_beside_its_field(
    browser: Browser,
    conn: Connection,
    owner: Someone,
    now: datetime,
    changed: dict[str, str],
    field: str,
    text: str,
) -> None:
    invited = await invite(conn, owner, now)
    await browser.open(await mailed(conn))
    page = await browser.send({**ANNA, **changed})
    assert page.status_code == 422
    beside = page.text.split(f'id="{field}-problem"')
    assert len(beside) == 2, "named once, beside the field"
    assert text in beside[1].split("</p>")[0]
    assert f'href="#{field}"' in page.text
    assert not (await state(conn, invited.freelancer_id))[0]
    _, kept = browser.form()
    sent = {**ANNA, **changed}
    assert {name: kept.get(name, "") for name in ANNA if name not in {"password", field}} == {
        name: value.strip() for name, value in sent.items() if name in ANNA and name not in {"password", field}
    }


async def test_a_good_password_is_typed_once_and_never_sent_back(
    browser: Browser, conn: Connection, owner: Someone, now: datetime, http: httpx.AsyncClient
) -> None:
    await invite(conn, owner, now)
    await browser.open(await mailed(conn))
    page = await browser.send({**ANNA, "city": ""})
    assert PASSWORD not in page.text
    _, fields = browser.form()
    kept = fields["password_kept"]
    page = await browser.send({"city": "Kazan", "password_kept": kept[:-1] + "x"})
    assert page.status_code == 422, "a hash of somebody else's making"
    page = await browser.send({"password_kept": kept})
    assert page.url.path == "/registration/done"
    assert await sign_in(browser, EMAIL, PASSWORD) == "/my"


async def sign_in(browser: Browser, email: str, password: str) -> str:
    browser.http.cookies.delete("artel_session")
    await browser.open("/sign-in")
    return (await browser.send({"username": email, "password": password})).url.path


async def test_without_a_tax_number_where_none_is_mandatory(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now)
    await browser.open(await mailed(conn))
    somewhere = {
        **ANNA,
        "country": "AU",
        "tax_country": "AU",
        "tax_document": "",
        "tax_number": "",
        "phone": "+4930123456",
    }
    page = await browser.send(somewhere)
    assert 'id="birth_country-problem"' in page.text
    assert "Give a tax number, or choose your country of birth instead." in page.text
    page = await browser.send({"birth_country": "JP"})
    assert page.url.path == "/registration/done"
    missing = await requirements(conn, invited.freelancer_id, task_id=None, now=now)
    assert [requirement.name for requirement in missing] == ["verification"]


async def test_a_bare_link_needs_a_code_from_the_mailbox(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now, send_email=False)
    page = await browser.open(bare_link(owner, invited))
    assert "Confirm your address" in page.text
    assert EMAIL not in page.text
    # Whoever sends the form without having shown the mailbox is led back.
    form = await browser.http.post(
        bare_link(owner, invited), data={**ANNA, **browser.form()[1]}, headers={"Accept": "text/html"}
    )
    assert "Confirm your address" in form.text
    assert not (await state(conn, invited.freelancer_id))[0]
    page = await browser.send()
    assert "We have sent a code" in page.text
    code = await mailed(conn, "code")
    page = await browser.send({"code": "000000"})
    assert page.status_code == 422
    assert "The code is wrong." in page.text
    page = await browser.send({"code": code})
    assert "password" in browser.form()[1]
    page = await browser.send(ANNA)
    assert page.url.path == "/registration/done"


async def test_five_wrong_codes_void_the_code(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now, send_email=False)
    await browser.open(bare_link(owner, invited))
    await browser.send()
    code = await mailed(conn, "code")
    for _ in range(5):
        assert (await browser.send({"code": "000000"})).status_code == 422
    page = await browser.send({"code": code})
    assert page.status_code == 422
    assert "no longer valid" in page.text


@pytest.mark.parametrize("spoil", ["expired", "made up", "somebody else's"])
async def test_a_proof_that_does_not_stand(
    browser: Browser, conn: Connection, owner: Someone, now: datetime, spoil: str
) -> None:
    other = await invite(conn, owner, now, email="boris@freelance.example")
    others_proof = parse_qs(urlsplit(await mailed(conn)).query)["proof"][0]
    invited = await invite(conn, owner, now)
    link = await mailed(conn)
    if spoil == "expired":
        await conn.execute("UPDATE page_link SET expires_at = %s", [now - timedelta(seconds=1)])
    else:
        proof = {"made up": "x" * 43, "somebody else's": others_proof}[spoil]
        link = invitation_url("http://artel.test", owner.company_id or 0, invited.uuid, proof)
    page = await browser.open(link)
    assert page.status_code == 200
    assert "Send the code" in page.text
    assert other != invited


@pytest.mark.parametrize("spoil", ["company", "person", "removed", "nothing", "other company"])
async def test_links_that_lead_nowhere_say_what_to_do(
    browser: Browser, conn: Connection, owner: Someone, outsider: Someone, now: datetime, spoil: str
) -> None:
    invited = await invite(conn, owner, now)
    if spoil == "removed":
        await team.remove_freelancer(
            conn, invited.freelancer_id, company_id=owner.company_id or 0, actor_id=owner.id, now=now
        )
    link = {
        "company": f"/registration/invite?invite_from=x&hashtoken={invited.uuid}",
        "person": f"/registration/invite?invite_from={owner.company_id}&hashtoken={uuid.uuid4()}",
        "removed": await mailed(conn),
        "nothing": "/registration/invite",
        "other company": bare_link(outsider, invited),
    }[spoil]
    page = await browser.open(link)
    assert page.status_code == 404
    assert "This invitation no longer works" in page.text
    assert "Ask the company to invite you again" in page.text


async def test_the_link_after_registering_asks_for_the_password(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    await invite(conn, owner, now)
    link = await mailed(conn)
    await browser.open(link)
    await browser.send(ANNA)
    assert "You work with Aurora Studio" in (await browser.open(link)).text
    browser.http.cookies.delete("artel_session")
    page = await browser.open(link)
    assert "Sign in to accept" in page.text
    page = await browser.send({"username": EMAIL, "password": PASSWORD})
    assert "You work with Aurora Studio" in page.text


async def test_somebody_registered_confirms_and_keeps_the_password(
    browser: Browser, conn: Connection, owner: Someone, outsider: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now)
    await browser.open(await mailed(conn))
    await browser.send(ANNA)
    browser.http.cookies.delete("artel_session")
    await invite(conn, outsider, now)
    page = await browser.open(await mailed(conn))
    assert "Far Away Ltd invites you" in page.text
    assert "password_kept" not in page.text
    page = await browser.send({"username": EMAIL, "password": "wrong password"})
    assert page.status_code == 422
    page = await browser.send({"username": EMAIL, "password": PASSWORD})
    assert "An invitation from Far Away Ltd" in page.text
    page = await browser.send()
    assert "You work with Far Away Ltd" in page.text
    joined = await fetch_value(
        conn,
        "SELECT joined_at IS NOT NULL FROM team_member WHERE company_id = %(company)s AND freelancer_id = %(id)s",
        {"company": outsider.company_id, "id": invited.freelancer_id},
    )
    assert joined is True


async def test_a_companys_member_becomes_a_freelancer_with_the_password_they_have(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    person = await cast.add_person(conn, EMAIL, now=now)
    own = await hash_password("the one they have")
    await conn.execute("UPDATE person SET password_hash = %s WHERE id = %s", [own, person])
    invited = await invite(conn, owner, now)
    page = await browser.open(await mailed(conn))
    page = await browser.send({"password": "the one they have"})
    assert "password" not in browser.form()[1]
    page = await browser.send({**ANNA, "password": "another password"})
    assert page.url.path == "/registration/done"
    assert (await state(conn, invited.freelancer_id))[1] is True
    kept = await fetch_value(conn, "SELECT password_hash FROM person WHERE id = %(id)s", {"id": person})
    assert kept == own


async def test_somebody_else_signed_in_is_told_so(
    browser: Browser, conn: Connection, owner: Someone, now: datetime
) -> None:
    invited = await invite(conn, owner, now)
    browser.http.cookies.set("artel_session", owner.token)
    page = await browser.open(await mailed(conn))
    assert "This invitation is for somebody else" in page.text
    page = await browser.send()
    assert "Choose a password" in page.text
    assert not (await state(conn, invited.freelancer_id))[0]


async def test_two_send_the_form_at_once(browser: Browser, conn: Connection, owner: Someone, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    link = await mailed(conn)
    await browser.open(link)
    data = {**browser.form()[1], **ANNA}
    replies = await asyncio.gather(
        *(browser.http.post(link, data=data, headers={"Accept": "text/html"}) for _ in range(8))
    )
    assert all(reply.status_code == 200 for reply in replies)
    assert (await state(conn, invited.freelancer_id))[:2] == (True, True)
    assert await fetch_value(conn, "SELECT count(*) FROM event") == 1


@pytest.mark.parametrize("path", ["invite", "confirm", "join"])
async def test_forms_of_other_sites_are_refused(
    browser: Browser, conn: Connection, owner: Someone, now: datetime, path: str
) -> None:
    await invite(conn, owner, now)
    link = (await mailed(conn)).replace("/invite?", f"/{path}?")
    await browser.open(await mailed(conn))
    fields = {**browser.form()[1], **ANNA}
    for data, headers in (
        ({**fields, "form_token": "0" * 64}, {}),
        ({**ANNA}, {}),
        (fields, {"Sec-Fetch-Site": "cross-site"}),
    ):
        reply = await browser.http.post(link, data=data, headers={"Accept": "text/html", **headers})
        assert reply.status_code == 403
        assert "Please try once more" in reply.text
    assert await fetch_value(conn, "SELECT count(*) FROM event") == 0


async def test_the_agreement_can_be_read_by_anybody(browser: Browser, conn: Connection) -> None:
    agreement = await fetch_value(conn, "SELECT uuid FROM agreement_template")
    page = await browser.open(f"/agreements/{agreement}", "ru")
    assert "<h1>Договор-оферта</h1>" in page.text
    assert "<h2>Оплата</h2>" in page.text
    for nothing in (uuid.uuid4(), "x"):
        assert (await browser.open(f"/agreements/{nothing}")).status_code == 404


async def test_done_without_having_signed_in(browser: Browser) -> None:
    assert (await browser.open("/registration/done")).url.path == "/sign-in"
