"""The French catalogue: whole, true to the code, and compiled from what people read."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from babel.messages.catalog import Message

from tests.language.catalogue import COMPILED, collected, compiled, is_translated, translated

_OLD_WORDS = re.compile(r"\b(e-?mails?|emails?|check|run|job)\b", re.IGNORECASE)


def _places(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:  # braces of an example: it is said without values
        return set()


def _pairs(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[-1], french) for french in message.string or ()]


def test_every_sentence_has_its_french() -> None:
    french = translated()
    missing = []
    for message in collected():
        if message.id:
            one = message.id if isinstance(message.id, str) else message.id[0]
            found = french.get(one)
            if found is None or not is_translated(found.string):
                missing.append(one)
    assert missing == [], "python -m tests.language.catalogue lists what is new"


def test_nothing_is_translated_that_nobody_says() -> None:
    said = {m.id if isinstance(m.id, str) else m.id[0] for m in collected()}
    kept = [m.id if isinstance(m.id, str) else m.id[0] for m in translated()]
    assert [one for one in kept if one not in said] == []


def test_every_place_of_a_sentence_is_in_its_french() -> None:
    wrong = []
    for message in translated():
        for english, french in _pairs(message) if message.id else ():
            there, due = _places(french), _places(english)
            if not (there == due or (there < due and due - there == {"count"})):
                wrong.append((english, french))
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_its_source() -> None:
    assert COMPILED.read_bytes() == compiled(translated())


@pytest.mark.parametrize("sign", [" :", " %", " »", "« ", " ?", " !"])
def test_french_signs_do_not_begin_a_line(sign: str) -> None:
    assert [m.id for m in translated() if m.id and any(sign in f for _, f in _pairs(m))] == []
