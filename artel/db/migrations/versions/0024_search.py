"""What schedules are searched by."""

from artel.db.migrations.sql import apply

revision = "0024_search"
down_revision = "0016_time"


def upgrade() -> None:
    apply("0024_search.sql")
