"""Advertising law: organisations, contracts, tasks under them. Insurance of tasks."""

from artel.db.migrations.sql import apply

revision = "0011_advertising"
down_revision = "0010_disputes"


def upgrade() -> None:
    apply("0011_advertising.sql")
