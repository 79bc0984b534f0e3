"""schemathesis over the customer's part of the OpenAPI document, with all its checks and phases, against a server
process. The time API's is in tests/api/time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from artel import clock
from artel.db.pool import Database
from tests import cast
from tests.api.conftest import sandbox_application
from tests.api.every_route import operations
from tests.api.served import TIMEOUT_S, naming, served, told_to_schemathesis, try_document
from tests.conftest import shared_folder
from tests.world import World, world_settings

CLOCK = "/sandbox/clock"
RECEIVER = "/sandbox/webhooks/receive"
LENIENT = ["/sandbox/freelancers/{freelancer_uuid}", CLOCK]
# Calls that end sessions or change how one signs in: each has somebody of its own to make them.
APART = [
    "/api/logout",
    "/api/logout/everywhere",
    "/api/profile/password",
    "/api/profile/2fa",
    "/api/profile/2fa/disable",
]
OTHERS = {one.path for one in operations(sandbox_application()[0], "time")} - {
    one.path for one in operations(sandbox_application()[0])
}


@pytest.fixture
def server(world_url: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of a real server over a world of its own."""
    with served(world_settings(shared_folder(pytestconfig), world_url)) as address:
        yield address


def settings_of(world: World, tokens: dict[str, str]) -> str:
    ids: dict[str, list[str]] = {
        "task": [str(each) for task in world.tasks.values() for each in (task.id, task.uuid)],
        "freelancer": [str(each) for named in world.team.values() for each in (named.id, named.uuid)],
        "endpoint": [str(each) for named in world.endpoints.values() for each in (named.id, named.uuid)],
        "delivery": [str(world.delivery_id)],
        "email": list(world.emails.values()),
        "phone": [world.phone],
    }
    lines = told_to_schemathesis(world.owner.token, ids)
    for path, token in tokens.items():
        lines += ["[[operations]]", f'include-path = "{path}"', f'headers = {{ Authorization = "Bearer {token}" }}']
    # A boolean may be 0 or 1, as the documents' clients send it; elsewhere such a body has more that is wrong with it.
    for path in LENIENT:
        lines += ["[[operations]]", f'include-path = "{path}"', "checks.negative_data_rejection.enabled = false"]
    # The receiver fails and dawdles when asked to.
    lines += ["[[operations]]", f'include-path = "{RECEIVER}"']
    lines += ['parameters = { "query.status" = 200, "query.delaySeconds" = 0 }']
    return "\n".join(lines)


@pytest.mark.timeout(TIMEOUT_S)
async def test_whole_document(
    server: str, world: World, world_database: Database, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """No 5xx, every reply as the document says, no call that works without a token.

    The clock goes last: it moves past the end of every token.
    """
    rules = world_settings(shared_folder(pytestconfig), "")
    now = clock.now()
    tokens = {}
    async with world_database.connection() as conn:
        for number, path in enumerate(APART):
            person = await cast.add_person(conn, f"apart{number}@aurora.example", now=now)
            await cast.add_member(conn, world.company_id, person, "owner", now=now)
            tokens[path] = (await cast.sign_in(conn, rules, person, world.company_id, now=now)).token
    (tmp_path / "schemathesis.toml").write_text(settings_of(world, tokens))
    await try_document(server, tmp_path, *naming("--exclude-path", OTHERS | {CLOCK}))
    await try_document(server, tmp_path, "--include-path", CLOCK)
