from __future__ import annotations

import bz2
import errno
import gc
import gzip
import io
import lzma
import os
import random
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.errors import UnusableInputError
from importer.sources import containers
from importer.sources.containers import Contents, contents_of
from importer.sources.content import Content, FileContent, Unpacked

TABLE = "Courriel,Prénom\na@example.com,Hélène\n".encode()
PACKERS: dict[str, Any] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def opened(path: Path, content: bytes) -> Contents:
    path.write_bytes(content)
    return contents_of(FileContent(path, path.name))


def read(content: Content) -> bytes:
    with content.open() as stream:
        return stream.read()


def refusal(path: Path, content: bytes) -> str:
    with pytest.raises(UnusableInputError) as caught:
        opened(path, content)
    (mistake,) = caught.value.mistakes
    assert "\n" not in str(mistake)
    return str(mistake)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def told(contents: Contents) -> dict[str, str]:
    return {str(one.path): one.reason for one in contents.passed_over}


# --- files that are packed by themselves -----------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "packed"),
    [
        (".gz", gzip.compress(TABLE, mtime=0)),
        (
            ".gz",
            gzip.compress(TABLE[:9], mtime=0) + gzip.compress(TABLE[9:], mtime=0) + b"\0" * 512,
        ),
        (".bz2", bz2.compress(TABLE)),
        (".bz2", bz2.compress(TABLE[:9]) + bz2.compress(TABLE[9:])),
        (".xz", lzma.compress(TABLE)),
        (".xz", lzma.compress(TABLE[:9]) + b"\0" * 8 + lzma.compress(TABLE[9:])),
    ],
)
def test_packed_file_gives_what_it_holds_under_its_own_name(
    tmp_path: Path, ending: str, packed: bytes
) -> None:
    contents = opened(tmp_path / f"contacts.csv{ending}", packed)
    (inner,) = contents.contents
    assert (inner.name, inner.shown_as) == ("contacts.csv", f"contacts.csv{ending}")
    assert read(inner) == TABLE
    assert inner.size == len(TABLE)
    assert contents.passed_over == ()


def test_packed_file_is_told_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    (inner,) = opened(tmp_path / "input", gzip.compress(TABLE)).contents
    assert (inner.name, read(inner)) == ("input", TABLE)


def test_file_that_only_begins_like_a_packed_one_stays_itself(tmp_path: Path) -> None:
    (content,) = opened(tmp_path / "a.csv", b"BZh,name\n1,2\n").contents
    assert read(content) == b"BZh,name\n1,2\n"


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_packed_file_that_is_cut_off_is_refused_wherever_it_is_cut(
    tmp_path: Path, ending: str
) -> None:
    table = random.Random(1).randbytes(600_000)
    pack = PACKERS[ending]
    packed = pack(table)
    for cut in (12, len(packed) // 2, len(packed) - 1):
        assert "is cut off" in refusal(tmp_path / f"a.csv{ending}", packed[:cut])


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_packed_file_with_a_changed_byte_is_refused(tmp_path: Path, ending: str) -> None:
    table = random.Random(1).randbytes(5_000)
    pack = PACKERS[ending]
    packed = bytearray(pack(table))
    packed[len(packed) // 2] ^= 255
    words = refusal(tmp_path / f"a.csv{ending}", bytes(packed))
    assert "is damaged" in words
    assert f"a.csv{ending}" in words


@pytest.mark.parametrize(
    "inner", [gzip.compress(TABLE, mtime=0), bz2.compress(TABLE), zipped({"a.csv": TABLE})]
)
def test_archive_in_a_packed_file_is_refused(tmp_path: Path, inner: bytes) -> None:
    assert "packed once more" in refusal(tmp_path / "a.gz", gzip.compress(inner))


def test_workbook_in_a_packed_file_is_a_workbook(tmp_path: Path) -> None:
    book = zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""})
    (inner,) = opened(tmp_path / "a.xlsx.gz", gzip.compress(book)).contents
    assert (inner.name, read(inner)) == ("a.xlsx", book)


# --- zip archives ------------------------------------------------------------------------------


def test_archive_gives_its_spreadsheets_by_name_and_tells_the_rest(tmp_path: Path) -> None:
    book = zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""})
    contents = opened(
        tmp_path / "exports.zip",
        zipped(
            {
                "z.csv": b"z\n1\n",
                "shops/B.TSV": b"b\n1\n",
                "shops/": b"",
                "a.xlsb": book,
                "book": book,
                "letter": zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
                "photo.png": b"\x89PNG\r\n\x1a\n",
                "notes.md": b"x",
                "~$a.xlsx": b"x",
                ".hidden.csv": b"x",
                "__MACOSX/._z.csv": b"x",
                "Thumbs.db": b"x",
            }
        ),
    )
    assert [(c.name, c.shown_as) for c in contents.contents] == [
        ("a.xlsb", "exports.zip/a.xlsb"),
        ("book", "exports.zip/book"),
        ("B.TSV", "exports.zip/shops/B.TSV"),
        ("z.csv", "exports.zip/z.csv"),
    ]
    assert [read(c) for c in contents.contents] == [book, book, b"b\n1\n", b"z\n1\n"]
    assert {Path(place).name: reason for place, reason in told(contents).items()} == {
        "letter": "no spreadsheet",
        "photo.png": "no spreadsheet",
        "notes.md": "no spreadsheet",
        "~$a.xlsx": "the lock of an open workbook",
        ".hidden.csv": "a hidden file",
        "._z.csv": "what macOS adds to archives",
        "Thumbs.db": "what Windows adds to folders",
    }


@pytest.mark.parametrize(
    "parts",
    [
        ("[Content_Types].xml", "xl/workbook.xml"),
        ("xl\\workbook.xml", "[Content_Types].xml"),
        ("xl/workbook.bin",),
        ("mimetype", "content.xml"),
        ("[Content_Types].xml", "elsewhere/book.xml"),
        ("word/document.xml", "[Content_Types].xml"),
        ("Index/Document.iwa", "preview.jpg"),
    ],
)
def test_workbook_or_document_is_no_archive(tmp_path: Path, parts: tuple[str, ...]) -> None:
    whole = zipped(dict.fromkeys(parts, b""))
    (content,) = opened(tmp_path / "contacts.zip", whole).contents
    assert read(content) == whole


def test_packed_member_is_unpacked_and_an_archive_in_an_archive_is_not(tmp_path: Path) -> None:
    (inner,) = opened(
        tmp_path / "a.zip", zipped({"contacts.csv.gz": gzip.compress(TABLE)})
    ).contents
    assert (inner.name, inner.shown_as) == ("contacts.csv", "a.zip/contacts.csv.gz")
    assert read(inner) == TABLE
    nested = zipped({"b.csv": b"b\n1\n", "inner.zip": zipped({"c.csv": TABLE})})
    assert "a.zip/inner.zip is an archive within an archive" in refusal(tmp_path / "a.zip", nested)
    twice = zipped({"c.csv.gz": gzip.compress(gzip.compress(TABLE))})
    assert "a.zip/c.csv.gz holds an archive" in refusal(tmp_path / "a.zip", twice)


def test_names_in_an_archive_are_shown_and_never_used(tmp_path: Path) -> None:
    names = ["../../up.csv", "/etc/root.csv", "C:\\x\\back.csv", "bell\a\u202e.csv"]
    contents = opened(tmp_path / "a.zip", zipped(dict.fromkeys(names, TABLE)))
    assert {(c.name.rpartition("\a")[2], c.shown_as) for c in contents.contents} == {
        ("up.csv", "a.zip/../../up.csv"),
        ("root.csv", "a.zip/etc/root.csv"),
        ("back.csv", "a.zip/C:/x/back.csv"),
        ("\u202e.csv", "a.zip/bell??.csv"),
    }
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
    assert not (tmp_path.parent.parent / "up.csv").exists()


def test_name_without_the_mark_of_utf8_is_read_as_old_archives_write_it(tmp_path: Path) -> None:
    plain = zipped({"Donnxes.csv": TABLE}).replace(b"Donnxes", b"Donn\x82es")
    (content,) = opened(tmp_path / "a.zip", plain).contents
    assert content.shown_as == "a.zip/Données.csv"


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    same = zipped({"a.csv": TABLE, "b.csv": TABLE}).replace(b"b.csv", b"a.csv")
    assert "2 files with the name a.zip/a.csv" in refusal(tmp_path / "a.zip", same)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "a.zip is an empty zip archive"),
        ({"a/": b""}, "a.zip is an empty zip archive"),
        ({"a.pdf": b"x"}, "holds no spreadsheet (.csv, .xlsx, ...), only a.pdf (no spreadsheet)."),
        ({f"{i}.md": b"x" for i in range(7)}, "4.md (no spreadsheet) and 2 more."),
    ],
)
def test_archive_without_a_spreadsheet_is_refused(
    tmp_path: Path, members: dict[str, bytes], words: str
) -> None:
    assert words in refusal(tmp_path / "a.zip", zipped(members))


def test_protected_archive_is_refused(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.csv": TABLE, "b": TABLE}))
    directory = whole.index(b"PK\x01\x02")
    whole[directory + 8] |= 1
    assert "a.zip is protected by a password" in refusal(tmp_path / "a.zip", bytes(whole))


def test_protected_members_of_other_kinds_do_not_stand_in_the_way(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.csv": TABLE, "b": zipped({"xl/workbook.xml": b""})}))
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    contents = opened(tmp_path / "a.zip", bytes(whole))
    assert [c.name for c in contents.contents] == ["a.csv"]
    assert list(told(contents).values()) == ["no spreadsheet"]


def test_ways_of_packing_that_zipfile_does_not_bound_are_refused(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        whole = zipped({"a.csv": TABLE}, method)
        assert "a way that is not read here" in refusal(tmp_path / "a.zip", whole)


def test_damaged_archive_is_refused(tmp_path: Path) -> None:
    whole = zipped({"a.csv": random.Random(1).randbytes(5_000)}, zipfile.ZIP_STORED)
    damaged = bytearray(whole)
    damaged[2_000] ^= 255
    for content in (whole[:3_000], b"PK\x03\x04", bytes(damaged), whole[:4] + bytes(5_000)):
        assert "damaged or not complete" in refusal(tmp_path / "a.zip", content)


# --- bounds --------------------------------------------------------------------------------------

ZEROS = bytes(containers.FREE_BYTES // 8)


def packed_zeros(times: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(ZEROS) for _ in range(times)), packer.flush()])


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_packed_bomb_is_refused_while_it_is_unpacked(tmp_path: Path, ending: str) -> None:
    bomb = packed_zeros(9) if ending == ".gz" else PACKERS[ending](ZEROS) * 9
    assert "more than 250 times its own size" in refusal(tmp_path / f"a.csv{ending}", bomb)


def test_what_shrinks_well_is_no_bomb_while_it_is_small(tmp_path: Path) -> None:
    (inner,) = opened(tmp_path / "a.csv.gz", packed_zeros(8)).contents
    assert inner.size == containers.FREE_BYTES


def test_zip_bomb_is_refused_by_what_its_directory_says(tmp_path: Path) -> None:
    one = zipped({"a.csv": ZEROS})
    assert [c.size for c in opened(tmp_path / "a.zip", one).contents] == [len(ZEROS)]
    several = zipped({f"{i}.csv": ZEROS for i in range(9)})
    assert "more than 250 times" in refusal(tmp_path / "a.zip", several)


def test_zip_bomb_is_refused_where_no_ending_makes_its_directory_count(tmp_path: Path) -> None:
    bomb = zipped({f"{i}": b"PK\x03\x04" + ZEROS for i in range(9)})
    assert "more than 250 times" in refusal(tmp_path / "a.zip", bomb)


def test_bomb_packed_in_an_archive_is_measured_by_the_archive(tmp_path: Path) -> None:
    bomb = zipped({"a.csv.gz": packed_zeros(9)})
    assert "a.zip holds more than 250 times" in refusal(tmp_path / "a.zip", bomb)


def test_directory_that_lies_about_a_size_is_found_out(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.csv": ZEROS}))
    directory = whole.index(b"PK\x01\x02")
    struct.pack_into("<I", whole, directory + 24, 100)
    assert "damaged or not complete" in refusal(tmp_path / "a.zip", bytes(whole))


def test_more_than_can_be_stored_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MOST_BYTES", 100)
    noise = random.Random(1).randbytes(101)
    for name, content in (("a.csv.gz", gzip.compress(noise)), ("a.zip", zipped({"a.csv": noise}))):
        assert "cut what it holds into smaller files" in refusal(tmp_path / name, content)


def test_archive_of_very_many_files_is_refused(tmp_path: Path) -> None:
    many = zipped({f"{i}.csv": b"" for i in range(1_001)})
    assert "holds 1,001 files, more than 1,000" in refusal(tmp_path / "a.zip", many)
    assert len(opened(tmp_path / "a.zip", zipped({f"{i}.csv": b"a" for i in range(50)})).contents)


def test_directory_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    start = zipped({"a.csv": TABLE})
    size = 6 << 20
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, size, len(start), 0)
    assert "holds too many files" in refusal(tmp_path / "a.zip", start + bytes(size) + end)


# --- where unpacked bytes are kept ---------------------------------------------------------------


def kept(*contents: bytes) -> list[Content]:
    store = Unpacked()
    return [store.add([c[:7], c[7:]], name="a.csv", shown_as="a.zip/a.csv") for c in contents]


@pytest.mark.parametrize("size", [50, 3 << 20])
def test_readers_of_unpacked_bytes_have_positions_of_their_own(size: int) -> None:
    whole = random.Random(1).randbytes(size)
    _, content = kept(b"before", whole)
    with content.open() as one, content.open() as other:
        assert one.read(10) == whole[:10]
        assert other.seek(-5, io.SEEK_END) == size - 5
        assert other.read() == whole[-5:]
        assert one.read(10) == whole[10:20]
        assert one.seek(-3, io.SEEK_CUR) == 17
        assert one.read(size) == whole[17:]
        assert one.read(1) == b""
        assert one.tell() == size
        assert one.readable()
        assert one.seekable()
        assert not one.writable()
        with pytest.raises(OSError, match="before the start"):
            one.seek(-1)


def test_unpacked_workbook_can_be_read_by_zipfile() -> None:
    (content,) = kept(zipped({"xl/workbook.xml": TABLE}))
    with content.open() as stream, zipfile.ZipFile(stream) as archive:
        assert archive.read("xl/workbook.xml") == TABLE


def files_made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made = []
    usual = tempfile.TemporaryFile

    def noted(*args: Any, **options: Any) -> Any:
        made.append(usual(*args, **options))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    return made


def test_much_is_kept_in_a_file_without_a_name_that_closes_with_its_last_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = files_made(monkeypatch)
    contents = kept(b"x" * (3 << 20))
    (file,) = made
    if os.name == "posix":
        assert list(tmp_path.iterdir()) == []
    stream = contents[0].open()
    del contents
    gc.collect()
    assert not file.closed
    assert stream.read() == b"x" * (3 << 20)
    stream.close()
    del stream
    gc.collect()
    assert file.closed


def test_little_makes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    made = files_made(monkeypatch)
    kept(b"x" * 1000)
    assert made == []


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_full_disk_is_one_sentence_with_the_place_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    class FullFile(io.BytesIO):
        def write(self, piece: Any, /) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", "/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **options: FullFile())
    table = random.Random(1).randbytes(3 << 20)
    content = gzip.compress(table, 1) if name == "a.csv.gz" else zipped({"a.csv": table})
    words = refusal(tmp_path / name, content)
    assert "cannot be unpacked into /full: No space left on device" in words
    assert "TMPDIR" in words


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_disk_that_fails_while_reading_is_no_damaged_file(tmp_path: Path, name: str) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if 600_000 < self.tell() < 1_500_000:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

        def readinto(self, buffer: Any, /) -> int:
            piece = self.read(len(buffer))
            buffer[: len(piece)] = piece
            return len(piece)

    noise = random.Random(1).randbytes(2_000_000)
    whole = gzip.compress(noise) if name == "a.csv.gz" else zipped({"a.csv": noise})

    class FailingContent(FileContent):
        opens = iter(range(1 if name == "a.csv.gz" else 2))

        def open(self) -> Any:
            return io.BytesIO(whole) if next(self.opens, None) is not None else Failing(whole)

    (tmp_path / name).write_bytes(whole)
    with pytest.raises(OSError, match="Input/output"):
        contents_of(FailingContent(tmp_path / name))


def pieces_of(whole: bytes, chance: random.Random) -> Iterator[bytes]:
    for _ in range(40):
        at = chance.randrange(len(whole))
        yield whole[:at] + chance.randbytes(chance.randrange(8)) + whole[at + chance.randrange(8) :]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip", "zip.gz", "gz.zip"])
def test_no_bytes_raise_anything_but_an_unusable_input(tmp_path: Path, kind: str) -> None:
    table = b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(300))
    whole = {
        "gz": gzip.compress(table),
        "bz2": bz2.compress(table),
        "xz": lzma.compress(table),
        "zip": zipped({"a.csv": table, "b": table, "c.xls": table}),
        "zip.gz": gzip.compress(zipped({"a.csv": table})),
        "gz.zip": zipped({"a.csv.gz": gzip.compress(table)}, zipfile.ZIP_STORED),
    }[kind]
    refused = 0
    for damaged in pieces_of(whole, random.Random(kind)):
        try:
            opened(tmp_path / "a.zip", damaged)
        except UnusableInputError:
            refused += 1
    assert refused > 10
