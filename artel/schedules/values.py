"""Single values out of JSON that anybody may have sent: each is of its type and in its bounds, or refused by name."""

from typing import Any

from artel.schedules.errors import SettingsInvalid


def whole_number(value: object, field: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsInvalid(field, "field_not_an_integer")
    if not least <= value <= most:
        raise SettingsInvalid(field, "schedule_settings_out_of_range", least=least, most=most)
    return value


def text(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str):
        raise SettingsInvalid(field, "field_not_a_string")
    if len(value) > longest:
        raise SettingsInvalid(field, "field_too_long", longest=longest)
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise SettingsInvalid(field, "field_invalid")  # PostgreSQL's JSON has neither
    return value


def one_of(value: object, field: str, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise SettingsInvalid(field, "schedule_settings_not_one_of", choices=", ".join(choices))
    return value


def items(value: object, field: str, most: int) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise SettingsInvalid(field, "field_not_a_list")
    if len(value) > most:
        raise SettingsInvalid(field, "schedule_settings_too_many", most=most)
    return list(value)


def mapping(value: object, field: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise SettingsInvalid(field, "field_not_an_object")
    return value
