"""What is sent, byte for byte, and how a receiver can tell that it is ours.

Two signatures go with each message. `X-Sign` is the documents' own: hex SHA-256 over body and secret. It says nothing
of when it was made, so the headers of the Standard Webhooks specification come beside it.
"""

import base64
import hashlib
import hmac
import uuid
from datetime import datetime
from typing import Any

import msgspec

USER_AGENT = "Artel-Web-Hooks/1"


class Event(msgspec.Struct, frozen=True):
    """What a receiver is told. Its uuid is the message's id, the same at every try."""

    uuid: uuid.UUID
    name: str
    payload: dict[str, Any]
    happened_at: datetime


def write_body(event: Event) -> bytes:
    """The message (M "WebHooks"). The same bytes whenever it is written."""
    return msgspec.json.encode(
        {"timestamp": int(event.happened_at.timestamp()), "name": event.name, "payload": event.payload}
    )


def signing_key(secret: str) -> str:
    """The secret as the Standard Webhooks libraries take it: whsec_ and base64 of its characters."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def plain_signature(secret: str, body: bytes) -> str:
    return hashlib.sha256(body + secret.encode()).hexdigest()


def standard_signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def write_headers(event: Event, secret: str, *, body: bytes, signed_at: datetime) -> dict[str, str]:
    """The request's headers. `signed_at` is the world's time: the receiver compares it with its own clock."""
    message_id, timestamp = str(event.uuid), int(signed_at.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Sign": plain_signature(secret, body),
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard_signature(secret, message_id, timestamp, body),
    }
