"""Rows with one key: which of them is sent, and what they say of each consent."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from importer.consents import Stance, settle_consent
from importer.model import FieldRole, PlannedField, RowCheck, comparable_keys
from importer.planning.repeats import repeated
from importer.run_folder import column_batches

ANSWERS = ("leave", "yes", "no")


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Every row, ascending, that disagrees about a consent, and the answer that counts.

    ``consents``: indices into ``fields``. ``answers``: indices into ``ANSWERS``.
    """

    fields: tuple[str, ...]
    rows: NDArray[np.int64]
    consents: NDArray[np.int16]
    answers: NDArray[np.int8]


@dataclass(slots=True)
class Decisions:
    """Who gives way to whom, and whose consents change; a few bytes for each row concerned.

    ``changed_*``: what is sent of a chosen row's consents (indices into ``fields``) instead of its
    own. ``conflict_*``: every row that disagrees about a consent, and the answer that counts.
    """

    refused: bool
    losers: array[int] = field(default_factory=lambda: array("q"))
    winner_tables: array[int] = field(default_factory=lambda: array("q"))
    winner_numbers: array[int] = field(default_factory=lambda: array("q"))
    changed_rows: array[int] = field(default_factory=lambda: array("q"))
    changed_fields: array[int] = field(default_factory=lambda: array("h"))
    changed_texts: list[str | None] = field(default_factory=list)
    conflict_rows: array[int] = field(default_factory=lambda: array("q"))
    conflict_consents: array[int] = field(default_factory=lambda: array("h"))
    conflict_answers: array[int] = field(default_factory=lambda: array("b"))
    fields: tuple[str, ...] = ()

    def give_way(self, row: int, winner: Member) -> None:
        """Note that a row is a duplicate of a chosen one."""
        self.losers.append(row)
        self.winner_tables.append(winner.table)
        self.winner_numbers.append(winner.number)

    def change(self, row: int, code: str, text: str | None) -> None:
        """Note what is sent of a chosen row instead of its own value."""
        self.changed_rows.append(row)
        self.changed_fields.append(self.fields.index(code))
        self.changed_texts.append(text)

    def disagree(self, rows: Iterable[int], code: str, answer: str | None) -> None:
        """Note which rows disagree about a consent, and which answer counts."""
        for row in rows:
            self.conflict_rows.append(row)
            self.conflict_consents.append(self.fields.index(code))
            self.conflict_answers.append(ANSWERS.index(answer or "leave"))

    def in_row_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the rows that give way, ascending, and the (table, number) of each one's winner."""
        losers = np.array(self.losers, dtype=np.int64)
        places = np.array([self.winner_tables, self.winner_numbers], dtype=np.int64).T
        order = np.argsort(losers, kind="stable")
        return losers[order], places[order]

    def changes(self) -> Iterator[tuple[str, NDArray[np.int64], Sequence[str | None]]]:
        """Give for each field the rows that change, ascending, and their new texts."""
        rows = np.array(self.changed_rows, dtype=np.int64)
        fields = np.array(self.changed_fields, dtype=np.int16)
        for index, code in enumerate(self.fields):
            here = np.flatnonzero(fields == index)
            here = here[np.argsort(rows[here], kind="stable")]
            if len(here):
                yield code, rows[here], [self.changed_texts[i] for i in here]

    def conflicts(self) -> Conflicts:
        """Give the rows that disagree about consents."""
        rows = np.array(self.conflict_rows, dtype=np.int64)
        order = np.argsort(rows, kind="stable")
        return Conflicts(
            self.fields,
            rows[order],
            np.array(self.conflict_consents, dtype=np.int16)[order],
            np.array(self.conflict_answers, dtype=np.int8)[order],
        )


@dataclass(frozen=True, slots=True)
class Member:
    """A row whose key may stand in another row too.

    ``good``: it may be sent. An invalid row is none of the rivals, but its noes count.
    """

    row: int
    table: int
    number: int
    good: bool
    stances: tuple[Stance, ...]


class _Group:
    """The rows with one key, as they come: a few bytes a row, however many they are."""

    __slots__ = ("first", "last", "rows", "second", "stances", "witnesses", "yeses")

    def __init__(self, consents: int) -> None:
        self.first: Member | None = None
        self.second: Member | None = None
        self.last: Member | None = None
        self.rows = array("q")
        self.witnesses = array("q")
        self.yeses = [array("q") for _ in range(consents)]  # of invalid rows
        self.stances: list[set[Stance]] = [set() for _ in range(consents)]

    def add(self, member: Member) -> None:
        if not member.good:
            if all(stance.answer is None for stance in member.stances):
                return
            self.witnesses.append(member.row)
            for known, yeses, stance in zip(self.stances, self.yeses, member.stances, strict=True):
                if stance.answer == "no":
                    known.add(stance)
                elif stance.answer == "yes":
                    yeses.append(member.row)
            return
        if self.first is None:
            self.first = member
        elif self.second is None:
            self.second = member
        self.last = member
        self.rows.append(member.row)
        for known, stance in zip(self.stances, member.stances, strict=True):
            known.add(stance)


class Rivals:
    """Decides between the good rows of a run that have one key.

    ``staged``: the file of the good rows, and of the invalid ones that answer. ``verdicts``: one
    ``RowCheck`` for each row of the run. ``policy``: last, first or refuse.
    """

    def __init__(
        self,
        staged: Path,
        fields: Sequence[PlannedField],
        verdicts: NDArray[np.uint8],
        *,
        policy: str,
        consent_dates: Mapping[str, str],
    ) -> None:
        self._staged = staged
        self._verdicts = verdicts
        self._keys = [f for f in fields if f.role is FieldRole.KEY]
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._consent_dates = consent_dates
        self._policy = policy

    def decide(self, hashes: NDArray[np.int64]) -> Decisions:
        """Find the keys that stand more than once; ``hashes``: of each good row's key, in order."""
        dates = tuple(self._consent_dates.values())
        decisions = Decisions(refused=self._policy == "refuse", fields=(*self._consents, *dates))
        for wanted in repeated(hashes):
            groups: dict[str, _Group] = {}
            for key, member in self._members(hashes, wanted):
                if key not in groups:  # equal hashes of other keys part here
                    groups[key] = _Group(len(self._consents))
                groups[key].add(member)
            for group in groups.values():
                if len(group.rows) + len(group.witnesses) > 1:
                    self._decide_group(group, decisions)
        return decisions

    def _members(
        self, hashes: NDArray[np.int64], wanted: NDArray[np.int64]
    ) -> Iterator[tuple[str, Member]]:
        """Read the good rows whose key has one of the wanted hashes."""
        dates = [self._consent_dates.get(code) for code in self._consents]
        needed = [f.code for f in self._keys] + self._consents + [d for d in dates if d]
        start = 0
        for batch in column_batches(self._staged, columns=[*_PLACE, *dict.fromkeys(needed)]):
            here = np.isin(hashes[start : start + batch.num_rows], wanted)
            start += batch.num_rows
            if here.any():
                yield from self._members_of(batch.filter(pa.array(here)), dates)

    def _members_of(
        self, batch: pa.RecordBatch, dates: list[str | None]
    ) -> Iterator[tuple[str, Member]]:
        columns = [batch.column(f.code).to_pylist() for f in self._keys]
        keys = comparable_keys(columns, [f.type for f in self._keys])
        empty = [None] * batch.num_rows
        answers = [batch.column(code).to_pylist() for code in self._consents]
        given = [batch.column(date).to_pylist() if date else empty for date in dates]
        places = zip(*(batch.column(c).to_pylist() for c in _PLACE), strict=True)
        good = (self._verdicts[batch.column("row").to_numpy()] == RowCheck.GOOD).tolist()
        for i, (key, (row, table, number)) in enumerate(zip(keys, places, strict=True)):
            stances = tuple(
                Stance(answer[i], date[i]) for answer, date in zip(answers, given, strict=True)
            )
            yield key, Member(row, table, number, good[i], stances)

    def _decide_group(self, group: _Group, decisions: Decisions) -> None:
        """Choose one of the rows with one key (or none), and settle what they disagree about."""
        if group.first is None or group.last is None:
            return
        if self._policy == "refuse" and group.second is not None:
            for row in group.rows:
                decisions.give_way(row, group.second if row == group.first.row else group.first)
            return
        winner = group.last if self._policy == "last" else group.first
        for row in group.rows:
            if row != winner.row:
                decisions.give_way(row, winner)
        for index, code in enumerate(self._consents):
            stances = sorted(group.stances[index], key=_order)
            settled = settle_consent(stances, winner.stances[index])
            if settled.changed:
                decisions.change(winner.row, code, settled.stance.answer)
                if code in self._consent_dates:
                    decisions.change(winner.row, self._consent_dates[code], settled.stance.date)
            if settled.conflict:
                decisions.disagree([*group.rows, *group.witnesses], code, settled.stance.answer)
            elif settled.stance.answer == "no":
                # Mended and imported again, these must not say anything else than no.
                decisions.disagree(group.yeses[index], code, "no")
                if settled.changed:
                    decisions.disagree([winner.row], code, "no")


_PLACE = ("row", "table", "number")


def _order(stance: Stance) -> tuple[str, str]:
    return stance.answer or "", stance.date or ""
