"""Passwords are hashed slowly, for everybody alike, and not on the event loop."""

import asyncio
import time

from artel.people.passwords import hash_password, is_password_right


async def seconds(password_hash: str | None) -> float:
    started = time.perf_counter()
    assert not await is_password_right("a guess", password_hash)
    return time.perf_counter() - started


async def test_nobodys_password_takes_as_long_as_somebodys() -> None:
    """The best of several, as other work on the machine only makes it longer."""
    somebodys = await hash_password("correct horse")
    await seconds(None)
    for_somebody = min([await seconds(somebodys) for _ in range(7)])
    for_nobody = min([await seconds(None) for _ in range(7)])
    assert 0.3 < for_nobody / for_somebody < 3


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    turns = 0
    hashing = asyncio.gather(*(hash_password(f"correct horse {n}") for n in range(8)))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
    assert len(set(await hashing)) == 8


async def test_one_password_is_never_hashed_alike() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_what_is_no_hash_is_nobodys() -> None:
    for broken in ("", "plain text", "$argon2id$v=19$m=19456"):
        assert not await is_password_right("plain text", broken)


async def test_any_characters_make_a_password() -> None:
    for password in ("пароль и ещё", "👍👍👍👍👍👍👍👍", "nul\0 inside", "\ud800 alone and lost", " " * 8):
        assert await is_password_right(password, await hash_password(password))
