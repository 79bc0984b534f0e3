"""Documents: invoices, acts, closing reports; bank entries that paid invoices."""

from artel.db.migrations.sql import apply

revision = "0009_documents"
down_revision = "0008_webhooks"


def upgrade() -> None:
    apply("0009_documents.sql")
