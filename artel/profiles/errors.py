"""What profiles refuse. Values of a wrong type or shape have the codes that every format has for them."""

from artel.errors import Refused


class FieldInvalid(Refused):
    """Not a value of this field: of another type, too long, with signs that nobody types."""

    def __init__(self, field: str, code: str = "field_invalid", **facts: object) -> None:
        super().__init__(code, field, **facts)


class FieldTooShort(Refused):
    """Fewer than `least` characters."""

    def __init__(self, field: str, least: int) -> None:
        super().__init__("profile_text_too_short", field, least=least)


class TooManyOf(Refused):
    """More of something than a profile shows."""

    def __init__(self, field: str, most: int) -> None:
        super().__init__("profile_too_many", field, most=most)


class TimezoneUnknown(Refused):
    """No time zone of the IANA database has this name."""

    def __init__(self, field: str = "timezone") -> None:
        super().__init__("profile_timezone_unknown", field)


class CurrencyUnknown(Refused):
    """No currency has this code."""

    def __init__(self, field: str = "currency") -> None:
        super().__init__("profile_currency_unknown", field)


class LanguageTagUnknown(Refused):
    """No language has this tag."""

    def __init__(self, tag: str) -> None:
        super().__init__("profile_language_unknown", "languages", tag=tag)


class BirthDateUnlikely(Refused):
    """In the future, or longer ago than anybody lives."""

    def __init__(self) -> None:
        super().__init__("profile_birthdate_unlikely", "birthdate")


class IdentityVerified(Refused):
    """The person's papers were checked under this name and date of birth: they do not change by themselves."""

    def __init__(self, field: str) -> None:
        super().__init__("profile_identity_verified", field)


class PhoneSignsIn(Refused):
    """Codes for signing in come to this phone: that is turned off first."""

    def __init__(self) -> None:
        super().__init__("profile_phone_signs_in", "phone")


class FileNotOwn(Refused):
    """Not a file that the person has uploaded."""

    def __init__(self, field: str) -> None:
        super().__init__("profile_file_not_own", field)


class NotAPicture(Refused):
    """The file is no picture."""

    def __init__(self, field: str) -> None:
        super().__init__("profile_not_a_picture", field)


class PasswordsDiffer(Refused):
    """The password and its confirmation are not the same."""

    def __init__(self) -> None:
        super().__init__("profile_passwords_differ", "password_confirmation")
