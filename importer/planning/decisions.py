"""What is decided of rows with one key: who gives way, what changes, what is withheld."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from importer.consents import Stance
from importer.field_rules import Origin

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


@dataclass(frozen=True, slots=True)
class Change:
    """The chosen rows, ascending, of which another text is sent of one field, and whose it is."""

    field: str
    rows: NDArray[np.int64]
    texts: Sequence[str | None]
    origins: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is taken from chosen rows since a row of their key is on a suppression list.

    ``rows``: ascending. ``fields``: of each, the index of the consent that loses its yes.
    ``left_out``: rows, ascending, of which nothing is sent but their noes.
    """

    rows: NDArray[np.int64]
    fields: NDArray[np.int16]
    left_out: NDArray[np.int64]


@dataclass(slots=True)
class Decisions:
    """Who gives way to whom, and whose consents change; a few bytes for each row concerned.

    ``changed_*``: what is sent of a chosen row's consents (indices into ``fields``) instead of its
    own. ``conflict_*``: every row that disagrees about a consent, and the answer that counts.
    ``withheld_*`` and ``left_out``: as in ``Withheld``.
    """

    refused: bool
    losers: array[int] = field(default_factory=lambda: array("q"))
    winner_tables: array[int] = field(default_factory=lambda: array("q"))
    winner_numbers: array[int] = field(default_factory=lambda: array("q"))
    changed_rows: array[int] = field(default_factory=lambda: array("q"))
    changed_fields: array[int] = field(default_factory=lambda: array("h"))
    changed_texts: list[str | None] = field(default_factory=list)
    changed_origins: array[int] = field(default_factory=lambda: array("B"))
    conflict_rows: array[int] = field(default_factory=lambda: array("q"))
    conflict_consents: array[int] = field(default_factory=lambda: array("h"))
    conflict_answers: array[int] = field(default_factory=lambda: array("b"))
    withheld_rows: array[int] = field(default_factory=lambda: array("q"))
    withheld_fields: array[int] = field(default_factory=lambda: array("h"))
    left_out: array[int] = field(default_factory=lambda: array("q"))
    fields: tuple[str, ...] = ()

    def give_way(self, row: int, winner: Member) -> None:
        """Note that a row is a duplicate of a chosen one."""
        self.losers.append(row)
        self.winner_tables.append(winner.table)
        self.winner_numbers.append(winner.number)

    def change(self, row: int, code: str, text: str | None, origin: Origin) -> None:
        """Note what is sent of a chosen row instead of its own value."""
        self.changed_rows.append(row)
        self.changed_fields.append(self.fields.index(code))
        self.changed_texts.append(text)
        self.changed_origins.append(origin)

    def withhold(self, rows: Iterable[int], code: str) -> None:
        """Note that rows lose a yes, for another row of their key is listed."""
        for row in rows:
            self.withheld_rows.append(row)
            self.withheld_fields.append(self.fields.index(code))

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

    def changes(self) -> Iterator[Change]:
        """Give for each field the rows that change."""
        rows = np.array(self.changed_rows, dtype=np.int64)
        fields = np.array(self.changed_fields, dtype=np.int16)
        origins = np.array(self.changed_origins, dtype=np.uint8)
        for index, code in enumerate(self.fields):
            here = np.flatnonzero(fields == index)
            here = here[np.argsort(rows[here], kind="stable")]
            if len(here):
                texts = [self.changed_texts[i] for i in here]
                yield Change(code, rows[here], texts, origins[here])

    def withheld(self) -> Withheld:
        """Give what is taken from rows for another row's address."""
        rows = np.array(self.withheld_rows, dtype=np.int64)
        order = np.argsort(rows, kind="stable")
        fields = np.array(self.withheld_fields, dtype=np.int16)
        left_out = np.sort(np.array(self.left_out, dtype=np.int64))
        return Withheld(rows[order], fields[order], left_out)

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

    ``good``: it may be sent. An invalid row is none of the rivals, but its noes count. ``listed``:
    an address of it is on a suppression list.
    """

    row: int
    table: int
    number: int
    good: bool
    listed: bool
    stances: tuple[Stance, ...]
