"""Passwords, tokens and secret addresses of outside calendars: encrypted in the database, read only to make a call."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unreadable(Exception):
    """They were encrypted under another secret."""


class Locker:
    """Encrypts with the first secret and decrypts with any of them."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets
        self._fernet = fernet_of(secrets)

    def seal(self, facts: dict[str, Any]) -> bytes:
        return self._fernet.encrypt(msgspec.json.encode(facts))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Raises Unreadable."""
        try:
            facts: dict[str, Any] = msgspec.json.decode(self._fernet.decrypt(bytes(sealed)))
        except (InvalidToken, msgspec.DecodeError):
            raise Unreadable from None
        return facts

    def derive(self, context: str, value: str) -> bytes:
        """32 bytes that only who has the secret can tell, the same for the same context and value."""
        key = hashlib.sha512(b"artel calendars " + context.encode() + b"\0" + self._secrets[0].encode()).digest()
        return hmac.digest(key, value.encode(), "sha256")

    def __repr__(self) -> str:
        return "Locker()"


@lru_cache(maxsize=16)
def fernet_of(secrets: Sequence[str]) -> MultiFernet:
    digests = (hashlib.sha256(b"artel calendar credentials\0" + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
