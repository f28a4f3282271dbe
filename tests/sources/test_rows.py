"""Cutting text into rows: what must hold for any table, any text and any cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources import regular
from importer.sources.blocks import pieces_of_text
from importer.sources.cutting import Cutter
from importer.sources.dialect import NO_DELIMITER, Dialect
from importer.sources.encoding import UndecodableTextError
from importer.sources.lines import CELL_LIMIT, LINE_LIMIT, Lines
from importer.sources.lookahead import LINES_AHEAD, Lookahead
from importer.sources.pieces import Piece
from importer.sources.regular import Format, piece_with_marks
from importer.sources.rows import Row, exact_rows

SHARED = Path(__file__).parents[2].parent / "shared"
COMMA = Dialect(",")
BACKSLASH = Dialect(",", '"', "\\")
NUL = Dialect(",", '"', "\0")
TEXTS = st.text(
    st.sampled_from(['"', ",", ";", "\n", "\r", " ", "a", "é", "\ufeff", "\0", "\u2028", "=", "'"]),
    max_size=6,
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
Quoting = Literal[0, 1, 2, 3]
DELIMITERS = st.sampled_from([",", ";", "\t", "|", " ", ":"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def tables(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), max_size=8)
    )


def written(
    rows: list[list[str]], dialect: Dialect, end: str, quoting: Quoting, *, doubled: bool = True
) -> str:
    """Write a table as Python's csv module does."""
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        escapechar=dialect.escape or None,
        doublequote=doubled,
        lineterminator=end,
        quoting=quoting,
    )
    writer.writerows(rows)
    return stream.getvalue()


def rows_of(
    text: str, dialect: Dialect = COMMA, width: int = 0, *, whole: bool = True
) -> list[Row]:
    rows = exact_rows(
        Lines([text], ""), dialect, width=width, first_row=1, shown_as="", is_last=whole
    )
    return list(rows)


def cells_of(text: str, dialect: Dialect = COMMA, width: int = 0) -> list[list[str]]:
    return [row.cells for row in rows_of(text, dialect, width)]


def cut(content: bytes, size: int) -> list[bytes]:
    """Cut a text into pieces that end at the end of a character."""
    text = content.decode()
    return [text[i : i + size].encode() for i in range(0, len(text), size)]


def joined(pieces: list[Piece]) -> list[object]:
    """Make pieces comparable however the rows were cut."""
    flat: list[object] = []
    for piece in pieces:
        for at, cells in enumerate(zip(*(c.to_pylist() for c in piece.table.columns), strict=True)):
            row = piece.first_row + at
            flat.append((row, cells, piece.widths.get(at), piece.extra.get(at)))
            flat.append((at in piece.misquoted, piece.otherwise.get(at), at == piece.cut_off))
    return flat


def read_fast(content: bytes, form: Format, size: int) -> list[object] | str:
    try:
        return joined(list(pieces_of_text(cut(content, size), form, first_row=2)))
    except UnusableInputError as error:
        return str(error)


def read_exactly(content: bytes, form: Format, size: int) -> list[object] | str:
    lines = Lines(cut(content, size), "f")
    try:
        rows = list(exact_rows(lines, form.dialect, width=form.width, first_row=2, shown_as="f"))
    except UnusableInputError as error:
        return str(error)
    return joined([piece_with_marks(rows, form.width, 2)])


# What a table reads back as


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    table=tables(TEXTS),
    delimiter=DELIMITERS,
    quote=st.sampled_from(['"', "'"]),
    end=ENDS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    size=st.integers(1, 40),
)
def test_fast_and_exact_way_give_any_table_as_it_was_written(
    table: list[list[str]], delimiter: str, quote: str, end: str, quoting: Quoting, size: int
) -> None:
    # Python 3.11 leaves a line break unquoted unless it is the one that ends its rows.
    unquoted = set("\r\n") - set(end) if quoting == csv.QUOTE_MINIMAL else set()
    assume(not any(unquoted & set(cell) for row in table for cell in row))
    form = Format(Dialect(delimiter, quote), len(table[0]) if table else 1, "f")
    content = written(table, form.dialect, end, quoting).encode()
    fast = read_fast(content, form, size)
    assert fast == read_exactly(content, form, size)
    assert [row[1] for row in fast[::2] if isinstance(row, tuple)] == [tuple(r) for r in table]


# In a cell without quotes a backslash that csv doubles comes back as one only before a delimiter
# or a line's end: elsewhere it is text, since most that write it leave it single there. So these
# cells hold it only at their ends, where it stands before such, or not at all.
@st.composite
def escaped_texts(draw: st.DrawFn, marks: str) -> str:
    text = draw(st.text(st.sampled_from(marks + "ab é=\u2028"), max_size=6))
    return text + draw(st.sampled_from(["", "", "\\", "\\\\"]))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    table=tables(st.text(st.sampled_from("\\\"',;\n\rab é=\u2028"), max_size=8)),
    delimiter=DELIMITERS,
    quote=st.sampled_from(['"', "'"]),
    end=ENDS,
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    doubled=st.booleans(),
)
def test_a_table_written_with_backslashes_reads_back_as_itself(
    table: list[list[str]], delimiter: str, quote: str, end: str, quoting: Quoting, doubled: bool
) -> None:
    dialect = Dialect(delimiter, quote, "\\")
    text = written(table, dialect, end, quoting, doubled=doubled)
    assert cells_of(text, dialect, len(table[0]) if table else 1) == table


@settings(max_examples=400, deadline=None, derandomize=True)
@given(table=tables(escaped_texts(",;\n'\"")), delimiter=DELIMITERS)
def test_a_table_written_without_quotes_reads_back_as_itself(
    table: list[list[str]], delimiter: str
) -> None:
    # csv refuses a row of one blank cell where it may not quote.
    assume(not any(row == [""] for row in table))
    dialect = Dialect(delimiter, "", "\\")
    text = written(table, dialect, "\n", csv.QUOTE_NONE)
    assert cells_of(text, dialect, len(table[0]) if table else 1) == table


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    table=tables(st.text(st.sampled_from("\"' ,|:a\n"), max_size=6)),
    delimiter=st.sampled_from([", ", "||", "::", "<>", "§"]),
    quote=st.sampled_from(['"', "'"]),
    end=ENDS,
)
def test_a_table_with_a_delimiter_of_several_characters_reads_back_as_itself(
    table: list[list[str]], delimiter: str, quote: str, end: str
) -> None:
    def quoted(cell: str) -> str:
        return quote + cell.replace(quote, quote * 2) + quote

    text = "".join(delimiter.join(map(quoted, row)) + end for row in table)
    width = len(table[0]) if table else 1
    assert cells_of(text, Dialect(delimiter, quote), width) == table


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    text=st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "b", "é", " ", "\ufeff"])),
    width=st.integers(1, 4),
    size=st.integers(1, 40),
)
def test_fast_and_exact_way_agree_on_any_text(text: str, width: int, size: int) -> None:
    form = Format(COMMA, width, "f")
    content = text.encode()
    assert read_fast(content, form, size) == read_exactly(content, form, size)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    lines=st.lists(
        st.text(st.sampled_from(["'", '"', ",", " ", "|", "\\", "\0", "a", "\x1f"]), max_size=8)
        | st.sampled_from(["a,b,c", "a| |b", '"x","y","z"', "a b c", "'a','b','c"]),
        max_size=12,
    ),
    dialect=st.builds(
        Dialect,
        st.sampled_from([",", ", ", "||", " ", " | ", "|", "§", NO_DELIMITER]),
        st.sampled_from(['"', "'", ""]),
        st.sampled_from(["", "\\", "\0"]),
    ),
    width=st.integers(1, 4),
    size=st.integers(1, 40),
    end=ENDS,
    is_ended=st.booleans(),
)
def test_fast_and_exact_way_agree_in_any_dialect(
    lines: list[str],
    dialect: Dialect,
    width: int,
    size: int,
    end: str,
    is_ended: bool,
) -> None:
    form = Format(dialect, width, "f")
    content = (end.join(lines) + (end if is_ended else "")).encode()
    assert read_fast(content, form, size) == read_exactly(content, form, size)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["a", "", "b\nc", ' "', "é", "d;e;f"]), max_size=5), max_size=60
    )
)
def test_ragged_rows_keep_their_places(rows: list[list[str]]) -> None:
    content = "1,2,3\n" * 200 + written(rows, COMMA, "\n", csv.QUOTE_MINIMAL) + "4,5,6\n" * 200
    form = Format(COMMA, 3, "f")
    fast = read_fast(content.encode(), form, 1 << 20)
    assert fast == read_exactly(content.encode(), form, 1 << 20)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(st.sampled_from(['"', ",", "\n", "\r", "a", "\\"])), width=st.integers(0, 4))
def test_the_lines_taken_for_the_rows_are_the_whole_text(text: str, width: int) -> None:
    lines = Lines([text], "f")
    taken = []
    for _ in exact_rows(lines, BACKSLASH, width=width, first_row=1, shown_as="f"):
        taken += lines.taken
    assert "".join(taken) == text


# A stray quote


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.text(st.sampled_from("ab ;\"é'"), max_size=5), min_size=width, max_size=width
            ),
            min_size=2,
            max_size=12,
        )
    ),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    place=st.integers(0, 10_000),
)
def test_a_stray_quote_spoils_the_row_it_stands_in_and_no_other(
    table: list[list[str]], quoting: Quoting, place: int
) -> None:
    """One quote more, anywhere in a table whose cells begin with no delimiter or line break."""
    lines = written(table, COMMA, "\n", quoting).splitlines(keepends=True)
    row = place % len(lines)
    at = place // len(lines) % len(lines[row])
    lines[row] = lines[row][:at] + '"' + lines[row][at:]
    read = cells_of("".join(lines), COMMA, len(table[0]))
    below = table[row + 1 :]
    assert read[:row] == table[:row]
    assert read[len(read) - len(below) :] == below
    assert len(read) == len(table)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.sampled_from(["a", "b, c", 'd "e"', "f\ng", "", "h\r\ni, j"]),
                min_size=width,
                max_size=width,
            ),
            min_size=4,
            max_size=10,
        )
    ),
    place=st.integers(0, 10_000),
)
def test_a_stray_quote_among_line_breaks_leaves_the_rows_below_as_they_were(
    table: list[list[str]], place: int
) -> None:
    """One quote more, anywhere in a row: it and the next one may be read otherwise."""
    rows = [written([row], COMMA, "\n", csv.QUOTE_ALL) for row in table]
    row = place % (len(rows) - 2)
    at = place // len(rows) % len(rows[row])
    rows[row] = rows[row][:at] + '"' + rows[row][at:]
    read = cells_of("".join(rows), COMMA, len(table[0]))
    below = table[row + 2 :]
    assert read[:row] == table[:row]
    assert read[len(read) - len(below) :] == below


GOOD, SPOILED = False, True


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ('"1,b\n"c","d"\n', 2, [(['"1', "b"], SPOILED), (["c", "d"], GOOD)]),
        ('a,"b\nc,d\n', 2, [(["a", '"b'], SPOILED), (["c", "d"], GOOD)]),
        ('a,"b,c\n', 2, [(["a", '"b', "c"], SPOILED)]),
        ('"a\n"b\n"c\n', 3, [(['"a'], SPOILED), (['"b'], SPOILED), (['"c'], SPOILED)]),
        # a quote inside a quoted cell that is not doubled, also in a cell of several lines
        ('"a "b" c",d\n', 2, [(['a "b" c', "d"], SPOILED)]),
        ('a,""b, c",d\n', 3, [(["a", '"b, c', "d"], SPOILED)]),
        ('"x ""y"",b\nc,d\n', 2, [(['x "y"', "b"], SPOILED), (["c", "d"], GOOD)]),
        ('"a "b"\nc",d\ne,f\n', 2, [(['a "b"\nc', "d"], SPOILED), (["e", "f"], GOOD)]),
        ('"a "b" x\nc",d\ne,f\n', 2, [(['a "b" x\nc', "d"], SPOILED), (["e", "f"], GOOD)]),
        ('"a ,"b" x\nc",d,e\n', 3, [(['a ,"b" x\nc', "d", "e"], SPOILED)]),
        ('"a "b"\n"c","d"\n', 2, [(['a "b'], SPOILED), (["c", "d"], GOOD)]),
        ('"a "b",c,d\n', 2, [(['a "b', "c", "d"], SPOILED)]),
        ('a,"b,"c",d\n', 5, [(["a", '"b', "c", "d"], SPOILED)]),
        # no number of columns to go by
        ('"a\nb\n', 0, [(['"a'], SPOILED), (["b"], GOOD)]),
        ('"a, 1\nb,"c"\n', 0, [(['"a', " 1"], SPOILED), (["b", "c"], GOOD)]),
        ('a,"b,"c",d\n', 0, [(["a", '"b', "c", "d"], SPOILED)]),
        ('"x "y" z",b\n', 0, [(['x "y" z', "b"], SPOILED)]),
        # quotes that are as they may be
        ('"a" ,"b"\t,c\n', 3, [(["a", "b", "c"], GOOD)]),
        ('a"b,c""d\n', 2, [(['a"b', 'c""d'], GOOD)]),
        ("\n \n", 1, [([], GOOD), ([" "], GOOD)]),
    ],
)
def test_a_row_is_read_in_the_way_that_fits(
    text: str, width: int, rows: list[tuple[list[str], bool]]
) -> None:
    assert [(row.cells, row.misquoted) for row in rows_of(text, COMMA, width)] == rows


@pytest.mark.parametrize(
    ("text", "dialect", "width", "cells"),
    [
        (r'"8\'9\" x",\N,"C:\\"', BACKSLASH, 0, [["8\\'9\" x", "\\N", "C:\\"]]),
        (r'"a\\"b",c', BACKSLASH, 2, [['a\\"b', "c"]]),
        (r'"a""b",c\"d', BACKSLASH, 2, [['a"b', 'c"d']]),
        (r"a\,b,c", BACKSLASH, 2, [["a,b", "c"]]),
        (r"a\,b", BACKSLASH, 2, [["a\\", "b"]]),
        (r"a\,b", BACKSLASH, 3, [["a,b"]]),
        ("a\\\nb", BACKSLASH, 1, [["a\\"], ["b"]]),
        ("a\\\nb,c\n", Dialect(",", "", "\\"), 2, [["a\nb", "c"]]),
        ("a,b\\\nc,d\n", Dialect(",", "", "\\"), 2, [["a", "b\\"], ["c", "d"]]),
        ("a\\\r\n\\\r\n\r\nb", Dialect(",", "", "\\"), 1, [["a\r\n\r\n"], ["b"]]),
        ("a,b\\", Dialect(",", "", "\\"), 0, [["a", "b\\"]]),
        ('"a\0"b",c\0d\n', NUL, 2, [['a"b', "c\0d"]]),
        ('"a"b,c\n', Dialect(",", ""), 2, [['"a"b', "c"]]),
        ('a,  "b\n', Dialect(", "), 2, [["a", ' "b']]),
        ("a:b:::c\n", Dialect("::"), 2, [["a:b", ":c"]]),
        ("a,b\n", Dialect(NO_DELIMITER), 1, [["a,b"]]),
    ],
)
def test_a_dialect_is_read_as_it_is_written(
    text: str, dialect: Dialect, width: int, cells: list[list[str]]
) -> None:
    rows = rows_of(text, dialect, width)
    assert [row.cells for row in rows] == cells
    assert not any(row.misquoted for row in rows if len(row.cells) == width)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("C:\\\\new\\\\x", "C:\\new\\x"),
        ("\\\\\\\\server", "\\\\server"),
        ("8\\'9, \\N, C:\\x", "8\\'9, \\N, C:\\x"),
        ("\\\\\\N", "\\\\N"),
        ("a\\\\\nb\\\\", "a\\\nb\\"),
        ('a\\\\\\"b\\\\c', 'a\\"b\\c'),
        ('\\\\""a""', '\\"a"'),
    ],
)
def test_two_backslashes_in_a_quoted_cell_are_one_and_other_escapes_are_text(
    cell: str, text: str
) -> None:
    assert rows_of(f'1,"{cell}"\n2,x\n', BACKSLASH, 2) == [Row(["1", text]), Row(["2", "x"])]


def test_two_of_another_escape_character_are_one_before_a_quote_only() -> None:
    assert cells_of('1,"a\0\0b\0\0"\n', NUL, 2) == [["1", "a\0\0b\0"]]


def test_backslashes_of_a_row_that_fits_without_escapes_only_stay_as_they_are() -> None:
    rows = rows_of('"C:\\","a\\\\b"\n', BACKSLASH, 2)
    assert rows == [Row(["C:\\", "a\\\\b"], misquoted=True)]


def test_a_backslash_that_ends_a_quoted_cell_is_text_where_only_that_fits() -> None:
    rows = rows_of('"C:\\","x"\n"a\\"",b\n', BACKSLASH, 2)
    assert rows == [Row(["C:\\", "x"], misquoted=True), Row(['a"', "b"])]


def test_an_apostrophe_within_a_word_is_no_stray_quote() -> None:
    rows = rows_of("'don't, I said',x\n'dogs' bone',x\n", Dialect(",", "'"), 2)
    assert rows == [Row(["don't, I said", "x"]), Row(["dogs' bone", "x"], misquoted=True)]


def test_rows_hidden_between_two_stray_quotes_are_found() -> None:
    hidden = "a,2,3\n" * 3
    rows = cells_of(f'a,"1,2\n{hidden}b",2,3\n', COMMA, 3)
    assert rows == [["a", '"1', "2"], *[["a", "2", "3"]] * 3, ['b"', "2", "3"]]


@pytest.mark.parametrize(
    "inside", ["a,2,3\n" * 2, "a,2,3\n" * 3 + "x\n" * 4, ",,\n" * 9, "x\n" * 9]
)
def test_a_long_text_in_a_cell_is_no_hidden_row(inside: str) -> None:
    text = f'a,"1\n{inside}b",3\n'
    assert cells_of(text, COMMA, 3) == [["a", f"1\n{inside}b", "3"]]
    form = Format(COMMA, 3, "f")
    assert read_fast(text.encode(), form, 99) == read_exactly(text.encode(), form, 99)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ('a;"b;c";d', ";"),
        ("a\tb\tc", "\t"),
        ("2 Jo 3", " "),
        ("jo@example.org was here", " "),
        ('say "the" word', " "),
        ("three plain words", ""),
        ("a;b", ""),
        ("; ;c", ""),
        ('a;"b"x;c', ""),
        ("a;b,c;d", ""),
    ],
)
def test_a_row_of_another_delimiter_is_cut_by_it(line: str, other: str) -> None:
    (row,) = rows_of(line + "\n", COMMA, 3)
    assert row.otherwise == other
    assert (len(row.cells) == 3) == bool(other)


@pytest.mark.parametrize(
    ("text", "width", "last", "cut_off"),
    [
        ("a,b\nc", 2, ["c"], True),
        ("a,b\nc\n", 2, ["c"], False),
        ("a,b\nc,d", 2, ["c", "d"], False),
        ("a,b\n ", 2, [" "], False),
        ("a\nb", 1, ["b"], False),
        ('a,b\nc,"d', 2, ["c", "d"], True),
        ('a,b,c\nd,"e', 3, ["d", "e"], True),
        ('a,b,c\nd,"e,f', 3, ["d", '"e', "f"], False),
        ('a,b,c\nd,"e\nf', 3, ["d", "e\nf"], True),
        ('a,b,c\nd,"e\nf\n', 3, ["f"], False),
        ('a,b,c\nd,e,"f\ng', 3, ["g"], True),
        ('a,b,c\nd,"e\nf,g,h', 3, ["f", "g", "h"], False),
    ],
)
def test_a_text_that_stops_in_mid_row_is_cut_off(
    text: str, width: int, last: list[str], cut_off: bool
) -> None:
    row = rows_of(text, COMMA, width)[-1]
    assert (row.cells, row.cut_off) == (last, cut_off)
    form = Format(COMMA, width, "f")
    assert read_fast(text.encode(), form, 99) == read_exactly(text.encode(), form, 99)


def test_a_row_that_may_go_on_waits_for_more_text() -> None:
    assert rows_of('a,b\nc,"d\ne', whole=False) == [Row(["a", "b"])]
    assert rows_of("a,b\nc,d\r", whole=False) == [Row(["a", "b"])]
    assert rows_of("a,b\nc,d\r") == [Row(["a", "b"]), Row(["c", "d"])]
    with pytest.raises(UnusableInputError, match="row 2 holds a cell"):
        rows_of("a\n" + "x" * (CELL_LIMIT + 1))


# Bounds


def test_a_cell_over_the_limit_is_refused_and_named() -> None:
    long = "x" * (CELL_LIMIT + 1)
    for text in (f"a,b\n{long},b\n", f'a,b\n"{long}",b\n'):
        with pytest.raises(UnusableInputError, match=r"f: row 2 holds a cell of more than 1 MiB"):
            list(exact_rows(Lines([text], "f"), COMMA, width=2, first_row=1, shown_as="f"))
    lines = "x\n" * (CELL_LIMIT // 4)
    (row,) = rows_of(f'"{long[:-2]},"{long[:-2]}"\n', COMMA, 2)
    assert row.misquoted
    assert len(rows_of(f'"{lines}",b\n', COMMA, 2)) == CELL_LIMIT // 4 + 1


def test_a_quoted_cell_may_be_long_and_not_endless() -> None:
    for lines, rows in ((LINES_AHEAD, 1), (LINES_AHEAD + 1, LINES_AHEAD + 2)):
        text = 'a,"' + "x\n" * lines + '",c\n'
        assert len(rows_of(text, COMMA, 3)) == rows
        form = Format(COMMA, 3, "f")
        fast = read_fast(text.encode(), form, 1 << 20)
        assert fast == read_exactly(text.encode(), form, 1 << 20)
    long = "x" * (CELL_LIMIT - 1)
    for rest in (long, "y"):
        (row, *_) = rows_of(f'"{long}\n{rest}",b\n', COMMA, 2)
        assert row == Row([f'"{long}'], misquoted=True)


def test_a_line_over_the_limit_is_refused() -> None:
    pieces = [b"x" * (1 << 20)] * ((LINE_LIMIT >> 20) + 1)
    with pytest.raises(UnusableInputError, match="holds a line of more than 16 MiB"):
        list(Lines(pieces, "f"))
    for text in (pieces, [b'"', *pieces]):
        with pytest.raises(UnusableInputError, match="holds a line of more than 16 MiB"):
            list(pieces_of_text(text, Format(COMMA, 1, "f"), first_row=5))


def test_an_undecodable_character_is_told_with_its_row() -> None:
    def torn() -> Iterator[bytes]:
        yield b'a,b\n"c\nd",e\nf'
        raise UndecodableTextError("utf-8", "Save it again.")

    wanted = r"f: row 4 holds a character that cannot be read as utf-8. Save it again."
    with pytest.raises(UnusableInputError, match=wanted):
        list(exact_rows(Lines(torn(), "f"), COMMA, width=2, first_row=2, shown_as="f"))
    with pytest.raises(UnusableInputError, match=wanted):
        list(pieces_of_text(torn(), Format(COMMA, 2, "f"), first_row=2))


@pytest.mark.parametrize(
    "text",
    [
        '"' + "a,b,c\n" * 5_000,
        '"a,b,c\n' * 5_000,
        '"\n' * 5_000,
        'a","b\n' * 5_000,
        '"",""x\n' * 5_000,
        '"\\",\n' * 5_000,
        "a,\\\n" * 5_000,
        "\\\n" * 10_000,
        '"' * 20_000,
        "\\" * 20_000,
        ',"a' * 5_000,
        '"a' * 5_000,
        '"a "b"\nx\n' * 5_000,
        ('"' + "\n" * 1_200) * 5,
    ],
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_no_text_costs_more_than_its_length(
    text: str, quote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts the characters that are looked at, and how often a line is asked for."""
    steps = 0

    def counted(real: Callable[..., object], cost: Callable[..., int]) -> Callable[..., object]:
        def call(self: object, given: object, *rest: object, **named: object) -> object:
            nonlocal steps
            steps += cost(given)
            return real(self, given, *rest, **named)

        return call

    monkeypatch.setattr(Cutter, "cut", counted(Cutter.cut, lambda line: len(line) + 1))
    monkeypatch.setattr(Cutter, "inside", counted(Cutter.inside, lambda line: len(line) + 1))
    monkeypatch.setattr(Lookahead, "line", counted(Lookahead.line, lambda place: 1))
    rows_of(text, Dialect(",", quote, "\\"), 3)
    assert steps < 40 * len(text)


# The fast way


def test_arrow_reads_ragged_rows_unless_they_are_many() -> None:
    form = Format(COMMA, 2, "f")
    for content in (b"1,2\n" * 9 + b"3\n", b'1,2\n"a\n""b",2\n\n3,4,"5\n6"\n', b"1,2\n" * 9 + b"3"):
        piece = regular.arrow_piece(content, form, 2)
        assert piece is not None
        assert joined([piece]) == read_exactly(content, form, 100)
    assert regular.arrow_piece(b"1\n2\n", form, 2) is None
    assert regular.arrow_piece(b"1,2\n" * 9 + b'"3\n\n\n\n4"\n', form, 2) is None


def test_arrow_reads_a_delimiter_of_several_characters() -> None:
    for delimiter in ("||", "§", ", "):
        form = Format(Dialect(delimiter), 2, "f")
        content = "".join(f"{i}{delimiter}{i}|,\n" for i in range(9)) + f"a{delimiter}{delimiter}\n"
        piece = regular.arrow_piece(content.encode(), form, 2)
        assert piece is not None
        assert joined([piece]) == read_exactly(content.encode(), form, 100)


def test_arrow_refusing_a_block_altogether_leaves_it_to_the_exact_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise pa.ArrowInvalid("no")

    monkeypatch.setattr(regular, "_arrow_table", refuse)
    form = Format(COMMA, 2, "f")
    content = b"1,2\n3\n" * 30_000
    assert read_fast(content, form, 1 << 20) == read_exactly(content, form, 1 << 20)


def test_large_cells_are_left_to_the_exact_way() -> None:
    form = Format(COMMA, 2, "f")
    for content in (
        '1,"' + "é" * (CELL_LIMIT // 2 + 1) + '"\n',
        '1,"' + "x" * (CELL_LIMIT // 2) + '\ny"\n',
        '1,"' + "x\n" * 600 + '"\n1,"' + "x\n" * 600 + '"\n',
    ):
        assert regular.arrow_piece(content.encode(), form, 2) is None
        fast = read_fast(content.encode(), form, 1 << 20)
        assert fast == read_exactly(content.encode(), form, 1 << 20)


# Spoiled files


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("row_extra_quote3_col2.csv", COMMA),
        ("row_extra_quote40_col6.csv", COMMA),
        ("row_field_delimiter_0_0x20.csv", COMMA),
        ("row_field_delimiter_10_0x20.csv", COMMA),
        ("file_escape_char_0x00.csv", COMMA),
        ("file_escape_char_0x5C.csv", BACKSLASH),
        ("file_field_delimiter_0x2C_0x20.csv", Dialect(", ")),
        ("file_record_delimiter_0xD.csv", COMMA),
        ("file_no_trailing_newline.csv", COMMA),
    ],
)
def test_a_spoiled_file_has_the_cells_of_the_clean_one(name: str, dialect: Dialect) -> None:
    folder = SHARED / "corpus" / "csv" / "pollution"
    if not folder.exists():
        pytest.skip("the corpus is there in development only")
    texts = [(folder / kind / name).read_bytes().decode() for kind in ("files", "clean")]
    spoiled, clean = texts
    assert cells_of(spoiled, dialect, 9) == list(csv.reader(io.StringIO(clean, newline="")))
