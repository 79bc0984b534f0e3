"""Bookings: what a client wrote with one, and which events the clock ends."""

from artel.db.migrations.sql import apply

revision = "0022_booking"
down_revision = "0021_schedule_members"


def upgrade() -> None:
    apply("0022_booking.sql")
