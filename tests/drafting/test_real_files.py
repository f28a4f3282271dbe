"""On every sample file and real export: the right key, and not one wrong field."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.documents import parse_document
from importer.drafting import as_yaml, draft
from tests.drafting.truth import EXPORTS, SAMPLES, TRUTHS, score

FILES = [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in TRUTHS]
# One row with addresses at home and at work, and orders: nothing tells which is the key. The
# headers of the others do not say that their addresses are of mail.
WITHOUT_KEY = {
    EXPORTS / "all.csv",
    SAMPLES / "orders-table.csv",
    SAMPLES / "dotdigital-clear.csv",
    SAMPLES / "dotdigital-double-opt-in.csv",
}
# Where the values are placeholders ("mobile", "phone home", 100), they contradict their header.
# One birthday alone does not prove how dates are written.
FEWER = {
    SAMPLES / "address-book.csv": 1,
    SAMPLES / "dotdigital-clear.csv": 1,
    SAMPLES / "dotdigital-double-opt-in.csv": 1,
    EXPORTS / "all.csv": 7,
    EXPORTS / "gmail.csv": 1,
    EXPORTS / "tb_plain.csv": 4,
    SAMPLES / "thunderbird.csv": 1,
}


@pytest.mark.parametrize("path", FILES)
def test_right_key_and_no_wrong_field(path: Path) -> None:
    if not path.is_file():
        pytest.skip("real exports are only there in development")
    truth = TRUTHS[path]
    drafted = draft(str(path))
    assert {one.column for one in drafted.proposals} == truth.columns
    found = score(drafted, truth)
    assert found.wrong == {}
    if path in WITHOUT_KEY:
        assert drafted.key is None
    else:
        assert drafted.key in truth.key
    assert found.obvious - found.right == FEWER.get(path, 0)


@pytest.mark.parametrize("path", FILES)
def test_draft_holds_no_text_of_a_cell_but_answers_to_a_consent(path: Path) -> None:
    if not path.is_file():
        pytest.skip("real exports are only there in development")
    text = as_yaml(draft(str(path)))
    parse_document(text, "draft.yaml")
    for personal in ("@", "555", "Tremblay", "Marchand", "First0", "test1", "Larsen", "1984"):
        assert personal not in text


def test_every_sample_file_has_its_truth() -> None:
    files = {path for path in SAMPLES.iterdir() if path.suffix in {".csv", ".xlsx"}}
    assert files == {path for path in TRUTHS if path.parent == SAMPLES}
