"""Where a job keeps its files, and how long."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from importer.errors import UnusableInputError
from importer.files import make_private_folders
from importer.job_settings import JobSection, RetentionSection
from importer.jobs.keeping import Keeping, make_pick_up_id
from importer.jobs.waiting import PART
from importer.state import PickUp

TAKEN = datetime(2026, 11, 30, 23, 59, 59, 500_000, tzinfo=UTC)
ENDED = datetime(2026, 12, 1, 0, 10, tzinfo=UTC)
ID = "20261130T235959Z-i0abcd"
PICK_UP = PickUp(ID, "inbox/a.csv", "a.csv", 3, 1.0, TAKEN)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and modes")


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    (tmp_path / "inbox").mkdir()
    return Keeping(tmp_path / "inbox")


def taken(keeping: Keeping, name: str = "a.csv") -> Path:
    make_private_folders(keeping.folder(ID))
    (keeping.folder(ID) / name).write_bytes(b"abc")
    return keeping.folder(ID)


def below(keeping: Keeping) -> list[str]:
    return sorted(
        str(p.relative_to(keeping.root).as_posix()) for p in keeping.root.rglob("*") if p.is_file()
    )


# --- ids ----------------------------------------------------------------------------------------


def test_ids_are_names_that_sort_by_time() -> None:
    chance = random.Random(7)
    moments = [TAKEN + timedelta(milliseconds=5 * n) for n in range(300)]
    ids = [make_pick_up_id(moment, chance) for moment in moments]
    assert ids == sorted(ids)
    assert len(set(ids)) == 300
    assert all(re.fullmatch(r"[0-9]{8}T[0-9]{6}Z-[0-9a-z]{6}", one) for one in ids)


def test_an_id_is_in_utc() -> None:
    montreal = TAKEN.astimezone(timezone(timedelta(hours=-5)))
    assert make_pick_up_id(montreal, random.Random(1)).startswith("20261130T235959Z-")


# --- where --------------------------------------------------------------------------------------


def job_of(files: str, **members: Any) -> JobSection:
    return JobSection(files=[files], **members)


def test_files_are_kept_beside_the_first_ones_of_this_machine_or_where_the_job_says(
    tmp_path: Path,
) -> None:
    (tmp_path / "inbox").mkdir()
    assert Keeping.of(job_of("inbox"), base=tmp_path).root == tmp_path / "inbox"
    assert Keeping.of(job_of("inbox/*.csv"), base=tmp_path).root == tmp_path / "inbox"
    assert Keeping.of(job_of("inbox/a.csv"), base=tmp_path).root == tmp_path / "inbox"
    remote = "sftp://files.example.com/in"
    two = JobSection(files=[remote, "inbox"])
    assert Keeping.of(two, base=tmp_path).root == tmp_path / "inbox"
    assert Keeping.of(job_of(remote, keep_in="kept"), base=tmp_path).root == tmp_path / "kept"
    assert Keeping.of(job_of("inbox", keep_in="a.csv"), base=tmp_path).root == tmp_path / "a.csv"


def test_a_job_that_cannot_keep_anything_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="`keep_in` must say where"):
        Keeping.of(job_of("sftp://files.example.com/in"))
    with pytest.raises(UnusableInputError, match="of `keep_in` is not there: make the folder"):
        Keeping.of(job_of("inbox", keep_in="share/kept"), base=tmp_path)


def test_a_file_lies_in_a_folder_of_its_own(keeping: Keeping) -> None:
    assert keeping.folder(ID) == keeping.root / "processing" / ID
    assert keeping.file(PICK_UP) == keeping.root / "processing" / ID / "a.csv"


# --- putting away -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failed", "place"), [(False, f"archive/2026/12/{ID}/a.csv"), (True, f"failed/{ID}/a.csv")]
)
def test_a_file_is_put_away_with_its_folder_and_as_often_as_one_likes(
    failed: bool, place: str, keeping: Keeping
) -> None:
    (taken(keeping) / "a.csv.done").write_bytes(b"")
    for _ in range(3):
        assert keeping.file_away(PICK_UP, ENDED, failed=failed) == keeping.root / place
        assert below(keeping) == [place, f"{place}.done"]
    assert [p.name for p in (keeping.root / "processing").iterdir()] == []
    if os.name == "posix":
        assert (keeping.root / place).parent.stat().st_mode & 0o777 == 0o700
        assert (
            keeping.root / "archive" if not failed else keeping.root / "failed"
        ).stat().st_mode & 0o777 == 0o700


def test_an_empty_folder_that_was_made_again_goes_and_a_full_one_replaces_nothing(
    keeping: Keeping,
) -> None:
    taken(keeping)
    kept = keeping.file_away(PICK_UP, ENDED, failed=False)
    make_private_folders(keeping.folder(ID))
    assert keeping.file_away(PICK_UP, ENDED, failed=False) == kept
    (taken(keeping) / "a.csv").write_bytes(b"another")
    with pytest.raises(UnusableInputError, match="cannot be moved to"):
        keeping.file_away(PICK_UP, ENDED, failed=False)
    assert kept.read_bytes() == b"abc"
    assert keeping.file(PICK_UP).read_bytes() == b"another"


def test_names_of_two_nights_never_clash(keeping: Keeping) -> None:
    for number in range(3):
        pick_up = PickUp(f"2026120{number}T000000Z-aaaaaa", "p", "a.csv", 1, 1.0, TAKEN)
        make_private_folders(keeping.folder(pick_up.id))
        keeping.file(pick_up).write_bytes(b"%d" % number)
        keeping.file_away(pick_up, ENDED, failed=False)
    contents = {(keeping.root / one).read_bytes() for one in below(keeping)}
    assert contents == {b"0", b"1", b"2"}


def test_what_is_half_fetched_is_cleared_and_a_file_never(keeping: Keeping) -> None:
    keeping.clear(ID)  # nothing is there
    make_private_folders(keeping.folder(ID))
    (keeping.folder(ID) / PART).write_bytes(b"half")
    keeping.clear(ID)
    assert not keeping.folder(ID).exists()
    taken(keeping)
    keeping.clear(ID)
    assert keeping.file(PICK_UP).exists()


def test_what_nobody_knows_of_is_told_and_stays(keeping: Keeping) -> None:
    assert keeping.left_over(()) == ()
    taken(keeping)
    (keeping.root / "processing" / "stray.csv").write_bytes(b"")
    stray = str(keeping.root / "processing" / "stray.csv")
    assert keeping.left_over({ID}) == (stray,)
    assert keeping.left_over(()) == (str(keeping.folder(ID)), stray)


# --- deleting -----------------------------------------------------------------------------------


def kept_at(keeping: Keeping, where: str, moment: datetime) -> Path:
    folder = keeping.root / where / make_pick_up_id(moment, random.Random(where))
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"abc")
    return folder


def test_only_what_is_older_than_the_retention_goes_and_empty_months_with_it(
    keeping: Keeping,
) -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    old = kept_at(keeping, "archive/2025/01", now - timedelta(days=91))
    older = kept_at(keeping, "archive/2026/10", now - timedelta(days=90, seconds=1))
    young = kept_at(keeping, "archive/2026/10", now - timedelta(days=90))
    failed = kept_at(keeping, "failed", now - timedelta(days=366))
    failed_young = kept_at(keeping, "failed", now - timedelta(days=364))
    gone = keeping.retire(RetentionSection(archive="90d", failed="1y"), now)
    assert gone == tuple(map(str, (old, older, failed)))
    assert young.exists()
    assert failed_young.exists()
    assert not (keeping.root / "archive" / "2025").exists()
    assert keeping.retire(RetentionSection(archive="90d", failed="1y"), now) == ()


def test_what_has_no_retention_is_never_deleted(keeping: Keeping) -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    kept_at(keeping, "archive/2000/01", now - timedelta(days=9000))
    assert keeping.retire(RetentionSection(), now) == ()
    assert keeping.retire(RetentionSection(failed="1d"), now) == ()
    assert len(below(keeping)) == 1


def test_nothing_else_is_ever_deleted(keeping: Keeping) -> None:
    for one in (
        "archive/a.csv",
        "archive/2020/01/a.csv",
        "archive/2020/01/my own/a.csv",
        "archive/2020/01/20209999T000000Z-aaaa/a.csv",
        "archive/202/01/20200101T000000Z-aaaa/a.csv",
        "archive/2020/1/20200101T000000Z-aaaa/a.csv",
        "archive/20200101T000000Z-aaaa/a.csv",
        "failed/2020/a.csv",
        "processing/20200101T000000Z-aaaa/a.csv",
        "20200101T000000Z-aaaa/a.csv",
    ):
        (keeping.root / one).parent.mkdir(parents=True, exist_ok=True)
        (keeping.root / one).write_bytes(b"")
    (keeping.root / "failed" / "20200101T000000Z-aaaa").write_bytes(b"a file, no folder")
    before = below(keeping)
    now = datetime(2026, 12, 31, tzinfo=UTC)
    assert keeping.retire(RetentionSection(archive="1d", failed="1d"), now) == ()
    assert below(keeping) == before


@POSIX
def test_nothing_is_deleted_through_a_link(keeping: Keeping, tmp_path: Path) -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    other = Keeping(tmp_path / "other")
    folder = kept_at(other, "2020/01", now - timedelta(days=2000))
    (keeping.root / "archive").mkdir()
    (keeping.root / "archive" / "2020").symlink_to(tmp_path / "other" / "2020")
    (keeping.root / "archive" / "2021" / "01").mkdir(parents=True)
    (keeping.root / "archive" / "2021" / "01" / folder.name).symlink_to(folder)
    (keeping.root / "failed").symlink_to(folder.parent)
    assert keeping.retire(RetentionSection(archive="1d", failed="1d"), now) == ()
    inner = kept_at(keeping, "archive/2021/01", now - timedelta(days=1900))
    (inner / "link").symlink_to(folder)
    assert keeping.retire(RetentionSection(archive="1d"), now) == (str(inner),)
    assert (folder / "a.csv").exists()


def test_one_that_cannot_be_deleted_is_told_after_the_others_went(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    stuck = kept_at(keeping, "archive/2020/01", now - timedelta(days=2000))
    other = kept_at(keeping, "failed", now - timedelta(days=2000))
    rmtree = shutil.rmtree

    def refused(path: Path) -> None:
        if path == stuck:
            raise PermissionError(errno.EACCES, "Permission denied")
        rmtree(path)

    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(UnusableInputError) as caught:
        keeping.retire(RetentionSection(archive="1d", failed="1d"), now)
    assert str(caught.value) == f"{stuck} cannot be deleted: Permission denied"
    assert not other.exists()
