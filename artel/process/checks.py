"""What has to be true before a process starts. Each check says no in one line that tells what to do."""

import contextlib
import errno
import fcntl
import json
import logging
import os
import socket
import time
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import urlsplit

from artel.db.embedded import is_running
from artel.settings import BadSetting, Settings

SECRET_LENGTH = 32
# A sandbox that was killed leaves its processes a moment to end.
KILLED_PATIENCE_S = 10.0


class CannotStart(Exception):
    """The reason, and what to do, in one line."""


def check_settings(settings: Settings) -> None:
    """What a setting's type alone does not say. Raises BadSetting."""
    if not 1 <= settings.port <= 65535:
        raise BadSetting(f"ARTEL_PORT={settings.port} is no port: take a number from 1 to 65535")
    if settings.log_level.upper() not in logging.getLevelNamesMapping():
        raise BadSetting(f"ARTEL_LOG_LEVEL={settings.log_level} is unknown: take DEBUG, INFO, WARNING or ERROR")
    for name in ("server_processes", "database_pool_size"):
        if getattr(settings, name) < 1:
            raise BadSetting(f"ARTEL_{name.upper()}={getattr(settings, name)} is too small: take 1 or more")
    web_addresses = (
        "public_url",
        "sms_url",
        "verification_url",
        "tax_service_url",
        "google_auth_url",
        "google_oauth_url",
        "google_api_url",
    )
    for name in web_addresses:
        url = getattr(settings, name)
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise BadSetting(f"ARTEL_{name.upper()} is no web address: it looks like https://example.org")
    if settings.verification_url and len(settings.verification_secret) < SECRET_LENGTH:
        raise BadSetting(
            f"ARTEL_VERIFICATION_SECRET needs at least {SECRET_LENGTH} characters where ARTEL_VERIFICATION_URL is set"
        )
    if settings.smtp_url:
        from artel.notifications.delivery import mail_server

        mail_server(settings.smtp_url)


def check_production(settings: Settings) -> None:
    """What a process started by hand needs; the sandbox's comforts are not for it. Raises CannotStart."""
    if settings.sandbox:
        raise CannotStart("ARTEL_SANDBOX=1 is for `artel sandbox` alone: unset it, or start `artel sandbox` instead")
    if not settings.database_url:
        raise CannotStart("ARTEL_DATABASE_URL is not set: name your PostgreSQL, or try Artel with `artel sandbox`")
    if len(settings.secret) < SECRET_LENGTH:
        raise CannotStart(
            f"ARTEL_SECRET needs at least {SECRET_LENGTH} characters and has {len(settings.secret)}: "
            "make one with `openssl rand -base64 48` and give every process the same"
        )
    check_settings(settings)


def prepare_home(home: Path) -> Path:
    """The folder of the sandbox's data, made when missing; its full path."""
    path = Path(os.path.abspath(home.expanduser()))
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        refuse_home(path, error)
    return path


def refuse_home(path: Path, error: OSError) -> NoReturn:
    reason = f"ARTEL_HOME {path} cannot be written: {error.strerror or error}"
    raise CannotStart(f"{reason}. Set ARTEL_HOME to a folder of yours.") from error


class Home:
    """A sandbox's home, held by one process: a second one on the same folder is refused."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = prepare_home(path)
        self.was_killed = False
        self._file = self._lock(self.path / "lock")
        self._note({"pid": os.getpid(), "url": url})

    def _lock(self, path: Path) -> IO[str]:
        try:
            file = path.open("a+")
        except OSError as error:
            refuse_home(self.path, error)
        end = time.monotonic() + KILLED_PATIENCE_S
        while True:
            holder = read_note(path)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if is_running(int(holder.get("pid", 0))) or time.monotonic() > end:
                    file.close()
                    who = f"process {holder.get('pid', '?')} at {holder.get('url', '?')}"
                    raise CannotStart(
                        f"{self.path} is in use by another Artel ({who}): stop it, or set ARTEL_HOME and ARTEL_PORT "
                        "to others"
                    ) from None
                time.sleep(0.1)  # the one that tidies up after a killed sandbox holds it
            else:
                self.was_killed = bool(holder)
                return file

    def _note(self, holder: dict[str, object]) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(holder) if holder else "")
        self._file.flush()

    def release(self) -> None:
        self._note({})
        self._file.close()


def read_note(path: Path) -> dict[str, str]:
    """Who holds, or held and did not let go of, a home."""
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(path.read_text())
        if isinstance(note, dict):
            return note
    return {}


def require_free_port(host: str, port: int, *, patience_s: float = 0) -> None:
    """Refuse a port that somebody listens on. The server itself would share it and answer every other request."""
    end = time.monotonic() + patience_s
    while True:
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen(1)
            return
        except PermissionError:
            raise CannotStart(f"port {port} is not yours to take: set ARTEL_PORT to one above 1023") from None
        except socket.gaierror as error:
            raise CannotStart(f"ARTEL_HOST={host} is no address of this machine: {error.strerror}") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(f"ARTEL_HOST={host} cannot be listened on: {error.strerror}") from None
            if time.monotonic() > end:
                raise CannotStart(
                    f"port {port} on {host} is in use: stop what listens there, or set ARTEL_PORT to another"
                ) from None
            time.sleep(0.1)
