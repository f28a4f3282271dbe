"""What refuses a checked run before anything is sent: the operator's thresholds, a job's guards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from importer.blanks import folded
from importer.language import decimal, number, tr, trn
from importer.mapping import SeenTable
from importer.planning import PlanFacts
from importer.recognition import Look
from importer.run_folder import ColumnFacts, Guards, RunSettings
from importer.tables import TableDescription
from importer.thresholds import threshold

THRESHOLD, GUARD = "threshold", "guard"
"""Why a run was refused, as codes."""
_FEW = 20  # rows, or filled cells: so few say nothing of a column
_OTHER = 0.5  # of a column's values; when more look otherwise than last time, so does the column
_GARBLED = 0.02  # of a column's values; a name or two may have come damaged
_NUMBERS = {Look.INTEGER, Look.DECIMAL}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run is not sent: the code, and all reasons as one sentence."""

    reason: str
    message: str


def refusal_of(
    settings: RunSettings,
    facts: PlanFacts,
    tables: Sequence[TableDescription],
    seen: Sequence[SeenTable],
) -> Refusal | None:
    """Say why a checked run may not be sent; None: it may."""
    passed = [*_rows_passed(settings, facts), *_consents_passed(settings, facts)]
    guarded = []
    if settings.guards is not None:
        guarded = list(_guarded(settings.guards, facts, tables, seen))
    if not (passed or guarded):
        return None
    message = reduce(
        lambda one, other: tr("{one}; {other}", one=one, other=other), guarded + passed
    )
    return Refusal(GUARD if guarded else THRESHOLD, message)


def merged_columns(
    tables: Iterable[Mapping[str, ColumnFacts]],
) -> dict[str, ColumnFacts]:
    """Put together what was seen of each column in several tables."""
    found: dict[str, ColumnFacts] = {}
    for columns in tables:
        for header, facts in columns.items():
            before = found.get(header)
            found[header] = facts if before is None else _together(before, facts)
    return found


def _together(one: ColumnFacts, other: ColumnFacts) -> ColumnFacts:
    filled = one.filled + other.filled

    def share(first: float, second: float) -> float:
        return round((first * one.filled + second * other.filled) / filled, 3)

    looks = {
        look: share(one.looks.get(look, 0), other.looks.get(look, 0))
        for look in (*one.looks, *other.looks)
    }
    alike = {two.looks_like for two in (one, other) if two.filled}
    look = alike.pop() if len(alike) == 1 else Look.TEXT if alike else Look.EMPTY
    return ColumnFacts(
        filled=filled,
        rows=one.rows + other.rows,
        looks_like=look,
        looks=looks,
        garbled=share(one.garbled, other.garbled) if filled else 0.0,
    )


# --- thresholds -----------------------------------------------------------------------------------


def _rows_passed(settings: RunSettings, facts: PlanFacts) -> Iterator[str]:
    """Say which threshold of rows that cannot be sent is passed."""
    bad = facts.invalid + facts.refused_duplicates
    if settings.strict and bad:
        yield trn(
            "--strict: {count} row cannot be sent, so none is",
            "--strict: {count} rows cannot be sent, so none is",
            bad,
            count=bad,
        )
    elif settings.max_invalid is not None and bad > threshold(
        settings.max_invalid, facts.read - facts.blank
    ):
        yield trn(
            "--max-invalid {most}: {count} row cannot be sent",
            "--max-invalid {most}: {count} rows cannot be sent",
            bad,
            count=bad,
            most=settings.max_invalid,
        )


def _consents_passed(settings: RunSettings, facts: PlanFacts) -> Iterator[str]:
    """Say of which consents more contacts would be set to yes, or to no, than may be."""
    contacts = facts.planned + facts.unchanged  # few changes are no large share of the file
    for code, counts in facts.consents.items():
        yes, no = counts["yes"], counts["no"]
        if settings.max_yes is not None and yes > threshold(settings.max_yes, contacts):
            yield trn(
                "--max-yes {most}: {consent} would be set to yes for {count} contact",
                "--max-yes {most}: {consent} would be set to yes for {count} contacts",
                yes,
                most=settings.max_yes,
                consent=code,
            )
        if settings.max_no is not None and no > threshold(settings.max_no, contacts):
            yield trn(
                "--max-no {most}: {consent} would be set to no for {count} contact",
                "--max-no {most}: {consent} would be set to no for {count} contacts",
                no,
                most=settings.max_no,
                consent=code,
            )


# --- guards ---------------------------------------------------------------------------------------


def _guarded(
    guards: Guards,
    facts: PlanFacts,
    tables: Sequence[TableDescription],
    seen: Sequence[SeenTable],
) -> Iterator[str]:
    """Say in what a job's file is not as it should be."""
    rows = facts.read - facts.blank
    if rows < guards.fewest_rows:
        yield _too_few(rows, guards)
    elif rows - facts.duplicate < guards.fewest_contacts:
        yield trn(
            "the rows of the file are of {count} contact where {usual} are usual, and below "
            "{fewest} nothing is sent",
            "the rows of the file are of {count} contacts where {usual} are usual, and below "
            "{fewest} nothing is sent",
            rows - facts.duplicate,
            fewest=number(guards.fewest_contacts),
            usual=number(guards.usual_contacts),
        )
    if guards.cut_off:
        yield from _cut_off(guards, tables, seen)
    before = {folded(header): column for header, column in guards.columns.items()}
    for header, column in merged_columns(one.columns for one in seen).items():
        last = before.get(folded(header))
        if last is not None:
            yield from _changed(guards, header, column, last)


def _too_few(rows: int, guards: Guards) -> str:
    if not guards.usual_rows:
        return trn(
            "the file has {count} row, and below {fewest} nothing is sent",
            "the file has {count} rows, and below {fewest} nothing is sent",
            rows,
            fewest=number(guards.fewest_rows),
        )
    return trn(
        "the file has {count} row where {usual} are usual, and below {fewest} nothing is sent",
        "the file has {count} rows where {usual} are usual, and below {fewest} nothing is sent",
        rows,
        fewest=number(guards.fewest_rows),
        usual=number(guards.usual_rows),
    )


def _cut_off(
    guards: Guards, tables: Sequence[TableDescription], seen: Sequence[SeenTable]
) -> Iterator[str]:
    torn = any(one.cut_off for one in seen)
    if torn:
        yield tr("the file ends in the middle of a row: it was cut off")
    elif guards.ends_in_line_break and any(one.ends_in_line_break is False for one in tables):
        yield tr(
            "the file does not end in a line break, as the last ones did: it may have been cut off"
        )


def _changed(guards: Guards, header: str, now: ColumnFacts, last: ColumnFacts) -> Iterator[str]:
    """Say how a column differs from the last time, unless too little of it is known."""
    if guards.fill_change is not None and min(now.rows, last.rows) >= _FEW:
        share, before = now.filled / now.rows, last.filled / last.rows
        if abs(share - before) > guards.fill_change:
            yield tr(
                'the column "{header}" is filled in {share}% of the rows, last time in {before}%',
                header=header,
                share=_percent(share),
                before=_percent(before),
            )
    if guards.types and min(now.filled, last.filled) >= _FEW:
        look, before_look = _mostly(now), _mostly(last)
        if look != before_look and _difference(now, last) > _OTHER:
            yield tr(
                'the column "{header}" holds values of another kind ({look}, last time {before})',
                header=header,
                look=tr(look),
                before=tr(before_look),
            )
        if now.garbled - last.garbled > _GARBLED:
            yield tr(
                'letters of the column "{header}" are lost in {share}% of its cells (? or � stands '
                "in their place), last time in {before}%",
                header=header,
                share=_percent(now.garbled),
                before=_percent(last.garbled),
            )


def _percent(share: float) -> str:
    """Write a share in points of a hundred: whole ones, unless it is near none or all."""
    points = 100 * share
    return decimal(points, 0 if 1 <= points <= 99 or points in {0, 100} else 1)


def _mostly(column: ColumnFacts) -> str:
    """Give what most of a column's values look like."""
    shares = _shares(column)
    return max(shares, key=lambda look: shares[look])


def _difference(one: ColumnFacts, other: ColumnFacts) -> float:
    """Give the share of a column's values that look otherwise than another's, 0 to 1."""
    first, second = _shares(one), _shares(other)
    looks = {*first, *second}
    return sum(abs(first.get(look, 0) - second.get(look, 0)) for look in looks) / 2


def _shares(column: ColumnFacts) -> dict[str, float]:
    """Give the share of each look; what counts as a number today may be whole tomorrow."""
    shares = column.looks or {column.looks_like: 1.0}
    numbers = sum(share for look, share in shares.items() if look in _NUMBERS)
    others = {look: share for look, share in shares.items() if look not in _NUMBERS}
    return others | ({Look.INTEGER: numbers} if numbers else {})
