"""The page where a freelancer types a card, an account or a wallet."""

import logging
import uuid
from datetime import datetime, timedelta

import pytest

from artel import clock
from artel.db.pool import Connection
from artel.payouts.endpoints import PURPOSE
from artel.people.links import make_link
from tests import cast
from tests.pages.conftest import Browser
from tests.payouts.cast import World, join_team, make_world

NUMBER = "5213240000000004"
CARD = {"number": NUMBER, "expires": "12/40", "holder": "Dina Boom", "country": "KZ", "currency": "EUR"}
RUSSIAN = {
    "bik": "049805746",
    "number": "40602810700000000025",
    "correspondent_account": "30101810800000000746",
    "holder": "Дина Бум",
}
SEPA = {"number": "DE89 3704 0044 0532 0130 00", "holder": "Dina Boom"}
SWIFT = {
    "number": "KZ86125KZT5004100100",
    "bic": "NBRKKZKX",
    "holder": "Dina Boom",
    "currency": "USD",
    "town": "Almaty",
    "country": "KZ",
}
QIWI = {"number": "+7 916 123-45-67", "currency": "RUB"}
PURSE = {"number": "Z123456789012", "currency": "USD"}


@pytest.fixture
async def world(conn: Connection, now: datetime) -> World:
    return await make_world(conn, now=now)


async def link_for(
    conn: Connection, world: World, type: int, subtype: int | None, redirect_url: str | None = None
) -> tuple[str, str]:
    """A link's path, and the uuid of the endpoint to come."""
    name = str(uuid.uuid4())
    token = await make_link(
        conn,
        purpose=PURPOSE,
        person_id=world.freelancer_id,
        company_id=world.owner.company_id,
        facts={"uuid": name, "type": type, "subtype": subtype},
        redirect_url=redirect_url,
        lifetime_s=3600,
        now=world.now,
    )
    return f"/payout-endpoint/{token}", name


async def kept(conn: Connection) -> list[tuple[object, ...]]:
    cursor = await conn.execute(
        "SELECT type, subtype, currency, number, holder, country, status, auto_pay FROM payout_endpoint ORDER BY id"
    )
    return await cursor.fetchall()


@pytest.mark.parametrize(
    ("type", "subtype", "typed", "row", "hook"),
    [
        (1, None, CARD, (1, 2, "EUR", "5213 24** **** 0004", "DINA BOOM", "KZ", 4, False), "cardAdded"),
        (6, 1, SEPA, (6, 1, "EUR", "DE89370400440532013000", "Dina Boom", "DE", 1, False), "bankAccountAdded"),
        (6, 2, SWIFT, (6, 2, "USD", "KZ86125KZT5004100100", "Dina Boom", "KZ", 1, False), "bankAccountAdded"),
        (6, 6, RUSSIAN, (6, 6, "RUB", "40602810700000000025", "Дина Бум", "RU", 1, False), "bankAccountAdded"),
        (2, 2, QIWI, (2, 2, "RUB", "79161234567", "", None, 1, False), "walletAdded"),
        (2, 3, PURSE, (2, 3, "USD", "Z123456789012", "", None, 1, False), "walletAdded"),
    ],
)
async def test_adding(
    browser: Browser,
    conn: Connection,
    world: World,
    now: datetime,
    type: int,
    subtype: int | None,
    typed: dict[str, str],
    row: tuple[object, ...],
    hook: str,
) -> None:
    """Kept, and told to every company of the team, and to no other."""
    second = await cast.add_company(conn, "Borealis", "USD", now=now)
    await join_team(conn, second, world.freelancer_id, now=now)
    await cast.add_company(conn, "Strangers", "USD", now=now)
    path, name = await link_for(conn, world, type, subtype)
    assert (await browser.open(path)).status_code == 200
    page = await browser.send(typed)
    assert page.status_code == 200
    assert page.url.path == "/payout-endpoint/added"
    assert await kept(conn) == [row]
    cursor = await conn.execute("SELECT name, company_id, payload FROM event ORDER BY company_id")
    payload = {"id": name, "ownerId": world.freelancer_id, "uuid": name}
    assert await cursor.fetchall() == [(hook, world.owner.company_id, payload), (hook, second, payload)]
    # Once is once.
    assert (await browser.open(path)).status_code == 410


async def test_a_cards_number_goes_nowhere(
    browser: Browser,
    conn: Connection,
    world: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not into the database, not into the logs, not back onto the page, whatever else was wrong with the card."""
    caplog.set_level(logging.DEBUG)
    path, _ = await link_for(conn, world, 1, None)
    await browser.open(path)
    for wrong in ({"expires": "01/20"}, {"holder": ""}, {"country": "XX"}, {"currency": "BTC"}):
        page = await browser.send({**CARD, **wrong})
        assert page.status_code == 422
        assert NUMBER not in page.text.replace(" ", "")
    spaced = "5213 2400 0000 0004"
    assert (await browser.send({**CARD, "number": spaced})).status_code == 200
    cursor = await conn.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for [table] in await cursor.fetchall():
        cursor = await conn.execute(f'SELECT row_to_json(t)::text FROM "{table}" AS t')
        for [text] in await cursor.fetchall():
            assert NUMBER not in text.replace(" ", ""), table
    printed = "".join(capfd.readouterr()) + caplog.text
    assert printed
    assert NUMBER not in printed.replace(" ", "")
    assert spaced not in printed
    cursor = await conn.execute("SELECT processor_token, expires FROM payout_endpoint")
    [(token, expires)] = await cursor.fetchall()
    assert token.startswith("sandbox_")
    assert expires == "12/40"


async def test_each_problem_stands_beside_its_field(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 1, None)
    await browser.open(path)
    page = await browser.send({"number": "5213", "expires": "13/40", "holder": "Дина", "country": "", "currency": ""})
    assert page.status_code == 422
    for field, text in (
        ("number", "This is not a card number"),
        ("expires", "Write month and year as on the card"),
        ("holder", "in Latin letters"),
        ("country", "Choose a country."),
        ("currency", "Choose a currency"),
    ):
        beside = page.text.split(f'id="{field}-problem"')[1].split("</p>")[0]
        assert text in beside
        assert f'aria-describedby="{field}-hint {field}-problem"' in page.text or (
            f'aria-describedby="{field}-problem"' in page.text
        )
    assert await kept(conn) == []
    # What was right stays.
    page = await browser.send({**CARD, "number": "5213"})
    assert 'value="12/40"' in page.text
    assert '<option value="KZ" selected>' in page.text
    assert (await browser.send({**CARD})).status_code == 200


async def test_the_russian_account_is_checked_against_its_bank(
    browser: Browser, conn: Connection, world: World
) -> None:
    path, _ = await link_for(conn, world, 6, 6)
    await browser.open(path, "ru")
    page = await browser.send({**RUSSIAN, "number": "40602810800000000025"}, language="ru")
    assert "Номер счёта не соответствует БИК банка: проверьте оба." in page.text
    page = await browser.send(RUSSIAN | {"number": "40602810800000000025", "bik": "12"}, language="ru")
    assert "БИК состоит из 9 цифр и начинается с 04." in page.text
    assert (await browser.send({**RUSSIAN, "bank_name": "Банк «Пример»"}, language="ru")).status_code == 200
    cursor = await conn.execute("SELECT bank FROM payout_endpoint")
    assert await cursor.fetchone() == (
        {"bik": "049805746", "correspondent_account": "30101810800000000746", "name": "Банк «Пример»"},
    )


async def test_both_languages(browser: Browser, conn: Connection, world: World) -> None:
    titles = {
        (1, None): ("Add a bank card", "Добавить банковскую карту"),
        (6, 1): ("Add a SEPA bank account", "Добавить счёт SEPA"),
        (6, 2): ("Add a SWIFT bank account", "Добавить счёт SWIFT"),
        (6, 6): ("Add a Russian bank account", "Добавить счёт в российском банке"),
        (2, 2): ("Add a QIWI wallet", "Добавить кошелёк QIWI"),
        (2, 3): ("Add a WebMoney purse", "Добавить кошелёк WebMoney"),
    }
    for (type, subtype), (english, russian) in titles.items():
        path, _ = await link_for(conn, world, type, subtype)
        assert f"<h1>{english}</h1>" in (await browser.open(path, "en")).text
        assert f"<h1>{russian}</h1>" in (await browser.open(path, "ru")).text
        assert "Aurora Studio" in browser.page.text
    assert (await browser.open("/payout-endpoint/added", "ru")).status_code == 200


async def test_the_freelancers_own_language_where_the_browser_asks_for_none(
    browser: Browser, conn: Connection, world: World
) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [world.freelancer_id])
    path, _ = await link_for(conn, world, 2, 2)
    assert '<html lang="ru">' in (await browser.open(path, "de")).text


async def test_the_same_account_twice(browser: Browser, conn: Connection, world: World) -> None:
    for number, status in ((1, 200), (2, 422)):
        path, _ = await link_for(conn, world, 6, 1)
        await browser.open(path)
        page = await browser.send(SEPA)
        assert page.status_code == status, number
    assert "This one has been added already." in page.text.split('id="number-problem"')[1].split("</p>")[0]
    # The link was not spent on the refusal.
    assert (await browser.send({**SEPA, "number": "FR1420041010050500013M02606"})).status_code == 200
    assert len(await kept(conn)) == 2


async def test_back_to_where_the_company_wants(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 2, 2, "https://shop.example:8443/done?a=1")
    page = await browser.open(path)
    assert "form-action 'self' https://shop.example:8443;" in page.headers["content-security-policy"]
    browser.http.follow_redirects = False
    page = await browser.send(QIWI)
    assert (page.status_code, page.headers["location"]) == (303, "https://shop.example:8443/done?a=1")


async def test_links_that_are_gone(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 2, 2)
    clock.move_to_offset(timedelta(minutes=61))
    try:
        assert (await browser.open(path)).status_code == 410
        assert "This link no longer works" in browser.page.text
    finally:
        clock.move_to_offset(timedelta())
    assert (await browser.open("/payout-endpoint/nonsense")).status_code == 410
    await browser.open(path)
    there, browser.page = browser.page, await browser.http.get("/")
    await conn.execute("UPDATE page_link SET used_at = created_at")
    browser.page = there
    assert (await browser.send(QIWI)).status_code == 410
    assert await kept(conn) == []


async def test_a_link_for_something_else(browser: Browser, conn: Connection, world: World) -> None:
    """A registration link opens no endpoint page; an endpoint link takes what it was made for alone."""
    token = await make_link(conn, purpose="registration", person_id=world.freelancer_id, lifetime_s=60, now=world.now)
    assert (await browser.open(f"/payout-endpoint/{token}")).status_code == 410
    path, _ = await link_for(conn, world, 2, 3)
    await browser.open(path)
    assert (await browser.send(QIWI)).status_code == 422
    assert await kept(conn) == []


async def test_a_form_of_another_site(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 2, 2)
    reply = await browser.http.post(path, data=QIWI)
    assert reply.status_code == 403
    assert await kept(conn) == []


async def test_the_default_place_is_ticked_by_hand(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 2, 2)
    await browser.open(path)
    assert "auto_pay" not in browser.form()[1]
    await browser.send({**QIWI, "auto_pay": "1"})
    assert [row[-1] for row in await kept(conn)] == [True]


async def test_what_is_known_is_filled_in(browser: Browser, conn: Connection, world: World) -> None:
    for type, subtype, fields in (
        (1, None, {"holder": "Dina Example", "country": "DE", "number": ""}),
        (6, 1, {"holder": "Dina Example", "number": ""}),
    ):
        path, _ = await link_for(conn, world, type, subtype)
        await browser.open(path)
        there = browser.form()[1]
        assert {field: there.get(field, "") for field in fields} == fields
    await conn.execute("UPDATE person SET first_name = 'Дина' WHERE id = %s", [world.freelancer_id])
    for type, subtype, holder in ((1, None, ""), (6, 1, ""), (6, 6, "Дина Example")):
        path, _ = await link_for(conn, world, type, subtype)
        await browser.open(path)
        assert browser.form()[1]["holder"] == holder


async def test_phones_and_browsers_are_told_what_to_offer(browser: Browser, conn: Connection, world: World) -> None:
    path, _ = await link_for(conn, world, 1, None)
    page = (await browser.open(path)).text
    for attribute in ('autocomplete="cc-number"', 'autocomplete="cc-exp"', 'autocomplete="cc-name"'):
        assert attribute in page
    for field in ("number", "expires"):
        tag = page.split(f'<input id="{field}"')[1].split(">")[0]
        assert 'inputmode="numeric"' in tag
    assert "no-store" in browser.page.headers["cache-control"]
