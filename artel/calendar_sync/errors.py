"""What joining a calendar with an outside one is refused for."""

from artel.errors import Refused


class CalendarUrlRefused(Refused):
    """No absolute http(s) or webcal address on the public Internet, or one that carries a user name."""

    def __init__(self) -> None:
        super().__init__("calendar_url_refused", "url")


class TooManySources(Refused):
    """The calendar is joined with as many outside ones as it may be."""

    def __init__(self, most: int) -> None:
        super().__init__("calendar_sources_too_many", None, most=most)


class GoogleNotSetUp(Refused):
    """This installation has no client at Google."""

    def __init__(self) -> None:
        super().__init__("google_not_set_up")


class GoogleNotLinked(Refused):
    """No Google account has been let in for this calendar."""

    def __init__(self) -> None:
        super().__init__("google_not_linked")


class GoogleCalendarUnknown(Refused):
    """None of the linked accounts has a calendar of this id."""

    def __init__(self) -> None:
        super().__init__("google_calendar_unknown", "id")


class GoogleCalendarReadOnly(Refused):
    """The account may read this calendar and not write to it."""

    def __init__(self) -> None:
        super().__init__("google_calendar_read_only", "id")


class GoogleTimezoneUnknown(Refused):
    """Not a zone of the IANA database."""

    def __init__(self) -> None:
        super().__init__("google_timezone_unknown", "timeZone")


class LinkStateRefused(Refused):
    """What came back from Google was not asked for by us, or too long ago."""

    def __init__(self) -> None:
        super().__init__("google_link_state_refused")


class LinkIncomplete(Refused):
    """The person did not agree, or only to a part of what is needed, or Google did not take the code."""

    def __init__(self, reason: str) -> None:
        super().__init__("google_link_incomplete", None, reason=reason)
