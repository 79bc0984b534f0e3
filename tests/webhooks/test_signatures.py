"""Signatures against vectors made elsewhere, and against a verifier written from the specification."""

import base64
import hashlib
import hmac
import subprocess
import uuid
from datetime import UTC, datetime

from artel.webhooks.signatures import (
    Event,
    plain_signature,
    signing_key,
    standard_signature,
    write_body,
    write_headers,
)

SECRET = "bb940556f36a5ae58063f151e51f5318"
BODY = b'{"timestamp":1674539549,"name":"cardAdded","payload":{"ownerId":6,"id":11}}'


def test_the_plain_signature_is_sha256_of_body_and_secret() -> None:
    """As the shell computes it."""
    summed = subprocess.run(["sha256sum"], input=BODY + SECRET.encode(), capture_output=True, check=True).stdout
    assert plain_signature(SECRET, BODY) == summed.split()[0].decode()


def test_the_specifications_own_vector() -> None:
    """The example of the Standard Webhooks specification, its key being base64 after whsec_."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    # Keys here are text; the example's is not, so the sum is made beside it.
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    assert base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() == expected
    # The same construction, with a key that is text.
    ours = standard_signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert ours == "v1," + base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()


def test_openssl_agrees() -> None:
    signed = b"7a2f.1614265330." + BODY
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET, "-binary"], input=signed, capture_output=True, check=True
    ).stdout
    assert standard_signature(SECRET, "7a2f", 1614265330, BODY) == "v1," + base64.b64encode(made).decode()


def test_a_receiver_verifies_with_the_key_it_is_shown() -> None:
    event = Event(uuid.uuid4(), "cardAdded", {"ownerId": 6, "id": "карта"}, datetime(2026, 1, 2, 3, 4, 5, 6, UTC))
    body = write_body(event)
    signed_at = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
    headers = write_headers(event, SECRET, body=body, signed_at=signed_at)
    key = base64.b64decode(signing_key(SECRET).removeprefix("whsec_"))
    assert 24 <= len(key) <= 64  # what the specification allows
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1"
    assert base64.b64decode(signature) == hmac.new(key, signed, hashlib.sha256).digest()
    assert headers["webhook-timestamp"] == str(int(signed_at.timestamp()))
    assert headers["X-Sign"] == hashlib.sha256(body + SECRET.encode()).hexdigest()
    assert "." not in headers["webhook-id"]
    assert write_body(event) == body


def test_the_body_is_as_documented() -> None:
    happened_at = datetime.fromtimestamp(1674539549.9, UTC)
    assert write_body(Event(uuid.uuid4(), "cardAdded", {"ownerId": 6, "id": 11}, happened_at)) == BODY
