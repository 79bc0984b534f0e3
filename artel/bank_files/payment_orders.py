"""Lines into payment orders of the 1C exchange format ("1CClientBankExchange" 1.03), Windows-1251. Pure.

The fields are those of a payment order: Bank of Russia, regulation 762-P, annexes 1 and 2.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta, timezone

from artel.bank_files.accounts import BankAccount
from artel.bank_files.lines import FileRow, Line
from artel.bank_files.texts import windows_cyrillic

MOSCOW = timezone(timedelta(hours=3))  # the payment system's days, without summer time
PAYMENT_ORDER = "Платежное поручение"
LONGEST_NAME = 160
LONGEST_PURPOSE = 210
KIND_OF_OPERATION = "01"  # a payment order
TURN = "5"  # of the calendar order of payments (Civil Code, article 855): what is neither wages nor taxes
NO_PAYMENT_CODE = "0"  # nobody gave the payment a unique number


def write_payment_orders(file: FileRow, lines: Sequence[Line], accounts: Mapping[int, BankAccount]) -> bytes:
    """The whole file. All lines are paid from one account."""
    account = accounts[lines[0].account_id]
    created = file.created_at.astimezone(MOSCOW)
    dates = [line.execution_date for line in lines]
    header = {
        "ВерсияФормата": "1.03",
        "Кодировка": "Windows",
        "Отправитель": "Artel",
        "Получатель": account.bank_name,
        "ДатаСоздания": day(created.date()),
        "ВремяСоздания": f"{created:%H:%M:%S}",
        "ДатаНачала": day(min(dates)),
        "ДатаКонца": day(max(dates)),
        "РасчСчет": account.number,
        "Документ": PAYMENT_ORDER,
    }
    rows = ["1CClientBankExchange", *fields(header)]
    for line in lines:
        rows += [f"СекцияДокумент={PAYMENT_ORDER}", *fields(order(line, account)), "КонецДокумента"]
    rows.append("КонецФайла")
    return "".join(f"{row}\r\n" for row in rows).encode("cp1251")


def order(line: Line, account: BankAccount) -> dict[str, str | None]:
    payer = windows_cyrillic(account.holder, LONGEST_NAME)
    payee = windows_cyrillic(line.holder, LONGEST_NAME)
    purpose = windows_cyrillic(f"Выплата {line.end_to_end_id} за оказанные услуги. Без НДС.", LONGEST_PURPOSE)
    return {
        "Номер": str(line.order_number),
        "Дата": day(line.execution_date),
        "Сумма": f"{line.amount:.2f}",
        "ПлательщикСчет": account.number,
        "Плательщик": f"ИНН {account.tax_number} {payer}",
        "ПлательщикИНН": account.tax_number,
        "ПлательщикКПП": account.kpp,
        "Плательщик1": payer,
        "ПлательщикРасчСчет": account.number,
        "ПлательщикБанк1": account.bank_name,
        "ПлательщикБИК": account.bik,
        "ПлательщикКорсчет": account.correspondent_account,
        "ПолучательСчет": line.number,
        "Получатель": f"ИНН {line.payee_tax_number} {payee}" if line.payee_tax_number else payee,
        "ПолучательИНН": line.payee_tax_number,
        "ПолучательКПП": None,
        "Получатель1": payee,
        "ПолучательРасчСчет": line.number,
        "ПолучательБанк1": line.bank.get("name"),
        "ПолучательБИК": line.bank["bik"],
        "ПолучательКорсчет": line.bank["correspondent_account"],
        "ВидПлатежа": None,
        "ВидОплаты": KIND_OF_OPERATION,
        "Код": NO_PAYMENT_CODE,
        "Очередность": TURN,
        "НазначениеПлатежа": purpose,
        "НазначениеПлатежа1": purpose,
    }


def fields(values: Mapping[str, str | None]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name}={windows_cyrillic(value or '', LONGEST_PURPOSE)}"


def day(on: date) -> str:
    return f"{on:%d.%m.%Y}"


def order_number(place: int) -> int:
    """The number of an account's order, counted from 0: 1 to 999999 and round again, none ending in 000.

    A payment order's number has at most six digits, and its last three are not all zero.
    """
    thousand, rest = divmod(place % 999_000, 999)
    return thousand * 1000 + rest + 1
