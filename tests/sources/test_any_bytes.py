"""Whatever the bytes are: tables whose rows are all accounted for, or one refusal.

About a minute of made-up and spoiled files; the same ones every time.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources import open_sources
from importer.tables import FILE_END, NO_HEADER, Acceptance, Inclusion, SourceOptions
from tests.sources import written_books
from tests.sources.messy_files import FILES

CHARACTERS = "\",;:|\t\n\r '\\é\0a1=@#-\x1a\x1f\ufeff"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "mac-roman", "cp850"]


def spoiled(content: bytes, at: int, patch: bytes) -> bytes:
    at %= len(content)
    return content[:at] + patch + content[at + len(patch) :]


@st.composite
def spoiled_texts(draw: st.DrawFn) -> bytes:
    """Spoil a messy file in one to three places, in any encoding, perhaps cut off."""
    text = draw(st.sampled_from(list(FILES.values()))).text
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        patch = draw(st.text(st.sampled_from(CHARACTERS), max_size=5))
        text = text[:at] + patch + text[at + draw(st.integers(0, 3)) :]
    content = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    end = draw(st.integers(1, len(content) + 1) | st.just(len(content)))
    return content[:end]


ROW = written_books.row
BOOKS = [
    written_books.xlsx(
        ROW(1, written_books.text("Email"), written_books.text("Code"))
        + ROW(2, written_books.text("a@example.org"), written_books.number(12))
        + ROW(4, written_books.text("_x000D_"), written_books.number(1e16))
    ),
    written_books.ods(
        written_books.ods_row(written_books.ods_text("Email"), written_books.ods_text("Code"))
        + written_books.ods_row(
            written_books.ods_text("a@example.org"), written_books.ods_cell("7")
        )
    ),
    written_books.xlsb([(0, 0, "Email"), (0, 1, "Code"), (1, 0, "a@example.org"), (1, 1, 7.0)]),
]


@st.composite
def spoiled_books(draw: st.DrawFn) -> bytes:
    """Spoil a workbook's archive, or one part of it."""
    book = draw(st.sampled_from(BOOKS))
    place, patch = draw(st.integers(0, 10**6)), draw(st.binary(max_size=8))
    if draw(st.booleans()):
        return spoiled(book, place, patch)[: draw(st.integers(10, len(book)))]
    parts = written_books.parts_of(book)
    name = draw(st.sampled_from(sorted(parts)))
    if parts[name]:
        parts[name] = spoiled(parts[name], place, patch)
    return written_books.zipped(parts)


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        # Of no time of the day, so that the files are the same every time.
        archive.writestr(zipfile.ZipInfo("liste.csv"), content, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("notes.md"), b"#")
    return stream.getvalue()


@st.composite
def spoiled_packages(draw: st.DrawFn) -> bytes:
    """Pack a file, and spoil the package."""
    content = draw(spoiled_texts() | spoiled_books())
    packages: list[Callable[[bytes], bytes]] = [gzipped, zipped]
    packed = draw(st.sampled_from(packages))(content)
    if draw(st.booleans()):
        packed = spoiled(packed, draw(st.integers(0, 10**6)), draw(st.binary(max_size=4)))
    return packed[: draw(st.integers(1, len(packed)) | st.just(len(packed)))]


NOISE = (
    st.binary(max_size=300)
    | st.text(st.sampled_from(CHARACTERS), max_size=200).map(str.encode)
    | st.builds(
        bytes.__add__,
        st.sampled_from(
            [
                b"\xff\xfe",
                b"\xfe\xff",
                b"PK\x03\x04",
                bytes.fromhex("d0cf11e0a1b11ae1"),
                b"\x1f\x8b",
            ]
        ),
        st.binary(),
    )
)
OPTIONS = st.builds(
    SourceOptions,
    sheet=st.none() | st.sampled_from(["all", "1", "S", "x"]),
    header_row=st.none() | st.integers(NO_HEADER, 6),
    header_rows=st.none() | st.integers(1, 5),
    last_row=st.none() | st.integers(FILE_END, 9),
    delimiter=st.none() | st.text(st.sampled_from(CHARACTERS), max_size=3),
    quote=st.none() | st.sampled_from(['"', "'", "", "x"]),
    escape=st.none() | st.sampled_from(["double", "backslash", "nul"]),
    encoding=st.none() | st.sampled_from([*ENCODINGS, "utf-7", "ascii", "hz", "no such"]),
    ragged_rows=st.none() | st.just(Acceptance.ACCEPT),
    other_tables=st.none() | st.just(Inclusion.LEAVE_OUT),
    hidden_rows=st.none() | st.just(Inclusion.LEAVE_OUT),
    formulas=st.none() | st.just(Acceptance.REFUSE),
    repair_text=st.none() | st.booleans(),
)
NAMES = st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.csv.gz", "a.zip", "a"])
thorough = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


def read_or_refused(path: Path, content: bytes, options: SourceOptions) -> None:
    path.write_bytes(content)
    with suppress(UnusableInputError):
        for source in open_sources(path, options=options):
            chunks = list(source.chunks(3))
            rows = [int(row) for chunk in chunks for row in chunk.rows]
            first = source.description.first_row
            assert rows == list(range(first, first + len(rows)))
            for chunk in chunks:
                assert tuple(chunk.frame.columns) == source.description.columns
                for finding in chunk.findings:
                    assert all(0 <= at < len(chunk) for at in finding.at)


@settings(thorough, max_examples=3_000)
@given(content=spoiled_texts(), options=OPTIONS | st.just(SourceOptions()))
def test_spoiled_texts_are_read_or_refused(
    folder: Path, content: bytes, options: SourceOptions
) -> None:
    read_or_refused(folder / "a.csv", content, options)


@settings(thorough, max_examples=4_000)
@given(content=NOISE, name=NAMES, options=OPTIONS)
def test_noise_is_read_or_refused(
    folder: Path, content: bytes, name: str, options: SourceOptions
) -> None:
    read_or_refused(folder / name, content, options)


@settings(thorough, max_examples=3_000)
@given(content=spoiled_books(), options=OPTIONS)
def test_spoiled_workbooks_are_read_or_refused(
    folder: Path, content: bytes, options: SourceOptions
) -> None:
    read_or_refused(folder / "a.xlsx", content, options)


@settings(thorough, max_examples=3_000)
@given(content=spoiled_packages(), name=NAMES, options=OPTIONS)
def test_spoiled_packages_are_read_or_refused(
    folder: Path, content: bytes, name: str, options: SourceOptions
) -> None:
    read_or_refused(folder / name, content, options)
