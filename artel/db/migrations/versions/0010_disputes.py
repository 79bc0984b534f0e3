"""Proposed changes, disputes, the sales tax a task was priced with."""

from artel.db.migrations.sql import apply

revision = "0010_disputes"
down_revision = "0009_documents"


def upgrade() -> None:
    apply("0010_disputes.sql")
