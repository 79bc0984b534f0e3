"""Whether this process lives, whether it can serve, and its figures."""

import asyncio
from typing import Any

import psycopg
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout

from artel.api.context import context_of

READY_TIMEOUT_S = 3


@get("/health/live", tags=["Operations"], summary="The process is up")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@get(
    "/health/ready",
    tags=["Operations"],
    summary="The process can serve: its database answers",
    responses={503: ResponseSpec(dict[str, str], generate_examples=False, description="Its database does not answer")},
)
async def ready(request: Request[None, None, State]) -> Response[dict[str, str]]:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), context_of(request).database.connection() as conn:
            await conn.execute("SELECT 1")
    except (psycopg.Error, PoolTimeout, TimeoutError):
        return Response({"status": "database unavailable"}, status_code=503)
    return Response({"status": "ok"})


@get("/metrics", media_type="text/plain", tags=["Operations"], summary="Figures for Prometheus")
async def metrics() -> Response[bytes]:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES: list[Any] = [live, ready, metrics]
