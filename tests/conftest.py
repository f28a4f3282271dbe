"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests speak English, whatever the machine does, unless they say otherwise."""
    monkeypatch.delenv(language.ENVIRONMENT, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with language.speaking(language.ENGLISH):
        yield
    language.prefer(None)
