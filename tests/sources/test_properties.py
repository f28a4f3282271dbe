"""What must hold for any table and any bytes."""

from __future__ import annotations

import io
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources import open_sources
from importer.tables import SourceOptions


def workbook_bytes() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


WORKBOOK = workbook_bytes()
PARTS = parts_of(WORKBOOK)


def spoiled(content: bytes, at: int, patch: bytes) -> bytes:
    at %= len(content)
    return content[:at] + patch + content[at + len(patch) :]


@st.composite
def spoiled_workbooks(draw: st.DrawFn) -> bytes:
    """Spoil the archive, or one part of it."""
    place, patch = draw(st.integers(0, 10**6)), draw(st.binary(max_size=8))
    if draw(st.booleans()):
        return spoiled(WORKBOOK, place, patch)[: draw(st.integers(10, len(WORKBOOK)))]
    name = draw(st.sampled_from(sorted(PARTS)))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part, content in PARTS.items():
            archive.writestr(part, spoiled(content, place, patch) if part == name else content)
    return stream.getvalue()


BYTES = (
    st.binary(max_size=300)
    | st.text(st.sampled_from('",;\t|\n\r é\x00a1='), max_size=200).map(str.encode)
    | st.builds(
        bytes.__add__, st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04"]), st.binary()
    )
    | spoiled_workbooks()
)
OPTIONS = st.builds(
    SourceOptions,
    sheet=st.none() | st.sampled_from(["all", "1", "Sheet", "x"]),
    header_row=st.none() | st.integers(0, 4),
    delimiter=st.none() | st.text(max_size=2),
    encoding=st.none() | st.sampled_from(["utf-8", "utf-16", "utf-7", "cp1252", "ascii", "hz"]),
)


@settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(content=BYTES, name=st.sampled_from(["a.csv", "a.xlsx", "a"]), options=OPTIONS)
def test_no_bytes_raise_anything_but_an_unusable_input(
    content: bytes, name: str, options: SourceOptions
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(UnusableInputError):
            for source in open_sources(path, options=options):
                header = source.description.header_row
                rows = [int(row) for chunk in source.chunks(3) for row in chunk.rows]
                assert rows == list(range(header + 1, header + 1 + len(rows)))
