"""Tasks and payments out of a table that a person made: CSV with a comma or a semicolon, in UTF-8 or windows-1251.

Headings may be English or Russian, in any order and case. A line that cannot be read is a refusal of that line alone;
a file that cannot be read, or that lacks a column, is refused whole.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from artel.errors import Refused
from artel.tasks.attributes import Given
from artel.tasks.bulk import MOST_LINES
from artel.tasks.bulk_payment import Reference
from artel.tasks.new_tasks import NewTask

MOST_BYTES = 5 * 1024 * 1024
LARGEST_ID = 2**63 - 1
# Field of the rules -> (English heading, Russian heading, whether the column must be there).
TASK_HEADINGS = {
    "title": ("title", "название", True),
    "description": ("description", "описание", True),
    "category_id": ("service", "услуга", True),
    "worker_id": ("freelancer", "фрилансер", True),
    "deadline": ("deadline", "срок", True),
    "price": ("price", "цена", True),
    "worker_currency": ("currency", "валюта", False),
    "external_id": ("external id", "внешний id", False),
    "uuid": ("uuid", "uuid задания", False),
    "edit_group": ("group", "группа", False),
    "deadline_type": ("deadline type", "тип срока", False),
    "share_commission": ("share commission", "разделить комиссию", False),
    "copyright": ("copyright", "передача прав", False),
    "need_report": ("report", "отчёт", False),
    "create_type": ("draft", "черновик", False),
}
PAYMENT_HEADINGS = {
    "task_id": ("task", "задание", False),
    "uuid": ("uuid", "uuid задания", False),
}
ATTRIBUTE_HEADING = re.compile(r"(?:attribute|атрибут)\s+(\d{1,18})")
YES = {"1", "yes", "true", "да", "y", "x", "+"}
NO = {"", "0", "no", "false", "нет", "n", "-"}
DATE_FORMS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")
# A cell that begins so is a formula to a spreadsheet program.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, str]


def read_tasks(content: bytes) -> list[NewTask | Refused]:
    """Refuses: what read_rows refuses."""
    return [read_line(row, to_new_task) for row in read_rows(content, TASK_HEADINGS)]


def read_payments(content: bytes) -> list[Reference | Refused]:
    """Refuses: what read_rows refuses; csv_column_missing where tasks are named in no column."""
    rows = read_rows(content, PAYMENT_HEADINGS)
    if rows and not rows[0].keys() & {"task_id", "uuid"}:
        raise Refused("csv_column_missing", "file", column="task", column_ru="задание")
    return [read_line(row, to_reference) for row in rows]


def read_line(row: Row, convert: Callable[[Row], Any]) -> Any:
    try:
        return convert(row)
    except Refused as refusal:
        return refusal


def read_rows(content: bytes, headings: dict[str, tuple[str, str, bool]]) -> list[Row]:
    """The lines with something in them, each by field. Attributes are under their heading.

    Refuses: csv_too_large; csv_unreadable; csv_empty; csv_column_missing; csv_column_twice; too_many_lines.
    """
    if len(content) > MOST_BYTES:
        raise Refused("csv_too_large", "file", megabytes=MOST_BYTES // 1024 // 1024)
    text = decoded(content)
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(line)]
    except csv.Error:
        raise Refused("csv_unreadable", "file") from None
    if len(lines) < 2:
        raise Refused("csv_empty", "file")
    if len(lines) - 1 > MOST_LINES:
        raise Refused("too_many_lines", "file", most=MOST_LINES)
    names = [field_of(heading, headings) for heading in lines[0]]
    known = [name for name in names if name]
    if len(set(known)) < len(known):
        raise Refused("csv_column_twice", "file")
    for name, (english, russian, is_needed) in headings.items():
        if is_needed and name not in known:
            raise Refused("csv_column_missing", "file", column=english, column_ru=russian)
    return [{name: cell.strip() for name, cell in zip(names, line, strict=False) if name} for line in lines[1:]]


def decoded(content: bytes) -> str:
    """Refuses: csv_unreadable, for what is no text: a spreadsheet program's own file, say."""
    if b"\0" in content:
        raise Refused("csv_unreadable", "file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1251")
    except UnicodeDecodeError:
        raise Refused("csv_unreadable", "file") from None


def field_of(heading: str, headings: dict[str, tuple[str, str, bool]]) -> str | None:
    """The field that a heading names; None for a column of the person's own."""
    name = " ".join(heading.lower().split()).replace("отчет", "отчёт")
    for field, (english, russian, _) in headings.items():
        if name in {english, russian, english.replace(" ", "_")}:
            return field
    return f"attribute {found[1]}" if (found := ATTRIBUTE_HEADING.fullmatch(name)) else None


def to_new_task(row: Row) -> NewTask:
    """Refuses, naming the field, a cell that is empty and must not be, or that cannot be read."""
    for field, (_, _, is_needed) in TASK_HEADINGS.items():
        if is_needed and not row.get(field):
            raise Refused("field_required", field)
    group = row.get("edit_group")
    return NewTask(
        title=row["title"],
        description=row["description"],
        service_id=whole_number(row["category_id"], "category_id"),
        freelancer_id=whole_number(row["worker_id"], "worker_id"),
        deadline=instant(row["deadline"]),
        price=amount(row["price"]),
        attributes=[
            Given(int(name.removeprefix("attribute ")), cell)
            for name, cell in row.items()
            if name.startswith("attribute ") and cell
        ],
        uuid=uuid_of(row["uuid"]) if row.get("uuid") else None,
        external_id=row.get("external_id") or None,
        worker_currency=row["worker_currency"].upper() if row.get("worker_currency") else None,
        share_commission=is_yes(row, "share_commission"),
        deadline_type=deadline_type(row.get("deadline_type") or "1"),
        copyright=is_yes(row, "copyright"),
        need_report=is_yes(row, "need_report"),
        group_ids=[whole_number(group, "edit_group")] if group else [],
        as_draft=is_yes(row, "create_type"),
    )


def to_reference(row: Row) -> Reference:
    """Refuses: field_required; field_not_an_integer; field_not_a_uuid."""
    task_id, uuid = row.get("task_id"), row.get("uuid")
    if task_id:
        return Reference(task_id=whole_number(task_id, "task_id"))
    if uuid:
        return Reference(uuid=uuid_of(uuid))
    raise Refused("field_required", "task_id")


def whole_number(cell: str, field: str) -> int:
    if not (cell.isascii() and cell.isdecimal()):
        raise Refused("field_not_an_integer", field)
    number = int(cell) if len(cell) < 20 else 0
    if not 0 < number <= LARGEST_ID:
        raise Refused("field_out_of_range", field)
    return number


def deadline_type(cell: str) -> int:
    if cell not in {"1", "2"}:
        raise Refused("field_out_of_range", "deadline_type")
    return int(cell)


def amount(cell: str) -> Decimal:
    """1234.5, 1234,5, 1 234,50. Refuses: field_not_a_number, for what may be read in two ways too (1,234.50)."""
    text = re.sub(r"[\s\u00a0\u202f]", "", cell)
    if not re.fullmatch(r"\d{1,30}([.,]\d{1,30})?", text, re.ASCII):
        raise Refused("field_not_a_number", "price")
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Refused("field_not_a_number", "price") from None


def instant(cell: str) -> datetime:
    """2026-12-31, 2026-12-31 18:00 or 31.12.2026 18:00, UTC; a day alone means its end. Refuses: field_not_a_date."""
    for form in (None, *DATE_FORMS):
        try:
            found = datetime.fromisoformat(cell) if form is None else datetime.strptime(cell, form).replace(tzinfo=UTC)
            if len(cell) <= len("2026-12-31"):
                found = datetime.combine(found, time(23, 59, 59))
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise Refused("field_not_a_date", "deadline", example="2026-12-31 18:00:00")


def uuid_of(cell: str) -> UUID:
    try:
        return UUID(cell)
    except ValueError:
        raise Refused("field_not_a_uuid", "uuid") from None


def is_yes(row: Row, field: str) -> bool:
    cell = row.get(field, "").lower()
    if cell in YES:
        return True
    if cell in NO:
        return False
    raise Refused("field_not_a_boolean", field)


def write_table(headings: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """A table to download, which no spreadsheet program takes for a formula: such a cell gets an apostrophe before it.
    With a byte order mark, without which Excel reads it as another encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
