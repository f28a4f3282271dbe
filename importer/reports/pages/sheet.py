"""What both pages are made of: templates, the style, the script, and what may run of them."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from importer.language import number, spoken, tr, trn
from importer.reports.pages.call_picture import pace
from importer.reports.pages.pictures import answers, row_bar
from importer.reports.words.consent_words import by_mapping
from importer.reports.words.figures import clip, duration, moment, share, size
from importer.reports.words.table_words import form, left_out, table_name
from importer.reports.words.titles import effect_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

# What HTML would read as something else, or not at all.
_UNREADABLE = {"\r": "&#13;", "\0": "\ufffd"}


def rendered(
    template: str, *, styles: Sequence[str], scripts: Sequence[str] = (), **values: Any
) -> str:
    """Make a page in the language that is spoken: of a template, its style and its script.

    Only these, known by their sums, may run or count; nothing comes from anywhere else.
    """
    environment = _environment()
    style = _joined(styles)
    script = _joined(scripts)
    policy = [
        "default-src 'none'",
        f"style-src {_sum(style)}",
        f"script-src {_sum(script)}" if scripts else "script-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    text = environment.get_template(template).render(
        style=style, script=script, policy="; ".join(policy), language=spoken(), **values
    )
    for sign, instead in _UNREADABLE.items():
        text = text.replace(sign, instead)
    return text.lstrip()


def _sum(text: str) -> str:
    """Write the sum of an element's text as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=8)
def _joined_of(names: tuple[str, ...]) -> Markup:
    loader = _environment().loader
    assert loader is not None
    texts = [loader.get_source(_environment(), name)[0] for name in names]
    return Markup("\n" + "".join(texts).replace("\r\n", "\n"))  # noqa: S704 - our own files


def _joined(names: Sequence[str]) -> Markup:
    return _joined_of(tuple(names))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("importer.reports.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(tr=tr, trn=trn, number=number, file_link=_file_link)
    environment.filters.update(
        share=share,
        moment=moment,
        duration=duration,
        size=size,
        clip=clip,
        filled=filled,
        title_of=title_of,
        effect_of=effect_of,
        by_mapping=by_mapping,
        answers=answers,
        row_bar=row_bar,
        table_name=table_name,
        form=form,
        left_out=left_out,
        pace=pace,
    )
    return environment


def filled(sentence: str, **values: Any) -> Markup:
    """Fill the places of a sentence with elements, or with text that is escaped."""
    return escape(sentence).format(**values)


def _file_link(name: str) -> Markup:
    return Markup('<a href="{0}">{0}</a>').format(name)
