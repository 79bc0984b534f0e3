"""Bank statements as banks write them."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import msgspec

ACCOUNT = "DE89370400440532013000"
RUSSIAN_ACCOUNT = "40702810900000000001"


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a camt.053 statement."""

    amount: str
    texts: Sequence[str]
    currency: str = "EUR"
    reference: str | None = "REF-1"
    detail_reference: str | None = None
    sign: str = "CRDT"
    status: str = "BOOK"
    day: str = "2026-11-25"
    more: str = ""


def camt053(*bookings: Booking | str, version: str = "08", statement_id: str = "STMT-1") -> bytes:
    """A statement; a booking may be given as XML."""
    entries = "".join(one if isinstance(one, str) else entry(one, version) for one in bookings)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-25T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{statement_id}</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>{entries}</Stmt>"
        f"</BkToCstmrStmt></Document>"
    ).encode()


def entry(booking: Booking, version: str) -> str:
    status = f"<Cd>{booking.status}</Cd>" if int(version) >= 8 else booking.status
    reference = f"<AcctSvcrRef>{booking.reference}</AcctSvcrRef>" if booking.reference else ""
    return (
        f'<Ntry><Amt Ccy="{booking.currency}">{booking.amount}</Amt><CdtDbtInd>{booking.sign}</CdtDbtInd>'
        f"<Sts>{status}</Sts><BookgDt><Dt>{booking.day}</Dt></BookgDt>{reference}{booking.more}"
        f"<NtryDtls>{detail(booking, version)}</NtryDtls></Ntry>"
    )


def detail(booking: Booking, version: str, *, amount: bool = False) -> str:
    own = f"<AcctSvcrRef>{booking.detail_reference}</AcctSvcrRef>" if booking.detail_reference else ""
    lines = "".join(f"<Ustrd>{escape(text)}</Ustrd>" for text in booking.texts)
    figure = f'<Amt Ccy="{booking.currency}">{booking.amount}</Amt>'
    if not amount:
        figure = ""
    elif int(version) < 3:
        figure = f"<AmtDtls><TxAmt>{figure}</TxAmt></AmtDtls>"
    return f"<TxDtls><Refs>{own}<EndToEndId>NOTPROVIDED</EndToEndId></Refs>{figure}<RmtInf>{lines}</RmtInf></TxDtls>"


def batch(*payments: Booking, total: str, reference: str = "BATCH-1", version: str = "08") -> str:
    """One booking that sums several payments up."""
    status = "<Cd>BOOK</Cd>" if int(version) >= 8 else "BOOK"
    details = "".join(detail(payment, version, amount=True) for payment in payments)
    return (
        f'<Ntry><Amt Ccy="EUR">{total}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>2026-11-25</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a 1C exchange file."""

    amount: str
    purpose: str
    number: str = "17"
    payer: str = "40702810100000000002"
    receiver: str = RUSSIAN_ACCOUNT
    received: str = "25.11.2026"


def one_c(*orders: Order, encoding: str = "windows-1251") -> bytes:
    lines = ["1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows", "Отправитель=Банк"]
    lines += ["СекцияРасчСчет", "ДатаНачала=25.11.2026", f"РасчСчет={RUSSIAN_ACCOUNT}", "КонецРасчСчет"]
    for order in orders:
        lines += [
            "СекцияДокумент=Платежное поручение",
            f"Номер={order.number}",
            "Дата=25.11.2026",
            f"Сумма={order.amount}",
            f"ПлательщикСчет={order.payer}",
            "ПлательщикБИК=044525225",
            f"ДатаПоступило={order.received}",
            f"ПолучательСчет={order.receiver}",
            f"НазначениеПлатежа={order.purpose}",
            "КонецДокумента",
        ]
    return "\r\n".join([*lines, "КонецФайла", ""]).encode(encoding)
