from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.sources.encoding import Encoding, Utf8Reader
from importer.tables import SourceOptions

from .reading import cells_of, source_of

TEXT = "Prénom,Ville\nZoë,Montréal\nAœ€,Nîmes\n"
CELLS = [["Zoë", "Montréal"], ["Aœ€", "Nîmes"]]
PADDING = b"abcdefghijklmno,pqrstuvwxyzabc\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def refusal(file: Path, content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(UnusableInputError) as caught:
        cells_of(source_of(file, content, SourceOptions(encoding=encoding)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("mark", "codec", "shown"),
    [
        (b"", "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (b"", "cp1252", "cp1252"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32-le"),
    ],
)
def test_encoding_is_found(file: Path, mark: bytes, codec: str, shown: str) -> None:
    source = source_of(file, mark + TEXT.encode(codec))
    assert cells_of(source) == CELLS
    assert source.description.columns == ("Prénom", "Ville")
    assert source.description.encoding == shown


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ("utf-8", codecs.BOM_UTF8 + TEXT.encode()),
        ("UTF-8-SIG", TEXT.encode()),
        ("windows-1252", TEXT.encode("cp1252")),
        ("utf-16", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("utf-16", TEXT.encode("utf-16-le")),
        ("utf-16-le", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")),
        ("gb18030", TEXT.encode("gb18030")),
    ],
)
def test_encoding_of_the_mapping_is_obeyed(file: Path, given: str, content: bytes) -> None:
    source = source_of(file, content, SourceOptions(encoding=given))
    assert cells_of(source) == CELLS
    assert source.description.columns[0] == "Prénom"


@pytest.mark.parametrize(
    "given", ["utf8000", "rot13", "base64", "idna", "unicode_escape", "undefined", "a\0b", ""]
)
def test_encoding_that_is_not_for_files_is_refused(file: Path, given: str) -> None:
    assert "is no known encoding. Did you mean" in refusal(file, b"a,b\n", given)


def test_encoding_that_contradicts_the_mark_is_refused(file: Path) -> None:
    message = refusal(file, codecs.BOM_UTF8 + TEXT.encode(), "cp1252")
    assert "begins with the mark of UTF-8" in message


def test_text_that_was_ascii_so_far_becomes_cp1252_wherever_its_first_accent_stands(
    file: Path,
) -> None:
    for before in (40_000, 200_000):
        content = b"a,b\n" + PADDING * before + "Zoë,Nîmes\n".encode("cp1252") + PADDING * 40_000
        source = source_of(file, content)
        cells = cells_of(source)
        assert source.description.encoding == "cp1252"
        assert cells[before] == ["Zoë", "Nîmes"]
        assert len(cells) == before + 40_001


def test_accent_at_the_very_end_of_a_large_file_is_read(file: Path) -> None:
    content = b"a,b\n" + PADDING * 40_000 + "x,é".encode("cp1252")
    assert cells_of(source_of(file, content))[-1] == ["x", "é"]


def test_accent_that_stands_between_two_samples_or_is_cut_by_one_is_read(file: Path) -> None:
    for codec in ("utf-8", "cp1252"):
        accent = "é".encode(codec)
        content = b"a,b\n" + b"x" * ((64 << 10) - 5) + accent + b",1\n" + PADDING * 20_000
        source = source_of(file, content)
        assert str(cells_of(source)[0][0]).endswith("xé")
        assert source.description.encoding == codec


def test_character_that_is_not_utf8_is_refused_with_its_row_and_remedy(file: Path) -> None:
    before = "Zoë,Nîmes\n".encode() * 200_000
    message = refusal(file, b"a,b\n" + before + b"Zo\xeb,x\n" + before)
    assert "row 200002 holds a character that cannot be read as utf-8" in message
    assert "`source: {encoding: cp1252}`" in message
    message = refusal(file, b'a,b\n\xc3\xa9,"x\ny"\n"u"v,1\nx,\xe9\n')
    assert "row 4 holds a character" in message
    assert "row 1 holds a character" in refusal(file, b"\xc3\xa9,\xe9\n")
    message = refusal(file, b'\xc3\xa9,b\n"' + b"x" * (2 << 20) + b"\xe9")
    assert "row 2 holds a character" in message


def test_utf8_in_the_midst_of_cp1252_is_refused(file: Path) -> None:
    cp1252, utf8 = "Zoë,é\n".encode("cp1252"), "Zoë,é\n".encode()
    message = refusal(file, b"a,b\n" + cp1252 * 1_000_000 + utf8 * 2_000_000)
    assert "mixes encodings" in message


def test_undefined_byte_of_an_encoding_is_refused_with_its_row(file: Path) -> None:
    assert "row 3 holds a character that cannot be read as cp1252" in refusal(
        file, b"a,b\n\xe9,1\nx\x81,2\n"
    )
    message = refusal(file, b"a,b\n1,2\nx\xe9,2\n", "ascii")
    assert "row 3" in message
    assert "leave `encoding` out" in message


def test_damaged_utf16_is_refused(file: Path) -> None:
    message = refusal(file, codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"x")
    assert "is damaged" in message
    assert "row 1 holds" in refusal(file, b"+2AA-", "utf-7")
    assert "row 1 holds" in refusal(file, b"a\x00\x00\xd8", "utf-16-le")
    assert "row 2 holds" in refusal(file, "é,b\nx,é".encode()[:-1])


def test_utf16_without_a_mark_is_refused_with_the_line_that_settles_it(file: Path) -> None:
    assert "`source: {encoding: utf-16-le}`" in refusal(file, TEXT.encode("utf-16-le"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_pieces_end_at_the_end_of_a_character(file: Path, size: int) -> None:
    text = "aé€😀\n" * 5
    file.write_bytes(text.encode())
    pieces = list(Utf8Reader(file, Encoding("utf-8")).pieces(size))
    assert "".join(p.decode() for p in pieces) == text
