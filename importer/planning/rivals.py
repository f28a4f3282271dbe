"""Rows with one key: which of them is sent, and what they say of each consent."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from importer.consents import Stance, settle_consent
from importer.field_rules import FieldRole, Origin
from importer.model import (
    PlannedField,
    RowCheck,
    comparable_keys,
)
from importer.planning.column_files import LISTED, NUMBER, ROW, TABLE, origin_column
from importer.planning.decisions import Decisions, Member
from importer.planning.repeats import repeated
from importer.run_columns import column_batches


class _Group:
    """The rows with one key, as they come: a few bytes a row, however many they are."""

    __slots__ = (
        "first",
        "last",
        "listed",
        "offered",
        "rows",
        "second",
        "stances",
        "witnesses",
        "yeses",
    )

    def __init__(self, consents: int) -> None:
        self.first: Member | None = None
        self.second: Member | None = None
        self.last: Member | None = None
        self.listed = False
        self.rows = array("q")
        self.witnesses = array("q")
        self.yeses = [array("q") for _ in range(consents)]  # of rows that are not sent
        self.offered = [array("q") for _ in range(consents)]  # the yeses of good rows
        self.stances: list[set[Stance]] = [set() for _ in range(consents)]

    def add(self, member: Member) -> None:
        self.listed |= member.listed
        if not member.good:
            self._add_witness(member)
            return
        if self.first is None:
            self.first = member
        elif self.second is None:
            self.second = member
        self.last = member
        self.rows.append(member.row)
        for known, offered, stance in zip(self.stances, self.offered, member.stances, strict=True):
            known.add(stance)
            if stance.answer == "yes":
                offered.append(member.row)

    def _add_witness(self, member: Member) -> None:
        """Take what a row says that is not sent; its defaults are nobody's answers."""
        telling = False
        for known, yeses, stance in zip(self.stances, self.yeses, member.stances, strict=True):
            if stance.said == "yes" and stance.origin is not Origin.MAPPING:
                known.add(_UNSENT)
            if stance.answer == "yes":
                yeses.append(member.row)
            elif stance.answer == "no" and stance.origin is not Origin.MAPPING:
                known.add(stance)
            else:
                continue
            telling = True
        if telling:
            self.witnesses.append(member.row)


class Rivals:
    """Decides between the good rows of a run that have one key.

    ``staged``: the file of the good rows, and of the others that count. ``verdicts``: one
    ``RowCheck`` for each row of the run. ``policy``: last, first or refuse. ``leave_out``: nothing
    is sent, but noes, for a key of which a row is on a suppression list.
    """

    def __init__(
        self,
        staged: Path,
        fields: Sequence[PlannedField],
        verdicts: NDArray[np.uint8],
        *,
        policy: str,
        consent_dates: Mapping[str, str],
        leave_out: bool,
    ) -> None:
        self._staged = staged
        self._verdicts = verdicts
        self._keys = [f for f in fields if f.role is FieldRole.KEY]
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._consent_dates = consent_dates
        self._policy = policy
        self._leave_out = leave_out

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
                if len(group.rows) + len(group.witnesses) > 1 or group.listed:
                    self._decide_group(group, decisions)
        return decisions

    def _members(
        self, hashes: NDArray[np.int64], wanted: NDArray[np.int64]
    ) -> Iterator[tuple[str, Member]]:
        """Read the good rows whose key has one of the wanted hashes."""
        dates = [self._consent_dates.get(code) for code in self._consents]
        needed = [f.code for f in self._keys] + self._consents + [d for d in dates if d]
        needed += [LISTED, *map(origin_column, self._consents)]
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
        keys = comparable_keys(columns)
        empty = [None] * batch.num_rows
        answers = [batch.column(code).to_pylist() for code in self._consents]
        given = [batch.column(date).to_pylist() if date else empty for date in dates]
        origins = [batch.column(origin_column(code)).to_pylist() for code in self._consents]
        listed = batch.column(LISTED).to_pylist()
        places = zip(*(batch.column(c).to_pylist() for c in _PLACE), strict=True)
        good = (self._verdicts[batch.column(ROW).to_numpy()] == RowCheck.GOOD).tolist()
        for i, (key, (row, table, number)) in enumerate(zip(keys, places, strict=True)):
            stances = tuple(
                Stance(answer[i], date[i], _ORIGINS[origin[i]])
                for answer, date, origin in zip(answers, given, origins, strict=True)
            )
            yield key, Member(row, table, number, good[i], listed[i], stances)

    def _decide_group(self, group: _Group, decisions: Decisions) -> None:
        """Choose one of the rows with one key (or none), and settle what they disagree about."""
        if group.first is None or group.last is None:
            self._settle_unsent(group, decisions)
            return
        if self._policy == "refuse" and group.second is not None:
            for row in group.rows:
                decisions.give_way(row, group.second if row == group.first.row else group.first)
            self._settle_unsent(group, decisions)
            return
        winner = group.last if self._policy == "last" else group.first
        for row in group.rows:
            if row != winner.row:
                decisions.give_way(row, winner)
        for index, code in enumerate(self._consents):
            self._settle(index, code, group, winner, decisions)
        if group.listed and self._leave_out:
            decisions.left_out.append(winner.row)

    def _settle_unsent(self, group: _Group, decisions: Decisions) -> None:
        """Settle what rows disagree about of which none is sent: mended alone, each says no."""
        for index, code in enumerate(self._consents):
            stances = sorted(group.stances[index], key=_order)
            if settle_consent(stances, _NOTHING).stance.answer == "no":
                yes = any(stance.said == "yes" for stance in stances)
                rows = [*group.rows, *group.yeses[index]] if yes else group.yeses[index]
                decisions.disagree(rows, code, "no")
            elif group.listed:
                decisions.withhold([*group.offered[index], *group.yeses[index]], code)

    def _settle(
        self, index: int, code: str, group: _Group, winner: Member, decisions: Decisions
    ) -> None:
        stances = sorted(group.stances[index], key=_order)
        chosen = winner.stances[index]
        settled = settle_consent(stances, chosen, listed=group.listed)
        stance = settled.stance
        if settled.changed:
            decisions.change(winner.row, code, stance.answer, stance.origin)
            if code in self._consent_dates:
                decisions.change(winner.row, self._consent_dates[code], stance.date, stance.origin)
        if settled.withheld and not self._leave_out:
            decisions.withhold([winner.row], code)
        if settled.conflict:
            decisions.disagree([*group.rows, *group.witnesses], code, stance.answer)
        elif stance.answer == "no":
            # Mended and imported again, these must not say anything else than no.
            decisions.disagree(group.yeses[index], code, "no")
            if settled.changed:
                decisions.disagree([winner.row], code, "no")
        elif group.listed:
            decisions.withhold(group.yeses[index], code)


_PLACE = (ROW, TABLE, NUMBER)
_ORIGINS = tuple(Origin)
_NOTHING = Stance(None)
_UNSENT = Stance(None, origin=Origin.WITHHELD)  # a yes that is known and never lent to a row


def _order(stance: Stance) -> tuple[str, str, int]:
    return stance.answer or "", stance.date or "", stance.origin
