"""Pictures of pages for the documentation: ``python -m tests.reports.pictures [FOLDER]``.

``IMPORTER_TEST_CHROMIUM`` holds the path of the browser.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from importer.language import speaking
from importer.reports.pages.page import page
from importer.reports.pages.totals_page import totals_page
from tests.browsers import CHROMIUM
from tests.reports.pages import good, mixed, stopped

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH = 1_000
SHOTS = (
    ("report-all-good.png", "en", good, False, "header", 1_060),
    ("report-mixed.png", "en", mixed, False, "header", 1_060),
    ("report-mixed-search.png", "fr", mixed, False, "#search", 700),
    ("report-stopped-early.png", "en", stopped, True, "header", 1_060),
    ("report-calls.png", "en", stopped, True, "#consents", 1_180),
)


def main(folder: Path) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ[CHROMIUM], chromium_sandbox=False
        )
        for name, language, made, dark, place, height in SHOTS:
            with speaking(language):
                text = page(**made())
            source = Path(work) / f"{name}.html"
            source.write_text(text, encoding="utf-8")
            shown = browser.new_page(
                viewport={"width": WIDTH, "height": height},
                color_scheme="dark" if dark else "light",
            )
            shown.goto(source.as_uri())
            shown.eval_on_selector(place, "one => one.scrollIntoView()")
            shown.screenshot(path=folder / name)
        with speaking("en"):
            arguments = mixed()
            text = totals_page(**{name: arguments[name] for name in ("summary", "groups", "calls")})
        source = Path(work) / "totals.html"
        source.write_text(text, encoding="utf-8")
        shown = browser.new_page(viewport={"width": 740, "height": 1_240})
        shown.goto(source.as_uri())
        shown.screenshot(path=folder / "totals.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else IMAGES)
