"""The application with one route more: constant bytes, through the same HTTP stack. How much the stack alone takes."""

import os
from pathlib import Path

from litestar import Response, get
from litestar.types import ASGIApp

from artel.app import create_app, wrap
from artel.logs import configure_logs
from artel.settings import read_settings

PATH = "/api/bench/constant"
BODY_FILE = "ARTEL_BENCH_BODY"


@get(PATH, media_type="application/json")
async def constant() -> Response[bytes]:
    return Response(BODY, media_type="application/json")


BODY = Path(os.environ[BODY_FILE]).read_bytes() if BODY_FILE in os.environ else b"{}"


def application() -> ASGIApp:
    settings = read_settings()
    configure_logs(settings)
    app = create_app(settings)
    app.register(constant)
    return wrap(app)
