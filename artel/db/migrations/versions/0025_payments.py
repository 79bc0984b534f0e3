"""Payments of bookings, by companies' balances and by cards."""

from artel.db.migrations.sql import apply

revision = "0025_payments"
down_revision = "0024_search"


def upgrade() -> None:
    apply("0025_payments.sql")
