"""A booking's money: from whoever pays into escrow, to the host when the meeting is over, back when it is cancelled."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.errors import Refused
from artel.events.booking import end_event, move_event, release_booking
from artel.events.cancellation import cancel_booking
from artel.events.holds import sweep_holds
from artel.events.machine import Status
from artel.payments.jobs import charge_loop, refund_loop, settle_due
from artel.payments.processors import SandboxProcessor
from artel.payments.refunds import By
from artel.payments.rules import pay_from_company, record_outside
from artel.schedules.hours import Cancellation
from tests import cast
from tests.events.cast import add_schedule, day_after
from tests.payments.cast import DECLINED, PRICE, Deal, Faulty, books_balance, company_of, pay, start, statuses
from tests.times import Travel


async def test_a_company_pays_and_the_host_earns(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    assert booked.needs == "payment"
    await pay(conn, deal, booked)
    assert await statuses(conn, booked) == (200, 300, 200, 300)
    assert await deal.balances(conn) == {"available": Decimal(60), "company escrow": PRICE}
    assert (await settle_due(database, clock.now())).count == 0
    travel(days=3)
    async with conn.transaction():
        await end_event(conn, booked.event_id, to_status=777, actor_id=None, reason="over", now=clock.now())
    assert (await settle_due(database, clock.now())).count == 1
    assert await deal.balances(conn) == {"available": Decimal(60), "host": PRICE}
    assert (await settle_due(database, clock.now())).count == 0
    await books_balance(conn)


async def test_a_meeting_not_noted_as_done_is_not_earned_yet(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    travel(days=3)
    worked = await settle_due(database, clock.now())
    assert worked.next_due is not None
    assert worked.next_due > clock.now()
    assert "host" not in await deal.balances(conn)


async def test_a_meeting_moved_forward_is_earned_at_its_new_end(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    start = day_after(clock.now(), days=1)
    async with conn.transaction():
        await move_event(
            conn,
            booked.event_id,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            actor_id=deal.host,
            now=clock.now(),
        )
    assert (await settle_due(database, clock.now())).next_due == start + timedelta(minutes=30)
    travel(seconds=(start - clock.now()).total_seconds() + 3600)
    async with conn.transaction():
        await end_event(conn, booked.event_id, to_status=777, actor_id=None, reason="over", now=clock.now())
    await settle_due(database, clock.now())
    assert (await deal.balances(conn))["host"] == PRICE


# Minutes before the start until which everything goes back, and the percent later; the meeting is in two days.
@pytest.mark.parametrize(
    ("terms", "by", "returned"),
    [
        ((0, 0), "client", "40"),
        ((7 * 1440, 50), "client", "20"),
        ((7 * 1440, 33), "client", "13.20"),
        ((7 * 1440, 0), "client", "0"),
        ((7 * 1440, 0), "host", "40"),
        ((60, 0), "client", "40"),
    ],
)
async def test_what_is_cancelled_goes_back(
    conn: Connection, deal: Deal, now: datetime, terms: tuple[int, int], by: By, returned: str
) -> None:
    """By the terms of when it was paid, whatever the schedule's owner makes of them afterwards."""
    cancellation = Cancellation(*terms)
    deal.schedule = await add_schedule(conn, deal.host, now=now, price=PRICE, currency="EUR", cancellation=cancellation)
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    await conn.execute("UPDATE schedule SET rules = rules - 'cancellation'")
    async with conn.transaction():
        await cancel_booking(conn, booked.attendee_id, by=by, actor_id=deal.client, now=clock.now())
    host = PRICE - Decimal(returned)
    expected = {"available": Decimal(60) + Decimal(returned)} | ({"host": host} if host else {})
    assert await deal.balances(conn) == expected
    await books_balance(conn)


async def test_what_has_begun_is_the_hosts(conn: Connection, deal: Deal, travel: Travel) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    starts = day_after(clock.now(), days=2)
    travel(seconds=(starts - clock.now()).total_seconds() + 60)
    async with conn.transaction():
        await cancel_booking(conn, booked.attendee_id, by="client", actor_id=deal.client, now=clock.now())
    assert await deal.balances(conn) == {"available": Decimal(60), "host": PRICE}


async def test_a_host_who_ends_the_event_gives_everything_back(conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    async with conn.transaction():
        await end_event(
            conn, booked.event_id, to_status=Status.DECLINED, actor_id=deal.host, reason="ill", now=clock.now()
        )
    assert await deal.balances(conn) == {"available": Decimal(100)}
    assert (await statuses(conn, booked))[3] == 100


async def test_twenty_pay_at_once(database: Database, conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)

    async def attempt() -> str:
        try:
            async with database.transaction() as own:
                await pay_from_company(
                    own, booked.attendee_id, company_id=deal.company, person_id=deal.client, now=clock.now()
                )
        except Refused as refusal:
            return refusal.code
        return "paid"

    outcomes = await asyncio.gather(*(attempt() for _ in range(20)))
    assert sorted(set(outcomes)) == ["nothing_to_pay", "paid"]
    assert outcomes.count("paid") == 1
    assert await deal.balances(conn) == {"available": Decimal(60), "company escrow": PRICE}


async def test_money_for_two_of_three(conn: Connection, deal: Deal) -> None:
    seats = [await deal.booked(conn, hour=hour) for hour in (9, 10, 11)]
    await pay(conn, deal, seats[0])
    await pay(conn, deal, seats[1])
    with pytest.raises(Refused, match="insufficient_funds"):
        await pay(conn, deal, seats[2])
    assert await statuses(conn, seats[2]) == (100, 100, 100, 100)
    assert await deal.balances(conn) == {"available": Decimal(20), "company escrow": 2 * PRICE}


async def test_paying_too_late_takes_no_money(conn: Connection, deal: Deal, travel: Travel) -> None:
    booked = await deal.booked(conn)
    travel(minutes=6)
    async with conn.transaction():
        assert await sweep_holds(conn, limit=10, now=clock.now()) == 1
    with pytest.raises(Refused, match="booking_gone"):
        await pay(conn, deal, booked)
    assert await deal.balances(conn) == {"available": Decimal(100)}


@pytest.mark.parametrize("case", ["a stranger's company", "an accountant of nobody", "another currency"])
async def test_whose_money(conn: Connection, deal: Deal, now: datetime, case: str) -> None:
    booked = await deal.booked(conn)
    company, code = deal.company, "payer_not_allowed"
    if case == "a stranger's company":
        stranger = await cast.add_person(conn, "stranger@example.test", now=now)
        company = await company_of(conn, stranger, "EUR", now=now)
    elif case == "an accountant of nobody":
        company = 10**12
    else:
        company, code = await company_of(conn, deal.client, "USD", now=now), "payment_currency_differs"
    with pytest.raises(Refused, match=code):
        async with conn.transaction():
            await pay_from_company(conn, booked.attendee_id, company_id=company, person_id=deal.client, now=clock.now())
    assert await deal.balances(conn) == {"available": Decimal(100)}


async def test_viewers_spend_nothing(conn: Connection, deal: Deal, now: datetime) -> None:
    booked = await deal.booked(conn)
    viewer = await cast.add_person(conn, "viewer@example.test", now=now)
    await cast.add_member(conn, deal.company, viewer, "viewer", now=now)
    with pytest.raises(Refused, match="payer_not_allowed"):
        async with conn.transaction():
            await pay_from_company(conn, booked.attendee_id, company_id=deal.company, person_id=viewer, now=clock.now())


async def test_settled_outside_moves_nothing(conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)
    async with conn.transaction():
        await record_outside(conn, booked.attendee_id, actor_id=deal.host, now=clock.now())
    assert await statuses(conn, booked) == (200, 300, 200, 300)
    assert await deal.balances(conn) == {"available": Decimal(100)}
    async with conn.transaction():
        await release_booking(
            conn, booked.attendee_id, to_status=444, actor_id=deal.client, reason="cancelled", now=clock.now()
        )
    assert await deal.balances(conn) == {"available": Decimal(100)}


class Killed(BaseException):
    """The process ends here."""


async def test_a_card_is_charged_once_whatever_gets_lost(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    processor = Faulty()
    processor.losing = 2
    booked = await deal.booked(conn)
    await start(conn, booked)
    with pytest.raises(Refused, match="payment_under_way"):
        await start(conn, booked)
    loop = charge_loop(processor)
    for _ in range(3):
        worked = await loop.claim_and_run(database, clock.now())
        assert worked.count == 1
        travel(seconds=11)
    assert (await loop.claim_and_run(database, clock.now())).count == 0
    assert processor.calls == 3
    assert list(processor.charged.values()) == [PRICE]
    assert await statuses(conn, booked) == (200, 300, 200, 300)
    assert await deal.balances(conn) == {"available": Decimal(100), "client escrow": PRICE, "cards": -PRICE}
    await books_balance(conn)


async def test_a_worker_that_dies_after_the_call_leaves_it_to_another(
    conn: Connection, database: Database, deal: Deal, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the processor's answer and its being written down."""
    processor = Faulty()
    booked = await deal.booked(conn)
    await start(conn, booked)
    loop = charge_loop(processor)

    async def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("artel.payments.jobs.take_charge", die)
        with pytest.raises(Killed):
            await loop.claim_and_run(database, clock.now())
    assert (await loop.claim_and_run(database, clock.now())).count == 0, "the lease is the dead one's"
    travel(seconds=91)
    assert (await loop.claim_and_run(database, clock.now())).count == 1
    assert len(processor.charged) == 1
    assert await deal.balances(conn) == {"available": Decimal(100), "client escrow": PRICE, "cards": -PRICE}


async def test_a_card_that_is_declined(conn: Connection, database: Database, deal: Deal) -> None:
    booked = await deal.booked(conn)
    await start(conn, booked, DECLINED)
    await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await statuses(conn, booked) == (100, 100, 100, 100)
    await start(conn, booked)
    await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await statuses(conn, booked) == (200, 300, 200, 300)


async def test_a_card_charged_for_what_is_gone_is_paid_back(conn: Connection, database: Database, deal: Deal) -> None:
    processor = Faulty()
    booked = await deal.booked(conn)
    await start(conn, booked)
    async with conn.transaction():
        await release_booking(
            conn, booked.attendee_id, to_status=444, actor_id=deal.client, reason="cancelled", now=clock.now()
        )
    await charge_loop(processor).claim_and_run(database, clock.now())
    assert await deal.balances(conn) == {"available": Decimal(100)}
    processor.losing = 1
    refunds = refund_loop(processor)
    await refunds.claim_and_run(database, clock.now())
    await refunds.claim_and_run(database, clock.now() + timedelta(seconds=6))
    assert list(processor.refunded.values()) == [PRICE]
    assert (await refunds.claim_and_run(database, clock.now() + timedelta(days=1))).count == 0
    await books_balance(conn)


async def test_no_card_number_is_kept(
    conn: Connection, database: Database, deal: Deal, capsys: pytest.CaptureFixture[str]
) -> None:
    booked = await deal.booked(conn)
    await start(conn, booked)
    processor = Faulty()
    processor.losing = 1  # which is logged
    await charge_loop(processor).claim_and_run(database, clock.now())
    cursor = await conn.execute("SELECT p::text FROM booking_payment AS p")
    rows = await cursor.fetchall()
    assert '"4242 42** **** 4242"' in rows[0][0]
    assert "4242424242" not in rows[0][0].replace(" ", "")
    told = "".join(capsys.readouterr())
    assert "card processor gave no answer" in told
    assert "4242424242" not in told.replace(" ", "")
