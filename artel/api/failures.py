"""What went wrong on our side: logged whole, told without a detail."""

from typing import Any

import psycopg
import structlog
from litestar import Request, Response
from psycopg_pool import PoolTimeout

from artel.api.customer.errors import TABLE
from artel.api.languages import language_of
from artel.operations.audit import trace_id

log = structlog.get_logger("artel.http")


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """500, or 503 while the database is out of reach: what the caller sent is not to blame."""
    unreachable = isinstance(error, PoolTimeout | psycopg.OperationalError)
    log.error("request failed", route=request.scope.get("path_template"), trace_id=trace_id.get(), exc_info=error)
    status, code = (503, "unavailable") if unreachable else (500, "internal")
    text = TABLE[code].text(language_of(request), {})
    headers = {"Retry-After": "5"} if unreachable else {}
    return Response({"error": text, "code": status}, status_code=status, headers=headers)
