"""What changing an event, voting on it and answering an invitation are refused for."""

from artel.errors import Refused


class EventFromOutside(Refused):
    """An outside calendar brought it: what is changed here would come back as it is there."""

    def __init__(self) -> None:
        super().__init__("event_from_outside")


class NothingToConfirm(Refused):
    """Nothing in the event waits for this person's word."""

    def __init__(self) -> None:
        super().__init__("event_nothing_to_confirm")


class PaymentDue(Refused):
    """The booking is confirmed by its payment, or by the link in the letter, before the hold runs out."""

    def __init__(self) -> None:
        super().__init__("booking_not_settled")


class WaitsForHost(Refused):
    """The booking waits for the host's word, not the client's."""

    def __init__(self) -> None:
        super().__init__("booking_waits_for_host")


class StepRefused(Refused):
    """The event cannot come to that status from its own, or not by people (machine.py)."""

    def __init__(self) -> None:
        super().__init__("event_step_refused", "status_id")


class NotBegun(Refused):
    """What has not begun is not done."""

    def __init__(self) -> None:
        super().__init__("event_not_begun", "status_id")


class EventChanged(Refused):
    """What the proposal was to change has changed since."""

    def __init__(self) -> None:
        super().__init__("event_changed", "ids")


class PriceFixed(Refused):
    """The price of a booking that is paid or held for its payment stays, and so does that of a group's seats."""

    def __init__(self) -> None:
        super().__init__("event_price_fixed", "amount")


class FollowsBooking(Refused):
    """Who is paid, and whether they are, follows from the booking and its payment; it is not set by hand."""

    def __init__(self, field: str) -> None:
        super().__init__("event_follows_booking", field)


class ChangeInvalid(Refused):
    """A value that no event can have: `code` says why."""
