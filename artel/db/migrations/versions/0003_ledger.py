"""The ledger: accounts, transfers, postings."""

from artel.db.migrations.sql import apply

revision = "0003_ledger"
down_revision = "0002_reference"


def upgrade() -> None:
    apply("0003_ledger.sql")
