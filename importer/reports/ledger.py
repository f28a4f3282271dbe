"""``consents.csv``: each consent that was sent, what it rests on, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from importer.errors import UnusableInputError
from importer.files import replacing
from importer.guards import unguarded
from importer.language import tr
from importer.model import Verdict
from importer.reports.cells import LINE_END, TEXT, written, written_column
from importer.reports.ledger_calls import LedgerCalls
from importer.reports.tables import BOM
from importer.run_columns import column_batches
from importer.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from importer.journal import Call, Settlement
    from importer.row_results import RowResults
    from importer.tables import TableDescription

_AT_ONCE = 20_000  # lines
_BLOCK = 4 << 20  # octets read at a time; no line may be longer than two of them
_NEEDED = ("key", "consent", "value", "file", "sheet", "row")


class GivenBy(StrEnum):
    """Whose answer was sent."""

    ROW = "row"  # its cell
    MAPPING = "mapping"  # a constant, or the default of a blank cell
    OTHER_ROW = "other-row"  # another row with its key, whose answer counts more


class LedgerLine(NamedTuple):
    """One line of ``consents.csv``, in the order of its columns.

    ``value``: yes or no. ``consent_date``: that was sent with it, ISO; blank: none was.
    ``cell``: the original text. ``call``: the batch that settled it; where no answer came, the last
    one that carried it. ``request_id``: the platform's. ``time``: ISO in UTC, when the call was
    answered; of an unknown answer, when the last call went. ``verdict``: its row's.
    """

    key: str
    consent: str
    value: str
    consent_date: str
    basis: str
    file: str
    sheet: str
    row: int
    cell: str
    given_by: str
    call: str
    request_id: str
    time: str
    verdict: str
    operator: str


LEDGER_COLUMNS = LedgerLine._fields


def noted_consents(folder: RunFolder) -> Path:
    """Say where a run keeps what its ledger needs of plan and source, in row order."""
    return folder.state / "consents.parquet"


# --- writing it -----------------------------------------------------------------------------------


class Ledger:
    """Writes ``consents.csv`` while a run's results pass; no file where no consent was sent.

    ``settlements`` and ``calls``: the journal's, of all steps.
    """

    def __init__(
        self,
        folder: RunFolder,
        tables: Sequence[TableDescription],
        delimiter: str,
        *,
        settlements: Iterable[Settlement],
        calls: Iterable[Call],
    ) -> None:
        self._folder = folder
        self._path = folder.ledger
        self._tables = tables
        self._delimiter = delimiter
        self._journal = settlements, calls
        self._files = ExitStack()
        self._lines: _StoredLines | None = None
        self._writer: _LineWriter | None = None

    def __enter__(self) -> Ledger:
        stored = noted_consents(self._folder)
        if stored.exists():
            stream = self._files.enter_context(replacing(self._path))
            self._lines = _StoredLines(column_batches(stored, _AT_ONCE))
            self._writer = _LineWriter(
                stream,
                self._tables,
                self._delimiter,
                LedgerCalls(*self._journal, self._delimiter),
                self._folder.settings.operator,
            )
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)
        if error[0] is None and self._writer is None:
            self._path.unlink(missing_ok=True)

    def add(self, results: RowResults) -> None:
        """Take the results of the next rows."""
        if self._lines is None or self._writer is None:
            return
        for lines in self._lines.until(results.first + len(results.table)):
            self._writer.write(lines, results)


class _StoredLines:
    """What is kept of the consents that were sent, asked for in row order."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self._batch: Any = None

    def until(self, end: int) -> Iterator[Any]:
        """Give the lines of the next rows, up to the one of index ``end``."""
        while True:
            if self._batch is None:
                self._batch = next(self._batches, None)
            if self._batch is None:
                return
            count = int(np.searchsorted(self._batch.column("row").to_numpy(), end))
            if count:
                yield self._batch.slice(0, count)
            if count < self._batch.num_rows:
                self._batch = self._batch.slice(count)
                return
            self._batch = None


class _LineWriter:
    """Writes lines of the ledger, their columns side by side: there are many."""

    def __init__(
        self,
        stream: IO[bytes],
        tables: Sequence[TableDescription],
        delimiter: str,
        answers: LedgerCalls,
        operator: str,
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._answers = answers
        self._places = pa.array(written(((t.file, t.sheet) for t in tables), delimiter), TEXT)
        header, end = written([LEDGER_COLUMNS, ("", operator)], delimiter)
        self._end = end + LINE_END  # with the delimiter before it
        stream.write((BOM + header + LINE_END).encode())

    def write(self, lines: Any, results: RowResults) -> None:
        """Write some lines, whose rows are among the results."""
        at = pa.array(lines.column("row").to_numpy() - results.first)
        ends = pa.array(results.end).take(at).to_numpy()
        verdicts = [one.verdict.value for one in results.outcomes]
        unknown = np.array([verdict == Verdict.UNKNOWN for verdict in verdicts])[ends]
        texts = [self._cells(lines.column(name)) for name in _STORED]
        columns = [
            self._cells(results.key.take(at)),
            *texts[:4],
            self._places.take(pa.array(results.table).take(at)),
            pc.cast(pa.array(results.number).take(at), TEXT),
            *texts[4:],
            *self._answers.of(
                lines.column("step").to_numpy(), lines.column("place").to_numpy(), unknown
            ),
            pc.binary_join_element_wise(
                pa.array(verdicts, TEXT).take(pa.array(ends)),
                pa.scalar(self._end, TEXT),
                pa.scalar("", TEXT),
            ),
        ]
        # No line may be lost, whatever is missing of it.
        whole = pc.binary_join_element_wise(
            *columns, pa.scalar(self._delimiter, TEXT), null_handling="replace"
        )
        # They stand one after the other in what the kernel has just made.
        self._stream.write(whole.buffers()[2][: pc.sum(pc.binary_length(whole)).as_py()])

    def _cells(self, texts: Any) -> Any:
        return written_column(texts, self._delimiter)


_STORED = ("consent", "value", "consent_date", "basis", "cell", "given_by")


# --- reading it -----------------------------------------------------------------------------------


def read_ledger(
    path: Path, fits: Callable[[Any], NDArray[np.bool_]] | None = None
) -> Iterator[LedgerLine]:
    """Read a ``consents.csv``, in bounded memory and as it was written.

    ``fits``: tells of some lines, as columns of text (Arrow) that may have an apostrophe in front,
    which are wanted; None: all. Columns that the file lacks are blank.

    Raises:
        UnusableInputError: it is no such file.
    """
    try:
        for lines in _batches(path):
            wanted = lines if fits is None else lines.filter(pa.array(fits(lines)))
            for cells in wanted.to_pylist():
                told = {name: unguarded(cells.get(name, "")) for name in LEDGER_COLUMNS}
                yield LedgerLine(**{**told, "row": int(told["row"])})  # type: ignore[arg-type]
    except (OSError, ValueError, LookupError) as error:
        raise UnusableInputError(
            tr(
                "{path} cannot be read as a list of consents: put it back as it was written",
                path=str(path),
            )
        ) from error


def _batches(path: Path) -> Iterator[Any]:
    """Read the file some thousands of lines at a time, every cell as text."""
    with path.open("rb") as stream:
        head = stream.readline().decode("utf-8-sig").rstrip("\r\n")
    delimiter = head.removeprefix(LEDGER_COLUMNS[0])[:1]
    names = head.split(delimiter)
    if not {*_NEEDED} <= {*names}:
        raise LookupError(head)
    with csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False
        ),
    ) as reader:
        yield from reader
