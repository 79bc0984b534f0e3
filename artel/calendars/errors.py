"""What calendars refuse."""

from artel.errors import Refused


class SlugInvalid(Refused):
    """Not a name that can stand in an address: letters a-z, digits and single hyphens between them."""

    def __init__(self, shortest: int, longest: int) -> None:
        super().__init__("calendar_slug_invalid", "slug", shortest=shortest, longest=longest)


class SlugReserved(Refused):
    """A word that addresses need for themselves."""

    def __init__(self) -> None:
        super().__init__("calendar_slug_reserved", "slug")


class SlugTaken(Refused):
    """Another calendar has it, in whatever case."""

    def __init__(self) -> None:
        super().__init__("calendar_slug_taken", "slug")


class TimezoneUnknown(Refused):
    """Not a zone of the IANA database."""

    def __init__(self) -> None:
        super().__init__("timezone_unknown", "timezone")


class FilesNotOwn(Refused):
    """A file that does not exist or is somebody else's: the two look the same on purpose."""

    def __init__(self) -> None:
        super().__init__("calendar_files_not_own", "files")


class TooManyCalendars(Refused):
    def __init__(self, most: int) -> None:
        super().__init__("too_many_calendars", None, most=most)


class OnlyCalendar(Refused):
    """Bookings need one to go into."""

    def __init__(self) -> None:
        super().__init__("calendar_is_only")


class CalendarHasSchedules(Refused):
    """People can be booked there: their schedules go first."""

    def __init__(self) -> None:
        super().__init__("calendar_has_schedules")


class CalendarHasMeetings(Refused):
    """Others count on a meeting that is still to come."""

    def __init__(self, meetings: int) -> None:
        super().__init__("calendar_has_meetings", None, meetings=meetings)


class RangeTimeInvalid(Refused):
    """`field` is "start" or "end"."""

    def __init__(self, field: str) -> None:
        super().__init__("range_time_invalid", field)


class RangeBackwards(Refused):
    def __init__(self) -> None:
        super().__init__("range_backwards", "end")


class RangeTooLong(Refused):
    def __init__(self, most_days: int) -> None:
        super().__init__("range_too_long", "end", most_days=most_days)


class RangeTooFull(Refused):
    def __init__(self, most: int) -> None:
        super().__init__("range_too_full", "end", most=most)
