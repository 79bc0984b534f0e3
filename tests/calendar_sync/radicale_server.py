"""A real CalDAV server, Radicale, as a process of its own on a free port."""

import base64
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.waiting import free_port, wait_for

USER, PASSWORD = "anna", "correct horse battery"


class Radicale:
    """One user with one calendar; `/anna/work/` is where it is."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        options = {
            "server-hosts": f"127.0.0.1:{self.port}",
            "auth-type": "htpasswd",
            "auth-htpasswd_filename": str(folder / "users"),
            "auth-htpasswd_encryption": "plain",
            "auth-delay": "0",
            "storage-filesystem_folder": str(folder / "collections"),
            "logging-level": "critical",
        }
        command = [sys.executable, "-m", "radicale", *(f"--{name}={value}" for name, value in options.items())]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.is_up, timeout_s=30)
        self.make_calendar("work", "Work")

    def is_up(self) -> bool:
        try:
            urllib.request.urlopen(self.url + "/.web/", timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            self.url + path,
            data=body or None,
            method=method,
            headers={"Authorization": f"Basic {token}", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, reply.read(), dict(reply.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def make_calendar(self, name: str, label: str) -> None:
        body = f"""<?xml version="1.0"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
            <d:set><d:prop><d:displayname>{label}</d:displayname></d:prop></d:set></c:mkcalendar>"""
        status, answer, _ = self.call("MKCALENDAR", f"/{USER}/{name}/", body.encode())
        assert status == 201, answer

    def put(self, name: str, body: bytes, calendar: str = "work") -> None:
        status, answer, _ = self.call("PUT", f"/{USER}/{calendar}/{name}", body, {"Content-Type": "text/calendar"})
        assert status in {200, 201, 204}, answer

    def delete(self, name: str, calendar: str = "work") -> None:
        status, answer, _ = self.call("DELETE", f"/{USER}/{calendar}/{name}")
        assert status in {200, 204}, answer

    def get(self, name: str, calendar: str = "work") -> str | None:
        status, answer, _ = self.call("GET", f"/{USER}/{calendar}/{name}")
        return answer.decode() if status == 200 else None

    def whole(self, calendar: str = "work") -> str:
        """All of a calendar in one file."""
        return self.get("", calendar) or ""

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
