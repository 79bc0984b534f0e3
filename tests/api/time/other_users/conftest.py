"""What the tests of other people's profiles share."""

from datetime import datetime

import pytest

from artel.db.pool import Connection
from artel.profiles.rules import change_profile
from artel.settings import Settings
from tests import cast
from tests.api.time.other_users.cast import PHONE, PROFILE
from tests.cast import Someone
from tests.contacts.cast import Join, note_each_other


@pytest.fixture
def join(conn: Connection, settings: Settings, now: datetime) -> Join:
    """`await join("anna")`: somebody signed in who belongs to no company."""

    async def add(name: str) -> Someone:
        person = await cast.add_person(conn, f"{name}@example.test", now=now, phone=f"+{PHONE}")
        return await cast.sign_in(conn, settings, person, None, now=now)

    return add


@pytest.fixture
async def anna(join: Join) -> Someone:
    return await join("anna")


@pytest.fixture
async def boris(conn: Connection, join: Join, now: datetime) -> Someone:
    """Somebody who has filled in everything, and whom nobody may see yet."""
    boris = await join("boris")
    async with conn.transaction():
        await change_profile(conn, boris.id, PROFILE, actor_id=boris.id, now=now)
    return boris


@pytest.fixture
async def friends(conn: Connection, anna: Someone, boris: Someone, now: datetime) -> tuple[Someone, Someone]:
    """Anna and Boris, who have each other in their address books."""
    await note_each_other(conn, anna.id, boris.id, now=now)
    return anna, boris
