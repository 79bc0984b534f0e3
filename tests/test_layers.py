"""The house holds: domains know no HTTP, no wire names, no framework; nothing below the edge imports the edge."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "artel"
EDGES = {"api", "pages", "app", "cli", "cli_company", "cli_options", "process", "sandbox"}
# Beside the wire formats in artel/api: what they share.
SHARED = {"refusals"}
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
        and name.split(".")[2] not in {parts[1], *SHARED}
    }
    assert not others, f"{path.relative_to(ROOT)} imports another wire format: {sorted(others)}"


# Domains that one wire format alone reaches; what any other refuses with, both formats may meet.
TIME_ROOMS = {
    "calendar_sync",
    "calendars",
    "contacts",
    "corrections",
    "events",
    "payments",
    "profiles",
    "schedules",
}
SHARED_ROOMS = {"errors", "people", "files", "ledger", "operations", "api"}


def refusal_codes() -> dict[str, Path]:
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
    return codes


def test_every_refusal_has_its_text() -> None:
    """Every code a domain can refuse with is in the table of each wire format that can meet it, in both languages."""
    from artel.api.customer import errors as customer
    from artel.api.time import errors as time

    for table, other_rooms in ((customer, TIME_ROOMS), (time, None)):
        missing = {
            code: str(path)
            for code, path in refusal_codes().items()
            if code not in table.TABLE
            and (room(path) not in other_rooms if other_rooms else room(path) in TIME_ROOMS | SHARED_ROOMS)
            and not ("api" in path.parts and "customer" in path.parts and table is time)
            and not ("api" in path.parts and "time" in path.parts and table is customer)
        }
        assert not missing
        entries = sum(len(group.ENTRIES) for group in table.GROUPS)
        assert len(table.TABLE) == entries, "a code stands in two groups"
        assert all(entry.en and entry.ru and entry.en != entry.ru for entry in table.TABLE.values())
