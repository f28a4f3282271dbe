"""How a delimited text is written: what stands between cells, and how a cell is quoted.

Every candidate is tried on a sample. The best is the one by which most rows are equally wide and
most cells look like one value: a number, a date, an address, a few words.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.errors import UnusableInputError
from importer.sources.kinds import Kind, kind_of
from importer.tables import Certainty

# Stands for "there is no delimiter": a file of one column. No text holds this control character.
NO_DELIMITER = "\x1f"
# What else a delimiter may be, and how much less likely it is than a comma where both fit.
CANDIDATES = {
    ",": 1.0, ";": 1.0, "\t": 1.0, "|": 1.0, ", ": 0.995, "; ": 0.995, " | ": 1.0, "||": 1.0,
    "::": 0.9, "^": 0.9, "~": 0.9, "¦": 0.9, "§": 0.9, "\x01": 0.9, ":": 0.55, " ": 0.6,
}  # fmt: skip
_ROWS = 400
_CHARACTERS = 48 << 10
_AS_LIKELY = 0.9
_SEP_LINE = re.compile(r'\ufeff?"?sep=(?P<delimiter>.)"?[ \t,;]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is cut into cells.

    ``delimiter``: one character or more, or ``NO_DELIMITER``. ``quote``: the character around
    quoted cells, "" for none. ``escape``: the character before a quote inside a quoted cell; ""
    when such a quote is doubled.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""


@dataclass(frozen=True, slots=True)
class FoundDialect:
    """A dialect, how sure its delimiter is, and which delimiters are about as likely."""

    dialect: Dialect
    certainty: Certainty
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a delimiter explains a sample. ``score``: 0 to 1. ``width``: of most rows."""

    score: float
    width: int


def find_dialect(
    sample: str, *, delimiter: str | None, quote: str | None, escape: str | None
) -> FoundDialect:
    """Find what the mapping leaves out, from a text's first rows.

    ``delimiter``: "" for none. ``escape``: ``double``, ``backslash`` or ``nul``. A first line
    ``sep=;`` says the delimiter.

    Raises ``UnusableInputError`` when a given delimiter or quote can be none.
    """
    _check(delimiter, quote)
    sample = _bounded(sample)
    told = _SEP_LINE.match(sample)
    certainty, others = Certainty.LIKELY, tuple[str, ...]()
    if delimiter is not None:
        chosen, certainty = delimiter or NO_DELIMITER, Certainty.GIVEN
    elif told is not None:
        chosen, certainty = told["delimiter"], Certainty.CERTAIN
    else:
        chosen, certainty, others = _find_delimiter(sample, quote)
    if told is not None:
        sample = sample[told.end() :]
    found_quote = _find_quote(sample, chosen) if quote is None else quote
    return FoundDialect(
        Dialect(chosen, found_quote, _find_escape(sample, chosen, found_quote, escape)),
        certainty,
        others,
    )


def _check(delimiter: str | None, quote: str | None) -> None:
    if delimiter and (set(delimiter) & set('"\r\n\0') or NO_DELIMITER in delimiter):
        raise UnusableInputError(
            f'`source: {{delimiter: "{delimiter}"}}` is no delimiter: write what stands between '
            'two cells, for example ";" or tab.'
        )
    if quote and (quote not in ('"', "'") or quote == delimiter):
        raise UnusableInputError(
            f"`source: {{quote: {quote}}}` is no quote: write '\"', \"'\" or none."
        )


def is_sep_line(text: str) -> bool:
    """Tell whether a text begins with the line by which Excel is told its delimiter."""
    return _SEP_LINE.match(text) is not None


def _bounded(sample: str) -> str:
    """Keep the first rows: whole lines, as many as are needed."""
    if len(sample) <= _CHARACTERS:
        return sample
    cut = max(sample.rfind("\n", 0, _CHARACTERS), sample.rfind("\r", 0, _CHARACTERS)) + 1
    return sample[: cut or _CHARACTERS]


def _find_delimiter(sample: str, given_quote: str | None) -> tuple[str, Certainty, tuple[str, ...]]:
    fits: dict[str, _Fit] = {}
    for candidate, weight in CANDIDATES.items():
        if candidate not in sample or _is_half_of_another(candidate, sample):
            continue
        quote = _find_quote(sample, candidate) if given_quote is None else given_quote
        fit = _fit(sample, candidate, quote)
        if fit.width > 1 and fit.score:
            fits[candidate] = _Fit(fit.score * weight, fit.width)
    ranked = sorted(fits, key=lambda c: fits[c].score, reverse=True)
    if not ranked or fits[ranked[0]].score < _one_column(sample, ranked[0]):
        return NO_DELIMITER, Certainty.CERTAIN if not ranked else Certainty.LIKELY, ()
    best = ranked[0]
    close = tuple(
        c
        for c in ranked[1:]
        if fits[c].score >= fits[best].score * _AS_LIKELY
        and not (c in best or best in c)  # a comma with and without the space behind it
    )
    if close:
        return best, Certainty.DOUBTFUL, close
    return best, Certainty.LIKELY if len(ranked) > 1 else Certainty.CERTAIN, ()


def _fit(sample: str, delimiter: str, quote: str) -> _Fit:
    rows = [row for row in _rows(sample, delimiter, quote) if any(map(str.strip, row))]
    if not rows:
        return _Fit(0.0, 0)
    widths = Counter(map(len, rows))
    width = max(widths, key=lambda w: (widths[w] * (1 - 1 / w), w))
    if width < 2:
        return _Fit(0.0, 1)
    agreeing = widths[width] / len(rows)
    # Rows of one cell above and below a table are titles and notes; others are misfits.
    misfits = sum(n for w, n in widths.items() if w not in (1, width)) / len(rows)
    variety = sum((w - 1) / w * n for w, n in widths.items()) / len(rows)
    wide = [row for row in rows if len(row) > 1]
    clean = sum(_cleanness(row, delimiter) for row in wide) / sum(map(len, wide))
    if width == 2 and agreeing < 0.5:
        return _Fit(0.0, 1)  # a name with a comma in it, above a single column
    if width == 2 and delimiter in " :" and not _has_values(wide):
        return _Fit(0.0, 1)  # words
    return _Fit(variety * (0.4 + 0.6 * agreeing) * (1 - 0.5 * misfits) * clean**2, width)


def _is_half_of_another(candidate: str, sample: str) -> bool:
    double = candidate * 2
    return double in CANDIDATES and 2 * sample.count(double) >= 0.98 * sample.count(candidate)


def _one_column(sample: str, rival: str) -> float:
    """Say how well a sample reads as one column: as addresses, dates or numbers one a line.

    Numbers may hold the ``rival``, as in 1,5: their header does not.
    """
    cells = [line for line in sample.splitlines() if line.strip()][:_ROWS]
    kinds = Counter(map(kind_of, cells[1:] or cells))
    alone = sum(kinds[kind] for kind in _ALONE)
    if rival not in cells[0]:
        alone += kinds[Kind.NUMBER]
    return max(0.15, 0.99 * alone / kinds.total())


_ALONE = (Kind.EMAIL, Kind.URL, Kind.DATE, Kind.TIME)


def _cleanness(row: Sequence[str], delimiter: str) -> float:
    """Count the cells of a row that look like one value; doubtful ones count half."""
    total = 0.0
    for at, cell in enumerate(row):
        kind = kind_of(cell)
        if kind is not Kind.TEXT:
            total += 1 if at == 0 or not cell.startswith(" ") or kind is Kind.BLANK else 0.8
        elif cell.count('"') % 2:
            total += 0.1
        elif _UNLIKELY.search(cell):
            total += 0.4
        elif cell.startswith(" ") and at and delimiter != " ":
            total += 0.6
        else:
            total += 0.9
    return total


def _has_values(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether cells are something else than words."""
    kinds = Counter(kind_of(cell) for row in rows for cell in row)
    return kinds[Kind.TEXT] < 0.8 * kinds.total()


# What a cell seldom holds: other delimiters with no space behind them, and quotes at one end.
_UNLIKELY = re.compile(r"\t|\S[;|]\S|[;|]{2}|,,|[^\W\d_],[^\W\d_]|\A\s*'[^']*\Z|\S\",\"\S")


def _rows(sample: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    if len(delimiter) == 1:
        single, spaced = delimiter, False
    elif delimiter in (", ", "; "):
        single, spaced = delimiter[0], True
        if sample.count(delimiter) < 0.9 * sample.count(single):
            return iter(())
    else:
        single, spaced = NO_DELIMITER, False
        sample = sample.replace(delimiter, NO_DELIMITER)
    return itertools.islice(_csv_rows(sample, single, quote, spaced=spaced), _ROWS)


def _csv_rows(sample: str, delimiter: str, quote: str, *, spaced: bool) -> Iterator[list[str]]:
    """Read a sample with Python's csv module; line by line where a quote is never closed."""
    escape = "\\" if quote and _backslashed(sample, quote) else None
    options: dict[str, object] = {
        "delimiter": delimiter,
        "quotechar": quote or None,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "escapechar": escape,
        "skipinitialspace": spaced,
    }
    try:
        rows = list(csv.reader(io.StringIO(sample, newline=""), **options))  # type: ignore[arg-type]
    except csv.Error:
        rows = []
    if rows and not any(cell.count("\n") > _LINES_IN_CELL for row in rows for cell in row):
        return iter(rows)
    lines = io.StringIO(sample, newline=None).read().split("\n")
    return itertools.chain.from_iterable(_read_line(line, options) for line in lines if line)


_LINES_IN_CELL = 20


def _read_line(line: str, options: dict[str, object]) -> list[list[str]]:
    try:
        return list(csv.reader([line], **options))  # type: ignore[arg-type]
    except csv.Error:
        return []


def _find_quote(sample: str, delimiter: str) -> str:
    """Find the quote that encloses whole cells more often than it stands at one end only."""
    edge = re.escape(delimiter)
    enclosed: dict[str, int] = {}
    for quote in '"', "'":
        q = re.escape(quote)
        opened = len(re.findall(rf"(?:^|{edge}){q}", sample, re.MULTILINE))
        closed = len(re.findall(rf"{q}(?={edge}|\r|$)", sample, re.MULTILINE))
        enclosed[quote] = min(opened, closed)
        if quote == '"' and opened > 4 * closed + 3:
            return ""
    if enclosed["'"] > 1 and enclosed["'"] > 4 * enclosed['"']:
        return "'"
    return '"'


def _backslashed(sample: str, quote: str) -> bool:
    return f"\\{quote}" in sample


def _find_escape(sample: str, delimiter: str, quote: str, given: str | None) -> str:
    if given is not None:
        return {"double": "", "backslash": "\\", "nul": "\0"}[given]
    if not quote:
        return ""
    q, edge = re.escape(quote), re.escape(delimiter)
    if re.search(rf"\0{q}", sample):
        return "\0"
    # A quote behind a backslash that does not close the cell.
    inner = len(re.findall(rf"\\{q}(?!{edge}|[\r\n]|\Z|{q})", sample))
    inner += len(re.findall(rf"\\{q}{q}(?={edge}|[\r\n]|\Z)", sample))
    other = len(re.findall(rf"[^{q}\\]{q}{q}(?!{q})(?!{edge}|[\r\n]|\Z)", sample))
    other += len(re.findall(rf"\w{q}\w", sample))
    return "\\" if inner > other else ""
