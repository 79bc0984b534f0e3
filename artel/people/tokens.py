"""Access tokens: signed JWTs (HS512) that name a session and the active company. Whether the session still stands,
the door asks the database."""

import hashlib
import secrets
import uuid
from datetime import datetime
from functools import lru_cache

import jwt
import msgspec

from artel.errors import NotSignedIn

ALGORITHM = "HS512"
ISSUER = "artel"


class Claims(msgspec.Struct, frozen=True):
    """What an access token says, once its signature and times have been checked."""

    session_id: uuid.UUID
    person_id: int
    company_id: int | None


def signing_key(secret: str) -> bytes:
    """HS512 wants a key as long as its hash; the setting may be shorter."""
    return hashlib.sha512(b"artel access token\0" + secret.encode()).digest()


def sign_token(
    secret: str,
    *,
    person_id: int,
    session_id: uuid.UUID,
    company_id: int | None,
    now: datetime,
    lifetime_s: int,
) -> str:
    claims = {
        "iss": ISSUER,
        "sub": str(person_id),
        "sid": session_id.hex,
        "cid": company_id,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + lifetime_s,
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, signing_key(secret), algorithm=ALGORITHM)


def read_token(secret: str, token: str, *, now: datetime) -> Claims:
    """Check signature, algorithm, issuer and times. Refuses anything else with NotSignedIn.

    The library's clock is the machine's; times are compared here with the business's, which the sandbox moves.
    """
    claims, expires_at = _verified(secret, token)
    if expires_at <= now.timestamp():
        raise NotSignedIn
    return claims


# A client sends the same token thousands of times, and what was signed stays signed: a signature is checked once.
@lru_cache(maxsize=4096)
def _verified(secret: str, token: str) -> tuple[Claims, int]:
    """A token's claims and the second it expires at."""
    try:
        claims = jwt.decode(
            token,
            signing_key(secret),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={
                "require": ["exp", "iat", "jti", "sub", "sid"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        if not isinstance(claims["exp"], int):
            raise NotSignedIn
        return Claims(uuid.UUID(claims["sid"]), int(claims["sub"]), claims.get("cid")), claims["exp"]
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise NotSignedIn from None
