"""What people's tables say, and what they get back."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artel.errors import Refused
from artel.tasks.spreadsheets import FORMULA_SIGNS, amount, harmless, instant, read_payments, read_tasks, write_table


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_formula_comes_back(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_a_table_is_what_was_written(lines: list[list[str]]) -> None:
    content = write_table(["one", "other"], lines)
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert read == [["one", "other"], *[[harmless(cell) for cell in line] for line in lines]]
    assert not any(cell.startswith(FORMULA_SIGNS) for line in read for cell in line)


@pytest.mark.parametrize(
    ("cell", "is_worth"),
    [("1234.5", "1234.5"), ("1234,50", "1234.50"), ("1 234,50", "1234.50"), ("1\u00a0234", "1234"), ("0", "0")],
)
def test_amounts(cell: str, is_worth: str) -> None:
    assert amount(cell) == Decimal(is_worth)


@pytest.mark.parametrize("cell", ["", "1,234.50", "1.234,50", "-5", "5 EUR", "1e3", "NaN", "٣"])
def test_no_amounts(cell: str) -> None:
    with pytest.raises(Refused, match="field_not_a_number"):
        amount(cell)


@pytest.mark.parametrize(
    ("cell", "is_when"),
    [
        ("2099-01-31", datetime(2099, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("31.01.2099", datetime(2099, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2099-01-31 18:00", datetime(2099, 1, 31, 18, tzinfo=UTC)),
        ("31.01.2099 18:00", datetime(2099, 1, 31, 18, tzinfo=UTC)),
        ("2099-01-31T18:00:00+03:00", datetime(2099, 1, 31, 15, tzinfo=UTC)),
    ],
)
def test_instants(cell: str, is_when: datetime) -> None:
    assert instant(cell) == is_when


@pytest.mark.parametrize("cell", ["", "tomorrow", "31.02.2099", "01/31/2099"])
def test_no_instants(cell: str) -> None:
    with pytest.raises(Refused, match="field_not_a_date"):
        instant(cell)


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    for read in (read_tasks, read_payments):
        try:
            lines = read(b"title,description,service,freelancer,deadline,price,task\n" + content)
        except Refused:
            continue
        assert lines


def test_a_line_that_is_too_short_is_refused_alone() -> None:
    lines = read_payments(b"task,uuid\n5\n,\n,x\n1e5\n99999999999999999999\n")
    assert [str(line) if isinstance(line, Refused) else line.task_id for line in lines] == [
        5,
        "field_not_a_uuid (uuid)",
        "field_not_an_integer (task_id)",
        "field_out_of_range (task_id)",
    ]
