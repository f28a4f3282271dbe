"""Drafts of sample files as an operator sees them.

``python -m tests.drafting.goldens`` writes the golden files again.
"""

from __future__ import annotations

import os
from pathlib import Path

from importer.drafting import as_yaml, draft

TOP = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
USUAL = "dialog-insight"
FILES = (
    ("demo-1-salon.csv", USUAL),
    ("address-book.csv", USUAL),
    ("tracking-sync.xlsx", USUAL),
    ("demo-1-salon.csv", "dotdigital"),
    ("address-book.csv", "dotdigital"),
    ("dotdigital-consents.csv", "dotdigital"),
    ("dotdigital-contact.csv", "dotdigital-single"),
    ("dotdigital-preferences.csv", "dotdigital-v2"),
    ("orders-table.csv", "dialog-insight-table"),
)


def golden_file(name: str, target: str) -> Path:
    end = "" if target == USUAL else f".{target}"
    return GOLDEN / f"{Path(name).stem}{end}.yaml"


def drafted(name: str, target: str) -> str:
    """Draft a sample file; the current folder is the project's."""
    return as_yaml(draft(f"sample_data/{name}", target=None if target == USUAL else target))


if __name__ == "__main__":
    os.chdir(TOP)
    GOLDEN.mkdir(exist_ok=True)
    for name, target in FILES:
        golden_file(name, target).write_text(drafted(name, target), encoding="utf-8")
