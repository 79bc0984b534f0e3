"""What a schedule's settings say: when somebody can be booked (time-api.md "Schedules and slots")."""

import msgspec

LONGEST_DAY = 2 * 1440  # hours that begin on a day may run to the end of the next


class SlotRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings, read and in order. Kept as JSON beside what was sent.

    Minutes of a local day count from its midnight in civil time; an end above 1440 is on the next day. `days` has ISO
    weekdays "1" to "7"; `exceptions` has ISO dates, whose hours replace those of their day.
    """

    timezone: str
    duration: int = 30
    durations: tuple[int, ...] = ()  # what a booking may ask for besides
    step: int = 0  # between slots; 0: the duration asked for
    days: dict[str, tuple[tuple[int, int], ...]] = {}
    exceptions: dict[str, tuple[tuple[int, int], ...]] = {}
    buffer_before: int = 0
    buffer_after: int = 0
    horizon_days: int = 60
    max_per_day: int | None = None
    seats: int = 1
    hold_minutes: int = 5
    notice_minutes: int = 0
    starts_at: int | None = None  # nothing before and nothing after, in minutes since 1970
    ends_at: int | None = None
    price_per: str = "slot"  # or "hour"
    assignment: str = "one"  # of several hosts: "round_robin" takes one who is free, "collective" all of them
    languages: tuple[str, ...] = ()
    location: str = ""

    @property
    def all_durations(self) -> tuple[int, ...]:
        return (self.duration, *(other for other in self.durations if other != self.duration))
