"""Places of this machine, and when a file is ready."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.job_settings import JobSection
from importer.jobs import waiting as names_of
from importer.jobs.places import (
    ChangedError,
    Looked,
    Place,
    Ready,
    UnreachableError,
    Waiting,
    open_places,
    ready_files,
)
from importer.jobs.waiting import PART, safe_name, shortened, shown
from importer.written_places import folder_of
from tests.delivery.stage import FakeClock

NOW = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and odd names")


@pytest.fixture(autouse=True)
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def job_of(*files: str, **members: Any) -> JobSection:
    return JobSection(files=list(files), **members)


def place_of(*files: str, **members: Any) -> Place:
    (place,) = open_places(job_of(*files, **members))
    return place


def names(looked: Looked) -> list[str]:
    return [waiting.name for waiting in looked.waiting]


def reasons(told: tuple[str, ...]) -> dict[str, str]:
    found = (one.split(" is left where it is: ") for one in told)
    return {Path(file).name: reason for file, reason in found}


def put(folder: Path, *files: str, content: bytes = b"email\nann@example.com\n") -> None:
    for name in files:
        (folder / name).write_bytes(content)


def ready_of(job: JobSection, clock: FakeClock) -> Ready:
    return ready_files(open_places(job), job, clock=clock, known=lambda one: False)


# --- looking ------------------------------------------------------------------------------------


def test_a_folder_gives_its_spreadsheets_by_name_and_tells_what_it_leaves(inbox: Path) -> None:
    put(inbox, "b.csv", "a.xlsx", "C.CSV", "notes.pdf", "~$a.xlsx", "d.csv.part", ".hidden.csv")
    (inbox / "archive").mkdir()
    put(inbox / "archive", "old.csv")
    looked = place_of("inbox").look()
    assert names(looked) == ["C.CSV", "a.xlsx", "b.csv"]
    assert [waiting.place for waiting in looked.waiting][:1] == [str(Path("inbox/C.CSV"))]
    assert reasons(looked.passed_over) == {
        "d.csv.part": "a file that is still being written",
        "notes.pdf": "no spreadsheet",
        "~$a.xlsx": "the lock of an open workbook",
    }


def test_a_pattern_gives_what_matches_but_nothing_of_the_folders_that_keep(inbox: Path) -> None:
    for folder in ("processing", "archive", "failed", "paris", "rome"):
        (inbox / folder).mkdir()
        put(inbox / folder, f"{folder}.csv")
    put(inbox, "x.csv", "x.txt", ".x.csv")
    assert names(place_of("inbox/*.csv").look()) == ["x.csv"]
    assert names(place_of("inbox/*/*.csv").look()) == ["paris.csv", "rome.csv"]
    assert place_of("inbox/no*.csv").look() == Looked()


def test_a_file_that_has_a_pattern_for_a_name_is_that_file(inbox: Path) -> None:
    put(inbox, "list [1].csv", "list 1.csv")
    assert names(place_of("inbox/list [1].csv").look()) == ["list [1].csv"]


def test_a_file_that_is_to_come_is_no_alarm_and_a_place_that_is_gone_is(inbox: Path) -> None:
    assert place_of("inbox/contacts.csv").look() == Looked()
    for gone in ("share", "share/contacts.csv", "share/*.csv", "share/", "inbox/contacts"):
        with pytest.raises(UnreachableError) as caught:
            place_of(gone).look()
        assert str(caught.value).startswith(f"{gone} is not there: make the folder, or mount")


def test_a_share_that_may_not_be_read_is_an_alarm(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(Path, "iterdir", refused)
    for written in ("inbox", "inbox/*.csv"):
        with pytest.raises(UnreachableError) as caught:
            place_of(written).look()
        assert str(caught.value) == (
            f"{written} cannot be read: Permission denied. Let the account that runs the job read "
            "it, or mount the drive that it is on"
        )


@POSIX
def test_links_pipes_and_other_things_are_left_alone(inbox: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside.csv")
    (inbox / "link.csv").symlink_to(tmp_path / "outside.csv")
    (inbox / "nowhere.csv").symlink_to(tmp_path / "none.csv")
    os.mkfifo(inbox / "pipe.csv")
    looked = place_of("inbox").look()
    assert looked.waiting == ()
    assert reasons(looked.passed_over) == {
        "link.csv": "it is a link: put the file itself there",
        "nowhere.csv": "it is a link: put the file itself there",
        "pipe.csv": "it is no file",
    }
    assert place_of("inbox/link.csv").look().waiting == ()


def test_a_file_that_goes_while_the_folder_is_listed_was_never_there(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    listed = [inbox / "a.csv", inbox / "gone.csv"]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(listed))
    assert names(place_of("inbox").look()) == ["a.csv"]


def test_paths_are_of_the_folder_that_is_given(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    monkeypatch.chdir(inbox)
    for written in ("inbox", "inbox/*.csv", "inbox/a.csv", str(inbox / "*.csv")):
        (place,) = open_places(job_of(written), base=inbox.parent)
        assert [Path(waiting.source) for waiting in place.look().waiting] == [inbox / "a.csv"]


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ("inbox", "inbox"),
        ("inbox/*.csv", "inbox"),
        ("inbox/2026-*/x.csv", "inbox"),
        ("*.csv", "."),
        ("inbox/contacts.csv", "inbox"),
        ("inbox/present.dat", "inbox"),
        ("inbox/*/a/b?.csv", "inbox"),
        ("present.d", "present.d"),
        ("elsewhere", "elsewhere"),
        ("elsewhere.d", "elsewhere.d"),
    ],
)
def test_the_folder_of_a_place_is_where_its_files_are(
    written: str, folder: str, inbox: Path
) -> None:
    put(inbox, "present.dat")
    Path("present.d").mkdir()
    assert folder_of(written) == Path(folder)


# --- names --------------------------------------------------------------------------------------


@POSIX
def test_odd_names_are_taken_under_names_that_every_system_has(inbox: Path, tmp_path: Path) -> None:
    odd = [b"-rf.csv", b"a b'\".csv", b"caf\xe9.csv", b"two\nlines.csv", b"x" * 250 + b".csv"]
    odd += ["été.csv".encode(), b"\xff.csv", b"\xfe.csv"]
    for name in odd:
        with open(os.path.join(os.fsencode(inbox), name), "wb"):  # noqa: PTH118, PTH123
            pass
    place = place_of("inbox")
    looked = place.look()
    assert len({waiting.place for waiting in looked.waiting}) == len(odd)
    for number, waiting in enumerate(looked.waiting):
        assert waiting.place.isprintable()
        waiting.name.encode()
        place.fetch(waiting, tmp_path / str(number))
        assert [p.name for p in (tmp_path / str(number)).iterdir()] == [waiting.name]
    assert [*inbox.iterdir()] == []
    assert {"caf_.csv", "two_lines.csv", "-rf.csv", "a b'\".csv", "été.csv"} <= set(names(looked))


@given(st.text(st.characters(codec=None), max_size=300))
def test_a_safe_name_is_one_name_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe not in {"", ".", ".."}
    assert len(safe.encode()) <= 200
    assert not set("/\\\0\n") & set(safe)
    assert Path("folder", safe).parent == Path("folder")
    assert shown(name).isprintable()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\x.csv", "C__x.csv"),
        ('a<b>"c|d?e*.csv', "a_b__c_d_e_.csv"),
        ("nul.csv", "_nul.csv"),
        ("Com1.tar.csv", "_Com1.tar.csv"),
        ("a.csv. .", "a.csv"),
        ("..", "_"),
        ("", "_"),
        ("console.csv", "console.csv"),
    ],
)
def test_windows_gets_names_that_it_can_have(
    name: str, safe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_of, "_WINDOWS", True)
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert shortened("é" * 150 + ".csv").endswith("é.csv")
    assert len(shortened("x" * 300)) == 200
    assert shortened("." + "x" * 300) == ("." + "x" * 300)[:200]


# --- when a file is ready -----------------------------------------------------------------------


def test_two_looks_must_see_the_same(inbox: Path) -> None:
    put(inbox, "done.csv", "growing.csv", "touched.csv", "going.csv")
    clock = FakeClock()

    def meanwhile() -> None:
        put(inbox, "growing.csv", content=b"more")
        os.utime(inbox / "touched.csv", (5, 5))
        (inbox / "going.csv").unlink()
        put(inbox, "new.csv")

    clock.on_sleep = meanwhile
    ready = ready_of(job_of("inbox", settle_seconds=12), clock)
    assert clock.slept == [12]
    assert [waiting.name for _, waiting in ready.files] == ["done.csv"]
    assert reasons(ready.passed_over) == {
        "growing.csv": "it is still being written",
        "touched.csv": "it is still being written",
        "new.csv": "it has only just come",
    }


def test_nobody_waits_where_nothing_is_or_nothing_need_settle(inbox: Path) -> None:
    clock = FakeClock()
    assert ready_of(job_of("inbox"), clock).files == ()
    put(inbox, "a.csv")
    assert len(ready_of(job_of("inbox", settle_seconds=0), clock).files) == 1
    assert clock.slept == []


def test_a_wait_that_is_broken_off_makes_nothing_ready(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv", "notes.pdf")
    clock = FakeClock()
    monkeypatch.setattr(clock, "sleep", lambda seconds: None)
    ready = ready_of(job_of("inbox"), clock)
    assert (ready.files, list(reasons(ready.passed_over))) == ((), ["notes.pdf"])


def test_places_are_looked_at_as_written_and_a_file_of_two_is_taken_once(
    inbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "early").mkdir()
    put(tmp_path / "early", "z.csv")
    put(inbox, "b.csv", "a.csv")
    clock = FakeClock()
    ready = ready_of(job_of("early", "inbox/b*.csv", "./inbox"), clock)
    assert [waiting.name for _, waiting in ready.files] == ["z.csv", "b.csv", "a.csv"]
    assert len(clock.slept) == 1


def test_all_places_that_are_gone_are_told_at_once(inbox: Path) -> None:
    put(inbox, "a.csv")
    with pytest.raises(UnreachableError) as caught:
        ready_of(job_of("gone", "inbox", "lost"), FakeClock())
    assert [str(m).split(" ", 1)[0] for m in caught.value.mistakes] == ["gone", "lost"]


def test_a_failure_that_is_no_absence_is_not_called_one(inbox: Path) -> None:
    class Broken:
        leaves = False

        def look(self) -> Looked:
            raise UnusableInputError("refused")

    job = job_of("inbox", "gone")
    places: list[Any] = [Broken(), *open_places(job)]
    with pytest.raises(UnusableInputError) as caught:
        ready_files(places, job, clock=FakeClock(), known=lambda one: False)
    assert type(caught.value) is UnusableInputError


def test_a_marker_makes_a_file_ready_without_a_wait(inbox: Path, tmp_path: Path) -> None:
    put(inbox, "a.csv", "b.csv", "b.csv.done", "c.csv", "c.csv.done", "d.csv.done")
    (inbox / "e.csv").mkdir()
    os.utime(inbox / "c.csv.done", (1_000, 1_000))
    clock = FakeClock()
    job = job_of("inbox", done_marker=".done")
    ready = ready_of(job, clock)
    assert clock.slept == []
    assert reasons(ready.passed_over) == {
        "a.csv": "its marker a.csv.done has not come",
        "c.csv": "its marker c.csv.done is older than the file itself",
    }
    ((place, waiting),) = ready.files
    place.fetch(waiting, tmp_path / "one")
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["b.csv", "b.csv.done"]
    assert not (inbox / "b.csv.done").exists()


def test_a_marker_that_cannot_be_moved_does_not_undo_the_taking(
    inbox: Path, tmp_path: Path
) -> None:
    put(inbox, "a.csv", "a.csv.done")
    place = place_of("inbox", done_marker=".done")
    (waiting,) = place.look().waiting
    (inbox / "a.csv.done").unlink()
    place.fetch(waiting, tmp_path / "one")
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["a.csv"]


# --- taking -------------------------------------------------------------------------------------


def test_a_file_is_moved_whole_into_a_private_folder(inbox: Path, tmp_path: Path) -> None:
    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    assert not place.leaves
    assert place.lent(waiting, tmp_path / "lent") == inbox / "a.csv"
    assert not (tmp_path / "lent").exists()
    into = inbox / "processing" / "one"
    place.fetch(waiting, into)
    place.let_go(waiting, NOW)
    assert (into / "a.csv").read_bytes() == b"email\nann@example.com\n"
    assert [p.name for p in inbox.iterdir()] == ["processing"]
    if os.name == "posix":
        assert {p.stat().st_mode & 0o777 for p in (into, into.parent)} == {0o700}


def _changed(act: Callable[[], object], folder: Path) -> None:
    with pytest.raises(ChangedError) as caught:
        act()
    assert "changed while it was taken: the next start looks at it again" in str(caught.value)
    assert not folder.exists() or [*folder.iterdir()] == []


def test_a_file_that_changed_or_went_since_the_look_is_not_taken(
    inbox: Path, tmp_path: Path
) -> None:
    put(inbox, "a.csv", "b.csv")
    place = place_of("inbox")
    a, b = place.look().waiting
    put(inbox, "a.csv", content=b"more than before\nand more")
    (inbox / "b.csv").unlink()
    for waiting in (a, b):
        _changed(lambda one=waiting: place.fetch(one, tmp_path / "one"), tmp_path / "one")  # type: ignore[misc]
        _changed(lambda one=waiting: place.lent(one, tmp_path / "one"), tmp_path / "one")  # type: ignore[misc]
    assert (inbox / "a.csv").exists()


@POSIX
def test_a_file_that_changes_in_the_moment_of_moving_is_put_back(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    rename = Path.rename

    def written_to(path: Path, target: Path) -> Path:
        put(inbox, "a.csv", content=b"changed")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", written_to)
    _changed(lambda: place.fetch(waiting, tmp_path / "one"), tmp_path / "one")
    assert (inbox / "a.csv").read_bytes() == b"changed"


@POSIX
def test_a_file_is_not_put_back_over_one_that_has_come(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    rename = Path.rename

    def replaced(path: Path, target: Path) -> Path:
        put(inbox, "a.csv", content=b"first")
        moved = rename(path, target)
        put(inbox, "a.csv", content=b"second")
        return moved

    monkeypatch.setattr(Path, "rename", replaced)
    with pytest.raises(ChangedError):
        place.fetch(waiting, tmp_path / "one")
    assert (inbox / "a.csv").read_bytes() == b"second"
    assert (tmp_path / "one" / "a.csv").read_bytes() == b"first"


class _TwoDrives:
    """Make two folders seem to be on two file systems; ``on_copy`` is done before a copy goes."""

    def __init__(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        rename = Path.rename

        def refused(path: Path, target: Path) -> Path:
            if path.parent == inbox:
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", refused)


def test_between_file_systems_a_file_is_copied_synced_and_then_deleted(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    _TwoDrives(inbox, monkeypatch)
    place.fetch(waiting, tmp_path / "one")
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["a.csv"]
    assert [*inbox.iterdir()] == []


def test_a_copy_of_a_file_that_changes_is_thrown_away(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importer.jobs import local_places

    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    _TwoDrives(inbox, monkeypatch)

    def grow(_: Path) -> None:
        put(inbox, "a.csv", content=b"changed")

    monkeypatch.setattr(local_places, "sync_file", grow)
    _changed(lambda: place.fetch(waiting, tmp_path / "one"), tmp_path / "one")
    assert (inbox / "a.csv").read_bytes() == b"changed"


def test_a_copy_is_thrown_away_when_the_file_itself_cannot_go(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    _TwoDrives(inbox, monkeypatch)
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path == inbox / "a.csv":
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(UnusableInputError) as caught:
        place.fetch(waiting, tmp_path / "one")
    assert str(caught.value) == (
        f"{Path('inbox/a.csv')} cannot be taken: Permission denied. Let the account that runs the "
        "job read it and move it, and let no other program have it open"
    )
    assert [*(tmp_path / "one").iterdir()] == []
    assert (inbox / "a.csv").exists()


def test_nothing_that_is_half_copied_has_the_files_name(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    put(inbox, "a.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    _TwoDrives(inbox, monkeypatch)
    seen: list[str] = []

    def full(source: Path, target: Path, **_: object) -> None:
        target.write_bytes(b"half")
        seen.extend(p.name for p in (tmp_path / "one").iterdir())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UnusableInputError, match="No space left on device"):
        place.fetch(waiting, tmp_path / "one")
    assert seen == [PART]
    assert [*(tmp_path / "one").iterdir()] == []


@POSIX
def test_a_link_that_takes_the_place_of_a_file_is_not_followed(inbox: Path, tmp_path: Path) -> None:
    put(inbox, "a.csv")
    put(tmp_path, "outside.csv")
    place = place_of("inbox")
    (waiting,) = place.look().waiting
    (inbox / "a.csv").unlink()
    (inbox / "a.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(UnusableInputError, match="cannot be taken"):
        place.fetch(waiting, tmp_path / "one")
    assert (tmp_path / "outside.csv").exists()


def test_a_file_that_stays_and_is_known_is_silent_even_beside_one_that_is_new() -> None:
    class Shelf:
        leaves = True

        def look(self) -> Looked:
            one = [Waiting(f"x://{n}", n, 1, 1.0, source=n) for n in ("new.csv", "old.csv")]
            return Looked(tuple(one))

    shelf: Any = Shelf()
    ready = ready_files(
        [shelf], job_of("inbox"), clock=FakeClock(), known=lambda one: one.name == "old.csv"
    )
    assert [waiting.name for _, waiting in ready.files] == ["new.csv"]
    assert ready.passed_over == ()
