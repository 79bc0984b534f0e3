"""post_many against the model: each transfer fares as if posted alone, one after another."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artel.ledger.accounts import (
    Posting,
    Transfer,
    clearing,
    commission,
    company_available,
    company_to_pay,
    person_balance,
)
from artel.ledger.queries import balance
from artel.ledger.rules import Declined, Posted, Repeated, post_many
from artel.ledger.verify import verify
from tests.ledger.cast import NOW
from tests.ledger.clerk import Clerk
from tests.ledger.model import Model

ACCOUNTS = [
    company_available(1, "RUB"),
    company_to_pay(1, "RUB"),
    person_balance(11, "RUB"),
    person_balance(12, "RUB"),
    commission("RUB"),
    clearing("bank", "RUB"),
    person_balance(11, "BTC"),
    clearing("chain", "BTC"),
]
accounts = st.sampled_from(ACCOUNTS)
amounts = st.one_of(
    st.integers(min_value=-5, max_value=20).map(lambda number: f"{number}"),
    st.sampled_from(["0.01", "0.005", "7.1", "1E+1", "2.50000"]),
)


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    """Mostly sound ones over few accounts and fewer keys, so that they meet."""
    postings: list[Posting] = []
    for _ in range(draw(st.integers(min_value=0, max_value=9)) and draw(st.integers(min_value=1, max_value=3))):
        giver, taker = draw(accounts), draw(accounts)
        amount = Decimal(draw(amounts))
        postings += [Posting(giver, -amount), Posting(taker, amount)]
    key = draw(st.one_of(st.uuids().map(str), st.sampled_from(["a", "b", 'c "quoted" \\', "NULL", "{,}"])))
    kind = draw(st.sampled_from(["move", "move", "move", "other"]))
    return Transfer(kind, key, "task", draw(st.sampled_from([1, 1, 1, 2])), tuple(postings), NOW)


@given(batches=st.lists(st.lists(transfers(), max_size=9), min_size=1, max_size=3))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def agrees_with_the_model(clerk: Clerk, batches: list[list[Transfer]]) -> None:
    model = Model()
    ids: dict[str, int] = {}
    for batch in batches:
        outcomes = clerk.run(post_many(clerk.conn, batch))
        for transfer, outcome in zip(batch, outcomes, strict=True):
            expected = model.post(transfer)
            match outcome:
                case Posted(transfer_id):
                    assert expected == "posted"
                    ids[transfer.key] = transfer_id
                case Repeated(transfer_id):
                    assert (expected, transfer_id) == ("repeated", ids[transfer.key])
                case Declined(error):
                    assert type(error) is expected
    for account in ACCOUNTS:
        assert clerk.run(balance(clerk.conn, account)) == model.balances[account]
    assert clerk.run(verify(clerk.conn)) == []
    clerk.run(clerk.conn.rollback())


def test_batches(clerk: Clerk) -> None:
    agrees_with_the_model(clerk)
