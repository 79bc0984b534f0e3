"""Reading a bank's files, one after the other, each line with its own result."""

import hashlib
from datetime import datetime

import msgspec

from artel.bank_files.reports.reading import read_report
from artel.bank_files.settling import NEEDS_ATTENTION, LineResult, take_entry
from artel.db.pool import Database


class FileResult(msgspec.Struct, frozen=True):
    """What became of a file."""

    name: str
    format: str
    lines: list[LineResult]

    @property
    def needs_attention(self) -> bool:
        return any(line.result in NEEDS_ATTENTION for line in self.lines)


async def import_report(database: Database, name: str, content: bytes, *, now: datetime) -> FileResult:
    """Take everything that a file reports. A command that dies in between is run again: what was taken stays taken.

    Refuses: ReportUnreadable.
    """
    report = read_report(content)
    sha256 = hashlib.sha256(content).digest()
    lines: list[LineResult] = []
    for entry in report.entries:
        lines += await take_entry(database, entry, sha256=sha256, now=now)
    return FileResult(name, report.format, lines)
