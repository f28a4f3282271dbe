"""What has changed of the chosen rows since they were last sent, field by field.

A row's ordinary fields are one fact, each of its consents another. What a consent's cell came to is
compared before a suppression list, or another row, takes its yes away: a yes that was once seen and
not sent is no change later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from importer.field_rules import FieldRole, Origin, RowRules
from importer.masks import Mask, to_mask
from importer.planning.column_files import ROW, TEXT, ColumnFile, origin_column
from importer.planning.key_columns import comparable_column
from importer.state.fingerprints import FIELDS, Recollection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.model import PlannedField
    from importer.state.installation import KeyedHash

_END, _ESCAPE = "\x1f", "\x1e"
_ESCAPED = ((_ESCAPE, "\x1e0"), (_END, "\x1e1"))
_NONE = "\x1e2"  # what stands for a field that is left alone; no escaped text is like it
_UNSENT = "unsent"  # a no that the mapping keeps back: it goes once the mapping lets it
_ANSWERS = {"yes": b"yes", "no": b"no", _UNSENT: b"unsent"}


@dataclass(frozen=True, slots=True)
class Known:
    """By what rows are compared: the hash of the installation, and what is remembered."""

    hashes: KeyedHash
    recollection: Recollection


class ChangedRows:
    """Takes out of chosen rows what has not changed, and notes their fingerprints in a file."""

    def __init__(
        self, path: Path, known: Known, fields: Sequence[PlannedField], rules: RowRules
    ) -> None:
        self._hashes, self._recollection = known.hashes, known.recollection
        # Sorted, so that a contact stays itself when lines of the mapping change places.
        self._keys = sorted(f.code for f in fields if f.role is FieldRole.KEY)
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._dates = rules.consent_dates
        self._whole = rules.whole
        apart = {*self._keys, *self._consents, *self._dates.values()}
        self._ordinary = sorted(f.code for f in fields if f.code not in apart)
        self._codes = orjson.dumps(self._ordinary)
        self._position = 0
        self.unchanged = dict.fromkeys(self._consents, 0)
        """Consent -> of how many contacts it is left alone since it has not changed."""
        self._file = ColumnFile(path, _schema(self._consents, known.hashes.sign))

    def close(self) -> None:
        """Finish the file of fingerprints."""
        self._file.close()

    def answers(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Give what each consent's cells came to, before anything is withheld from the rows."""
        return {code: _said(columns, code) for code in self._consents}

    def settle(
        self, columns: dict[str, Any], answers: Mapping[str, Any], left: Mask
    ) -> Mask:  # fmt: skip
        """Leave alone what has not changed; give the rows of ``left`` of which nothing is sent.

        ``answers``: as ``answers`` gave them. The rows of a mask that is false are not sent anyway.
        """
        keyed = pc.cast(comparable_column([columns[code] for code in self._keys]), _OCTETS)
        keys = self._hashes.contacts(keyed.to_pylist())
        places = self._recollection.places(keys)
        known = places >= 0
        prints = {
            code: self._consent_prints(code, keys, _kept_back(said, columns[code]))
            for code, said in answers.items()
        }
        same = {
            code: (numbers > 0) & (numbers == self._recollection.fact(code, places))
            for code, numbers in prints.items()
        }
        fields = self._field_prints(columns, keys)
        other = (fields != self._recollection.fact(FIELDS, places)) & self._written(columns)
        if self._whole:
            changed = ~known | other | self._new_answers(columns, same)
            same = {code: mask & ~changed for code, mask in same.items()}
        sent = self._leave_alone(columns, same)
        unchanged: Mask = left & known & ~sent & ~other
        planned = left & ~unchanged
        for code, mask in same.items():
            self.unchanged[code] += int((mask & planned).sum())
        self._note(columns[ROW], planned, keys, fields, {c: prints[c] * ~same[c] for c in prints})
        return unchanged

    def _consent_prints(self, code: str, keys: NDArray[np.uint64], said: Any) -> NDArray[np.uint64]:
        """Give a number for each row's answer to a consent; 0 where it says nothing."""
        numbers = np.zeros(len(keys), dtype=np.uint64)
        at = np.flatnonzero(to_mask(pc.is_valid(said)))
        whose = keys[at].tobytes()
        told = [_ANSWERS[one] for one in said.take(pa.array(at)).to_pylist()]
        texts = (whose[16 * i : 16 * i + 16] + one for i, one in enumerate(told))
        numbers[at] = self._hashes.consents(code.encode(), texts)
        return numbers

    def _leave_alone(self, columns: dict[str, Any], same: Mapping[str, Mask]) -> Mask:
        """Leave consents alone that are as they were, with their dates; give who has another."""
        sent = self._new_answers(columns, same)
        for code, mask in same.items():
            for name in (code, self._dates.get(code)):
                if name in columns:
                    columns[name] = pc.if_else(pa.array(mask), pa.scalar(None, TEXT), columns[name])
        return sent

    def _new_answers(self, columns: Mapping[str, Any], same: Mapping[str, Mask]) -> Mask:
        """Find the rows that send an answer which is not as it was."""
        found = np.zeros(len(columns[ROW]), dtype=bool)
        for code, mask in same.items():
            found |= ~mask & to_mask(pc.is_valid(columns[code]))
        return found

    def _field_prints(
        self, columns: Mapping[str, Any], keys: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        """Give a number for all that each row writes into its ordinary fields."""
        whose = keys.tobytes()
        if not self._ordinary:
            texts: Sequence[bytes] = [b""] * len(keys)
        else:
            joined = pc.binary_join_element_wise(
                *(_escaped(columns[code]) for code in self._ordinary), pa.scalar(_END, TEXT)
            )
            texts = pc.cast(joined, _OCTETS).to_pylist()
        rows = (whose[16 * i : 16 * i + 16] + text for i, text in enumerate(texts))
        return self._hashes.fields(self._codes, rows)

    def _written(self, columns: Mapping[str, Any]) -> Mask:
        """Find the rows that write something into an ordinary field."""
        found = np.zeros(len(columns[ROW]), dtype=bool)
        for code in self._ordinary:
            found |= to_mask(pc.is_valid(columns[code]))
        return found

    def _note(
        self,
        rows: Any,
        planned: Mask,
        keys: NDArray[np.uint64],
        fields: NDArray[np.uint64],
        consents: Mapping[str, NDArray[np.uint64]],
    ) -> None:
        position = np.where(planned, self._position + np.cumsum(planned) - 1, -1)
        self._position += int(planned.sum())
        self._file.write(
            [rows, pa.array(position), pa.array(keys[:, 0]), pa.array(keys[:, 1])]
            + [pa.array(fields * planned)]
            + [pa.array(numbers) for numbers in consents.values()]
        )


_OCTETS = pa.large_binary()


def _schema(consents: Sequence[str], sign: str) -> Any:
    """Lay out the file of fingerprints; 0: nothing new is known of the fact.

    ``position``: in the plan; -1: the row is not sent. ``sign``: of the secret that made them.
    """
    numbers = ["first", "second", "fields", *(f"consent {i}" for i, _ in enumerate(consents))]
    return pa.schema(
        [("row", pa.int64()), ("position", pa.int64()), *((name, pa.uint64()) for name in numbers)],
        metadata={b"importer.consents": orjson.dumps(consents), b"importer.sign": sign.encode()},
    )


def _said(columns: Mapping[str, Any], consent: str) -> Any:
    """Give what the cells of a consent came to, also where a list withheld their yes."""
    origins = columns[origin_column(consent)].to_numpy(zero_copy_only=False)
    withheld = (origins == Origin.WITHHELD) & to_mask(pc.is_null(columns[consent]))
    return pc.if_else(pa.array(withheld), pa.scalar("yes", TEXT), columns[consent])


def _kept_back(said: Any, sent: Any) -> Any:
    """Tell the noes that are not sent from those that are."""
    unsent = pc.and_(pc.equal(said, "no"), pc.is_null(sent))
    return pc.if_else(pc.fill_null(unsent, False), pa.scalar(_UNSENT, TEXT), said)


def _escaped(column: Any) -> Any:
    """Write a column so that no two of its texts, or a missing one, look the same when joined."""
    for sign, written in _ESCAPED:
        if pc.any(pc.match_substring(column, sign)).as_py():
            column = pc.replace_substring(column, sign, written)
    return pc.fill_null(column, _NONE)
