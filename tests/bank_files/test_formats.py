"""Whatever people are called and earn, what is written can be read: by the schema, and by the letters a bank has."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from artel.bank_files.accounts import BankAccount
from artel.bank_files.calendars import next_banking_day, payment_day
from artel.bank_files.credit_transfers import write_credit_transfers
from artel.bank_files.lines import FileRow, Line
from artel.bank_files.payment_orders import order_number, write_payment_orders
from artel.bank_files.texts import latin, windows_cyrillic
from tests.bank_files.cast import NAMESPACE, schema

EURO = BankAccount(
    id=1, currency="EUR", holder="Артель", number="DE02120300000000202051", bic="BYLADEM1001", town="Köln", country="DE"
)
ROUBLE = BankAccount(
    id=2,
    currency="RUB",
    holder='ООО "Артель"',
    number="40702810600000000025",
    bik="049805746",
    correspondent_account="30101810800000000746",
    bank_name="Банк №1",
    tax_number="7707083893",
)
SCHEME_LETTERS = re.compile(r"[A-Za-z0-9/?:().,'+ -]*")
NAMES = st.one_of(
    st.text(min_size=1, max_size=70),
    st.text(alphabet="абвгдеёжзиклмнопрстуфхцчшщъыьэюя АЯ-", min_size=1, max_size=70),
    st.text(alphabet="/ -.äöüßčłğ“”«»№&<>'\"中文", min_size=1, max_size=70),
)
AMOUNTS = st.integers(min_value=1, max_value=10**13).map(lambda cents: Decimal(cents).scaleb(-2))
# Accounts of countries with and without an IBAN, with and without what is optional.
PLACES = st.sampled_from(
    [
        ("sepa", "EUR", "DE89370400440532013000", {}),
        ("sepa", "EUR", "DE89370400440532013000", {"bic": "COBADEFFXXX", "name": "Bank"}),
        ("swift", "EUR", "KZ86125KZT5004100100", {"bic": "NBRKKZKX"}),
        ("swift", "USD", "4012888888881881", {"bic": "CHASUS33", "town": "Нью-Йорк", "country": "US"}),
    ]
)


def line(number: int, name: str, amount: Decimal, place: tuple[str, str, str, dict[str, str]]) -> Line:
    scheme, currency, account, bank = place
    return Line(
        payout_id=number,
        account_id=1,
        scheme=scheme,
        execution_date=date(2026, 12, 28),
        end_to_end_id=f"P{number}-1F3A9C2B",
        payment_id=f"ARTEL-1-1F3A9C2B-{scheme}{currency}",
        order_number=order_number(number),
        payee_tax_number=None,
        amount=amount,
        currency=currency,
        exponent=2,
        number=account,
        holder=name,
        bank={"street": name, "town": name, "country": "DE", **bank} if scheme == "swift" else bank,
    )


def file(format: str) -> FileRow:
    return FileRow(
        id=1,
        format=format,
        message_id="ARTEL-1-1F3A9C2B",
        storage_key="ab/ab",
        created_at=datetime(2026, 12, 24, 21, 30, 1, 999, tzinfo=UTC),
        sha256=None,
        stored_at=None,
        written_at=None,
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, AMOUNTS, PLACES), min_size=1, max_size=6))
def test_every_credit_transfer_fits_the_schema(
    payouts: list[tuple[str, Decimal, tuple[str, str, str, dict[str, str]]]],
) -> None:
    lines = [line(number, *payout) for number, payout in enumerate(payouts, 1)]
    content = write_credit_transfers(file("pain.001.001.09"), lines, {1: EURO})
    assert content == write_credit_transfers(file("pain.001.001.09"), lines, {1: EURO})
    schema().validate(content.decode())
    root = ElementTree.fromstring(content)
    total = sum((amount for _, amount, _ in payouts), Decimal(0))
    assert Decimal(root.findtext(".//p:GrpHdr/p:CtrlSum", "", NAMESPACE)) == total
    for block in root.findall(".//p:PmtInf", NAMESPACE):
        amounts = [Decimal(amount.text or "") for amount in block.findall(".//p:InstdAmt", NAMESPACE)]
        assert Decimal(block.findtext("p:CtrlSum", "", NAMESPACE)) == sum(amounts)
        assert int(block.findtext("p:NbOfTxs", "", NAMESPACE)) == len(amounts)
        assert len({amount.get("Ccy") for amount in block.findall(".//p:InstdAmt", NAMESPACE)}) == 1
    for tag in ("Nm", "StrtNm", "TwnNm", "Ustrd"):
        for element in root.findall(f".//p:{tag}", NAMESPACE):
            assert element.text
            assert SCHEME_LETTERS.fullmatch(element.text), element.text
            assert not element.text.startswith("/")
            assert "//" not in element.text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, AMOUNTS), min_size=1, max_size=6))
def test_every_payment_order_can_be_read_line_by_line(payouts: list[tuple[str, Decimal]]) -> None:
    bank = {"bik": "049805746", "correspondent_account": "30101810800000000746"}
    place = ("russian", "RUB", "40602810700000000025", bank)
    lines = [line(number, name, amount, place) for number, (name, amount) in enumerate(payouts, 1)]
    content = write_payment_orders(file("1c"), lines, {1: ROUBLE})
    rows = content.decode("cp1251").removesuffix("\r\n").split("\r\n")
    # No name adds a line to the file, whatever it is made of.
    assert len(rows) == 12 + len(lines) * 29
    assert [row for row in rows if row.startswith("Сумма=")] == [f"Сумма={amount:.2f}" for _, amount in payouts]
    assert rows.count("СекцияДокумент=Платежное поручение") == rows.count("КонецДокумента") == len(lines)
    assert rows[5:7] == ["ДатаСоздания=25.12.2026", "ВремяСоздания=00:30:01"]  # Moscow's


@given(st.text(max_size=300), st.integers(min_value=1, max_value=140))
def test_texts_fit(text: str, longest: int) -> None:
    spelled = latin(text, longest)
    assert spelled == "NOTPROVIDED" or len(spelled) <= longest
    assert SCHEME_LETTERS.fullmatch(spelled)
    written = windows_cyrillic(text, longest)
    assert len(written) <= longest
    assert written.encode("cp1251").decode("cp1251") == written
    assert written.isprintable()


def test_transliteration() -> None:
    assert latin("Щербакова-Ёлкина Юлия №5", 70) == "Shcherbakova-Elkina Yuliya No 5"
    assert latin("//Müller & Söhne//", 70) == "Muller Sohne"
    assert latin("«»", 70) == "''"
    assert latin("//", 70) == "NOTPROVIDED"
    assert latin("a/ b" * 20, 3) == "a/ b"[:3].strip(" /")
    assert windows_cyrillic("Łukasz\nКовальчук", 160) == "Lukasz Ковальчук"


def test_numbers_of_orders() -> None:
    assert [order_number(place) for place in (0, 998, 999, 1998)] == [1, 999, 1001, 2001]
    assert order_number(998_999) == 999_999
    assert order_number(999_000) == 1
    assert all(order_number(place) % 1000 for place in range(0, 999_000, 7))


def test_the_day_is_that_of_the_currencys_banks() -> None:
    late = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)
    days = {currency: payment_day(currency, late).day for currency in ("EUR", "USD", "RUB", "KZT")}
    assert days == {"EUR": 25, "USD": 25, "RUB": 26, "KZT": 26}


def test_banking_days() -> None:
    assert next_banking_day("EUR", date(2026, 11, 25)) == date(2026, 11, 25)
    assert next_banking_day("EUR", date(2026, 12, 25)) == date(2026, 12, 28)  # Christmas, Boxing Day, a Sunday
    assert next_banking_day("EUR", date(2027, 3, 26)) == date(2027, 3, 30)  # Good Friday to Easter Monday
    assert next_banking_day("USD", date(2026, 11, 26)) == date(2026, 11, 27)  # Thanksgiving
    assert next_banking_day("RUB", date(2027, 1, 1)) > date(2027, 1, 8)
    assert next_banking_day("KZT", date(2026, 12, 16)) == date(2026, 12, 17)  # Independence Day
