from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sources.double_decoding import GarbledColumn, GarbledText, repaired

# fmt: off
WORDS = [
    "Hélène", "Montréal", "l’été", "François", "Noël", "Zoë", "voilà", "École",
    "Île-d’Orléans", "ça", "CÔTÉ", "naïve", "tête", "dûment",
]
WELL = [
    "SÃO PAULO", "São Paulo", "Ângela", "CÔTÉ", "IRMÃ MARIA", "IRMÃ\xa0MARIA", "MANHÃ\xa0",
    "JOÃO", "CONCEIÇÃO", "MAÇÃ", "ÂNGELO", "L’ÉTÉ", "CAFÉ…", "CAFÉ’S", "«ÉTÉ»", "créée",
    "Citroën™", "PRÊT–À–PORTER", "Ã", "Â", "NIÑ©", "√2", "½ ¬", "20 €", "東京", "Αθήνα",
    "Москва", "😀",
]
# fmt: on


def text(*cells: str | None) -> pa.Array:
    return pa.array(cells, type=pa.large_string())


def garbled(word: str, codec: str) -> str:
    """Decode a word's UTF-8 wrongly; bytes that the code page lacks become control codes."""
    return "".join(bytes([b]).decode(codec, errors="ignore") or chr(b) for b in word.encode())


def garbled_columns(*cells: str | None) -> tuple[GarbledColumn, ...]:
    found = GarbledText(["a"])
    found.add(pa.table([text(*cells)], names=["a"]))
    return found.columns


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "mac-roman"])
@pytest.mark.parametrize("word", WORDS)
def test_garbled_word_is_recognised_and_mended(word: str, codec: str) -> None:
    mended, count = repaired(text("plain", garbled(word, codec), None, word))
    assert mended.to_pylist() == ["plain", word, None, word]
    assert count == 1


@pytest.mark.parametrize("cell", WELL)
def test_text_that_is_well_stays_as_it_is(cell: str) -> None:
    column = text(cell, "")
    assert repaired(column) == (column, 0)
    assert garbled_columns(cell) == ()


def test_cells_are_counted_by_column_over_all_pieces() -> None:
    found = GarbledText(["name", "city", "note"])
    found.add(
        pa.table([text("Zoë", ""), text("MontrÃ©al", "x"), text("", None)], names=["a", "b", "c"])
    )
    found.add(
        pa.table(
            [text("HÃ©lÃ¨ne", "André"), text("MontrÃ©al", "QuÃ©bec"), text("SÃO", "")],
            names=["a", "b", "c"],
        )
    )
    name, city = found.columns
    assert (name.name, name.filled, name.garbled, name.example, name.mended) == (
        ("name", 3, 1, "HÃ©lÃ¨ne", "Hélène")
    )
    assert (city.name, city.filled, city.garbled) == ("city", 4, 3)
    assert (city.example, city.mended) == ("MontrÃ©al", "Montréal")
    assert city.share == 0.75


def test_a_column_whose_cells_are_all_garbled_is_told() -> None:
    (column,) = garbled_columns("lâ€™Ã©tÃ©", None)
    assert (column.filled, column.garbled, column.mended) == (1, 1, "l’été")


def test_quotes_ligatures_widths_and_html_stay_as_they_are() -> None:
    cells = ["ﬁn “ok” ＡＢ &eacute; l’x ÃÃ", "&lt;MontrÃ©al&gt; ‘ﬁ’"]
    mended, count = repaired(text(*cells))
    assert mended.to_pylist() == [cells[0], "&lt;Montréal&gt; ‘ﬁ’"]
    assert count == 1


def test_word_that_is_well_beside_a_garbled_one_stays() -> None:
    mended, _ = repaired(text("Zoë MontrÃ©al"))
    assert mended.to_pylist() == ["Zoë Montréal"]


def test_slices_and_chunks_are_mended_as_the_whole() -> None:
    column = text("", "MontrÃ©al", "x", "MontrÃ©al", "Ã‰ric")
    assert repaired(column.slice(2, 2))[0].to_pylist() == ["x", "Montréal"]
    assert repaired(column.slice(2, 1)) == (column.slice(2, 1), 0)
    chunked = pa.chunked_array([column, text("plain")])
    mended, count = repaired(chunked)
    assert mended.to_pylist() == ["", "Montréal", "x", "Montréal", "Éric", "plain"]
    assert count == 3
    empty = pa.chunked_array([], type=pa.large_string())
    assert repaired(empty) == (empty, 0)
    found = GarbledText(["a"])
    found.add(pa.table([column.slice(3)], names=["a"]))
    assert found.columns[0].filled == 2


@settings(derandomize=True, max_examples=200, deadline=None)
@given(cells=st.lists(st.one_of(st.none(), st.text(max_size=12))))
def test_any_column_is_looked_through_and_keeps_its_length(cells: list[str | None]) -> None:
    column = text(*cells)
    mended, count = repaired(column)
    changed = sum(a != b for a, b in zip(cells, mended.to_pylist(), strict=True))
    assert changed == count
    found = GarbledText(["a"])
    found.add(pa.table([column], names=["a"]))
    assert sum(c.garbled for c in found.columns) == count
    assert all(c.garbled <= c.filled for c in found.columns)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS + WELL), max_size=20))
def test_columns_that_are_well_are_left_alone_whatever_stands_beside_what(words: list[str]) -> None:
    assert repaired(text(*words))[1] == 0
