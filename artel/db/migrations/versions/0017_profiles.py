"""What profiles show, their documents, and the sizes of uploaded pictures."""

from artel.db.migrations.sql import apply

revision = "0017_profiles"
down_revision = "0016_time"


def upgrade() -> None:
    apply("0017_profiles.sql")
