"""No access token but one of this installation's own, for a session that stands, opens anything."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from artel.db.pool import Connection
from artel.people.tokens import read_token, sign_token, signing_key
from artel.settings import Settings
from tests.cast import Someone

Forge = Callable[[dict[str, Any], bytes], str]


def encode(part: dict[str, Any] | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], key: bytes, digest: str = "sha512") -> str:
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.new(key, signed.encode(), digest).digest())}"


def genuine(claims: dict[str, Any], key: bytes) -> str:
    """What the application itself would sign: the one that is let in, so that the others fail for their fault."""
    return by_hand({"alg": "HS512", "typ": "JWT"}, claims, key)


@pytest.fixture
def claims(owner: Someone, settings: Settings) -> dict[str, Any]:
    """What the owner's own token says."""
    return dict(jwt.decode(owner.token, signing_key(settings.secret), algorithms=["HS512"]))


async def status(client: httpx.AsyncClient, token: str) -> int:
    reply = await client.get("/profile", headers={"Authorization": f"Bearer {token}".encode("latin-1")})
    if reply.status_code != 200:
        assert set(reply.json()) == {"error", "code"}
        assert reply.headers["www-authenticate"] == "Bearer"
    return reply.status_code


async def test_the_control(client: httpx.AsyncClient, settings: Settings, claims: dict[str, Any]) -> None:
    assert await status(client, genuine(claims, signing_key(settings.secret))) == 200


# What a verifier that takes the algorithm from the token, and the key for whatever is asked, would be fooled with.
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj3\n-----END PUBLIC KEY-----\n"

FORGERIES: dict[str, Forge] = {
    "no algorithm": lambda claims, key: f"{encode({'alg': 'none'})}.{encode(claims)}.",
    "no algorithm, capitalised": lambda claims, key: f"{encode({'alg': 'nOnE'})}.{encode(claims)}.",
    "no algorithm, yet signed": lambda claims, key: by_hand({"alg": "none"}, claims, key),
    "no signature": lambda claims, key: genuine(claims, key).rpartition(".")[0] + ".",
    "HS256 with the same key": lambda claims, key: by_hand({"alg": "HS256"}, claims, key, "sha256"),
    "HS384 with the same key": lambda claims, key: by_hand({"alg": "HS384"}, claims, key, "sha384"),
    "RS256 with a signature of the same key": lambda claims, key: by_hand({"alg": "RS256"}, claims, key),
    "RS512 with a public key": lambda claims, key: by_hand({"alg": "RS512"}, claims, PUBLIC_KEY),
    "ES512 with nothing": lambda claims, key: by_hand({"alg": "ES512"}, claims, b""),
    "HS512 with a public key": lambda claims, key: by_hand({"alg": "HS512"}, claims, PUBLIC_KEY),
    "a kid that is a file, its content the key": lambda claims, key: by_hand(
        {"alg": "HS512", "kid": "/dev/null"}, claims, b""
    ),
    "a kid that is SQL": lambda claims, key: by_hand({"alg": "HS512", "kid": "x' UNION SELECT 'k"}, claims, b"k"),
    "a key that the token brings": lambda claims, key: by_hand(
        {"alg": "HS512", "jwk": {"kty": "oct", "k": encode(b"k")}}, claims, b"k"
    ),
    "a key to be fetched": lambda claims, key: by_hand(
        {"alg": "HS512", "jku": "http://127.0.0.1/keys", "x5u": "http://127.0.0.1/key"}, claims, b"k"
    ),
    "an extension that must be understood": lambda claims, key: by_hand(
        {"alg": "HS512", "crit": ["exp2"], "exp2": 1}, claims, key
    ),
    "another installation's key": lambda claims, key: genuine(claims, signing_key("a secret of somebody else's")),
    "the secret itself as the key": lambda claims, key: genuine(claims, b"a secret of the tests, long enough"),
    "an empty key": lambda claims, key: genuine(claims, b""),
    "another issuer": lambda claims, key: genuine({**claims, "iss": "somebody"}, key),
    "no issuer": lambda claims, key: genuine({k: v for k, v in claims.items() if k != "iss"}, key),
    "no end": lambda claims, key: genuine({k: v for k, v in claims.items() if k != "exp"}, key),
    "an end that is text": lambda claims, key: genuine({**claims, "exp": "9999999999"}, key),
    "an end that has come": lambda claims, key: genuine({**claims, "exp": claims["iat"]}, key),
    "no session": lambda claims, key: genuine({k: v for k, v in claims.items() if k != "sid"}, key),
    "a session that is none": lambda claims, key: genuine({**claims, "sid": 7}, key),
    "a session that never was": lambda claims, key: genuine({**claims, "sid": uuid.uuid4().hex}, key),
    "somebody else in this session": lambda claims, key: genuine({**claims, "sub": "1"}, key),
    "nobody in this session": lambda claims, key: genuine({**claims, "sub": "owner"}, key),
    "claims that are a list": lambda claims, key: by_hand({"alg": "HS512"}, [claims], key),  # type: ignore[arg-type]
    "two parts": lambda claims, key: f"{encode({'alg': 'HS512'})}.{encode(claims)}",
    "five parts": lambda claims, key: genuine(claims, key) + ".a.b",
    "words": lambda claims, key: "open sesame",
    "no ASCII": lambda claims, key: "токен".encode().decode("latin-1"),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_token_is_refused(
    client: httpx.AsyncClient, settings: Settings, claims: dict[str, Any], name: str
) -> None:
    assert await status(client, FORGERIES[name](claims, signing_key(settings.secret))) == 401


async def test_one_changed_character_is_refused(client: httpx.AsyncClient, owner: Someone) -> None:
    """Of each part, the first: the last carries bits that decode to nothing."""
    for place in [0] + [i + 1 for i, char in enumerate(owner.token) if char == "."]:
        other = "A" if owner.token[place] != "A" else "B"
        assert await status(client, owner.token[:place] + other + owner.token[place + 1 :]) == 401


async def test_another_person_in_a_token_of_ones_own_is_refused(
    client: httpx.AsyncClient, claims: dict[str, Any], outsider: Someone
) -> None:
    head, _, signature = outsider.token.split(".")
    assert await status(client, f"{head}.{encode(claims)}.{signature}") == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic b3duZXI6cGFzc3dvcmQ=", "Token {token}", "{token}", "Bearer{token}"]
)
async def test_a_token_that_is_not_sent_as_one(client: httpx.AsyncClient, owner: Someone, header: str) -> None:
    reply = await client.get("/profile", headers={"Authorization": header.format(token=owner.token)})
    assert reply.status_code == 401


async def test_a_token_in_the_address_is_none(client: httpx.AsyncClient, owner: Someone) -> None:
    for name in ("token", "access_token"):
        assert (await client.get("/profile", params={name: owner.token})).status_code == 401


async def test_an_ended_session_is_refused_from_the_next_call_on(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, now: datetime
) -> None:
    assert await status(client, owner.token) == 200
    await conn.execute("UPDATE session SET ended_at = %s WHERE person_id = %s", [now, owner.id])
    assert await status(client, owner.token) == 401


async def test_an_expired_session_is_refused_whatever_its_token_says(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, now: datetime
) -> None:
    await conn.execute("UPDATE session SET expires_at = %s WHERE person_id = %s", [now, owner.id])
    assert await status(client, owner.token) == 401


def test_a_token_ends_on_the_second(now: datetime) -> None:
    session = uuid.uuid4()
    at = now.replace(microsecond=0)
    token = sign_token("s" * 32, person_id=1, session_id=session, company_id=2, now=at, lifetime_s=60)
    claims = read_token("s" * 32, token, now=at + timedelta(seconds=59))
    assert (claims.session_id, claims.person_id, claims.company_id) == (session, 1, 2)
    with pytest.raises(Exception, match="not_signed_in"):
        read_token("s" * 32, token, now=at + timedelta(seconds=60))


def test_the_signing_key_is_as_long_as_the_hash() -> None:
    assert len(signing_key("short")) == hashlib.sha512().digest_size
