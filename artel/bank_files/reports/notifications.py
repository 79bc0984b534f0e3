"""camt.054, debit and credit notifications: versions .02 and .08, which share what is read here but for two places."""

from collections.abc import Iterator
from typing import Any

import msgspec

from artel.bank_files.reports.entries import OUR_REFERENCE, Entry
from artel.bank_files.reports.reasons import reason_text
from artel.bank_files.reports.xml import amount_of

RETURNS = {"RRTN", "RRCT"}  # bank transaction sub-families: a payment, or one of the instant kind, sent back
NOT_GIVEN = {"", "NOTPROVIDED"}


def read_notification(document: Any) -> Iterator[Entry]:
    """An entry for each detail of each booking; for a whole block of a file, where the bank booked it as one sum and
    lists nothing."""
    for number, notification in enumerate(document.bk_to_cstmr_dbt_cdt_ntfctn.ntfctn, 1):
        for booking_number, booking in enumerate(notification.ntry, 1):
            place = f"entry {booking_number}" if number == 1 else f"notification {number}, entry {booking_number}"
            yield from read_booking(place, booking, account=account_of(notification.acct))


def read_booking(place: str, booking: Any, *, account: str | None) -> Iterator[Entry]:
    basis = Entry(
        place=place,
        source="camt.054",
        account=account,
        amount=amount_of(booking.amt.value),
        currency=booking.amt.ccy,
        bank_reference=booking.acct_svcr_ref or booking.ntry_ref or "",
        problem=None if amount_of(booking.amt.value) is not None else f"{booking.amt.value!r} is no amount"[:100],
    )
    details = [(group, detail) for group in booking.ntry_dtls for detail in group.tx_dtls]
    if not details:
        blocks = [group.btch.pmt_inf_id for group in booking.ntry_dtls if group.btch is not None]
        block = blocks[0] if len(blocks) == 1 else None
        named = msgspec.structs.replace(basis, names="payment", reference=block)
        yield judge(named, booking, None)
    for number, (_, detail) in enumerate(details, 1):
        yield read_detail(basis, booking, detail, number if len(details) > 1 else None)


def read_detail(basis: Entry, booking: Any, detail: Any, number: int | None) -> Entry:
    """One of a booking's details; its own amount, where the booking has several."""
    moved = getattr(detail, "amt", None)
    amounts = detail.amt_dtls
    if moved is None and amounts is not None and amounts.tx_amt is not None:
        moved = amounts.tx_amt.amt
    instructed = amounts.instd_amt.amt if amounts is not None and amounts.instd_amt is not None else None
    references = detail.refs
    entry = msgspec.structs.replace(
        basis,
        place=basis.place if number is None else f"{basis.place}, detail {number}",
        reference=references.end_to_end_id if references is not None else None,
    )
    if references is not None and references.acct_svcr_ref:
        entry = msgspec.structs.replace(entry, bank_reference=references.acct_svcr_ref)
    if moved is not None:
        amount = amount_of(moved.value)
        problem = None if amount is not None else f"{moved.value!r} is no amount"[:100]
        entry = msgspec.structs.replace(entry, amount=amount, currency=moved.ccy, problem=problem)
    elif number is not None:
        entry = msgspec.structs.replace(entry, amount=None, problem="it has no amount of its own")
    if instructed is not None:
        ordered = amount_of(instructed.value)
        problem = entry.problem
        if ordered is None or instructed.ccy != entry.currency:
            problem = f"what was ordered is no amount in {entry.currency}: {instructed.value} {instructed.ccy}"[:100]
        entry = msgspec.structs.replace(entry, instructed=ordered, problem=problem)
    return judge(entry, booking, detail)


def judge(entry: Entry, booking: Any, detail: Any) -> Entry:
    """Whether it is money that left, money that came back, or none of ours; and whether it is booked yet."""
    if (entry.reference or "").strip().upper() in NOT_GIVEN:
        return msgspec.structs.replace(entry, reference=None)
    direction = value_of(getattr(detail, "cdt_dbt_ind", None) or booking.cdt_dbt_ind)
    came_back = detail.rtr_inf if detail is not None else None
    is_return = bool(booking.rvsl_ind) or came_back is not None or sub_family(booking, detail) in RETURNS
    if direction == "CRDT" and is_return:
        reason = came_back.rsn if came_back is not None else None
        words = came_back.addtl_inf if came_back is not None else []
        text = reason_text((reason.cd or reason.prtry) if reason is not None else None, words)
        entry = msgspec.structs.replace(entry, kind="return", outcome="returned", reason=text)
    elif direction == "CRDT" or is_return:
        if not OUR_REFERENCE.fullmatch(entry.reference or ""):
            return msgspec.structs.replace(entry, reference=None, problem="money that came in")
        problem = entry.problem or "the reference is a payout's, but no money of ours left or came back"
        entry = msgspec.structs.replace(entry, problem=problem)
    if value_of(getattr(booking.sts, "cd", booking.sts)) != "BOOK":
        entry = msgspec.structs.replace(entry, outcome="pending")
    return entry


def sub_family(booking: Any, detail: Any) -> str | None:
    for code in (detail.bk_tx_cd if detail is not None else None, booking.bk_tx_cd):
        if code is not None and code.domn is not None:
            return str(code.domn.fmly.sub_fmly_cd)
    return None


def account_of(account: Any) -> str | None:
    number = account.id.iban or (account.id.othr.id if account.id.othr is not None else None)
    return str(number) if number else None


def value_of(code: Any) -> str:
    return str(getattr(code, "value", code or ""))
