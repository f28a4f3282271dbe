"""A retry gets its folder: some rows of an earlier run, as they were planned there."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from importer.assembly.connecting import connection_facts, settings_here
from importer.assembly.making import note_consent, operator_name
from importer.clock import iso
from importer.errors import UnusableInputError
from importer.field_rules import FieldRole
from importer.files import make_private, sync_file, write_whole
from importer.issues import IssueCode
from importer.journal import Journal
from importer.language import trn
from importer.masks import to_mask
from importer.model import RunState
from importer.plan_sums import note_sums
from importer.planning import PlanFacts
from importer.planning.column_files import wire_estimate
from importer.run_columns import column_batches, planned_fields
from importer.run_folder import RunFolder, make_run_id
from importer.tables import writable
from importer.version import tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from importer.assembly.means import Means
    from importer.model import Connection
    from importer.run_folder import RunSettings

_RETRY = "retry"  # the fact that only the journal of a retry has
# The plan is the earlier run's: so are its age, its warnings, and what a person was shown of it.
_KEPT = ("checked", "warnings", "sentences", "unsettled", "plan-seen")


@dataclass(frozen=True, slots=True)
class Retry:
    """What a retry is told.

    ``connection``: the retried run's, as it is configured now. ``rows``: indices in that run,
    ascending. ``doubtful``: of each, whether nobody knows if the platform has it already.
    ``number``: counts the retries of a family from 1. ``calls``: how many calls each run of the
    family had made by then.
    """

    connection: Connection
    rows: NDArray[np.int64]
    doubtful: NDArray[np.bool_]
    number: int
    calls: Mapping[str, int]
    first: int | None = None
    max_rejected: str | None = None
    verify: int | None = None
    note: str = ""
    consented: bool = False


def make_retry(of: RunFolder, journal: Journal, order: Retry, means: Means) -> RunFolder:
    """Make the folder of a retry beside that of the run it retries; it is *checked* at once.

    ``journal``: of the retried run. Files, sheets and row numbers stay what they were there.

    Raises:
        UnusableInputError: the retried run does not hold all of these rows any more.
    """
    settings = of.settings
    now = means.clock.now()
    run_id = make_run_id(now, settings.mapping, means.chance)
    folder = RunFolder.prepare(of.path.parent, run_id)
    try:
        tables = _copy_rows(of, folder, order.rows)
        _copy_source(of, folder, order.rows)
        _copy_changes(of, folder, order.rows)
        facts = _copy_plan(of, folder, order.rows, orjson.loads(journal.fact("plan") or "{}"))
        write_whole(folder.mapping, of.mapping.read_bytes())
        _write_settings(folder, settings, order, means, run=run_id, created=iso(now))
        with Journal.create(folder.journal) as made:
            for name in _KEPT:
                if (value := journal.fact(name)) is not None:
                    made.set_fact(name, value)
            made.set_fact("tables", _recounted(journal.fact("tables") or "[]", tables))
            made.set_fact("plan", orjson.dumps(asdict(facts)).decode())
            made.set_fact(_RETRY, _packed(order))
            note_consent(made, given=order.consented)
            note_sums(made, folder)
            made.set_state(RunState.CHECKED)
        return folder.publish(run_id)
    except BaseException:
        folder.discard()
        raise


def retry_number(journal: Journal) -> int:
    """Tell which of its family's retries a run is; 0: it is none."""
    number: int = _unpacked(journal).get("number", 0)
    return number


def calls_before(journal: Journal) -> dict[str, int]:
    """Give how many calls each run of its family had made before a retry was; none: it is none."""
    calls: dict[str, int] = _unpacked(journal).get("calls", {})
    return calls


def doubtful_positions(journal: Journal) -> array[int]:
    """Give the plan positions, ascending, that an earlier run of the family left in doubt."""
    positions = array("q")
    for first, end in _unpacked(journal).get("doubtful", ()):
        positions.extend(range(first, end))
    return positions


def _packed(order: Retry) -> str:
    steps = np.diff(order.doubtful.astype(np.int8), prepend=0, append=0)
    ends = zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(),
               strict=True)  # fmt: skip
    content = {
        "number": order.number,
        "calls": dict(order.calls),
        "doubtful": [[first, end] for first, end in ends],
    }
    return orjson.dumps(content).decode()


def _unpacked(journal: Journal) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(journal.fact(_RETRY) or "{}")
    return content


def _write_settings(
    folder: RunFolder, settings: RunSettings, order: Retry, means: Means, *, run: str, created: str
) -> None:
    here = settings_here(means)
    folder.write_settings(
        settings.model_copy(
            update={
                "run": run,
                "tool_version": tool_version(),
                "command": "retry",
                "created": created,
                "operator": operator_name(),
                "connection": connection_facts(order.connection),
                "note": writable(order.note),
                "first": order.first,
                "strict": False,
                "max_invalid": None,
                # The rows were let through once already, and a job knows only the run it made.
                "max_yes": None,
                "max_no": None,
                "guards": None,
                "job": "",
                "pick_up": "",
                "max_rejected": order.max_rejected,
                "retry_of": settings.run,
                "verify": order.verify,
                "report_delimiter": here.report_delimiter,
                "report_workbook": here.report_workbook,
                "keep_all": here.keep_all,
            }
        )
    )


def _recounted(tables: str, counts: Counter[int]) -> str:
    """Say of each table how many rows of it there are now; all keep their places."""
    content = orjson.loads(tables)
    told = [{**table, "rows": counts[index]} for index, table in enumerate(content)]
    return orjson.dumps(told).decode()


# --- the files ----------------------------------------------------------------------------------


def _copy_rows(of: RunFolder, to: RunFolder, rows: NDArray[np.int64]) -> Counter[int]:
    """Copy the list of rows; count those of each table."""
    counts: Counter[int] = Counter()
    for batch in _copied(of.rows, to.rows, rows, numbered=("row", "position")):
        counts.update(batch.column("table").to_pylist())
    _refuse_fewer(counts.total(), rows, of)
    return counts


def _copy_source(of: RunFolder, to: RunFolder, rows: NDArray[np.int64]) -> None:
    copied = sum(batch.num_rows for batch in _copied(of.source, to.source, rows))
    _refuse_fewer(copied, rows, of)


def _copy_changes(of: RunFolder, to: RunFolder, rows: NDArray[np.int64]) -> None:
    """Copy the rows' fingerprints, of a run that sends only changes."""
    if of.changes.is_file():
        copied = _copied(of.changes, to.changes, rows, numbered=("row", "position"))
        _refuse_fewer(sum(batch.num_rows for batch in copied), rows, of)


def _copy_plan(
    of: RunFolder, to: RunFolder, rows: NDArray[np.int64], before: dict[str, Any]
) -> PlanFacts:
    """Copy the plan and the issues of its rows; count anew what is sent.

    ``before``: what the retried run's plan came to.
    """
    fields = planned_fields(of.plan)
    consents = [one.code for one in fields if one.role is FieldRole.CONSENT]
    answers = {code: Counter[str]() for code in consents}
    silent = {code: np.zeros(len(rows), dtype=bool) for code in consents}
    planned = wire_bytes = 0
    for batch in _copied(of.plan, to.plan, rows):
        for code in consents:
            column = batch.column(code)
            silent[code][batch.column(0).to_numpy()] = ~to_mask(pc.is_valid(column))
            answers[code].update(column.drop_null().to_pylist())
        columns = {name: batch.column(name) for name in batch.schema.names}
        wire_bytes += wire_estimate(columns, fields)
        planned += batch.num_rows
    _refuse_fewer(planned, rows, of)
    withheld = _copy_issues(of, to, rows, silent)
    return PlanFacts(
        read=planned,
        planned=planned,
        invalid=0,
        skipped=0,
        duplicate=0,
        refused_duplicates=0,
        blank=0,
        wire_bytes=wire_bytes,
        consents={
            code: _consent_facts(
                answers[code], planned, withheld[code], before.get("consents", {}).get(code, {})
            )
            for code in consents
        },
    )


def _consent_facts(
    answers: Counter[str], planned: int, withheld: int, before: dict[str, int]
) -> dict[str, int]:
    """Count a consent's answers; a plan does not tell which the mapping gave, so at most."""
    yes, no = answers["yes"], answers["no"]
    return {
        "yes": yes,
        "no": no,
        "left": planned - yes - no,
        "by_mapping_yes": min(yes, before.get("by_mapping_yes", 0)),
        "by_mapping_no": min(no, before.get("by_mapping_no", 0)),
        "withheld": withheld,
    }


def _copy_issues(
    of: RunFolder, to: RunFolder, rows: NDArray[np.int64], silent: dict[str, NDArray[np.bool_]]
) -> Counter[str]:
    """Copy what was found in the rows; count the yeses that a suppression list withheld.

    ``silent``: consent -> the rows that leave it alone.
    """
    withheld: Counter[str] = Counter()
    for batch in _copied(of.issues, to.issues, rows):
        suppressed = batch.filter(pc.equal(batch.column("code"), IssueCode.SUPPRESSED.value))
        places = zip(suppressed.column("row").to_pylist(), suppressed.column("field").to_pylist(),
                     strict=True)  # fmt: skip
        withheld.update(field for row, field in places if field in silent and silent[field][row])
    return withheld


def _copied(
    source: Path, target: Path, rows: NDArray[np.int64], *, numbered: tuple[str, ...] = ()
) -> Iterator[pa.RecordBatch]:
    """Copy what a file of a run says of some rows, and give it; the rows are numbered from 0.

    The first column holds the row's index; ``numbered``: those that do, if it is not alone.
    """
    schema = pq.read_schema(source)
    places = [schema.names.index(name) for name in numbered] or [0]
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        make_private(target)
        for batch in column_batches(source):
            indices = batch.column(0).to_numpy()
            here = np.isin(indices, rows)
            if not here.any():
                continue
            columns = batch.filter(pa.array(here)).columns
            for place in places:
                columns[place] = pa.array(np.searchsorted(rows, indices[here]))
            copied = pa.RecordBatch.from_arrays(columns, schema=schema)
            writer.write_batch(copied)
            yield copied
    sync_file(target)


def _refuse_fewer(copied: int, rows: NDArray[np.int64], of: RunFolder) -> None:
    if copied != len(rows):
        raise UnusableInputError(
            trn(
                "{run} holds only {copied} of the {count} rows to retry: files of its folder were "
                "changed or damaged. Import the rows of its to-fix.csv instead",
                "{run} holds only {copied} of the {count} rows to retry: files of its folder were "
                "changed or damaged. Import the rows of its to-fix.csv instead",
                len(rows),
                count=len(rows),
                run=of.id,
                copied=copied,
            )
        )
