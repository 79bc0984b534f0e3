"""Files for banks: who is in which, what they say, and that the official schema takes every one of them."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from artel.bank_files.accounts import check_account, remove_account
from artel.bank_files.errors import AccountOfCurrencyExists, ExecutionDatePast
from artel.bank_files.export import export, export_again
from artel.bank_files.queries import unanswered_payouts, waiting_payouts
from artel.db.pool import Connection, Database
from artel.errors import NotFound, Refused
from artel.files.store import FileStore
from artel.payouts.errors import CurrencyNotPaid, EndpointUnknown
from artel.payouts.rules import pay_out_task
from artel.tasks.queries import lock_task
from tests.bank_files.cast import (
    DOLLAR_ACCOUNT,
    EURO_ACCOUNT,
    NAMESPACE,
    RAIL,
    ROUBLE_ACCOUNT,
    SWIFT,
    add_accounts,
    content_of,
    pay,
    references,
    schema,
    statuses,
)
from tests.payouts.cast import CARD, RUSSIAN_ACCOUNT, SEPA, World, add_paid_task, assert_books_balance, keep_endpoint


@pytest.fixture
def thursday(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """The day on which files are written."""
    at = datetime(2026, 12, 24, 10, tzinfo=UTC)
    offset = at - datetime.now(UTC)
    from artel import clock

    clock.move_to_offset(offset)
    yield at
    clock.move_to_offset(timedelta())


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path, NAMESPACE)]


async def test_groups_of_a_file(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path, thursday: datetime
) -> None:
    sepa, swift = await keep_endpoint(conn, world, SEPA), await keep_endpoint(conn, world, SWIFT)
    roubles = await keep_endpoint(conn, world, RUSSIAN_ACCOUNT)
    await pay(conn, world, sepa, "10.00")
    await pay(conn, world, sepa, "0.01")
    dollars = await pay(conn, world, swift, "7.10", currency="USD")
    await pay(conn, world, roubles, "1000", currency="RUB")

    written = await export(database, files, folder, wanted=date(2026, 12, 25))

    contents = content_of(folder)
    assert {file.name for file in written} == set(contents)
    assert sorted(name.partition(".")[2] for name in contents) == ["txt", "xml"]
    [xml] = [content for name, content in contents.items() if name.endswith("xml")]
    schema().validate(xml.decode())
    root = ElementTree.fromstring(xml)
    # TARGET is closed on Christmas and at the weekend; American banks on Christmas alone, and at the weekend.
    assert texts(root, ".//p:PmtInf/p:ReqdExctnDt/p:Dt") == ["2026-12-28", "2026-12-28"]
    assert texts(root, ".//p:PmtInf/p:NbOfTxs") == ["2", "1"]
    assert texts(root, ".//p:PmtInf/p:CtrlSum") == ["10.01", "7.10"]
    assert texts(root, ".//p:GrpHdr/p:NbOfTxs") == ["3"]
    assert texts(root, ".//p:GrpHdr/p:CtrlSum") == ["17.11"]
    assert texts(root, ".//p:PmtInf/p:ChrgBr") == ["SLEV", "SHAR"]
    assert texts(root, ".//p:PmtInf/p:PmtTpInf/p:SvcLvl/p:Cd") == ["SEPA"]
    assert texts(root, ".//p:DbtrAcct/p:Id/p:IBAN") == [EURO_ACCOUNT, DOLLAR_ACCOUNT]
    assert texts(root, ".//p:PmtInf/p:Dbtr/p:Nm") == ["Artel Zahlungs-GmbH Co. KG"] * 2
    assert texts(root, ".//p:PmtInf/p:Dbtr/p:PstlAdr/p:StrtNm") == ["Taubenstrasse 7-9"] * 2
    own = await references(conn)
    assert texts(root, ".//p:EndToEndId") == [own[payout] for payout in sorted(own)[:3]]
    [message_id] = texts(root, ".//p:MsgId")
    assert texts(root, ".//p:PmtInfId") == [f"{message_id}-1", f"{message_id}-2"]

    swift_line = root.findall(".//p:CdtTrfTxInf", NAMESPACE)[2]
    assert texts(swift_line, "p:PmtId/p:EndToEndId") == [own[dollars]]
    assert texts(swift_line, "p:CdtrAgt/p:FinInstnId/p:BICFI") == ["NBRKKZKX"]
    assert texts(swift_line, "p:Cdtr/p:Nm") == ["Dina Bum"]
    assert texts(swift_line, "p:Cdtr/p:PstlAdr/p:TwnNm") == ["Almaty"]
    assert texts(swift_line, "p:Cdtr/p:PstlAdr/p:Ctry") == ["KZ"]
    assert texts(swift_line, "p:CdtrAcct/p:Id/p:IBAN") == ["KZ86125KZT5004100100"]
    amount = swift_line.find("p:Amt/p:InstdAmt", NAMESPACE)
    assert amount is not None
    assert (amount.text, amount.get("Ccy")) == ("7.10", "USD")
    assert set((await statuses(conn)).values()) == {1}


async def test_a_payment_order(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path, thursday: datetime
) -> None:
    await conn.execute(
        """
        INSERT INTO tax_info (person_id, residence_country, type, tax_number, updated_at)
        VALUES (%s, 'RU', 'inn', '500100732259', %s)
        """,
        [world.freelancer_id, world.now],
    )
    endpoint = await keep_endpoint(conn, world, RUSSIAN_ACCOUNT)
    payouts = [await pay(conn, world, endpoint, "1234.50", currency="RUB") for _ in range(2)]

    await export(database, files, folder)

    [content] = content_of(folder).values()
    text = content.decode("cp1251")
    assert text.startswith("1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=Windows\r\n")
    assert text.endswith("КонецДокумента\r\nКонецФайла\r\n")
    assert text.count("СекцияДокумент=Платежное поручение\r\n") == 2
    reference = (await references(conn))[payouts[0]]
    first = text.split("СекцияДокумент=")[1]
    for row in (
        "Номер=1",
        "Дата=24.12.2026",
        "Сумма=1234.50",
        f"ПлательщикСчет={ROUBLE_ACCOUNT}",
        'Плательщик=ИНН 7707083893 ООО "Артель"',
        "ПлательщикИНН=7707083893",
        "ПлательщикКПП=770701001",
        "ПлательщикБанк1=Банк примеров",
        "ПлательщикБИК=049805746",
        "ПлательщикКорсчет=30101810800000000746",
        "ПолучательСчет=40602810700000000025",
        "Получатель=ИНН 500100732259 Дина Бум",
        "ПолучательИНН=500100732259",
        "ПолучательБИК=049805746",
        "ПолучательКорсчет=30101810800000000746",
        "ВидОплаты=01",
        "Код=0",
        "Очередность=5",
        f"НазначениеПлатежа=Выплата {reference} за оказанные услуги. Без НДС.",
    ):
        assert f"\r\n{row}\r\n" in first, row
    assert "\r\nНомер=2\r\n" in text.split("СекцияДокумент=")[2]

    # Orders of an account are numbered one after the other, whichever file they are in.
    await pay(conn, world, endpoint, "5", currency="RUB")
    [again] = await export(database, files, folder)
    assert "\r\nНомер=3\r\n" in content_of(folder)[again.name].decode("cp1251")


async def test_exporting_again_writes_nothing_new(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path, tmp_path: Path
) -> None:
    endpoint = await keep_endpoint(conn, world, SEPA)
    await pay(conn, world, endpoint)
    [file] = await export(database, files, folder)
    first = content_of(folder)
    assert await export(database, files, folder) == []
    assert content_of(folder) == first

    # What lay in the folder is got again from the store, whatever became of the account and the endpoint.
    await remove_account(conn, (await account_ids(conn))["EUR"], now=world.now)
    await conn.execute("UPDATE payout_endpoint SET removed_at = %s, auto_pay = false", [world.now])
    await export_again(database, files, tmp_path / "elsewhere", file.message_id)
    assert content_of(tmp_path / "elsewhere") == first
    with pytest.raises(NotFound):
        await export_again(database, files, folder, "ARTEL-0-00000000")
    cursor = await conn.execute("SELECT sha256 FROM bank_file")
    assert await cursor.fetchone() == (hashlib.sha256(first[file.name]).digest(),)


async def account_ids(conn: Connection) -> dict[str, int]:
    cursor = await conn.execute("SELECT currency, id FROM bank_account WHERE removed_at IS NULL")
    return dict(await cursor.fetchall())


async def test_parallel_exports_share_no_payout(
    database: Database, conn: Connection, world: World, files: FileStore, tmp_path: Path
) -> None:
    endpoints = [await keep_endpoint(conn, world, one) for one in (SEPA, SWIFT, RUSSIAN_ACCOUNT)]
    made = []
    for number in range(60):
        currency = ("EUR", "USD", "RUB")[number % 3]
        made.append(await pay(conn, world, endpoints[number % 3], currency=currency))
    folders = [tmp_path / str(number) for number in range(8)]
    await asyncio.gather(*(export(database, files, folder) for folder in folders))

    contents: dict[str, bytes] = {}
    for folder in folders:
        for name, content in (content_of(folder) if folder.exists() else {}).items():
            assert contents.setdefault(name, content) == content
    own = await references(conn)
    assert sorted(own) == made
    everything = "".join(content.decode("cp1251") for content in contents.values())
    for reference in own.values():
        # In its element twice, and in the text for the payee; in the 1C format in the text and its first line.
        assert everything.count(reference) in {2, 3}
        assert sum(reference in content.decode("cp1251") for content in contents.values()) == 1
    cursor = await conn.execute("SELECT order_number FROM bank_file_line WHERE scheme = 'russian' ORDER BY 1")
    assert await cursor.fetchall() == [(number,) for number in range(1, 21)]
    await assert_books_balance(conn)


async def test_without_an_account_a_payout_waits(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path
) -> None:
    payout = await pay(conn, world, await keep_endpoint(conn, world, SEPA), "12.34")
    await remove_account(conn, (await account_ids(conn))["EUR"], now=world.now)
    assert await export(database, files, folder) == []
    assert await statuses(conn) == {payout: 10}
    [waiting] = await waiting_payouts(conn)
    assert (waiting.currency, waiting.count, waiting.amount, waiting.has_account) == ("EUR", 1, Decimal("12.34"), False)

    with pytest.raises(AccountOfCurrencyExists):
        await add_accounts(conn, now=world.now)  # EUR is free again, USD is not
    [file] = await export(database, files, folder)
    assert file.name in content_of(folder)


async def test_what_no_answer_came_to_is_named(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path, thursday: datetime
) -> None:
    payout = await pay(conn, world, await keep_endpoint(conn, world, SEPA))
    [file] = await export(database, files, folder, wanted=date(2026, 12, 28))
    for now, is_overdue in ((thursday, False), (datetime(2027, 1, 2, 1, tzinfo=UTC), True)):
        [row] = await unanswered_payouts(conn, now=now)
        assert (row.end_to_end_id, row.message_id) == ((await references(conn))[payout], file.message_id)
        assert row.is_overdue is is_overdue


async def test_what_cannot_be_written(
    database: Database, conn: Connection, world: World, files: FileStore, folder: Path
) -> None:
    with pytest.raises(ExecutionDatePast):
        await export(database, files, folder, wanted=world.now.date() - timedelta(days=1))
    # A currency or an endpoint that the rail does not know is refused where the payout is asked for.
    card, sepa = await keep_endpoint(conn, world, CARD), await keep_endpoint(conn, world, SEPA)
    task = await add_paid_task(conn, world, "10")
    for type, endpoint, currency, refusal in (
        (1, card, None, CurrencyNotPaid),
        (6, sepa, "USD", CurrencyNotPaid),
        (6, card, None, EndpointUnknown),
    ):
        with pytest.raises(refusal):
            async with conn.transaction():
                await pay_out_task(
                    conn,
                    await lock_task(conn, world.owner, task_id=task),
                    endpoint_type=type,
                    endpoint_id=endpoint,
                    currency=currency,
                    rail=RAIL,
                    actor_id=None,
                    now=world.now,
                )
    assert await statuses(conn) == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "DE02120300000000202052"}, "iban_wrong"),
        ({"bic": "BYLA"}, "bic_wrong"),
        ({"holder": " "}, "holder_required"),
        ({"holder": "1" * 20}, "account_holder_wrong"),
        ({"currency": "RUB"}, "endpoint_currency_wrong"),
        ({"currency": "GBP"}, "endpoint_currency_wrong"),
        ({"town": "x" * 36}, "address_too_long"),
        ({"bik": "049805746", "currency": "RUB"}, "bank_name_required"),
        ({"bik": "049805746", "currency": "RUB", "bank_name": "Bank"}, "tax_number_invalid"),
        ({"bik": "049805746", "bank_name": "Bank", "tax_number": "7707083893"}, "endpoint_currency_wrong"),
    ],
)
def test_our_accounts_are_checked(change: dict[str, str], code: str) -> None:
    typed = {"currency": "EUR", "holder": "Artel GmbH", "number": EURO_ACCOUNT, "bic": "BYLADEM1001"}
    assert check_account(**typed).number == EURO_ACCOUNT
    with pytest.raises(Refused) as refused:
        check_account(**{**typed, **change})
    assert refused.value.code == code
