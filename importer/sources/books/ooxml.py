"""The parts of an Open XML workbook that say what its sheets are and how numbers look."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from importer.sources.books.archive import Archive
from importer.sources.books.markup import bare, bare_attributes, event_parser, is_true, parse
from importer.sources.books.number_formats import Moment, Shape, shape_by_number, shape_of
from importer.sources.books.refusals import damaged

# Where calamine looks for them, whatever the relations say.
USUAL_PART = "xl/workbook.xml"
USUAL_TEXTS = "xl/sharedStrings.xml"
_LONGEST_NUMBER = 9  # digits, of a number format


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet, and the part that holds its cells."""

    name: str
    visible: bool
    part: str


@dataclass(frozen=True, slots=True)
class WorkbookParts:
    """What a workbook says of itself. ``shapes``: by style number, None: the plain number."""

    part: str
    sheets: tuple[SheetPart, ...]
    from_1904: bool
    shared_texts: str | None
    shapes: tuple[Shape | Moment | None, ...]


def read_parts(archive: Archive) -> WorkbookParts:
    """Read what the workbook says of itself; chart, dialog and macro sheets are left out."""
    part = _workbook_part(archive)
    relations = read_relations(archive, part)
    sheets: list[SheetPart] = []
    epochs: list[bool] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        kind = bare(name)
        if kind == "workbookPr":
            epochs.append(is_true(attributes.get("date1904")))
        elif kind == "sheet":
            said = bare_attributes(attributes)
            relation = relations.get(said.get("id", ""))
            if relation is not None and relation[0] == "worksheet":
                visible = said.get("state", "visible") == "visible"
                sheets.append(SheetPart(said["name"], visible, relation[1]))

    parse(event_parser(start), archive.chunks(part), archive.shown_as)
    by_kind = dict(relations.values())
    shared = by_kind.get("sharedStrings", USUAL_TEXTS)
    return WorkbookParts(
        part=part,
        sheets=tuple(sheets),
        from_1904=any(epochs),
        shared_texts=shared if shared in archive else None,
        shapes=_shapes(archive, by_kind.get("styles", "")),
    )


def _workbook_part(archive: Archive) -> str:
    if "_rels/.rels" in archive:
        for kind, target in read_relations(archive, "").values():
            if kind == "officeDocument" and target in archive:
                return target
    if USUAL_PART not in archive:
        raise damaged(archive.shown_as)
    return USUAL_PART


def read_relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Read a part's relations: id -> what the other part is, and its name."""
    folder, name = posixpath.split(part)
    relations: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if bare(name) == "Relationship" and "Target" in attributes:
            target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"]))
            kind = attributes.get("Type", "").rpartition("/")[2]
            relations[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    of_part = posixpath.join(folder, "_rels", f"{name}.rels")
    parse(event_parser(start), archive.chunks(of_part), archive.shown_as)
    return relations


def _shapes(archive: Archive, part: str) -> tuple[Shape | Moment | None, ...]:
    if part not in archive:
        return ()
    codes: dict[str, str] = {}
    numbers: list[str] = []
    around: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        kind = bare(name)
        if kind == "numFmt" and around[-1:] == ["numFmts"]:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif kind == "xf" and around[-1:] == ["cellXfs"]:
            numbers.append(attributes.get("numFmtId", "0")[:_LONGEST_NUMBER])
        around.append(kind)

    def end(_: str) -> None:
        around.pop()

    parse(event_parser(start, end), archive.chunks(part), archive.shown_as)
    return tuple(
        shape_of(codes[n]) if n in codes else shape_by_number(int(n) if n.isdecimal() else 0)
        for n in numbers
    )
