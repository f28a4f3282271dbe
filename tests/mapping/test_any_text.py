"""No text whatsoever stops the reading of a mapping with anything but a mistake."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.documents import parse_document
from importer.errors import Mistake, UnusableInputError
from importer.mapping import read_mapping
from importer.mapping.resolving import resolve_mapping
from tests.mapping.reading import GRAMMARS, HEAD
from tests.mapping.test_document import NEWSLETTER
from tests.mapping.wrong_mappings import WRONG

SIGNS = [
    *"abYN01?:-,[]{}#&*!|>'\"%@`\\~= \t\n",
    *(
        "  ",
        "\n  ",
        ": ",
        "- ",
        "---\n",
        "...\n",
        "<<: ",
        "&a ",
        "*a",
        "!!str ",
        "!<",
        "%YAML 1.1\n",
    ),
    *(
        "\\U00110000",
        "\\UFFFFFFFF",
        "\\ud800",
        "\\0",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
        "é",
        "😀",
    ),
    *("null", "true", "yes", "0x1F", "1e999", ".inf", "field", "columns", "key_f_EMail", "optin_A"),
]


def read(text: str) -> None:
    """Read a text as a mapping; the one thing that may come of a wrong one is its mistakes."""
    mistakes: tuple[Mistake, ...] = ()
    try:
        mapping = resolve_mapping(parse_document(text, "m.yaml"), GRAMMARS)
    except UnusableInputError as error:
        mistakes = error.mistakes
    assert mistakes or mapping.rules
    for mistake in mistakes:
        assert mistake.file == "m.yaml"
        str(mistake).encode()  # what is said can be shown


@given(st.text())
def test_any_text_is_a_mapping_or_mistakes(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join))
def test_any_signs_of_yaml_are_a_mapping_or_mistakes(text: str) -> None:
    read(text)
    read(HEAD + text)
    read(f"{HEAD}  Nom: {text}\n")


@given(
    st.sampled_from([NEWSLETTER, *WRONG.values()]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(["", *SIGNS]))),
)
def test_a_mapping_that_was_damaged_is_a_mapping_or_mistakes(
    text: str, damages: list[tuple[float, int, str]]
) -> None:
    for where, length, sign in damages:
        at = int(where * len(text))
        text = text[:at] + sign + text[at + length :]
    read(text)


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["ignore", "f_A", "key_f_EMail", "optin_A", "date", "yes", "{Nom}", "skip"])
    | st.text(max_size=5)
)
members = st.sampled_from(
    [
        *("name", "target", "columns", "constants", "computed", "merge", "consent", "duplicates"),
        *("field", "type", "format", "values", "blank", "default", "aliases", "required", "mode"),
        *("yes_to", "source", "header_row", "encoding", "delimiter", "pattern", "max_length", "A"),
    ]
)
contents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=5),
    max_leaves=15,
)


@given(st.dictionaries(members, contents, max_size=8))
def test_any_members_are_a_mapping_or_mistakes(content: dict[str, object]) -> None:
    read(json.dumps({"name": "n", "target": "dialog-insight"} | content, ensure_ascii=False))


@given(content=st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_a_mapping_or_mistakes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(UnusableInputError) as raised:
        read_mapping(path, GRAMMARS)
    assert {mistake.file for mistake in raised.value.mistakes} == {str(path)}
