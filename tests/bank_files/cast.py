"""What tests of bank files speak of: our accounts, payouts that wait for a file, what banks say of them."""

import functools
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from importlib.resources import files as package_files
from pathlib import Path

import xmlschema

from artel.bank_files.accounts import add_account, check_account
from artel.bank_files.importing import import_report
from artel.bank_files.settling import LineResult
from artel.db.pool import Connection, Database
from artel.payouts.details import NewEndpoint
from artel.payouts.rails import BankFileRail
from artel.payouts.rules import pay_out_task
from artel.tasks.queries import lock_task
from tests.payouts.cast import World, add_paid_task

RAIL = BankFileRail()
EURO_ACCOUNT, DOLLAR_ACCOUNT, ROUBLE_ACCOUNT = (
    "DE02120300000000202051",
    "DE02500105170137075030",
    "40702810600000000025",
)
SWIFT = NewEndpoint(
    type=6,
    subtype=2,
    currency="USD",
    number="KZ86125KZT5004100100",
    holder="Дина Бум",
    country="KZ",
    bank={"bic": "NBRKKZKX", "street": "пр. Абая, 1", "postcode": "050000", "town": "Алматы", "country": "KZ"},
)
NAMESPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


async def add_accounts(conn: Connection, *, now: datetime) -> None:
    """Euro and dollar at one bank, roubles at another."""
    for currency, number in (("EUR", EURO_ACCOUNT), ("USD", DOLLAR_ACCOUNT)):
        account = check_account(
            currency=currency,
            holder="Artel Zahlungs-GmbH & Co. KG",
            number=number,
            bic="BYLADEM1001",
            street="Taubenstraße 7-9",
            postcode="10117",
            town="Berlin",
            country="DE",
        )
        await add_account(conn, account, now=now)
    await add_account(
        conn,
        check_account(
            currency="RUB",
            holder='ООО "Артель"',
            number=ROUBLE_ACCOUNT,
            bik="049805746",
            correspondent_account="30101810800000000746",
            bank_name="Банк примеров",
            tax_number="7707083893",
            kpp="770701001",
        ),
        now=now,
    )


async def pay(
    conn: Connection, world: World, endpoint_id: int, amount: str | Decimal = "10.00", *, currency: str = "EUR"
) -> int:
    """A payout of `amount` that waits for a file."""
    task = await add_paid_task(conn, world, amount, currency=currency)
    return await pay_task(conn, world, task, endpoint_id)


async def pay_task(conn: Connection, world: World, task_id: int, endpoint_id: int) -> int:
    async with conn.transaction():
        return await pay_out_task(
            conn,
            await lock_task(conn, world.owner, task_id=task_id),
            endpoint_type=6,
            endpoint_id=endpoint_id,
            rail=RAIL,
            actor_id=world.owner.person_id,
            now=world.now,
        )


@functools.cache
def schema() -> xmlschema.XMLSchema:
    """The official one, out of sepaxml's wheel."""
    return xmlschema.XMLSchema(str(package_files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))


async def references(conn: Connection) -> dict[int, str]:
    """Payout -> the reference it has at the bank."""
    cursor = await conn.execute("SELECT payout_id, end_to_end_id FROM bank_file_line")
    return dict(await cursor.fetchall())


async def statuses(conn: Connection) -> dict[int, int]:
    cursor = await conn.execute("SELECT id, status FROM payout")
    return dict(await cursor.fetchall())


async def read(database: Database, content: str | bytes, now: datetime) -> list[LineResult]:
    if isinstance(content, str):
        content = content.encode()
    return (await import_report(database, "report", content, now=now)).lines


def words(lines: list[LineResult]) -> list[str]:
    return [str(line.result) for line in lines]


def status_report(
    orders: Mapping[str, str], *, version: str = "10", inner: str = "", reference_amount: str = ""
) -> str:
    """pain.002 over orders: reference -> status. `inner` stands in each order, with its reason."""
    rows = "".join(
        f"""<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>{inner}{reference_amount}
        </TxInfAndSts>"""
        for reference, status in orders.items()
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>REPORT-1</MsgId><CreDtTm>2026-11-25T10:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>X</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>X-1</OrgnlPmtInfId>{rows}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>"""


def group_report(message_id: str, status: str, *, payment_id: str | None = None, reason: str = "FF01") -> str:
    """pain.002 over a whole file, or over one block of it."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
    block = f"""<OrgnlPmtInfAndSts><OrgnlPmtInfId>{payment_id}</OrgnlPmtInfId><PmtInfSts>{status}</PmtInfSts>{why}
    </OrgnlPmtInfAndSts>"""
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>REPORT-2</MsgId><CreDtTm>2026-11-25T10:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
{"" if payment_id else f"<GrpSts>{status}</GrpSts>{why}"}</OrgnlGrpInfAndSts>{block if payment_id else ""}
</CstmrPmtStsRpt></Document>"""


def detail(reference: str, *, amount: str | None = None, currency: str = "EUR", instructed: str | None = None,
           inner: str = "", servicer: str | None = None) -> str:  # fmt: skip
    """One detail of a booking, as version .02 has it; .08 allows the same."""
    parts = [f'<InstdAmt><Amt Ccy="{currency}">{instructed}</Amt></InstdAmt>'] if instructed else []
    if amount:
        parts.append(f'<TxAmt><Amt Ccy="{currency}">{amount}</Amt></TxAmt>')
    amounts = f"<AmtDtls>{''.join(parts)}</AmtDtls>" if parts else ""
    own = f"<AcctSvcrRef>{servicer}</AcctSvcrRef>" if servicer else ""
    return f"<TxDtls><Refs>{own}<EndToEndId>{reference}</EndToEndId></Refs>{amounts}{inner}</TxDtls>"


def booking(
    details: str,
    amount: str,
    *,
    currency: str = "EUR",
    direction: str = "DBIT",
    reversal: bool = False,
    status: str = "BOOK",
    reference: str = "BANK-1",
    version: str = "08",
    batch: str | None = None,
) -> str:
    word = status if version == "02" else f"<Cd>{status}</Cd>"
    block = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else ""
    return f"""<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>
{"<RvslInd>true</RvslInd>" if reversal else ""}<Sts>{word}</Sts><AcctSvcrRef>{reference}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls>{block}{details}</NtryDtls></Ntry>"""


def notification(*bookings: str, version: str = "08", account: str = EURO_ACCOUNT) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.{version}"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>NOTE-1</MsgId><CreDtTm>2026-11-25T10:00:00</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>2026-11-25T10:00:00</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id></Acct>
{"".join(bookings)}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def statement_1c(
    *documents: Mapping[str, str], account: str = ROUBLE_ACCOUNT, kind: str = "Платежное поручение"
) -> str:
    rows = ["1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows", f"РасчСчет={account}"]
    for document in documents:
        fields = dict(document)
        rows += [f"СекцияДокумент={fields.pop('вид', kind)}", *(f"{name}={value}" for name, value in fields.items())]
        rows.append("КонецДокумента")
    return "\r\n".join([*rows, "КонецФайла", ""])


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
