"""What the tests of this room read with."""

from __future__ import annotations

from pathlib import Path

from importer.issues import IssueCode
from importer.sources import Source, open_sources
from importer.tables import SourceOptions

PLAIN = SourceOptions()


def source_of(path: Path, content: bytes, options: SourceOptions = PLAIN) -> Source:
    path.write_bytes(content)
    (source,) = open_sources(path, options=options, shown_as="contacts.csv")
    return source


def cells_of(source: Source, rows: int = 50_000) -> list[list[str | None]]:
    """Give each row's cells; None for those a short row does not have."""
    return [
        [None if cell is None or cell != cell else cell for cell in cells]
        for c in source.chunks(rows)
        for cells in c.frame.to_numpy().tolist()
    ]


def rows_of(source: Source, rows: int = 50_000) -> list[int]:
    return [int(row) for c in source.chunks(rows) for row in c.rows]


def findings_of(source: Source, rows: int = 50_000) -> list[tuple[IssueCode, list[int], list[str]]]:
    """Give each finding with the rows it is about, and its details."""
    return [
        (
            f.code,
            [int(c.rows[at]) for at in f.at],
            [f.details] if f.details and isinstance(f.details, str) else list(f.details),
        )
        for c in source.chunks(rows)
        for f in c.findings
    ]
