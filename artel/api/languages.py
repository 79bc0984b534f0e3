"""Which of the two languages to answer in."""

from artel.api.context import Connection


def language_of(connection: Connection) -> str:
    """The signed-in person's language; before sign-in, what Accept-Language prefers; English else."""
    person = connection.scope["state"].get("person") if "state" in connection.scope else None
    if person is not None:
        return str(person.language)
    return preferred_language(connection.headers.get("accept-language", ""))


def preferred_language(header: str) -> str:
    """EN or RU, whichever Accept-Language weighs more."""
    best, weight_of_best = "EN", 0.0
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        name = tag.strip().lower().split("-")[0]
        if name in {"en", "ru"} and weight > weight_of_best:
            best, weight_of_best = name.upper(), weight
    return best
