"""A line of the error table."""

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """How one refusal looks on the wire. Texts may name the refusal's facts in braces."""

    status: int
    en: str
    ru: str
    code: int = 0  # the documents' own number, where they give one

    def text(self, language: str, facts: dict[str, object]) -> str:
        return (self.ru if language == "RU" else self.en).format(**facts)
