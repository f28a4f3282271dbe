"""Texts that break programs go from the cell to the request as they are."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from importer.blanks import BLANKS
from tests.runs.workshop import Workshop

SHARED = Path(__file__).parents[2].parent / "shared"
MAPPING = """\
name: people
target: dialog-insight
source: {encoding: utf-8, delimiter: comma, header_row: 1, last_row: end}
columns:
  No: key_f_EMail
  Text: f_Notes
  As it is: {field: f_LastName, trim: false}
"""
OWN = (
    "undefined", "NaN", "1e1000", "0x0", "null", "true", "-", "=1+1", "@SUM(1)", "'a", '"', "\\",
    "\u202eabc\u202c", "\U0001f469\u200d\U0001f680", "Ω≈ç√∫", "部落格", "\u202btest\u202b",
    "Z\u032e\u031e\u0320a\u0349l\u0356go", "<script>alert(0)</script>", "' OR 1=1 --",
    "%s%n{0}", "{run.date}",
    "a\nb\r\nc", "a\tb", "\x7f\x1b[31m", "   x   ", "\ufeffx", "|", "x|y;z", "#CLEAR", "ﬀ ŉ İ ß",
)  # fmt: skip


def test_texts_that_break_programs_arrive_as_they_are(workshop: Workshop) -> None:
    _sent_as_they_are(workshop, OWN)


def test_bytes_of_a_command_line_that_are_no_text_are_question_marks(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "mar\udce9")
    workshop.people(2)
    assert workshop.importer("run", "people.csv", "--yes", "--note", "Salon d\udce9").code == 0
    summary = workshop.summary()
    assert (summary["operator"], summary["note"]) == ("mar?", "Salon d?")
    for command in (["find"], ["show", workshop.run_id(), "--key"]):
        assert workshop.importer(*command, "p\udce9").code == 4


def test_naughty_strings_arrive_as_they_are(workshop: Workshop) -> None:
    path = SHARED / "corpus" / "naughty-strings.json"
    if not path.is_file():
        pytest.skip("the strings are only there in development")
    _sent_as_they_are(workshop, tuple(json.loads(path.read_text(encoding="utf-8"))))


def _sent_as_they_are(workshop: Workshop, texts: tuple[str, ...]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(["No", "Text", "As it is"])
    writer.writerows([f"n{number}@example.com", text, text] for number, text in enumerate(texts))
    workshop.write("mappings/people.yaml", MAPPING)
    workshop.write("people.csv", stream.getvalue().encode("utf-8"))
    assert workshop.importer("run", "people.csv", "--yes").code in {0, 3}  # some are too long
    sent = {
        contact["ID"]["key_f_EMail"]: contact["Data"]
        for call in workshop.network.merges()
        for contact in call["Records"]
    }
    assert len(sent) == len(texts)
    for number, text in enumerate(texts):
        trimmed = text.strip(BLANKS)
        expected = {"f_Notes": trimmed, "f_LastName": text} if trimmed else {}
        assert sent[f"n{number}@example.com"] == expected, repr(text)
