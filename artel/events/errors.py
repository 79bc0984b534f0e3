"""What bookings and events are refused for."""

from artel.errors import Refused, TooMany


class SlotTaken(Refused):
    """The slot belongs to the schedule's hours, and somebody has it: another booking, or the host is busy then."""

    def __init__(self, field: str = "start") -> None:
        super().__init__("slot_taken", field)


class SlotNotOffered(Refused):
    """No slot of the schedule starts then, or it starts too soon, too late or in the past."""

    def __init__(self) -> None:
        super().__init__("slot_not_offered", "start")


class AlreadyBooked(Refused):
    """The client has a seat in this very event."""

    def __init__(self) -> None:
        super().__init__("already_booked", "start")


class HostBooksSelf(Refused):
    """Whoever is booked under a schedule is not their own client."""

    def __init__(self) -> None:
        super().__init__("host_books_self")


class TooManyHolds(TooMany):
    """The client keeps as many slots as one may that are neither paid nor confirmed."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.code = "too_many_holds"


class BookingGone(Refused):
    """The booking is not open any more: its hold ran out and the slot was given away, or it was cancelled."""

    def __init__(self) -> None:
        super().__init__("booking_gone")


class EventClosed(Refused):
    """The event has ended, or was declined or cancelled; or takes nobody's time and has nothing to move."""

    def __init__(self) -> None:
        super().__init__("event_closed")


class EventTimesInvalid(Refused):
    """When the event is cannot be read: `code` says why."""


class EventFieldInvalid(Refused):
    """A field of an event put by hand cannot be used."""
