"""``show --row`` and ``--key``, and ``find``: what is known of single rows, printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli import options
from importer.cli.refusing import errors_as_json
from importer.cli.screen import say
from importer.language import decimal, mark, speaking, tr, trn
from importer.tables import place_of

if TYPE_CHECKING:
    from importer.reports.ledger import LedgerLine
    from importer.runs import Found, Story
    from importer.runs.story_members import Answer, Carried, Elsewhere, LookedUp, Told

_SEVERITIES = {"error": mark("error"), "warning": mark("warning"), "skip": mark("left out")}
_RESULTS = {
    "open": mark("no answer is known"),
    "not-taken": mark("the platform did not take it"),
    "taken": mark("the platform took it and has not said yet what became of it"),
    "in-doubt": mark("no answer came"),
    "refused": mark("the platform refused it"),
    "answered": mark("it was answered"),
}
_ENDS = {
    "created": mark("{place}: created"),
    "updated": mark("{place}: updated"),
    "accepted": mark("{place}: accepted"),
    "duplicate": mark("{place}: duplicate"),
    "skipped": mark("{place}: left out on purpose"),
    "invalid": mark("{place}: refused by our checks"),
    "rejected": mark("{place}: refused by the platform"),
    "unknown": mark("{place}: sent but answer unknown"),
    "not-sent": mark("{place}: not sent yet"),
}


# --- show -----------------------------------------------------------------------------------------


def show_rows(
    run: str,
    *,
    row: int | None,
    key: str | None,
    file: str | None,
    sheet: str | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Print the stories of the rows that somebody asks for, in the run's language."""
    from importer import runs
    from importer.run_folder import find_run

    wanted: dict[str, Any] = {"row": row, "key": key, "file": file, "sheet": sheet}
    if as_json:
        told = runs.story(run, **wanted, runs_dir=runs_dir)
        _print_json({"run": told[0].run, "fitting": told[0].fitting, "rows": told})
        return
    with speaking(find_run(runs_dir, run).settings.language):
        told = runs.story(run, **wanted, runs_dir=runs_dir)
        for one in told:
            _print_story(one)
        more = told[0].fitting - len(told)
        if more:
            say(
                trn(
                    "{count} more row fits; see results.csv.",
                    "{count} more rows fit; see results.csv.",
                    more,
                )
            )


def _print_story(one: Story) -> None:
    _print(_ended(place_of(one.file, one.sheet, one.row), one.verdict))
    facts = [
        tr("Run: {run}", run=one.run),
        tr("Key: {key}", key=one.key or tr("(none)")),
        tr("Why: {sentence}", sentence=one.message) if one.message else "",
        tr("Record id: {id}", id=one.record_id) if one.record_id else "",
    ]
    _lines(facts)
    cells = [one.unread] if one.read is None else [_pair(c.column, c.text) for c in one.read]
    _section(tr("What was read"), cells)
    _section(tr("What the checks said"), [_told(issue) for issue in one.issues])
    values = [_pair(value.field, value.text) for value in one.planned or ()]
    _section(tr("What was planned"), [one.unplanned] if one.unplanned else values)
    _section(tr("Yeses that were not sent"), [_told(issue) for issue in one.withheld])
    _section(tr("Calls"), [_call(call) for call in one.calls])
    _section(tr("What came back"), [_answer(answer) for answer in one.answers])
    _section(tr("Consents that were sent"), [_consent(line) for line in one.consents])
    if one.looked_up is not None:
        _section(tr("What was found when it was read back"), _looked_up(one.looked_up))
    _section(tr("In other runs"), [_elsewhere(other) for other in one.elsewhere])
    _print("")


def _ended(place: str, verdict: str) -> str:
    """Say what one row came to; ``place``: where, or when."""
    return tr(_ENDS[verdict], place=place)


def _pair(name: str, text: str | None) -> str:
    told = tr("(no such cell)") if text is None else text or tr("(blank)")
    return tr("{name}: {text}", name=name, text=told)


def _told(issue: Told) -> str:
    severity = tr(_SEVERITIES.get(issue.severity, issue.severity))
    return tr(
        "{severity}, {code}: {sentence}", severity=severity, code=issue.code, sentence=issue.message
    )


def _call(call: Carried) -> str:
    result = tr(_RESULTS.get(call.result, call.result))
    told = tr(
        "Call {number} (batch {batch}): {started}, {contacts}, attempt {attempt}, after waiting "
        "{waited} s: {result}",
        number=call.number,
        batch=call.batch,
        started=call.started,
        contacts=trn("{count} contact", "{count} contacts", call.contacts),
        attempt=call.attempt,
        waited=decimal(call.waited, 1),
        result=result,
    )
    if call.ended:
        told = tr("{call}, {moment}", call=told, moment=call.ended)
    return tr("{told}. {sentence}", told=told, sentence=call.message) if call.message else told


def _answer(answer: Answer) -> str:
    place = tr("Call {number}, {moment}", number=answer.call, moment=answer.at)
    told = _ended(place, answer.verdict)
    parts = [
        answer.code,
        answer.field,
        answer.message,
        tr("record id {id}", id=answer.record_id) if answer.record_id else "",
        tr("request id {id}", id=answer.request_id) if answer.request_id else "",
    ]
    return ", ".join([told, *(part for part in parts if part)])


def _consent(line: LedgerLine) -> str:
    said = tr("yes") if line.value == "yes" else tr("no")
    parts = [
        tr("{consent}: {said}", consent=line.consent, said=said),
        tr("dated {date}", date=line.consent_date) if line.consent_date else "",
        tr("basis: {text}", text=line.basis) if line.basis else "",
        tr('cell "{text}"', text=line.cell) if line.cell else "",
        tr("call {call}", call=line.call) if line.call else "",
        tr("request id {id}", id=line.request_id) if line.request_id else "",
        line.time,
        tr("sent by {operator}", operator=line.operator) if line.operator else "",
    ]
    return ", ".join(part for part in parts if part)


def _looked_up(found: LookedUp) -> list[str]:
    if not found.found:
        return [tr("{moment}: the contact is not in the account", moment=found.at)]
    told = [
        tr(
            '{field}: "{sent}" was sent, "{stored}" is stored',
            field=one.field,
            sent=one.sent,
            stored=one.stored,
        )
        for one in found.differences
    ]
    return told or [tr("{moment}: as it was sent", moment=found.at)]


def _elsewhere(other: Elsewhere) -> str:
    run = other.run
    if other.retry_of:
        run = tr("{run}, a retry of {of}", run=run, of=other.retry_of)
    told = _ended(run, other.verdict)
    return tr("{told}. {sentence}", told=told, sentence=other.message) if other.message else told


# --- find -----------------------------------------------------------------------------------------


@click.command("find")
@click.argument("address")
@options.runs_dir
@options.as_json
@options.quiet
@errors_as_json
def find_command(address: str, runs_dir: Path, as_json: bool, quiet: bool) -> int:
    """Tell what all runs know of one address: its rows, their ends, and the consents sent.

    Keys are compared as the platform does, without regard to case and to blanks around them. Of a
    key of several parts, its JSON or any of its parts finds it. Runs of which only consents.csv is
    left are searched as well. Exit code 4: it is in no run.

    \b
    Example:
      importer find marie@example.com

    \b
    With --json, one object:
      address: what was looked for
      found: for each row, the oldest run first: run, created, sandbox, purged, file, sheet, row,
        key, verdict, code, field, message, batch, record_id, and consents: those that were sent,
        each with the columns of consents.csv
      unreadable: runs that could not be searched, in words
    """
    from importer import runs
    from importer.language import english

    passed_over: list[str] = []
    found = runs.find(address, runs_dir=runs_dir, unreadable=passed_over.append)
    for sentence in passed_over:
        say(tr("Warning: {sentence}", sentence=sentence))
    if as_json:
        unreadable = [english(one) for one in passed_over]
        _print_json({"address": address, "found": found, "unreadable": unreadable})
    elif not quiet:
        for one in found:
            _print_found(one)
    if found:
        return 0
    say(tr('importer: "{address}" is in no run of {folder}', address=address, folder=runs_dir))
    return 4


def _print_found(one: Found) -> None:
    run = tr("{run} (SANDBOX)", run=one.run) if one.sandbox else one.run
    if one.purged:
        run = tr("{run} (purged: only its consents are kept)", run=one.run)
    _print(tr("{moment}  {run}", moment=one.created, run=run))
    told = _ended(place_of(one.file, one.sheet, one.row), one.verdict)
    if one.message:
        told = tr("{told}. {code}: {sentence}", told=told, code=one.code, sentence=one.message)
    _lines([told, *(f"  {_consent(line)}" for line in one.consents)])


# --- printing -------------------------------------------------------------------------------------


def _section(title: str, lines: Sequence[str]) -> None:
    if lines:
        _print(f"  {title}")
        _lines([f"  {line}" for line in lines])


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        if line:
            _print(f"  {line}")


def _print(line: str) -> None:
    from importer.tables import visible

    spaced = line.replace("\u202f", " ").replace("\xa0", " ")
    click.echo(visible(spaced))  # a line break within a cell is no line of ours


def _print_json(content: dict[str, Any]) -> None:
    import orjson

    told = orjson.dumps(content, default=_members, option=orjson.OPT_INDENT_2)
    click.echo(told)


def _members(line: Any) -> dict[str, Any]:
    """Give a named tuple by the names of its members."""
    members: dict[str, Any] = line._asdict()
    return members
