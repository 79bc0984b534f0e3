"""Who checks documents in an operator's place.

A provider is an adapter. It knows nothing of statuses here; it is given a check and says what came of it. Without one
operators decide alone; with one they may still decide on whatever waits, and get what the provider leaves to them.
"""

import uuid as uuids
from typing import Protocol

from artel.verifications.checks import SANDBOX, Answer, Check
from artel.verifications.http_provider import HttpProvider
from artel.verifications.reasons import decline_reason


class Provider(Protocol):
    """What every provider can do.

    `create` begins one check per `key`, however often it is called with it, and raises when it cannot tell whether
    the check was taken. `ask` answers what became of a check; None says that the provider has never had it, and only
    then is it created again, under the same key.
    """

    name: str

    async def create(self, check: Check, key: str) -> Answer: ...

    async def ask(self, check_uuid: uuids.UUID) -> Answer | None: ...


class SandboxProvider:
    """Looks at no photo. Whom it declines, and whom it leaves to an operator, follows from the address.

    anna+declined@… is declined, anna+operator@… waits for an operator, everybody else is verified.
    """

    name = SANDBOX

    async def create(self, check: Check, key: str) -> Answer:
        tag = check.email.partition("@")[0].partition("+")[2]
        if tag == "declined":
            return Answer(outcome="declined", reference=key, reason=decline_reason("unreadable"))
        return Answer(outcome="unclear" if tag == "operator" else "verified", reference=key)

    async def ask(self, check_uuid: uuids.UUID) -> Answer | None:
        return None  # it keeps nothing; what it would say it says again


def verification_provider(url: str, secret: str, *, callback_url: str, sandbox: bool) -> Provider | None:
    """The configured provider; None where operators decide."""
    if url:
        return HttpProvider(url, secret, callback_url=callback_url)
    return SandboxProvider() if sandbox else None
