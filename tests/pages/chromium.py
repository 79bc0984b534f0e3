"""A real browser on a real server process. Where there is no Chromium these tests are left out, unless
ARTEL_REQUIRE_BROWSER=1 says that they must run."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

PATHS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESKTOP = {"viewport": {"width": 1200, "height": 900}}
PHONE = {"viewport": {"width": 375, "height": 760}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
START_TIMEOUT_S = 60
# Generous: the machine may be busy with the rest of the tests.
expect.set_options(timeout=30_000)


def chromium_path() -> str | None:
    return next((path for path in PATHS if Path(path).exists()), None) or shutil.which("chromium")


def require_chromium() -> str:
    path = chromium_path()
    if path is None:
        reason = f"no Chromium at {', '.join(PATHS)}: install Debian's package `chromium` to run the browser tests"
        if os.environ.get("ARTEL_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def serve(database_url: str, home: Path) -> Iterator[str]:
    """The application in a process of its own; its address."""
    port = free_port()
    environment = {
        **os.environ,
        "ARTEL_DATABASE_URL": database_url,
        "ARTEL_HOME": str(home),
        "ARTEL_PORT": str(port),
        "ARTEL_SECRET": "a secret of the browser's tests, long enough",
        "ARTEL_SANDBOX": "1",
    }
    command = "from artel.process.server import run_server; from artel.settings import read_settings; "
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", command + "run_server(read_settings())"],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=Path(__file__).parents[2],
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(base, process, home / "server.log")
        yield base
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def wait_until_up(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{base}/sign-in", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not come up:\n{log.read_text(errors='replace')[-3000:]}")


@contextlib.asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=require_chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """One window. Whatever the browser complains about (scripts, styles, our own security policy) fails the test."""

    def __init__(self, context: BrowserContext, page: Page, pictures: str) -> None:
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        self._pictures = pictures
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # The browser itself notes every reply that is an error, ours among them.
        if message.type in {"error", "warning"} and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)

    async def look(self, name: str) -> None:
        """What holds on every page: it fits the width, and every field has a label. With ARTEL_PICTURES, a picture."""
        folder = os.environ.get("ARTEL_PICTURES")
        if folder:
            path = Path(folder) / f"{self._pictures}-{name}.png"
            await self.page.screenshot(path=str(path), full_page=True)
        width: list[int] = await self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert width[0] <= width[1], f"{name} is wider than its window: {width}"
        unnamed: list[str] = await self.page.evaluate(
            """[...document.querySelectorAll("input:not([type=hidden]), select, button")]
               .filter((one) => !one.labels?.length && !one.textContent.trim()).map((one) => one.outerHTML)"""
        )
        assert not unnamed, f"{name} has fields without a label"
        assert not self.complaints

    async def contrasts(self) -> dict[str, float]:
        """The contrast of each kind of text with what is behind it, as WCAG counts it; 4.5 is needed."""
        found: dict[str, float] = await self.page.evaluate(CONTRASTS)
        return found


CONTRASTS = """() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b]
        .map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (node) => {
        for (let one = node; one; one = one.parentElement) {
            const color = channels(getComputedStyle(one).backgroundColor);
            if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const kinds = ["h1", "p", "label", "a", "button", ".hint", ".note", ".problem", ".optional", "footer"];
    const result = {};
    for (const kind of kinds) for (const node of document.querySelectorAll(kind)) {
        const [one, other] = [channels(getComputedStyle(node).color), behind(node)].map(luminance);
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        result[kind] = Math.min(result[kind] ?? 99, ratio);
    }
    return result;
}"""


@contextlib.asynccontextmanager
async def visit(browser: Browser, pictures: str, **options: Any) -> AsyncIterator[Visitor]:
    context = await browser.new_context(**options)
    context.set_default_timeout(30_000)
    page = await context.new_page()
    visitor = Visitor(context, page, pictures)
    try:
        yield visitor
    finally:
        await context.close()
