from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.errors import UnusableInputError
from importer.sources import opening
from importer.sources.content import Content, FileContent
from importer.sources.opening import open_contents, open_sources, unpack
from importer.sources.signatures import Form, look_at
from importer.tables import SourceOptions
from tests.sources.reading import cells_of

PLAIN = SourceOptions()
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def entry(name: str) -> bytes:
    """Give the entry of an OLE file's directory."""
    return name.encode("utf-16-le").ljust(64, b"\0") + bytes([len(name) * 2 + 2, 0, 2]) + bytes(61)


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


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


def noted_openers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, SourceOptions]]:
    """Note which opener would be asked for which content."""
    asked: list[tuple[str, str, SourceOptions]] = []

    def opener(kind: str, answer: Any) -> Any:
        def note(content: Content, options: SourceOptions) -> Any:
            asked.append((kind, content.shown_as, options))
            return answer

        return note

    monkeypatch.setattr(opening, "open_text", opener("text", "table"))
    monkeypatch.setattr(opening, "open_workbook", opener("workbook", ("one", "two")))
    return asked


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "opener"),
    [
        ("a.csv", b"a,b\n1,2\n", "text"),
        ("a.xls", b"a\tb\n1\t2\n", "text"),
        ("a.dat", b"\xff\xfea\0,\0b\0", "text"),
        ("a.csv", b"[Name];[Mail]\n1;2\n", "text"),
        ("a.csv", b'["Name"],["Mail"]\n1,2\n', "text"),
        ("a.csv", b'["Name";"Mail"]\n' + b"1;2\n" * 2000, "text"),
        ("a.csv", b'{"a": 1},2\n{"a": 2},3\n', "text"),
        ("a.csv", b"{name},{mail}\n", "text"),
        ("a.csv", b"<name>,<mail>\n", "text"),
        ("a.csv", b"PAR1,x\n", "text"),
        ("a.csv", b"x" * 257 + b"ustar \n", "text"),
        ("a.xlsx", parts("[Content_Types].xml", "xl/workbook.xml"), "workbook"),
        ("a.csv", parts("xl/workbook.bin"), "workbook"),
        ("a.ods", parts("content.xml", "mimetype"), "workbook"),
        ("a", zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                      "content.xml": b""}), "workbook"),
        ("a.xls", OLE + entry("Workbook"), "workbook"),
        ("a.csv", OLE + entry("Root Entry") + entry("Book"), "workbook"),
        ("a.xls", OLE + entry("Workbook") + entry("WordDocument"), "workbook"),
        ("a.xls", OLE + "EncryptedPackage, a text".encode("utf-16-le"), "workbook"),
        ("a.xls", OLE + b"x" * 600, "workbook"),
    ],
)  # fmt: skip
def test_bytes_decide_who_reads_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, opener: str
) -> None:
    asked = noted_openers(monkeypatch)
    options = replace(PLAIN, sheet="all")
    sources = open_sources(written(tmp_path / name, content), options=options, shown_as=name)
    assert asked == [(opener, name, options)]
    assert list(map(str, sources)) == (["table"] if opener == "text" else ["one", "two"])


def test_every_table_of_an_archive_is_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = noted_openers(monkeypatch)
    book = parts("[Content_Types].xml", "xl/workbook.xml")
    whole = zipped({"b.xlsx": book, "a.csv.gz": gzip.compress(b"a\n1\n"), "c.csv": b"c\n1\n"})
    sources = open_sources(written(tmp_path / "x.zip", whole), options=PLAIN, shown_as="x.zip")
    assert list(map(str, sources)) == ["table", "one", "two", "table"]
    assert [(kind, shown_as) for kind, shown_as, _ in asked] == [
        ("text", "x.zip/a.csv.gz"),
        ("workbook", "x.zip/b.xlsx"),
        ("text", "x.zip/c.csv"),
    ]


def test_file_is_unpacked_once_for_several_openings_and_tells_what_it_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = noted_openers(monkeypatch)
    path = written(tmp_path / "x.zip", zipped({"a.csv": b"a\n1\n", "notes.md": b"x"}))
    contents = unpack(path, shown_as="x.zip")
    path.unlink()
    for sheet in ("1", "2"):
        open_contents(contents.contents, replace(PLAIN, sheet=sheet))
    assert [options.sheet for _, _, options in asked] == ["1", "2"]
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
        ("a.csv.gz", gzip.compress(b""), "a.csv.gz is empty."),
        ("a.xlsx", b"a,b\n1,2\n", "is no Excel workbook, whatever its name says"),
        ("a.ods", b"a,b\n1,2\n", "is no Excel workbook, whatever its name says"),
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
        ("a.tar.gz", gzip.compress(b"a.csv".ljust(257, b"\0") + b"ustar  "), "is a tar archive"),
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
        assert look_at(FileContent(path)).form is Form.WORKBOOK
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
