"""What a provider is asked, and what it may answer."""

import uuid as uuids
from datetime import date
from typing import Literal

import msgspec

from artel.verifications.reasons import Reason

# Providers by the names under which a verification keeps who was asked.
HTTP = "http"
SANDBOX = "sandbox"
Outcome = Literal["pending", "verified", "declined", "unclear"]


class Photo(msgspec.Struct, frozen=True):
    part: str  # front, back or selfie
    content: bytes  # a JPEG


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the documents are to show, and the photos of them."""

    uuid: uuids.UUID
    document: str
    email: str
    first_name: str
    middle_name: str
    last_name: str
    birth_date: date | None
    citizenship: str | None
    photos: list[Photo]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`pending`: ask again later, or wait to be called. `unclear`: an operator is to decide."""

    outcome: Outcome
    reference: str | None = None
    reason: Reason | None = None  # of a decline


def provider_name(url: str, *, sandbox: bool) -> str | None:
    """Who decides on what is sent now; None: operators."""
    return HTTP if url else SANDBOX if sandbox else None
