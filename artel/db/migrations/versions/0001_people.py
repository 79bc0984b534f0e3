"""People, sessions, companies and their members."""

from artel.db.migrations.sql import apply

revision = "0001_people"
down_revision = None


def upgrade() -> None:
    apply("0001_people.sql")
