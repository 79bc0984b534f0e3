"""pain.002, customer payment status reports: versions .03 and .10, which share what is read here."""

from collections.abc import Iterator
from typing import Any, Literal

from artel.bank_files.reports.entries import Entry
from artel.bank_files.reports.reasons import reason_text
from artel.bank_files.reports.xml import amount_of

Outcome = Literal["pending", "completed", "declined"]
# ISO 20022 external codes, payment group and transaction status. What is accepted is not settled yet; "PART" says
# that the levels below differ; "BLCK" is neither paid nor to come back.
OUTCOMES: dict[str, Outcome] = {
    "RCVD": "pending",
    "PDNG": "pending",
    "ACTC": "pending",
    "ACCP": "pending",
    "ACFC": "pending",
    "ACSP": "pending",
    "ACWC": "pending",
    "ACWP": "pending",
    "PATC": "pending",
    "PART": "pending",
    "ACSC": "completed",
    "ACCC": "completed",
    "RJCT": "declined",
    "CANC": "declined",
}


def read_status_report(document: Any) -> Iterator[Entry]:
    """An entry for each order that is spoken of; for a block or the file where nothing below it is."""
    report = document.cstmr_pmt_sts_rpt
    group = report.orgnl_grp_inf_and_sts
    payments = report.orgnl_pmt_inf_and_sts
    if not payments and group.grp_sts is not None:
        yield status(
            "file", "file", group.orgnl_msg_id, group.grp_sts, group.sts_rsn_inf, amount=None, bank_reference=""
        )
    for number, payment in enumerate(payments, 1):
        orders = payment.tx_inf_and_sts
        payment_status = payment.pmt_inf_sts or group.grp_sts
        if not orders and payment_status is not None:
            reasons = payment.sts_rsn_inf or group.sts_rsn_inf
            place = f"payment {number}"
            yield status(
                place, "payment", payment.orgnl_pmt_inf_id, payment_status, reasons, amount=None, bank_reference=""
            )
        for place_in_payment, order in enumerate(orders, 1):
            yield status(
                f"payment {number}, order {place_in_payment}",
                "payout",
                order.orgnl_end_to_end_id,
                order.tx_sts or payment_status,
                order.sts_rsn_inf or payment.sts_rsn_inf,
                amount=order.orgnl_tx_ref.amt if order.orgnl_tx_ref is not None else None,
                bank_reference=order.acct_svcr_ref or "",
            )


def status(
    place: str,
    names: Literal["payout", "payment", "file"],
    reference: str | None,
    code: Any,
    reasons: list[Any],
    *,
    amount: Any,
    bank_reference: str,
) -> Entry:
    word = str(getattr(code, "value", code or ""))
    outcome = OUTCOMES.get(word)
    ordered = amount.instd_amt if amount is not None else None
    value = ordered.value if ordered is not None else None
    problem = None
    if not reference:
        problem = "it names no order"
    elif outcome is None:
        problem = f"the status {word or 'is missing'} says neither paid nor declined"[:100]
    elif value is not None and amount_of(value) is None:
        problem = f"{value!r} is no amount"[:100]
    return Entry(
        place=place,
        source="pain.002",
        kind="status",
        outcome=outcome or "pending",
        names=names,
        reference=reference,
        instructed=amount_of(value),
        currency=ordered.ccy if ordered is not None else None,
        bank_reference=bank_reference,
        reason=reason_of(reasons),
        problem=problem,
    )


def reason_of(reasons: list[Any]) -> str | None:
    for one in reasons:
        code = (one.rsn.cd or one.rsn.prtry) if one.rsn is not None else None
        text = reason_text(code, one.addtl_inf)
        if text:
            return text
    return None
