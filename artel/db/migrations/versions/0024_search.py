"""What schedules are searched by."""

from artel.db.migrations.sql import apply

revision = "0024_search"
down_revision = "0023_reminders"


def upgrade() -> None:
    apply("0024_search.sql")
