"""The states of a meeting, and who may take which step (time-api.md "Numbers")."""

from enum import IntEnum


class Status(IntEnum):
    PENDING = 100
    CONFIRMED = 200
    DECLINED = 400
    CANCELLED = 444
    MISSED = 555  # its time passed and nobody had confirmed it
    DONE = 777


# From, to -> whose step it is. "host" is whoever works, or writes the schedule's events; "client" whoever booked;
# "system" acts by the clock.
TRANSITIONS: dict[tuple[Status, Status], frozenset[str]] = {
    (Status.PENDING, Status.CONFIRMED): frozenset({"host", "client", "system"}),
    (Status.PENDING, Status.DECLINED): frozenset({"host"}),
    (Status.PENDING, Status.CANCELLED): frozenset({"host", "client", "system"}),
    (Status.PENDING, Status.MISSED): frozenset({"system"}),
    (Status.CONFIRMED, Status.CANCELLED): frozenset({"host", "client"}),
    (Status.CONFIRMED, Status.DECLINED): frozenset({"host"}),
    (Status.CONFIRMED, Status.DONE): frozenset({"host", "system"}),
}
# Somebody's time is taken.
OPEN = (Status.PENDING, Status.CONFIRMED)
