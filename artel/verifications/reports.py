"""What a provider over HTTP says of a check, and how both sides sign.

Hex HMAC-SHA256 over "{timestamp}.{body}" with the shared secret, the timestamp in Unix seconds
(docs/customer-api/verification-and-tax.md "A provider of checks").
"""

import hashlib
import hmac
import uuid as uuids
from datetime import datetime

import msgspec

from artel.verifications.checks import Answer, Outcome
from artel.verifications.errors import DeclineReasonIncomplete, DeclineReasonUnknown
from artel.verifications.reasons import NOT_CONFIRMED, Reason, decline_reason

CALLBACK_PATH = "/verification-provider/reports"
TIMESTAMP_HEADER = "X-Artel-Timestamp"
SIGNATURE_HEADER = "X-Artel-Signature"
# A call that was signed longer ago, or will be signed later, is not listened to.
SIGNATURE_LIFETIME_S = 300


class UnreadableAnswer(Exception):
    """What the provider said is not of the protocol."""


class _Reason(msgspec.Struct):
    code: str = "other"
    en: str = ""
    ru: str = ""


class Report(msgspec.Struct, kw_only=True):
    """A check as the provider tells of it, in its replies and its calls. `id` is ours."""

    id: uuids.UUID
    status: Outcome
    reference: str | None = None
    reason: _Reason | None = None

    @property
    def answer(self) -> Answer:
        reason = told_reason(self.reason) if self.status == "declined" else None
        return Answer(outcome=self.status, reference=self.reference, reason=reason)


def told_reason(told: _Reason | None) -> Reason:
    """Ours by its code, the provider's own words in both languages, else that nothing was confirmed."""
    try:
        return decline_reason(told.code, told.en, told.ru) if told else decline_reason(NOT_CONFIRMED)
    except (DeclineReasonUnknown, DeclineReasonIncomplete):
        return decline_reason(NOT_CONFIRMED)


def read_report(body: bytes) -> Report:
    """Raises UnreadableAnswer."""
    try:
        return msgspec.json.decode(body, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableAnswer(str(error)) from error


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, *, timestamp: str, signed: str, body: bytes, now: datetime) -> bool:
    """Whether a call comes from who has the secret, and was made just now."""
    if not secret or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        return False
    is_right = hmac.compare_digest(signed.encode(), signature(secret, timestamp, body).encode())
    return is_right and abs(now.timestamp() - int(timestamp)) <= SIGNATURE_LIFETIME_S
