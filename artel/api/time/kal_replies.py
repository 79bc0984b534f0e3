"""How a range of a calendar looks on the wire."""

import msgspec

from artel.api.time.calendar_replies import CalendarReply, render_calendar
from artel.api.time.event_replies import EventReply, render_event
from artel.api.time.replies import instant
from artel.api.time.schedule_replies import ScheduleReply, render_schedule
from artel.calendars.subscriptions import feed_token
from artel.calendars.views import CalendarView, OfferedSlot
from artel.settings import Settings


class SlotReply(msgspec.Struct):
    """A time at which somebody can be booked under the schedule: POST /schedule/{schedule}/book."""

    kal_schedule_id: int
    start: str
    end: str
    seats_left: int


class KalReply(CalendarReply):
    """A calendar with its schedules, and the events and free slots of a range; all times in the calendar's `timezone`.

    `events` that are not for the reader to see only say that there is no time then. `slots` are all there are up to
    `slots_until`. `feed_url` is the secret address of its iCalendar feed, the owner's alone.
    """

    default: bool
    start: str
    end: str
    schedules: list[ScheduleReply]
    events: list[EventReply]
    slots: list[SlotReply]
    slots_until: str
    feed_url: str | None


class FeedReply(msgspec.Struct):
    feed_url: str


def render_view(view: CalendarView, settings: Settings) -> KalReply:
    calendar, zone = view.calendar, view.calendar.timezone
    shown = render_calendar(calendar)
    if not view.is_owner:  # how it is tied to other calendars, and papers, are the owner's
        shown = msgspec.structs.replace(shown, settings={}, external_id=None, files=[])
    return KalReply(
        **msgspec.structs.asdict(shown),
        default=calendar.is_default,
        start=instant(view.range.start, zone),
        end=instant(view.range.end, zone),
        schedules=[render_schedule(row) for row in view.schedules],
        events=[render_event(row) for row in view.events],
        slots=[render_slot(offered, zone) for offered in view.slots],
        slots_until=instant(view.slots_until, zone),
        feed_url=feed_url(settings, calendar.id, calendar.feed_version) if view.is_owner else None,
    )


def render_slot(offered: OfferedSlot, timezone: str) -> SlotReply:
    slot = offered.slot
    return SlotReply(
        kal_schedule_id=offered.schedule_id,
        start=instant(slot.start, timezone),
        end=instant(slot.end, timezone),
        seats_left=slot.seats_left,
    )


def feed_url(settings: Settings, calendar_id: int, feed_version: int) -> str:
    token = feed_token(settings.secret, calendar_id, feed_version)
    return f"{settings.base_url}/api/calendars/{token}.ics"
