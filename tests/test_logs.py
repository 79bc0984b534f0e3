"""Logs are lines a program can read, and keep no secrets and nobody's data."""

import json
import subprocess
import sys
from typing import Any

import pytest

from artel.logs import STRUCK_OUT, struck

PROGRAM = """
import logging
from artel.logs import configure_logs, log
from artel.operations.audit import trace_id
from artel.settings import read_settings
configure_logs(read_settings())
trace_id.set("0123456789abcdef0123456789abcdef")
{statements}
"""


def lines(statements: str, **environment: str) -> list[dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{statements}", statements)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_each_line_tells_when_what_and_which_request() -> None:
    [ours, libraries] = lines(
        "log.info('task paid', task_id=7, ms=1.5); logging.getLogger('some.library').warning('slow: %s', 3)"
    )
    assert list(ours)[:3] == ["timestamp", "level", "event"]
    assert (ours["event"], ours["level"], ours["task_id"], ours["ms"]) == ("task paid", "info", 7, 1.5)
    assert (libraries["event"], libraries["level"], libraries["logger"]) == ("slow: 3", "warning", "some.library")
    assert ours["trace_id"] == libraries["trace_id"] == "0123456789abcdef0123456789abcdef"
    assert ours["timestamp"].endswith("Z")


def test_secrets_and_personal_data_are_struck_out_everywhere() -> None:
    statements = """
log.info("sign-in of ann@example.org", password="hush", refreshToken="hush", phone_number=79991234567, code="123456",
         detail={"authorization": "Bearer hush", "card": 4111111111111111, "inner": ["bob@example.org"]})
logging.getLogger("driver").error("cannot connect to postgresql://artel:hush@db/artel")
try:
    raise ValueError("Key (email)=(ann@example.org) exists, phone +7 (999) 123-45-67, card 4111 1111 1111 1111")
except ValueError:
    log.exception("failed")
"""
    found = lines(statements)
    text = json.dumps(found)
    for secret in ("hush", "ann@", "bob@", '"123456"', "4111 1111", "4111111111111111", "(999)", "7999123"):
        assert secret not in text, secret
    assert text.count("ValueError") == 1  # the traceback itself is there


@pytest.mark.parametrize(
    "plain",
    ["2026-11-21T20:31:19", "task 1234567", "GET /api/customer/tasks/{task}", "took 12.5 ms", 12, 1.5, None, True],
)
def test_what_is_nobodys_stays(plain: object) -> None:
    assert struck(plain) == plain


@pytest.mark.parametrize(
    "private", ["+79991234567", "8 (999) 123-45-67", "4111 1111 1111 1111", "ann.b+c@mail.example.org"]
)
def test_what_is_somebodys_goes(private: str) -> None:
    assert struck(f"before {private} after") == f"before {STRUCK_OUT} after"


def test_the_level_and_plain_lines_can_be_chosen() -> None:
    [only] = lines("log.info('no'); log.warning('yes')", ARTEL_LOG_LEVEL="warning")
    assert only["event"] == "yes"
    plain = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{statements}", "log.info('hello', n=1)")],
        env={"ARTEL_LOG_JSON": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "hello" in plain.stderr
    assert not plain.stderr.startswith("{")
