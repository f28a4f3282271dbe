"""Rows with one key: which of them is sent, and what they say of each consent."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from importer.consents import Stance, settle_consent
from importer.model import FieldRole, PlannedField, comparable_keys

_CANDIDATES_AT_ONCE = 200_000


@dataclass(slots=True)
class Decisions:
    """Who gives way to whom, and whose consents change.

    ``overrides``: row -> field -> what is sent instead of its own value. ``conflicts``: (row,
    consent, answer that counts) of every row that disagrees, in row order.
    """

    refused: bool
    losers: array[int] = field(default_factory=lambda: array("q"))
    winner_tables: array[int] = field(default_factory=lambda: array("q"))
    winner_numbers: array[int] = field(default_factory=lambda: array("q"))
    overrides: dict[int, dict[str, str | None]] = field(default_factory=dict)
    conflicts: list[tuple[int, str, str]] = field(default_factory=list)

    def in_row_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the rows that give way, ascending, and the (table, number) of each one's winner."""
        losers = np.array(self.losers, dtype=np.int64)
        places = np.array([self.winner_tables, self.winner_numbers], dtype=np.int64).T
        order = np.argsort(losers, kind="stable")
        return losers[order], places[order]


@dataclass(frozen=True, slots=True)
class _Member:
    """A good row whose key may stand in another row too."""

    row: int
    table: int
    number: int
    stances: tuple[Stance, ...]


class _Group:
    """The rows with one key, as they come: a few bytes a row, however many they are."""

    __slots__ = ("first", "last", "rows", "second", "stances")

    def __init__(self, member: _Member) -> None:
        self.first = self.second = self.last = member
        self.rows = array("q", [member.row])
        self.stances = [{stance} for stance in member.stances]

    def add(self, member: _Member) -> None:
        if len(self.rows) == 1:
            self.second = member
        self.last = member
        self.rows.append(member.row)
        for known, stance in zip(self.stances, member.stances, strict=True):
            known.add(stance)


class Rivals:
    """Decides between the good rows of a run that have one key.

    ``good``: the staged file of the good rows. ``policy``: last, first or refuse.
    """

    def __init__(
        self,
        good: Path,
        fields: Sequence[PlannedField],
        *,
        policy: str,
        consent_dates: dict[str, str],
    ) -> None:
        self._good = good
        self._keys = [f for f in fields if f.role is FieldRole.KEY]
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._consent_dates = consent_dates
        self._policy = policy

    def decide(self, hashes: NDArray[np.int64]) -> Decisions:
        """Find the keys that stand more than once; ``hashes``: of each good row's key, in order."""
        decisions = Decisions(refused=self._policy == "refuse")
        for wanted in _repeated(hashes):
            groups: dict[str, _Group] = {}
            for key, member in self._members(hashes, wanted):
                known = groups.get(key)  # equal hashes of other keys part here
                if known is None:
                    groups[key] = _Group(member)
                else:
                    known.add(member)
            for group in groups.values():
                if len(group.rows) > 1:
                    self._decide_group(group, decisions)
        decisions.conflicts.sort(key=lambda found: found[0])
        return decisions

    def _members(
        self, hashes: NDArray[np.int64], wanted: NDArray[np.int64]
    ) -> Iterator[tuple[str, _Member]]:
        """Read the good rows whose key has one of the wanted hashes."""
        dates = [self._consent_dates.get(code) for code in self._consents]
        needed = [f.code for f in self._keys] + self._consents + [d for d in dates if d]
        start = 0
        with pq.ParquetFile(self._good) as staged:
            for batch in staged.iter_batches(
                batch_size=50_000, columns=["row", "table", "number", *dict.fromkeys(needed)]
            ):
                here = np.isin(hashes[start : start + batch.num_rows], wanted)
                start += batch.num_rows
                if here.any():
                    yield from self._members_of(batch.filter(pa.array(here)), dates)

    def _members_of(
        self, batch: pa.RecordBatch, dates: list[str | None]
    ) -> Iterator[tuple[str, _Member]]:
        columns = [batch.column(f.code).to_pylist() for f in self._keys]
        keys = comparable_keys(columns, [f.type for f in self._keys])
        empty = [None] * batch.num_rows
        answers = [batch.column(code).to_pylist() for code in self._consents]
        given = [batch.column(date).to_pylist() if date else empty for date in dates]
        places = zip(
            *(batch.column(c).to_pylist() for c in ("row", "table", "number")), strict=True
        )
        for i, (key, (row, table, number)) in enumerate(zip(keys, places, strict=True)):
            stances = tuple(
                Stance(answer[i], date[i]) for answer, date in zip(answers, given, strict=True)
            )
            yield key, _Member(row, table, number, stances)

    def _decide_group(self, group: _Group, decisions: Decisions) -> None:
        """Choose one of the rows with one key (or none), and settle what they disagree about."""
        if self._policy == "refuse":
            for row in group.rows:
                other = group.second if row == group.first.row else group.first
                _give_way(row, other, decisions)
            return
        winner = group.last if self._policy == "last" else group.first
        for row in group.rows:
            if row != winner.row:
                _give_way(row, winner, decisions)
        for index, code in enumerate(self._consents):
            stances = sorted(group.stances[index], key=_order)
            settled = settle_consent(stances, winner.stances[index])
            if settled.changed:
                override = decisions.overrides.setdefault(winner.row, {})
                override[code] = settled.stance.answer
                if code in self._consent_dates:
                    override[self._consent_dates[code]] = settled.stance.date
            if settled.conflict:
                answer = settled.stance.answer or "leave"
                decisions.conflicts.extend((row, code, answer) for row in group.rows)


def _give_way(row: int, winner: _Member, decisions: Decisions) -> None:
    decisions.losers.append(row)
    decisions.winner_tables.append(winner.table)
    decisions.winner_numbers.append(winner.number)


def _order(stance: Stance) -> tuple[str, str]:
    return stance.answer or "", stance.date or ""


def _repeated(hashes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Give the hashes that stand more than once, some hundred thousand rows at a time."""
    ordered = np.sort(hashes)
    repeats = ordered[1:] == ordered[:-1]
    found = np.unique(ordered[1:][repeats])
    if not len(found):
        return
    counts = np.searchsorted(ordered, found, "right") - np.searchsorted(ordered, found, "left")
    del ordered
    parts = int(np.ceil(counts.sum() / _CANDIDATES_AT_ONCE))
    yield from np.array_split(found, max(1, min(parts, len(found))))
