"""What schedules refuse."""

from artel.errors import NotAllowed, Refused


class SettingsInvalid(Refused):
    """Something of the schedule's terms cannot be used; `field` names it: "settings.duration", "timezone", …"""

    def __init__(self, field: str, code: str, **facts: object) -> None:
        super().__init__(code, field, **facts)


class SettingsTooLarge(Refused):
    """The settings are longer or deeper than anything a schedule needs."""

    def __init__(self, most_kib: int) -> None:
        super().__init__("schedule_settings_oversized", "settings", most_kib=most_kib)


class GroupNeedsSeats(Refused):
    """A group has room for at least two."""

    def __init__(self) -> None:
        super().__init__("schedule_group_needs_seats", "settings.seats")


class DurationNotOffered(Refused):
    """The schedule has no slots of this length."""

    def __init__(self, offered: tuple[int, ...]) -> None:
        super().__init__("duration_not_offered", "duration", offered=", ".join(map(str, offered)))


class SlugInvalid(Refused):
    """Letters a to z, digits, "-" and "_", with a letter among them."""

    def __init__(self, longest: int) -> None:
        super().__init__("schedule_slug_invalid", "slug", longest=longest)


class SlugReserved(Refused):
    """The address is one of the site's own."""

    def __init__(self) -> None:
        super().__init__("schedule_slug_reserved", "slug")


class SlugTaken(Refused):
    """Another schedule has this address."""

    def __init__(self) -> None:
        super().__init__("schedule_slug_taken", "slug")


class TimezoneUnknown(Refused):
    """No time zone of the IANA database has this name."""

    def __init__(self) -> None:
        super().__init__("schedule_timezone_unknown", "timezone")


class PeriodInvalid(Refused):
    """The end is not after the start, or one of them lies outside the years that are kept."""

    def __init__(self, field: str = "end") -> None:
        super().__init__("schedule_period_invalid", field)


class CurrencyUnknown(Refused):
    """No currency has this code."""

    def __init__(self) -> None:
        super().__init__("schedule_currency_unknown", "currency")


class PriceInvalid(Refused):
    """Below zero, too large, or with more digits than the currency has."""

    def __init__(self, largest: object, digits: int, currency: str) -> None:
        super().__init__("schedule_price_invalid", "price", largest=largest, digits=digits, currency=currency)


class CannotWork(Refused):
    """Somebody else can be booked only after they agreed to work under the schedule."""

    def __init__(self) -> None:
        super().__init__("schedule_worker_not_agreed", "benefitable_id")


class CannotBeBilled(Refused):
    """Somebody else can be made to pay only after they agreed to be a member of the schedule."""

    def __init__(self) -> None:
        super().__init__("schedule_payer_not_agreed", "billable_id")


class FileUnknown(Refused):
    """Not a file of the caller's."""

    def __init__(self) -> None:
        super().__init__("schedule_file_unknown", "files")


class TooMany(Refused):
    """More of something than a schedule has: files, skills, members."""

    def __init__(self, field: str, most: int) -> None:
        super().__init__("schedule_too_many", field, most=most)


class SkillInvalid(Refused):
    """A skill without a name that can be kept."""

    def __init__(self, longest: int) -> None:
        super().__init__("schedule_skill_invalid", "skills", longest=longest)


class SkillUnknown(Refused):
    """No skill has this id."""

    def __init__(self, skill_id: int) -> None:
        super().__init__("schedule_skill_unknown", "skills", id=skill_id)


class MemberUnknown(Refused):
    """No person has this id."""

    def __init__(self, place: int) -> None:
        super().__init__("schedule_member_unknown", f"{place}.user_id")


class MemberTwice(Refused):
    """One person stands twice in the list."""

    def __init__(self, place: int) -> None:
        super().__init__("schedule_member_twice", f"{place}.user_id")


class OwnerFixed(Refused):
    """The owner keeps all rights, and does not leave."""

    def __init__(self, field: str | None = None) -> None:
        super().__init__("schedule_owner_fixed", field)


class MoreThanOwn(NotAllowed):
    """Nobody gives a right that they lack, or changes the rights of somebody above them."""

    def __init__(self) -> None:
        super().__init__("schedule_more_than_own")


class NothingToAccept(Refused):
    """The caller was not asked, or has agreed already."""

    def __init__(self) -> None:
        super().__init__("schedule_nothing_to_accept")


class PaidPending(Refused):
    """Somebody has paid for a booking that is not confirmed yet: it is confirmed, or declined and refunded, first."""

    def __init__(self, count: int) -> None:
        super().__init__("schedule_has_paid_pending", None, count=count)


class RangeInvalid(Refused):
    """Not a date or an instant, or an end that is not after its start."""

    def __init__(self, field: str) -> None:
        super().__init__("schedule_range_invalid", field)


class RangeTooLong(Refused):
    """Slots are computed for this many days at most."""

    def __init__(self, most_days: int) -> None:
        super().__init__("schedule_range_too_long", "end", most_days=most_days)
