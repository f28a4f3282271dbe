"""A mapping kept as a sheet: one row for each column of the file, written out as YAML.

Two columns are enough, a header of the file and the code of its field. With a row of titles (see
``sheet_titles``) there may be a column for each option of a mapping's ``columns:``, one for
remarks, and one for constants: a row that names no column of the file says what every contact
gets. What a sheet cannot say (computed fields, conditions, rules, the sections about files and
writing) is added to the YAML.
"""

from __future__ import annotations

from collections.abc import Mapping as Members
from collections.abc import Sequence
from dataclasses import dataclass

from importer.documents import Writable, comment, joined, member, parse_document, quoted
from importer.errors import Mistake, UnusableInputError
from importer.language import mark, tr
from importer.mapping.code_hints import Grammar
from importer.mapping.made_fields import IGNORE
from importer.mapping.resolving import resolve_mapping
from importer.mapping.sheet_cells import looks_like_pair, members_of
from importer.mapping.sheet_titles import (
    COLUMN,
    COMMENT,
    CONSTANT,
    FIELD,
    are_titles,
    listed_titles,
    read_titles,
)

_IGNORED = frozenset({IGNORE, "ignorer", "ignored", "ignoré"})
_PAIRS = frozenset({"values", "replace"})
_CONSTANTS = frozenset({"", "(constant)", "(constante)"})
_EVERYONE = member("consent", {"yes_to": "everyone"})
_WIDEST = 32
_NO_BEGINNING = mark(
    "this is neither a row of titles, such as column and field, nor a header of the file with the "
    "code of its field beside it. Titles are: {titles}."
)
_FIRST_ROWS = 10
"""Among so many the row of titles is looked for; what stands above it is no part of the mapping."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the sheet: its number, as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that was understood: an entry of ``columns`` or ``constants``."""

    row: int
    section: str
    name: str
    value: Writable
    remark: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A mapping written as YAML. ``open_question``: what a person must write into it; or empty."""

    name: str
    text: str
    open_question: str


def convert(
    rows: Sequence[SheetRow],
    grammars: Members[str, Grammar],
    *,
    shown: str,
    name: str,
    target: str,
    table_id: str | None = None,
) -> Converted:
    """Write a sheet's rows as a mapping, and read it back.

    ``shown``: the sheet's name in messages. Who may be set to yes is never guessed: where it must
    be written, the line stands there as a comment.

    Raises:
        UnusableInputError: with every mistake at once, each with its row.
    """
    sheet = _Sheet(shown, grammars[target])
    entries = sheet.entries(rows)
    settings: dict[str, Writable] = {"name": name, "target": target}
    if table_id is not None:
        settings["table_id"] = table_id
    lines = list(_lines(entries, settings, shown))
    sheet.add_mistakes(lines, grammars, consent=_EVERYONE)
    if sheet.mistakes:
        raise UnusableInputError(*sorted(sheet.mistakes, key=lambda mistake: mistake.place))
    question = _open_question(lines, grammars)
    if question:
        open_line = tr("To be settled: {question}.", question=question)
        lines += [(line, None) for line in ("", *comment(open_line))]
        lines += [(f"# {_EVERYONE}", None)]
    return Converted(name, "".join(f"{line}\n" for line, _ in lines), question)


class _Sheet:
    """Reads rows, and collects what is wrong with them."""

    def __init__(self, shown: str, grammar: Grammar) -> None:
        self._shown = shown
        self._grammar = grammar
        self._owners: dict[tuple[str, str], int] = {}
        self.mistakes: list[Mistake] = []

    def entries(self, rows: Sequence[SheetRow]) -> list[_Entry]:
        """Turn rows into entries; blank rows are passed over."""
        trimmed = [SheetRow(row.number, tuple(cell.strip() for cell in row.cells)) for row in rows]
        filled = [row for row in trimmed if any(row.cells)]
        if not filled:
            self.mistakes.append(Mistake(tr("the sheet is empty"), self._shown))
            return []
        tops = (at for at, row in enumerate(filled[:_FIRST_ROWS]) if are_titles(row.cells))
        if len(filled[0].cells) > 1 and self._is_code(filled[0].cells[1]):
            meant, below = {0: COLUMN, 1: FIELD}, filled
        elif (top := next(tops, None)) is not None:
            meant, below = self._titles(filled[top]), filled[top + 1 :]
        else:
            self._say(tr(_NO_BEGINNING, titles=listed_titles()), filled[0].number)
            return []
        found = [self._entry(row, meant) for row in below]
        return [entry for entry in found if entry is not None]

    def _say(self, message: str, row: int) -> None:
        self.mistakes.append(Mistake(message, self._shown, row=row))

    def _titles(self, first: SheetRow) -> dict[int, str]:
        titles, wrong = read_titles(first.cells)
        for message in wrong:
            self._say(message, first.number)
        return titles

    def _is_code(self, text: str) -> bool:
        if text.casefold() in _IGNORED:
            return True
        try:
            self._grammar.fact(text)
        except ValueError:
            return False
        return True

    def _entry(self, row: SheetRow, meant: dict[int, str]) -> _Entry | None:
        if self._is_cut(row, meant):
            return None
        cells = {name: row.cells[place] for place, name in meant.items() if place < len(row.cells)}
        filled = {name: cell for name, cell in cells.items() if name and cell}
        remark = filled.pop(COMMENT, "")
        header = filled.pop(COLUMN, "")
        if not filled and not header:
            return None
        if header.casefold() in _CONSTANTS:
            return self._constant(row, filled, remark)
        if CONSTANT in filled:
            sentence = tr(
                'a constant belongs to no column: leave the cell "{header}" blank, or this one',
                header=header,
            )
            self._say(sentence, row.number)
            return None
        return self._column(row, header, filled, remark)

    def _is_cut(self, row: SheetRow, meant: dict[int, str]) -> bool:
        """Refuse a row of which a cell was cut in two: its rest stands in the wrong column."""
        for place, cell in enumerate(row.cells):
            last = meant.get(place - 1, "")
            if last in _PAIRS and row.cells[place - 1] and looks_like_pair(cell):
                sentence = tr(
                    '"{cell}" stands beside `{title}` and looks like a part of it: put the whole '
                    "cell in quotes, or write commas between: {whole}",
                    cell=cell,
                    title=last,
                    whole=f"{row.cells[place - 1]}, {cell}",
                )
                self._say(sentence, row.number)
                return True
            if cell and place not in meant:
                sentence = tr(
                    '"{cell}" stands in a column without a title: give it one; or, if it belongs '
                    "to the cell before it, put the two in quotes as one",
                    cell=cell,
                )
                self._say(sentence, row.number)
                return True
        return False

    def _column(
        self, row: SheetRow, header: str, cells: dict[str, str], remark: str
    ) -> _Entry | None:
        if not self._is_first("columns", header, row.number):
            return None
        if FIELD not in cells:
            sentence = tr(
                '"{header}" has no field: write its code, or {ignore} to leave the column out',
                header=header,
                ignore=IGNORE,
            )
            self._say(sentence, row.number)
            return None
        if cells[FIELD].casefold() in _IGNORED:
            return _Entry(row.number, "columns", header, IGNORE, remark)
        members = members_of(cells, lambda message: self._say(message, row.number))
        short = members.keys() == {FIELD} and isinstance(members[FIELD], str)
        return _Entry(row.number, "columns", header, members[FIELD] if short else members, remark)

    def _constant(self, row: SheetRow, cells: dict[str, str], remark: str) -> _Entry | None:
        """Read a row that names no column of the file."""
        code = cells.pop(FIELD, "")
        if not code or CONSTANT not in cells:
            sentence = tr(
                "the row names no column of the file, and a constant needs a field and its text "
                "under the title {title}",
                title=CONSTANT,
            )
            self._say(sentence, row.number)
            return None
        if not self._is_first("constants", code, row.number):
            return None
        text = cells.pop(CONSTANT)
        members = members_of(cells, lambda message: self._say(message, row.number))
        value: Writable = {"value": text, **members} if members else text
        return _Entry(row.number, "constants", code, value, remark)

    def _is_first(self, section: str, name: str, row: int) -> bool:
        first = self._owners.setdefault((section, name), row)
        if first != row:
            sentence = tr(
                '"{name}" stands here a second time (first in row {row}): keep one row, and '
                "name several fields in it as f_A; f_B",
                name=name,
                row=first,
            )
            self._say(sentence, row)
        return first == row

    def add_mistakes(
        self,
        lines: Sequence[tuple[str, int | None]],
        grammars: Members[str, Grammar],
        *,
        consent: str,
    ) -> None:
        """Add what is wrong with the mapping, unless it follows from what is said already."""
        wrong_rows = {mistake.row for mistake in self.mistakes}
        for mistake in _mistakes(lines, grammars, consent):
            row = lines[mistake.line - 1][1] if mistake.line else None
            if row not in wrong_rows and (row is not None or not wrong_rows):
                self.mistakes.append(Mistake(mistake.message, self._shown, row=row))


def _lines(
    entries: Sequence[_Entry], settings: Members[str, Writable], shown: str
) -> list[tuple[str, int | None]]:
    """Write the mapping's lines, each with the row it comes from."""
    origin = tr("Written from {sheet} by importer mapping convert.", sheet=shown)
    lines: list[tuple[str, int | None]] = [(line, None) for line in comment(origin)]
    lines += [(member(name, value), None) for name, value in settings.items()]
    for section in ("columns", "constants"):
        written = [entry for entry in entries if entry.section == section]
        if not written:
            lines += [("columns: {}", None)] if section == "columns" else []
            continue
        lines.append((f"{section}:", None))
        widths = [len(quoted(entry.name)) + 1 for entry in written]
        pad = max([width for width in widths if width <= _WIDEST], default=0)
        for entry in written:
            text = member(entry.name, entry.value, indent=2, pad=pad)
            remark = comment(entry.remark, indent=2) if entry.remark else ()
            lines += [(line, entry.row) for line in (*remark, *text.split("\n"))]
    return lines


def _mistakes(
    lines: Sequence[tuple[str, int | None]], grammars: Members[str, Grammar], consent: str
) -> tuple[Mistake, ...]:
    text = "".join(f"{line}\n" for line in [*(line for line, _ in lines), consent])
    try:
        resolve_mapping(parse_document(text, ""), grammars)
    except UnusableInputError as error:
        return error.mistakes
    return ()


def _open_question(lines: Sequence[tuple[str, int | None]], grammars: Members[str, Grammar]) -> str:
    """Give the sentence of who may be set to yes, where it must be written."""
    return joined((mistake.message for mistake in _mistakes(lines, grammars, "")), tr("; "))
