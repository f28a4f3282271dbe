"""Issue codes: every one has its sentence, and the documentation lists them all."""

from __future__ import annotations

import re
import string
from pathlib import Path

from importer.issues import MESSAGES, IssueCode, message

DOCUMENT = Path(__file__).parents[1] / "docs" / "issue-codes.md"


def test_every_code_has_a_sentence() -> None:
    assert set(MESSAGES) == set(IssueCode)


def test_sentences_use_only_what_an_issue_knows() -> None:
    for text in MESSAGES.values():
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        assert names <= {"column", "value", "detail"}


def test_the_documentation_lists_every_code_with_its_sentence() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == {code.value: text.strip() for code, text in MESSAGES.items()}


def test_a_value_with_brackets_is_shown_as_it_is() -> None:
    shown = message("email-invalid", column="Courriel", value="{detail}", detail="no @")
    assert '"{detail}" is no e-mail address' in shown


def test_a_very_long_value_is_cut_in_its_sentence() -> None:
    said = message(IssueCode.DATE_INVALID, column="Day", value="x" * 1_000_000, detail="DD/MM/YYYY")
    assert said.startswith('"xxx')
    assert '…" in Day' in said
    assert len(said) < 600
    assert message(IssueCode.EMAIL_INVALID, value="y" * 500, detail="no.").count("y") == 500
