"""The one sentence that says what became of a run, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.issues import IssueCode
from importer.model import RunState, Verdict
from importer.reports.summary import RowTotals, Summary

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
        return Headline(
            Tone.ALARM,
            "Do not rely on this page",
            f"The totals do not add up: {plural(rows.read, 'row')} read, {grouped(total)} told of",
        )
    if summary.exit_code == 1:
        return _headline(
            summary, Tone.ALARM, "A fault of importer", f"Broken off: {_unsettled(rows)}"
        )
    match RunState(summary.state):
        case RunState.CHECKING:
            return _headline(summary, Tone.ALARM, "Not finished", "The check has not ended")
        case RunState.CHECKED:
            return _checked(summary)
        case RunState.SENDING:
            return _stopped(summary, "Not finished")
        case RunState.STOPPED:
            return _stopped(summary, _how_it_stopped(summary))
        case RunState.FINISHED:
            return _finished(summary)
        case RunState.REFUSED:
            why = _listed(_problems(summary)) or "a threshold stands in the way"
            return _headline(summary, Tone.ALARM, "Nothing sent", f"Nothing was sent: {why}")
        case RunState.ABANDONED:
            text = f"Abandoned: {plural(rows.not_sent, 'row')} never sent"
            return _headline(summary, Tone.ATTENTION, "Abandoned", _with_unknown(text, rows))


def _checked(summary: Summary) -> Headline:
    problems = _listed(_problems(summary))
    if problems or summary.exit_code:
        why = problems or f"exit code {summary.exit_code}"
        text = f"Checked, nothing was sent: {why}"
        return _headline(summary, Tone.ATTENTION, "Only checked", text)
    if not summary.rows.not_sent:
        text = "Checked: there is nothing to send"
        return _headline(summary, Tone.NEUTRAL, "Only checked", text)
    text = "Checked: nothing was sent, and nothing is wrong"
    return _headline(summary, Tone.NEUTRAL, "Only checked", text)


def _how_it_stopped(summary: Summary) -> str:
    if summary.exit_code in _INTERRUPTED:
        return "Interrupted"
    return "Stopped as asked" if summary.stopped_because == "first-reached" else "Stopped early"


def _stopped(summary: Summary, how: str) -> Headline:
    text = f"{how}: {_unsettled(summary.rows)}"
    return _headline(summary, Tone.ALARM, "Not finished", text)


def _finished(summary: Summary) -> Headline:
    rows = summary.rows
    left = [(rows.not_sent, "not sent")] if rows.not_sent else []
    problems = _listed(left + _problems(summary))
    reached = reached_rows(rows)
    if problems:
        start = "Finished" if reached or rows.unknown else "Nothing was imported"
        unsure = rows.unknown or rows.not_sent or not reached
        tone = Tone.ALARM if unsure else Tone.ATTENTION
        label = "Nothing imported" if not (reached or rows.unknown) else "Not all imported"
        return _headline(summary, tone, label, f"{start}: {problems}")
    match summary.exit_code:
        case 0:
            return _success(summary, reached)
        case 3:
            text = "Finished: some rows were written only in part"
            return _headline(summary, Tone.ATTENTION, "Not all imported", text)
        case code:
            text = f"Ended with exit code {code}: this is no success"
            return _headline(summary, Tone.ALARM, "Not all imported", text)


def _success(summary: Summary, reached: int) -> Headline:
    if not reached:
        return _headline(
            summary, Tone.NEUTRAL, "Nothing to send", "Finished: there was nothing to send"
        )
    done = _done(summary.rows)
    where = ", into the sandbox" if summary.sandbox else ""
    if reached == summary.rows.read:
        text = (
            f"Finished: all {plural(reached, 'row')} {done}{where}"
            if reached > 1
            else (f"Finished: the one row is {done}{where}")
        )
    else:
        text = f"Finished: {plural(reached, 'row')} {done}{where}, none refused"
    return _headline(summary, Tone.SUCCESS, "Complete", text)


def _headline(summary: Summary, tone: Tone, label: str, text: str) -> Headline:
    return Headline(tone, label, text, tuple(_lead(summary, text)))


def _lead(summary: Summary, text: str) -> list[str]:
    """Say how far it came, why it ended, and the problems that the headline leaves out."""
    rows, state = summary.rows, RunState(summary.state)
    lead = []
    if state in {RunState.CHECKED, RunState.REFUSED}:
        lead.append(f"{_of(rows.not_sent, rows.read)} could be sent.")
    elif state is not RunState.CHECKING:
        so_far = " so far" if state in {RunState.SENDING, RunState.STOPPED} else ""
        lead.append(f"{_of(reached_rows(rows), rows.read)} {_done(rows)}{so_far}.")
    if summary.message:
        lead.append(f"Why: {summary.message}")
    others = _listed([(n, words) for n, words in _problems(summary) if words not in text])
    if others:
        lead.append(f"Also: {others}.")
    withheld = sum(one.withheld_by_account for one in summary.consents.values())
    if withheld:
        lead.append(f"{grouped(withheld)} yes withheld for what the account holds: see issues.csv.")
    return lead


def _of(some: int, rows: int) -> str:
    return f"{grouped(some)} of {plural(rows, 'row')}"


def reached_rows(rows: RowTotals) -> int:
    """Count the rows that the platform took."""
    return sum(rows.of(verdict) for verdict in _REACHED)


def _done(rows: RowTotals) -> str:
    return "taken by the platform" if rows.accepted else "imported"


def _unsettled(rows: RowTotals) -> str:
    if rows.not_sent:
        is_or_are = "is" if rows.not_sent == 1 else "are"
        return _with_unknown(f"{plural(rows.not_sent, 'row')} {is_or_are} not sent yet", rows)
    if rows.unknown:
        return f"{plural(rows.unknown, 'row')} {Verdict.UNKNOWN.words}"
    return "every row was sent, but the run did not come to its end"


def _with_unknown(text: str, rows: RowTotals) -> str:
    return f"{text}, {grouped(rows.unknown)} {Verdict.UNKNOWN.words}" if rows.unknown else text


def _problems(summary: Summary) -> list[tuple[int, str]]:
    """List what went wrong with rows that had their turn, the least certain first."""
    rows = summary.rows
    found = [
        (rows.unknown, Verdict.UNKNOWN.words),
        (rows.invalid, Verdict.INVALID.words),
        (rows.rejected, Verdict.REJECTED.words),
        (summary.refused_duplicates, "refused as duplicates"),
    ]
    if summary.verified is not None:  # rows of unknown answer that are not there are refused ones
        lost = summary.verified.missing - summary.problems.get(IssueCode.NOT_IN_ACCOUNT, 0)
        found.insert(0, (lost, "not in the account when read back"))
        found.append((summary.verified.different, "stored with other values"))
    return [(number, words) for number, words in found if number]


def _listed(problems: list[tuple[int, str]]) -> str:
    """Join problems; only the first says that rows are counted."""
    parts = [f"{grouped(number)} {words}" for number, words in problems]
    if parts:
        number, words = problems[0]
        parts[0] = f"{plural(number, 'row')} {words}"
    return ", ".join(parts)


def grouped(number: int) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,}".replace(",", "\u202f")


def plural(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{grouped(number)} {noun}" if number == 1 else f"{grouped(number)} {noun}s"
