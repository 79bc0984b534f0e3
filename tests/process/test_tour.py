"""The tour of the README is walked as it is written: its commands in a shell, its output compared."""

import contextlib
import html
import http.cookiejar
import os
import re
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.installation import ROOT, Installation

BY_HAND = "Open that address"
CARD = {"holder": "ANNA EXAMPLE", "country": "RU", "auto_pay": ""}
# What differs from one run to the next.
CHANGING = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "<uuid>",
    r"/payout-endpoint/[\w-]+": "/payout-endpoint/<token>",
    r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00": "<instant>",
    r"127\.0\.0\.1:\d+": "<address>",
}


def tour() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text[text.index("## A tour") : text.index("## Where to go next")]


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Commands, and the output that is shown right below them."""
    for found in re.finditer(r"```\n(.+?)```\n(?:```\n(.+?)```\n)?", text, re.DOTALL):
        yield found[1], found[2] or ""


def unchanging(text: str) -> str:
    for pattern, name in CHANGING.items():
        text = re.sub(pattern, name, text)
    return text


class Shell:
    """One shell for the whole tour, as in a terminal."""

    END = "that was all"

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("ARTEL_")},
            text=True,
            start_new_session=True,
        )

    def type(self, commands: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{commands}\necho '{self.END}'\n")
        self.process.stdin.flush()
        lines: list[str] = []
        for line in self.process.stdout:
            if line.strip() == self.END:
                break
            lines.append(line)
        return "".join(lines)

    def close(self) -> None:
        """Whatever it is at, a loop that waits in vain included."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def type_card(url: str, number: str, expires: str) -> None:
    """What the reader does in a browser."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(url, timeout=30).read().decode()
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    form = CARD | {"form_token": html.unescape(token[1]), "number": number, "expires": expires, "currency": "RUB"}
    reply = browser.open(url, urllib.parse.urlencode(form).encode(), timeout=30)
    assert reply.url.endswith("/payout-endpoint/added")


@pytest.fixture
def shell(installation: Installation) -> Iterator[Shell]:
    """In a checkout whose sandbox is the installation."""
    folder = installation.home.parent / "checkout"
    folder.mkdir()
    (folder / ".artel").symlink_to(installation.home)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    opened = Shell(folder)
    yield opened
    opened.close()


def test_the_tour(installation: Installation, shell: Shell) -> None:
    installation.start()
    before, after = tour().split(BY_HAND)
    said = ""
    for commands, shown in blocks(before):
        said = shell.type(commands.replace(":8000", f":{installation.port}"))
        assert unchanging(said) == unchanging(shown)
    link = re.search(r'"redirect":"([^"]+)"', said)
    by_hand = re.search(r"`([\d ]{19})`, `(\d\d/\d\d)`", after)
    assert link is not None
    assert by_hand is not None
    type_card(link[1], by_hand[1], by_hand[2])
    for commands, shown in blocks(after):
        assert unchanging(shell.type(commands)) == unchanging(shown)
    assert '{"payoutStatus":2}' in after
    assert installation.stop() == 0
