"""The plan as it is sent where not every yes is: views over it, with positions of their own.

``dates``, in all of them: consent -> the field that dates it. Where a yes is taken out its date
goes with it; noes and their dates stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import DefectError
from importer.field_rules import FieldRole
from importer.masks import to_mask
from importer.model import PlanSlice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from importer.delivery.course import Plan
    from importer.journal import Journal
    from importer.model import PlannedField

_AT_ONCE = 10_000  # contacts that are kept of a plan which is read in short stretches


class _View:
    """A plan seen through another: its fields, and by default as many contacts."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def fields(self) -> tuple[PlannedField, ...]:
        """The fields of every contact."""
        return self._plan.fields

    def __len__(self) -> int:
        return len(self._plan)


class WithoutYeses(_View):
    """A plan in which nobody says yes."""

    def __init__(self, plan: Plan, dates: Mapping[str, str]) -> None:
        super().__init__(plan)
        self._dates = dates

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``."""
        for rows in self._plan.slices(first, end):
            yield _without(rows, {code: yeses(rows, code) for code in consents(rows)}, self._dates)


class WithoutWithheld(_View):
    """A plan without the yeses that the journal says the account withholds.

    It gives a contact with a yes only once the journal says what the account holds of it.
    """

    def __init__(self, plan: Plan, journal: Journal, dates: Mapping[str, str]) -> None:
        super().__init__(plan)
        self._journal = journal
        self._dates = dates

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``.

        Raises DefectError for one that has a yes and was not looked up.
        """
        import numpy as np

        for rows in self._plan.slices(first, end):
            asked = self._journal.asked(rows.first, rows.first + len(rows))
            said = {code: yeses(rows, code) for code in consents(rows)}
            known = np.zeros(len(rows), dtype=bool)
            known[[position - rows.first for position in asked]] = True
            if any((mask & ~known).any() for mask in said.values()):
                raise DefectError("a contact would be sent with a yes, and it was not looked up")
            taken = {code: np.zeros(len(rows), dtype=bool) for code in said}
            for position, why in asked.items():
                for code in why:
                    taken[code][position - rows.first] = True
            both = {code: mask & taken[code] for code, mask in said.items()}
            yield _without(rows, both, self._dates)


class Selected(_View):
    """Some contacts of a plan, at positions of their own from 0.

    ``positions``: theirs in the plan, ascending.
    """

    def __init__(self, plan: Plan, positions: NDArray[np.int64]) -> None:
        super().__init__(plan)
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``."""
        import pyarrow as pa

        wanted = self._positions[first:end]
        if not len(wanted):
            return
        for rows in self._plan.slices(int(wanted[0]), int(wanted[-1]) + 1):
            low, high = wanted.searchsorted([rows.first, rows.first + len(rows)]).tolist()
            if low < high:
                at = pa.array(wanted[low:high] - rows.first)
                yield PlanSlice(first + low, rows.fields, rows.table.take(at))


class Buffered(_View):
    """A plan that is read in short stretches, one after the other: some are kept beforehand."""

    def __init__(self, plan: Plan, at_once: int = _AT_ONCE) -> None:
        super().__init__(plan)
        self._at_once = at_once
        self._kept: list[PlanSlice] = []
        self._first = self._end = 0

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        """Give the contacts from ``first`` up to ``end``."""
        while first < end:
            if not self._first <= first < self._end:
                self._first, self._end = first, min(first + self._at_once, len(self._plan))
                self._kept = list(self._plan.slices(self._first, self._end))
            reached = min(end, self._end)
            for rows in self._kept:
                low = max(first, rows.first)
                high = min(reached, rows.first + len(rows))
                if low < high:
                    part = rows.table.slice(low - rows.first, high - low)
                    yield PlanSlice(low, rows.fields, part)
            first = reached


def contacts_with_a_yes(plan: Plan) -> int:
    """Count the contacts that say yes to anything."""
    import numpy as np

    count = 0
    for rows in plan.slices(0, len(plan)):
        said = [yeses(rows, code) for code in consents(rows)]
        count += int(np.logical_or.reduce(said).sum()) if said else 0
    return count


def consents(rows: PlanSlice) -> list[str]:
    """Name the consents among the fields of contacts."""
    return [field.code for field in rows.fields if field.role is FieldRole.CONSENT]


def yeses(rows: PlanSlice, code: str) -> NDArray[np.bool_]:
    """Tell which contacts say yes to a consent."""
    import pyarrow.compute as pc

    return to_mask(pc.equal(rows.table.column(code), "yes"))


def _without(
    rows: PlanSlice, taken: Mapping[str, NDArray[np.bool_]], dates: Mapping[str, str]
) -> PlanSlice:
    """Take yeses, and what dates them, out of contacts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {name: rows.table.column(name) for name in rows.table.schema.names}
    for code, mask in taken.items():
        for name in (code, dates.get(code)):
            if name in columns and mask.any():
                none = pa.scalar(None, columns[name].type)
                columns[name] = pc.if_else(pa.array(mask), none, columns[name])
    table = pa.RecordBatch.from_arrays(list(columns.values()), schema=rows.table.schema)
    return PlanSlice(rows.first, rows.fields, table)
