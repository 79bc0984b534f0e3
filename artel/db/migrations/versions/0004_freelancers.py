"""Freelancers: profiles, teams, tax data, agreements."""

from artel.db.migrations.sql import apply

revision = "0004_freelancers"
down_revision = "0003_ledger"


def upgrade() -> None:
    apply("0004_freelancers.sql")
