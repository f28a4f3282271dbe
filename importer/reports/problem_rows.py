"""The rows that have problems, as many as a page can search, and their form in the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from importer.issues import Severity
from importer.language import mark, tr
from importer.model import Verdict
from importer.reports.words.figures import clip
from importer.reports.words.titles import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import Outcome

MOST_ROWS = 50_000
MOST_SENTENCES = 8  # of one row
_LONGEST_SENTENCE = 400
_LONGEST_KEY = 160


class Kind(StrEnum):
    """What became of a row that has a problem."""

    INVALID = "invalid"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"  # one that the mapping refuses
    WARNING = "warning"  # nothing: it has warnings only


KINDS = {
    Kind.INVALID: mark("Refused by our checks"),
    Kind.REJECTED: mark("Refused by the platform"),
    Kind.UNKNOWN: mark("Sent but answer unknown"),
    Kind.DUPLICATE: mark("Refused as a duplicate"),
    Kind.WARNING: mark("Only a warning"),
}
_KIND_OF = {
    Verdict.INVALID: Kind.INVALID,
    Verdict.REJECTED: Kind.REJECTED,
    Verdict.UNKNOWN: Kind.UNKNOWN,
    Verdict.DUPLICATE: Kind.DUPLICATE,
}


class Sentence(NamedTuple):
    """What is said of a row: an issue's code and severity, and its words."""

    code: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A row that has problems. ``said``: indices of what is said of it; ``left``: how many more."""

    table: int
    row: int
    key: str
    kind: Kind
    said: tuple[int, ...]
    left: int = 0


@dataclass(frozen=True, slots=True)
class ProblemRows:
    """The rows that have problems, in input order. ``cut``: there are more than these."""

    rows: tuple[ProblemRow, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    cut: bool = False

    def said_of(self, row: ProblemRow) -> list[Sentence]:
        """Give what is said of a row."""
        return [self.sentences[at] for at in row.said]


@dataclass(slots=True)
class _Kept:
    """A row while its sentences come. ``end``: what is said if no issue comes."""

    key: str
    kind: Kind
    end: Sentence | None
    said: list[int]
    left: int = 0


class KeptRows:
    """Keeps the first rows that have problems, those with warnings only where there is room."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], _Kept] = {}
        self._sentences: dict[Sentence, int] = {}
        self._cut = False

    def add(self, table: int, row: int, key: str, end: Outcome) -> None:
        """Take a row that is refused or unknown; ``end``: what it came to."""
        if len(self._rows) >= MOST_ROWS:
            self._cut = True
            return
        said = _sentence(end.code, Severity.ERROR, end.message)
        kept = _Kept(key, _KIND_OF[end.verdict], said, [])
        self._rows[table, row] = kept
        if kept.kind in {Kind.REJECTED, Kind.UNKNOWN}:
            self._tell(kept, said)

    def note(self, table: int, row: int, key: str, said: Sentence) -> None:
        """Take what an issue says of a row."""
        kept = self._rows.get((table, row))
        if kept is None:
            if len(self._rows) >= MOST_ROWS:
                self._cut = True
                return
            kept = self._rows[table, row] = _Kept(key, Kind.WARNING, None, [])
        self._tell(kept, _sentence(*said))

    def _tell(self, kept: _Kept, said: Sentence) -> None:
        if len(kept.said) >= MOST_SENTENCES:
            kept.left += 1
            return
        at = self._sentences.setdefault(said, len(self._sentences))
        if at not in kept.said:
            kept.said.append(at)

    def rows(self) -> ProblemRows:
        """Give the rows in input order."""
        for kept in self._rows.values():
            if not kept.said and kept.end is not None:
                self._tell(kept, kept.end)
        return ProblemRows(
            tuple(
                ProblemRow(
                    table, row, clip(kept.key, _LONGEST_KEY), kept.kind, tuple(kept.said), kept.left
                )
                for (table, row), kept in sorted(self._rows.items(), key=lambda one: one[0])
            ),
            tuple(self._sentences),
            self._cut,
        )


def _sentence(code: str, severity: str, text: str) -> Sentence:
    return Sentence(code, severity, clip(str(text), _LONGEST_SENTENCE))


def embedded(found: ProblemRows, places: Sequence[str], words: Mapping[str, Any]) -> str:
    """Write the rows as JSON that may stand in a script element, every text once.

    ``places``: the name of each table. ``words``: what the script says.
    """
    codes: dict[str, int] = {}
    sentences = [
        [codes.setdefault(one.code, len(codes)), int(one.severity == Severity.ERROR), one.text]
        for one in found.sentences
    ]
    kinds = list(Kind)
    numbers = {kind: at for at, kind in enumerate(kinds)}
    rows = found.rows
    content = {
        "words": words,
        "places": places,
        "kinds": [[kind.value, tr(KINDS[kind])] for kind in kinds],
        "codes": [[clip(code, _LONGEST_KEY), clip(title_of(code), _LONGEST_KEY)] for code in codes],
        "sentences": sentences,
        "table": [one.table for one in rows],
        "row": [one.row for one in rows],
        "key": [one.key for one in rows],
        "kind": [numbers[one.kind] for one in rows],
        "said": [one.said[0] if len(one.said) == 1 else one.said for one in rows],
        "left": {str(at): one.left for at, one in enumerate(rows) if one.left},
    }
    text = orjson.dumps(content).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
