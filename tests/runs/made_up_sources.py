"""Tables that were in no file, for what a file only rarely holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.sources import Source
from importer.tables import TableDescription


class MadeUpSource:
    """One table in one chunk. ``known_later``: what is known of it only at its end."""

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        findings: Sequence[Finding] = (),
        *,
        extra: dict[int, tuple[str, ...]] | None = None,
        known_later: dict[str, Any] | None = None,
        **described: Any,
    ) -> None:
        given: dict[str, Any] = {"file": "people.csv", "sheet": "", "format": "csv"}
        given |= {"header_row": 1, **described}
        self._description = TableDescription(columns=tuple(columns), **given)
        frame = pd.DataFrame([*rows], columns=[*columns], dtype="str")
        first = self._description.first_row
        numbers = np.arange(first, first + len(frame), dtype=np.int64)
        self._chunk = Chunk(numbers, frame, tuple(findings), extra=extra or {})
        self._later = known_later or {}
        self.times_read = 0

    @property
    def description(self) -> TableDescription:
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        del rows
        self.times_read += 1
        yield self._chunk
        self._description = replace(self._description, **self._later)


def found(
    code: IssueCode, *at: int, severity: Severity = Severity.ERROR, column: str = ""
) -> Finding:
    values = ["#N/A"] * len(at) if column else ()
    return Finding(code, severity, np.array(at, dtype=np.int64), column, values=values)


def opened_as(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Sequence[Source]]) -> None:
    """Let every file that is opened be these tables."""

    def made(*_: object, **__: object) -> tuple[Source, ...]:
        return tuple(make())

    monkeypatch.setattr("importer.assembly.named_files.open_contents", made)
