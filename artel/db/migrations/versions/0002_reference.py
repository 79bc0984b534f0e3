"""Reference data: currencies, rates, countries, services, attributes."""

from artel.db.migrations.sql import apply

revision = "0002_reference"
down_revision = "0001_people"


def upgrade() -> None:
    apply("0002_reference.sql")
