"""What a schedule's settings say: when somebody can be booked (time-api.md "Schedules and slots")."""

import msgspec

Span = tuple[int, int]


class Recurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 5545 recurrence rule, read: the local days on which `hours` begin. Nothing is left to be implied.

    Days are counted from 1970-01-01. A rule meets a day on or after `first_day` that lies in every `interval`-th
    period since the one of `first_day`, and whose weekday, day of the month and month are among those named.
    """

    frequency: str  # DAILY, WEEKLY, MONTHLY or YEARLY
    first_day: int
    hours: tuple[Span, ...]  # as in SlotRules.days, in order; they may overlap
    interval: int = 1
    weekdays: tuple[Span, ...] = ()  # (which, ISO weekday): the 2nd or, below 0, 2nd to last of its period; 0: each
    month_days: tuple[int, ...] = ()  # below 0: from the month's end
    months: tuple[int, ...] = ()
    week_start: int = 1
    first_minute: int | None = None  # civil minutes since 1970: no hours begin before, and after `last_minute`
    last_minute: int | None = None


class Cancellation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client who cancels gets back."""

    until_minutes: int = 0
    refund_percent: int = 0


class SlotRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings, read and in order. Kept as JSON beside what was sent.

    Minutes of a local day count from its midnight in civil time; an end above 1440 is on the next day. `days` has ISO
    weekdays "1" to "7"; `exceptions` has ISO dates, whose hours replace those of their day, the recurrences' as well.

    `cancellation`: a client who cancels at least `until_minutes` before the slot's start gets everything back;
    later, but before the start, `refund_percent` of the price, rounded half up to the currency's digits; from the
    start on nothing. By default that is everything until the start. A host who declines or cancels always gives
    everything back.
    `confirmation`: "auto" confirms a booking as soon as nothing is left to pay, "manual" waits for the host.
    `reminders`: so many minutes before the start the people of a confirmed booking are reminded, the longest first.
    """

    timezone: str
    duration: int = 30
    durations: tuple[int, ...] = ()  # what a booking may ask for besides
    step: int = 0  # between slots; 0: the duration asked for
    days: dict[str, tuple[Span, ...]] = {}
    recurrences: tuple[Recurrence, ...] = ()
    exceptions: dict[str, tuple[Span, ...]] = {}
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
    confirmation: str = "auto"
    cancellation: Cancellation = Cancellation()
    reminders: tuple[int, ...] = (1440, 60)
    languages: tuple[str, ...] = ()
    location: str = ""

    @property
    def all_durations(self) -> tuple[int, ...]:
        return (self.duration, *(other for other in self.durations if other != self.duration))
