from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsers import violations

if TYPE_CHECKING:
    from tests.browsers import Opener

GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Good</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src data:; script-src 'unsafe-inline'">
</head><body><main><h1>Rows</h1><p id="said">none</p>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></main>
<script>document.getElementById("said").textContent = [navigator.language,
    matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", innerWidth].join(" ");
</script></body></html>"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "é page.html"


def page_of(path: Path, body: str) -> Path:
    path.write_text(
        f'<!doctype html><html lang="en"><title>x</title><main><h1>x</h1>{body}</main></html>',
        encoding="utf-8",
    )
    return path


def test_page_in_order_has_no_complaints_and_no_violations(opened: Opener, written: Path) -> None:
    written.write_text(GOOD, encoding="utf-8")
    shown = opened(written)
    assert shown.complaints == []
    assert violations(shown.page) == []
    assert shown.complaints == []


@pytest.mark.parametrize(
    ("language", "dark", "width", "said"),
    [("fr-CA", True, 360, "fr-CA dark 360"), ("en", False, 1280, "en light 1280")],
)
def test_page_is_opened_by_the_reader_that_is_asked_for(
    opened: Opener, written: Path, language: str, dark: bool, width: int, said: str
) -> None:
    written.write_text(GOOD, encoding="utf-8")
    page = opened(written, language=language, dark=dark, width=width).page
    assert page.inner_text("#said") == said


def test_page_without_javascript_runs_no_script(opened: Opener, written: Path) -> None:
    written.write_text(GOOD, encoding="utf-8")
    page = opened(written, javascript=False).page
    assert page.inner_text("#said") == "none"


def test_what_a_page_says_and_does_not_catch_is_told(opened: Opener, written: Path) -> None:
    shown = opened(page_of(written, "<script>console.warn('hm'); throw new Error('oh')</script>"))
    assert shown.console == ["warning: hm"]
    (error,) = shown.errors
    assert "oh" in error


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ('<img alt="" src="http://a.test/b.png">', "http://a.test/b.png"),
        ('<link rel="stylesheet" href="https://a.test/c.css">', "https://a.test/c.css"),
        ('<script>fetch("http://a.test/d").catch(() => 0)</script>', "http://a.test/d"),
        ('<script>new WebSocket("ws://a.test/e")</script>', "ws://a.test/e"),
        ('<script>navigator.sendBeacon("http://a.test/f")</script>', "http://a.test/f"),
    ],
)
def test_every_request_that_leaves_the_file_is_told(
    opened: Opener, written: Path, body: str, asked: str
) -> None:
    shown = opened(page_of(written, body))
    shown.page.wait_for_function("document.readyState === 'complete'")
    assert shown.requests == [asked]


def test_another_file_is_a_request_as_well_and_is_not_read(opened: Opener, written: Path) -> None:
    (written.parent / "other.css").write_text("h1 {color: rgb(1, 2, 3)}")
    shown = opened(page_of(written, '<link rel="stylesheet" href="other.css">'))
    assert [url.rpartition("/")[2] for url in shown.requests] == ["other.css"]
    assert shown.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == (
        "rgb(0, 0, 0)"
    )


def test_serious_violations_are_told_with_their_place(opened: Opener, written: Path) -> None:
    body = '<input id="nameless"><p id="pale" style="color: #ddd; background: #fff">pale words</p>'
    found = violations(opened(page_of(written, body)).page)
    assert [line.partition(":")[0] for line in found] == [
        "serious color-contrast",
        "critical label",
    ]
    assert "(#pale)" in found[0]
    assert "(#nameless)" in found[1]
