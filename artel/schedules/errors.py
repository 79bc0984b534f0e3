"""What schedules refuse."""

from artel.errors import Refused


class SettingsInvalid(Refused):
    """A setting of the schedule cannot be used; `field` is "settings" or "settings.<name>"."""

    def __init__(self, name: str, reason: str, **facts: object) -> None:
        super().__init__(f"schedule_settings_{reason}", f"settings.{name}" if name else "settings", **facts)


class DurationNotOffered(Refused):
    """The schedule has no slots of this length."""

    def __init__(self, offered: tuple[int, ...]) -> None:
        super().__init__("duration_not_offered", "duration", offered=", ".join(map(str, offered)))
