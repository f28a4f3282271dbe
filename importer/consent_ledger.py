"""What an auditor asks of consents, kept of a run while its plan and its source are whole.

A line for each consent that was sent: which answer, its date, what it rests on, and the cell that
says it. ``reports.ledger`` joins them with the journal, also once plan and source are cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from importer.checking import check_column
from importer.checking.column import Context
from importer.delivery.sent import SentContacts
from importer.field_rules import FieldRole, FieldRule
from importer.files import sync_folder
from importer.journal import Journal
from importer.mapping import BoundMapping, Mapping, YesTo, bind
from importer.masks import Mask, to_mask
from importer.model import PlanSlice
from importer.planning.column_files import TEXT, ColumnFile
from importer.reports.ledger import GivenBy, noted_consents
from importer.run_columns import SLICE_ROWS, column_batches, plan_slices, planned_fields
from importer.run_folder import RunFolder
from importer.tables import TableDescription

_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),  # index of the row in the run
        ("step", pa.int32()),  # of the sending
        ("place", pa.int64()),  # the contact's position within the step
        ("consent", TEXT),
        ("value", TEXT),
        ("consent_date", TEXT),
        ("basis", TEXT),
        ("cell", TEXT),
        ("given_by", TEXT),
    ]
)
_SEVERAL_CELLS = " | "  # stands between the cells that an answer is computed of


def note_consents(
    folder: RunFolder,
    journal: Journal,
    mapping: Mapping,
    tables: Sequence[TableDescription],
    *,
    read: int,
    planned: int,
) -> None:
    """Note which consents of a run were sent so far, if its plan and its source are whole.

    ``read`` and ``planned``: how many rows and contacts these hold then. What was noted before
    stays where they are not.
    """
    if all(rule.role is not FieldRole.CONSENT for rule in mapping.rules):
        return
    if not journal.call_totals().calls:
        return
    if _length(folder.plan) != planned or _length(folder.source) != read:
        return
    place = noted_consents(folder)
    sibling = place.with_name(f".{place.name}.writing")
    lines = 0
    with ColumnFile(sibling, _SCHEMA) as writer:
        for some in _sent_consents(folder, journal, mapping, tables, planned):
            writer.write_table(some)
            lines += some.num_rows
    if lines:
        sibling.replace(place)
    else:
        sibling.unlink()
        place.unlink(missing_ok=True)
    sync_folder(place.parent)


def _length(path: Any) -> int:
    """Count the rows of a file of the run; -1: it is not there."""
    return int(pq.read_metadata(path).num_rows) if path.exists() else -1


def _sent_consents(
    folder: RunFolder,
    journal: Journal,
    mapping: Mapping,
    tables: Sequence[TableDescription],
    planned: int,
) -> Iterator[Any]:
    """Give the lines in row order; of one row, in the order of the plan's fields."""
    fields = planned_fields(folder.plan)
    consents = [field.code for field in fields if field.role is FieldRole.CONSENT]
    dates = mapping.row_rules.consent_dates
    sent = SentContacts(journal, planned)
    told = _Told(folder, mapping, tables, consents)
    for contacts in plan_slices(folder.plan, fields, 0, planned):
        step, places = sent.places(contacts)
        carried = _carried(contacts, consents, sent, journal=journal, yes_to=mapping.yes_to)
        at = np.flatnonzero(np.logical_or.reduce(list(carried.values())))
        if not len(at):
            continue
        rows = contacts.table.column(0).to_numpy()
        evidence = told.of(rows[at])
        parts = []
        for code, mask in carried.items():
            here = np.flatnonzero(mask)
            values = contacts.table.column(code).take(pa.array(here))
            among = np.searchsorted(at, here)
            parts.append(
                [
                    rows[here],
                    step[here],
                    places[here],
                    pa.repeat(pa.scalar(code, TEXT), len(here)),
                    values,
                    _dates(contacts, dates.get(code), here),
                    *evidence.of(code, among, values),
                ]
            )
        yield _in_row_order(parts)


def _dates(contacts: PlanSlice, field: str | None, at: NDArray[np.int64]) -> Any:
    """Give the dates that were sent with answers; blank where none was."""
    if field is None or field not in contacts.table.schema.names:
        return pa.repeat(pa.scalar("", TEXT), len(at))
    return pc.fill_null(contacts.table.column(field).take(pa.array(at)), "")


def _in_row_order(parts: Sequence[Sequence[Any]]) -> Any:
    columns = [
        pa.concat_arrays([pa.array(column) for column in columns])
        for columns in zip(*parts, strict=True)
    ]
    lines = pa.table(columns, schema=_SCHEMA)
    if len(parts) == 1:
        return lines
    return lines.take(pa.array(np.argsort(lines.column(0).to_numpy(), kind="stable")))


def _carried(
    contacts: PlanSlice,
    consents: Sequence[str],
    sent: SentContacts,
    *,
    journal: Journal,
    yes_to: YesTo,
) -> dict[str, Mask]:
    """Tell for each consent whose answers have left."""
    left = sent.left(contacts)
    may_say_yes = {code: left.copy() for code in consents}
    match yes_to:
        case YesTo.EVERYONE:
            pass
        case YesTo.NEW:
            step, _ = sent.places(contacts)
            for mask in may_say_yes.values():
                mask &= step == 1  # updates carry no yes
        case YesTo.UNLESS_REFUSED:
            asked = journal.asked(contacts.first, contacts.first + len(contacts))
            for position, withheld in asked.items():
                for code in withheld:
                    may_say_yes[code][position - contacts.first] = False
    return {
        code: (may_say_yes[code] & to_mask(pc.equal(contacts.table.column(code), "yes")))
        | (left & to_mask(pc.equal(contacts.table.column(code), "no")))
        for code in consents
    }


# --- what they rest on ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table says a consent; columns by their header in the table."""

    rule: FieldRule
    cells: tuple[str, ...]
    basis: tuple[str, ...]


class _Told:
    """What the rows of a run say of their consents, asked for in ascending order."""

    def __init__(
        self,
        folder: RunFolder,
        mapping: Mapping,
        tables: Sequence[TableDescription],
        consents: Sequence[str],
    ) -> None:
        run_date = date.fromisoformat(folder.settings.run_date)
        self._bound = [bind(mapping, table, run_date=run_date) for table in tables]
        self._ends = _ends_of_tables(folder, len(tables))
        self._places = [
            {
                rule.field: _Place(
                    rule, bound.headers_of(rule.field), bound.basis_headers(rule.field)
                )
                for rule in bound.rules
                if rule.field in consents
            }
            for bound in self._bound
        ]
        headers = [
            {header for place in places.values() for header in (*place.cells, *place.basis)}
            for places in self._places
        ]
        self._columns = [
            {header: f"c{table.columns.index(header)}" for header in some}
            for table, some in zip(tables, headers, strict=True)
        ]
        needed = {name for columns in self._columns for name in columns.values()}
        self._cells = _Cells(folder, sorted(needed))

    def of(self, rows: NDArray[np.int64]) -> _Evidence:
        """Look some rows up."""
        cells = self._cells.take(rows)
        cuts = np.searchsorted(rows, self._ends)
        spans: list[_Span] = []
        first = 0
        for index, end in enumerate(cuts.tolist()):
            if end > first:
                texts = {
                    header: cells.column(name).slice(first, end - first)
                    for header, name in self._columns[index].items()
                }
                spans.append(_Span(first, end, self._bound[index], self._places[index], texts))
            first = end
        return _Evidence(spans)


def _ends_of_tables(folder: RunFolder, tables: int) -> NDArray[np.int64]:
    """Give the index in the run of the row that comes after each table."""
    counts = np.zeros(tables, dtype=np.int64)
    for batch in column_batches(folder.rows, columns=["table"]):
        counts += np.bincount(batch.column(0).to_numpy(), minlength=tables)
    return np.cumsum(counts)


class _Cells:
    """The original text of some columns, asked for in ascending order of rows."""

    def __init__(self, folder: RunFolder, columns: Sequence[str]) -> None:
        self._batches = column_batches(folder.source, SLICE_ROWS, ["row", *columns])
        self._held: list[Any] = []

    def take(self, rows: NDArray[np.int64]) -> Any:
        while not self._held or _last_row(self._held[-1]) < rows[-1]:
            self._held.append(next(self._batches))
        self._held = [batch for batch in self._held if _last_row(batch) >= rows[0]]
        held = pa.concat_batches(self._held)
        self._held = self._held[-1:]
        return held.take(pa.array(np.searchsorted(held.column(0).to_numpy(), rows)))


def _last_row(batch: Any) -> int:
    last: int = batch.column(0)[-1].as_py()
    return last


@dataclass(frozen=True, slots=True)
class _Span:
    """Some rows of one table, from ``first`` up to ``end`` among those looked up."""

    first: int
    end: int
    bound: BoundMapping
    places: dict[str, _Place]
    texts: dict[str, Any]

    def of(self, consent: str, at: NDArray[np.int64], values: Any) -> tuple[Any, Any, Any]:
        """Give basis, cell and whose answer it is for some of the rows."""
        place, count = self.places[consent], len(at)
        taken = pa.array(at - self.first)
        texts = {header: self.texts[header].take(taken) for header in {*place.cells, *place.basis}}
        basis = self.bound.basis_of(consent, texts, count)
        cells = [pc.fill_null(texts[header], "") for header in place.cells]
        cell = (
            pc.binary_join_element_wise(*cells, pa.scalar(_SEVERAL_CELLS, TEXT))
            if cells
            else pa.repeat(pa.scalar("", TEXT), count)
        )
        said = self.bound.text_of(consent, texts, count)
        return pc.fill_null(basis, ""), cell, _given_by(place.rule, said, values)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What rows that were looked up say; each table's stand together."""

    spans: Sequence[_Span]

    def of(self, consent: str, at: NDArray[np.int64], values: Any) -> list[Any]:
        """Give basis, cell and whose answer it is; ``at``: which of the rows, ascending."""
        parts = []
        for span in self.spans:
            low, high = np.searchsorted(at, [span.first, span.end]).tolist()
            parts.append(span.of(consent, at[low:high], values.slice(low, high - low)))
        return [pa.concat_arrays(columns) for columns in zip(*parts, strict=True)]


def _given_by(rule: FieldRule, said: Any, values: Any) -> Any:
    """Tell whose answers are sent; ``said``: what the rows say, before the check."""
    answers = check_column(said, rule, Context()).texts
    same = to_mask(pc.equal(answers, values))
    made = np.full(len(same), rule.constant) | to_mask(pc.is_null(said))
    told = np.where(same, np.where(made, _BY_MAPPING, _BY_ROW), _BY_OTHER_ROW)
    return pa.array(list(GivenBy), TEXT).take(pa.array(told))


_BY_ROW, _BY_MAPPING, _BY_OTHER_ROW = (
    list(GivenBy).index(one) for one in (GivenBy.ROW, GivenBy.MAPPING, GivenBy.OTHER_ROW)
)
