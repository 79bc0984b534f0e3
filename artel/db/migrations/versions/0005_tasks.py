"""Tasks, their steps, groups, messages and files."""

from artel.db.migrations.sql import apply

revision = "0005_tasks"
down_revision = "0004_freelancers"


def upgrade() -> None:
    apply("0005_tasks.sql")
