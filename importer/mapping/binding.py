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
from importer.mapping.document import MadeField, MappedColumn, Mapping
from importer.mapping.template import FILE_NAME, RUN_DATE, Template
from importer.model import Chunk, FieldRule, TableDescription

# Blanks of every kind that spreadsheets and web pages leave around a value: the ASCII ones, the
# no-break ones, the typographic ones, and the marks that have no width at all.
BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u180e\u200b\u200c\u200d\u2060\ufeff"
)


@dataclass(frozen=True, slots=True)
class BoundMapping:
    """A mapping and the table it fits.

    ``columns``: for each mapped column, the table's header it stands for. ``warnings``: sentences
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

        Values are trimmed; blank ones are missing. Rows, findings and their order stay.
        """
        texts = {header: _trimmed(pa.array(chunk.frame[header].array)) for header in self._needed()}
        fields: dict[str, pa.Array] = {}
        for column, header in self.headers:
            for rule in column.rules:
                fields[rule.field] = texts[header]
        for made in self.mapping.made:
            fields[made.rule.field] = self._rendered(made.template, texts, len(chunk))
        frame: pd.DataFrame = pa.table(fields).to_pandas()
        return replace(chunk, frame=frame)

    def _needed(self) -> list[str]:
        mapped = [header for column, header in self.headers if column.rules]
        templated = [
            self._header_of(name) for made in self.mapping.made for name in made.template.columns
        ]
        return list(dict.fromkeys(mapped + templated))

    def _header_of(self, name: str) -> str:
        found = _named(name, self.mapping, self.table)
        assert found is not None  # binding has proved it
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


def _fold(header: str) -> str:
    """What two headers have in common when a person would call them the same."""
    return " ".join(unicodedata.normalize("NFC", header).casefold().split())


def _find(name: str, columns: Sequence[str]) -> str | None:
    """Find a header: as written, else without regard to case and blanks where one only fits."""
    if name in columns:
        return name
    alike = [column for column in columns if _fold(column) == _fold(name)]
    return alike[0] if len(alike) == 1 else None


def _named(name: str, mapping: Mapping, table: TableDescription) -> str | None:
    """Find the header a template means, by the table's own name or one that the mapping gives."""
    found = _find(name, table.columns)
    if found is not None:
        return found
    for column in mapping.columns:
        if any(_fold(name) == _fold(known) for known in column.names):
            for other in column.names:
                found = _find(other, table.columns)
                if found is not None:
                    return found
    return None


def bind(mapping: Mapping, table: TableDescription, *, run_date: date) -> BoundMapping:
    """Lay a mapping on a table.

    Raises:
        UnusableInputError: with every column that the table lacks or that fits twice.
    """
    mistakes: list[Mistake] = []
    headers: list[tuple[MappedColumn, str]] = []
    claimed: dict[str, str] = {}
    for column in mapping.columns:
        found = [h for h in (_find(name, table.columns) for name in column.names) if h is not None]
        found = list(dict.fromkeys(found))
        if len(found) > 1:
            listed = " and ".join(f'"{h}"' for h in found)
            mistakes.append(
                _mistake(mapping, column.header, f"{_shown(table)} has {listed}, which both fit")
            )
        elif not found:
            if column.rules:
                mistakes.append(_missing(mapping, column.header, table))
        elif found[0] in claimed:
            other = claimed[found[0]]
            mistakes.append(
                _mistake(
                    mapping,
                    column.header,
                    f'"{found[0]}" of {_shown(table)} is meant by "{other}" already',
                )
            )
        else:
            claimed[found[0]] = column.header
            headers.append((column, found[0]))
    mistakes.extend(_template_mistakes(mapping, table))
    unmapped = _unmapped(mapping, table, claimed)
    warnings: tuple[str, ...] = ()
    if unmapped and mapping.unmapped_columns != "ignore":
        listed = ", ".join(f'"{name}"' for name in unmapped)
        sentence = (
            f"{_shown(table)}: no entry of the mapping names the column"
            f"{'s' if len(unmapped) > 1 else ''} {listed}"
        )
        if mapping.unmapped_columns == "error":
            mistakes.append(
                mapping.document.mistake(
                    f"{sentence}: add them under columns:, each with a field code or ignore",
                    "unmapped_columns",
                )
            )
        else:
            warnings = (f"{sentence}; nothing of it is sent.",)
    if mistakes:
        raise UnusableInputError(*mistakes)
    rules = tuple(
        replace(rule, column=header) for column, header in headers for rule in column.rules
    ) + tuple(made.rule for made in mapping.made)
    return BoundMapping(mapping, table, tuple(headers), rules, run_date, warnings)


def _shown(table: TableDescription) -> str:
    return f"{table.file}, sheet {table.sheet}" if table.sheet else table.file


def _mistake(mapping: Mapping, header: str, sentence: str) -> Mistake:
    return mapping.document.mistake(f'column "{header}": {sentence}', "columns", header)


def _missing(mapping: Mapping, name: str, table: TableDescription) -> Mistake:
    found = ", ".join(f'"{column}"' for column in table.columns[:20])
    more = f" and {len(table.columns) - 20} more" if len(table.columns) > 20 else ""
    hint = near(name, table.columns)
    return mapping.document.mistake(
        f'column "{name}" is not in {_shown(table)}.{hint} Columns found: {found}{more}.',
        "columns",
        name,
    )


def _template_mistakes(mapping: Mapping, table: TableDescription) -> list[Mistake]:
    return [
        _template_mistake(mapping, made, name, table)
        for made in mapping.made
        for name in made.template.columns
        if _named(name, mapping, table) is None
    ]


def _template_mistake(
    mapping: Mapping, made: MadeField, name: str, table: TableDescription
) -> Mistake:
    hint = near(name, table.columns) or f" It can also be {RUN_DATE} or {FILE_NAME}."
    return mapping.document.mistake(
        f'{made.rule.field} needs the column "{name}", which is not in {_shown(table)}.{hint}',
        made.section,
        made.rule.field,
    )


def _unmapped(mapping: Mapping, table: TableDescription, claimed: dict[str, str]) -> list[str]:
    used = {_named(name, mapping, table) for made in mapping.made for name in made.template.columns}
    return [name for name in table.columns if name not in claimed and name not in used]
