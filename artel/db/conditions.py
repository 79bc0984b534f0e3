"""Filters of lists. A query has a table from filter name to condition; the caller's words never become SQL."""

from collections.abc import Mapping
from typing import LiteralString

Conditions = Mapping[str, LiteralString]


def all_of(conditions: Conditions, given: Mapping[str, object]) -> LiteralString:
    """`AND …` for each filter given, to stand after a WHERE that begins with a condition of its own.

    A condition names its value as %(name)s, the name being the filter's. A filter that the table lacks is a
    mistake of the caller's code and raises KeyError.
    """
    return "".join("\nAND " + conditions[name] for name in given)
