"""Audit, idempotency, events, messages, rate limits, clock, jobs."""

from procrastinate.schema import SchemaManager

from artel.db.migrations.sql import apply, run

revision = "0007_operations"
down_revision = "0006_payouts"


def upgrade() -> None:
    apply("0007_operations.sql")
    run(SchemaManager.get_schema())
