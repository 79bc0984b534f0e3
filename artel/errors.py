"""The one way a rule says no. Domains subclass Refused; wire formats turn the code into a reply."""


class Refused(Exception):
    """A rule's refusal: nothing was changed.

    `code` is a stable snake_case word that every wire format has in its error table. `field` names, in the
    domain's words, what is to blame, where one thing is. `facts` are the figures that the text tells.
    """

    def __init__(self, code: str, field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        return f"{self.code}{where}"


class NotFound(Refused):
    """The object does not exist, or is not the caller's to see: the two look the same on purpose."""

    def __init__(self, what: str, field: str | None = None) -> None:
        super().__init__("not_found", field, what=what)


class NotAllowed(Refused):
    """The caller is known, and lacks the right."""

    def __init__(self, code: str = "forbidden", **facts: object) -> None:
        super().__init__(code, None, **facts)


class NotSignedIn(Refused):
    """No session, or one that has ended."""

    def __init__(self, code: str = "not_signed_in") -> None:
        super().__init__(code)


class TooMany(Refused):
    """A rate limit. `retry_after_s` says in how many seconds the next try is taken."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_requests", None, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s
