"""What a measurement says, and how it is printed."""

import statistics
from collections.abc import Sequence

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One figure of one run. `ratio` is against the peer measured beside it; `aim` says what it should be."""

    name: str
    figure: str
    peer: str = ""
    ratio: str = ""
    aim: str = ""


HEADINGS = ("measured", "ours", "peer", "ratio", "aim")


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """A Markdown table, as docs/performance.md has it."""
    lines = [HEADINGS, *((row.name, row.figure, row.peer, row.ratio, row.aim) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    print(f"\n{title}\n")
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values stay under."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, max(0, round(share * 1000) - 1))]
