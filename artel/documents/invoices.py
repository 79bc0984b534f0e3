"""Invoices: a company asks for one to top its balance up; paid, it does so once.

`amount` of a call is what the balance is to grow by, net; the invoice asks for that and VAT on top of it
(docs/decisions/0004-vat-is-settled-at-top-up.md).
"""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.documents.errors import InvoiceAmountWrong, InvoicePaid
from artel.documents.issuing import Draft, issue
from artel.documents.kinds import DocumentType, Status
from artel.documents.parties import Issuer, company_parties
from artel.errors import NotFound
from artel.ledger.rules import top_up
from artel.operations import audit, events
from artel.tasks.pricing import percent_of

LARGEST_AMOUNT = Decimal(1_000_000_000)


class _Terms(msgspec.Struct):
    vat_percent: Decimal
    exponent: int


async def create_invoice(
    conn: Connection, member: Member, *, amount: Decimal, issuer: Issuer, actor_id: int, now: datetime
) -> int:
    """An open invoice for a top-up by `amount`, net, in the company's currency; answers its id.

    Refuses: InvoiceAmountWrong.
    """
    terms = await fetch_one(
        conn,
        _Terms,
        """
        SELECT c.vat_percent, r.exponent
        FROM company AS c
        JOIN currency AS r ON r.code = c.currency
        WHERE c.id = %(company)s
        """,
        {"company": member.company_id},
    )
    assert terms is not None, "the caller has reached the company"
    net = clean_amount(amount, digits=terms.exponent)
    parties = await company_parties(conn, [member.company_id])
    draft = Draft(
        type=DocumentType.INVOICE,
        dated=now.astimezone(UTC).date(),
        currency=member.currency,
        net=net,
        vat_percent=terms.vat_percent,
        vat=percent_of(net, terms.vat_percent, exponent=terms.exponent),
        facts={"issuer": issuer.facts(member.currency), "company": parties[member.company_id].facts()},
    )
    [document_id] = await issue(conn, member.company_id, [draft], actor_id=actor_id, now=now)
    return document_id


def clean_amount(amount: Decimal, *, digits: int) -> Decimal:
    """Refuses: InvoiceAmountWrong."""
    if not amount.is_finite() or not 0 < amount <= LARGEST_AMOUNT or amount != round(amount, digits):
        raise InvoiceAmountWrong(most=LARGEST_AMOUNT, digits=digits)
    return round(amount, digits)


class Invoice(msgspec.Struct, frozen=True):
    """An invoice, locked. `amount` is what has to arrive, VAT included; the balance grows by `net`."""

    id: int
    uuid: uuid.UUID
    company_id: int
    number: str
    status: int
    currency: str
    net: Decimal
    vat_percent: Decimal
    amount: Decimal

    @property
    def is_paid(self) -> bool:
        return self.status == Status.PAID


async def lock_invoice(conn: Connection, number: str) -> Invoice:
    """The operator's way to an invoice, of whatever company. Refuses: NotFound."""
    invoice = await fetch_one(
        conn,
        Invoice,
        """
        SELECT id, uuid, company_id, number, status, currency, net, vat_percent, amount
        FROM document
        WHERE number = %(number)s AND type = %(type)s
        FOR NO KEY UPDATE
        """,
        {"number": number, "type": DocumentType.INVOICE},
    )
    if invoice is None:
        raise NotFound("invoice")
    return invoice


async def pay_invoice(conn: Connection, invoice: Invoice, *, actor_id: int | None, now: datetime) -> None:
    """Take a locked invoice for paid: its company's balance grows by the net amount, VAT is booked.

    At the percentage the invoice was written with, whatever the company's is by now. The ledger's key is the
    invoice's, so even a mistake here could not top up twice. Refuses: InvoicePaid.
    """
    if invoice.is_paid:
        raise InvoicePaid(invoice.number)
    transfer_id = await top_up(
        conn,
        company_id=invoice.company_id,
        currency=invoice.currency,
        amount=invoice.net,
        vat_percent=invoice.vat_percent,
        source="bank",
        key=f"invoice:{invoice.id}",
        actor_id=actor_id,
        now=now,
    )
    await conn.execute(
        """
        UPDATE document
        SET status = %(paid)s, paid_at = %(now)s, transfer_id = %(transfer)s
        WHERE id = %(id)s
        """,
        {"id": invoice.id, "paid": Status.PAID, "now": now, "transfer": transfer_id},
    )
    await audit.record(
        conn,
        "invoice.paid",
        subject="document",
        subject_id=invoice.id,
        actor_id=actor_id,
        company_id=invoice.company_id,
        now=now,
        transfer_id=transfer_id,
    )
    await events.announce(
        conn,
        "invoicePaid",
        {"id": invoice.id, "uuid": str(invoice.uuid), "number": invoice.number},
        company_ids=[invoice.company_id],
        now=now,
    )
