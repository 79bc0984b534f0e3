"""PDFs by typst. The same facts give the same bytes: nothing of the machine, its fonts or its time gets in.

The typeface is Source Sans Pro, which has Cyrillic and tabular figures; its files, under the SIL Open Font License,
come in a wheel of their own.
"""

import importlib.util
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import typst

TEMPLATES = Path(__file__).parent / "templates"
FAMILY = "Source Sans Pro"


def font_folder() -> Path:
    package = importlib.util.find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        raise RuntimeError("the fonts of documents are not installed: font-source-sans-pro")
    return Path(package.origin).parent / "files"


class _Bench(threading.local):
    """A compiler works for one thread at a time, so each thread has its own. Fonts are read once."""

    def __init__(self) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())])
        if FAMILY not in fonts.families():
            raise RuntimeError(f"{font_folder()} has no {FAMILY}")  # typst would leave the paper blank
        self.compiler = typst.Compiler(root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True)


_bench = _Bench()


def typeset(template: str, facts: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF of `templates/{template}.typ`, which finds the facts as JSON in its inputs.

    `at` is what the file says of when it was made. Takes some milliseconds of processor time: not for the event loop.
    """
    content = _bench.compiler.compile(
        str(TEMPLATES / f"{template}.typ"),
        format="pdf",
        sys_inputs={"facts": msgspec.json.encode(facts).decode()},
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(content, bytes)
    return content
