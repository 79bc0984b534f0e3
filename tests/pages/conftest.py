"""The pages under test, called like a browser without scripts: cookies kept, forms read out of the HTML."""

from collections.abc import AsyncIterator

import httpx
import pytest

from artel.app import create_app, wrap
from artel.db.pool import Database
from artel.settings import Settings
from tests.api.conftest import company_id, hire, now, outsider, owner, settings, viewer
from tests.browser import Browser

__all__ = ["Browser", "company_id", "hire", "now", "outsider", "owner", "settings", "viewer"]


@pytest.fixture
async def http(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=wrap(create_app(settings, database)), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://artel.test", timeout=60, follow_redirects=True
    ) as client:
        yield client


@pytest.fixture
def browser(http: httpx.AsyncClient) -> Browser:
    return Browser(http)
