"""A mapping laid on one table: which column is meant by each entry, and the renaming itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.documents import near
from importer.errors import Mistake, UnusableInputError
from importer.mapping.document import MappedColumn, Mapping
from importer.mapping.findings import Use, findings_of_fields
from importer.mapping.template import FILE_NAME, RUN_DATE, Template
from importer.model import Chunk, FieldRule
from importer.tables import TableDescription

# Blanks of every kind that spreadsheets and web pages leave around a value: the ASCII ones, the
# no-break ones, the typographic ones, and the marks that have no width at all.
WIDTHLESS = "\u180e\u200b\u200c\u200d\u2060\ufeff"
BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000" + WIDTHLESS
)


@dataclass(frozen=True, slots=True)
class BoundMapping:
    """A mapping and the table it fits.

    ``headers``: each mapped column with the table's header it stands for. ``warnings``: sentences
    about columns that go nowhere.
    """

    mapping: Mapping
    table: TableDescription
    headers: tuple[tuple[MappedColumn, str], ...]
    rules: tuple[FieldRule, ...]
    run_date: date
    warnings: tuple[str, ...]

    def apply(self, chunk: Chunk) -> Chunk:
        """Turn a chunk of the table into a chunk of field columns.

        Values are trimmed; blank ones are missing. Rows, findings and their order stay, but for
        the findings of columns that go nowhere.
        """
        uses = self.uses
        texts = {header: _trimmed(pa.array(chunk.frame[header].array)) for header in uses}
        fields: dict[str, pa.Array] = {}
        for column, header in self.headers:
            for rule in column.rules:
                fields[rule.field] = texts[header]
        for made in self.mapping.made:
            fields[made.rule.field] = self._rendered(made.template, texts, len(chunk))
        frame: pd.DataFrame = pa.table(fields).to_pandas()
        return replace(chunk, frame=frame, findings=findings_of_fields(chunk.findings, uses))

    @property
    def uses(self) -> dict[str, Use]:
        """What becomes of each column that is read, by its header in the table."""
        uses = {header: Use(column.rules) for column, header in self.headers}
        for made in self.mapping.made:
            for name in dict.fromkeys(made.template.columns):
                header = self._header_of(name)
                use = uses.get(header, Use())
                uses[header] = replace(use, made=(*use.made, made.rule))
        return uses

    def _header_of(self, name: str) -> str:
        (found,) = _meant(name, self.mapping, self.table)  # binding has proved it
        return found

    def _rendered(self, template: Template, texts: dict[str, pa.Array], length: int) -> pa.Array:
        """Fill a template for each row; blank where every column it names is blank."""
        pieces = []
        for text, name in template.pieces:
            if name == RUN_DATE:
                pieces.append(_text_scalar(self.run_date.isoformat()))
            elif name == FILE_NAME:
                pieces.append(_text_scalar(_file_name(self.table.file)))
            elif name:
                pieces.append(pc.fill_null(texts[self._header_of(name)], ""))
            else:
                pieces.append(_text_scalar(text))
        if not pieces:
            return pa.nulls(length, pa.large_string())
        if template.columns:
            whole = pc.binary_join_element_wise(*pieces, _text_scalar(""))
            whole = pc.replace_substring_regex(whole, pattern=" {2,}", replacement=" ")
            filled = [pc.is_valid(texts[self._header_of(name)]) for name in template.columns]
            anything = filled[0]
            for one in filled[1:]:
                anything = pc.or_(anything, one)
            whole = pc.if_else(anything, whole, pa.scalar(None, pa.large_string()))
        else:
            whole = pa.repeat(_text_scalar("".join(piece.as_py() for piece in pieces)), length)
        return _trimmed(whole)


def _text_scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _trimmed(texts: pa.Array) -> pa.Array:
    """Take blanks of every kind off both ends; what is blank then is missing."""
    trimmed = pc.utf8_trim(texts, characters=BLANKS)
    blank = pc.equal(pc.binary_length(trimmed), 0)
    result = pc.if_else(blank, pa.scalar(None, pa.large_string()), trimmed)
    return result.combine_chunks() if isinstance(result, pa.ChunkedArray) else result


def _file_name(shown: str) -> str:
    return shown.replace("\\", "/").rpartition("/")[2]


_TO_SPACES = str.maketrans(dict.fromkeys(BLANKS, " ") | dict.fromkeys(WIDTHLESS))


def _fold(header: str) -> str:
    """What two headers have in common when a person would call them the same."""
    plain = unicodedata.normalize("NFC", header).casefold().translate(_TO_SPACES)
    return " ".join(plain.split())


def _alike(name: str, columns: Sequence[str]) -> list[str]:
    """Find the headers a name may mean: as written, else without regard to case and blanks."""
    if name in columns:
        return [name]
    return [column for column in columns if _fold(column) == _fold(name)]


def _meant(name: str, mapping: Mapping, table: TableDescription) -> list[str]:
    """Find the headers a template may mean, by the table's own names or those of the mapping."""
    found = _alike(name, table.columns)
    if not found:
        for column in mapping.columns:
            if any(_fold(name) == _fold(known) for known in column.names):
                found += [h for other in column.names for h in _alike(other, table.columns)]
    return list(dict.fromkeys(found))


def bind(mapping: Mapping, table: TableDescription, *, run_date: date) -> BoundMapping:
    """Lay a mapping on a table.

    Raises:
        UnusableInputError: with every column that the table lacks or that fits twice.
    """
    mistakes: list[Mistake] = []
    headers: list[tuple[MappedColumn, str]] = []
    claimed: dict[str, str] = {}
    for column in mapping.columns:
        found = list(dict.fromkeys(h for name in column.names for h in _alike(name, table.columns)))
        problem = _problem(column, found, claimed, table) if column.rules else ""
        if column.rules and not problem and _stands_twice(found[0], mapping, table):
            problem = (
                f'column "{column.header}": several columns of {table.shown} are named '
                f'"{found[0]}": rename one of them in the file, or give "{found[0]} (2)" an entry '
                "of its own"
            )
        if problem:
            mistakes.append(mapping.document.mistake(problem, "columns", column.header))
        elif column.rules:
            headers.append((column, found[0]))
        for header in found:
            claimed.setdefault(header, column.header)
    mistakes += _template_mistakes(mapping, table)
    unmapped = _unmapped(mapping, table, claimed)
    if unmapped and mapping.unmapped_columns == "error":
        remedy = f"{unmapped}: add it under columns:, with a field code or ignore"
        mistakes.append(mapping.document.mistake(remedy, "unmapped_columns"))
    if mistakes:
        raise UnusableInputError(*mistakes)
    warned = unmapped and mapping.unmapped_columns == "warn"
    warnings = (f"{unmapped}; nothing of it is sent.",) if warned else ()
    rules = tuple(
        replace(rule, column=header) for column, header in headers for rule in column.rules
    ) + tuple(made.rule for made in mapping.made)
    return BoundMapping(mapping, table, tuple(headers), rules, run_date, warnings)


def _problem(
    column: MappedColumn, found: Sequence[str], claimed: dict[str, str], table: TableDescription
) -> str:
    """Say why a column of the mapping stands for no column of the table, or for no single one."""
    name = column.header
    if not found:
        listed = ", ".join(f'"{header}"' for header in table.columns[:20])
        more = f" and {len(table.columns) - 20} more" if len(table.columns) > 20 else ""
        return f'column "{name}" {_lacking(name, table)} Columns found: {listed}{more}.'
    if len(found) > 1:
        return f'column "{name}": {_several_fit(found, table)}'
    if found[0] in claimed:
        other = claimed[found[0]]
        return (
            f'column "{name}": "{found[0]}" of {table.shown} is meant by "{other}" already: '
            "keep one of the two"
        )
    return ""


def _stands_twice(header: str, mapping: Mapping, table: TableDescription) -> bool:
    """Tell whether a header names several columns, and the mapping does not tell them apart."""
    named = {name for column in mapping.columns for name in column.names}
    return header in table.repeated and f"{header} (2)" not in named


def _lacking(name: str, table: TableDescription) -> str:
    return f"is not in {table.shown}.{near(name, table.columns)}"


def _several_fit(headers: Sequence[str], table: TableDescription) -> str:
    listed = " and ".join(f'"{header}"' for header in headers)
    return f"{table.shown} has {listed}, and each fits: rename one of them in the file"


def _template_mistakes(mapping: Mapping, table: TableDescription) -> list[Mistake]:
    mistakes = []
    for made in mapping.made:
        for name in dict.fromkeys(made.template.columns):
            found = _meant(name, mapping, table)
            if len(found) != 1:
                code = made.rule.field
                problem = f": {_several_fit(found, table)}"
                if not found:
                    problem = f", which {_lacking(name, table)}"
                    problem += f" A name can also be {RUN_DATE} or {FILE_NAME}."
                mistakes.append(
                    mapping.document.mistake(
                        f'{code} needs the column "{name}"{problem}', made.section, code
                    )
                )
    return mistakes


def _unmapped(mapping: Mapping, table: TableDescription, claimed: dict[str, str]) -> str:
    """Say which columns of the table go nowhere; empty when all go somewhere."""
    used = {
        header
        for made in mapping.made
        for name in made.template.columns
        for header in _meant(name, mapping, table)
    }
    names = [f'"{name}"' for name in table.columns if name not in claimed and name not in used]
    if not names:
        return ""
    plural = "s" if len(names) > 1 else ""
    listed = ", ".join(names)
    return f"{table.shown}: no entry of the mapping names the column{plural} {listed}"
