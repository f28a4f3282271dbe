"""How constants and computed fields are made, read from what a mapping says of them."""

from __future__ import annotations

from importer.documents import inline
from importer.errors import sentence_of
from importer.language import tr
from importer.mapping.rules import Say
from importer.mapping.sections import ComputedSection, ConstantSection, OptionsSection
from importer.mapping.template import Joined, Part, Recipe, Template, parse_template

IGNORE = "ignore"


def recipe_of(
    code: str, spec: str | ConstantSection | ComputedSection, say: Say, *, constant: bool
) -> Recipe | None:
    """Read how a field is made; None where what is wrong is said already.

    ``constant``: it stands under ``constants``.
    """
    if isinstance(spec, ComputedSection):
        return _computed(code, spec, say)
    text, place = (spec, ()) if isinstance(spec, str) else (spec.value, ("value",))
    if constant and spec == IGNORE:
        say(
            tr(
                '{code} would get the text "{text}" in every row: leave the line out, or write '
                "{members} if that is meant",
                code=code,
                text=IGNORE,
                members=inline({"value": IGNORE}),
            )
        )
        return None
    return _template(code, text, say, *place)


def options_of(
    code: str, spec: str | ConstantSection | ComputedSection, say: Say
) -> OptionsSection:
    """Give the options of a made field; refuse those that a constant has no use for."""
    if isinstance(spec, str):
        return OptionsSection()
    if isinstance(spec, ConstantSection) and "blank" in spec.model_fields_set:
        say(
            tr("{code} is a constant, and a constant is never blank: leave `blank` out", code=code),
            "blank",
        )
    return spec


def _template(code: str, text: str, say: Say, *place: str) -> Template | None:
    if not text.strip():
        say(tr("{code} has no text, so nothing would be written: leave it out", code=code), *place)
        return None
    try:
        return parse_template(text)
    except ValueError as error:
        say(tr("{place}: {sentence}", place=code, sentence=sentence_of(error)), *place)
        return None


def _computed(code: str, spec: ComputedSection, say: Say) -> Recipe | None:
    """Read how a computed field is made: in exactly one of the three ways."""
    ways = [way for way in ("template", "join", "split") if getattr(spec, way) is not None]
    if len(ways) != 1:
        say(
            tr(
                '{code} must say how it is made: put a text such as "{{Nom}}" in quotes, or write '
                "one of template, join and split",
                code=code,
            )
        )
        return None
    if spec.part is not None and spec.split is None:
        say(tr("`part` is for `split`: leave it out"), "part")
    if spec.by is not None and spec.template is not None:
        say(tr("`by` is for `join` and `split`: leave it out"), "by")
    by = " " if spec.by is None else spec.by
    if spec.template is not None:
        return _template(code, spec.template, say, "template")
    if spec.join is not None:
        if len(spec.join) < 2:
            say(tr("`join` puts columns together: name two at least"), "join")
        return Joined(tuple(spec.join), by)
    if spec.part in {None, 0}:
        say(
            tr(
                "`split` needs to know which part is meant: add part: 1 for the first, 2 for the "
                "second, -1 for the last"
            ),
            "split",
        )
    if not by:
        say(tr("`by` must be the text to cut at"), "by")
        return None
    return Part(str(spec.split), by, spec.part or 1)
