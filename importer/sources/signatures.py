"""What a content is, by its bytes: text, a workbook, something packed, or none of our business."""

from __future__ import annotations

import codecs
import errno
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO, cast

from importer.errors import UnusableInputError
from importer.language import mark, tr
from importer.sources.content import Content

_HEAD_BYTES = 4096
_SCAN_BYTES = 1 << 20
_DIRECTORY_BYTES = 4 << 20  # of a zip: that of tens of thousands of members
READ_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How members of a zip may be packed: of other methods, zipfile does not bound the memory."""


class Form(StrEnum):
    """What must be done with a content."""

    TEXT = "text"
    OPEN_XML = "open xml"  # a workbook that is .xlsx or .xlsm
    OPEN_DOCUMENT = "open document"  # .ods
    XLSB = "xlsb"
    XLS = "xls"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZIP = "zip"
    PROTECTED = "protected"  # a workbook that needs a password
    OTHER = "other"  # no table: refused with a sentence


WORKBOOKS = frozenset({Form.OPEN_XML, Form.OPEN_DOCUMENT, Form.XLSB, Form.XLS})
PROTECTED = mark("is protected by a password: save a copy without one and use that")
"""What is said of a workbook that asks for one, behind its name."""


@dataclass(frozen=True, slots=True)
class Look:
    """A content's form; why it is refused, as a ``sentence`` that goes on from its name."""

    form: Form
    sentence: str = ""


_PACKED = (
    (re.compile(rb"\x1f\x8b"), Form.GZIP),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), Form.BZIP2),
    (re.compile(rb"\xfd7zXZ\x00"), Form.XZ),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (mark("is a 7z archive: unpack it first"), (b"7z\xbc\xaf\x27\x1c",)),
    (mark("is a RAR archive: unpack it first"), (b"Rar!\x1a\x07",)),
    (mark("is a cabinet archive: unpack it first"), (b"MSCF\x00\x00\x00\x00",)),
    (
        mark("is compressed: unpack it first"),
        (b"\x28\xb5\x2f\xfd", b"\x1f\x9d", b"\x04\x22\x4d\x18"),
    ),
    (
        mark("is a picture, not a spreadsheet"),
        (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"),
    ),
    (mark("is a Parquet file, not a spreadsheet: save its table as CSV UTF-8"), (b"PAR1\x15",)),
    (mark("is a database, not a spreadsheet: export its table as CSV"), (b"SQLite format 3\x00",)),
    (mark("is an Outlook data file, not a spreadsheet: export its contacts as CSV"), (b"!BDN",)),
    (
        mark("is a workbook of before 1995: open it in a spreadsheet program and save it as .xlsx"),
        (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00"),
    ),
)
_TAR = (b"ustar\x00", b"ustar ")
_BEGINNINGS = (
    (r"%pdf-", mark("is a PDF document, not a spreadsheet: ask for the table it was made from")),
    (r"\{\\rtf", mark("is a text document (RTF), not a spreadsheet: copy its table into one")),
    (r"begin:vcard", mark("is a vCard file, not a spreadsheet: open it in an address book and "
     "export its contacts as CSV")),
    (r"mime-version:", mark("is a web archive or a message, not a spreadsheet: open it and save "
     "its table as .xlsx")),
)  # fmt: skip
_WEB_PAGE = re.compile(
    r"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype html|html|head|meta|body|table|style)\b",
    re.DOTALL,
)
_XML_SPREADSHEET = re.compile(r'urn:schemas-microsoft-com:office:spreadsheet|progid="excel\.sheet"')
_JSON = re.compile(r'\{\s*["}]|\[[\[\s]*(?:"|\{\s*["}])')
_CUT_NEAR_END = 8  # characters: the longest piece of JSON, beside texts, that the head can cut

# Names in the directory of an OLE file that tell what it is.
_ENCRYPTED, _MESSAGE = "EncryptedPackage", "__properties_version1.0"
_BOOKS, _DOCUMENTS = ("Workbook", "Book"), ("WordDocument", "PowerPoint Document")
_OLE_NAMES = {
    name: name.encode("utf-16-le") for name in (_ENCRYPTED, _MESSAGE, *_BOOKS, *_DOCUMENTS)
}
_EXCEL = frozenset({".xls", ".xlsx", ".xlsm", ".xlsb"})
_OLD_DOCUMENTS = frozenset({".doc", ".dot", ".ppt", ".pps"})
# How the stream of an .xls workbook begins: a record of 16 bytes that says "workbook, Excel 97".
_BEGINNING = bytes.fromhex("0908100000060500")
_BEGINNING_BYTES = 20
_PASSWORD_RECORD = 0x2F
_RECORDS_LOOKED_AT = 10
_MANIFEST = "meta-inf/manifest.xml"
_MANIFEST_BYTES = 1 << 20


def look_at(content: Content) -> Look:
    """Tell what a content is.

    Raises ``OSError`` when it cannot be opened, ``UnusableInputError`` when it is a damaged zip.
    """
    with content.open() as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        return Look(Form.OTHER, tr("is empty"))
    for start, form in _PACKED:
        if start.match(head):
            return Look(form)
    if head.startswith(_ZIP):
        return _look_at_zip(content)
    if head.startswith(_OLE):
        return _look_at_ole(content)
    for sentence, magic in _MAGIC:
        if head.startswith(magic):
            return Look(Form.OTHER, tr(sentence))
    if head[257:263] in _TAR and b"\0" in head[:100]:
        return Look(Form.OTHER, tr("is a tar archive: unpack it first"))
    return _look_at_text(head, PurePath(content.name).suffix.lower())


def begins_as_workbook(start: bytes) -> bool:
    """Tell by its first bytes, eight or more, whether a content can be a workbook."""
    return start.startswith((*_ZIP, _OLE))


@contextmanager
def open_zip(content: Content) -> Iterator[zipfile.ZipFile]:
    """Open a zip file to read what it holds.

    Raises ``UnusableInputError`` when its directory, or what is read of it inside, is damaged.
    """
    try:
        with (
            _Sparing(cast("io.BufferedReader", content.open())) as stream,
            zipfile.ZipFile(stream) as archive,
        ):
            yield archive
    except UnusableInputError:
        raise
    except _TooLargeError as error:
        raise UnusableInputError(
            tr(
                "{file} holds too many files: unpack it and name its spreadsheets.",
                file=content.shown_as,
            )
        ) from error
    except Exception as error:  # zipfile raises whatever damaged bytes lead it to
        if is_of_the_machine(error):
            raise
        if isinstance(error.__context__, OSError) and is_of_the_machine(error.__context__):
            raise error.__context__ from None  # which zipfile takes for damage
        raise UnusableInputError(
            tr(
                "{file} cannot be read: the file is damaged or not complete. Get it again, or save "
                "it again in the program that wrote it.",
                file=content.shown_as,
            )
        ) from error


def is_of_the_machine(error: Exception) -> bool:
    """Tell an error of reading, or of memory, from one of the bytes."""
    if isinstance(error, MemoryError):
        return True
    # Libraries raise OSError over bytes too, and a damaged place leads to a seek before the start,
    # which the system calls invalid.
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


class _TooLargeError(Exception):
    pass


class _Sparing(io.BufferedReader):
    """Refuses to read a zip's directory at once when it would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = _DIRECTORY_BYTES + 1
        piece = super().read(most if size is None or size < 0 else min(size, most))
        if len(piece) == most:
            raise _TooLargeError
        return piece


def _look_at_zip(content: Content) -> Look:
    with open_zip(content) as archive:
        parts = {i.filename.replace("\\", "/").lower(): i for i in archive.infolist()}
        if "mimetype" in parts and {"content.xml", "encrypted-package"} & parts.keys():
            return _look_at_open_document(archive, parts)
    if "xl/workbook.bin" in parts:
        return Look(Form.XLSB)
    if "[content_types].xml" in parts:
        return _look_at_open_xml(parts)
    if "xl/workbook.xml" in parts:
        return Look(Form.OPEN_XML)
    if any(name.endswith(("index/document.iwa", "index.zip")) for name in parts):
        return Look(
            Form.OTHER,
            tr(
                "is an Apple Numbers document: export it from Numbers as Excel or CSV, and use that"
            ),
        )
    return Look(Form.ZIP)


def _look_at_open_document(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> Look:
    kind = _start_of_part(archive, parts["mimetype"], 200)
    if b"opendocument" in kind and b"spreadsheet" not in kind:
        return Look(Form.OTHER, tr("is an OpenDocument text or drawing, not a spreadsheet"))
    manifest = parts.get(_MANIFEST)
    if "encrypted-package" in parts or (
        manifest is not None
        and b"encryption-data" in _start_of_part(archive, manifest, _MANIFEST_BYTES)
    ):
        return Look(Form.PROTECTED, tr(PROTECTED))
    return Look(Form.OPEN_DOCUMENT)


def _start_of_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, size: int) -> bytes:
    if part.compress_type not in READ_METHODS:
        return b""
    with archive.open(part) as stream:
        return stream.read(size)


def _look_at_open_xml(parts: dict[str, zipfile.ZipInfo]) -> Look:
    if any(name.startswith("xl/") for name in parts):
        return Look(Form.OPEN_XML)
    if any(name.startswith("word/") for name in parts):
        return Look(
            Form.OTHER, tr("is a Word document, not a spreadsheet: copy its table into one")
        )
    if any(name.startswith("ppt/") for name in parts):
        return Look(Form.OTHER, tr("is a presentation, not a spreadsheet: copy its table into one"))
    return Look(Form.OPEN_XML)  # its parts may lie anywhere


def _look_at_ole(content: Content) -> Look:
    names = _ole_names(content)
    if _ENCRYPTED in names:
        return Look(Form.PROTECTED, tr(PROTECTED))
    if _MESSAGE in names:
        return Look(
            Form.OTHER,
            tr("is an Outlook message, not a spreadsheet: save its attachment and use that"),
        )
    old = PurePath(content.name).suffix.lower() in _OLD_DOCUMENTS
    if names & set(_DOCUMENTS) and (old or not names & set(_BOOKS)):
        return Look(
            Form.OTHER,
            tr("is a Word or PowerPoint document, not a spreadsheet: copy its table into one"),
        )
    if _asks_for_password(content):
        return Look(Form.PROTECTED, tr(PROTECTED))
    return Look(Form.XLS)


def _asks_for_password(content: Content) -> bool:
    """Tell whether one of the first records of an .xls workbook says that it is encrypted."""
    with content.open() as stream:
        at = _place_of(_BEGINNING, stream)
        if at is None:
            return False
        at += _BEGINNING_BYTES
        for _ in range(_RECORDS_LOOKED_AT):
            stream.seek(at)
            head = stream.read(4)
            if int.from_bytes(head[:2], "little") == _PASSWORD_RECORD:
                return True
            at += 4 + int.from_bytes(head[2:], "little")
    return False


def _place_of(sought: bytes, stream: BinaryIO) -> int | None:
    """Find where bytes come first in a stream that is at its start."""
    overlap, place = b"", 0
    while block := stream.read(_SCAN_BYTES):
        window = overlap + block
        at = window.find(sought)
        if at >= 0:
            return place + at
        overlap = window[-len(sought) :]
        place += len(window) - len(overlap)
    return None


def _ole_names(content: Content) -> set[str]:
    """Give those known names that entries of the file's directory have.

    The directory may lie anywhere; an entry's name is padded with NULs, a cell's text is not.
    """
    found: set[str] = set()
    overlap = b""
    with content.open() as stream:
        while block := stream.read(_SCAN_BYTES):
            window = overlap + block
            for name, text in _OLE_NAMES.items():
                at = -1 if name in found else window.find(text)
                while at >= 0 and window[at + len(text) : at + len(text) + 2].strip(b"\0"):
                    at = window.find(text, at + 1)
                if at >= 0:
                    found.add(name)
            overlap = window[-128:]
    return found


def _look_at_text(head: bytes, ending: str) -> Look:
    text = _start_of(head)
    for beginning, sentence in _BEGINNINGS:
        if re.match(beginning, text):
            return Look(Form.OTHER, tr(sentence))
    if _WEB_PAGE.match(text):
        return Look(Form.OTHER, _on_web_page(ending))
    if text.startswith("<?xml"):
        old = _XML_SPREADSHEET.search(text)
        return Look(Form.OTHER, tr(_OLD_SPREADSHEET if old else _XML_DOCUMENT))
    if _is_json(text):
        return Look(
            Form.OTHER, tr("is a JSON document, not a spreadsheet: export its table as CSV")
        )
    return Look(Form.TEXT)


def _on_web_page(ending: str) -> str:
    if ending not in _EXCEL:
        return tr(
            "is a web page, not a spreadsheet: open it in a spreadsheet program and save it as "
            ".xlsx"
        )
    return tr(
        "is a web page, though its name says {ending}: open it in a spreadsheet program and save "
        "it as .xlsx",
        ending=ending,
    )


_OLD_SPREADSHEET = mark(
    "is an XML spreadsheet of 2003: open it in a spreadsheet program and save it as .xlsx"
)
_XML_DOCUMENT = mark(
    "is an XML document, not a spreadsheet: open it in a spreadsheet program and save it as .xlsx"
)


def _start_of(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head.decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    return text.lstrip().lower()


def _is_json(text: str) -> bool:
    """Tell whether a text begins as a JSON document does that fills its lines alone."""
    if not _JSON.match(text):
        return False
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return "Unterminated" in error.msg or error.pos >= len(text) - _CUT_NEAR_END
    except RecursionError:
        return True
    return not text[end:].partition("\n")[0].strip()
