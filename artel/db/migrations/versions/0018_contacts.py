"""Address books, and who was told whose address or phone."""

from artel.db.migrations.sql import apply

revision = "0018_contacts"
down_revision = "0017_profiles"


def upgrade() -> None:
    apply("0018_contacts.sql")
