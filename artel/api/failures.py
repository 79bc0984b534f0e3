"""What went wrong on our side: logged whole, told without a detail."""

from typing import Any

import psycopg
import structlog
from litestar import Request, Response
from psycopg_pool import PoolTimeout

from artel.api.answers import spoken_wire
from artel.errors import Refused
from artel.operations.audit import trace_id

log = structlog.get_logger("artel.http")


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """500, or 503 while the database is out of reach: what the caller sent is not to blame."""
    unreachable = isinstance(error, PoolTimeout | psycopg.OperationalError)
    log.error("request failed", route=request.scope.get("path_template"), trace_id=trace_id.get(), exc_info=error)
    status, body = spoken_wire(request).refusal_reply(request, Refused("unavailable" if unreachable else "internal"))
    return Response(body, status_code=status, headers={"Retry-After": "5"} if unreachable else {})
