"""Each revision is a file of plain SQL here; Alembic only keeps their order."""

from pathlib import Path

from alembic import op


def apply(file_name: str) -> None:
    """Run one file as it stands, inside the migration's transaction."""
    run((Path(__file__).parent / file_name).read_text(encoding="utf-8"))


def run(statements: str) -> None:
    """Run SQL through the driver itself: SQLAlchemy would read `:` and `%` as its own."""
    op.get_bind().connection.dbapi_connection.execute(statements)  # type: ignore[union-attr]
