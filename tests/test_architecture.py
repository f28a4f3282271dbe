"""The page for developers is whole: each room, and each module of a job's start, stands in it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_page_names_every_room() -> None:
    rooms = TEXT.partition("\n## The rooms\n")[2].partition("\n## ")[0]
    here = {
        f"{one.name}/" if one.is_dir() else one.name
        for one in (ROOT / "importer").iterdir()
        if one.suffix == ".py" or (one / "__init__.py").is_file()
    }
    assert here - {"__init__.py"} <= {*re.findall(r"`([\w./]+)`", rooms)}


def test_the_page_names_every_module_of_a_start_and_no_other() -> None:
    table = TEXT.partition("\n## Jobs\n")[2].partition("\n\n| module | holds |")[2]
    first_cells = "".join(re.findall(r"(?m)^\|[^|]*\|", table.partition("\n\n")[0]))
    here = {one.name for one in (ROOT / "importer" / "jobs").glob("*.py")}
    assert {*re.findall(r"`(\w+\.py)`", first_cells)} == here - {"__init__.py"}


def test_links_within_the_page_lead_somewhere() -> None:
    titles = re.findall(r"(?m)^#+ (.*)$", TEXT)
    assert {*re.findall(r"\]\(#([^)]+)\)", TEXT)} <= {t.lower().replace(" ", "-") for t in titles}
