"""How a table's columns differ from those that a mapping names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from importer.documents import folded, in_quotes, inline, joined, likeness
from importer.errors import Mistake, UnusableInputError
from importer.language import tr
from importer.mapping.document import MappedColumn, Mapping
from importer.mapping.headers import columns_needed, headers_alike, headers_meant
from importer.tables import NO_HEADER, TableDescription

_LIKE_A_RENAMING = 0.7  # of 1: more alike than two different headers usually are
_MOST_PAIRS = 40_000
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """The difference; each column stands in one of the first three.

    ``new``: of the table, named by no entry. ``missing``: needed, and not in the table.
    ``renamed``: (the mapping's, the table's) that look like one column. ``reordered``: the columns
    stand in another order, which does no harm. ``by_position``: the table has no header, so
    columns are told by their place, and where they are moved nobody can tell.
    """

    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    reordered: bool = False
    by_position: bool = False

    @property
    def lacking(self) -> int:
        """How many columns the mapping needs and does not find."""
        return len(self.missing) + len(self.renamed)

    @property
    def shortly(self) -> str:
        """What stands in the way, in few words; empty where nothing does."""
        if not self.lacking:
            return ""
        names: dict[str, list[str]] = {}
        for header, name in self.renamed:
            names.setdefault(header, []).append(in_quotes(name))
        columns = [
            tr('"{header}" (renamed {names}?)', header=header, names=joined(new, tr(" or ")))
            for header, new in names.items()
        ]
        if self.missing:
            columns.append(listed(self.missing))
        told = tr("needs {columns}", columns=joined(columns))
        if not self.new:
            return told
        return tr("{told}; does not name {columns}", told=told, columns=listed(self.new))

    def new_name(self, header: str) -> str:
        """Give the column that a missing one may have become; empty when none is like it."""
        return dict(self.renamed).get(header, "")


class DriftedError(UnusableInputError):
    """A mapping does not fit tables; ``drifts``: what is different, a table each."""

    def __init__(self, *mistakes: Mistake | str, drifts: Sequence[Drift]) -> None:
        super().__init__(*mistakes)
        self.drifts = tuple(drifts)


def drift_of(mapping: Mapping, table: TableDescription) -> Drift:
    """Compare the columns of a table with those of a mapping."""
    found = {column.header: _found(column, table) for column in mapping.columns}
    missing = {
        column.header: column.names
        for column in mapping.columns
        if column.rules and not found[column.header]
    }
    used = {header for headers in found.values() for header in headers}
    for _, name, _, _ in columns_needed(mapping):
        meant = headers_meant(name, mapping, table)
        used.update(meant)
        if not meant and not any(headers_alike(name, names) for names in missing.values()):
            missing[name] = (name,)
    new = [header for header in table.columns if header not in used]
    renamed = {} if table.header_row == NO_HEADER else _renamed(missing, new)
    places = [table.columns.index(headers[0]) for headers in found.values() if headers]
    return Drift(
        new=tuple(header for header in new if header not in renamed.values()),
        missing=tuple(header for header in missing if header not in renamed),
        renamed=tuple(renamed.items()),
        reordered=table.header_row != NO_HEADER and places != sorted(places),
        by_position=table.header_row == NO_HEADER,
    )


def _found(column: MappedColumn, table: TableDescription) -> list[str]:
    return [header for name in column.names for header in headers_alike(name, table.columns)]


def _renamed(missing: dict[str, tuple[str, ...]], new: Sequence[str]) -> dict[str, str]:
    """Pair what is missing with what is new, the likeliest pairs first."""
    if len(missing) * len(new) > _MOST_PAIRS:  # another file altogether
        return {}
    plain = {other: folded(other) for other in new}
    pairs = sorted(
        (-max(_likeness(folded(name), plain[other]) for name in names), header, other)
        for header, names in missing.items()
        for other in new
    )
    renamed: dict[str, str] = {}
    for score, header, other in pairs:
        taken = header in renamed or other in renamed.values()
        if -score >= _LIKE_A_RENAMING and not taken:
            renamed[header] = other
    return {header: renamed[header] for header in missing if header in renamed}


def _likeness(one: str, other: str) -> float:
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):  # Adresse 1 never becomes Adresse 2
        return 0.0
    return likeness(one, other)


def drift_in_words(drift: Drift, mapping: Mapping, table: TableDescription) -> list[str]:
    """Say how a table differs, in sentences; nothing where it does not."""
    told, shown = [], table.shown
    if drift.new:
        new = listed(drift.new)
        told.append(
            tr("{table}: new, and in no entry of the mapping: {columns}.", table=shown, columns=new)
        )
    if drift.missing:
        missing = listed(drift.missing)
        told.append(tr("{table}: missing, and needed: {columns}.", table=shown, columns=missing))
    for header, name in drift.renamed:
        sentence = tr(
            '{table}: renamed? "{header}" -> "{name}": {remedy}.',
            table=shown,
            header=header,
            name=name,
            remedy=alias_remedy(mapping, header, name),
        )
        told.append(sentence)
    if drift.reordered:
        sentence = tr(
            "{table}: the columns stand in another order than in the mapping. That does no "
            "harm: they are found by name.",
            table=shown,
        )
        told.append(sentence)
    if drift.by_position:
        sentence = tr(
            "{table}: there is no header, so columns are told by their place: one that is "
            "added, left out or moved is not noticed. Look at the file with importer inspect.",
            table=shown,
        )
        told.append(sentence)
    return told


def alias_remedy(mapping: Mapping, header: str, name: str) -> str:
    """Say what to write so that a column is found under another name as well."""
    column = next((one for one in mapping.columns if one.header == header), None)
    if column is None:
        return tr('write "{name}" in its place', name=name)
    if column.aliases:
        return tr('add "{name}" to its aliases', name=name)
    aliases = f"aliases: [{inline(name)}]"
    content = mapping.document.content["columns"][header]
    if isinstance(content, dict):
        return tr("add `{members}`", members=aliases)
    line = f"{inline(header)}: {{field: {inline(content)}, {aliases}}}"
    return tr("write `{line}`", line=line)


def merged(drifts: Sequence[Drift]) -> Drift:
    """Put the differences of several tables together."""
    return Drift(
        new=tuple(dict.fromkeys(one for drift in drifts for one in drift.new)),
        missing=tuple(dict.fromkeys(one for drift in drifts for one in drift.missing)),
        renamed=tuple(dict.fromkeys(one for drift in drifts for one in drift.renamed)),
        reordered=any(drift.reordered for drift in drifts),
        by_position=any(drift.by_position for drift in drifts),
    )


def listed(headers: Sequence[str]) -> str:
    """List headers in quotes; of very many, the first."""
    shown = joined(map(in_quotes, headers[:_LISTED]))
    more = len(headers) - _LISTED
    return tr("{shown} and {more} more", shown=shown, more=more) if more > 0 else shown
