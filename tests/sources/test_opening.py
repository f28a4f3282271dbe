from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.sources.content import FileContent
from importer.sources.opening import open_contents, open_sources, unpack
from importer.sources.signatures import Form, look_at
from importer.tables import SourceOptions
from tests.sources.reading import cells_of
from tests.sources.written_books import row, text, xlsx, zipped

PLAIN = SourceOptions()
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
BEGINNING = bytes.fromhex("0908100000060500") + bytes(12)  # of the stream of an .xls workbook
ENCRYPTION = b"<manifest><manifest:encryption-data/></manifest>"


def entry(name: str) -> bytes:
    """Give the entry of an OLE file's directory."""
    return name.encode("utf-16-le").ljust(64, b"\0") + bytes([len(name) * 2 + 2, 0, 2]) + bytes(61)


def open_document(members: dict[str, bytes]) -> bytes:
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", **members})


def parts(*names: str) -> bytes:
    return zipped(dict.fromkeys(names, b""))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refusals(path: Path, content: bytes) -> list[str]:
    with pytest.raises(UnusableInputError) as caught:
        open_sources(written(path, content), options=PLAIN, shown_as=path.name)
    assert all("\n" not in str(mistake) for mistake in caught.value.mistakes)
    return [str(mistake) for mistake in caught.value.mistakes]


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", b"a,b\n1,2\n", Form.TEXT),
        ("a.xls", b"a\tb\n1\t2\n", Form.TEXT),
        ("a.dat", b"\xff\xfea\0,\0b\0", Form.TEXT),
        ("a.csv", b"[Name];[Mail]\n1;2\n", Form.TEXT),
        ("a.csv", b'["Name"],["Mail"]\n1,2\n', Form.TEXT),
        ("a.csv", b'["Name";"Mail"]\n' + b"1;2\n" * 2000, Form.TEXT),
        ("a.csv", b'{"a": 1},2\n{"a": 2},3\n', Form.TEXT),
        ("a.csv", b"{name},{mail}\n", Form.TEXT),
        ("a.csv", b"<name>,<mail>\n", Form.TEXT),
        ("a.csv", b"PAR1,x\n", Form.TEXT),
        ("a.csv", b"x" * 257 + b"ustar \n", Form.TEXT),
        ("a.xlsx", parts("[Content_Types].xml", "xl/workbook.xml"), Form.OPEN_XML),
        ("a.xlsx", parts("[Content_Types].xml", "other/workbook.xml"), Form.OPEN_XML),
        ("a.csv", parts("xl/workbook.xml"), Form.OPEN_XML),
        ("a.csv", parts("xl/workbook.bin"), Form.XLSB),
        ("a.xlsx", parts("[Content_Types].xml", "xl/workbook.bin"), Form.XLSB),
        ("a.ods", parts("content.xml", "mimetype"), Form.OPEN_DOCUMENT),
        ("a", open_document({"content.xml": b""}), Form.OPEN_DOCUMENT),
        ("a.xls", OLE + entry("Workbook"), Form.XLS),
        ("a.csv", OLE + entry("Root Entry") + entry("Book"), Form.XLS),
        ("a.xls", OLE + entry("Workbook") + entry("WordDocument"), Form.XLS),
        ("a.xls", OLE + "EncryptedPackage, a text".encode("utf-16-le"), Form.XLS),
        ("a.xls", OLE + b"x" * 600, Form.XLS),
        ("a.xls", OLE + BEGINNING + bytes(99), Form.XLS),
        ("a.xls", OLE + BEGINNING + bytes.fromhex("86000000 2f000000"), Form.PROTECTED),
        ("a.xls", OLE.ljust((1 << 20) - 3, b"x") + BEGINNING + b"\x2f\0", Form.PROTECTED),
        ("a.xlsx", OLE + entry("EncryptedPackage"), Form.PROTECTED),
        ("a.ods", open_document({"encrypted-package": b""}), Form.PROTECTED),
        ("a.ods", open_document({"content.xml": b"", "META-INF/manifest.xml": ENCRYPTION}),
         Form.PROTECTED),
        ("a.ods", open_document({"content.xml": b"", "META-INF/manifest.xml": b"<manifest/>"}),
         Form.OPEN_DOCUMENT),
    ],
)  # fmt: skip
def test_bytes_decide_what_a_file_is(tmp_path: Path, name: str, content: bytes, form: Form) -> None:
    look = look_at(FileContent(written(tmp_path / name, content)))
    assert look.form is form
    protected = "is protected by a password: save a copy without one and use that"
    assert look.sentence == (protected if form is Form.PROTECTED else "")


def test_every_table_of_an_archive_is_a_source(tmp_path: Path) -> None:
    book = xlsx(row(1, text("Email")) + row(2, text("a@example.org")))
    whole = zipped({"b.xlsx": book, "a.csv.gz": gzip.compress(b"a\n1\n"), "c.csv": b"c\n1\n"})
    sources = open_sources(written(tmp_path / "x.zip", whole), options=PLAIN, shown_as="x.zip")
    assert [(source.description.file, source.description.format) for source in sources] == [
        ("x.zip/a.csv.gz", "csv"),
        ("x.zip/b.xlsx", "xlsx"),
        ("x.zip/c.csv", "csv"),
    ]
    assert [cells_of(source) for source in sources] == [[["1"]], [["a@example.org"]], [["1"]]]


def test_file_is_unpacked_once_for_several_openings_and_tells_what_it_passed_over(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "x.zip", zipped({"a.csv": b"a;b\n1;2\n", "notes.md": b"x"}))
    contents = unpack(path, shown_as="x.zip")
    path.unlink()
    cells = []
    for delimiter in (";", "|"):
        (source,) = open_contents(contents.contents, replace(PLAIN, delimiter=delimiter))
        cells.append(cells_of(source))
    assert cells == [[["1", "2"]], [["1;2"]]]
    assert [(str(p.path), p.reason) for p in contents.passed_over] == [
        (str(Path("x.zip/notes.md")), "no spreadsheet")
    ]


def test_tables_of_packed_files_are_read_more_than_once(tmp_path: Path) -> None:
    table = b"mail,name\na@example.com,A\nb@example.com,B\n"
    rows = [["a@example.com", "A"], ["b@example.com", "B"]]
    for name, content in (
        ("x.csv.gz", gzip.compress(table)),
        ("x.zip", zipped({"x.csv": table})),
        ("input", zipped({"x.csv.gz": gzip.compress(table)})),
    ):
        (source,) = open_sources(written(tmp_path / name, content), options=PLAIN)
        assert cells_of(source) == rows
        assert cells_of(source) == rows
        assert source.description.file.startswith(str(tmp_path / name))


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "a.csv is empty."),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "a.csv.gz is empty."),
        ("a.xlsx", b"a,b\n1,2\n", "is text, whatever its name says: rename it to .csv, or save it"),
        ("a.ods", b"a,b\n1,2\n", "or save it as .ods in a spreadsheet program."),
        ("a.pdf", b"%PDF-1.7", "is a PDF document"),
        ("a.rtf", rb"{\rtf1\ansi", "is a text document (RTF)"),
        ("a.vcf", b"BEGIN:VCARD\r\nVERSION:3.0", "is a vCard file"),
        ("a.xls", b"\xef\xbb\xbf <HTML><body>", "is a web page, though its name says .xls: open"),
        ("a.xls", b"<!-- x -->\n<table border=1>", "is a web page, though"),
        ("a.xls", "\ufeff<html>".encode("utf-16-le"), "is a web page, though"),
        ("a.htm", b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC', "a web page, not a spreadsheet"),
        ("a.xls", b"MIME-Version: 1.0\r\n", "is a web archive or a message"),
        ("a.xls", b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>',
         "is an XML spreadsheet of 2003: open it in a spreadsheet program and save it as .xlsx"),
        ("a.xml", b'<?xml version="1.0"?><contacts>', "is an XML document, not a spreadsheet"),
        ("a.json", b'{"contacts": [{"mail": "a@example.com"}]}', "is a JSON document"),
        ("a.json", b'[\n  {"mail": "a@example.com"}\n]\n', "is a JSON document"),
        ("a.json", b'[["mail"], ["' + b"x" * 9000 + b'"]]', "is a JSON document"),
        ("a.json", b'[{"n": 123},' * 1000, "is a JSON document"),
        ("a.json", b"[" * 4000 + b'"' + b"]" * 4000, "is a JSON document"),
        ("a.jsonl", b'{"mail": 1}\n{"mail": 2}\n', "is a JSON document"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "is a picture"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "is a picture"),
        ("a.gif", b"GIF89a", "is a picture"),
        ("a.parquet", b"PAR1\x15\x04", "is a Parquet file"),
        ("a.db", b"SQLite format 3\x00", "is a database"),
        ("a.pst", b"!BDN", "is an Outlook data file"),
        ("a.xls", b"\x09\x08\x08\x00\x00\x05", "is a workbook of before 1995"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it first"),
        ("a.rar", b"Rar!\x1a\x07\x00", "is a RAR archive: unpack it first"),
        ("a.tar", b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "is a tar archive: unpack it first"),
        ("a.tar.gz", gzip.compress(b"a.csv".ljust(257, b"\0") + b"ustar  ", mtime=0),
         "is a tar archive"),
        ("a.xlsx", parts("word/document.xml", "[Content_Types].xml"), "is a Word document"),
        ("a.pptx", parts("ppt/slides.xml", "[Content_Types].xml"), "is a presentation"),
        ("a.numbers", parts("Index/Document.iwa"), "is an Apple Numbers document"),
        ("a.odt", zipped({"mimetype": b"application/vnd.oasis.opendocument.text",
                          "content.xml": b""}), "is an OpenDocument text"),
        ("a.xlsx", parts("xl/workbook.xml")[:50], "the file is damaged or not complete"),
        ("a.xlsx", OLE + bytes(2_000_000) + entry("EncryptedPackage"), "protected by a password"),
        ("a.msg", OLE + entry("__properties_version1.0") + entry("Workbook"), "an Outlook message"),
        ("a.doc", OLE + entry("WordDocument") + entry("Workbook"), "is a Word or PowerPoint"),
        ("a.xls", OLE + entry("PowerPoint Document"), "is a Word or PowerPoint"),
    ],
)  # fmt: skip
def test_files_that_are_no_tables_are_refused_by_what_they_are(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (sentence,) = refusals(tmp_path / name, content)
    assert sentence.startswith(f"{name} ")
    assert words in sentence


def test_directory_of_an_old_workbook_is_found_across_the_blocks_it_is_read_in(
    tmp_path: Path,
) -> None:
    for before in range(-70, 10, 7):
        path = written(tmp_path / "a.doc", OLE.ljust((1 << 20) + before, b"x") + entry("Book"))
        assert look_at(FileContent(path)).form is Form.XLS
        path.write_bytes(OLE.ljust((1 << 20) + before, b"x") + entry("WordDocument"))
        assert look_at(FileContent(path)).form is Form.OTHER


def test_everything_in_an_archive_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    whole = zipped({"a.csv": b"", "b.xls": b"<html>", "c.csv": b"c\n1\n", "d.xlsx": b"PK\x03\x04"})
    first, second, third = refusals(tmp_path / "x.zip", whole)
    assert first == "x.zip/a.csv is empty."
    assert second.startswith("x.zip/b.xls is a web page")
    assert third.startswith("x.zip/d.xlsx cannot be read: the file is damaged")


def test_content_that_is_still_packed_is_refused(tmp_path: Path) -> None:
    packed = FileContent(written(tmp_path / "a.gz", gzip.compress(b"a")), "a.gz")
    with pytest.raises(UnusableInputError, match=r"a\.gz is packed: unpack it first"):
        open_contents([packed], PLAIN)


def test_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"gone\.csv cannot be opened: No such file"):
        open_sources(tmp_path / "gone.csv", options=PLAIN)
    with pytest.raises(UnusableInputError, match="cannot be opened"):
        open_contents([FileContent(tmp_path / "gone.csv")], PLAIN)
