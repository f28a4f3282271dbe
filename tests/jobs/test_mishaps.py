"""Small things that go wrong around a start, and stop no import."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from importer import runs
from importer.errors import StoppedError, UnusableInputError
from importer.job_settings import NotifySection, Told
from importer.jobs.keeping import Keeping
from importer.jobs.local_places import LocalPlace
from importer.jobs.standing import exit_code, state_after, word_of
from importer.jobs.values import JobEnd
from importer.jobs.waiting import ChangedError
from importer.run_folder import RunFolder
from importer.state import Standing, State
from tests.jobs.ends import NOW
from tests.jobs.nights import JOB, Nights
from tests.jobs.nights import Listener as Listener
from tests.jobs.nights import listener as listener
from tests.jobs.nights import nights as nights

FEW = range(1, 8)


@pytest.mark.parametrize(
    ("codes", "imported", "code"),
    [
        ([], False, 0),
        ([0, 0], True, 0),
        ([4, 4], False, 4),
        ([4, 0], False, 4),
        ([4, 0], True, 3),
        ([3, 4], True, 3),
        ([6, 3], True, 6),
        ([5, 6], True, 5),
        ([143, 5], True, 143),
        ([130, 1], True, 1),
    ],
)
def test_a_start_ends_with_the_worst_of_its_codes(
    codes: list[int], imported: bool, code: int
) -> None:
    assert exit_code(codes, imported=imported) == code


def test_what_lasts_is_told_again_where_the_job_says_so() -> None:
    end = JobEnd("nightly", NOW, NOW, 4, State.FAILED, State.FAILED)
    before = Standing(State.FAILED, told=State.FAILED, told_at=NOW - timedelta(hours=20))
    notify = NotifySection.model_validate({"to": ["env:A"], "repeat": "1d"})
    assert word_of(end, before, notify) is None
    longer = Standing(State.FAILED, told=State.FAILED, told_at=NOW - timedelta(hours=24))
    assert word_of(end, longer, notify) is Told.FAILED
    never = Standing(State.FAILED, told=State.FAILED)
    assert word_of(end, never, notify) is Told.FAILED
    assert word_of(end, longer, NotifySection.model_validate({"to": ["env:A"]})) is None


def test_nothing_to_do_leaves_the_state_as_it_was() -> None:
    for state in State:
        assert state_after(JobEnd("nightly", NOW, NOW, 0, State.OK, state)) is state


def test_a_missing_file_that_comes_as_one_that_was_imported_makes_the_job_well(
    nights: Nights,
) -> None:
    nights.at(1, 5)
    nights.drop("a.csv", FEW)
    assert nights.start().code == 0
    nights.at(2, 7)
    assert nights.start().code == 4
    nights.drop("again.csv", FEW)
    assert nights.start().code == 0
    assert nights.kinds() == ["missing", "recovered"]


def test_a_file_that_changes_while_it_is_taken_waits_for_the_next_start(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nights.drop("a.csv", FEW)
    nights.drop("b.csv", range(11, 18))
    fetch = LocalPlace.fetch

    def changing(place: LocalPlace, waiting: Any, into: Path) -> None:
        if waiting.name == "a.csv":
            raise ChangedError("it changed while it was taken")
        fetch(place, waiting, into)

    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "fetch", changing)
        done = nights.start()
    assert (done.code, done.out) == (0, "b.csv: imported\n")
    assert "Passed over: it changed while it was taken" in done.lines
    assert path.exists()
    assert nights.start().out == "a.csv: imported\n"


def test_a_file_that_cannot_be_taken_is_told_and_stays(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nights.drop("a.csv", FEW)

    def refuse(*_: object) -> None:
        raise UnusableInputError("a.csv cannot be moved")

    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "fetch", refuse)
        done = nights.start()
    assert (done.code, done.lines) == (4, ["a.csv cannot be moved."])
    assert path.exists()
    assert nights.files("processing") == []
    assert nights.kinds() == ["failed"]
    assert nights.start().code == 0


def test_a_place_that_does_not_let_go_of_a_file_is_told_and_the_file_imported(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)

    def refuse(*_: object) -> None:
        raise UnusableInputError("the file could not be put away there")

    monkeypatch.setattr(LocalPlace, "let_go", refuse)
    done = nights.start()
    assert (done.code, done.out) == (0, "a.csv: imported\n")
    assert "the file could not be put away there" in done.lines


def test_a_run_that_a_person_holds_ends_the_start_with_7(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)
    nights.workshop.sandbox(faults="ok 503 503 503 503 503 503 503 503")
    assert nights.start().code == 5
    nights.workshop.sandbox()
    with RunFolder(nights.workshop.run_folder()).locked():
        assert nights.start().code == 7
    assert nights.start().code == 0
    assert nights.kinds() == ["failed", "recovered"]


def test_a_disk_that_gives_up_while_sending_is_gone_on_with(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)
    run = runs.run

    def stop(*files: Any, **options: Any) -> Any:
        run(*files, **options)
        raise StoppedError("the disk gave up")

    nights.workshop.sandbox(faults="ok 503 503 503 503 503 503 503 503")
    with monkeypatch.context() as patch:
        patch.setattr(runs, "run", stop)
        done = nights.start()
    assert done.code == 5
    assert any("the disk gave up" in line for line in done.lines)
    nights.workshop.sandbox()
    assert nights.start().code == 0
    assert nights.files("archive") == ["a.csv"]


class KilledError(BaseException):
    """Stands for a process that is killed."""


def killed_before_putting_away(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the job, and kill it when its file is imported and about to be put away."""

    def killed(*_: object, **__: object) -> Path:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Keeping, "file_away", killed)
        with pytest.raises(KilledError):
            nights.start()


def test_a_file_is_put_away_although_its_run_is_gone(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)
    killed_before_putting_away(nights, monkeypatch)
    shutil.rmtree(nights.workshop.run_folder())
    assert nights.start().code == 0
    assert nights.files("archive") == ["a.csv"]


def test_what_a_file_came_to_is_told_although_runs_are_kept_elsewhere_now(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.drop("a.csv", FEW)
    killed_before_putting_away(nights, monkeypatch)
    (one,) = nights.start("--runs-dir", "others", "--json").json["files"]
    assert (one["end"], one["rows"]["created"]) == ("imported", len(FEW))


def test_what_is_done_beside_the_import_is_told_when_it_fails(nights: Nights) -> None:
    nights.configure(JOB.replace("metrics: metrics", "metrics: nowhere/at/all"))
    nights.drop("a.csv", FEW)
    nights.listener.down = True
    done = nights.start()
    assert done.code == 0
    assert "nowhere/at/all" in done.err
    assert "heartbeat" in done.err.lower()
    stray = nights.inbox / "processing" / "stray"
    stray.mkdir(parents=True)
    assert "belongs to no file that this job took: look at it" in nights.start().err


def test_what_is_old_and_cannot_be_deleted_is_told(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> tuple[str, ...]:
        raise UnusableInputError("inbox/archive cannot be deleted")

    monkeypatch.setattr(Keeping, "retire", refuse)
    assert "what is old could not be deleted: inbox/archive cannot be deleted" in nights.start().err


def test_a_failure_nobody_wants_to_hear_of_is_told_to_nobody(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.configure(JOB.replace("WEBHOOK}", "WEBHOOK, on: [success]}"))
    state = nights.workshop.folder.parent / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.write_text("a file stands here", encoding="utf-8")
    done = nights.start()
    assert done.code == 4
    assert nights.told() == []
