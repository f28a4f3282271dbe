"""What was understood, in the words of the mapping, and the sentences for what is in doubt."""

from __future__ import annotations

import pytest

from importer.sources.readings import doubts
from importer.tables import Certainty, Reading

DOUBTFUL = Certainty.DOUBTFUL


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        (Reading("header", "none", DOUBTFUL, ("row 1",), "source: {header_row: none}"),
         "Row 1 may be the header, or there may be none: `source: {header_row: none}` in the "
         "mapping settles it."),
        (Reading("delimiter", ";", DOUBTFUL, ("tab", " | "), 'source: {delimiter: ";"}'),
         'The delimiter may be tab or " | " as well as ";": `source: {delimiter: ";"}` in the '
         "mapping settles it."),
        (Reading("encoding", "cp1252", DOUBTFUL, ("mac-roman",), "source: {encoding: cp1252}"),
         "The encoding may be mac-roman as well as cp1252: `source: {encoding: cp1252}` in the "
         "mapping settles it."),
        (Reading("encoding", "cp1252", DOUBTFUL, (), "source: {encoding: cp1252}"),
         "The encoding may be another than cp1252: `source: {encoding: cp1252}` in the mapping "
         "settles it."),
    ],
)  # fmt: skip
def test_each_doubt_is_a_sentence_with_the_line_that_settles_it(
    reading: Reading, sentence: str
) -> None:
    sure = Reading("quote", '"', Certainty.LIKELY)
    assert doubts([sure, reading]) == (sentence,)
