"""A server of the real product and a Chromium that watches what its pages do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[sync_api.Browser]:
    """One Chromium for this folder, for others must not meet its event loop; without one skips, or fails if asked."""
    if not Path(CHROMIUM).exists():
        reason = f"there is no {CHROMIUM}; install the system's chromium package"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


# --- the server ------------------------------------------------------------------------------------------


@dataclass
class Server:
    """The product as a person starts it, on a port of its own."""

    data_dir: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    """Environment beyond the data folder."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assistant", "serve", "--port", str(self.port)],
            env={**kept, "ASSISTANT_DATA_DIR": str(self.data_dir), **self.settings},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while not self._answers():
            assert self.process.poll() is None, "the server stopped"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)

    def kill(self) -> None:
        """Ends it as a crash would: nothing is tidied up."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}healthz", timeout=2) as answer:  # noqa: S310  # our own address
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Server]:
    """A server that is ended when it is no longer needed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(data_dir, port, settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="package")
def server(data_dir: Path) -> Iterator[Server]:
    """One server for every test that does not kill it."""
    with running(data_dir) as started:
        yield started


# --- what a person sees ----------------------------------------------------------------------------------


@dataclass
class Seat:
    """Somebody in front of a browser of their own."""

    page: sync_api.Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """What the console said, and every request that left this machine."""

    def open(self, path: str = "") -> None:
        """Opens the page and waits until it speaks a language."""
        self.page.goto(self.url + path)
        self.page.locator(".ready").wait_for()

    @property
    def box(self) -> sync_api.Locator:
        """The message box."""
        return self.page.locator("#message textarea")

    @property
    def said(self) -> list[str]:
        """What the chat shows of the applicant's side."""
        return self.page.locator("#chat .said").all_inner_texts()

    @property
    def replies(self) -> list[str]:
        """What the chat shows of the assistant's side."""
        return self.page.locator("#chat .reply").all_inner_texts()

    def send(self, text: str) -> str:
        """Sends a message and waits for the answer."""
        count = self.page.locator("#chat .reply").count()
        self.box.fill(text)
        self.box.press("Enter")
        return self.answer(count)

    def answer(self, count: int) -> str:
        """The answer that comes after so many others, when the page is done with it."""
        self.page.locator("#chat .reply").nth(count).wait_for()
        self.page.locator("#status .told").wait_for()
        return self.page.locator("#chat .reply").nth(count).inner_text()

    @property
    def stated(self) -> int:
        """How many elements the canvas shows as stated."""
        return self.page.locator(".elements > .stated").count()

    @property
    def overflow(self) -> int:
        """How many pixels the page can be scrolled sideways."""
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


Sit = Callable[..., Seat]


@pytest.fixture
def sit(browser: sync_api.Browser, server: Server) -> Iterator[Sit]:
    """Seats people; when they leave, no page may have complained or asked another host for anything."""
    seats: list[Seat] = []

    def seat(
        lang: str = "en", *, width: int = 1280, height: int = 900, dark: bool = False, at: Server = server
    ) -> Seat:
        context = browser.new_context(
            locale={"en": "en-US", "es": "es-MX", "pt": "pt-BR"}[lang],
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE)
        taken = Seat(context.new_page(), at.url)
        watch(taken)
        seats.append(taken)
        return taken

    yield seat
    for taken in seats:
        taken.page.context.close()
    assert [complaint for taken in seats for complaint in taken.complaints] == []


def watch(seat: Seat) -> None:
    """Notes what must not happen on any page."""

    def left(request: sync_api.Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            seat.complaints.append(f"request to {request.url}")

    def spoke(message: sync_api.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seat.complaints.append(f"{message.type}: {message.text}")

    seat.page.on("request", left)
    seat.page.on("console", spoke)
    seat.page.on("pageerror", lambda error: seat.complaints.append(f"page error: {error}"))
    seat.page.on("dialog", lambda dialog: seat.complaints.append(f"dialog: {dialog.message}"))
