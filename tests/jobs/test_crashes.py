"""A job that dies between any two steps: the next start puts it right."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from importer.jobs.keeping import Keeping
from importer.state.sqlite_store import SqliteStore
from tests.jobs.nights import Listener as Listener
from tests.jobs.nights import Nights
from tests.jobs.nights import listener as listener
from tests.jobs.nights import nights as nights

PEOPLE = range(1, 12)


class KilledError(BaseException):
    """Stands for a process that is killed: nothing of ours expects it."""


@contextmanager
def _killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Die before or after the n-th thing that a job makes durable; gives what was done by then."""
    done: list[str] = []

    def step_of(name: str) -> None:
        done.append(name)
        if len(done) == step:
            raise KilledError(name)

    def counted(owner: type, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def work(*arguments: Any, **options: Any) -> Any:
            if owner is SqliteStore and "jobs" not in str(arguments[0]._path):
                return original(*arguments, **options)
            step_of(f"before {name}")
            result = original(*arguments, **options)
            step_of(f"after {name}")
            return result

        patch.setattr(owner, name, work)

    with monkeypatch.context() as patch:
        counted(SqliteStore, "_transaction")
        counted(Path, "rename")
        counted(Keeping, "file_away")
        yield done


def _killed(nights: Nights, step: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start the job and kill it at a step; what it was doing then, "" if it ended before."""
    with _killed_at(step, monkeypatch) as done, suppress(KilledError):
        nights.start()
        return ""
    return f"step {step}: {done[-1]}"


def _finish(nights: Nights) -> list[str]:
    """Start the job until nothing is left; give the kinds of word that were heard."""
    for _ in range(2):
        nights.start()
    return nights.kinds()


def test_a_good_file_is_imported_once_wherever_the_job_dies(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.at(1, 5)
    for step in itertools.count(1):
        name, city = f"contacts-{step}.csv", f"City{step}"
        nights.drop(name, PEOPLE, city=city)
        nights.workshop.sandbox()
        runs = len(nights.workshop.run_folders())
        said = _killed(nights, step, monkeypatch)
        _finish(nights)
        assert nights.workshop.contact("person3@example.com")["f_City"] == city, said
        assert nights.files("archive").count(name) == 1, said
        assert nights.files("processing") == [], said
        finished = [
            folder
            for folder in nights.workshop.run_folders()[runs:]
            if json.loads((folder / "summary.json").read_bytes())["state"] == "finished"
        ]
        assert len(finished) == 1, said
        assert set(nights.workshop.times_carried().values()) == {1}, said
        if not said:
            break
    assert step > 20


def test_a_bad_file_is_told_wherever_the_job_dies(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.at(1, 5)
    for step in itertools.count(1):
        nights.drop(f"good-{step}.csv", PEOPLE, city=f"City{step}")
        _finish(nights)
        name = f"bad-{step}.csv"
        nights.write(name, b"\x00\xff" * (301 + step))
        said = _killed(nights, step, monkeypatch)
        assert "failed" in [*nights.kinds(), *_finish(nights)], said
        assert nights.files("failed").count(name) == 1, said
        assert nights.files("processing") == [], said
        if not said:
            break
    assert step > 15
