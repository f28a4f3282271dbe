"""Pages in a real browser: Debian's chromium, driven by Playwright, and what axe-core says of them.

``IMPORTER_TEST_CHROMIUM`` holds the path of the browser, ``IMPORTER_TEST_AXE`` that of
``axe.min.js``. Without them the tests that ask for these fixtures are skipped.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

CHROMIUM = "IMPORTER_TEST_CHROMIUM"
AXE = "IMPORTER_TEST_AXE"
HEIGHT = 900

_SILENT = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking")
_JUDGED = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page of a file and all it said and asked for since it was opened."""

    page: Page
    console: list[str] = field(default_factory=list)  # "error: the words"
    errors: list[str] = field(default_factory=list)  # what its scripts did not catch
    requests: list[str] = field(default_factory=list)  # for anything but itself; none was answered

    @property
    def complaints(self) -> list[str]:
        """Give everything a page that is in order has none of."""
        return [*self.console, *self.errors, *self.requests]


class Opener(Protocol):
    """Open the page of a file, its width in CSS pixels; the context ends with the test."""

    def __call__(
        self,
        path: Path,
        *,
        language: str | None = None,
        dark: bool = False,
        width: int = 1280,
        javascript: bool = True,
    ) -> Opened: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    program = os.environ.get(CHROMIUM)
    if not program:
        pytest.skip(f"{CHROMIUM} names no browser")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, chromium_sandbox=False, args=_SILENT
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Open files as pages: ``opened(path, language="fr", dark=True, width=360).page``."""
    contexts: list[BrowserContext] = []

    def opener(
        path: Path,
        *,
        language: str | None = None,
        dark: bool = False,
        width: int = 1280,
        javascript: bool = True,
    ) -> Opened:
        context = chromium.new_context(
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=javascript,
            offline=True,
        )
        contexts.append(context)
        made = Opened(context.new_page())
        address = path.resolve().as_uri()
        _listen(context, made, address)
        made.page.goto(address)
        return made

    yield opener
    for context in contexts:
        context.close()


def _listen(context: BrowserContext, made: Opened, address: str) -> None:
    def answer(route: Route) -> None:
        if _of_itself(route.request.url, address):
            route.continue_()
        else:
            route.abort()

    def note(request: Request) -> None:
        if not _of_itself(request.url, address):
            made.requests.append(request.url)

    # Of the context, so that windows which the page opens are heard as well.
    context.route("**/*", answer)
    context.on("request", note)
    context.on("console", lambda said: made.console.append(f"{said.type}: {said.text}"))
    context.on("weberror", lambda error: made.errors.append(str(error.error)))
    context.route_web_socket("**/*", lambda socket: made.requests.append(socket.url))


def _of_itself(url: str, address: str) -> bool:
    return url.startswith("data:") or url.partition("#")[0] == address


def violations(page: Page) -> list[str]:
    """Give what axe-core calls serious or critical in the page as it is now, a line for each place.

    A line: ``serious color-contrast: what is to be true (the element) why it is not``. The page
    must have been opened with JavaScript: without it axe-core never answers.
    """
    program = os.environ.get(AXE)
    if not program:
        pytest.skip(f"{AXE} names no axe.min.js")
    page.evaluate(Path(program).read_text(encoding="utf-8"))
    return [line for found in page.evaluate(_JUDGED) for line in _lines_of(found)]


def _lines_of(found: dict[str, Any]) -> Iterator[str]:
    for node in found["nodes"]:
        why = " ".join(node["failureSummary"].split())
        place = " ".join(map(str, node["target"]))
        yield f"{found['impact']} {found['id']}: {found['help']} ({place}) {why}"
