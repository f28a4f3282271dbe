"""What each value type's check costs, and each stage up to the report, beside plain Python loops.

Types: ``checking.check_column`` on a million values of each type, in chunks as a run has them. Of
the yardsticks, the obvious loop over the same values with the same library, only a slice is timed.
*all types*: a table with a column of each of the twelve types, mapped and checked, in CPU seconds.
Stages: the package's own ``pipeline.check`` and ``pipeline.finish`` on a generated file, timed at
the doors between the stages; their yardsticks do the same work row by row on a slice. Example::

    python benchmarks/check_types.py --values 1000000 --rows 1000000

Seconds are per million; all in one process, so that the ratios hold on any machine.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import itertools
import math
import os
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import trial
from email_validator import EmailNotValidError, validate_email
from generate_contacts import (
    ADDRESS,
    BIRTH,
    CITY,
    CODE,
    HEADER,
    NEWSLETTER,
    PHONE,
    POINTS,
    ContactRows,
)

from importer import assembly, checking, pipeline
from importer.blanks import BLANKS
from importer.checking import Checker
from importer.checking.column import Context
from importer.documents import parse_document
from importer.field_rules import (
    FieldRole,
    FieldRule,
    Other,
    ValueType,
)
from importer.journal import Journal
from importer.mapping import BoundMapping, Mapping, bind
from importer.mapping.resolving import resolve_mapping
from importer.model import (
    Chunk,
    RunState,
)
from importer.planning import Planner
from importer.run_facts import facts_of
from importer.run_log import Unwatched
from importer.settings import Settings
from importer.tables import TableDescription
from importer.targets import grammar

CHUNK = 50_000
_LISTED = "{Oui: yes, Non: no, Yes: yes, No: no, À confirmer: leave}"
_CODES = {
    ValueType.EMAIL: "key_f_EMail",
    ValueType.CONSENT: f"{{field: optin_Newsletter, values: {_LISTED}}}",
}
_OPTIONS = dict.fromkeys(ValueType, "") | {
    ValueType.TEXT: ", max_length: 100",
    ValueType.PHONE: ", region: CA",
    ValueType.POSTAL: ", region: CA",
    ValueType.DATE: ", format: DD/MM/YYYY",
    ValueType.CHOICE: f", values: {_LISTED}",
}
INTERESTS = ("Art", "Boxe", "Cinéma", "Danse", "Escalade", "Football", "Golf")
ANSWERS = {"Oui": "yes", "Non": "no", "Yes": "yes", "No": "no", "À confirmer": "leave"}
Value = str | None
Loop = Callable[[Sequence[Value]], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds per million, ours and the yardstick's."""

    name: str
    ours: float
    plain: float

    def __str__(self) -> str:
        return f"{self.name:<12}{self.plain / self.ours:>9.1f}{self.ours:>10.2f}{self.plain:>10.1f}"


HEADING = f"{'':<12}{'× plain':>9}{'ours s':>10}{'plain s':>10}"


def main() -> None:
    """Read the command line; print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--values", type=int, default=1_000_000, help="of each type")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the file for the stages")
    parser.add_argument("--slice", type=int, default=20_000, help="what the plain loops are given")
    parser.add_argument("--repeat", type=int, default=3, help="medians of so many runs")
    options = parser.parse_args()
    assembly.means()  # the memory allocator that commands use
    print(f"seconds per million, medians of {options.repeat}\n\n{HEADING}")
    for cost in type_costs(options.values, options.slice, options.repeat):
        print(cost)
    print(f"\n{HEADING}")
    print(all_types_cost(options.values, options.slice, options.repeat))
    print(f"\n{HEADING}")
    with tempfile.TemporaryDirectory(prefix="importer-benchmark-") as folder:
        for cost in stage_costs(Path(folder), options.rows, options.slice, options.repeat):
            print(cost)


def seconds(action: Callable[[], object]) -> float:
    """Time one action."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


# --- types ----------------------------------------------------------------------------------


def type_costs(values: int, some: int, repeat: int) -> Iterator[Cost]:
    """Time the check of each value type."""
    columns = _columns(values)
    for type_ in ValueType:
        texts, rule, loop = columns[type_], _rule(type_), LOOPS[type_]
        chunks = [pa.array(texts[at : at + CHUNK], pa.large_string()) for at in _starts(values)]
        ours = statistics.median(seconds(partial(_check, chunks, rule)) for _ in range(repeat))
        part = texts[:some]
        plain = statistics.median(seconds(partial(loop, part)) for _ in range(repeat))
        yield Cost(type_.value, ours * 1e6 / values, plain * 1e6 / len(part))


def all_types_cost(values: int, some: int, repeat: int) -> Cost:
    """Map and check a table with a column of each type; CPU seconds."""
    columns = _columns(values)
    mapping = _mapping_of_all_types()
    ours = statistics.median(_map_and_check(columns, mapping, values) for _ in range(repeat))
    began = time.process_time()
    for type_ in ValueType:
        LOOPS[type_](columns[type_][:some])
    plain = time.process_time() - began
    return Cost("all types", ours * 1e6 / values, plain * 1e6 / min(some, values))


def _mapping_of_all_types() -> Mapping:
    lines = ["name: all", "target: dialog-insight", "consent: {yes_to: everyone}", "columns:"]
    for type_, more in _OPTIONS.items():
        long_form = f"{{field: f_{type_.title()}, type: {type_}{more}}}"
        lines.append(f"  {type_}: {_CODES.get(type_, long_form)}")
    document = parse_document("\n".join(lines), "all.yaml")
    return resolve_mapping(document, {"dialog-insight": grammar("dialog-insight")})


def _map_and_check(columns: dict[ValueType, list[Value]], mapping: Mapping, values: int) -> float:
    table = TableDescription("all.csv", "", "csv", tuple(ValueType), header_row=1)
    bound = bind(mapping, table, run_date=date.max)
    checker = Checker(bound.rules, largest_row=1_000_000, columns=tuple(ValueType))
    chunks = []
    for at in _starts(values):
        texts = {t: pa.array(columns[t][at : at + CHUNK], pa.large_string()) for t in ValueType}
        frame: pd.DataFrame = pa.table(texts).to_pandas()
        chunks.append(Chunk(np.arange(at, at + len(frame)), frame))
    began = time.process_time()
    for chunk in chunks:
        checker.check(bound.apply(chunk))
    return time.process_time() - began


def _starts(values: int) -> range:
    return range(0, values, CHUNK)


def _check(chunks: Sequence[Any], rule: FieldRule) -> None:
    for chunk in chunks:
        checking.check_column(chunk, rule, Context())


def _rule(type_: ValueType) -> FieldRule:
    closed = type_ in {ValueType.CONSENT, ValueType.CHOICE}
    return FieldRule(
        field="f_Field",
        role=FieldRole.DATA,
        type=type_,
        column="Column",
        formats=("DD/MM/YYYY",) if type_ is ValueType.DATE else (),
        region="CA" if type_ in {ValueType.PHONE, ValueType.POSTAL} else None,
        values=tuple(ANSWERS.items()) if closed else (),
        other=Other.REJECT if closed else Other.KEEP,
        max_length=100 if type_ is ValueType.TEXT else None,
    )


def _columns(count: int) -> dict[ValueType, list[Value]]:
    """Make the values of each type, as they come to the checks: trimmed, blank ones missing."""
    chance = random.Random(1)
    rows = list(ContactRows(1, 0.02).make(count))
    first = datetime(2020, 1, 1, tzinfo=UTC)
    made: dict[ValueType, list[Value]] = {
        ValueType.DATETIME: [
            f"{first + timedelta(seconds=chance.randrange(150_000_000)):%Y-%m-%d %H:%M:%S}"
            for _ in range(count)
        ],
        ValueType.DECIMAL: [f"{chance.uniform(0, 5_000):.2f}" for _ in range(count)],
        ValueType.BOOLEAN: [chance.choice(("Oui", "Non", "Yes", "No", "1")) for _ in range(count)],
        ValueType.LIST: [
            "; ".join(chance.sample(INTERESTS, chance.randrange(1, 4))) for _ in range(count)
        ],
    }
    of_file = {
        ValueType.TEXT: CITY,
        ValueType.EMAIL: ADDRESS,
        ValueType.PHONE: PHONE,
        ValueType.DATE: BIRTH,
        ValueType.INTEGER: POINTS,
        ValueType.CONSENT: NEWSLETTER,
        ValueType.CHOICE: NEWSLETTER,
        ValueType.POSTAL: CODE,
    }
    for type_, at in of_file.items():
        made[type_] = [(row[at].strip(BLANKS) or None) if at < len(row) else None for row in rows]
    return made


# --- plain loops ----------------------------------------------------------------------------


def _address(text: str) -> str:
    return validate_email(text, check_deliverability=False).normalized


def _phone(text: str) -> str:
    number = phonenumbers.parse(text, "CA")
    if not phonenumbers.is_valid_number(number):
        raise ValueError(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _day(text: str) -> str:
    return datetime.strptime(text, "%d/%m/%Y").date().isoformat()  # noqa: DTZ007 - a day


def _moment(text: str) -> str:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").isoformat(" ")  # noqa: DTZ007 - as given


def _short(text: str) -> str:
    if len(text) > 100:
        raise ValueError(text)
    return text


_POSTAL = re.compile(r"([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)", re.IGNORECASE)


def _postal(text: str) -> str:
    match = _POSTAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return f"{match[1]} {match[2]}".upper()


def _list(text: str) -> str:
    return "|".join(entry.strip() for entry in re.split(r"[;|\n]", text) if entry.strip())


def _decimal(text: str) -> str:
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return text


def _loop(convert: Callable[[str], str]) -> Loop:
    def loop(values: Sequence[Value]) -> list[str | None]:
        written: list[str | None] = []
        for value in values:
            try:
                written.append(convert(value) if value is not None else None)
            except (ValueError, KeyError, EmailNotValidError, phonenumbers.NumberParseException):
                written.append(None)
        return written

    return loop


_BOOLEANS = {"oui": "true", "yes": "true", "1": "true", "non": "false", "no": "false"}
CONVERT: dict[ValueType, Callable[[str], str]] = {
    ValueType.TEXT: _short,
    ValueType.EMAIL: _address,
    ValueType.PHONE: _phone,
    ValueType.DATE: _day,
    ValueType.DATETIME: _moment,
    ValueType.INTEGER: lambda text: str(int(text)),
    ValueType.DECIMAL: _decimal,
    ValueType.BOOLEAN: lambda text: _BOOLEANS[text.casefold()],
    ValueType.CONSENT: lambda text: ANSWERS[text],
    ValueType.CHOICE: lambda text: ANSWERS[text],
    ValueType.POSTAL: _postal,
    ValueType.LIST: _list,
}
LOOPS = {type_: _loop(convert) for type_, convert in CONVERT.items()}


# --- stages ---------------------------------------------------------------------------------


def stage_costs(folder: Path, rows: int, some: int, repeat: int) -> Iterator[Cost]:
    """Time the stages of a check, from the file to the reports."""
    path, _ = trial.generate(folder, rows=rows, seed=1)
    ours = [_stages(folder, path) for _ in range(repeat)]
    plain = [_plain_stages(folder, path, some) for _ in range(repeat)]
    for stage in ("read", "map", "check", "plan", "report"):
        yield Cost(
            stage,
            statistics.median(one[stage] for one in ours) * 1e6 / rows,
            statistics.median(one[stage] for one in plain) * 1e6 / min(some, rows),
        )


class Stopwatch:
    """Adds up the seconds spent behind some doors."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Time a block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] += time.perf_counter() - began

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Time every call of a function."""

        def timed(*arguments: Any, **named: Any) -> Any:
            with self.running(name):
                return function(*arguments, **named)

        return timed

    def along(self, name: str, function: Callable[..., Iterator[Any]]) -> Callable[..., Any]:
        """Time every step of what a function gives one by one."""

        def timed(*arguments: Any, **named: Any) -> Iterator[Any]:
            steps = function(*arguments, **named)
            nothing = object()
            while True:
                with self.running(name):
                    step = next(steps, nothing)
                if step is nothing:
                    return
                yield step

        return timed


def _stages(folder: Path, path: Path) -> dict[str, float]:
    """Check a file with the package's own pipeline; give the seconds of each stage."""
    means = assembly.means()
    today = means.clock.now().date()
    opened = assembly.open_all([(path, path.name)], str(trial.MAPPING), sheet=None, run_date=today)
    order = assembly.NewRun("check", None, Settings())
    run = assembly.make_run(folder / "runs", opened, order, means, provisional=None)
    watch = Stopwatch()
    source = type(opened.sources[0])
    doors = (
        (source, "chunks", watch.along("read", source.chunks)),
        (BoundMapping, "apply", watch.around("map", BoundMapping.apply)),
        (Checker, "check", watch.around("check", Checker.check)),
        (Planner, "add", watch.around("plan", Planner.add)),
        (Planner, "finish", watch.around("plan", Planner.finish)),
    )
    with contextlib.ExitStack() as stack, Journal.open(run.journal) as journal:
        for owner, name, timed in doors:
            stack.enter_context(patch.object(owner, name, timed))
        pipeline.check(
            run,
            journal,
            opened.sources,
            opened.bound,
            largest_row=1_000_000,
            clock=means.clock,
            watcher=Unwatched(),
        )
        with watch.running("report"):
            pipeline.finish(
                run,
                journal,
                state=RunState.CHECKED,
                mapping=opened.mapping,
                facts=lambda totals: facts_of(run, journal, RunState.CHECKED, totals),
                watcher=Unwatched(),
            )
    run.discard()
    return watch.spent


def _plain_stages(folder: Path, path: Path, some: int) -> dict[str, float]:
    """Do the same work with the csv module and dictionaries, row by row, on the first rows."""
    fields = dict(zip(HEADER, _PLAIN_TYPES, strict=True))
    rows: list[dict[str, str]] = []
    mapped: list[dict[str, str]] = []
    checked: list[tuple[dict[str, str], bool]] = []
    plan: dict[str, dict[str, str]] = {}

    def read() -> None:
        with path.open(encoding="utf-8", newline="") as stream:
            rows.extend(itertools.islice(csv.DictReader(stream, restval=""), some))

    def rename() -> None:
        mapped.extend({name: row[name].strip(BLANKS) for name in fields} for row in rows)

    def check() -> None:
        for row in mapped:
            good, written = True, {}
            for name, text in row.items():
                try:
                    written[name] = CONVERT[fields[name]](text) if text else ""
                except (ValueError, KeyError, phonenumbers.NumberParseException):
                    good = False
            checked.append((written, good))

    def lay() -> None:
        plan.update({row["Courriel"].lower(): row for row, good in checked if good})
        with (folder / "plan.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(row.values() for row in plan.values())
            os.fsync(stream.fileno())

    def report() -> None:
        with (folder / "results.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            for number, (row, good) in enumerate(checked, 2):
                verdict = "good" if good else "invalid"
                writer.writerow([path.name, "", number, row.get("Courriel"), verdict, *[""] * 6])

    steps = {"read": read, "map": rename, "check": check, "plan": lay, "report": report}
    return {name: seconds(step) for name, step in steps.items()}


_PLAIN_TYPES = (
    ValueType.EMAIL,
    ValueType.TEXT,
    ValueType.TEXT,
    ValueType.PHONE,
    ValueType.DATE,
    ValueType.CONSENT,
    ValueType.CONSENT,
    ValueType.TEXT,
    ValueType.TEXT,
    ValueType.TEXT,
    ValueType.INTEGER,
    ValueType.TEXT,
)

if __name__ == "__main__":
    main()
