"""The house holds: domains know no HTTP, no wire names, no framework; nothing below the edge imports the edge."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "artel"
EDGES = {"api", "pages", "app", "cli", "cli_company", "cli_options", "process", "sandbox"}
# What only the edges may import.
EDGE_LIBRARIES = {"litestar", "granian", "starlette", "click"}


def python_files() -> list[Path]:
    return sorted(p for p in ROOT.rglob("*.py") if "migrations" not in p.parts)


def room(path: Path) -> str:
    part = path.relative_to(ROOT).parts[0]
    return part.removesuffix(".py")


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_inwards(path: Path) -> None:
    names = imports(path)
    if room(path) in EDGES or room(path) == "__main__":
        return
    wrong = {name for name in names if name.split(".")[0] in EDGE_LIBRARIES}
    wrong |= {name for name in names if name.startswith("artel.") and name.split(".")[1] in EDGES}
    assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_wire_formats_share_no_schemas(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if parts[0] != "api" or len(parts) < 3:
        return
    others = {
        name
        for name in imports(path)
        if name.startswith("artel.api.")
        and name.count(".") >= 2
        and (ROOT / "api" / name.split(".")[2]).is_dir()
        and name.split(".")[2] != parts[1]
    }
    assert not others, f"{path.relative_to(ROOT)} imports another wire format: {sorted(others)}"


def test_every_refusal_has_its_text() -> None:
    """Every code a domain can refuse with is in the customer API's table, in both languages."""
    from artel.api.customer.errors import GROUPS, TABLE

    codes: dict[str, Path] = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            first = node.args[0]
            refuses = called.split(".")[-1] in {"Refused", "NotAllowed"} or called == "super().__init__"
            is_word = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.isidentifier()
            if refuses and is_word:
                codes[first.value] = path  # type: ignore[attr-defined,index]
    missing = {code: path.name for code, path in codes.items() if code not in TABLE}
    assert not missing
    assert len(TABLE) == sum(len(group.ENTRIES) for group in GROUPS), "a code stands in two groups"
    assert all(entry.en and entry.ru and entry.en != entry.ru for entry in TABLE.values())
