"""What serves a calendar's ranges when an event in it lasts long."""

from artel.db.migrations.sql import apply

revision = "0019_calendars"
down_revision = "0018_contacts"


def upgrade() -> None:
    apply("0019_calendars.sql")
