"""Money of bookings whose meeting ends, or is gone, otherwise than usual."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from artel import clock
from artel.calendars.deletion import delete_calendar
from artel.calendars.errors import CalendarHasMeetings
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.events.applying import apply_change, confirm_event
from artel.events.booking import Booked, end_event, is_still_open, release_booking
from artel.events.cancellation import delete_event
from artel.events.change_checks import check_price
from artel.events.change_errors import PriceFixed
from artel.events.errors import EventClosed
from artel.events.participation import remove
from artel.events.queries import event_by_id
from artel.events.steps import lock_event
from artel.payments import jobs
from artel.payments.jobs import charge_loop, refund_loop, settle_due
from artel.payments.processors import SandboxProcessor
from artel.payments.records import pay_own_bookings
from artel.payments.rules import record_outside
from artel.personal_data.erasure import erase_person
from artel.personal_data.errors import WorkUnfinished
from tests import cast
from tests.events.cast import add_schedule
from tests.payments.cast import DECLINED, PRICE, Deal, Faulty, books_balance, pay, start, statuses
from tests.times import Travel

PAID = {"available": Decimal(100), "client escrow": PRICE, "cards": -PRICE}


async def confirmed(conn: Connection, booked: Booked) -> None:
    """By the host, unpaid."""
    await conn.execute(
        "UPDATE event_attendee SET status_id = 200, hold_until = NULL WHERE id = %s", [booked.attendee_id]
    )
    await conn.execute("UPDATE calendar_event SET status_id = 200 WHERE id = %s", [booked.event_id])


async def deleted(conn: Connection, booked: Booked) -> None:
    await conn.execute("UPDATE calendar_event SET deleted_at = now() WHERE id = %s", [booked.event_id])


async def ended(conn: Connection, booked: Booked, to_status: int) -> None:
    async with conn.transaction():
        await end_event(conn, booked.event_id, to_status=to_status, actor_id=None, reason="over", now=clock.now())


async def payment_statuses(conn: Connection) -> list[str]:
    cursor = await conn.execute("SELECT status FROM booking_payment ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("status", [None, 444])
async def test_a_card_charged_for_what_was_deleted_is_paid_back(
    conn: Connection, database: Database, deal: Deal, status: int | None
) -> None:
    processor = Faulty()
    booked = await deal.booked(conn)
    await start(conn, booked)
    if status is not None:
        await ended(conn, booked, status)
    await deleted(conn, booked)
    await charge_loop(processor).claim_and_run(database, clock.now())
    await refund_loop(processor).claim_and_run(database, clock.now())
    assert list(processor.refunded.values()) == [PRICE]
    assert await payment_statuses(conn) == ["returned"]
    assert await deal.balances(conn) == {"available": Decimal(100)}
    await books_balance(conn)


async def test_a_card_charged_when_the_meeting_was_over_is_earned(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    await confirmed(conn, booked)
    await start(conn, booked)
    travel(days=3)
    await ended(conn, booked, 777)
    await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await statuses(conn, booked) == (777, 300, 200, 300)
    assert await deal.balances(conn) == PAID
    await settle_due(database, clock.now())
    assert (await deal.balances(conn))["host"] == PRICE
    await books_balance(conn)


async def test_a_payment_that_fails_leaves_the_others_their_outcome(
    conn: Connection,
    database: Database,
    deal: Deal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seats = [await deal.booked(conn, hour=hour) for hour in (9, 10)]
    first, _ = [await start(conn, seat) for seat in seats]
    taken = jobs.take_charge

    async def fail_first(conn: Connection, payment_id: int, *args: Any, **kwargs: Any) -> None:
        if payment_id == first:
            raise ArithmeticError("out of order")
        await conn.execute("SELECT pg_sleep(0.2)")
        await taken(conn, payment_id, *args, **kwargs)

    monkeypatch.setattr(jobs, "take_charge", fail_first)
    with pytest.raises(ArithmeticError):
        await charge_loop(SandboxProcessor()).claim_and_run(database, clock.now())
    assert await payment_statuses(conn) == ["charging", "paid"]
    captured = capsys.readouterr()
    assert "out of order" in captured.out + captured.err


async def test_declined_cards_keep_no_seat_for_ever(conn: Connection, database: Database, deal: Deal) -> None:
    booked = await deal.booked(conn)
    loop = charge_loop(SandboxProcessor())
    for _ in range(5):
        await start(conn, booked, DECLINED)
        await loop.claim_and_run(database, clock.now())
    with pytest.raises(Refused, match="card_tries_over"):
        await start(conn, booked)
    await pay(conn, deal, booked)


@pytest.mark.parametrize("money", ["charging", "paid"])
async def test_what_money_is_held_for_is_not_deleted(conn: Connection, deal: Deal, money: str) -> None:
    """Neither by itself, nor with its calendar, before its end or after it; whoever removes it cancels it."""
    booked = await deal.booked(conn)
    await (start(conn, booked) if money == "charging" else pay(conn, deal, booked))
    await conn.execute(
        "UPDATE event_attendee SET token_hash = NULL, status_id = 100 WHERE id = %s", [booked.attendee_id]
    )
    now = clock.now()
    with pytest.raises(EventClosed):
        async with conn.transaction():
            await delete_event(conn, booked.event_id, actor_id=deal.host, now=now)
    calendar = await event_calendar(conn, booked, deal)
    for then in (now, now + timedelta(days=9)):
        with pytest.raises(CalendarHasMeetings):
            async with conn.transaction():
                await delete_calendar(conn, calendar, person_id=deal.host, now=then)
    async with conn.transaction():
        await remove(conn, deal.host, booked.event_id, now=now)
    assert (await statuses(conn, booked))[0] == 444
    assert await payment_statuses(conn) == (["charging"] if money == "charging" else ["returned"])


async def event_calendar(conn: Connection, booked: Booked, deal: Deal) -> int:
    """Another than the default one, and no schedule is in it any more."""
    calendar: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
        SELECT person_id, 'Second', 'second', timezone, created_at, updated_at
        FROM calendar
        WHERE person_id = %(host)s AND is_default
        RETURNING id
        """,
        {"host": deal.host},
    )
    await conn.execute("UPDATE calendar_event SET calendar_id = %s WHERE id = %s", [calendar, booked.event_id])
    return calendar


@pytest.mark.parametrize("end", ["deleted", 400, 444, 555])
async def test_escrow_of_no_meeting_goes_back(
    conn: Connection, database: Database, deal: Deal, travel: Travel, end: str | int
) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    if end == "deleted":
        await deleted(conn, booked)
    else:
        await conn.execute("UPDATE calendar_event SET status_id = %s WHERE id = %s", [end, booked.event_id])
    travel(days=3)
    worked = await settle_due(database, clock.now())
    assert (worked.count, worked.next_due) == (1, None)
    assert await deal.balances(conn) == {"available": Decimal(100)}
    await books_balance(conn)


async def test_a_host_with_escrow_to_come_is_not_erased(conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    # Of no schedule, and over.
    await conn.execute("UPDATE calendar_event SET schedule_id = NULL WHERE id = %s", [booked.event_id])
    with pytest.raises(WorkUnfinished):
        async with conn.transaction():
            await erase_person(conn, deal.host, actor_id=None, now=clock.now() + timedelta(days=9))


async def test_a_host_of_another_schedule_is_not_erased_before_the_meeting(conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)
    now = clock.now()
    colleague = await cast.add_person(conn, "colleague@example.test", now=now)
    await conn.execute(
        "UPDATE event_attendee SET person_id = %s WHERE event_id = %s AND role_id = 3", [colleague, booked.event_id]
    )
    await conn.execute("UPDATE busy_span SET person_id = %s WHERE person_id = %s", [colleague, deal.host])
    with pytest.raises(WorkUnfinished):
        async with conn.transaction():
            await erase_person(conn, colleague, actor_id=None, now=now)
    async with conn.transaction():
        await erase_person(conn, colleague, actor_id=None, now=now + timedelta(days=9))


@pytest.mark.parametrize("case", ["charging", "paid", "recorded", "two seats", "free to change"])
async def test_an_agreed_price_does_not_change_what_is_paid(conn: Connection, deal: Deal, case: str) -> None:
    """Whoever paid while the others still voted."""
    booked = await deal.booked(conn)
    await confirmed(conn, booked)
    match case:
        case "charging":
            await start(conn, booked)
        case "paid":
            await pay(conn, deal, booked)
        case "recorded":
            async with conn.transaction():
                await record_outside(conn, booked.attendee_id, actor_id=deal.host, now=clock.now())
            await conn.execute("UPDATE event_attendee SET payment_status_id = 100")
        case "two seats":
            await second_seat(conn, booked)
    change = {"amount": "55.00", "currency": "EUR"}

    async def apply() -> None:
        async with conn.transaction():
            await apply_change(
                conn, booked.event_id, "amount", change, actor_id=deal.host, is_agreed=True, now=clock.now()
            )

    if case == "free to change":
        await check_price(conn, booked.event_id)
        await apply()
        assert await fetch_value(conn, "SELECT max(price) FROM event_attendee") == Decimal(55)
        return
    with pytest.raises(PriceFixed):
        await apply()
    with pytest.raises(PriceFixed):
        await check_price(conn, booked.event_id)
    assert await fetch_value(conn, "SELECT max(price) FROM event_attendee") == PRICE


async def second_seat(conn: Connection, booked: Booked) -> None:
    person = await cast.add_person(conn, "second@example.test", now=clock.now())
    await conn.execute(
        """
        INSERT INTO event_attendee
            (event_id, person_id, role_id, status_id, price, currency, created_at, updated_at)
        SELECT event_id, %(person)s, role_id, 200, price, currency, created_at, updated_at
        FROM event_attendee
        WHERE id = %(id)s
        """,
        {"person": person, "id": booked.attendee_id},
    )


async def test_who_paid_and_was_never_confirmed_gets_it_back_when_the_event_is_done(
    conn: Connection, deal: Deal, travel: Travel
) -> None:
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    await conn.execute("UPDATE event_attendee SET status_id = 100 WHERE id = %s", [booked.attendee_id])
    travel(days=3)
    await ended(conn, booked, 777)
    assert await statuses(conn, booked) == (777, 100, 555, 100)
    assert await deal.balances(conn) == {"available": Decimal(100)}
    await books_balance(conn)


async def test_an_event_that_is_confirmed_has_confirmed_hosts(conn: Connection, deal: Deal) -> None:
    """Also when no booking waits for them yet."""
    booked = await deal.booked(conn)
    await conn.execute("UPDATE event_attendee SET status_id = 100 WHERE role_id = 3")
    async with conn.transaction():
        event = await event_by_id(conn, booked.event_id)
        await confirm_event(conn, event, actor_id=deal.host, now=clock.now())
    hosts = await fetch_value(conn, "SELECT array_agg(status_id) FROM event_attendee WHERE role_id = 3")
    assert hosts == [200]


async def test_events_are_locked_before_the_balance(conn: Connection, database: Database, deal: Deal) -> None:
    """Somebody pays for the second of two bookings while the client pays for both."""
    first, second = [await deal.booked(conn, hour=hour) for hour in (9, 10)]

    async def pay_both() -> str:
        try:
            async with database.transaction() as own:
                await pay_own_bookings(
                    own, deal.schedule.id, None, company_id=deal.company, person_id=deal.client, now=clock.now()
                )
        except Refused as refusal:
            return refusal.code
        return "paid"

    async with database.transaction() as other:
        await lock_event(other, second.event_id)
        both = asyncio.create_task(pay_both())
        await asyncio.sleep(0.3)
        await pay(other, deal, second)
    assert await both == "nothing_to_pay"
    assert (await statuses(conn, first))[3] == 100
    assert (await statuses(conn, second))[3] == 300


async def test_an_event_is_paid_while_all_of_its_seats_are(conn: Connection, deal: Deal) -> None:
    group = await add_schedule(conn, deal.host, now=clock.now(), price=PRICE, currency="EUR", seats=3)
    deal.schedule = group
    booked = await deal.booked(conn)
    await pay(conn, deal, booked)
    assert (await statuses(conn, booked))[1] == 300
    client, deal.client = deal.client, await cast.add_person(conn, "second@example.test", now=clock.now())
    joined = await deal.booked(conn)
    assert joined.event_id == booked.event_id
    assert (await statuses(conn, booked))[1] == 100, "an unpaid seat has joined"
    async with conn.transaction():
        await release_booking(
            conn, joined.attendee_id, to_status=444, actor_id=None, reason="cancelled", now=clock.now()
        )
    assert (await statuses(conn, booked))[1] == 300, "the unpaid seat has left"
    deal.client = client
    async with conn.transaction():
        await release_booking(
            conn, booked.attendee_id, to_status=444, actor_id=None, reason="cancelled", now=clock.now()
        )
    assert (await statuses(conn, booked))[1] == 100, "everything went back"


async def test_nobody_joins_what_is_deleted(conn: Connection, deal: Deal) -> None:
    booked = await deal.booked(conn)
    assert await is_still_open(conn, booked.event_id)
    await deleted(conn, booked)
    assert not await is_still_open(conn, booked.event_id)


async def test_what_the_ledger_declines_keeps_no_other_host_waiting(
    conn: Connection,
    database: Database,
    deal: Deal,
    travel: Travel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of a batch names a currency that nothing is held in: it stays as it is, and the second is earned."""
    seats = [await deal.booked(conn, hour=hour) for hour in (9, 10)]
    for seat in seats:
        await pay(conn, deal, seat)
    travel(days=3)
    for seat in seats:
        await ended(conn, seat, 777)
    post = jobs.earned

    def first_is_wrong(payment: Any, *, now: Any) -> Any:
        if payment.attendee_id == seats[0].attendee_id:
            payment = msgspec.structs.replace(payment, currency="USD")
        return post(payment, now=now)

    monkeypatch.setattr(jobs, "earned", first_is_wrong)
    await settle_due(database, clock.now())
    assert await payment_statuses(conn) == ["paid", "earned"]
    assert (await deal.balances(conn))["host"] == PRICE
    monkeypatch.setattr(jobs, "earned", post)
    assert (await settle_due(database, clock.now())).count == 0  # not at once
    await settle_due(database, clock.now() + jobs.LEASE)
    assert await payment_statuses(conn) == ["earned", "earned"]
    await books_balance(conn)


async def test_ending_meetings_and_settling_do_not_wait_for_one_another(
    conn: Connection, database: Database, deal: Deal, travel: Travel
) -> None:
    """Who ends meetings has accounts first and then payments: those that are not done must not be held by who waits
    for an account."""
    over, other = [await deal.booked(conn, hour=hour) for hour in (9, 10)]
    for seat in (over, other):
        await pay(conn, deal, seat)
    travel(days=3)
    await ended(conn, over, 777)
    async with database.transaction() as ending:
        await ending.execute("SELECT FROM account FOR UPDATE")
        settling = asyncio.create_task(settle_due(database, clock.now()))
        await asyncio.sleep(0.3)
        assert not settling.done()
        async with asyncio.timeout(20):
            await ending.execute(
                "SELECT FROM booking_payment WHERE attendee_id = %s FOR NO KEY UPDATE", [other.attendee_id]
            )
    await settling
    assert await payment_statuses(conn) == ["earned", "paid"]
