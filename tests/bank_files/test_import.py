"""What banks report: each payout settled, declined, part-settled or returned once, and nothing else moved."""

import asyncio
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from artel.bank_files.export import export
from artel.bank_files.reports.entries import Entry
from artel.bank_files.settling import take_entry
from artel.db.pool import Connection, Database
from artel.files.store import FileStore
from artel.ledger.accounts import clearing, payouts_in_transit
from artel.ledger.queries import balance
from artel.ledger.verify import verify_ledger
from tests.bank_files.cast import (
    DOLLAR_ACCOUNT,
    booking,
    detail,
    group_report,
    notification,
    pay,
    pay_task,
    read,
    references,
    statement_1c,
    status_report,
    statuses,
    words,
)
from tests.payouts.cast import RUSSIAN_ACCOUNT, SEPA, World, add_paid_task, balance_of, keep_endpoint


class Sent(msgspec.Struct, frozen=True):
    """A payout that is on its way in a file."""

    id: int
    reference: str


class Bank:
    """The world between an export and what the bank says of it."""

    def __init__(self, database: Database, conn: Connection, world: World, files: FileStore, folder: Path) -> None:
        self.database, self.conn, self.world, self.files, self.folder = database, conn, world, files, folder
        self.endpoints: dict[str, int] = {}

    async def send(self, *amounts: str, currency: str = "EUR") -> list[Sent]:
        """Payouts of these amounts, in one file."""
        if currency not in self.endpoints:
            kind = SEPA if currency == "EUR" else RUSSIAN_ACCOUNT
            self.endpoints[currency] = await keep_endpoint(self.conn, self.world, kind)
        made = [await pay(self.conn, self.world, self.endpoints[currency], one, currency=currency) for one in amounts]
        await export(self.database, self.files, self.folder)
        own = await references(self.conn)
        return [Sent(payout, own[payout]) for payout in made]

    async def read(self, content: str | bytes) -> list[str]:
        return words(await read(self.database, content, self.world.now))

    async def state(self) -> dict[str, object]:
        """Everything that a report could change."""
        found: dict[str, object] = {}
        for table in ("payout", "payout_step", "transfer", "posting", "event", "audit", "bank_report_entry", "task"):
            cursor = await self.conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            found[table] = await cursor.fetchall()
        return found

    async def assert_nothing_changes(self, content: str | bytes, expected: list[str]) -> None:
        before = await self.state()
        assert await self.read(content) == expected
        assert await self.state() == before

    async def steps(self, payout: int) -> list[tuple[int, str | None]]:
        cursor = await self.conn.execute(
            "SELECT to_status, reason FROM payout_step WHERE payout_id = %s ORDER BY id", [payout]
        )
        return await cursor.fetchall()

    async def assert_sums(self, *, out: str, home: str, transit: str = "0", currency: str = "EUR") -> None:
        assert await balance(self.conn, clearing("bank", currency)) + await self.credited(currency) == Decimal(out)
        assert await balance_of(self.conn, self.world, currency) == Decimal(home)
        assert await balance(self.conn, payouts_in_transit(currency)) == Decimal(transit)
        assert (await verify_ledger(self.database)).is_clean

    async def credited(self, currency: str) -> Decimal:
        """What the tests' freelancer was given; it came through the same clearing account."""
        cursor = await self.conn.execute(
            """
            SELECT coalesce(sum(posting.amount), 0)
            FROM posting
            JOIN account ON account.id = posting.account_id
            JOIN transfer ON transfer.id = posting.transfer_id
            WHERE transfer.kind = 'top_up' AND account.owner_kind = 'person' AND account.currency = %s
            """,
            [currency],
        )
        [total] = await cursor.fetchone() or [Decimal(0)]
        return Decimal(total)


@pytest.fixture
def bank(database: Database, conn: Connection, world: World, files: FileStore, folder: Path) -> Bank:
    return Bank(database, conn, world, files, folder)


@pytest.mark.parametrize("version", ["03", "10"])
async def test_a_status_report(bank: Bank, version: str) -> None:
    paid, refused, underway = await bank.send("10.00", "20.00", "30.00")
    why = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Konto erloschen</AddtlInf></StsRsnInf>"
    first = status_report({paid.reference: "ACSC", underway.reference: "ACSP"}, version=version)
    assert await bank.read(first) == ["settled", "pending"]
    second = status_report({refused.reference: "RJCT"}, version=version, inner=why)
    assert await bank.read(second) == ["declined"]
    assert await statuses(bank.conn) == {paid.id: 2, refused.id: 3, underway.id: 1}
    assert await bank.steps(refused.id) == [
        (10, None),
        (1, None),
        (3, "AC04: the account is closed; Konto erloschen"),
    ]
    await bank.assert_sums(out="10.00", home="20.00", transit="30.00")
    for again in (first, second):
        await bank.assert_nothing_changes(again, ["repeated", "pending"] if again is first else ["repeated"])

    # A declined payout's task can be paid out again, with a reference of its own.
    cursor = await bank.conn.execute("SELECT task_id FROM payout WHERE id = %s", [refused.id])
    [task] = await cursor.fetchone() or [0]
    again_id = await pay_task(bank.conn, bank.world, task, bank.endpoints["EUR"])
    await export(bank.database, bank.files, bank.folder)
    assert (await references(bank.conn))[again_id] != refused.reference
    await bank.assert_nothing_changes(second, ["repeated"])


async def test_words_over_a_block_or_a_whole_file(bank: Bank) -> None:
    first = await bank.send("1.00", "2.00")
    second = await bank.send("3.00")
    cursor = await bank.conn.execute("SELECT message_id FROM bank_file ORDER BY id")
    [block_file], [whole_file] = await cursor.fetchall()
    await bank.assert_nothing_changes(group_report(whole_file, "ACCP"), ["pending"])
    await bank.assert_nothing_changes(group_report(whole_file, "PART"), ["pending"])
    await bank.assert_nothing_changes(group_report("ARTEL-9-00000000", "RJCT"), ["unknown reference"])
    assert await bank.read(group_report("X", "RJCT", payment_id=f"{block_file}-1")) == ["declined", "declined"]
    assert await bank.read(group_report(whole_file, "RJCT")) == ["declined"]
    assert set((await statuses(bank.conn)).values()) == {3}
    assert await bank.steps(second[0].id) == [(10, None), (1, None), (3, "FF01: the file's format is wrong")]
    await bank.assert_nothing_changes(group_report(whole_file, "RJCT"), ["repeated"])
    await bank.assert_nothing_changes(group_report(whole_file, "ACSC"), ["contradiction"])
    assert len(first) == 2
    await bank.assert_sums(out="0", home="6.00")


@pytest.mark.parametrize("version", ["02", "08"])
async def test_a_debit_notification(bank: Bank, version: str) -> None:
    whole, part, listed, other = await bank.send("10.00", "20.00", "5.00", "6.00")
    content = notification(
        booking(detail(whole.reference), "10.00", version=version, reference="B1"),
        booking(detail(part.reference, amount="12.50", instructed="20.00"), "12.50", version=version, reference="B2"),
        booking(
            detail(listed.reference, amount="5.00", servicer="D1")
            + detail(other.reference, amount="6.00", servicer="D2"),
            "11.00",
            version=version,
            reference="B3",
        ),
        version=version,
    )
    assert await bank.read(content) == ["settled", "part-settled", "settled", "settled"]
    assert await statuses(bank.conn) == {whole.id: 2, part.id: 5, listed.id: 2, other.id: 2}
    await bank.assert_sums(out="33.50", home="7.50")
    await bank.assert_nothing_changes(content, ["repeated"] * 4)
    # The bank's own word, after the booking.
    assert await bank.read(status_report({whole.reference: "ACSC"})) == ["repeated"]
    await bank.assert_nothing_changes(status_report({whole.reference: "RJCT"}), ["contradiction"])
    await bank.assert_nothing_changes(status_report({part.reference: "ACSC"}), ["contradiction"])


async def test_a_block_booked_as_one_sum(bank: Bank) -> None:
    await bank.send("1.50", "2.50")
    cursor = await bank.conn.execute("SELECT DISTINCT payment_id FROM bank_file_line")
    [block] = (await cursor.fetchone()) or [""]
    await bank.assert_nothing_changes(notification(booking("", "3.99", batch=block)), ["wrong amount"])
    await bank.assert_nothing_changes(notification(booking("", "4.00", batch="ARTEL-9-9-1")), ["unknown reference"])
    await bank.assert_nothing_changes(notification(booking("", "4.00", batch=block, status="PDNG")), ["pending"])
    content = notification(booking("", "4.00", batch=block))
    assert await bank.read(content) == ["settled", "settled"]
    await bank.assert_nothing_changes(content, ["repeated", "repeated"])
    await bank.assert_sums(out="4.00", home="0")


async def test_a_status_and_then_its_booking(bank: Bank) -> None:
    [payout] = await bank.send("10.00")
    assert await bank.read(status_report({payout.reference: "ACCC"})) == ["settled"]
    content = notification(booking(detail(payout.reference), "10.00"))
    assert await bank.read(content) == ["confirmed"]
    await bank.assert_nothing_changes(content, ["repeated"])
    # The bank took the money a second time: never silently the same.
    second = notification(booking(detail(payout.reference), "10.00", reference="BANK-2"))
    await bank.assert_nothing_changes(second, ["contradiction"])
    await bank.assert_sums(out="10.00", home="0")


RETURN = "<RtrInf><Rsn><Cd>AC06</Cd></Rsn></RtrInf>"


@pytest.mark.parametrize("as_reversal", [True, False])
async def test_a_return(bank: Bank, as_reversal: bool) -> None:
    whole, part, unseen = await bank.send("10.00", "20.00", "5.00")
    debits = notification(
        booking(detail(whole.reference), "10.00", reference="B1"),
        booking(detail(part.reference, amount="15.00", instructed="20.00"), "15.00", reference="B2"),
    )
    assert await bank.read(debits) == ["settled", "part-settled"]
    await bank.assert_sums(out="25.00", home="5.00", transit="5.00")

    def came_back(payout: Sent, amount: str, reference: str) -> str:
        inner = "" if as_reversal else RETURN
        return booking(
            detail(payout.reference, inner=inner), amount, direction="CRDT", reversal=as_reversal, reference=reference
        )

    short = notification(came_back(whole, "9.00", "R0"), came_back(part, "20.00", "R0"))
    await bank.assert_nothing_changes(short, ["wrong amount", "wrong amount"])
    # The last one's debit was never seen: that it came back says that nobody has it.
    returns = notification(
        came_back(whole, "10.00", "R1"), came_back(part, "15.00", "R2"), came_back(unseen, "5.00", "R3")
    )
    assert await bank.read(returns) == ["returned"] * 3
    assert await statuses(bank.conn) == {whole.id: 3, part.id: 3, unseen.id: 3}
    reason = None if as_reversal else "AC06: the account is blocked"
    assert await bank.steps(whole.id) == [(10, None), (1, None), (2, None), (3, reason)]
    assert await bank.steps(part.id) == [(10, None), (1, None), (5, None), (3, reason)]
    await bank.assert_sums(out="0", home="35.00")
    for again in (returns, debits):
        await bank.assert_nothing_changes(again, ["repeated"] * (3 if again is returns else 2))
    late = notification(booking(detail(unseen.reference), "5.00", reference="B3"))
    assert await bank.read(late) == ["confirmed"]
    await bank.assert_sums(out="0", home="35.00")
    await bank.assert_nothing_changes(notification(came_back(whole, "10.00", "R9")), ["contradiction"])
    cursor = await bank.conn.execute("SELECT bool_or(has_payout) FROM task")
    assert await cursor.fetchone() == (False,)


async def test_a_return_of_a_converted_payout_leaves_nothing_behind(bank: Bank) -> None:
    endpoint = await keep_endpoint(bank.conn, bank.world, RUSSIAN_ACCOUNT)
    task = await add_paid_task(bank.conn, bank.world, "10.00", currency="EUR")
    payout = await pay_task(bank.conn, bank.world, task, endpoint)
    await export(bank.database, bank.files, bank.folder)
    cursor = await bank.conn.execute("SELECT endpoint_amount FROM payout")
    [roubles] = (await cursor.fetchone()) or [Decimal(0)]
    assert roubles > 900
    reference = (await references(bank.conn))[payout]
    debit = {"Номер": "1", "Сумма": str(roubles), "ПлательщикСчет": "40702810600000000025", "ДатаСписано": "25.11.2026",
             "НазначениеПлатежа": f"Выплата {reference}"}  # fmt: skip
    credit = {"Номер": "7", "Сумма": str(roubles), "ПолучательСчет": "40702810600000000025",
              "ДатаПоступило": "26.11.2026", "НазначениеПлатежа": f"Возврат {reference}: счёт закрыт"}  # fmt: skip
    content = statement_1c(debit, credit).encode("cp1251")
    assert await bank.read(content) == ["settled", "returned"]
    await bank.assert_nothing_changes(content, ["repeated", "repeated"])
    await bank.assert_sums(out="0", home="0", currency="RUB")
    await bank.assert_sums(out="0", home="10.00")
    cursor = await bank.conn.execute(
        """
        SELECT sum(posting.amount)
        FROM posting
        JOIN account ON account.id = posting.account_id
        WHERE account.purpose = 'exchange'
        GROUP BY account.currency
        """
    )
    assert await cursor.fetchall() == [(0,), (0,)]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
async def test_a_statement_in_1cs_format(bank: Bank, encoding: str) -> None:
    paid, part, waiting, wrong = await bank.send("10.00", "20.00", "30.00", "40.00", currency="RUB")
    ours = {"ПлательщикСчет": "40702810600000000025", "ПолучательСчет": "40602810700000000025"}

    def debit(payout: Sent, amount: str, **fields: str) -> dict[str, str]:
        purpose = f"Выплата {payout.reference} за оказанные услуги. Без НДС."
        return {"Номер": str(payout.id), "Сумма": amount, **ours, "НазначениеПлатежа": purpose, **fields}

    statement = statement_1c(
        debit(paid, "10.00", ДатаСписано="25.11.2026"),
        debit(part, "15", ДатаСписано="25.11.2026", вид="Платежный ордер"),
        debit(waiting, "30.00"),
        debit(wrong, "39.99", ДатаСписано="25.11.2026"),
        debit(wrong, "сорок", ДатаСписано="25.11.2026"),
        {"Номер": "3", "Сумма": "99.00", **ours, "ДатаСписано": "25.11.2026", "НазначениеПлатежа": "Аренда офиса"},
        {**debit(wrong, "40.00", ДатаСписано="25.11.2026"), "ПлательщикСчет": "40702810900000000026"},
        debit(wrong, "40.00", ДатаСписано="25.11.2026", НазначениеПлатежа="Выплата P1-00000000"),
    )
    words_of_names = {"cp1251": "Windows", "cp866": "DOS", "utf-8": "UTF-8"}
    content = statement.replace("Кодировка=Windows", f"Кодировка={words_of_names[encoding]}").encode(encoding)
    expected = ["settled", "part-settled", "pending", "wrong amount", "not understood", "other", "wrong account",
                "unknown reference"]  # fmt: skip
    assert await bank.read(content) == expected
    assert await statuses(bank.conn) == {paid.id: 2, part.id: 5, waiting.id: 1, wrong.id: 1}
    await bank.assert_sums(out="25.00", home="5.00", transit="70.00", currency="RUB")
    await bank.assert_nothing_changes(content, ["repeated", "repeated", *expected[2:]])
    for cut in (
        content[: len(content) // 2],
        content[:-14],
        content.replace("КонецДокумента".encode(encoding), b"", 1),
    ):
        before = await bank.state()
        with pytest.raises(Exception, match="bank_report_unreadable"):
            await bank.read(cut)
        assert await bank.state() == before


async def test_what_is_not_true_changes_nothing(bank: Bank) -> None:
    [payout] = await bank.send("10.00")
    reference = payout.reference
    stranger = reference[:-8] + "00000000"

    def amounts(value: str, currency: str = "EUR") -> str:
        return f'<OrgnlTxRef><Amt><InstdAmt Ccy="{currency}">{value}</InstdAmt></Amt></OrgnlTxRef>'

    for content, expected in (
        (notification(booking(detail(reference), "10.01")), "wrong amount"),
        (notification(booking(detail(reference), "9.99")), "wrong amount"),  # nobody says that it is a part
        (notification(booking(detail(reference, amount="9.99", instructed="11.00"), "9.99")), "wrong amount"),
        (notification(booking(detail(reference, amount="-1.00", instructed="10.00"), "1.00")), "wrong amount"),
        (notification(booking(detail(reference, amount="9.999", instructed="10.00"), "9.999")), "wrong amount"),
        (notification(booking(detail(reference, amount="0.00", instructed="10.00"), "0.00")), "wrong amount"),
        (notification(booking(detail(reference, amount="NaN", instructed="10.00"), "1.00")), "not understood"),
        (notification(booking(detail(reference), "Infinity")), "not understood"),
        (notification(booking(detail(reference, amount="1.00", instructed="NaN"), "1.00")), "not understood"),
        (notification(booking(detail(reference, amount="ten"), "10.00")), "not understood"),
        (notification(booking(detail(reference), "1O.00")), "not understood"),
        (notification(booking(detail(reference), "10.00", currency="USD")), "wrong currency"),
        (notification(booking(detail(reference), "10.00"), account=DOLLAR_ACCOUNT), "wrong account"),
        (notification(booking(detail(reference), "10.00", status="PDNG")), "pending"),
        (notification(booking(detail(reference), "10.00", direction="CRDT")), "not understood"),
        (notification(booking(detail(reference), "10.00", reversal=True)), "not understood"),
        (notification(booking(detail(stranger), "10.00")), "unknown reference"),
        (notification(booking(detail("INVOICE 77"), "10.00")), "unknown reference"),
        (notification(booking(detail("INVOICE 77"), "10.00", direction="CRDT")), "other"),
        (notification(booking(detail("NOTPROVIDED"), "10.00")), "other"),
        (notification(booking("", "10.00")), "other"),
        (status_report({stranger: "ACSC"}), "unknown reference"),
        (status_report({reference: "ACSC"}, reference_amount=amounts("11.00")), "wrong amount"),
        (status_report({reference: "RJCT"}, reference_amount=amounts("10.00", "USD")), "wrong currency"),
        (status_report({reference: "RJCT"}, reference_amount=amounts("NaN")), "not understood"),
        (status_report({reference: "XXXX"}), "not understood"),
        (status_report({"": "ACSC"}), "not understood"),
    ):
        await bank.assert_nothing_changes(content, [expected])
    other_currency = detail(reference, amount="5.00", instructed="10.00").replace(
        '<InstdAmt><Amt Ccy="EUR">', '<InstdAmt><Amt Ccy="USD">'
    )
    await bank.assert_nothing_changes(notification(booking(other_currency, "5.00")), ["not understood"])
    two = notification(booking(detail(reference) + detail(stranger), "10.00"))
    await bank.assert_nothing_changes(two, ["not understood", "not understood"])
    # One wrong line does not hold back the others.
    mixed = notification(
        booking(detail(stranger), "10.00", reference="B1"),
        booking(detail(reference), "10.00", reference="B2"),
        booking(detail(reference), "10.00", reference="B2"),
        booking(detail(reference), "10.00", reference="B3"),
    )
    assert await bank.read(mixed) == ["unknown reference", "settled", "repeated", "contradiction"]
    await bank.assert_sums(out="10.00", home="0")


async def test_broken_and_hostile_files(bank: Bank) -> None:
    [payout] = await bank.send("10.00")
    good = notification(booking(detail(payout.reference), "10.00"))
    bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    outside = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    body = good.partition("?>")[2]
    deep = "<a>" * 50_000 + "</a>" * 50_000
    before = await bank.state()
    for content in (
        b"",
        b"\0\1\2",
        b"%PDF-1.4",
        good[:-30].encode(),
        good.replace("</Ntry>", "</Entry>").encode(),
        good.replace("<GrpHdr>", "<GrpHdr>&unknown;").encode(),
        (bomb + body).encode(),
        (outside + body.replace(payout.reference, "&x;")).encode(),
        good.replace("camt.054.001.08", "camt.053.001.08").encode(),
        good.replace('encoding="UTF-8"', 'encoding="UTF-7"').encode(),
        deep.encode(),
        good.replace("<Ntfctn>", "<Ntfctn>" + deep).encode(),
        good.replace('<Amt Ccy="EUR">10.00</Amt>', "", 1).encode(),
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"/>',
        b"1CClientBankExchange\r\n",
        good.encode() + b" " * (50 * 1024 * 1024),
    ):
        with pytest.raises(Exception, match="bank_report_unreadable"):
            await bank.read(content)
    assert await bank.state() == before
    assert await bank.read(b"\xef\xbb\xbf" + good.encode()) == ["settled"]


async def test_one_report_read_by_many_at_once(bank: Bank) -> None:
    sent = await bank.send(*["1.00"] * 15)
    bookings = [booking(detail(payout.reference), "1.00", reference=f"B{place}") for place, payout in enumerate(sent)]
    content, backwards = notification(*bookings), notification(*reversed(bookings))
    everything = await asyncio.gather(*(bank.read((content, backwards)[number % 2]) for number in range(8)))
    results = [word for lines in everything for word in lines]
    assert results.count("settled") == len(sent)
    assert results.count("repeated") == len(sent) * 7
    await bank.assert_sums(out="15.00", home="0")


async def test_what_an_operator_was_told(bank: Bank) -> None:
    declined, part, settled = await bank.send("10.00", "20.00", "30.00")

    async def say(payout: Sent, outcome: str, amount: str | None = None) -> list[str]:
        entry = Entry(
            place="operator",
            source="operator",
            kind="return" if outcome == "returned" else "status",
            outcome=outcome,  # type: ignore[arg-type]
            reference=payout.reference,
            amount=Decimal(amount) if amount else None,
            reason="told on the phone",
        )
        return words(await take_entry(bank.database, entry, sha256=None, now=bank.world.now))

    assert await say(declined, "declined") == ["declined"]
    assert await say(part, "partial", "20.01") == ["wrong amount"]
    assert await say(part, "partial", "5.00") == ["part-settled"]
    assert await say(settled, "completed") == ["settled"]
    assert await say(settled, "returned", "30.00") == ["returned"]
    assert await say(settled, "returned", "30.00") == ["repeated"]
    assert await statuses(bank.conn) == {declined.id: 3, part.id: 5, settled.id: 3}
    await bank.assert_sums(out="5.00", home="55.00")
