"""Logs: one JSON object a line (plain lines on a terminal), each with the trace id of the request it belongs to.

Secrets and personal data do not get in: values under telling names are struck out, and so are mail addresses and
long numbers inside any text, tracebacks included.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from artel.operations.audit import trace_id
from artel.settings import Settings

STRUCK_OUT = "[…]"
# Part of a key is enough: phone_number, refreshToken, x-api-key.
TELLING = re.compile(
    r"password|passwd|secret|token|authori[sz]ation|cookie|api[_-]?key|otp|code$|phone|e?mail$|email|recipient|number"
    r"|iban|card|birth|address|first_?name|last_?name|middle_?name",
    re.IGNORECASE,
)
# Ours by construction: hexadecimal and route templates, never a person's.
PLAIN_KEYS = {"trace_id", "timestamp", "level", "logger", "method", "route", "status", "ms", "attempt", "loop"}
MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LONG_NUMBER = re.compile(r"(?<![\w-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ ()-]{0,2}\d){8,}(?![\w-])")  # a date is none
PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

QUIET_LIBRARIES = ("procrastinate", "httpx", "httpcore", "_granian", "alembic", "psycopg.pool")


def configure_logs(settings: Settings) -> None:
    """Send everything, the libraries' own records too, through one way out on standard error."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    on_terminal = sys.stderr.isatty()
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_id,
        structlog.processors.format_exc_info,
        strike_out,
    ]
    last: structlog.typing.Processor = structlog.processors.JSONRenderer(serializer=to_json)
    if on_terminal or not settings.log_json:
        # Plain tracebacks: the rich ones print every local variable, secrets and personal data among them.
        last = structlog.dev.ConsoleRenderer(colors=on_terminal, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*processors, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, level))


def to_json(event: dict[str, Any], **_: Any) -> str:
    """Time, level and what happened first: lines are read by people too."""
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return msgspec.json.encode(first | event, enc_hook=str).decode()


def add_trace_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    current = trace_id.get()
    if current is not None:
        event.setdefault("trace_id", current)
    return event


def strike_out(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out what a log has no business to keep."""
    for key, value in event.items():
        if key not in PLAIN_KEYS and not key.startswith("_"):
            event[key] = STRUCK_OUT if key != "event" and TELLING.search(key) else struck(value)
    return event


def struck(value: Any) -> Any:
    """The value without addresses and long numbers, however deep they lie."""
    if isinstance(value, str):
        value = PASSWORD_IN_URL.sub(STRUCK_OUT, value)
        return LONG_NUMBER.sub(STRUCK_OUT, MAIL_ADDRESS.sub(STRUCK_OUT, value))
    if isinstance(value, dict):
        return {k: STRUCK_OUT if TELLING.search(str(k)) else struck(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [struck(item) for item in value]
    if isinstance(value, int) and abs(value) >= 10**10:
        return STRUCK_OUT
    return value if isinstance(value, int | float | None) else struck(str(value))
