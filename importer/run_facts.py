"""What a summary says beside the verdicts: exit code, calls, files, times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest

import orjson

from importer import assembly, pipeline, targets
from importer.delivery.asking import LOOKED_UP
from importer.delivery.verifying import VERIFY_WARNING
from importer.journal import Journal
from importer.journal.sentences import sentences
from importer.mapping import Mapping, YesTo
from importer.model import Limits, RunState
from importer.planning import PlanFacts
from importer.reconciliation import IN_PART_ROWS
from importer.reports import (
    CallTotals,
    ConsentTotals,
    LimitsInForce,
    RowTotals,
    RunFacts,
    file_summary,
    verified_totals,
    withheld_counts,
    worse_code,
)
from importer.run_folder import FileFacts, RunFolder
from importer.settings import SANDBOX

_CODE_OF_SIGNAL = {2: 130, 15: 143}


def facts_of(
    folder: RunFolder, journal: Journal, state: RunState, totals: Counter[str]
) -> RunFacts:
    """Gather a run's facts; ``totals``: as ``reconciliation.counted`` counts them."""
    settings = folder.settings
    facts = pipeline.plan_facts(journal)
    connection = settings.connection
    mapping = assembly.mapping_of(folder)
    rows = RowTotals.counted(totals, read=facts.read)
    end = orjson.loads(journal.fact("end") or "{}")
    in_part = totals[IN_PART_ROWS]
    code = exit_code(state, rows, facts.refused_duplicates, end.get("signal"), in_part)
    warning = journal.fact(VERIFY_WARNING)  # None: nothing was to be looked up
    verified = None if warning is None else verified_totals(journal.lookups())
    return RunFacts(
        {
            "run": folder.id,
            "state": state.value,
            "exit_code": worse_code(code, verified),
            "language": settings.language,
            "sentences": sentences(journal),
            "sandbox": connection is not None and connection.name == SANDBOX,
            "mapping": settings.mapping,
            "target": mapping.target,
            "connection": connection.name if connection else "",
            "project": connection.project_id if connection else "",
            "url": connection.url if connection else "",
            "files": tuple(
                file_summary(
                    table, _sha256(table.file, settings.files), seen.columns if seen else None
                )
                for table, seen in zip_longest(
                    pipeline.tables_of(journal), pipeline.seen_of(journal)
                )
            ),
            "rows": rows,
            "refused_duplicates": facts.refused_duplicates,
            "unchanged": facts.unchanged,
            "rows_in_part": in_part,
            "consents": _consents(folder, facts),
            "yes_to": mapping.yes_to.value if facts.consents else "",
            "calls": _call_totals(folder, journal, facts, mapping),
            "limits": _limits_in_force(folder, mapping),
            "stopped_because": end.get("reason", "") if state is not RunState.FINISHED else "",
            "message": end.get("message", "") if state is not RunState.FINISHED else "",
            "verified": verified,
            "warnings": (
                *orjson.loads(journal.fact("warnings") or "[]"),
                *((warning,) if warning else ()),
            ),
            "retry_of": settings.retry_of,
            "job": settings.job,
            "pick_up": settings.pick_up,
            "created": settings.created,
            "checked": journal.fact("checked") or "",
            "started": journal.fact("started") or "",
            "finished": journal.fact("finished") or "",
            "operator": settings.operator,
            "note": settings.note,
            "tool_version": settings.tool_version,
        }
    )


def _limits_in_force(folder: RunFolder, mapping: Mapping) -> LimitsInForce:
    members, careful = asdict(limits_of(folder)), asdict(targets.careful_limits(mapping.target))
    others = tuple(name for name, value in members.items() if value != careful[name])
    return LimitsInForce(**members, configured=others)


def _consents(folder: RunFolder, facts: PlanFacts) -> dict[str, ConsentTotals]:
    withheld = withheld_counts(folder)
    return {
        code: ConsentTotals(**counts, withheld_by_account=withheld[code])
        for code, counts in facts.consents.items()
    }


def _sha256(table_file: str, files: Sequence[FileFacts]) -> str:
    """Find the file a table stands in: of that name, or the archive that its name begins with."""
    within = [one for one in files if table_file.startswith(one.path)]
    return max(within, key=lambda one: len(one.path)).sha256


def exit_code(
    state: RunState,
    rows: RowTotals,
    refused_duplicates: int,
    signal: int | None,
    in_part: int = 0,
) -> int:
    """Give the exit code of a run, by the contract's order.

    ``in_part``: how many rows were written only in part.
    """
    bad = rows.invalid or rows.rejected or refused_duplicates or in_part
    match state:
        case RunState.REFUSED:
            return 4
        case RunState.CHECKED | RunState.CHECKING:
            return 3 if bad else 0
        case RunState.SENDING | RunState.STOPPED | RunState.ABANDONED:
            return _CODE_OF_SIGNAL.get(signal or 0, 5)
        case RunState.FINISHED:
            if rows.unknown:
                return 6
            return 3 if bad else 0


def _call_totals(
    folder: RunFolder, journal: Journal, facts: PlanFacts, mapping: Mapping
) -> CallTotals:
    limits = limits_of(folder)
    by_rows = math.ceil(facts.planned / limits.rows_per_call)
    planned = max(by_rows, math.ceil(facts.wire_bytes / limits.bytes_per_call))
    if mapping.yes_to is YesTo.NEW and mapping.mode.allow_insert:
        planned *= 2  # at most: updates, and then as many inserts
    to_read = pipeline.contacts_to_read(journal)
    planned += to_read
    made = journal.call_totals()
    return CallTotals(
        planned=planned,
        planned_seconds=round(_expected_seconds(planned, limits), 1),
        to_read=to_read,
        read=int(journal.fact(LOOKED_UP) or 0),
        made=made.calls,
        retried=made.retried,
        not_taken=made.not_taken,
        refused=made.refused,
        taken=made.taken,
        polls=made.polls,
        in_doubt=made.in_doubt,
        strangers=made.strangers,
        waited_seconds=round(made.waited_seconds, 3),
        bytes=made.bytes,
    )


def _expected_seconds(calls: int, limits: Limits) -> float:
    """Estimate how long that many calls take at the limits' pace, at a third of a second each."""
    spans = [calls * 0.3]
    for rate, seconds in (
        (limits.calls_per_second, 1),
        (limits.calls_per_minute, 60),
        (limits.calls_per_hour, 3600),
        (limits.calls_per_day, 86400),
    ):
        if rate is not None and calls:
            spans.append((calls - 1) // rate * seconds)
    return max(spans)


def limits_of(folder: RunFolder) -> Limits:
    """Give the limits of a run's connection; without one, the target's careful ones."""
    facts = folder.settings.connection
    if facts is None:
        return targets.careful_limits(assembly.mapping_of(folder).target)
    return assembly.connection_of(facts).limits
