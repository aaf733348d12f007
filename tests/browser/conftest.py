"""A real headless Chromium, where the machine has one; without it, or without playwright, these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # as root, in a container
)


@attrs.frozen
class Opened:
    """A page in the browser, with all that it said and asked for since it was opened."""

    page: Page
    messages: list[str]
    requests: list[str]
    failures: list[str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`tox -e browser` installs playwright")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"no Chromium: set CHROMIUM, or install one of {', '.join(_NAMES)}")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Give a function that opens a text of HTML in a context of its own, with the context's options."""
    contexts: list[BrowserContext] = []

    def opened(text: str, *, width: int = 1400, **options: Any) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(text, "utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        made = Opened(context.new_page(), [], [], [])
        made.page.on("console", lambda message: made.messages.append(message.text))
        made.page.on("pageerror", lambda error: made.messages.append(str(error)))
        made.page.on("dialog", lambda dialog: _dismiss(dialog, made))
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("requestfailed", lambda request: made.failures.append(f"{request.url} {request.failure}"))
        made.page.goto(path.as_uri())
        return made

    yield opened
    for context in contexts:
        context.close()


def _dismiss(dialog: Any, opened: Opened) -> None:
    opened.messages.append(dialog.message)
    dialog.dismiss()
