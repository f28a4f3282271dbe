"""A mapping and the table it fits: which column each entry stands for, and the renaming itself."""

from __future__ import annotations

from collections.abc import Mapping as Members
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.blanks import trimmed
from importer.field_rules import FieldRule
from importer.mapping.conditions import rows_left_out
from importer.mapping.document import MappedColumn, Mapping
from importer.mapping.drift import Drift
from importer.mapping.findings import Use, findings_of_fields
from importer.mapping.headers import headers_meant
from importer.mapping.template import FILE_NAME, RUN_DATE, Joined, Part, Recipe, Template
from importer.model import (
    Chunk,
)
from importer.tables import TableDescription


@dataclass(frozen=True, slots=True)
class BoundMapping:
    """A mapping and the table it fits.

    ``headers``: each mapped column with the table's header it stands for. ``warnings``: sentences
    about columns that go nowhere. ``drift``: how the table's columns differ from the mapping's.
    """

    mapping: Mapping
    table: TableDescription
    headers: tuple[tuple[MappedColumn, str], ...]
    rules: tuple[FieldRule, ...]
    run_date: date
    warnings: tuple[str, ...]
    drift: Drift

    def apply(self, chunk: Chunk) -> Chunk:
        """Turn a chunk of the table into a chunk of field columns.

        Values are trimmed; blank ones are missing. Rows, findings and their order stay, but for
        the findings of columns that go nowhere, and those of rows that no condition lets in.
        """
        uses = self.uses
        raw = {header: pa.array(chunk.frame[header].array) for header in uses}
        texts = {header: trimmed(column) for header, column in raw.items()}
        fields: dict[str, pa.Array] = {}
        beside: dict[str, pa.Array] = {}
        for column, header in self.headers:
            for rule in column.rules:
                fields[rule.field] = texts[header]
                if not rule.trim:
                    fields[rule.field] = pc.if_else(
                        pc.is_valid(texts[header]), raw[header], texts[header]
                    )
        filled = {header: self._without_token(column) for header, column in texts.items()}
        for made in self.mapping.made:
            fields[made.rule.field] = self._made(made.recipe, filled, len(chunk))
        for rule in self.mapping.rules:
            if rule.region_column:
                beside[rule.field] = texts[self._header_of(rule.region_column)]
        frame: pd.DataFrame = pa.table(fields).to_pandas()
        findings = findings_of_fields(chunk.findings, uses)
        for condition in self.mapping.conditions:
            header = self._header_of(condition.header)
            findings += tuple(rows_left_out(condition, header, texts[header], findings))
        return replace(chunk, frame=frame, findings=findings, beside=beside)

    @property
    def uses(self) -> dict[str, Use]:
        """What becomes of each column that is read, by its header in the table."""
        uses = {header: Use(column.rules) for column, header in self.headers}
        for made in self.mapping.made:
            for name in dict.fromkeys(made.recipe.columns):
                header = self._header_of(name)
                use = uses.get(header, Use())
                uses[header] = replace(use, made=(*use.made, made.rule))
        for rule in self.mapping.rules:
            if rule.region_column:
                header = self._header_of(rule.region_column)
                use = uses.get(header, Use())
                uses[header] = replace(use, made=(*use.made, rule))
        for condition in self.mapping.conditions:
            header = self._header_of(condition.header)
            uses[header] = replace(uses.get(header, Use()), condition=True)
        return uses

    # --- what an auditor asks of consents ------------------------------------------------------

    def headers_of(self, field: str) -> tuple[str, ...]:
        """Name the columns of the table that a field is made of; none: it is a constant."""
        return tuple(dict.fromkeys(self._header_of(name) for name in self._names_of(field)))

    def basis_headers(self, consent: str) -> tuple[str, ...]:
        """Name the columns of the table that what a consent rests on is made of."""
        basis = self.mapping.bases.get(consent)
        names = basis.template.columns if basis is not None else ()
        return tuple(dict.fromkeys(map(self._header_of, names)))

    def text_of(self, field: str, cells: Members[str, pa.Array], length: int) -> pa.Array:
        """Give the text that a field has before its check, as ``apply`` does.

        ``cells``: header -> original text, of those that ``headers_of`` names.
        """
        texts = {header: trimmed(column) for header, column in cells.items()}
        for made in self.mapping.made:
            if made.rule.field == field:
                filled = {header: self._without_token(column) for header, column in texts.items()}
                return self._made(made.recipe, filled, length)
        return texts[self.headers_of(field)[0]]

    def basis_of(self, consent: str, cells: Members[str, pa.Array], length: int) -> pa.Array:
        """Give what a consent of each row rests on; missing where nothing says it.

        ``cells``: header -> original text, of those that ``basis_headers`` names.
        """
        basis = self.mapping.bases.get(consent)
        if basis is None:
            return pa.nulls(length, pa.large_string())
        texts = {header: trimmed(column) for header, column in cells.items()}
        return self._rendered(basis.template, texts, length)

    def _names_of(self, field: str) -> Sequence[str]:
        for made in self.mapping.made:
            if made.rule.field == field:
                return made.recipe.columns
        return [h for column, h in self.headers if field in {r.field for r in column.rules}]

    def _header_of(self, name: str) -> str:
        (found,) = headers_meant(name, self.mapping, self.table)  # binding has proved it
        return found

    def _without_token(self, texts: pa.Array) -> pa.Array:
        """Take the text that erases fields for a blank: it is no part of a made one."""
        if self.mapping.clear_token is None:
            return texts
        token = pc.fill_null(pc.equal(texts, self.mapping.clear_token), False)
        return pc.if_else(token, pa.scalar(None, pa.large_string()), texts)

    def _made(self, recipe: Recipe, texts: dict[str, pa.Array], length: int) -> pa.Array:
        """Make a field for each row; blank where every column it needs is blank."""
        match recipe:
            case Template():
                return self._rendered(recipe, texts, length)
            case Joined():
                return joined([texts[self._header_of(name)] for name in recipe.columns], recipe.by)
            case Part():
                return part_of(texts[self._header_of(recipe.column)], recipe)

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
        return trimmed(whole)


def joined(columns: Sequence[pa.Array], by: str) -> pa.Array:
    """Join the texts of each row, without the blank ones; missing where all are."""
    whole = columns[0]
    for texts in columns[1:]:
        # Not the kernel's own way to skip nulls: it leaves out rows in which every text is missing.
        both = pc.binary_join_element_wise(whole, texts, _text_scalar(by))
        whole = pc.coalesce(both, whole, texts)
    return trimmed(whole)


def part_of(texts: pa.Array, part: Part) -> pa.Array:
    """Give one part of each text, cut at a plain text; missing where it has no such part."""
    pieces = pc.split_pattern(texts, pattern=part.by)
    counts = pc.fill_null(pc.list_value_length(pieces), 0).to_numpy(zero_copy_only=False)
    ends = np.cumsum(counts)
    place = part.number - 1 if part.number > 0 else part.number + counts
    there = (place >= 0) & (place < counts)
    at = pa.array(ends - counts + place, mask=~there)
    return trimmed(pc.list_flatten(pieces).take(at))


def _text_scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _file_name(shown: str) -> str:
    return shown.replace("\\", "/").rpartition("/")[2]
