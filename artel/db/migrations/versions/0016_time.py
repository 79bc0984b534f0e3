"""Calendars, schedules, events, corrections; people as the time API shows them."""

from artel.db.migrations.sql import apply

revision = "0016_time"
down_revision = "0015_bulk"


def upgrade() -> None:
    apply("0016_time.sql")
