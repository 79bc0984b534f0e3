"""Why an outside calendar could not be read or written."""

from artel.outbound.calling import CallFailed, Reply


class SyncFailed(Exception):
    """`word`: CallFailed's reasons, or unauthorized, not_found, gone, busy, status, not_a_calendar,
    too_many_occurrences, rule_too_frequent, too_slow, no_calendar, account_broken, unreadable, failed.

    `wish_s`: how long the other side wants to be left alone. `is_final`: trying again is of no use.
    """

    def __init__(self, word: str, *, wish_s: float | None = None, is_final: bool = False) -> None:
        super().__init__(word)
        self.word = word
        self.wish_s = wish_s
        self.is_final = is_final

    @classmethod
    def of_call(cls, error: CallFailed) -> "SyncFailed":
        return cls(error.reason)


class Expired(Exception):
    """The other side no longer knows the place where we left its list of changes: all is read again."""


def failure_of(reply: Reply) -> SyncFailed:
    """What an answer of an error's status means."""
    if reply.status in {401, 403, 407}:
        return SyncFailed("unauthorized", wish_s=reply.wish_s)
    if reply.status == 404:
        return SyncFailed("not_found")
    if reply.status == 410:
        return SyncFailed("gone", is_final=True)
    if reply.status == 429 or reply.status >= 500:
        return SyncFailed("busy", wish_s=reply.wish_s)
    if 300 <= reply.status < 400:
        return SyncFailed("redirect")
    return SyncFailed("status")
