"""What is said of a table once all of it was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.tables import SourceOptions
from tests.sources.reading import cells_of, source_of

GARBLED = "Hélène".encode().decode("cp1252")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def text_of(garbled: int, rows: int = 200) -> bytes:
    names = [GARBLED if n < garbled else "Hélène" for n in range(rows)]
    lines = [f"c{n}@example.org,{name}" for n, name in enumerate(names)]
    return "\n".join(["Courriel,Prénom", *lines, ""]).encode()


def test_few_cells_decoded_twice_are_a_warning_with_one_repaired(file: Path) -> None:
    source = source_of(file, text_of(2))
    assert cells_of(source)[0][1] == GARBLED
    (warning,) = source.description.warnings
    assert 'In column "Prénom" 2 of 200 cells' in warning
    assert f'such as "{GARBLED}" for "Hélène": `source: {{repair_text: true}}`' in warning
    assert source.description.obstacles == ()


def test_many_cells_decoded_twice_stand_in_the_way_until_the_mapping_settles_them(
    file: Path,
) -> None:
    source = source_of(file, text_of(3))
    assert len(cells_of(source)) == 200
    ((column, sentence),) = source.description.obstacles
    assert column == "Prénom"
    assert "`source: {repair_text: true}` in the mapping repairs them, and `false`" in sentence
    left = source_of(file, text_of(3), SourceOptions(repair_text=False))
    assert cells_of(left)[0][1] == GARBLED
    assert (left.description.obstacles, left.description.warnings) == ((), ())


def test_cells_decoded_twice_are_repaired_where_the_mapping_says_so(file: Path) -> None:
    source = source_of(file, text_of(150), SourceOptions(repair_text=True))
    assert {row[1] for row in cells_of(source)} == {"Hélène"}
    (warning,) = source.description.warnings
    assert warning.endswith("they were repaired.")


def test_text_that_is_not_of_the_table_does_not_count(file: Path) -> None:
    note = f"\n* {GARBLED} et {GARBLED} sont au bureau\n".encode()
    source = source_of(file, text_of(0, 5) + note)
    assert len(cells_of(source)) == 7
    assert source.description.obstacles == ()
