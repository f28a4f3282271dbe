"""What the tests of this room read and lay on tables."""

from __future__ import annotations

from collections.abc import Mapping as Members
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from importer.documents import parse_document
from importer.errors import Mistake, UnusableInputError
from importer.field_rules import FieldRule
from importer.issues import Finding
from importer.mapping import BoundMapping, Grammar, Mapping, bind
from importer.mapping.resolving import resolve_mapping
from importer.model import (
    Chunk,
)
from importer.tables import TableDescription
from importer.targets import grammar, names

GRAMMARS: dict[str, Grammar] = {name: grammar(name) for name in names()}
FILE = "newsletter.yaml"
RUN_DATE = date(2026, 11, 22)
HEAD = "name: newsletter\ntarget: dialog-insight\ncolumns:\n  Courriel: key_f_EMail\n"
"""The first four lines of a mapping; what follows goes on under ``columns:``."""
EVERYONE = "consent: {yes_to: everyone}\n"


def mapping_of(text: str) -> Mapping:
    return resolve_mapping(parse_document(text, FILE), GRAMMARS)


def mistakes_of(text: str) -> list[Mistake]:
    """Give all that is wrong with a mapping; none when it can be used."""
    try:
        mapping_of(text)
    except UnusableInputError as error:
        return list(error.mistakes)
    return []


def rule_of(column: str, *, more: str = "") -> FieldRule:
    """Give the rule of one column beside the key, for instance ``Nom: f_LastName``."""
    return mapping_of(f"{HEAD}  {column}\n{more}").rules[1]


def table_of(*columns: str, file: str = "contacts.csv", sheet: str = "") -> TableDescription:
    return TableDescription(file, sheet, "csv", columns, header_row=1)


def bound(text: str, *columns: str, file: str = "contacts.csv") -> BoundMapping:
    return bind(mapping_of(text), table_of(*columns, file=file), run_date=RUN_DATE)


def binding_mistakes(text: str, *columns: str) -> list[str]:
    """Give the sentences of what does not fit; none when the mapping fits the table."""
    try:
        bound(text, *columns)
    except UnusableInputError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def chunk_of(
    columns: Members[str, Sequence[str | None]], *, findings: tuple[Finding, ...] = ()
) -> Chunk:
    texts = {name: pa.array(cells, pa.large_string()) for name, cells in columns.items()}
    frame: pd.DataFrame = pa.table(texts).to_pandas()
    return Chunk(np.arange(2, 2 + len(frame)), frame, findings)


def applied(text: str, columns: Members[str, list[str]], file: str = "contacts.csv") -> Any:
    """Lay a mapping on a table and turn it: field code -> values, None where they are missing."""
    frame = bound(text, *columns, file=file).apply(chunk_of(columns)).frame
    return {code: pa.array(frame[code].array).to_pylist() for code in frame.columns}
