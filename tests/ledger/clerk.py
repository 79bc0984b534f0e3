"""Hypothesis is synchronous; the rules are not."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import psycopg

from artel.db.pool import Connection

Answer = TypeVar("Answer")


class Clerk:
    """Runs the rules from a synchronous test, all inside a transaction that is undone."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.conn: Connection = self.run(psycopg.AsyncConnection.connect(url))

    def run(self, step: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(step)

    def close(self) -> None:
        self.run(self.conn.close())
        self.runner.close()
