"""Outside calendars: feeds, Google, CalDAV; what was taken from them and what was given to them."""

from artel.db.migrations.sql import apply

revision = "0020_calendar_sources"
down_revision = "0019_calendars"


def upgrade() -> None:
    apply("0020_calendar_sources.sql")
