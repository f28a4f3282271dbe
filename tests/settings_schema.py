"""``docs/importer.schema.json``, made from the code.

``python -m tests.settings_schema`` writes it again.
"""

from __future__ import annotations

import json
from pathlib import Path

from importer.settings import settings_schema

PUBLISHED = Path(__file__).parents[1] / "docs" / "importer.schema.json"


def written() -> str:
    """Give the schema as the file has it."""
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(written(), encoding="utf-8", newline="\n")
