"""A draft as commented YAML, for a person to read through and change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from importer import targets
from importer.documents import inline, joined, quoted, seen
from importer.drafting.dialects import dialect
from importer.drafting.draft import Draft
from importer.drafting.merging import abilities_of, commented, how_written, who_gets_a_yes
from importer.drafting.proposal import Certainty, Members, Proposal
from importer.language import ENGLISH, Said, english, mark, spoken, tr, trn
from importer.reports.words.commands import argument
from importer.tables import Certainty as ReadingCertainty
from importer.tables import Part

_WIDEST = 44  # columns of text before a comment that stands in line with the others


def as_yaml(draft: Draft, *, mapping: str | None = None) -> str:
    """Write a draft; ``mapping``: how commands name it, None for one that no file holds yet."""
    return "\n".join((*_head(draft), *_columns(draft), *_rest(draft), *_steps(draft, mapping), ""))


def _head(draft: Draft) -> Iterator[str]:
    yield from commented(
        trn(
            "Drafted from {table} ({count} row). Read it through before use.",
            "Drafted from {table} ({count} rows). Read it through before use.",
            draft.table_rows,
            table=_remark(draft.table.shown),
        )
    )
    yield from commented(
        tr(
            "Behind each column stands why it goes where it goes, and how sure that is. A line "
            "that\nbegins with # does nothing: take the # away to put it in force."
        )
    )
    if all(one.commented for one in draft.proposals):
        yield "#"
        yield from commented(
            tr(
                "NO COLUMN IS SURE, so none is in force: take the # away from the right lines "
                "under\ncolumns."
            )
        )
    if draft.key is None:
        yield "#"
        yield from commented(
            tr(
                "NO KEY IS SURE. Nothing can be imported before one column goes to the key, such "
                "as\n{code}: put the right line in force.",
                code=abilities_of(draft).example_key,
            )
        )
    for code in draft.lacking:
        yield from commented(
            tr("The account requires {code}, and no column in force fills it.", code=code)
        )
    for other in draft.other_tables:
        yield from commented(
            tr(
                "Not looked at: {table}. Choose it with --sheet, or name it by itself.",
                table=_remark(other),
            )
        )
    yield f"name: {quoted(draft.name)}"
    yield f"target: {draft.target}"
    if abilities_of(draft).needs_table:
        remark = tr("write the number of the table that is written to")
        yield f"# table_id: {tr('NUMBER')}   # {remark}"
    if draft.connection is not None:
        remark = tr("the one whose fields are proposed here")
        yield f"connection: {quoted(draft.connection)}   # {remark}"
    yield from _source(draft)


def _source(draft: Draft) -> Iterator[str]:
    """Write what is doubtful of how the file is read, and what a person must settle."""
    settled = [f"sheet: {quoted(draft.sheet)}"] if draft.sheet else []
    for reading in draft.table.readings:
        if reading.certainty is ReadingCertainty.DOUBTFUL and reading.settle:
            what = reading.what if isinstance(reading.what, Said) else tr(reading.what)
            others = joined(map(_remark, reading.others), tr(" or ")) or tr("another")
            yield from commented(
                tr(
                    "Doubtful: the {what} was read as {found}, and may be {others}.",
                    what=what,
                    found=_remark(reading.found),
                    others=others,
                )
            )
            settled.append(reading.settle.removeprefix("source: {").removesuffix("}"))
    yield from _to_settle(draft)
    if settled:
        yield f"source: {{{', '.join(settled)}}}"


def _to_settle(draft: Draft) -> Iterator[str]:
    table = draft.table
    if table.hidden:
        yield from commented(
            trn(
                "{count} row is hidden in the sheet. Write under source: hidden_rows: include, or "
                "leave-out.",
                "{count} rows are hidden in the sheet. Write under source: hidden_rows: include, "
                "or leave-out.",
                table.hidden,
            )
        )
    if table.computed:
        yield from commented(
            tr(
                "Formulas compute cells of {columns}. If these are consents, write under source: "
                "formulas: refuse, or accept.",
                columns=", ".join(_remark(column) for column, _ in table.computed),
            )
        )
    if any(part.part is Part.OTHER_TABLE for part in table.left_out):
        yield from commented(
            tr(
                "Rows of another table stand below and are refused. To skip them, write under "
                "source: other_tables: leave-out."
            )
        )
    if table.warnings or table.obstacles:
        command = f"importer inspect {_remark(argument(draft.file))}"
        yield from commented(tr("`{command}` tells more of how it was read.", command=command))


def _columns(draft: Draft) -> Iterator[str]:
    yield "columns:"
    lines = [
        (text, comment)
        for one in draft.proposals
        for text, comment in (_consent(one, draft) if one.consent else _column(one))
    ]
    widths = [len(text) for text, comment in lines if comment and len(text) <= _WIDEST]
    width = max(widths, default=0)
    for text, comment in lines:
        yield f"{text:<{width}}   # {comment}" if comment else text


def _column(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Give a column's lines: the text, and the comment behind it."""
    sign = "  # " if proposal.commented else "  "
    name = quoted(proposal.column)
    comment = _reason(proposal)
    if proposal.field is None:
        yield f"{sign}{name}: ignore", comment
        return
    yield f"{sign}{name}: {_spec(proposal.field, proposal.options)}", comment
    for other in proposal.others:
        yield f"{sign}{name}: {_spec(proposal.field, other)}", tr("or this")


def _reason(proposal: Proposal) -> str:
    certainty = Certainty.UNSURE if proposal.consent else proposal.certainty
    reason = tr("{certainty}: {reason}", certainty=certainty.words, reason=proposal.reason)
    return _remark(reason)


def _consent(proposal: Proposal, draft: Draft) -> Iterator[tuple[str, str]]:
    """Write a consent as a comment, with its answers left to fill in."""
    answers = list(dict(proposal.options)["values"])
    yield f"  # {quoted(proposal.column)}:", _reason(proposal)
    yield f"  #   field: {_plain(str(proposal.field))}", ""
    yield "  #   values:", tr(_meanings(str(proposal.field), draft))
    for answer in answers:
        yield f"  #     {quoted(answer)}:", ""
    if not answers:
        answer = tr("ANSWER")
        yield f"  #     {answer}:", tr("the answers were not seen, or are too many to list")
    elif len(answers) == 1:
        answer = tr("OTHER ANSWER")
        told = tr("only one was seen: write the other one here, as it is told")
        yield f"  #     {answer}:", told


def _meanings(code: str, draft: Draft) -> str:
    """Say what an answer can mean for a consent, as ``tr`` takes it."""
    fact = targets.grammar(draft.target).fact(code)
    if fact.yes_only:
        return mark("write behind each answer what it means: yes or leave; no call takes it back")
    if fact.always:
        return mark("write behind each answer what it means: yes or no")
    return mark("write behind each answer what it means: yes, no or leave")


def _plain(code: str) -> str:
    """Write a code as a text; one that holds a name may need quotes."""
    return code if re.fullmatch(r"[\w.]+", code) else quoted(code)


def _spec(field: str, options: Members) -> str:
    return inline({"field": field, **dict(options)}) if options else field


def _rest(draft: Draft) -> Iterator[str]:
    yield from _joined(draft)
    yield from commented(
        tr(
            "A row without its key is refused. To refuse rows that lack another field too, add\n"
            "`required: true` to its column: {{field: {code}, required: true}}",
            code=dialect(draft.target).example,
        )
    )
    yield from how_written(draft)
    yield from who_gets_a_yes(draft)
    which = tr("of several good rows with one key; or first, or refuse")
    yield f"duplicates: last           # {which}"
    named = tr("columns without a line in force are named at each check")
    yield f"unmapped_columns: warn     # {named}"


def _joined(draft: Draft) -> Iterator[str]:
    """Write the fields that several columns make together, as a comment."""
    joined = {one.field: one.joined for one in draft.proposals if one.joined and one.field}
    if joined:
        told = tr("texts of several columns, put together with a blank between them")
        yield from commented(
            tr("{certainty}: {reason}", certainty=Certainty.UNSURE.words, reason=told)
        )
        yield "# computed:"
    for field, columns in joined.items():
        yield f"#   {field}: {inline({'join': list(columns), 'by': ' '})}"


def _steps(draft: Draft, mapping: str | None) -> Iterator[str]:
    file = _remark(argument(draft.file))
    name = mapping or draft.name
    yield "#"
    yield from commented(tr("To go on:"))
    if mapping is None:
        file_of_it = f"mappings/{draft.name}.yaml"
        yield from commented(tr("  keep this text as {file}", file=file_of_it))
    yield f"#   importer mapping check {_remark(argument(name))} {file}"
    yield f"#   importer check {file} -m {_remark(argument(name))}"


def _remark(text: str) -> str:
    """Keep a text on one line of a comment, without what YAML does not take."""
    shown = seen(text, lambda _: " ", french=spoken() != ENGLISH)
    return re.sub(" +", " ", shown).strip(" ")


def as_members(draft: Draft, *, text: str, path: str | None) -> Mapping[str, Any]:
    """Lay a draft out for JSON."""
    return {
        "name": draft.name,
        "file": draft.file,
        "sheet": draft.table.sheet,
        "target": draft.target,
        "connection": draft.connection,
        "key": draft.key,
        "proposals": [
            {
                "column": one.column,
                "field": one.field,
                "options": dict(one.options),
                "reason": english(one.reason),
                "certainty": str(one.certainty),
                "commented": one.commented,
            }
            for one in draft.proposals
        ],
        "required_and_lacking": draft.lacking,
        "other_tables": draft.other_tables,
        "written": path,
        "draft": text,
    }
