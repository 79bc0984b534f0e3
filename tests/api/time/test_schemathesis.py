"""schemathesis over the time API's part of the OpenAPI document, with all its checks and phases, against a server
process; and what it does not think of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import sandbox_application
from tests.api.every_route import operations
from tests.api.served import TIMEOUT_S, naming, served, told_to_schemathesis, try_document
from tests.api.time.every_call import EVERY
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder

EXAMPLES = 12
# What the customer API shares is tried with it.
OWN = {one.path for one in EVERY} - {one.path for one in operations(sandbox_application()[0])}


@pytest.fixture
def server(time_url: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of a real server over a world of its own."""
    settings = time_settings(shared_folder(pytestconfig), time_url)
    google = {"ARTEL_GOOGLE_CLIENT_ID": settings.google_client_id, "ARTEL_GOOGLE_CLIENT_SECRET": "of the tests"}
    with served(settings, **google) as address:
        yield address


def settings_of(world: TimeWorld) -> str:
    people = [one.id for one in world.people.values()]
    ids: dict[str, list[int]] = {
        "kal": [world.calendars["own"]],
        "schedule": [*world.schedules.values()],
        "event": [*world.events.values()],
        "user": people,
        "otheruser": people,
        "correction": [*world.corrections.values()],
        "file": [*world.files.values()],
    }
    lines = told_to_schemathesis(world.host.token, ids)
    # It takes a contact's own id for the person's, by which it is called.
    lines += ["[[operations]]", 'include-path = "/api/contacts/{user}"']
    return "\n".join([*lines, "checks.ensure_resource_availability.enabled = false"])


@pytest.mark.timeout(TIMEOUT_S)
async def test_whole_document(server: str, time_world: TimeWorld, tmp_path: Path) -> None:
    """No 5xx, every reply as the document says, no call that works without a token."""
    (tmp_path / "schemathesis.toml").write_text(settings_of(time_world))
    await try_document(server, tmp_path, *naming("--include-path", OWN), examples=EXAMPLES)
