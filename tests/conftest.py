"""What all tests share."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from importer import language
from tests.browsers import chromium as chromium  # a fixture, as all that follow
from tests.browsers import opened as opened
from tests.offices import converted as converted
from tests.runs.workshop import workshop as workshop

# No test has a time limit: a busy machine is not a defect.
hypothesis.settings.register_profile("importer", deadline=None)
hypothesis.settings.load_profile("importer")

# Tests press Ctrl-C in processes they start; started in the background, those would ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)


_OPEN_FILES = 400  # a good deal below what select() can watch


@pytest.fixture(autouse=True)
def few_open_files() -> Iterator[None]:
    """Imitated platforms that nobody holds any more let go of their files before they are many."""
    yield
    with contextlib.suppress(OSError):
        if sum(1 for _ in Path("/dev/fd").iterdir()) > _OPEN_FILES:
            gc.collect()


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests speak English, whatever the machine does, unless they say otherwise."""
    monkeypatch.delenv(language.ENVIRONMENT, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with language.speaking(language.ENGLISH):
        yield
    language.prefer(None)
