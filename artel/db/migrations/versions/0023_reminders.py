"""Reminders of events, mails with files attached, why a proposal was rejected."""

from artel.db.migrations.sql import apply

revision = "0023_reminders"
down_revision = "0022_booking"


def upgrade() -> None:
    apply("0023_reminders.sql")
