"""A task's money as transfers: for any figures they add up to zero in each currency, and say who gets what."""

import uuid
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from artel.errors import Refused
from artel.ledger import accounts
from artel.ledger.accounts import Transfer
from artel.tasks.pricing import TaskPrice, Terms, price_task
from artel.tasks.queries import TaskRow
from artel.tasks.transfers import hold_of, payment_of, payment_return_of, release_of, settlement_of

NOW = datetime(2031, 3, 4, 12, tzinfo=UTC)
COMPANY, FREELANCER, TASK = 101, 1001, 10001
D = Decimal


def task_at(price: TaskPrice, *, held: Decimal) -> TaskRow:
    return TaskRow(
        id=TASK,
        uuid=uuid.UUID(int=1),
        company_id=COMPANY,
        number=1,
        state=4,
        state_changed_at=NOW,
        creator_id=1,
        freelancer_id=FREELANCER,
        payer_id=None,
        service_id=42,
        group_id=None,
        external_id=None,
        create_type="API",
        title="A title",
        description="A text",
        attributes=[],
        copyright=False,
        need_report=False,
        deadline=NOW,
        deadline_type=1,
        currency=price.currency,
        worker_currency=price.worker_currency,
        exchange_rate=price.exchange_rate,
        price=price.price,
        worker_price=price.worker_price,
        commission_percent=price.commission_percent,
        commission=price.commission,
        share_commission=price.share_commission,
        shared_commission=price.shared_commission,
        worker_shared_commission=price.worker_shared_commission,
        sales_tax_percent=price.sales_tax_percent,
        sales_tax=price.sales_tax,
        insurance=price.insurance,
        total=price.total,
        amount_for_worker=price.amount_for_worker,
        vat_percent=price.vat_percent,
        vat=price.vat,
        escrow="on_task_create",
        held=held,
        issue_code=None,
        message_count=0,
        has_payout=False,
        created_at=NOW,
        published_at=None,
        accepted_at=None,
        finished_at=None,
        reported_at=None,
        pay_requested_at=None,
        paid_at=None,
    )


def amounts(transfer: Transfer) -> dict[accounts.Account, Decimal]:
    return {posting.account: posting.amount for posting in transfer.postings}


def is_sound(transfer: Transfer) -> bool:
    """Zero in each currency, no part that moves nothing, each account named once."""
    sums: Counter[str] = Counter()
    for posting in transfer.postings:
        sums[posting.account.currency] += posting.amount  # type: ignore[assignment]
    moves = all(posting.amount for posting in transfer.postings)
    return moves and not any(sums.values()) and len(amounts(transfer)) == len(transfer.postings)


percents = st.decimals(min_value=0, max_value=100, places=3)
prices = st.decimals(min_value=D("0.01"), max_value=D(1_000_000), places=2)
rates = st.decimals(min_value=D("0.0001"), max_value=D(10_000), places=4)


@given(
    worker_price=prices,
    rate=rates,
    worker_currency=st.sampled_from(["EUR", "USD", "RUB"]),
    commission=percents,
    tax=percents,
    share=st.booleans(),
    premium=st.one_of(st.just(D(0)), prices),
    held_part=st.integers(0, 100),
)
def test_every_transfer_balances(
    worker_price: Decimal,
    rate: Decimal,
    worker_currency: str,
    commission: Decimal,
    tax: Decimal,
    share: bool,
    premium: Decimal,
    held_part: int,
) -> None:
    try:
        price = price_task(
            worker_price,
            worker_currency=worker_currency,
            worker_exponent=2,
            terms=Terms(currency="EUR", exponent=2, commission_percent=commission, sales_tax_percent=tax),
            exchange_rate=None if worker_currency == "EUR" else rate,
            share_commission=share,
            insurance=premium,
        )
    except Refused:
        assume(False)
        return
    held = (price.total * held_part / 100).quantize(D("0.01"))
    task = task_at(price, held=held)
    available, held_account = accounts.company_available(COMPANY, "EUR"), accounts.company_held(COMPANY, "EUR")
    to_pay = accounts.company_to_pay(COMPANY, "EUR")

    hold = hold_of(TASK, company_id=COMPANY, currency="EUR", total=task.total, step_id=7, actor_id=1, now=NOW)
    assert amounts(hold) == {available: -task.total, held_account: task.total}
    payment = payment_of(task, step_id=8, actor_id=1, now=NOW)
    paid = amounts(payment)
    assert paid[to_pay] == task.total
    assert paid.get(held_account, D(0)) == -held
    returned = amounts(payment_return_of(task, from_held=held, step_id=8, now=NOW))
    assert returned == {account: -amount for account, amount in paid.items()}
    settlement = settlement_of(task, now=NOW)
    settled = amounts(settlement)
    assert settled[to_pay] == -task.total
    assert settled[accounts.person_balance(FREELANCER, worker_currency)] == task.amount_for_worker
    assert settled.get(accounts.commission("EUR"), D(0)) == task.commission + task.shared_commission
    assert settled.get(accounts.sales_tax("EUR"), D(0)) == task.sales_tax
    assert settled.get(accounts.insurance("EUR"), D(0)) == premium
    assert (accounts.exchange("USD") in settled) == (worker_currency == "USD")
    transfers = [hold, payment, settlement, payment_return_of(task, from_held=held, step_id=8, now=NOW)]
    if held:
        transfers.append(release_of(task, step_id=9, actor_id=1, now=NOW))
    assert all(is_sound(transfer) for transfer in transfers)
    assert len({transfer.key for transfer in transfers}) == len(transfers)
