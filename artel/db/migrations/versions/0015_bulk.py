"""Tables of tasks and payments, uploaded on a page."""

from artel.db.migrations.sql import apply

revision = "0015_bulk"
down_revision = "0014_verification_and_tax"


def upgrade() -> None:
    apply("0015_bulk.sql")
