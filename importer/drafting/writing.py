"""A draft as commented YAML, for a person to read through and change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from importer.documents import inline, quoted
from importer.drafting.draft import Draft
from importer.drafting.proposal import Certainty, Members, Proposal
from importer.reports.steps import argument
from importer.tables import Certainty as ReadingCertainty
from importer.tables import Part

_WIDEST = 44  # columns of text before a comment that stands in line with the others


def as_yaml(draft: Draft, *, mapping: str | None = None) -> str:
    """Write a draft; ``mapping``: how commands name it, None for one that no file holds yet."""
    return "\n".join((*_head(draft), *_columns(draft), *_rest(draft), *_steps(draft, mapping), ""))


def _head(draft: Draft) -> Iterator[str]:
    rows = "1 row" if draft.table_rows == 1 else f"{draft.table_rows:,} rows"
    yield f"# Drafted from {_remark(draft.table.shown)} ({rows}). Read it through before use."
    yield "# Behind each column stands why it goes where it goes, and how sure that is. A line that"
    yield "# begins with # does nothing: take the # away to put it in force."
    if all(one.commented for one in draft.proposals):
        yield "#"
        yield "# NO COLUMN IS SURE, so none is in force: take the # away from the right lines under"
        yield "# columns."
    if draft.key is None:
        yield "#"
        yield "# NO KEY IS SURE. Nothing can be imported before one column goes to the key, such as"
        yield "# key_f_EMail: put the right line in force."
    for code in draft.lacking:
        yield f"# The account requires {code}, and no column in force fills it."
    for other in draft.other_tables:
        yield f"# Not looked at: {_remark(other)}. Choose it with --sheet, or name it by itself."
    yield f"name: {quoted(draft.name)}"
    yield f"target: {draft.target}"
    if draft.connection is not None:
        yield f"connection: {quoted(draft.connection)}   # the one whose fields are proposed here"
    yield from _source(draft)


def _source(draft: Draft) -> Iterator[str]:
    """Write what is doubtful of how the file is read, and what a person must settle."""
    settled = [f"sheet: {quoted(draft.sheet)}"] if draft.sheet else []
    for reading in draft.table.readings:
        if reading.certainty is ReadingCertainty.DOUBTFUL and reading.settle:
            others = " or ".join(map(_remark, reading.others)) or "another"
            yield (
                f"# Doubtful: the {reading.what} was read as {_remark(reading.found)}, "
                f"and may be {others}."
            )
            settled.append(reading.settle.removeprefix("source: {").removesuffix("}"))
    yield from _to_settle(draft)
    if settled:
        yield f"source: {{{', '.join(settled)}}}"


def _to_settle(draft: Draft) -> Iterator[str]:
    table = draft.table
    if table.hidden:
        yield (
            f"# {table.hidden:,} rows are hidden in the sheet. Write under source: "
            "hidden_rows: include, or leave-out."
        )
    if table.computed:
        names = ", ".join(_remark(column) for column, _ in table.computed)
        yield (
            f"# Formulas compute cells of {names}. If these are consents, write under source: "
            "formulas: refuse, or accept."
        )
    if any(part.part is Part.OTHER_TABLE for part in table.left_out):
        yield (
            "# Rows of another table stand below and are refused. To skip them, write under "
            "source: other_tables: leave-out."
        )
    if table.warnings or table.obstacles:
        yield f"# `importer inspect {_remark(argument(draft.file))}` tells more of how it was read."


def _columns(draft: Draft) -> Iterator[str]:
    yield "columns:"
    lines = [
        (text, comment)
        for one in draft.proposals
        for text, comment in (_consent(one) if one.consent else _column(one))
    ]
    widths = [len(text) for text, comment in lines if comment and len(text) <= _WIDEST]
    width = max(widths, default=0)
    for text, comment in lines:
        yield f"{text:<{width}}   # {comment}" if comment else text


def _column(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Give a column's lines: the text, and the comment behind it."""
    sign = "  # " if proposal.commented else "  "
    name = quoted(proposal.column)
    comment = f"{proposal.certainty}: {_remark(proposal.reason)}"
    if proposal.field is None:
        yield f"{sign}{name}: ignore", comment
        return
    yield f"{sign}{name}: {_spec(proposal.field, proposal.options)}", comment
    for other in proposal.others:
        yield f"{sign}{name}: {_spec(proposal.field, other)}", "or this"


def _consent(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Write a consent as a comment, with its answers left to fill in."""
    comment = f"{Certainty.UNSURE}: {_remark(proposal.reason)}"
    answers = list(dict(proposal.options)["values"])
    yield f"  # {quoted(proposal.column)}:", comment
    yield f"  #   field: {proposal.field}", ""
    yield "  #   values:", "write behind each answer what it means: yes, no or leave"
    for answer in answers:
        yield f"  #     {quoted(answer)}:", ""
    if not answers:
        yield "  #     ANSWER:", "the answers were not seen, or are too many to list"
    elif len(answers) == 1:
        yield "  #     OTHER ANSWER:", "only one was seen: write the other one here, as it is told"


def _spec(field: str, options: Members) -> str:
    return inline({"field": field, **dict(options)}) if options else field


def _rest(draft: Draft) -> Iterator[str]:
    yield from _joined(draft)
    yield "# A row without its key is refused. To refuse rows that lack another field too, add"
    yield "# `required: true` to its column: {field: f_LastName, required: true}"
    yield "merge:"
    yield "  mode: upsert             # add new contacts, update the others; or insert, or update"
    if any(one.consent for one in draft.proposals):
        yield "# With a consent in force, say who may be set to yes. everyone: each yes goes out as"
        yield "# it stands, also to people of the account who once said no. new: only to contacts"
        yield "# that the run creates. unless-refused: each contact with a yes is read first, and"
        yield "# keeps what it has where the account does not say yes."
        yield "# consent:"
        yield "#   yes_to: everyone"
    yield "duplicates: last           # of several good rows with one key; or first, or refuse"
    yield "unmapped_columns: warn     # columns without a line in force are named at each check"


def _joined(draft: Draft) -> Iterator[str]:
    """Write the fields that several columns make together, as a comment."""
    joined = {one.field: one.joined for one in draft.proposals if one.joined and one.field}
    if joined:
        yield "# unsure: texts of several columns, put together with a blank between them"
        yield "# computed:"
    for field, columns in joined.items():
        yield f"#   {field}: {inline({'join': list(columns), 'by': ' '})}"


def _steps(draft: Draft, mapping: str | None) -> Iterator[str]:
    file = _remark(argument(draft.file))
    name = mapping or draft.name
    yield "#"
    yield "# To go on:"
    if mapping is None:
        yield f"#   keep this text as mappings/{draft.name}.yaml"
    yield f"#   importer mapping check {_remark(argument(name))} {file}"
    yield f"#   importer check {file} -m {_remark(argument(name))}"


def _remark(text: str) -> str:
    """Keep a text on one line of a comment, without what YAML does not take."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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
                "reason": one.reason,
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
