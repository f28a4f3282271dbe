"""What is said of files, tables and columns in another language knows its English."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from importer.documents import joined
from importer.errors import UnusableInputError
from importer.language import Said, english, speaking
from importer.recognition import ColumnLook, DateOrder, Look
from importer.sources import find_files, open_sources
from importer.sources.books.refusals import damaged, large_cell, protected
from importer.sources.header import read_header
from importer.sources.tally import Tally
from importer.tables import (
    NO_HEADER,
    Certainty,
    Inclusion,
    LeftOut,
    Part,
    Reading,
    SourceOptions,
    TableDescription,
    delimiter_in_words,
    delimiter_problem,
    header_in_words,
    quote_problem,
)
from tests.sources.reading import source_of
from tests.sources.written_books import zipped

PLAIN = SourceOptions()
GARBLED = "Hélène".encode().decode("cp1252")


def in_both(say: Callable[[], list[str]]) -> list[str]:
    """Let sentences be said in both languages; give the English ones."""
    plain = say()
    with speaking("fr"):
        said = say()
    assert all(isinstance(one, Said) for one in said), said
    assert [english(one) for one in said] == plain
    assert not any(isinstance(one, Said) for one in plain)
    return plain


def refusals(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(UnusableInputError) as caught:
        act()
    return [mistake.message for mistake in caught.value.mistakes]


def told_of(path: Path, content: bytes, options: SourceOptions = PLAIN) -> list[str]:
    """Give all that is said of a table: warnings, obstacles, details of findings."""
    source = source_of(path, content, options)
    found = [finding for chunk in source.chunks() for finding in chunk.findings]
    described = source.description
    details = (
        [one.details] if isinstance(one.details, str) else list(one.details) for one in found
    )
    return [
        *described.warnings,
        *(sentence for _, sentence in described.obstacles),
        *(text for texts in details for text in texts if text),
    ]


# --- files ---------------------------------------------------------------------------------------


def test_files_that_cannot_be_found_know_their_english(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("a\n")
    (tmp_path / "empty").mkdir()
    names = ["contacs.csv", "nowhere/a.csv", "empty", "*.xlsx", "a\0b", "zzzzzzzzz"]
    plain = in_both(lambda: refusals(lambda: find_files([str(tmp_path / name) for name in names])))
    assert plain[0].endswith("contacs.csv does not exist. Did you mean contacts.csv?")
    assert "holds no spreadsheet (.csv, .xlsx, ...)." in plain[2]


def test_files_that_are_passed_over_know_their_english(tmp_path: Path) -> None:
    for name in ("a.csv", "~$a.xlsx", ".b.csv", "c.tmp", "notes.md"):
        (tmp_path / name).write_text("a\n")
    (tmp_path / "below").mkdir()

    def reasons() -> list[str]:
        return [one.reason for one in find_files([str(tmp_path)]).passed_over]

    assert "a hidden file" in in_both(reasons)
    (left,) = in_both(lambda: refusals(lambda: find_files([str(tmp_path / "c.tmp")])))
    assert left.endswith("c.tmp (a file that is still being written).")


_PACKED = gzip.compress(b"a;b\n1;2\n", mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty."),
        ("a.csv", b"\n\n", "is empty."),
        ("a.pdf", b"%PDF-1.7\n", "is a PDF document"),
        ("a.csv", b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        ("a.xls", b"<html><body>", "is a web page, though its name says .xls"),
        ("a.csv", b"<html><body>", "is a web page, not a spreadsheet"),
        ("a.csv", b"<?xml version='1.0'?><a/>", "is an XML document"),
        ("a.csv", b'{"a": 1}', "is a JSON document"),
        ("a.xlsx", b"a;b\n1;2\n", "rename it to .csv, or save it as .xlsx"),
        ("a.csv", b"\0" * 400, "is full of NUL bytes"),
        ("a.csv", bytes({*range(1, 32), 0x81, 0x8D}) * 100, "is no text, whatever its name says"),
        ("a.csv.gz", _PACKED[:-6], "is cut off"),
        ("a.csv.gz", gzip.compress(_PACKED, mtime=0), "packed once more"),
        ("a.zip", zipped({}), "is an empty zip archive."),
        ("a.zip", zipped({f"{n}.md": b"x" for n in range(7)}), "and 2 more."),
    ],
)  # fmt: skip
def test_a_file_that_is_refused_knows_its_english(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (plain,) = in_both(lambda: refusals(lambda: open_sources(tmp_path / name, options=PLAIN)))
    assert words in plain


def test_a_workbook_that_is_refused_knows_its_english() -> None:
    def said() -> list[str]:
        return [str(make("a.xls")) for make in (damaged, protected, large_cell)]

    plain = in_both(said)
    assert plain[1] == ("a.xls is protected by a password: save a copy without one and use that.")
    assert plain[2].startswith("a.xls holds a cell of more than 1 MiB, which is more than")


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (SourceOptions(header_row=9), "has no row 9, which `source: {header_row: 9}` calls"),
        (SourceOptions(header_row=2), "row 2 is blank, so it is no header: correct `source: {he"),
        (SourceOptions(last_row=1, header_row=1), "below the last row that `source: {last_row: 1}"),
        (SourceOptions(delimiter='"'), "`source: {delimiter: ...}` in the mapping: 1 to 4 char"),
        (SourceOptions(encoding="utf-9"), '"utf-9" is no known encoding. Did you mean utf-8 or'),
        (SourceOptions(encoding="utf-16"), "begins with the mark of UTF-8"),
    ],
)
def test_options_that_do_not_fit_a_file_know_their_english(
    tmp_path: Path, options: SourceOptions, words: str
) -> None:
    content = "\ufeffa;b\n\n1;2\n".encode()
    file = tmp_path / "a.csv"
    (plain,) = in_both(lambda: refusals(lambda: source_of(file, content, options)))
    assert words in plain


def tables() -> Iterator[tuple[str, bytes, SourceOptions]]:
    rows = "".join(f"c{n}@example.org;{n};Nom {n}\n" for n in range(30))
    yield "ragged", f"mail;n;nom\n{rows}x@example.org;5\n{rows}".encode(), PLAIN
    yield "tabs", f"mail;n;nom\n{rows}x@example.org\t5\tNom\n{rows}".encode(), PLAIN
    yield "footer", f"mail;n;nom\n{rows}\nTotal;30;\n".encode(), PLAIN
    yield "names", f"mail;;mail\n{rows}".encode(), PLAIN
    yield "headless", rows.encode(), SourceOptions(header_row=NO_HEADER)
    yield "two tables", f"mail;n;nom\n{rows}\n\nville;pays;code\nLyon;FR;3\n".encode(), PLAIN
    yield "narrow", f"mail;n;nom;ville;pays\n{rows}".encode(), PLAIN
    names = (GARBLED if n < 100 else "Hélène" for n in range(200))
    garbled = "".join(f"c{n}@example.org;{name}\n" for n, name in enumerate(names))
    yield "garbled", f"mail;nom\n{garbled}".encode(), PLAIN


@pytest.mark.parametrize(("content", "options"), [t[1:] for t in tables()], ids=lambda _: "")
def test_what_is_said_of_a_table_knows_its_english(
    tmp_path: Path, content: bytes, options: SourceOptions
) -> None:
    assert in_both(lambda: told_of(tmp_path / "a.csv", content, options))


@pytest.mark.parametrize("other_tables", [None, Inclusion.LEAVE_OUT])
@pytest.mark.parametrize("rows", [[7], [7, 8]])
def test_what_is_said_of_the_end_of_a_table_knows_its_english(
    rows: list[int], other_tables: Inclusion | None
) -> None:
    header = read_header(["mail"], row=1, shown_as="a.csv")
    described = TableDescription("a.csv", "", "csv", ("mail",), 1)

    def said() -> list[str]:
        tally = Tally(header, SourceOptions(other_tables=other_tables))
        tally.leave_out(Part.FOOTER, np.array(rows) - 3)
        tally.leave_out(Part.OTHER_TABLE, np.array(rows))
        return list(tally.complete(described).warnings)

    note, other = in_both(said)
    assert ("a note or a total" in note) == (len(rows) == 1)
    assert ("refused" in other) == (other_tables is None)
    assert "another table begins in row 7" in other


def test_an_unreadable_character_is_told_with_its_remedy_in_english(tmp_path: Path) -> None:
    content = b"a;b\n" + "é;1\n".encode() * 10 + b"\xe9\xff;2\n"
    options = SourceOptions(encoding="utf-8")

    def read() -> None:
        list(source_of(tmp_path / "a.csv", content, options).chunks())

    (plain,) = in_both(lambda: refusals(read))
    assert plain.endswith("leave `encoding` out to have it found.")


def test_the_sheets_of_a_workbook_are_told_in_english_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Nom", "Ville"])
    book.active.append(["Roy", "Lyon"])
    other = book.create_sheet("Clients")
    other.append(["Nom", "Ville", "Pays"])
    other.append(["Roy", "Lyon", "FR"])
    hidden = book.create_sheet("Retraits")
    hidden.append(["Roy"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)

    def opened(sheet: str | None) -> Callable[[], list[str]]:
        return lambda: refusals(lambda: open_sources(path, options=SourceOptions(sheet=sheet)))

    (several,) = in_both(opened(None))
    assert 'has several sheets with cells: "Sheet", "Clients". Choose' in several
    (unknown,) = in_both(opened("Client"))
    assert 'has no sheet "Client". Did you mean Clients? Its sheets: Sheet' in unknown

    def warnings() -> list[str]:
        (source,) = open_sources(path, options=SourceOptions(sheet="Clients"))
        return [*source.description.warnings, source.description.shown, source.description.place]

    assert in_both(warnings)[0].startswith('Hidden in the workbook and not read: "Retraits".')


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize(("last", "rows"), [(3, 1), (5, 3)])
def test_rows_that_are_left_out_know_their_english(part: Part, last: int, rows: int) -> None:
    assert in_both(lambda: [LeftOut(part, 3, last, rows).words])


def test_what_a_mapping_settles_is_said_in_words_that_know_their_english() -> None:
    def said() -> list[str]:
        problems = (delimiter_problem(""), quote_problem("|", ";"), quote_problem("'", "'"))
        return [
            *(delimiter_in_words(one) for one in ("\t", " ", "")),
            *(header_in_words(*one) for one in ((3, 1), (3, 2), (NO_HEADER, 1))),
            *(one or "" for one in problems),
        ]

    assert in_both(said)[:6] == ["tab", "space", "none", "row 3", "rows 3 to 4", "none"]


def test_a_delimiter_is_named_in_the_mapping_by_its_english_word(tmp_path: Path) -> None:
    with speaking("fr"):
        source = source_of(tmp_path / "a.csv", b"a\tb\n1\tx@example.org\n2\ty@example.org\n")
    delimiter = next(one for one in source.description.readings if one.what == "delimiter")
    assert delimiter.settle == "source: {delimiter: tab}"


def test_a_table_is_kept_in_english() -> None:
    with speaking("fr"):
        said = header_in_words(NO_HEADER, 1)
        reading = Reading("header", said, Certainty.DOUBTFUL, (header_in_words(1, 1),))
        described = TableDescription(
            "a.csv", "", "csv", ("a",), 0, readings=(reading,), warnings=(joined([said]),)
        )
        kept = described.in_english()
    assert kept.readings == (Reading("header", "none", Certainty.DOUBTFUL, ("row 1",)),)
    assert not any(isinstance(one, Said) for one in (kept.readings[0].found, *kept.warnings))


# --- columns -------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", list(Look))
@pytest.mark.parametrize("order", [None, *DateOrder])
def test_what_a_column_looks_like_knows_its_english(look: Look, order: DateOrder | None) -> None:
    if order is not None and look is not Look.DATE:
        return
    (plain,) = in_both(lambda: [ColumnLook("a", 1.0, look, order, ()).words])
    assert plain == (f"{look.value} {order.value}" if order else look.value)
