"""Verifications with their photos, and changes of tax status."""

from artel.db.migrations.sql import apply

revision = "0014_verification_and_tax"
down_revision = "0013_contacts_and_papers"


def upgrade() -> None:
    apply("0014_verification_and_tax.sql")
