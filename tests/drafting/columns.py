"""Made-up tables for drafting: columns of values, and what is proposed for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from importer import targets
from importer.drafting.candidates import Fields
from importer.drafting.dialects import dialect
from importer.drafting.proposal import Proposal
from importer.drafting.proposals import propose
from importer.field_rules import ValueType
from importer.model import AccountFields, Chunk
from importer.recognition import Evidence, Recognition

ADDRESSES = ["a@example.com", "b@example.org", "c@example.net"]


def evidence(
    table: Mapping[str, Sequence[str]], *, typed_dates: bool = False
) -> tuple[Evidence, ...]:
    """Look closely at a table; short columns are blank below."""
    recognition = Recognition(list(table), closely=True)
    height = max(map(len, table.values()), default=0)
    if height:
        cells = {name: [*values, *[""] * (height - len(values))] for name, values in table.items()}
        frame = pd.DataFrame(cells, dtype="str")
        rows = np.arange(2, 2 + height, dtype=np.int64)
        recognition.add(Chunk(rows=rows, frame=frame, typed_dates=typed_dates))
    return recognition.evidence()


def proposed(
    table: Mapping[str, Sequence[str]],
    *,
    account: Mapping[str, str] | None = None,
    repeated: Sequence[str] = (),
    headless: bool = False,
    typed_dates: bool = False,
    target: str = "dialog-insight",
    types: Mapping[str, ValueType] | None = None,
) -> dict[str, Proposal]:
    """Propose fields for a table's columns."""
    asked = None if account is None else AccountFields(account, types=types or {})
    fields = Fields(asked, dialect(target), table)
    made = propose(
        evidence(table, typed_dates=typed_dates),
        fields,
        targets.grammar(target),
        repeated=repeated,
        headless=headless,
    )
    return {one.column: one for one in made}


def in_force(table: Mapping[str, Sequence[str]], **given: object) -> dict[str, str]:
    """Give the columns that go somewhere, with their fields."""
    made = proposed(table, **given)  # type: ignore[arg-type]
    return {name: str(one.field) for name, one in made.items() if not one.commented}
