"""What a mapping demands of rows as wholes, from the file to the reports."""

from __future__ import annotations

import pytest

from tests.runs.workshop import Workshop, read_report

HEAD = """\
name: people
target: dialog-insight
columns:
  Email: {field: key_f_EMail, aliases: [Courriel]}
"""
NEWS = """\
  News: optin_News
  When: {field: dtOptin_News, format: YYYY-MM-DD}
consent: {yes_to: everyone}
"""


def test_what_must_be_unique_is_compared_over_all_files_and_told_by_each_ones_header(
    workshop: Workshop,
) -> None:
    rules = "  Card: {field: f_City, aliases: [Carte]}\nrules: {unique: [f_City]}\n"
    workshop.write("mappings/people.yaml", HEAD + rules)
    workshop.write("a.csv", "Email,Card\nana@example.com,K1\nleo@example.com,K2\n")
    workshop.write("b.csv", "Courriel,Carte\nzoe@example.com,k1\nANA@example.com,K1\n")
    done = workshop.importer("run", "a.csv", "b.csv", "--yes")
    assert done.code == 3
    assert workshop.totals() == {"created": 1, "invalid": 3}
    sentence = "must differ from contact to contact, and {} has the same: mend one of them."
    assert [line["message"] for line in workshop.results() if line["message"]] == [
        f"Card {sentence.format('row 2 of b.csv')}",
        f"Carte {sentence.format('row 2 of a.csv')}",
        f"Carte {sentence.format('row 2')}",
    ]
    assert {line["code"] for line in workshop.results()} == {"", "not-unique"}
    issues = workshop.results("issues.csv")
    assert [(one["row"], one["column"], one["value"]) for one in issues] == [
        ("2", "Card", "K1"), ("2", "Carte", "k1"), ("3", "Carte", "K1"),
    ]  # fmt: skip
    fixes = sorted((workshop.run_folder() / "to-fix").iterdir())
    assert [len(read_report(path)) for path in fixes] == [1, 2]


@pytest.mark.parametrize("only", ["yes", "no"])
def test_only_one_answer_is_sent_and_the_rest_is_accounted_for(
    workshop: Workshop, only: str
) -> None:
    workshop.write("importer.yaml", workshop_settings(workshop))
    mapping = HEAD + NEWS.replace("everyone", f"everyone, only: '{only}'")
    workshop.write("mappings/people.yaml", mapping)
    workshop.write(
        "people.csv",
        "Email,News,When\nana@example.com,yes,2026-01-01\nleo@example.com,no,2026-01-02\n"
        "zoe@example.com,,2026-01-03\n",
    )
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    (call,) = workshop.network.merges()
    (contact,) = call["Records"]
    assert contact["Data"]["optin_News"] == {"yes": "1", "no": "0"}[only]
    assert workshop.totals() == {"created": 1, "skipped": 2}
    left = f"The mapping leaves nothing of the row to write: only a {only} is sent of optin_News."
    assert [line["message"] for line in workshop.results()].count(left) == 2
    (alone,) = workshop.results("issues.csv")
    assert (alone["row"], alone["code"]) == ("4", "consent-date-alone")
    assert alone["message"] == (
        "When has a date, and the row does not say what was answered: only a "
        f"{only} is sent, so the date is left out."
    )


def test_a_date_without_its_answer_is_sent_alone(workshop: Workshop) -> None:
    workshop.write("importer.yaml", workshop_settings(workshop))
    workshop.write("mappings/people.yaml", HEAD + NEWS)
    workshop.write("people.csv", "Email,News,When\nzoe@example.com,,2026-01-03\n")
    assert workshop.importer("check", "people.csv").code == 0
    (alone,) = workshop.results("issues.csv")
    assert alone["message"].endswith("what was answered: the date is sent alone.")


def workshop_settings(workshop: Workshop) -> str:
    """Allow the dates of consents."""
    text = (workshop.folder / "importer.yaml").read_text(encoding="utf-8")
    return text.replace("    limits", "    opt_in_dates: true\n    limits")


def test_a_no_in_a_row_that_no_condition_lets_in_withholds_the_yes(workshop: Workshop) -> None:
    more = "  News: {field: optin_News, blank: {default: no}}\nconsent: {yes_to: everyone}\n"
    workshop.write("mappings/people.yaml", HEAD + more + "when: {Land: CA}\n")
    workshop.write(
        "people.csv",
        "Email,News,Land\nana@example.com,yes,CA\nana@example.com,no,US\n"
        "leo@example.com,yes,CA\nleo@example.com,,US\n",
    )
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    (call,) = workshop.network.merges()
    answers = [one["Data"]["optin_News"] for one in call["Records"]]
    assert answers == ["0", "1"]  # a default is no person's no
    assert workshop.totals() == {"created": 2, "skipped": 2}
    assert "consent-conflict" in {one["code"] for one in workshop.results("issues.csv")}
