"""Links to packed documents: signed, expiring, good for one archive and for nothing else."""

import hashlib
import uuid
from datetime import datetime

import jwt

from artel.documents.errors import ArchiveGone

ALGORITHM = "HS256"
AUDIENCE = "documents archive"
PATH = "/documents"


def link_key(secret: str) -> bytes:
    """A key of its own, so that no other token of this installation can be made into a link, nor a link into one."""
    return hashlib.sha256(b"artel documents link\0" + secret.encode()).digest()


def sign_link(secret: str, archive_uuid: uuid.UUID, *, expires_at: datetime) -> str:
    claims = {"aud": AUDIENCE, "sub": archive_uuid.hex, "exp": int(expires_at.timestamp())}
    return jwt.encode(claims, link_key(secret), algorithm=ALGORITHM)


def read_link(secret: str, token: str, *, now: datetime) -> uuid.UUID:
    """Which archive a link is for. Refuses: ArchiveGone, for one forged, of another kind, or expired.

    The time is compared with the business's clock, which the sandbox moves, and not by the library with the machine's.
    """
    try:
        claims = jwt.decode(
            token,
            link_key(secret),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "aud"], "verify_exp": False},
        )
        if not isinstance(claims["exp"], int) or claims["exp"] <= now.timestamp():
            raise ArchiveGone
        return uuid.UUID(claims["sub"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise ArchiveGone from None
