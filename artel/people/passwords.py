"""Passwords: argon2id, hashed in threads so that the event loop goes on meanwhile."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from artel.people.errors import PasswordTooLong, PasswordTooShort

SHORTEST = 8
LONGEST = 256
# OWASP's recommended minimum for argon2id: 19 MiB and 2 passes, about 20 ms. As many at a time as there are
# processors: more would take memory and be no faster.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="argon2")


async def hash_password(password: str, *, field: str = "password") -> str:
    """The argon2id hash to store for a password somebody wants to use from now on.

    Refuses, naming `field`: PasswordTooShort below 8 characters, PasswordTooLong above 256. What they are is theirs
    to choose.
    """
    if len(password) < SHORTEST:
        raise PasswordTooShort(field, SHORTEST)
    if len(password) > LONGEST:
        raise PasswordTooLong(field, LONGEST)
    return await asyncio.get_running_loop().run_in_executor(_threads, _hash, password)


async def is_password_right(password: str, password_hash: str | None) -> bool:
    """Whether the hash is this password's. Where there is no hash the answer is no, and takes as long."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, password_hash)


def _hash(password: str) -> str:
    return _hasher.hash(_bytes(password))


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(os.urandom(16))
