"""The worker of a production installation calls nobody inside, whatever stands in the table or in the DNS."""

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.webhooks.courier import delivery_loop
from tests.waiting import until
from tests.webhooks.cast import carrying, deliveries, happen, point_hook, until_quiet
from tests.webhooks.receiver import Receiver, Reply


class Inside:
    async def __call__(self, host: str, port: int) -> list[str]:
        return ["127.0.0.1"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "hooks.example",  # which resolves to this machine
    ],
)
async def test_no_connection_is_opened(
    database: Database, conn: Connection, owner: Member, receiver: Receiver, host: str
) -> None:
    """The hook was set when it was let through: by a sandbox, or before the address moved."""
    await point_hook(conn, owner, f"http://{host}:{receiver.port}/hook")
    await happen(conn, owner)
    async with carrying(database, delivery_loop(allow_private=False, resolve=Inside())):
        await until_quiet(conn)
    (row,) = await deliveries(conn)
    assert (row.state, row.attempts, row.error) == ("waiting", 1, "address_not_allowed")
    assert receiver.visits == 0


async def test_a_redirect_inside_is_not_followed(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    inner = Receiver()
    receiver.answer = lambda _: Reply(307, headers={"Location": inner.url})
    async with carrying(database):
        await happen(conn, owner)
        await until(lambda: receiver.received)
        await until_quiet(conn)
    inner.stop()
    assert inner.visits == 0
    assert [row.error for row in await deliveries(conn)] == ["redirect"]


async def test_the_sandbox_calls_this_machine_by_name(
    database: Database, conn: Connection, owner: Member, receiver: Receiver
) -> None:
    await point_hook(conn, owner, f"http://localhost:{receiver.port}/hook")
    await happen(conn, owner)
    async with carrying(database):
        await until(lambda: receiver.received)
        await until_quiet(conn)
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"
    assert [row.state for row in await deliveries(conn)] == ["delivered"]
