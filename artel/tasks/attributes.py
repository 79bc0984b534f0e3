"""A task's attributes, held against what its service asks for and what each of them may say."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import Refused
from artel.tasks.texts import checked_text

LONGEST_VALUE = 2000
NUMBER = re.compile(r"[+-]?\d{1,18}([.,]\d{1,9})?", re.ASCII)

Value = str | list[str]


class Given(msgspec.Struct, frozen=True):
    """An attribute as the client gave it. Several values only where several may be chosen."""

    id: int
    value: Value


class Asked(msgspec.Struct):
    """An attribute that can be chosen."""

    id: int
    title_ru: str
    title_en: str
    type: str
    options: list[str]  # in both languages


class Catalogue(msgspec.Struct, frozen=True):
    """Attributes by id, and those that each service must have, in its order."""

    attributes: dict[int, Asked]
    mandatory: dict[int, list[int]]


class _Mandatory(msgspec.Struct):
    service_id: int
    attribute_ids: list[int]


def checked_attributes(catalogue: Catalogue, service_id: int, given: Sequence[Given]) -> list[Given]:
    """The attributes as they are kept: texts trimmed, several choices as a list.

    A service names the attributes that it must have; others may be added. A choice is told by its text, Russian or
    English; several of them as a list, or separated by commas (M, "Create a task", attributes).
    Refuses: attribute_repeated; attribute_unknown; attribute_missing; attribute_value_invalid, which says the type;
    attribute_option_unknown.
    """
    ids = [attribute.id for attribute in given]
    if len(set(ids)) < len(ids):
        raise Refused("attribute_repeated", "attributes")
    asked = catalogue.attributes
    for attribute_id in ids:
        if attribute_id not in asked:
            raise Refused("attribute_unknown", "attributes", id=attribute_id)
    for attribute_id in catalogue.mandatory.get(service_id, []):
        if attribute_id not in ids:
            row = asked[attribute_id]
            raise Refused("attribute_missing", "attributes", id=row.id, title_ru=row.title_ru, title_en=row.title_en)
    return [Given(attribute.id, checked_value(asked[attribute.id], attribute.value)) for attribute in given]


async def asked_attributes(conn: Connection, service_ids: Collection[int], ids: Collection[int]) -> Catalogue:
    """The attributes given, of those that can be chosen, and the services' mandatory ones."""
    mandatory = await fetch_all(
        conn,
        _Mandatory,
        """
        SELECT sa.service_id, array_agg(a.id ORDER BY sa.position, a.id) AS attribute_ids
        FROM service_attribute AS sa
        JOIN attribute AS a ON a.id = sa.attribute_id
        WHERE sa.service_id = ANY(%(services)s::bigint[]) AND sa.is_mandatory AND a.is_active
        GROUP BY sa.service_id
        """,
        {"services": list(service_ids)},
    )
    wanted = {*ids, *(attribute_id for row in mandatory for attribute_id in row.attribute_ids)}
    attributes = await fetch_all(
        conn,
        Asked,
        """
        SELECT a.id, a.title_ru, a.title_en, a.type,
            ARRAY(
                SELECT value
                FROM attribute_option AS o
                CROSS JOIN LATERAL unnest(ARRAY[o.value_ru, o.value_en]) AS value
                WHERE o.attribute_id = a.id AND o.is_active
            ) AS options
        FROM attribute AS a
        WHERE a.is_active AND a.id = ANY(%(ids)s::bigint[])
        """,
        {"ids": list(wanted)},
    )
    return Catalogue({row.id: row for row in attributes}, {row.service_id: row.attribute_ids for row in mandatory})


async def check_attributes(conn: Connection, service_id: int, given: Sequence[Given]) -> list[Given]:
    """The attributes of one task. Refuses: as `checked_attributes` does."""
    catalogue = await asked_attributes(conn, {service_id}, {attribute.id for attribute in given})
    return checked_attributes(catalogue, service_id, given)


def checked_value(asked: Asked, value: Value) -> Value:
    """Refuses: attribute_value_invalid; attribute_option_unknown."""
    if asked.type == "multiselect":
        texts = split_choices(value, asked.options)
        for text in texts:
            require_option(asked, text)
        if texts:
            return texts
    elif isinstance(value, str):
        text = checked_text(value, "attributes", longest=LONGEST_VALUE)
        if asked.type == "select":
            require_option(asked, text)
        if text and FITS[asked.type](text):
            return text
    raise Refused(
        "attribute_value_invalid", "attributes", title_ru=asked.title_ru, title_en=asked.title_en, type=asked.type
    )


def split_choices(value: Value, options: Sequence[str]) -> list[str]:
    """A list as it is, a text at its commas, unless the text as a whole is an option."""
    if isinstance(value, str):
        value = [value] if value.strip() in options else value.split(",")
    return list(dict.fromkeys(text.strip() for text in value if text.strip()))


def require_option(asked: Asked, text: str) -> None:
    if text not in asked.options:
        raise Refused("attribute_option_unknown", "attributes", title_ru=asked.title_ru, title_en=asked.title_en)


def is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


FITS = {
    "text": lambda text: True,
    "select": lambda text: True,
    "number": lambda text: NUMBER.fullmatch(text) is not None,
    "date": is_date,
    "url": is_url,
}
