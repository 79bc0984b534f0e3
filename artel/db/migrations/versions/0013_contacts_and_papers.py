"""Who signed what, for whom and from where; documents of the operator's own."""

from artel.db.migrations.sql import apply

revision = "0013_contacts_and_papers"
down_revision = "0012_bank_files"


def upgrade() -> None:
    apply("0013_contacts_and_papers.sql")
