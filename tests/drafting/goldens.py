"""Drafts of sample files as an operator sees them.

``python -m tests.drafting.goldens`` writes the golden files again.
"""

from __future__ import annotations

import os
from pathlib import Path

from importer.drafting import as_yaml, draft

TOP = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
FILES = ("demo-1-salon.csv", "address-book.csv", "tracking-sync.xlsx")


def golden_file(name: str) -> Path:
    return GOLDEN / f"{Path(name).stem}.yaml"


def drafted(name: str) -> str:
    """Draft a sample file; the current folder is the project's."""
    return as_yaml(draft(f"sample_data/{name}"))


if __name__ == "__main__":
    os.chdir(TOP)
    GOLDEN.mkdir(exist_ok=True)
    for name in FILES:
        golden_file(name).write_text(drafted(name), encoding="utf-8")
