"""``report.html``: the page a person opens. Self-contained, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from importer.issues import IssueCode
from importer.model import RunState, Verdict
from importer.reports.consent_words import by_mapping, whom_a_yes_reaches
from importer.reports.headline import grouped, headline
from importer.reports.steps import next_steps, to_fix
from importer.reports.verified import ReadBackShown, verified_words
from importer.tables import NO_HEADER, delimiter_in_words, header_in_words

if TYPE_CHECKING:
    from jinja2 import Template

    from importer.reports.problems import Group
    from importer.reports.summary import FileSummary, Summary
    from importer.run_folder import RunSettings

# So many of each stand on the page, which stays small whatever the run; files tell the rest.
MOST_GROUPS = 30
MOST_EXAMPLES = 50
MOST_FILES = 20
MOST_NOTES = 12
_LONGEST = 200
_NARROWEST = 1.5  # per cent of the bar: what is there can be seen

MEANINGS = {
    Verdict.CREATED: "The platform made a new contact.",
    Verdict.UPDATED: "The platform changed a contact it had.",
    Verdict.ACCEPTED: "The platform took the row and does not say which of the two.",
    Verdict.DUPLICATE: "Another row of the run has the same key, and that one was chosen.",
    Verdict.SKIPPED: "Blank, a note or total below the table, or passed over as the mapping asks.",
    Verdict.INVALID: "Never sent: something in the row is wrong.",
    Verdict.REJECTED: "Sent, and the platform said no.",
    Verdict.UNKNOWN: "The platform may have taken the row or not: nobody was told.",
    Verdict.NOT_SENT: "Nothing is wrong with the row; its turn has not come.",
}
_UNKNOWN = {IssueCode.ANSWER_LOST, IssueCode.ANSWER_MISSING, IssueCode.REPEATED_INSERT}


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the bar; ``x`` and ``width`` in per cent. ``label``: empty if it is narrow."""

    verdict: str
    x: float
    width: float
    label: str


def page(
    summary: Summary,
    groups: Sequence[Group],
    settings: RunSettings,
    read_back: ReadBackShown | None = None,
) -> str:
    """Make the page of a run: the same arguments, the same text.

    ``read_back``: what was not found as it was sent, the gravest first.
    """
    verdicts = [(v, v.words, summary.rows.of(v)) for v in Verdict]
    told = {warning for one in summary.files for warning in one.warnings}
    shown = groups[:MOST_GROUPS]
    return _template().render(
        summary=summary,
        headline=headline(summary),
        steps=next_steps(summary, settings),
        verdicts=verdicts,
        meanings=MEANINGS,
        total=sum(number for _, _, number in verdicts),
        segments=bar([(v, number) for v, _, number in verdicts]),
        groups=shown,
        groups_left=len(groups) - len(shown),
        examples=max(1, MOST_EXAMPLES // max(1, len(shown))),
        settings=settings,
        sent=summary.calls.made > 0,
        whom_a_yes_reaches=whom_a_yes_reaches(summary),
        verified_words=verified_words(summary.verified) if summary.verified else "",
        read_back=read_back or ReadBackShown(),
        abandoned=summary.state == RunState.ABANDONED,
        to_fix=to_fix(summary),
        warnings=list(dict.fromkeys(w for w in summary.warnings if w not in told)),
        most_files=MOST_FILES,
        most_notes=MOST_NOTES,
    )


def bar(totals: Sequence[tuple[Verdict, int]]) -> list[Segment]:
    """Cut a bar of 100 per cent into the verdicts that occur, none too narrow to be seen."""
    there = [(verdict, number) for verdict, number in totals if number]
    total = sum(number for _, number in there)
    widths = [max(_NARROWEST, 100 * number / total) for _, number in there]
    scale = 100 / sum(widths) if widths else 0
    segments, x = [], 0.0
    for (verdict, number), raw in zip(there, widths, strict=True):
        width = raw * scale
        label = grouped(number)
        fits = width >= 2.5 + 2.2 * len(label)
        segments.append(Segment(verdict, round(x, 3), round(width, 3), label if fits else ""))
        x += width
    return segments


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("importer.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=grouped,
        share=share,
        moment=moment,
        duration=duration,
        size=size,
        clip=clip,
        title_of=_title_of,
        delimiter=delimiter_in_words,
        header=header_of,
        effect_of=_effect_of,
        by_mapping=by_mapping,
    )
    return environment.get_template("report.html")


# --- filters: how a value is written ------------------------------------------------------------


def share(number: int, total: int) -> str:
    """Write a part of a total; what is there is never 0 %, what is missing never 100 %."""
    if not total or number in {0, total}:
        return "100\u202f%" if number else "0\u202f%"
    per_cent = 100 * number / total
    if per_cent < 0.1:
        return "<\u202f0.1\u202f%"
    return f"{min(per_cent, 99.9):.1f}\u202f%"


def moment(text: str) -> str:
    """Write an ISO moment as people read it, in UTC; anything else as it stands."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{found:%Y-%m-%d %H:%M:%S} UTC" if text.endswith("Z") else text


def duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def size(number: int) -> str:
    """Write a number of bytes."""
    for unit, bytes_ in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= bytes_:
            return f"{number / bytes_:.1f} {unit}"
    return f"{number} bytes"


def header_of(file: FileSummary) -> str:
    """Say where a table's header stands."""
    if file.header_row == NO_HEADER:
        return "no header"
    return f"header in {header_in_words(file.header_row, file.header_rows)}"


def clip(text: str, longest: int = _LONGEST) -> str:
    """Cut a text that is too long for the page."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _title_of(code: str) -> str:
    return code.replace("-", " ").capitalize() or "Without a code"


def _effect_of(group: Group) -> str:
    if group.severity != "error":
        return "A warning: the row is sent all the same"
    if group.code in _UNKNOWN:
        return Verdict.UNKNOWN.words.capitalize()
    if group.code == IssueCode.DUPLICATE_REFUSED:
        return "Refused as a duplicate"
    if group.code in set(IssueCode) - {IssueCode.PLATFORM_REFUSED}:
        return Verdict.INVALID.words.capitalize()
    return Verdict.REJECTED.words.capitalize()
