"""The commands of docs/customer-api/advertising.md are run as they are written, and what they print is compared."""

import re
from collections.abc import Iterator

from tests.process.installation import ROOT, Installation
from tests.process.test_tour import Shell, shell

__all__ = ["shell"]

PAGE = ROOT / "docs" / "customer-api" / "advertising.md"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Commands, and the output right below them. Blocks that name their language are for reading."""
    fences = re.split(r"^```(\w*)\n", text, flags=re.MULTILINE)
    inside = list(zip(fences[1::4], fences[2::4], fences[4::4], strict=True))
    shown_before = False
    for place, (language, body, between) in enumerate(inside):
        if language or shown_before:
            shown_before = False
            continue
        shown_before = between == "" and place + 1 < len(inside) and not inside[place + 1][0]
        yield body, inside[place + 1][1] if shown_before else ""


def test_the_page_says_what_happens(installation: Installation, shell: Shell) -> None:
    found = list(blocks(PAGE.read_text(encoding="utf-8")))
    assert len(found) > 5
    installation.start()
    for commands, shown in found:
        assert shell.type(commands.replace(":8000", f":{installation.port}")) == shown, commands
    assert installation.stop() == 0
