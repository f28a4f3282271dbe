"""Values that a mapping itself writes: those that can never pass are said before a row is read."""

from __future__ import annotations

import pytest

from importer.assembly import value_mistakes
from tests.mapping.reading import HEAD, RUN_DATE, mapping_of
from tests.runs.workshop import PEOPLE, Workshop


def said(more: str) -> list[str]:
    return [str(one) for one in value_mistakes(mapping_of(HEAD + more), run_date=RUN_DATE)]


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        ("f_A: {value: bof, type: boolean}", "is neither a yes nor a no"),
        ("f_A: {value: 32/13/2020, type: date, format: DD/MM/YYYY}", "does not exist"),
        ("f_A: {value: abc, type: integer}", "is no whole number"),
        ("f_A: {value: abcdef, max_length: 3}", "6 characters, 3 are allowed"),
        ("f_A: {value: q, values: {a: b}, other: reject}", "does not list"),
        ("f_EMail: pasuneadresse", "is no e-mail address"),
        ("f_BirthDate: {value: 2990-01-01, type: date}", "lies in the future"),
        ("f_A: {value: '{run.date}', type: integer}", '"2026-11-22" in f_A is no whole number'),
    ],
)
def test_a_constant_that_can_never_pass_is_said(constant: str, words: str) -> None:
    (mistake,) = said(f"constants:\n  {constant}\n")
    assert mistake.startswith("newsletter.yaml:6:")
    assert "is the same in every row, and can never pass: " in mistake
    assert words in mistake


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("{field: f_A, type: integer, blank: {default: x}}", "the default of f_A can never pass"),
        ("{field: f_A, type: date, blank: {default: bof}}", "is no date of the form YYYY-MM-DD"),
        ("{field: f_A, type: integer, values: {a: douze, b: 1}}", 'what "a" of f_A stands for'),
        ("{field: f_A, type: email, values: {a: b}}", "is no e-mail address"),
        ("{field: f_A, type: phone, region: CA, values: {a: 12}}", "is no phone number"),
        (
            "{field: f_A, type: integer, values: {a: 1}, other: {value: b}}",
            "what an unlisted text of f_A stands for can never pass",
        ),
    ],
)
def test_a_default_or_a_mapped_value_that_can_never_pass_is_said(column: str, words: str) -> None:
    (mistake,) = said(f"  A: {column}\n")
    assert mistake.startswith("newsletter.yaml:5:")
    assert words in mistake


def test_a_default_of_a_consent_must_be_an_answer() -> None:
    more = "  A: {field: optin_A, blank: {default: bof}}\nconsent: {yes_to: everyone}\n"
    (mistake,) = said(more)
    assert "is neither a yes nor a no" in mistake


@pytest.mark.parametrize(
    "more",
    [
        "constants: {f_A: {value: '{run.date}', type: date}}\n",
        "constants: {f_A: {value: '{file.name}', type: integer}}\n",
        "constants: {f_A: {value: 2020-01-02, type: date, format: DD/MM/YYYY}}\n",
        "constants: {f_A: {value: a, type: integer, values: {a: 1}}}\n",
        "constants: {f_A: {value: 12, type: phone, region: {column: Courriel}}}\n",
        "computed: {f_A: {template: 'x {Courriel}', type: integer}}\n",
        "computed: {f_A: {join: [Courriel, B], type: integer}}\n",
        "  A: {field: f_A, type: phone, region: {column: B}, values: {a: 12}}\n",
        "  A: {field: f_A, type: phone, region: CA, extension_field: f_B}\n",
        "  A: {field: f_A, type: boolean, values: {a: yes}, blank: {default: a}}\n",
        "  A: {field: f_A, type: integer, replace: {a: ''}, values: {x: 12}, blank: {default: 1}}\n"
        "  B: {field: f_B, type: email, blank: {default: a@gmial.com}}\n",
        "  A: {field: optin_A, values: {a: leave, b: no}}\nconsent: {yes_to: everyone}\n",
    ],
)
def test_what_can_pass_or_is_not_known_yet_is_not_refused(more: str) -> None:
    assert said(more) == []


WRONG = "constants:\n  f_A: {value: abc, type: integer}\n"


def test_the_mapping_is_refused_before_the_file_is_read(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", PEOPLE + WRONG)
    told = workshop.importer("mapping", "check", "people")
    assert told.code == 4
    assert told.lines[0].startswith("importer: mappings/people.yaml:9:16: f_A is the same")
    workshop.write("some.csv", "Email,First,City\na@example.com,A,B\n")
    for more in (["-m", "people"], []):
        done = workshop.importer("check", "some.csv", *more)
        assert done.code == 4
        assert "f_A is the same in every row, and can never pass" in done.err
