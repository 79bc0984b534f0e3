"""A slow receiver delays its own company alone."""

import asyncio
import time

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.webhooks import courier
from artel.webhooks.courier import MOST_CALLS
from tests.waiting import until
from tests.webhooks.cast import add_company, carrying, deliveries, happen, is_quiet, point_hook, until_quiet
from tests.webhooks.receiver import Receiver, Reply, Silent

QUEUED = 1_000


async def test_a_thousand_queued_to_a_slow_receiver_do_not_delay_another(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """The slow one takes a second a call. Each event of the other is there within a second of happening."""
    slow = Receiver()
    slow.answer = lambda _: Reply(delay_s=1)
    neighbour = await add_company(conn, "Slow Neighbour")
    await point_hook(conn, neighbour, slow.url)
    await happen(conn, neighbour, QUEUED)
    async with carrying(database):
        await until(lambda: len(slow.received) >= MOST_CALLS)
        delays = []
        for number in range(20):
            before = time.monotonic()
            await happen(conn, owner)
            await until(lambda wanted=number + 1: len(receiver.received) >= wanted, timeout_s=10)
            delays.append(receiver.received[-1].monotonic - before)
            await asyncio.sleep(0.1)
        # And a thousand of the other's own, all at once.
        await happen(conn, owner, QUEUED)
        await until(lambda: len(receiver.received) >= QUEUED + 20, timeout_s=60)
        still_queued = QUEUED - len(slow.received)
    slow.stop()
    assert max(delays) < 1.0, delays
    assert sorted(delays)[10] < 0.3, delays
    assert still_queued > 0, "the slow one was done before the other: nothing was shown"
    assert len(set(receiver.ids())) == len(receiver.received)


async def test_one_that_never_answers_holds_few_calls(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    silent = Silent()
    neighbour = await add_company(conn, "Silent Neighbour")
    await point_hook(conn, neighbour, silent.url)
    await happen(conn, neighbour, 100)
    async with carrying(database):
        await asyncio.sleep(1)
        in_hand = [row for row in await deliveries(conn) if row.attempts]
        await happen(conn, owner, 100)
        await until(lambda: len(receiver.received) >= 100, timeout_s=10)
    silent.stop()
    assert 1 <= len(in_hand) <= MOST_CALLS


async def test_more_slow_hooks_than_lanes(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """Lanes end after a turn, so that the last company comes in time too."""
    slow = Receiver()
    slow.answer = lambda _: Reply(delay_s=0.3)
    neighbours = [await add_company(conn, f"Neighbour {number}") for number in range(6)]
    for neighbour in neighbours:
        await point_hook(conn, neighbour, slow.url)
        await happen(conn, neighbour, 200)
    lanes, turn_s = courier.LANES, courier.TURN_S
    courier.LANES, courier.TURN_S = 3, 0.5
    try:
        async with carrying(database):
            await until(lambda: len(slow.received) >= 10)
            await happen(conn, owner)
            started = time.monotonic()
            await until(lambda: receiver.received, timeout_s=20)
            waited_s = receiver.received[0].monotonic - started
    finally:
        courier.LANES, courier.TURN_S = lanes, turn_s
    slow.stop()
    assert waited_s < 5
    assert len(slow.received) < 6 * 200


async def test_two_workers_share_and_send_each_once(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    async with carrying(database), carrying(database):
        for _ in range(5):
            await happen(conn, owner, 60)
            await asyncio.sleep(0.05)
        await until(lambda: len(receiver.received) >= 300)
        await until(lambda: is_quiet(conn))
    await until_quiet(conn)
    assert len(receiver.ids()) == len(set(receiver.ids())) == 300
    assert {row.state for row in await deliveries(conn)} == {"delivered"}
    assert {row.attempts for row in await deliveries(conn)} == {1}
