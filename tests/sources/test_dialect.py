"""How a text is written is found from its first rows."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources.dialect import NO_DELIMITER, Dialect, FoundDialect, find_dialect
from importer.tables import Certainty

FIRST = st.sampled_from(["Jean", "Anne-Marie", "Éloïse", "Jean-François", "O'Neil", "Zoé"])
LAST = st.sampled_from(["Tremblay", "Roy, fils", "de la Tour", "L'Heureux", 'dit "Le Grand"', ""])
ROWS = st.lists(
    st.tuples(
        st.integers(0, 99_999).map(lambda n: f"c{n}@example.org"),
        FIRST,
        LAST,
        st.integers(1, 28).map(lambda day: f"2026-03-{day:02}"),
        st.integers(0, 9_999).map(lambda n: f"{n // 100},{n % 100:02}"),
        st.sampled_from(["oui", "non", ""]),
    ).map(list),
    min_size=3,
    max_size=30,
)
NAMES = ["Courriel", "Prénom", "Nom", "Inscrit le", "Montant", "Infolettre"]


def found(text: str) -> FoundDialect:
    return find_dialect(text, delimiter=None, quote=None, escape=None)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    rows=ROWS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_contacts_in_any_usual_dialect_are_recognised(
    rows: list[list[str]], delimiter: str, quoting: Literal[0, 1], end: str
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([NAMES, *rows])
    assert found(stream.getvalue()).dialect == Dialect(delimiter)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("id, name, city\n1, Jean, Laval\n2, Luc, Sorel\n", Dialect(", ")),
        ("id,name\n1, Jean\n2, Luc\n3, Anne\n", Dialect(",")),
        ("id||name||city\n1||Jean||Laval\n2||Luc||Sorel\n", Dialect("||")),
        ("id::name::city\n1::Jean::Laval\n2::Luc::Sorel\n", Dialect("::")),
        ("id name city\n1 Jean Laval\n2 Luc Sorel\n", Dialect(" ")),
        ("id:name:city\n1:Jean:Laval\n2:Luc:Sorel\n", Dialect(":")),
        ("id,name\n1,'Roy, Luc'\n2,'Côté, Anne'\n3,'L''Heureux, Jo'\n", Dialect(",", "'")),
        ('id,name\n1,"say \\"hi\\" now"\n2,"a \\"b\\", c"\n', Dialect(",", '"', "\\")),
        ('id,name\n1,"say \0"hi\0" now"\n2,"x"\n', Dialect(",", '"', "\0")),
        ('id,name\n1,"say ""hi"" now"\n2,"C:\\temp\\"\n', Dialect(",")),
        ('a\tb\n"1\t2\n"3\t4\n"5\t6\n"7\t8\n"9\t0\n', Dialect("\t", "")),
        ("12:30\n14:45\n09:15\n", Dialect(NO_DELIMITER)),
        ("Courriel\nx@example.org\ny@example.org\n", Dialect(NO_DELIMITER)),
        ("Prix\n1,5\n2,5\n", Dialect(NO_DELIMITER)),
        ("sep=|\na;b|c;d\n1;2|3;4\n", Dialect("|")),
    ],
)
def test_dialects_are_recognised(text: str, dialect: Dialect) -> None:
    assert found(text).dialect == dialect


def test_how_sure_it_is_is_told() -> None:
    assert found("a,b\n1,2\n").certainty is Certainty.CERTAIN
    assert found("a,b\n1 x,2\n").certainty is Certainty.LIKELY
    assert found("sep=;\na;b\n").certainty is Certainty.CERTAIN
    doubtful = found("a,b;c\nx,y;z\n")
    assert (doubtful.certainty, doubtful.others) == (Certainty.DOUBTFUL, (";",))
    given_one = find_dialect("a;b\n", delimiter=",", quote="'", escape="backslash")
    assert given_one == FoundDialect(Dialect(",", "'", "\\"), Certainty.GIVEN)


@pytest.mark.parametrize(
    ("delimiter", "quote"), [('"', None), ("\n", None), (None, "x"), ("'", "'")]
)
def test_what_cannot_cut_a_text_is_refused(delimiter: str | None, quote: str | None) -> None:
    with pytest.raises(
        UnusableInputError, match=r"`source: {(delimiter|quote): ...}` in the mapping: "
    ):
        find_dialect("a,b\n", delimiter=delimiter, quote=quote, escape=None)


def test_only_the_first_rows_are_looked_at() -> None:
    text = "a;b\n" + "1;2\n" * 100_000
    assert found(text + ",,,\n" * 100_000).dialect == Dialect(";")
    assert found("x" * 200_000).dialect == Dialect(NO_DELIMITER)
