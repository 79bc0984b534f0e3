"""`artel payouts …`: an operator's way to the bank and back."""

import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from artel.errors import Refused
from artel.process.tables import money, show_json, show_table, with_database

OUTCOMES = ("completed", "declined", "partial", "returned")


@click.group()
def payouts() -> None:
    """Payouts by files that banks take: export, import, see what waits."""


@payouts.command("export")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder for the files.")
@click.option("--date", "wanted", type=click.DateTime(["%Y-%m-%d"]), help="When the banks should pay; default: today.")
@click.option("--again", metavar="FILE", help="Write an earlier file once more: its name, or the id in it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export_payouts(out: Path, wanted: datetime | None, again: str | None, as_json: bool) -> None:
    """Write files for the banks with every payout that waits.

    Safe to run again, and after a crash: a payout is in one file for ever, and a file is always the same.
    """
    from artel.bank_files.export import export, export_again
    from artel.bank_files.lines import FileRow
    from artel.bank_files.queries import Waiting, WrittenGroup, groups_in_files, waiting_payouts
    from artel.files.store import FileStore

    async def work(database: Any, settings: Any) -> tuple[list[FileRow], list[WrittenGroup], list[Waiting]]:
        files = FileStore(settings.files_url, settings.home)
        if again:
            written = [await export_again(database, files, out, Path(again).stem)]
        else:
            written = await export(database, files, out, wanted=wanted.date() if wanted else None)
        async with database.connection() as conn:
            return written, await groups_in_files(conn, [file.id for file in written]), await waiting_payouts(conn)

    files, groups, waiting = with_database(work)
    paths = {file.message_id: str(out / file.name) for file in files}
    if as_json:
        show_json(
            {
                "files": [
                    {"path": paths[file.message_id], "groups": [g for g in groups if g.message_id == file.message_id]}
                    for file in files
                ],
                "waiting": waiting,
            }
        )
    else:
        rows = [
            (paths[group.message_id], group.scheme, str(group.execution_date), str(group.count), money(group))
            for group in groups
        ]
        show_table(("file", "scheme", "date", "payouts", "sum"), rows, nothing="Nothing waits to be paid.")
    for left in waiting:
        if not left.has_account:
            click.echo(
                f"{left.count} payouts of {money(left)} wait: no account pays {left.currency}; "
                "see `artel bank-account add --help`",
                err=True,
            )


@payouts.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_reports(files: tuple[Path, ...], as_json: bool) -> None:
    """Read what banks report: pain.002, camt.054, statements in 1C's format.

    Each line has its own result. A file that was read before changes nothing. Exit code 1 where somebody has to look.
    """
    from artel import clock
    from artel.bank_files.importing import FileResult, import_report
    from artel.bank_files.reports.reading import MOST_BYTES
    from artel.cli import refusal_text

    async def work(database: Any, settings: Any) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for path in files:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            try:
                read: FileResult = await import_report(database, str(path), content, now=clock.now())
            except Refused as refusal:
                results.append({"file": str(path), "problem": refusal_text(refusal)})
            else:
                results.append({"file": str(path), "format": read.format, "lines": read.lines})
                results[-1]["needsAttention"] = read.needs_attention
        return results

    results = with_database(work)
    if as_json:
        show_json(results)
    else:
        for read in results:
            show_report(read)
    sys.exit(1 if any("problem" in read or read["needsAttention"] for read in results) else 0)


@payouts.command("waiting")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def waiting_payouts(as_json: bool) -> None:
    """Show what waits for a file, and what waits for a bank's word.

    Ask the bank about what is overdue, and say what it answered with `artel payouts report`.
    """
    from artel import clock
    from artel.bank_files.queries import Unanswered, Waiting, unanswered_payouts
    from artel.bank_files.queries import waiting_payouts as without_file

    async def work(database: Any, settings: Any) -> tuple[list[Waiting], list[Unanswered]]:
        async with database.connection() as conn:
            return await without_file(conn), await unanswered_payouts(conn, now=clock.now())

    without, unanswered = with_database(work)
    if as_json:
        show_json({"waiting": without, "unanswered": unanswered})
        return
    show_table(
        ("waits for a file", "payouts", "sum"),
        [
            ("for the next export" if row.has_account else "no account pays it", str(row.count), money(row))
            for row in without
        ],
        nothing="Every payout is in a file.",
    )
    click.echo()
    show_table(
        ("waits for the bank", "file", "date", "sum", ""),
        [
            (row.end_to_end_id, row.message_id, str(row.execution_date), money(row), "ask the bank" * row.is_overdue)
            for row in unanswered
        ],
        nothing="The banks have answered about every payout.",
    )


@payouts.command("report")
@click.argument("reference")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.option("--amount", help="What was paid, of a partial one; what came back, of a returned one.")
@click.option("--reason", help="Why, in the bank's words.")
def report(reference: str, outcome: str, amount: str | None, reason: str | None) -> None:
    """Say what a bank told by other means of a payout, or of a whole file.

    REFERENCE is a payout's reference in the file, or the id of a file that the bank did not take.
    """
    from artel import clock
    from artel.bank_files.reports.entries import OUR_REFERENCE, Entry
    from artel.bank_files.settling import NEEDS_ATTENTION, LineResult, take_entry

    if (amount is None) == (outcome in ("partial", "returned")):
        raise click.UsageError("--amount is for partial and returned, and has to be given for them")
    is_payout = OUR_REFERENCE.fullmatch(reference) is not None
    if amount is not None and not is_payout:
        raise click.UsageError("partial and returned are said of one payout, not of a file")
    entry = Entry(
        place="operator",
        source="operator",
        kind="return" if outcome == "returned" else "status",
        outcome=outcome,  # type: ignore[arg-type]
        names="payout" if is_payout else "file",
        reference=reference,
        amount=read_amount(amount),
        reason=reason,
    )

    async def work(database: Any, settings: Any) -> list[LineResult]:
        return await take_entry(database, entry, sha256=None, now=clock.now())

    lines = with_database(work)
    show_lines(lines)
    sys.exit(1 if any(line.result in NEEDS_ATTENTION for line in lines) else 0)


def read_amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise click.UsageError(f"{text!r} is no amount") from None
    if not amount.is_finite():
        raise click.UsageError(f"{text!r} is no amount")
    return amount


def show_report(read: dict[str, Any]) -> None:
    if "problem" in read:
        click.echo(f"{read['file']}: {read['problem']}\n")
        return
    click.echo(f"{read['file']} ({read['format']})")
    show_lines(read["lines"])
    click.echo()


def show_lines(lines: Sequence[Any]) -> None:
    show_table(
        ("line", "result", "reference", "sum", ""),
        [
            (
                line.place,
                str(line.result),
                line.reference or "-",
                "" if line.amount is None else f"{line.amount} {line.currency or ''}".strip(),
                line.text,
            )
            for line in lines
        ],
        nothing="It reports nothing.",
    )
