"""The one sentence that says what became of a run, the worst first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from importer.language import number, spoken, tr, trn
from importer.model import RunState, Verdict
from importer.reports.summary import RowTotals, Summary
from importer.reports.words.refused import only_of_consents
from importer.reports.words.went_wrong import Wrong, also, counted, in_words, went_wrong

_INTERRUPTED = {130, 143}
_REACHED = (Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED)


class Tone(StrEnum):
    SUCCESS = "success"  # everything asked for is done
    NEUTRAL = "neutral"  # nothing is wrong, and nothing was sent
    ATTENTION = "attention"  # somebody has rows to fix
    ALARM = "alarm"  # not finished, not sent, or not known


@dataclass(frozen=True, slots=True)
class Headline:
    """``label``: the tone in a few words. ``text``: the sentence. ``lead``: what follows it."""

    tone: Tone
    label: str
    text: str
    lead: tuple[str, ...] = ()


def headline(summary: Summary) -> Headline:
    """Say what became of a run. Only exit code 0 with every good row sent sounds like success."""
    rows = summary.rows
    total = sum(rows.of(verdict) for verdict in Verdict)
    if total != rows.read:
        text = tr(
            "The totals do not add up: {rows} read, {count} told of",
            rows=_rows(rows.read),
            count=number(total),
        )
        return Headline(Tone.ALARM, tr("Do not rely on this page"), text)
    if summary.exit_code == 1:
        text = tr("Broken off: {what}", what=_unsettled(rows))
        return _headline(summary, Tone.ALARM, tr("A fault of importer"), text, {Wrong.UNKNOWN})
    match RunState(summary.state):
        case RunState.CHECKING:
            text = tr("The check has not ended")
            return _headline(summary, Tone.ALARM, tr("Not finished"), text)
        case RunState.CHECKED:
            return _checked(summary)
        case RunState.SENDING:
            return _stopped(summary, tr("Not finished: {what}", what=_unsettled(rows)))
        case RunState.STOPPED:
            return _stopped(summary, _how_it_stopped(summary))
        case RunState.FINISHED:
            return _finished(summary)
        case RunState.REFUSED:
            return _refused(summary)
        case RunState.ABANDONED:
            text = trn(
                "Abandoned: {count} row never sent",
                "Abandoned: {count} rows never sent",
                rows.not_sent,
            )
            return _headline(
                summary,
                Tone.ATTENTION,
                tr("Abandoned"),
                _with_unknown(text, rows),
                {Wrong.UNKNOWN},
            )


def _checked(summary: Summary) -> Headline:
    problems = in_words(went_wrong(summary))
    label = tr("Only checked")
    if problems or summary.exit_code:
        why = problems or tr("exit code {code}", code=summary.exit_code)
        text = tr("Checked, nothing was sent: {why}", why=why)
        return _headline(summary, Tone.ATTENTION, label, text, set(Wrong))
    if not summary.rows.not_sent and summary.unchanged:
        text = tr("Checked: nothing has changed, so there is nothing to send")
    elif not summary.rows.not_sent:
        text = tr("Checked: there is nothing to send")
    else:
        text = tr("Checked: nothing was sent, and nothing is wrong")
    return _headline(summary, Tone.NEUTRAL, label, text)


def _refused(summary: Summary) -> Headline:
    """Say what stood in the way: a guard, the consents, or the rows that cannot be sent."""
    told: set[Wrong] = set()
    if summary.stopped_because == "guard":
        why = tr("the file is not as it should be")
    elif only_of_consents(summary):
        why = tr("a consent would be set for more contacts than was allowed")
    else:
        told = set(Wrong)
        why = in_words(went_wrong(summary)) or tr("a threshold stands in the way")
    text = tr("Nothing was sent: {why}", why=why)
    return _headline(summary, Tone.ALARM, tr("Nothing sent"), text, told)


def _how_it_stopped(summary: Summary) -> str:
    what = _unsettled(summary.rows)
    if summary.exit_code in _INTERRUPTED:
        return tr("Interrupted: {what}", what=what)
    if summary.stopped_because == "first-reached":
        return tr("Stopped as asked: {what}", what=what)
    return tr("Stopped early: {what}", what=what)


def _stopped(summary: Summary, text: str) -> Headline:
    return _headline(summary, Tone.ALARM, tr("Not finished"), text, {Wrong.UNKNOWN})


def _finished(summary: Summary) -> Headline:
    rows = summary.rows
    left = [(Wrong.NOT_SENT, rows.not_sent)] if rows.not_sent else []
    problems = in_words(left + went_wrong(summary))
    reached = reached_rows(rows)
    if problems:
        nothing = not (reached or rows.unknown)
        tone = Tone.ALARM if rows.unknown or rows.not_sent or not reached else Tone.ATTENTION
        if nothing:
            label = tr("Nothing imported")
            text = tr("Nothing was imported: {problems}", problems=problems)
        else:
            label = tr("Not all imported")
            text = tr("Finished: {problems}", problems=problems)
        return _headline(summary, tone, label, text, set(Wrong))
    match summary.exit_code:
        case 0:
            return _success(summary, reached)
        case 3:
            text = tr("Finished: some rows were written only in part")
            return _headline(summary, Tone.ATTENTION, tr("Not all imported"), text)
        case code:
            text = tr("Ended with exit code {code}: this is no success", code=code)
            return _headline(summary, Tone.ALARM, tr("Not all imported"), text)


def _success(summary: Summary, reached: int) -> Headline:
    if not reached:
        text = tr("Finished: there was nothing to send")
        if summary.unchanged:
            text = tr("Finished: nothing had changed, so nothing was sent")
        return _headline(summary, Tone.NEUTRAL, tr("Nothing to send"), text)
    whole = reached == summary.rows.read
    text = _all_done(summary.rows, reached) if whole else _some_done(summary.rows, reached)
    if summary.sandbox:
        text = tr("{done}, into the sandbox", done=text)
    if not whole:
        text = tr("{done}, none refused", done=text)
    return _headline(summary, Tone.SUCCESS, tr("Complete"), text)


def _all_done(rows: RowTotals, reached: int) -> str:
    if rows.accepted:
        return trn(
            "Finished: the one row is taken by the platform",
            "Finished: all {count} rows taken by the platform",
            reached,
        )
    return trn("Finished: the one row is imported", "Finished: all {count} rows imported", reached)


def _some_done(rows: RowTotals, reached: int) -> str:
    if rows.accepted:
        return trn(
            "Finished: {count} row taken by the platform",
            "Finished: {count} rows taken by the platform",
            reached,
        )
    return trn("Finished: {count} row imported", "Finished: {count} rows imported", reached)


def _headline(
    summary: Summary, tone: Tone, label: str, text: str, told: Collection[Wrong] = ()
) -> Headline:
    """``told``: the problems that the text tells, if there are such."""
    return Headline(tone, label, text, tuple(_lead(summary, told)))


def _lead(summary: Summary, told: Collection[Wrong]) -> list[str]:
    """Say how far it came, why it ended, and the problems that the headline leaves out."""
    lead = [*_how_far(summary), *unchanged_words(summary)]
    if summary.message:
        lead.append(tr("Why: {message}", message=in_language(summary, summary.message)))
    others = in_words([one for one in went_wrong(summary) if one[0] not in told])
    if others:
        lead.append(tr("Also: {problems}.", problems=others))
    withheld = sum(one.withheld_by_account for one in summary.consents.values())
    if withheld:
        lead.append(
            trn(
                "{count} yes withheld for what the account holds: see issues.csv.",
                "{count} yes withheld for what the account holds: see issues.csv.",
                withheld,
            )
        )
    return lead


def _how_far(summary: Summary) -> list[str]:
    rows, state = summary.rows, RunState(summary.state)
    read = _rows(rows.read)
    if state in {RunState.CHECKED, RunState.REFUSED}:
        return [tr("{some} of {rows} could be sent.", some=number(rows.not_sent), rows=read)]
    if state is RunState.CHECKING:
        return []
    some = number(reached_rows(rows))
    so_far = state in {RunState.SENDING, RunState.STOPPED}
    match bool(rows.accepted), so_far:
        case True, True:
            return [tr("{some} of {rows} taken by the platform so far.", some=some, rows=read)]
        case True, False:
            return [tr("{some} of {rows} taken by the platform.", some=some, rows=read)]
        case False, True:
            return [tr("{some} of {rows} imported so far.", some=some, rows=read)]
        case _:
            return [tr("{some} of {rows} imported.", some=some, rows=read)]


def unchanged_words(summary: Summary) -> list[str]:
    """Say how many rows are left out since they have not changed; nothing if none is."""
    if not summary.unchanged:
        return []
    return [
        trn(
            "{count} row has not changed since it was last sent, and is left out.",
            "{count} rows have not changed since they were last sent, and are left out.",
            summary.unchanged,
        )
    ]


def in_language(summary: Summary, sentence: str) -> str:
    """Give a sentence of a summary in the run's language, where that is spoken."""
    return summary.said(sentence) if summary.language == spoken() else sentence


def reached_rows(rows: RowTotals) -> int:
    """Count the rows that the platform took."""
    return sum(rows.of(verdict) for verdict in _REACHED)


def _rows(count: int) -> str:
    return trn("{count} row", "{count} rows", count)


def _unsettled(rows: RowTotals) -> str:
    if rows.not_sent:
        text = trn("{count} row is not sent yet", "{count} rows are not sent yet", rows.not_sent)
        return _with_unknown(text, rows)
    if rows.unknown:
        return counted(Wrong.UNKNOWN, rows.unknown)
    return tr("every row was sent, but the run did not come to its end")


def _with_unknown(text: str, rows: RowTotals) -> str:
    if not rows.unknown:
        return text
    return tr("{one}, {other}", one=text, other=also(Wrong.UNKNOWN, rows.unknown))
