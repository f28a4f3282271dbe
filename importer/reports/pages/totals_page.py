"""``totals.html``: one printable sheet of pictures and numbers, without any person's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.language import number, tr, trn
from importer.reports.pages.call_picture import call_picture
from importer.reports.pages.page import shared
from importer.reports.pages.sheet import rendered
from importer.reports.pages.timeline import Timeline
from importer.reports.words.figures import clip, duration
from importer.reports.words.titles import bare_title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.reports.problems import Group
    from importer.reports.summary import CallTotals, Summary

# So many of each fit on the sheet.
MOST_CAUSES = 8
MOST_FILES = 5
MOST_CONSENTS = 4
_LONGEST_TITLE = 44


def totals_page(
    summary: Summary,
    groups: Sequence[Group],
    calls: Timeline | None = None,
    *,
    masked: bool = False,
) -> str:
    """Make the sheet in the language that is spoken: the same arguments, the same text.

    It has no key, no example, no cell's text and no sentence that may quote one. ``masked``: who
    ran it is left out as well.
    """
    causes = [(clip(bare_title_of(group.code), _LONGEST_TITLE), group.count) for group in groups]
    consents = list(summary.consents.items())
    return rendered(
        "totals.html",
        styles=["page.css", "totals.css"],
        **shared(summary),
        causes=causes[:MOST_CAUSES],
        causes_left=max(0, len(causes) - MOST_CAUSES),
        left_problems=sum(count for _, count in causes[MOST_CAUSES:]),
        consents=consents[:MOST_CONSENTS],
        consents_left=max(0, len(consents) - MOST_CONSENTS),
        files=summary.files[:MOST_FILES],
        files_left=max(0, len(summary.files) - MOST_FILES),
        picture=call_picture(calls or Timeline(), summary.limits),
        calls_words=_calls(summary.calls),
        masked=masked,
    )


def _calls(calls: CallTotals) -> str:
    made = trn("{count} call made", "{count} calls made", calls.made)
    told = tr(
        "{made}, of these {retried} repeated; {not_taken} not taken, {refused} refused, {doubtful} "
        "in doubt; waited {time}.",
        made=made,
        retried=number(calls.retried),
        not_taken=number(calls.not_taken),
        refused=number(calls.refused),
        doubtful=number(calls.in_doubt),
        time=duration(calls.waited_seconds),
    )
    if not calls.polls:
        return told
    asked = trn(
        "{count} more call asked what became of these.",
        "{count} more calls asked what became of these.",
        calls.polls,
    )
    return tr("{one} {other}", one=told, other=asked)
