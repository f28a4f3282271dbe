"""What a source found in a column, and what the mapping makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from importer.field_rules import FieldRole, FieldRule, OnInvalid
from importer.issues import Finding, IssueCode, Severity

_NEVER_WITHOUT = frozenset({FieldRole.KEY, FieldRole.CONSENT})


@dataclass(frozen=True, slots=True)
class Use:
    """What a mapping does with a column: the fields its cells go to, and those made of it.

    ``condition``: whether its rows are imported depends on its cells.
    """

    rules: tuple[FieldRule, ...] = ()
    made: tuple[FieldRule, ...] = ()
    condition: bool = False

    @property
    def field(self) -> str:
        """The first field that the column has a part in; empty where it has none."""
        return next((rule.field for rule in (*self.rules, *self.made)), "")

    @property
    def lenient(self) -> bool:
        """Whether a row can do without the column's cell: the fields are left alone then.

        A consent never is: what a person answered cannot be read, and a yes of theirs in another
        row must not pass for it.
        """
        return not (self.made or self.condition) and all(
            rule.on_invalid is OnInvalid.SKIP and rule.role not in _NEVER_WITHOUT
            for rule in self.rules
        )


def findings_of_fields(findings: Sequence[Finding], uses: Mapping[str, Use]) -> tuple[Finding, ...]:
    """Keep what concerns the fields; ``uses``: header -> use, of the columns that are read.

    Findings of a column that goes nowhere are dropped, the others get their field. Where the row
    can do without the cell, an error is a warning. Findings about whole rows stay as they are.
    """
    kept = []
    for finding in findings:
        if not finding.column:
            kept.append(finding)
        elif (use := uses.get(finding.column)) is not None:
            error = finding.severity is Severity.ERROR
            lenient = error and (use.lenient or _is_harmless(finding, use))
            severity = Severity.WARNING if lenient else finding.severity
            kept.append(replace(finding, field=use.field, severity=severity))
    return tuple(kept)


def _is_harmless(finding: Finding, use: Use) -> bool:
    """Tell whether the blank cell of a merged area does no harm: the field is left alone.

    It does where the cell would identify a contact, or answer for one.
    """
    told = {rule.role for rule in (*use.rules, *use.made)}
    harmless = not use.condition and told <= {FieldRole.DATA}
    return finding.code is IssueCode.CELL_MERGED and harmless
