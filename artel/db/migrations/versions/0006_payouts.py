"""Payout endpoints and payouts."""

from artel.db.migrations.sql import apply

revision = "0006_payouts"
down_revision = "0005_tasks"


def upgrade() -> None:
    apply("0006_payouts.sql")
