"""A table that was read, in words: its name, its form, and what of it is no contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.documents import joined
from importer.language import tr
from importer.reports.words.figures import clip
from importer.tables import NO_HEADER, delimiter_in_words, header_in_words, table_shown

if TYPE_CHECKING:
    from importer.reports.summary import FileSummary

MOST_PARTS = 12
_LONGEST_NAME = 160


def table_name(file: FileSummary) -> str:
    """Name a table: its file, and its sheet if it has one."""
    return table_shown(clip(file.path, _LONGEST_NAME), clip(file.sheet, 80))


def form(file: FileSummary) -> str:
    """Say how a table was understood."""
    parts = [clip(file.format, 40)]
    if file.encoding:
        parts.append(tr("encoding {encoding}", encoding=clip(file.encoding, 40)))
    if file.delimiter:
        shown = clip(delimiter_in_words(file.delimiter), 20)
        parts.append(tr("delimiter {delimiter}", delimiter=shown))
    if file.header_row == NO_HEADER:
        parts.append(tr("no header"))
    else:
        rows = header_in_words(file.header_row, file.header_rows)
        parts.append(tr("header in {rows}", rows=rows))
    return joined(parts)


def left_out(file: FileSummary) -> str:
    """Say which rows of a table's file are no contacts."""
    parts = joined([part.words for part in file.left_out[:MOST_PARTS]])
    if len(file.left_out) > MOST_PARTS:
        return tr("Not read as contacts: {parts}, and more in summary.json", parts=parts)
    return tr("Not read as contacts: {parts}", parts=parts)
