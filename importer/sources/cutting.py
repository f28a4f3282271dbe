"""One physical line as cells.

A quote directly after a delimiter or at the start of a row opens a cell. Inside, a doubled quote
is one quote. One before a delimiter or the end of the line closes the cell; blanks may stand
between and are dropped. Any other quote is *stray*: it is kept as text.

With an escape character, escape and quote are one quote. An escape character escapes itself
directly before something special (a quote, or in an unquoted cell a delimiter or the line's end),
and a backslash does so anywhere in a quoted cell; before anything else it is text.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from importer.sources.dialect import Dialect

NONE = -1
ALL = -2
_BACKSLASH = "\\"


class Quotes(Enum):
    """How the quotes inside a quoted cell are read."""

    PLAIN = 0
    OPEN_ENDED = 1  # one at the line's end closes nothing
    UNDOUBLED = 2  # of two before a delimiter or the line's end, the first is text


class Cut(NamedTuple):
    """The cells of a line.

    ``strays``: it has a stray quote; ``opening``: one that stands where a quote opens a cell.
    ``bad``: which of its opening quotes (from 0) begins the first cell that has strays or is not
    closed, else ``NONE``. ``open``: the text so far of the last cell, which goes on in the next
    line; else None. ``goes_on``: the last unquoted cell ends with an escaped line end.
    ``demoted``: how many opening quotes were read as text. ``escaped``: some delimiter was not
    read as one because it is escaped.
    """

    cells: list[str]
    strays: bool = False
    opening: bool = False
    bad: int = NONE
    open: str | None = None
    goes_on: bool = False
    demoted: int = 0
    escaped: bool = False


class Quoted(NamedTuple):
    """What follows inside a quoted cell.

    ``end``: where the next cell begins; ``NONE``: none does. ``closed``: the cell ends in the line.
    """

    text: str
    end: int
    closed: bool
    strays: bool
    opening: bool


class Cutter:
    """Cuts lines, given without their ends, as a dialect says.

    ``escapes``: whether delimiters and line ends can be escaped, too.
    """

    def __init__(self, dialect: Dialect, *, escapes: bool = True) -> None:
        self.dialect = dialect
        self._delimiter, self._quote, self._escape = (
            dialect.delimiter,
            dialect.quote,
            dialect.escape,
        )
        cut, quote, escape = map(re.escape, (dialect.delimiter, dialect.quote, dialect.escape))
        self._whole = re.compile(
            f"{quote}([^{quote}{escape}]*+){quote}({cut}|\\Z)" if quote else ""
        )
        self._run = re.compile(f"{quote}(?:{quote}{quote})*+{quote}[ \\t]*?(?:{cut}|\\Z)")
        edge, cut_only = f"[ \\t]*?(?:(?P<cut>{cut})|\\Z)", f"[ \\t]*?(?P<cut>{cut})"
        self._marks = {
            Quotes.PLAIN: _marks(quote, escape, edge),
            Quotes.OPEN_ENDED: _marks(quote, escape, cut_only),
            Quotes.UNDOUBLED: _marks(quote, escape, edge, unless=f"(?!{_unnamed(edge)})"),
        }
        self._unquoted = _unquoted_marks(cut, quote, escape, escapes=escapes)

    def is_plain(self, line: str) -> bool:
        """Tell whether nothing but delimiters matters in a line."""
        quote, escape = self._quote, self._escape
        return not (quote and quote in line) and not (escape and escape in line)

    def cut(
        self,
        line: str,
        start: int = 0,
        *,
        demoted: int = NONE,
        alone: bool = False,
        quotes: Quotes = Quotes.PLAIN,
    ) -> Cut:
        """Cut a line from a place where a cell begins.

        ``demoted``: which opening quote is text, or ``ALL``. ``alone``: a quote that is not
        closed in the line is text, too.
        """
        cells: list[str] = []
        if not line:
            return Cut(cells)
        strays = opening = hopeless = escaped = False
        bad, count, ordinal, at = NONE, 0, NONE, start
        quote = self._quote if demoted != ALL else ""
        has_escapes = bool(self._escape) and self._escape in line
        open_ended = quotes is Quotes.OPEN_ENDED
        while at >= 0:
            if quote and line.startswith(quote, at):
                ordinal += 1
                whole = self._whole.match(line, at)
                if whole is not None and ordinal != demoted and (whole[2] or not open_ended):
                    cells.append(whole[1])
                    at = whole.end() if whole[2] else NONE
                    continue
                # Where a cell was not closed, none later is but by the quotes it begins with.
                if ordinal != demoted and not (hopeless and self._run.match(line, at) is None):
                    quoted = self.inside(line, at + 1, quotes=quotes)
                    if bad == NONE and (quoted.strays or not quoted.closed):
                        bad = ordinal
                    if quoted.closed or not alone:
                        strays = strays or quoted.strays
                        opening = opening or quoted.opening
                    if quoted.closed:
                        cells.append(quoted.text)
                        at = quoted.end
                        continue
                    if not alone:
                        return Cut(cells, strays, opening, bad, quoted.text)
                    hopeless = True
                count += 1
            if not has_escapes:
                end = line.find(self._delimiter, at)
                cells.append(line[at:end] if end >= 0 else line[at:])
                at = end + len(self._delimiter) if end >= 0 else NONE
                continue
            text, at, how = self._escaped_cell(line, at)
            cells.append(text)
            escaped = escaped or how == "char"
            if how == "end":
                return Cut(cells, goes_on=True, escaped=escaped)
        return Cut(cells, strays, opening, bad, demoted=count, escaped=escaped)

    def inside(self, line: str, start: int = 0, *, quotes: Quotes = Quotes.PLAIN) -> Quoted:
        """Read on inside a quoted cell, up to its end or the line's."""
        parts: list[str] = []
        quote, last, strays, opening = self._quote, start, False, False
        run = ended = NONE  # where quotes began that stand side by side, and where they end
        for mark in self._marks[quotes].finditer(line, start):
            at, kind = mark.start(), mark.lastgroup
            if kind == "doubled":
                parts.append(line[last:at] + self._escape * (len(mark[0]) // 2))
                last = mark.end()
                continue
            run, ended = run if at == ended else at, mark.end()
            if kind == "apostrophe":
                continue
            if kind == "stray":
                strays = True
                opening = opening or run == 0 or line.endswith(self._delimiter, start, run)
                continue
            parts.append(line[last:at])
            last = mark.end()
            escapes = len(mark[0]) - len(mark[0].lstrip(self._escape)) if self._escape else 0
            parts.append(self._escape * (escapes // 2))
            if kind == "closing":
                end = last if mark["cut"] else NONE
                return Quoted("".join(parts), end, True, strays, opening)
            parts.append(quote)
        parts.append(line[last:])
        return Quoted("".join(parts), NONE, False, strays, opening)

    def _escaped_cell(self, line: str, at: int) -> tuple[str, int, str]:
        """Give an unquoted cell, where the next one begins, and what was escaped that matters."""
        parts: list[str] = []
        last, how = at, ""
        for mark in self._unquoted.finditer(line, at):
            kind = mark.lastgroup
            parts.append(line[last : mark.start()])
            last = mark.end()
            if kind == "cut":
                return "".join(parts), last, how
            text = mark[0].lstrip(self._escape)
            parts.append(self._escape * ((len(mark[0]) - len(text)) // 2) + text)
            if kind == "end":
                return "".join(parts), NONE, "end"
            if kind == "char":
                how = "char"
        parts.append(line[last:])
        return "".join(parts), NONE, how


def _marks(quote: str, escape: str, closing: str, unless: str = "") -> re.Pattern[str]:
    """Match what is special inside a quoted cell; two quotes are no pair before ``unless``."""
    if not quote:
        return re.compile(r"(?!)")
    # An apostrophe within a word is no quote that went astray.
    stray = (
        "(?P<apostrophe>(?<=\\w)'(?=\\w))|(?P<stray>')" if quote == "'" else f"(?P<stray>{quote})"
    )
    pair = f"{quote}{quote}{unless}"
    if not escape:
        return re.compile(f"(?P<pair>{pair})|(?P<closing>{quote}{closing})|{stray}")
    pairs = f"(?<!{escape})(?:{escape}{escape})"
    doubled = f"(?P<doubled>{pairs}++)|" if escape == re.escape(_BACKSLASH) else ""
    return re.compile(
        f"(?P<escaped>{pairs}*+{escape}{quote})"
        # An even number before a quote that can neither close nor be doubled: the last one counts.
        f"|(?P<kept>{pairs}++{quote}(?!{quote}|{_unnamed(closing)}))"
        f"|(?P<pair>(?:{pairs}++)?+{pair})"
        f"|(?P<closing>(?:{pairs}++)?+{quote}{closing})"
        f"|{doubled}{stray}"
    )


def _unnamed(pattern: str) -> str:
    return pattern.replace("?P<cut>", "?:")


def _unquoted_marks(cut: str, quote: str, escape: str, *, escapes: bool) -> re.Pattern[str]:
    """Match what is special in an unquoted cell."""
    marks = [f"(?P<cut>{cut})"]
    if escape:
        pairs = f"(?<!{escape})(?:{escape}{escape})"
        if quote:
            marks.append(f"(?P<quote>{pairs}*+{escape}{quote})")
        if escapes:
            marks.append(f"(?P<char>{pairs}*+{escape}{cut})|(?P<pairs>{pairs}++(?={cut}|\\Z))")
        if escapes and not quote:
            # Where cells are quoted, a line break is: else its escape character is text.
            marks.append(f"(?P<end>{pairs}*+{escape}\\Z)")
    return re.compile("|".join(marks))
