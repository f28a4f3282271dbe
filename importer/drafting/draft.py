"""A mapping drafted from a file: the table is read once, and each column gets its proposal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer import assembly, inspection, targets
from importer.assembly import Means
from importer.documents import near
from importer.drafting.candidates import Fields
from importer.drafting.dialects import dialect
from importer.drafting.headers import folded
from importer.drafting.proposal import Proposal
from importer.drafting.proposals import propose
from importer.errors import UnusableInputError
from importer.language import tr
from importer.model import AccountFields, Connection
from importer.recognition import Recognition, rows_of_table
from importer.sources import STANDARD_INPUT, Source
from importer.tables import NO_HEADER, TableDescription
from importer.targets import FieldGrammar

_TARGET = "dialog-insight"
_TABLES = "dialog-insight-table"
_ALL = "all"
_UNNAMED = "contacts"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted mapping.

    ``file``: as the operator named it. ``connection``: the one whose account was asked, or None.
    ``sheet``: the one that the mapping must name, or "". ``table_rows``: how many rows are the
    table's. ``other_tables``: those of the file that were not looked at. ``lacking``: the fields
    that the account requires and no column fills.
    """

    name: str
    target: str
    connection: str | None
    file: str
    sheet: str
    table: TableDescription
    table_rows: int
    proposals: tuple[Proposal, ...]
    other_tables: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """The header of the column that is the key; None where none is sure."""
        return next((one.column for one in self.proposals if one.is_key), None)


def draft(
    file: str,
    *,
    sheet: str | None = None,
    connection: str | None = None,
    target: str | None = None,
    name: str | None = None,
    means: Means | None = None,
) -> Draft:
    """Draft a mapping from a file's headers and values.

    ``connection``: the one whose account says which fields there are; None asks nobody.
    ``target``: what the mapping is for; None: the connection's, else Dialog Insight.

    Raises:
        UnusableInputError: the file cannot be read as a table, there is no such target, or the
            account cannot be asked, or is another platform's.
    """
    means = means or assembly.means()
    target, account = _account(connection, target, means)
    sources, chosen = _tables(file, sheet)
    source = sources[0]
    recognition = Recognition(source.description.columns, closely=True)
    for chunk in source.chunks():
        recognition.add(rows_of_table(chunk))
    table = source.description
    proposals = propose(
        recognition.evidence(),
        Fields(account, dialect(target), table.columns),
        targets.grammar(target),
        repeated=table.repeated,
        headless=table.header_row == NO_HEADER,
    )
    required = account.required if account is not None else frozenset[str]()
    proposals, lacking = _with_required(proposals, required)
    return Draft(
        name or slug(file),
        target,
        connection,
        file,
        table.sheet if chosen else "",
        table,
        recognition.rows,
        proposals,
        tuple(other.description.shown for other in sources[1:]),
        lacking,
    )


def slug(file: str) -> str:
    """Make a mapping's name of a file's: lower case, without accents, blanks and signs."""
    base = file.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if file == str(STANDARD_INPUT):
        base = ""
    stem = base.partition(".")[0] or base
    plain = re.sub(r"[^a-z0-9]+", "-", folded(stem)).strip("-")
    return plain[:_LONGEST_NAME].strip("-") or _UNNAMED


def _account(
    connection: str | None, target: str | None, means: Means
) -> tuple[str, AccountFields | None]:
    """Settle the target, and ask the connection's account for its fields; without one, nobody."""
    if target is not None and target not in targets.names():
        known = tr(" There are: {names}.", names=", ".join(targets.names()))
        hint = near(target, targets.names()) or known
        raise UnusableInputError(tr('there is no target "{name}".{hint}', name=target, hint=hint))
    if connection is None:
        return target or _TARGET, None
    chosen = assembly.named_connection(means, connection, target or "")
    target = target or chosen.target
    _refuse_other_platform(chosen, target)
    fields = assembly.account_fields(chosen, means)
    if isinstance(fields, str):
        raise UnusableInputError(
            tr(
                "the account of the connection {connection} cannot be asked for its fields: "
                "{reason} Without -c, the usual fields are proposed.",
                connection=connection,
                reason=fields,
            )
        )
    if target == chosen.target:
        return target, fields
    grammar = targets.grammar(target)
    labels = {code: label for code, label in fields.labels.items() if _is_code(code, grammar)}
    return target, replace(fields, labels=labels)


def _refuse_other_platform(connection: Connection, target: str) -> None:
    platform = targets.connected_by(target)
    if platform != connection.target:
        raise UnusableInputError(
            tr(
                "the account of the connection {connection} is one of {platform}, and --target "
                "names {target}: name a connection of {other}, or leave one of the two out",
                connection=connection.name,
                platform=connection.target,
                target=target,
                other=platform,
            )
        )
    if target == _TABLES:
        raise UnusableInputError(
            tr("no call is known that names the columns of a relational table: leave -c out")
        )


def _is_code(code: str, grammar: FieldGrammar) -> bool:
    try:
        grammar.fact(code)
    except ValueError:
        return False
    return True


def _tables(file: str, sheet: str | None) -> tuple[Sequence[Source], bool]:
    """Open a file's tables, and say whether the mapping must name the first one's sheet."""
    try:
        return inspection.open_tables(file, sheet=sheet).sources, sheet not in {None, _ALL}
    except UnusableInputError:
        if sheet is not None:
            raise
        several = _every_sheet(file)
        if not several:
            raise
        return several, True


def _every_sheet(file: str) -> Sequence[Source]:
    """Open all sheets of a workbook of which none stands out; none where that is not the cause."""
    if file == str(STANDARD_INPUT):
        return ()
    try:
        sources = inspection.open_tables(file, sheet=_ALL).sources
    except UnusableInputError:
        return ()
    return sources if len(sources) > 1 else ()


def _with_required(
    proposals: Sequence[Proposal], required: frozenset[str]
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Mark the columns of fields that the account requires; name those that no column fills."""
    left = set(required)
    marked = []
    for one in proposals:
        code = (one.field or "").removeprefix("key_")
        if code in left and not one.commented:
            left.discard(code)
            if not one.is_key:
                one = replace(one, options=(*one.options, ("required", "true")))
        marked.append(one)
    return tuple(marked), tuple(sorted(left))
