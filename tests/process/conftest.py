from collections.abc import Iterator

import pytest

from tests.conftest import shared_folder
from tests.outside import MailServer
from tests.process.installation import Installation, filled_home, scratch_folder


@pytest.fixture
def installation(pytestconfig: pytest.Config) -> Iterator[Installation]:
    """A sandbox with its data, not started."""
    with scratch_folder() as folder:
        filled_home(shared_folder(pytestconfig), folder / "home")
        here = Installation(folder / "home")
        yield here
        here.remove()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()
