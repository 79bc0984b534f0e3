"""The reference files that ship with the package. They are the source; the tables are filled from them."""

from importlib import resources


def read_file(name: str) -> str:
    """The JSON text of data/{name}.json."""
    return (resources.files("artel.lookups") / "data" / f"{name}.json").read_text(encoding="utf-8")
