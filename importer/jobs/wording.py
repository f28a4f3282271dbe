"""What people are told of a start: in words, without any person of the files in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from importer.clock import iso
from importer.documents import joined
from importer.errors import ImporterError
from importer.job_settings import Told
from importer.language import mark, number, tr, trn
from importer.model import Verdict
from importer.reports.masking.scrubbing import OWN_ENDS, scrubbed, without_addresses
from importer.reports.words.commands import Step, argument, where_it_lies
from importer.reports.words.figures import clip, duration, moment
from importer.reports.words.headline import headline, in_language
from importer.reports.words.steps import ADVICE, next_steps
from importer.reports.words.titles import bare_title_of, verdict_words
from importer.run_folder import RunFolder
from importer.state import End, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.job_settings import ExpectSection
    from importer.jobs.values import FileEnd, JobEnd
    from importer.reports import Summary
    from importer.state import Standing

_MOST_FILES = 20
_MOST_PROBLEMS = 5
_LONGEST_LINE = 600
_GUIDE = "docs/nightly.md"
_QUOTED = re.compile('"[^"\n]*"|“[^”\n]*”|«[^»\n]*»')
_SPACES = " \xa0\u202f"

_KINDS = {
    Told.FAILED: mark("failed"),
    Told.DEGRADED: mark("not all imported"),
    Told.MISSING: mark("expected file missing"),
    Told.RECOVERED: mark("works again"),
    Told.SUCCESS: mark("all imported"),
}
_OPENINGS = {
    Told.FAILED: mark('The job "{job}" on {host} failed.'),
    Told.DEGRADED: mark('The job "{job}" on {host} did not import everything.'),
    Told.MISSING: mark('The file that the job "{job}" on {host} expects has not come.'),
    Told.RECOVERED: mark('The job "{job}" on {host} works again.'),
    Told.SUCCESS: mark('The job "{job}" on {host} imported all there was.'),
}
_STATES = {
    State.OK: mark("all went well"),
    State.DEGRADED: mark("with rows not imported"),
    State.FAILED: mark("failed"),
    State.MISSING: mark("without its expected file"),
}
_ENDS = {
    End.IMPORTED: mark("imported"),
    End.REPEATED: mark("not imported again"),
    End.REFUSED: mark("refused, nothing of it was sent"),
    End.STOPPED: mark("stopped before its end"),
    None: mark("not finished yet"),
}


def message_of(
    end: JobEnd,
    kind: Told,
    before: Standing,
    *,
    host: str,
    home: Path | None = None,
    expect: ExpectSection | None = None,
) -> tuple[str, str]:
    """Write the message of a start: its title, and its text in plain lines.

    ``before``: how the job did before the start. ``host``: this machine's name. ``home``: the
    folder in which commands are typed; None: the current one. ``expect``: when a file was due.
    """
    title = tr("{job} on {host}: {what}", job=end.job, host=host, what=tr(_KINDS[kind]))
    home = Path.cwd() if home is None else home
    lines = [
        tr(_OPENINGS[kind], job=end.job, host=host),
        *_when(end, before),
        *_missing(end, expect),
        *([_sentence(end.problem)] if end.problem else []),
        *_files(end),
        *_passed_over(end),
        *_what_to_read(kind, home),
    ]
    return str(title), "\n".join(clip(line, _LONGEST_LINE) for line in lines)


# --- the start ------------------------------------------------------------------------------------


def _when(end: JobEnd, before: Standing) -> Iterator[str]:
    yield tr(
        "Started {moment}, ended after {duration}, exit code {code}.",
        moment=moment(iso(end.started)),
        duration=duration((end.ended - end.started).total_seconds()),
        code=end.exit_code,
    )
    if end.state is before.state:
        if before.since is not None and end.state is not State.OK:
            yield tr("It has been so since {moment}.", moment=moment(iso(before.since)))
    elif before.since is not None:
        yield tr(
            "Before, from {moment} on: {state}.",
            moment=moment(iso(before.since)),
            state=tr(_STATES[before.state]),
        )
    if before.last_success is not None and end.state is not State.OK:
        yield tr("Its last success: {moment}.", moment=moment(iso(before.last_success)))


def _missing(end: JobEnd, expect: ExpectSection | None) -> Iterator[str]:
    if end.missing is None:
        return
    day = end.missing.isoformat()
    if expect is None:
        yield tr("The file of {day} has not come.", day=day)
    else:
        zone = expect.time_zone or tr("the time of this machine")
        yield tr(
            "The file of {day} was expected by {time} ({zone}) and has not come.",
            day=day,
            time=expect.by,
            zone=zone,
        )
    yield tr("Ask whoever sends it. When it comes, the next start imports it; nothing is lost.")


def _passed_over(end: JobEnd) -> Iterator[str]:
    if not end.passed_over:
        return
    yield ""
    yield tr("Passed over:")
    yield from (f"  {one}" for one in end.passed_over[:_MOST_FILES])
    yield from _more(len(end.passed_over))


def _more(count: int) -> Iterator[str]:
    if count > _MOST_FILES:
        yield trn("  and {count} more", "  and {count} more", count - _MOST_FILES)


def _what_to_read(kind: Told, home: Path) -> Iterator[str]:
    if kind in {Told.SUCCESS, Told.RECOVERED}:
        return
    yield ""
    yield tr("Type commands in the folder {folder}.", folder=home)
    yield tr(
        'What to do on each alarm: {guide}, part "{part}". How the job does now: {command}',
        guide=_GUIDE,
        part=kind.value,
        command="importer job list",
    )


# --- one file -------------------------------------------------------------------------------------


def _files(end: JobEnd) -> Iterator[str]:
    for one in end.files[:_MOST_FILES]:
        yield ""
        yield tr("{file}: {end}", file=one.pick_up.name, end=tr(_ENDS[one.pick_up.end]))
        yield from (f"  {line}" for line in _file(end.job, one))
    yield from _more(len(end.files))


def _file(job: str, one: FileEnd) -> Iterator[str]:
    if one.summary is not None:
        yield from _numbers(one.summary)
    why = _why(job, one)
    if why:
        yield why
    if one.pick_up.run:
        yield tr("Run: {run}", run=one.pick_up.run)
    if one.summary is not None and one.summary.folder:
        yield tr("Folder of the run: {folder}", folder=Path(one.summary.folder).absolute())
    if one.kept:
        yield tr("The file lies in {folder}", folder=one.kept)
    for step in _steps(job, one):
        yield step.text
        if step.command:
            yield f"  {step.command}"


def _numbers(summary: Summary) -> Iterator[str]:
    rows = summary.rows
    yield _sentence(headline(summary).text)
    counts = [
        tr("{verdict}: {count}", verdict=verdict_words(verdict), count=number(rows.of(verdict)))
        for verdict in Verdict
        if rows.of(verdict)
    ]
    read = trn("{count} row read", "{count} rows read", rows.read)
    yield tr("{read}; {verdicts}.", read=read, verdicts=joined(counts)) if counts else f"{read}."
    problems = [(code, count) for code, count in summary.problems.items() if count]
    for code, count in problems[:_MOST_PROBLEMS]:
        yield f"{number(count)} × {bare_title_of(code)}"


def _why(job: str, one: FileEnd) -> str:
    """Say why a file did not go as it should, without what could quote a cell of it."""
    summary = one.summary
    if summary is not None and summary.message:
        words = in_language(summary, summary.message)
        if summary.stopped_because in OWN_ENDS:
            return _sentence(words)
        return _sentence(scrubbed(words, frozenset(), mask=lambda _: "…"))
    if one.pick_up.end is End.REPEATED:
        return _sentence(one.message)
    first = one.message.partition("\n")[0]
    return _sentence(_bare(first, known=(one.pick_up.name, job))) if first else ""


def _bare(sentence: str, known: Sequence[str] = ()) -> str:
    """Take what is quoted out of a sentence of ours, and addresses: it may stand in the file."""

    def without(found: re.Match[str]) -> str:
        text = found.group()
        inner = text[1:-1].strip(_SPACES)
        return text if not inner or inner in known else text.replace(inner, "…")

    return without_addresses(_QUOTED.sub(without, sentence))


def _sentence(text: str) -> str:
    return tr("{sentence}.", sentence=text.rstrip("."))


# --- what to do -----------------------------------------------------------------------------------


def _steps(job: str, one: FileEnd) -> Iterator[Step]:
    command = f"importer job run {argument(job)}"
    summary, end = one.summary, one.pick_up.end
    if end is None:
        advice = tr(ADVICE.get(summary.stopped_because, "")) if summary is not None else ""
        if advice:
            yield Step(advice)
        yield Step(tr("The next start of the job goes on with it. To go on now:"), command)
    elif end is End.REPEATED or (end is End.IMPORTED and not one.pick_up.exit_code):
        return
    elif summary is not None:
        yield from _of_run(summary)
    elif end is End.REFUSED:
        text = tr(
            "Put right what stands above and put the file back where the job finds it. The next "
            "start imports it; to start now:"
        )
        yield Step(text, command)
    elif one.pick_up.run:
        yield Step(tr("See what became of its rows:"), f"importer show {one.pick_up.run}")


def _of_run(summary: Summary) -> Iterator[Step]:
    try:
        steps = next_steps(summary, RunFolder(Path(summary.folder)).settings)
    except ImporterError:  # the folder is gone, or its settings are
        return
    for step in steps:
        yield type(step)(step.text, where_it_lies(summary, step.command))
