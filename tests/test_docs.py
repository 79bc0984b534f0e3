"""What the documentation claims is true."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_locks_pin_with_hashes_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="ascii")
    assert "://" not in text
    assert "index-url" not in text
    pins = re.findall(r"^[A-Za-z0-9._-]+(?:\[[^\]]+\])?==\S+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))
    assert text.count("--hash=sha256:") >= len(pins)


def test_project_locks_what_it_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    ]
    locked = (ROOT / "requirements-bench.txt").read_text(encoding="ascii").lower()
    for requirement in declared:
        match = re.match(r"[A-Za-z0-9_.-]+", requirement)
        assert match is not None
        assert re.search(rf"^{match.group().lower().replace('_', '-')}(\[|==)", locked, re.MULTILINE), requirement
