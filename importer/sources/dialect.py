"""How a delimited text is written: what stands between cells, and how a cell is quoted.

Every candidate is tried on a sample. The best is the one by which most rows are equally wide and
most cells look like one value: a number, a date, an address, a few words.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.kinds import Kind, kind_of
from importer.tables import Certainty, delimiter_problem, quote_problem

# Stands for "there is no delimiter": a file of one column. No text holds this control character.
NO_DELIMITER = "\x1f"
# What else a delimiter may be, and how much less likely it is than a comma where both fit.
CANDIDATES = {
    ",": 1.0, ";": 1.0, "\t": 1.0, "|": 1.0, ", ": 0.995, "; ": 0.995, " | ": 1.0, "||": 1.0,
    "::": 0.9, "^": 0.9, "~": 0.9, "¦": 0.9, "§": 0.9, "\x01": 0.9, ":": 0.55, " ": 0.6,
}  # fmt: skip
_ROWS = 400
_CHARACTERS = 48 << 10
_AS_LIKELY = 0.9  # of the best score: then both are told
# The weights below were settled on some 1,200 public tables, each also written anew in twelve
# dialects: all but a few of two columns of numbers between colons, which read as times, are found.
_AGREEING = 0.6  # of the score: for rows that are equally wide, the rest for being cut at all
_MISFITS = 0.5  # is lost where all rows have other widths
_WORDS_ALONE = 0.15  # the score of lines of words as one column: nearly any delimiter beats it
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
    elif told is not None and told["delimiter"] in _first_line(sample[told.end() :]):
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
    for member, problem in (
        ("delimiter", delimiter_problem(delimiter) if delimiter else None),
        ("quote", quote_problem(quote, delimiter or "") if quote else None),
    ):
        if problem is not None:
            raise UnusableInputError(
                tr(
                    "`source: {{{member}: ...}}` in the mapping: {problem}.",
                    member=member,
                    problem=problem,
                )
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


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


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
    readings = _readings(sample, delimiter, quote)
    return max((_fit_of(rows, delimiter) for rows in readings), key=lambda fit: fit.score)


def _fit_of(rows: Sequence[Sequence[str]], delimiter: str) -> _Fit:
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
    return _Fit(
        variety * (1 - _AGREEING + _AGREEING * agreeing) * (1 - _MISFITS * misfits) * clean**2,
        width,
    )


def _is_half_of_another(candidate: str, sample: str) -> bool:
    double = candidate * 2
    return double in CANDIDATES and 2 * sample.count(double) >= 0.98 * sample.count(candidate)


def _one_column(sample: str, rival: str) -> float:
    """Say how well a sample reads as one column: as addresses, dates or numbers one a line.

    Numbers may hold the ``rival``, as in 1,5: their header does not.
    """
    plain = _QUOTED.sub("", sample)  # lines inside a cell are none of the file's
    cells = [line for line in plain.splitlines() if line.strip()][:_ROWS]
    if not cells:
        return _WORDS_ALONE
    lines = cells[1:] or cells
    whole = [line for line in lines if rival in " :" or rival not in line]
    kinds = Counter(map(kind_of, whole))
    alone = sum(kinds[kind] for kind in _ALONE)
    if rival not in cells[0]:
        alone += sum(kind_of(line) is Kind.NUMBER for line in lines)
    return max(_WORDS_ALONE, 0.99 * alone / len(lines))


_QUOTED = re.compile(r'(?<=[^\w\s])"[^"]*"')
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


def _readings(sample: str, delimiter: str, quote: str) -> Iterator[list[list[str]]]:
    """Give the rows of a sample, in each way that an unbalanced quote lets them be read."""
    if len(delimiter) == 1:
        single, spaced = delimiter, False
    elif delimiter in (", ", "; "):
        single, spaced = delimiter[0], True
        if not _is_spaced(sample, delimiter):
            yield []
            return
    else:
        single, spaced = NO_DELIMITER, False
        sample = sample.replace(delimiter, NO_DELIMITER)
    whole = _csv_rows([sample], single, quote, spaced=spaced)
    yield whole
    if any("\n" in cell or "\r" in cell for row in whole for cell in row):
        # The last row may be a cell that is never closed, or that the sample cuts.
        yield whole[:-1]
        yield _csv_rows(sample.splitlines(), single, quote, spaced=spaced)


def _is_spaced(sample: str, delimiter: str) -> bool:
    """Tell whether a delimiter and the space behind it go together: from the first line on."""
    single = delimiter[0]
    first = next((line for line in sample.splitlines() if single in line), "")
    return delimiter in first and sample.count(delimiter) >= 0.9 * sample.count(single)


def _csv_rows(texts: Sequence[str], delimiter: str, quote: str, *, spaced: bool) -> list[list[str]]:
    """Read texts with Python's csv module, each by itself; give the first rows with cells."""
    escaped = quote and any(_backslashed(text, quote) for text in texts)
    rows: list[list[str]] = []
    for text in texts:
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            escapechar="\\" if escaped else None,
            skipinitialspace=spaced,
        )
        with suppress(csv.Error):
            rows.extend(row for row in reader if any(map(str.strip, row)))
        if len(rows) >= _ROWS:
            break
    return rows[:_ROWS]


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
