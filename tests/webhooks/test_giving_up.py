"""When a hook is disabled without its company's wish, and who is told."""

from datetime import timedelta

import msgspec

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_value
from artel.webhooks.jobs import BATCH, forget_deliveries
from artel.webhooks.rules import replay_delivery, set_hook
from tests import cast
from tests.waiting import until
from tests.webhooks.cast import carrying, deliveries, happen, pass_time, point_hook, until_quiet
from tests.webhooks.receiver import Receiver, Reply


class Mail(msgspec.Struct):
    recipient: str
    subject: str
    text: str


async def mails(conn: Connection) -> list[Mail]:
    return await fetch_all(conn, Mail, "SELECT recipient, subject, text FROM message ORDER BY recipient")


class HookState(msgspec.Struct):
    status: str
    disabled_reason: str | None


async def hook_state(conn: Connection) -> tuple[str, str | None]:
    rows = await fetch_all(conn, HookState, "SELECT status, disabled_reason FROM web_hook WHERE removed_at IS NULL")
    return rows[0].status, rows[0].disabled_reason


async def add_colleagues(conn: Connection, owner: Member) -> None:
    """A second owner, who reads Russian; an owner who left; a viewer."""
    now = clock.now()
    for email, role, language in (
        ("nina@aurora.example", "owner", "RU"),
        ("left@aurora.example", "owner", "EN"),
        ("viewer@aurora.example", "viewer", "EN"),
    ):
        person_id = await cast.add_person(conn, email, now=now, language=language)
        await cast.add_member(conn, owner.company_id, person_id, role, now=now)
    await conn.execute(
        "UPDATE company_member SET ended_at = %s WHERE person_id = (SELECT id FROM person WHERE email LIKE 'left%%')",
        [now],
    )


async def test_410_disables_at_once(database: Database, conn: Connection, owner: Member, receiver: Receiver) -> None:
    await add_colleagues(conn, owner)
    receiver.answer = lambda _: Reply(410)
    async with carrying(database):
        await happen(conn, owner, 30)
        await until(lambda: receiver.received)
        await until_quiet(conn)
        sent = len(receiver.received)
        await happen(conn, owner)
        await pass_time(database, hours=30)
        await until_quiet(conn)
    assert sent == len(receiver.received) < 30
    assert await hook_state(conn) == ("disabled", "gone")
    states = [row.state for row in await deliveries(conn)]
    assert len(states) == 30  # what happens while it is disabled is not kept for it
    assert (states.count("failed"), states.count("cancelled")) == (sent, 30 - sent)
    english, russian = sorted(await mails(conn), key=lambda mail: mail.recipient == "nina@aurora.example")
    assert (english.recipient, russian.recipient) == ("owner@aurora-studio.example", "nina@aurora.example")
    assert "switched off" in english.subject
    assert "(410)" in english.text
    assert "127.0.0.1" in english.text
    assert "отключён" in russian.subject
    audits = await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'web_hook.disabled'")
    assert audits == 1


async def test_five_days_of_failures_disable(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """A new event every twelve hours; nothing arrives. Not before the fifth day is over, and one mail."""
    receiver.answer = lambda _: Reply(500)
    started = clock.now()
    async with carrying(database):
        while (await hook_state(conn))[0] == "enabled":
            assert clock.now() - started < timedelta(days=7)
            await happen(conn, owner)
            for _ in range(12):
                await until_quiet(conn)
                await pass_time(database, hours=1)
        lasted = clock.now() - started
    assert timedelta(days=5) <= lasted <= timedelta(days=5.6)
    assert await hook_state(conn) == ("disabled", "failing")
    (mail,) = await mails(conn)
    assert "five days" in mail.text
    assert {row.state for row in await deliveries(conn)} == {"failed", "cancelled"}


async def test_one_success_begins_the_count_anew(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(500)
    async with carrying(database):
        for day in range(8):
            if day == 4:
                receiver.answer = lambda _: Reply()
                await happen(conn, owner)
                await until(lambda: receiver.received[-1].answered == 200)
                await until_quiet(conn)
                receiver.answer = lambda _: Reply(500)
            await happen(conn, owner)
            for _ in range(4):
                await until_quiet(conn)
                await pass_time(database, hours=6)
        await until_quiet(conn)
    assert await hook_state(conn) == ("enabled", None)
    assert await mails(conn) == []


async def test_a_rare_event_has_its_whole_day(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """A failure of last month does not disable the hook at the first failure of today's event."""
    receiver.answer = lambda _: Reply(500)
    async with carrying(database):
        await happen(conn, owner)
        await until(lambda: receiver.received)
        await pass_time(database, hours=25)
        await until_quiet(conn)
        await pass_time(database, days=30)
        await happen(conn, owner)
        await until_quiet(conn)
        assert await hook_state(conn) == ("enabled", None)
        await pass_time(database, hours=11)
        await until_quiet(conn)
        receiver.answer = lambda _: Reply()
        await pass_time(database, hours=14)
        await until_quiet(conn)
    assert [row.state for row in await deliveries(conn)] == ["failed", "delivered"]
    assert await hook_state(conn) == ("enabled", None)


async def test_410_of_an_address_that_was_left_is_of_no_account(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(410, delay_s=1)
    async with carrying(database):
        await happen(conn, owner)
        await until(lambda: receiver.received)
        receiver.answer = lambda _: Reply()
        await point_hook(conn, owner, receiver.url + "?new")
        await until_quiet(conn)
    assert await hook_state(conn) == ("enabled", None)


async def test_disabling_while_a_call_is_in_hand(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """It may still arrive, and then counts; it is not tried again."""
    receiver.answer = lambda n: Reply(200 if n % 2 else 500, delay_s=0.7)
    async with carrying(database):
        await happen(conn, owner, 4)
        await until(lambda: len(receiver.received) == 4)
        async with conn.transaction():
            await set_hook(conn, owner, url=receiver.url, status="disabled", allow_private=True, now=clock.now())
        assert {row.state for row in await deliveries(conn)} == {"cancelled"}
        await until(lambda: all_answered(conn))
        await pass_time(database, hours=30)
        await until_quiet(conn)
    assert sorted(row.state for row in await deliveries(conn)) == ["cancelled", "cancelled", "delivered", "delivered"]
    assert len(receiver.received) == 4


async def all_answered(conn: Connection) -> bool:
    return all(row.took_ms is not None for row in await deliveries(conn))


async def test_a_delivery_written_while_its_hook_was_disabled_does_not_wait_for_ever(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    await happen(conn, owner)
    await conn.execute("UPDATE web_hook SET status = 'disabled'")  # as a transaction does that did not see the event
    async with carrying(database):
        await until_quiet(conn)
    assert [row.state for row in await deliveries(conn)] == ["cancelled"]
    assert receiver.received == []


async def test_replayed_after_it_was_given_up(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    """Under its id, with all its tries anew."""
    receiver.answer = lambda _: Reply(410)
    async with carrying(database):
        await happen(conn, owner)
        await until(lambda: receiver.received)
        await until_quiet(conn)
        await pass_time(database, days=3)
        await point_hook(conn, owner, receiver.url)
        receiver.answer = lambda n: Reply(500 if n == 1 else 200)
        (row,) = await deliveries(conn)
        async with conn.transaction():
            await replay_delivery(conn, owner, row.id, now=clock.now())
        await until(lambda: len(receiver.received) == 2, timeout_s=3)
        await until_quiet(conn)
        await pass_time(database, seconds=6)
        await until(lambda: len(receiver.received) == 3)
        await until_quiet(conn)
    assert len(set(receiver.ids())) == 1
    assert [(row.state, row.attempts) for row in await deliveries(conn)] == [("delivered", 3)]


async def test_old_deliveries_are_forgotten(conn: Connection, owner: Member) -> None:
    """A batch at a time; what waits stays, whatever its age."""
    await happen(conn, owner, BATCH + 1)
    await conn.execute("UPDATE web_hook_delivery SET state = 'delivered', due_at = NULL")
    await happen(conn, owner)  # waits
    assert await forget_deliveries(conn, now=clock.now() + timedelta(days=29)) == 0
    later = clock.now() + timedelta(days=31)
    assert await forget_deliveries(conn, now=later) == BATCH
    assert await forget_deliveries(conn, now=later) == 1
    assert await forget_deliveries(conn, now=later) == 0
    assert [row.state for row in await deliveries(conn)] == ["waiting"]
