"""Small workbooks, written part by part, so that a test can say exactly what is in them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from importer.sources.books import Book, Sheet, open_book
from importer.sources.content import Content
from importer.sources.signatures import look_at

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


class Bytes:
    """Content that is no file on disk."""

    def __init__(self, content: bytes, name: str = "contacts.xlsx") -> None:
        self._content = content
        self.name = self.shown_as = name
        self.size = len(content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


def book_of(content: Content) -> Book:
    return open_book(content, look_at(content).form)


def only_sheet(content: bytes, name: str = "contacts.xlsx") -> Sheet:
    book = book_of(Bytes(content, name))
    return book.sheet(book.names[0].name)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            # Of no time of the day, so that the bytes are the same every time.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xlsx(
    rows: str,
    *,
    formats: Sequence[str] = (),
    built_in: Sequence[int] = (),
    texts: str = "",
    before: str = "",
    after: str = "",
    book: str = "",
    change: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """Write a workbook with the sheet ``S``.

    Style n is the n-th of ``formats`` (from 1), then of ``built_in``. ``before`` and ``after``:
    markup around the rows; ``book``: before the sheets' names; ``change``: parts instead.
    """
    codes = "".join(
        f"<numFmt numFmtId='{164 + at}' formatCode={quoteattr(code)}/>"
        for at, code in enumerate(formats)
    )
    numbers = [0, *(164 + at for at in range(len(formats))), *built_in]
    styles = "".join(f"<xf numFmtId='{number}'/>" for number in numbers)
    parts: dict[str, str | bytes | None] = {
        "[Content_Types].xml": f"<Types xmlns='{_PACKAGE}/content-types'/>",
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{RELATIONS}'>{book}<sheets>"
        "<sheet name='S' sheetId='1' r:id='worksheet'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {
                "worksheet": "worksheets/sheet1.xml",
                "styles": "/xl/styles.xml",
                "sharedStrings": "sharedStrings.xml",
            }
        ),
        "xl/styles.xml": f"<styleSheet xmlns='{MAIN}'><numFmts>{codes}</numFmts>"
        f"<cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs>{styles}</cellXfs>"
        "<dxfs><dxf><numFmt numFmtId='164' formatCode='0%'/></dxf></dxfs></styleSheet>",
        "xl/sharedStrings.xml": f"<sst xmlns='{MAIN}'>{texts}</sst>",
        "xl/worksheets/sheet1.xml": sheet_xml(rows, before, after),
        **(change or {}),
    }
    return zipped({name: content for name, content in parts.items() if content is not None})


def sheet_xml(rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet xmlns='{MAIN}'>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def row(number: int, *cells: str, attributes: str = "") -> str:
    """Write a row: each cell is what stands behind its reference, from column A on."""
    written = "".join(f'<c r="{chr(65 + at)}{number}"{cell}' for at, cell in enumerate(cells))
    return f'<row r="{number}" {attributes}>{written}</row>'


def number(value: object, style: int = 0) -> str:
    return f' s="{style}"><v>{value}</v></c>'


def text(value: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def ods(rows: str, *, styles: str = "", manifest: str = "", name: str = "S") -> bytes:
    spaces = " ".join(
        f'xmlns:{space}="{_OPEN_DOCUMENT}:{space}:1.0"'
        for space in ("office", "table", "text", "style", "draw")
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
            "content.xml": f'<office:document-content {spaces} xmlns:calcext="calcext">{styles}'
            f'<office:body><office:spreadsheet><table:table table:name="{name}">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def ods_cell(shown: str = "", **attributes: object) -> str:
    """Write a cell: ``value_type="float"`` is written office:value-type, others table:..."""
    office = ("value", "string_value", "time_value", "date_value", "value_type", "boolean_value")
    written = " ".join(
        f'{"office" if name in office else "table"}:{name.replace("_", "-")}="{value}"'
        for name, value in attributes.items()
        if name != "error"
    )
    error = ' calcext:value-type="error"' if attributes.get("error") else ""
    inside = f"<text:p>{shown}</text:p>" if shown else ""
    return f"<table:table-cell {written}{error}>{inside}</table:table-cell>"


def ods_text(shown: str, **attributes: object) -> str:
    return ods_cell(shown, value_type="string", **attributes)


def xlsb(cells: Sequence[tuple[int, int, float | str | bytes]], formulas: bool = False) -> bytes:
    """Write a workbook of Excel's binary form: row, column (from 0) and value of each cell.

    A value of one byte is an error; with ``formulas``, they are results of formulas.
    """
    book = _record(131) + _record(143)
    book += _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("S"))
    book += _record(144) + _record(132)
    sheet = _record(129) + _record(148, bytes(16)) + _record(145)
    at = -1
    for line, column, value in cells:
        if line != at:
            sheet += _record(0, struct.pack("<I", line) + bytes(13))
            at = line
        place = struct.pack("<II", column, 0)
        if isinstance(value, str):
            kind, written = 8 if formulas else 6, _wide(value)
        elif isinstance(value, bytes):
            kind, written = 11 if formulas else 3, value
        else:
            kind, written = 9 if formulas else 5, struct.pack("<d", value)
        sheet += _record(kind, place + written)
    sheet += _record(146) + _record(130)
    return zipped(
        {
            "[Content_Types].xml": f"<Types xmlns='{_PACKAGE}/content-types'/>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _relations(
                {"worksheet": "worksheets/sheet1.bin"}, ident="rId1"
            ),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _relations(targets: Mapping[str, str], ident: str = "") -> str:
    written = "".join(
        f"<Relationship Id='{ident or kind}' Type='{RELATIONS}/{kind}' Target='{target}'/>"
        for kind, target in targets.items()
    )
    return f"<Relationships xmlns='{_PACKAGE}/relationships'>{written}</Relationships>"


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(content)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return head + size + content


def _wide(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")
