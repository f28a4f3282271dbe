"""Templates of constants and computed fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.template import parse_template


@pytest.mark.parametrize(
    ("text", "pieces", "columns"),
    [
        ("", (), ()),
        ("Salon", (("Salon", ""),), ()),
        ("Salon {run.date}", (("Salon ", ""), ("", "run.date")), ()),
        ("{file.name}", (("", "file.name"),), ()),
        ("{Prénom} {Nom}", (("", "Prénom"), (" ", ""), ("", "Nom")), ("Prénom", "Nom")),
        ("{Nom}, {Nom}", (("", "Nom"), (", ", ""), ("", "Nom")), ("Nom", "Nom")),
        ("{ Nom }", (("", "Nom"),), ("Nom",)),
        ("{column 3}", (("", "column 3"),), ("column 3",)),
        ("{{Nom}}", (("{Nom}", ""),), ()),
        ("{{{Nom}}}", (("{", ""), ("", "Nom"), ("}", "")), ("Nom",)),
        ("a }} b {{ c", (("a } b { c", ""),), ()),
        ("{{{{", (("{{", ""),), ()),
        ("{run.date.x}", (("", "run.date.x"),), ("run.date.x",)),
    ],
)
def test_a_template_is_text_with_places(
    text: str, pieces: tuple[tuple[str, str], ...], columns: tuple[str, ...]
) -> None:
    template = parse_template(text)
    assert template.pieces == pieces
    assert template.columns == columns


@pytest.mark.parametrize("text", ["{", "}", "{}", "{ }", "a {} b", "{Nom", "Nom}", "{a{b}}", "}}}"])
def test_a_bracket_that_names_nothing_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"has a bracket that names nothing.*\{\{ or \}\}"):
        parse_template(text)


@given(st.text())
def test_doubled_brackets_write_any_text(text: str) -> None:
    template = parse_template(text.replace("{", "{{").replace("}", "}}"))
    assert "".join(plain for plain, _ in template.pieces) == text
    assert template.columns == ()


@given(st.text(alphabet="{}ab "))
def test_any_text_is_a_template_or_a_mistake(text: str) -> None:
    try:
        template = parse_template(text)
    except ValueError as error:
        assert text in str(error)  # noqa: PT017 - both ends are fine
    else:
        assert all(bool(plain) != bool(name) for plain, name in template.pieces)
