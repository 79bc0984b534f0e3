"""Files for banks: our accounts, what was written into which file, what banks reported; automatic payouts."""

from artel.db.migrations.sql import apply

revision = "0012_bank_files"
down_revision = "0011_advertising"


def upgrade() -> None:
    apply("0012_bank_files.sql")
