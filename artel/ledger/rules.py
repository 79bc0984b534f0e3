"""The only way money moves. All rules take the caller's connection and none commits."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.ledger.accounts import (
    Account,
    Posting,
    Transfer,
    clearing,
    company_available,
    vat,
)
from artel.ledger.batches import EXACT, POST_TRANSFERS, Batch
from artel.ledger.errors import AlreadyReversed, BadAmount, InsufficientFunds, KeyReused

# No bank carries more; sums without an end could not be reckoned with exactly.
MOST_TOP_UP = Decimal(10) ** 15


class Posted(msgspec.Struct, frozen=True):
    """The transfer is in the books, by this call."""

    transfer_id: int


class Repeated(msgspec.Struct, frozen=True):
    """The transfer has been in the books already; nothing moved."""

    transfer_id: int


class Declined(msgspec.Struct, frozen=True):
    """The transfer is not in the books, and nothing of it moved."""

    error: Refused


Outcome = Posted | Repeated | Declined


async def post(conn: Connection, transfer: Transfer) -> int:
    """Post one transfer and answer its id.

    The same key again with the same content (kind, subject, reverses and postings; not who and when) answers
    the first one's id and moves nothing.

    Refuses, leaving the transaction usable: InsufficientFunds, KeyReused, Unbalanced, BadAmount,
    AlreadyReversed.
    """
    [outcome] = await post_many(conn, [transfer])
    if isinstance(outcome, Declined):
        raise outcome.error
    return outcome.transfer_id


async def post_many(conn: Connection, transfers: Sequence[Transfer]) -> list[Outcome]:
    """Post transfers in one round trip, each accepted or refused on its own as if posted one after another.

    A refusal is an outcome, never an exception. A key that occurs twice costs one round trip more.
    """
    outcomes: list[Outcome] = []
    for run in runs_of_distinct_keys(transfers):
        outcomes += await post_run(conn, run)
    return outcomes


async def reverse(conn: Connection, transfer_id: int, *, key: str, at: datetime, actor_id: int | None = None) -> int:
    """Put a mistake right: a transfer of kind "reversal" with every posting turned round.

    Refuses: NotFound; AlreadyReversed; InsufficientFunds where a customer has spent the money; KeyReused.
    """
    cursor = await conn.execute(
        """
        SELECT
            transfer.subject, transfer.subject_id,
            account.owner_kind, account.owner_id, account.purpose, account.currency, posting.amount
        FROM transfer
        JOIN posting ON posting.transfer_id = transfer.id
        JOIN account ON account.id = posting.account_id
        WHERE transfer.id = %(transfer_id)s
        ORDER BY posting.account_id
        """,
        {"transfer_id": transfer_id},
    )
    rows = await cursor.fetchall()
    if not rows:
        raise NotFound("transfer")
    return await post(
        conn,
        Transfer(
            kind="reversal",
            key=key,
            subject=rows[0][0],
            subject_id=rows[0][1],
            postings=tuple(Posting(Account(*row[2:6]), row[6].copy_negate()) for row in rows),
            at=at,
            actor_id=actor_id,
            reverses=transfer_id,
        ),
    )


async def top_up(
    conn: Connection,
    *,
    company_id: int,
    currency: str,
    amount: Decimal,
    vat_percent: Decimal,
    source: Literal["bank", "card"],
    key: str,
    actor_id: int | None,
    now: datetime,
) -> int:
    """Money from outside onto a company's balance. `amount` is what arrives there, net.

    VAT of round(amount × vat_percent), half up to the currency's digits, is paid on top of it: balances are
    net of VAT (customer API, Pricing). Refuses: BadAmount (zero and below too, and what no bank carries), KeyReused.
    """
    if not amount.is_finite() or amount <= 0 or amount > MOST_TOP_UP:
        raise BadAmount(key)
    exponent = await fetch_value(conn, "SELECT exponent FROM currency WHERE code = %(code)s", {"code": currency})
    if exponent is None:
        raise NotFound("currency", "currency")
    tax = EXACT.quantize(EXACT.divide(EXACT.multiply(amount, vat_percent), Decimal(100)), Decimal(1).scaleb(-exponent))
    postings = [
        Posting(clearing(source, currency), EXACT.add(amount, tax).copy_negate()),
        Posting(company_available(company_id, currency), amount),
    ]
    if tax:
        postings.append(Posting(vat(currency), tax))
    return await post(conn, Transfer("top_up", key, "company", company_id, tuple(postings), at=now, actor_id=actor_id))


async def open_company_accounts(conn: Connection, company_id: int, currency: str) -> int:
    """Open a company's three accounts before anything is posted; answers the id of its balance."""
    parameters = {"company_id": company_id, "currency": currency}
    await conn.execute(
        """
        SELECT open_accounts(
            ARRAY['company'], ARRAY[%(company_id)s::bigint], ARRAY['available'], ARRAY[%(currency)s]
        )
        """,
        parameters,
    )
    account_id = await fetch_value(
        conn,
        """
        SELECT id
        FROM account
        WHERE owner_kind = 'company'
          AND owner_id = %(company_id)s
          AND purpose = 'available'
          AND currency = %(currency)s
        """,
        parameters,
    )
    return int(account_id)


def runs_of_distinct_keys(transfers: Sequence[Transfer]) -> Iterator[Sequence[Transfer]]:
    """Cut before each key that its run has already: what becomes of the first decides the second."""
    begin = 0
    keys: set[str] = set()
    for place, transfer in enumerate(transfers):
        if transfer.key in keys:
            yield transfers[begin:place]
            begin = place
            keys.clear()
        keys.add(transfer.key)
    if begin < len(transfers):
        yield transfers[begin:]


async def post_run(conn: Connection, transfers: Sequence[Transfer]) -> list[Outcome]:
    """Post transfers whose keys all differ: refuse what needs no asking, ask for the rest at once."""
    batch = Batch()
    faults = [batch.add(transfer) for transfer in transfers]
    answers = iter(await ask_database(conn, batch) if batch.transfers else [])
    return [Declined(fault) if fault else next(answers) for fault in faults]


async def ask_database(conn: Connection, batch: Batch) -> list[Outcome]:
    """One call of the database's post_transfers."""
    cursor = await conn.execute(POST_TRANSFERS, batch.parameters(), prepare=True)
    row = await cursor.fetchone()
    assert row is not None
    ids, findings, short_accounts, short_balances = row
    if findings is None:
        return [Posted(transfer_id) for transfer_id in ids]
    accounts = list(batch.accounts)
    return [
        outcome_of(transfer, transfer_id, finding, accounts[short - 1] if short else None, balance)
        for transfer, transfer_id, finding, short, balance in zip(
            batch.transfers, ids, findings, short_accounts, short_balances, strict=True
        )
    ]


def outcome_of(
    transfer: Transfer, transfer_id: int | None, finding: str | None, short: Account | None, balance: Decimal
) -> Outcome:
    match finding:
        case None if transfer_id:
            return Posted(transfer_id)
        case "repeated" if transfer_id:
            return Repeated(transfer_id)
        case "insufficient_funds" if short:
            return Declined(InsufficientFunds(short, balance))
        case "key_reused":
            return Declined(KeyReused(transfer.key))
        case "bad_amount":
            return Declined(BadAmount(transfer.key))
        case "already_reversed" if transfer.reverses:
            return Declined(AlreadyReversed(transfer.reverses))
    raise AssertionError(f"post_transfers found {finding!r}")
