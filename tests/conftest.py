"""What all tests share."""

from __future__ import annotations

import hypothesis

from tests.runs.workshop import workshop as workshop  # the fixture

# No test has a time limit: a busy machine is not a defect.
hypothesis.settings.register_profile("importer", deadline=None)
hypothesis.settings.load_profile("importer")
