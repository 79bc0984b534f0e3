"""What schedules refuse."""

from artel.errors import Refused


class SettingsInvalid(Refused):
    """Something of the schedule's terms cannot be used; `field` names it: "settings.duration", "timezone", …"""

    def __init__(self, field: str, code: str, **facts: object) -> None:
        super().__init__(code, field, **facts)


class DurationNotOffered(Refused):
    """The schedule has no slots of this length."""

    def __init__(self, offered: tuple[int, ...]) -> None:
        super().__init__("duration_not_offered", "duration", offered=", ".join(map(str, offered)))
