"""``find``: what all runs know of one key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from importer import find
from importer.errors import UnusableInputError
from importer.reports.ledger import LEDGER_COLUMNS
from importer.runs.fitting import WantedKey
from importer.runs.ledgers import consents_of_key, consents_of_row
from tests.runs.workshop import Workshop

ADDRESS = "person2@example.com"
LINE = {
    "key": ADDRESS, "consent": "optin_Newsletter", "value": "yes", "consent_date": "2026-02-03",
    "basis": "Salon 2026", "file": "people.csv", "sheet": "", "row": "3", "cell": "Oui",
    "given_by": "row", "call": "8f2a", "request_id": "31", "time": "2026-11-22T03:15:00.000Z",
    "verdict": "created", "operator": "marie",
}  # fmt: skip


def ledger(folder: Path, *lines: dict[str, str], delimiter: str = ",") -> Path:
    """Write a ``consents.csv`` of lines that differ in some cells from the usual one."""

    def row(cells: list[str]) -> str:
        return delimiter.join('"' + c.replace('"', '""') + '"' if '"' in c or "\n" in c else c
                              for c in cells)  # fmt: skip

    told = [row([{**LINE, **line}[name] for name in LEDGER_COLUMNS]) for line in lines]
    text = "\r\n".join([row(list(LEDGER_COLUMNS)), *told, ""])
    path = folder / "consents.csv"
    path.write_text("\ufeff" + text, encoding="utf-8", newline="")
    return path


def test_every_row_with_the_key_is_found_the_oldest_run_first(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    workshop.importer("run", "people.csv", "--yes")
    workshop.importer("check", "people.csv")
    found = find(f" {ADDRESS.upper()} ")
    assert [one.run for one in found] == sorted(path.name for path in workshop.run_folders())
    assert [one.verdict for one in found] == ["created", "updated", "not-sent"]
    assert {(one.file, one.row, one.key, one.purged) for one in found} == {
        ("people.csv", 3, ADDRESS, False)
    }
    assert found[0].created < found[1].created
    assert found[0].record_id
    assert found[2].message == "The run ended before this row's turn."


@pytest.mark.parametrize("address", ["%", "person_@example.com", "'", "example.com", '"', "{"])
def test_nobody_is_found_by_a_part_or_a_sign(workshop: Workshop, address: str) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    ledger(workshop.run_folder())
    assert find(address) == ()
    assert find(ADDRESS, runs_dir="nowhere") == ()


def test_a_blank_address_is_a_mistake(workshop: Workshop) -> None:
    with pytest.raises(UnusableInputError):
        find("  ")


def test_consents_go_with_their_rows(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.importer("run", "people.csv", "--yes")
    other = {"consent": "hasTrackingConsent", "value": "no", "cell": '=1+1 "x"\n'}
    ledger(workshop.run_folder(), {}, other, {"row": "9"}, {"key": "z@example.com"})
    (one,) = find(ADDRESS)
    assert [(line.consent, line.value) for line in one.consents] == [
        ("optin_Newsletter", "yes"), ("hasTrackingConsent", "no"),
    ]  # fmt: skip
    assert one.consents[0]._asdict() == {**LINE, "row": 3}
    assert one.consents[1].cell == '=1+1 "x"\n'


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_run_of_which_only_consents_are_left_is_found(workshop: Workshop, delimiter: str) -> None:
    folder = Path("runs/20251122T031500Z-old-k3fq")
    folder.mkdir(parents=True)
    ledger(folder, {}, {"consent": "optin_News"}, {"row": "8"}, {"key": "z"}, delimiter=delimiter)
    workshop.people(2)
    workshop.importer("check", "people.csv")
    first, second, third = find("Person2@Example.COM")
    assert (first.run, first.created) == (folder.name, "2025-11-22T03:15:00.000Z")
    assert (first.purged, first.row, first.verdict, first.batch) == (True, 3, "created", "8f2a")
    assert len(first.consents) == 2
    assert (second.row, third.run) == (8, workshop.run_id())


def test_what_only_the_sandbox_got_is_said_to_be_also_when_it_is_purged(
    workshop: Workshop,
) -> None:
    workshop.people(2)
    workshop.importer("run", "people.csv", "--yes", "-c", "sandbox")
    assert [(one.sandbox, one.purged) for one in find(ADDRESS)] == [(True, False)]
    shutil.rmtree(workshop.run_folder() / "state")
    ledger(workshop.run_folder(), {})
    assert [(one.sandbox, one.purged) for one in find(ADDRESS)] == [(True, True)]
    for text in ("[]", "{"):
        (workshop.run_folder() / "summary.json").write_text(text)
        assert [(one.sandbox, one.purged) for one in find(ADDRESS)] == [(False, True)]


def test_runs_that_cannot_be_searched_are_told_and_do_not_stop_it(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.importer("check", "people.csv")
    whole = workshop.run_folder()
    broken = {
        "empty": "20200101T000000Z-empty-aaaa",
        "damaged": "20200102T000000Z-damaged-aaaa",
        "ledger": "20200103T000000Z-ledger-aaaa",
        "rows": "20200104T000000Z-rows-aaaa",
        "lines": "20200105T000000Z-lines-aaaa",
    }
    for name in broken.values():
        shutil.copytree(whole, Path("runs", name))
    shutil.rmtree(Path("runs", broken["empty"], "state"))
    Path("runs", broken["damaged"], "state/journal.sqlite3").write_bytes(b"x" * 5000)
    shutil.rmtree(Path("runs", broken["ledger"], "state"))
    Path("runs", broken["ledger"], "consents.csv").write_text("who,what\na,b\n")
    Path("runs", broken["rows"], "state/rows.parquet").write_bytes(b"PAR1")
    shutil.rmtree(Path("runs", broken["lines"], "state"))
    ledger(Path("runs", broken["lines"]), {"row": "three"})
    told: list[str] = []
    assert [one.run for one in find(ADDRESS, unreadable=told.append)] == [whole.name]
    assert len(told) == len(broken)
    for name, sentence in zip(broken.values(), told, strict=True):
        assert sentence.startswith(f"{name} cannot be searched: ")
    assert find(ADDRESS) != ()


def test_a_check_that_did_not_end_is_told(workshop: Workshop) -> None:
    workshop.people(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importer.planning.Planner.finish", lambda self: 1 / 0)
        workshop.importer("check", "people.csv")
    told: list[str] = []
    assert find(ADDRESS, unreadable=told.append) == ()
    assert told == [f"{workshop.run_id()} cannot be searched: its check did not end"]


def test_lines_of_a_row_are_found_by_its_place(tmp_path: Path) -> None:
    path = ledger(tmp_path, {"file": "'=x.csv"}, {"sheet": "Été"}, {"row": "30"})
    assert len(consents_of_row(path, file="=x.csv", sheet="", row=3)) == 1
    assert len(consents_of_row(path, file="people.csv", sheet="Été", row=3)) == 1
    assert consents_of_row(path, file="people.csv", sheet="", row=3) == []
    assert consents_of_row(tmp_path / "none.csv", file="people.csv", sheet="", row=3) == []


def test_a_key_that_begins_like_a_formula_is_found(tmp_path: Path) -> None:
    path = ledger(tmp_path, {"key": "'=1+1"}, {"key": "'quoted"})
    assert [line.key for line in consents_of_key(path, WantedKey("=1+1"))] == ["=1+1"]
    assert [line.key for line in consents_of_key(path, WantedKey("'quoted"))] == ["'quoted"]
    assert consents_of_key(path, WantedKey("quoted")) == []


def test_a_list_without_lines_holds_nobody(tmp_path: Path) -> None:
    assert consents_of_key(ledger(tmp_path), WantedKey(ADDRESS)) == []


def test_an_address_that_is_no_text_is_nobodys(workshop: Workshop) -> None:
    workshop.people(1)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    done = workshop.importer("find", "mari\udce9@example.com")
    assert done.code == 4
    assert "cannot be searched" not in done.err
    told = workshop.importer("show", workshop.run_id(), "--key", "mari\udce9@example.com")
    assert told.code == 4
    assert "has no row with the key" in told.err


def test_a_part_of_a_key_may_be_written_as_a_number() -> None:
    key = WantedKey('{"key_f_EMail": "a@example.com", "key_f_No": 0}')
    assert key.fits('{"key_f_EMail":"a@example.com","key_f_No":"0"}')
