"""Members of a schedule who were asked to work under it, and whether they agreed."""

from artel.db.migrations.sql import apply

revision = "0021_schedule_members"
down_revision = "0018_contacts"


def upgrade() -> None:
    apply("0021_schedule_members.sql")
