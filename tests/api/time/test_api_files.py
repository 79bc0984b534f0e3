"""docs/api/time says what the code does: its examples are replies that calls get. The rest of it is held to the code in
tests/api/test_api_files.py."""

from typing import Any

import httpx
import pytest

from artel import clock
from artel.api.docs.examples import Example
from artel.db.pool import Database
from tests import cast
from tests.api.test_api_files import FOLDER, hold_or_record, shown
from tests.api.time.every_call import CALLERS, EVERY, FileOf, TimeCall, TimeFiller, as_form
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder

# Calls without an example: their replies are files, or they end in a refusal whatever is filled in.
NO_EXAMPLE = {"GET /api/file/{file}", "GET /api/calendars/{file}", "POST /api/user/email/confirm"}


async def test_examples_are_replies_of_this_code(
    time_client: httpx.AsyncClient, time_database: Database, time_world: TimeWorld, pytestconfig: pytest.Config
) -> None:
    """Each call of the time API is made; with ARTEL_RECORD_EXAMPLES=1 its reply becomes the example."""
    settings = time_settings(shared_folder(pytestconfig), "")
    filler = TimeFiller(time_world)
    made: dict[str, Example] = {}
    # What is removed is needed by others first.
    for operation in sorted(EVERY, key=lambda operation: operation.method == "DELETE"):
        if str(operation) in NO_EXAMPLE:
            continue
        async with time_database.connection() as conn:
            someone = time_world.people[CALLERS.get(str(operation), "nora")]
            caller = await cast.sign_in(conn, settings, someone.id, None, now=clock.now())
        call = filler.call(operation)
        reply = await call.send(time_client, caller.headers)
        assert reply.status_code == 200, f"{call}: {reply.text}"
        made[str(operation)] = Example(
            path=call.path, query=call.query, body=body_shown(call), reply=without_links(shown(reply.json()))
        )
    hold_or_record(made, FOLDER / "time")


def body_shown(call: TimeCall) -> Any:
    """As it was sent: a form's fields are texts, its files named as curl does."""
    if call.body is None:
        return None
    body = {name: value for name, value in call.body.items() if value is not None}
    if call.operation.body_kind == "form":
        files = {name: f"@{value.name}" for name, value in body.items() if isinstance(value, FileOf)}
        body = as_form({name: value for name, value in body.items() if name not in files})["data"] | files
    return shown([body] if call.operation.body_kind == "list" else body)


def without_links(reply: Any) -> Any:
    """A link that holds a secret ends before it."""
    if isinstance(reply, dict) and "needs" in reply:
        return {**reply, "url": f"{reply['url'].rpartition('/')[0]}/…"}
    return f"{reply.partition('?')[0]}?…" if isinstance(reply, str) and "?" in reply else reply
