"""Where files' bytes are: a folder, or an S3 bucket (settings.files_url), through obstore."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

PIECE_BYTES = 256 * 1024


def open_store(files_url: str, home: Path) -> ObjectStore:
    """The installation's store; without a URL a folder of its home, made when missing."""
    if files_url:
        return from_url(files_url)
    folder = (home / "files").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(prefix=folder)


class FileStore:
    """Bytes under keys that nobody guesses and nothing of the file's name is in.

    Opened at first use: a process that never touches a file needs no store.
    """

    def __init__(self, files_url: str, home: Path) -> None:
        self._files_url = files_url
        self._home = home
        self._store: ObjectStore | None = None

    @property
    def store(self) -> ObjectStore:
        if self._store is None:
            self._store = open_store(self._files_url, self._home)
        return self._store

    async def put(self, content: bytes, *, key: str | None = None) -> str:
        """Keep the bytes; answers their key, a new one unless the caller has written one down before."""
        if key is None:
            name = uuid.uuid4().hex
            key = f"{name[:2]}/{name}"
        await obstore.put_async(self.store, key, content)
        return key

    async def put_at(self, key: str, content: bytes | Path) -> None:
        """Keep bytes, or a file's, under the caller's key in place of what was there: for what may be made twice."""
        await obstore.put_async(self.store, key, content)

    async def get(self, key: str) -> bytes:
        found = await obstore.get_async(self.store, key)
        return bytes(await found.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes piece by piece, for what need not fit into memory."""
        found = await obstore.get_async(self.store, key)
        async for piece in found.stream(min_chunk_size=PIECE_BYTES):
            yield bytes(piece)

    async def remove(self, key: str) -> None:
        await obstore.delete_async(self.store, key)

    async def remove_if_there(self, key: str) -> None:
        """As `remove`, for bytes that may have gone before."""
        with contextlib.suppress(FileNotFoundError):
            await self.remove(key)
