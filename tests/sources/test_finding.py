from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.sources import STANDARD_INPUT, find_files


def make(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("a\n1\n", encoding="utf-8")


def test_files_are_given_in_the_order_of_the_arguments(tmp_path: Path) -> None:
    make(tmp_path, "b.csv", "a.csv")
    found = find_files([str(tmp_path / "b.csv"), "-", str(tmp_path / "a.csv")])
    assert found.files == (tmp_path / "b.csv", STANDARD_INPUT, tmp_path / "a.csv")
    assert found.passed_over == ()


def test_folder_gives_its_spreadsheets_by_name_and_lists_the_rest(tmp_path: Path) -> None:
    make(tmp_path, "z.CSV", "a.xlsx", "~$a.xlsx", ".hidden.csv", "x.tmp", "y.part", "notes.md")
    make(tmp_path / "below", "deep.csv")
    found = find_files([str(tmp_path)])
    assert found.files == (tmp_path / "a.xlsx", tmp_path / "z.CSV")
    assert {p.path.name: p.reason for p in found.passed_over} == {
        ".hidden.csv": "a hidden file",
        "below": "a folder below is not searched",
        "notes.md": "no spreadsheet",
        "x.tmp": "a file that is still being written",
        "y.part": "a file that is still being written",
        "~$a.xlsx": "the lock of an open workbook",
    }


def test_folder_gives_every_kind_of_spreadsheet_packed_or_not(tmp_path: Path) -> None:
    read = ["a.csv", "b.xls", "c.XLSB", "d.ods", "e.tab", "f.tsv", "g.txt", "h.xlsm"]
    read += ["i.csv.gz", "j.xlsx.GZ", "k.tab.bz2", "l.csv.xz", "m.zip"]
    make(tmp_path, *read, "n.gz", "o.sql.gz", "p.tar.gz", "q.7z", "csv", "zip")
    found = find_files([str(tmp_path)])
    assert [path.name for path in found.files] == read
    assert {p.path.name for p in found.passed_over} == {
        "n.gz", "o.sql.gz", "p.tar.gz", "q.7z", "csv", "zip",
    }  # fmt: skip


def test_quoted_glob_gives_its_files_by_name_whatever_their_ending(tmp_path: Path) -> None:
    make(tmp_path, "2.dat", "1.dat", "other.csv", "~$3.dat")
    (tmp_path / "4.dat").mkdir()
    found = find_files([str(tmp_path / "*.dat")])
    assert found.files == (tmp_path / "1.dat", tmp_path / "2.dat")
    assert [p.path.name for p in found.passed_over] == ["4.dat", "~$3.dat"]


def test_glob_that_the_shell_expanded_passes_the_same_files_over(tmp_path: Path) -> None:
    make(tmp_path, "a.xlsx", "~$a.xlsx")
    found = find_files([str(tmp_path / "a.xlsx"), str(tmp_path / "~$a.xlsx")])
    assert found.files == (tmp_path / "a.xlsx",)
    assert [p.path.name for p in found.passed_over] == ["~$a.xlsx"]


def test_existing_file_with_glob_characters_in_its_name_is_a_file(tmp_path: Path) -> None:
    make(tmp_path, "list[1].csv")
    assert find_files([str(tmp_path / "list[1].csv")]).files == (tmp_path / "list[1].csv",)


def test_file_named_twice_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "a.csv")
    found = find_files([str(tmp_path / "a.csv"), str(tmp_path), "-", "-"])
    assert found.files == (tmp_path / "a.csv", STANDARD_INPUT)
    assert [p.reason for p in found.passed_over] == ["named twice"]


def test_every_argument_that_leads_nowhere_is_reported_at_once(tmp_path: Path) -> None:
    make(tmp_path / "full", "Contacts.csv")
    make(tmp_path / "empty", "readme.md")
    with pytest.raises(UnusableInputError) as caught:
        find_files(
            [
                str(tmp_path / "full" / "contact.csv"),
                str(tmp_path / "nowhere" / "a.csv"),
                str(tmp_path / "empty"),
                str(tmp_path / "*.xlsx"),
                str(tmp_path / ("x" * 300)),
                "nul\0",
            ]
        )
    messages = [m.message for m in caught.value.mistakes]
    assert len(messages) == 6
    assert "Did you mean Contacts.csv?" in messages[0]
    assert "there is no folder" in messages[1]
    assert "holds no spreadsheet" in messages[2]
    assert "No file matches" in messages[3]
    assert "cannot be opened" in messages[4]
    assert "nul? does not exist" in messages[5]


def test_nothing_left_to_read_is_an_error_that_lists_what_was_passed_over(tmp_path: Path) -> None:
    make(tmp_path, ".a.csv")
    with pytest.raises(UnusableInputError, match=r"No file is left .*hidden file"):
        find_files([str(tmp_path / ".a.csv")])
    with pytest.raises(UnusableInputError, match="No file was named"):
        find_files([])


def test_device_is_neither_file_nor_folder() -> None:
    if not Path("/dev/null").exists():
        pytest.skip("this system has no /dev/null")
    with pytest.raises(UnusableInputError, match="neither a file nor a folder"):
        find_files(["/dev/null"])
