"""Web hooks and what is sent to them."""

from artel.db.migrations.sql import apply

revision = "0008_webhooks"
down_revision = "0007_operations"


def upgrade() -> None:
    apply("0008_webhooks.sql")
