"""The application put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp, Receive, Scope, Send

from artel.api import health, verification_reports
from artel.api.context import Context
from artel.api.customer.errors import CUSTOMER
from artel.api.customer.routes import customer_router
from artel.api.docs import pages as docs
from artel.api.failures import answer_failure
from artel.api.login import login_router
from artel.api.observation import observe
from artel.api.openapi import AmountSchema, BoundsSchema, declare_errors
from artel.api.sandbox.routes import sandbox_router
from artel.api.time.routes import time_router
from artel.db.pool import Database
from artel.operations.jobs import KEEP_REPLIES
from artel.pages.errors import answer_outside_routes
from artel.pages.routes import pages_router
from artel.process.sandbox_clock import follow_clock
from artel.settings import Settings, read_settings

SENDING_AGAIN = (
    "Send an `Idempotency-Key` of your own, up to 255 characters, with a POST that changes something, above all "
    "with one that moves money. The same key and body, sent again, change nothing more and get the first reply again, "
    f"a refusal included; the same key with another body or path is 409. Keys are kept for {KEEP_REPLIES.days} days."
)
VERSION_PREFIXES = ("/api/v1/", "/api/v2/")


def create_app(settings: Settings, database: Database | None = None) -> Litestar:
    """The whole application over one database. Without one it opens a pool on `settings.database_url`."""
    pool = database or Database(settings.database_url, size=settings.database_pool_size)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            if database is None:
                await pool.open()
                running.push_async_callback(pool.close)
            if settings.sandbox:
                await running.enter_async_context(follow_clock(pool))
            yield

    routes = [
        customer_router(),
        time_router(),
        login_router(),
        pages_router(),
        *docs.ROUTES,
        *health.ROUTES,
        *verification_reports.ROUTES,
    ]
    if settings.sandbox:
        routes += [sandbox_router(path, CUSTOMER) for path in ("/sandbox", "/api/sandbox")]
    app = Litestar(
        route_handlers=routes,
        lifespan=[lifespan],
        exception_handlers={HTTPException: answer_outside_routes, Exception: answer_failure},
        plugins=[AmountSchema(), BoundsSchema()],
        request_max_body_size=settings.max_upload_bytes * 2,
        openapi_config=OpenAPIConfig(
            title="Artel",
            version="2",
            description=SENDING_AGAIN,
            # The framework answers everything below this path with a page of its own, so nothing else may lie there.
            path="/api/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
        ),
    )
    app.state.context = Context.over(settings, pool)
    declare_errors(app)
    return app


def without_version(app: ASGIApp) -> ASGIApp:
    """Serve /api/v1/… and /api/v2/… as /api/…: clients of either edition keep their base URL."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith(VERSION_PREFIXES):
            scope["path"] = "/api/" + path[len(VERSION_PREFIXES[0]) :]
        await app(scope, receive, send)

    return serve


def wrap(app: ASGIApp) -> ASGIApp:
    """What stands around the application for every request."""
    return observe(without_version(app))


def application() -> ASGIApp:
    """What the server runs: settings from the environment."""
    return wrap(create_app(read_settings()))
