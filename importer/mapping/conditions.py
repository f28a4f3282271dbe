"""``when:``: which rows are imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from importer.blanks import folded
from importer.documents import in_quotes
from importer.issues import Finding, IssueCode, Severity
from importer.language import tr

if TYPE_CHECKING:
    from importer.mapping.document import Condition


def rows_left_out(
    condition: Condition, header: str, texts: Any, findings: Sequence[Finding]
) -> list[Finding]:
    """Find the rows for which a condition does not hold.

    ``header``, ``texts``: the table's column that it looks at, trimmed.
    Rows that could not be read, or whose cell has no value of its own, are not judged: they stay
    invalid.
    """
    encoded = texts.dictionary_encode(null_encoding="encode")
    shown = encoded.dictionary.to_pylist()
    listed = {folded(one) for one in condition.texts}
    holds = np.array([_holds(condition, text, listed) for text in shown], dtype=bool)
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    left_out = ~holds[indices] if len(holds) else np.zeros(len(texts), dtype=bool)
    for finding in findings:
        if finding.severity is Severity.SKIP or (
            finding.severity is Severity.ERROR and finding.column in {"", header}
        ):
            left_out[finding.at] = False
    at = np.flatnonzero(left_out)
    if not len(at):
        return []
    words = [in_quotes(text) if text is not None else tr("blank") for text in shown]
    return [
        Finding(
            IssueCode.CONDITION_NOT_MET,
            Severity.SKIP,
            at,
            header,
            values=texts.take(pa.array(at)).to_pylist(),
            details=[words[i] for i in indices[at]],
        )
    ]


def _holds(condition: Condition, text: str | None, listed: set[str]) -> bool:
    if condition.filled is not None:
        return (text is not None) is condition.filled
    return (folded(text or "") in listed) is not condition.negated
