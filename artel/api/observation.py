"""What is seen of every request: a trace id, a log line, figures for Prometheus."""

import re
import secrets
import time
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from artel.operations.audit import trace_id

GIVEN_TRACE_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET_PATHS = {"/health/live", "/health/ready", "/metrics"}

requests_total = Counter("artel_http_requests_total", "HTTP requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "artel_http_request_seconds",
    "Time from a request's arrival to its last byte",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
log = structlog.get_logger("artel.http")


def observe(app: ASGIApp) -> ASGIApp:
    """Wrap the whole application. A caller's own X-Trace-Id is kept when it looks like one."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        trace = given_trace_id(scope) or secrets.token_hex(16)
        token = trace_id.set(trace)
        started = time.perf_counter()
        status = 500

        async def send_with_trace(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-trace-id", trace.encode())]
            await send(message)

        try:
            await app(scope, receive, send_with_trace)
        finally:
            note_request(scope, status, time.perf_counter() - started, trace)
            trace_id.reset(token)

    return serve


def given_trace_id(scope: Any) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-trace-id":
            return value.decode() if GIVEN_TRACE_ID.fullmatch(value) else None
    return None


def note_request(scope: Any, status: int, seconds: float, trace: str) -> None:
    """Count and log by the route's template, never by the path: paths carry ids, e-mails and tokens."""
    route = scope.get("path_template") or "unknown"
    # A method may be any word, and each label is kept for good.
    method = scope["method"] if scope["method"] in METHODS else "other"
    requests_total.labels(method, route, str(status)).inc()
    request_seconds.labels(route).observe(seconds)
    if route not in QUIET_PATHS:
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), trace_id=trace)
