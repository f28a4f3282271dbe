"""The demo: the whole job on the sample files, against a sandbox inside this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importer import runs
from importer.assembly import Means
from importer.errors import UnusableInputError
from importer.language import tr
from importer.reports import Summary
from importer.sandbox import SandboxSettings, running
from importer.settings import Settings

FILES = ("demo-1-salon.csv", "demo-2-shop.xlsx", "demo-3-dirty.csv")
# What is planted in the sample files; sample_data/README.md tells each row.
PLANTED = {"read": 102, "created": 88, "duplicate": 3, "skipped": 1, "invalid": 9, "rejected": 1}


def shipped(*parts: str) -> Path:
    """Find a file that ships with the package: in the installed wheel, or in a checkout.

    Raises:
        UnusableInputError: it is in neither.
    """
    here = Path(__file__).parent
    for root in (here / "_shipped", here.parent):
        place = root.joinpath(*parts)
        if place.exists():
            return place
    raise UnusableInputError(tr("{file} did not come with this installation", file="/".join(parts)))


def demo(means: Means, *, runs_dir: Path = runs.RUNS) -> tuple[Summary, list[str]]:
    """Run the demo; give its summary, and what differs from the planted outcome."""
    files = [shipped("sample_data", name) for name in FILES]
    mapping = shipped("mappings", "demo.yaml")
    with running(SandboxSettings(compact=True)) as url:
        summary = runs.run(
            *files,
            mapping=str(mapping),
            connection="sandbox",
            yes=True,
            runs_dir=runs_dir,
            means=replace(means, sandbox_url=url, settings=Settings()),
        )
    found = summary.rows.model_dump()
    wrong = [
        tr(
            "{total}: {count}, not {planted}",
            total=name.replace("_", " "),
            count=count,
            planted=PLANTED.get(name, 0),
        )
        for name, count in found.items()
        if count != PLANTED.get(name, 0)
    ]
    return summary, wrong
