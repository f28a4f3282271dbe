"""Columns of text -> columns of JSON text, by Arrow's kernels.

They write a million values in the time that Python needs for a tenth of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from importer.errors import DefectError
from importer.field_rules import ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import PlannedField

OBJECT, ARRAY = ("{", "}"), ("[", "]")
"""The brackets of a section."""

_INTEGER = r"^(-?(0|[1-9][0-9]*))?$"
_DECIMAL = r"^(-?(0|[1-9][0-9]*)(\.[0-9]+)?)?$"
_TO_ESCAPE = r'["\\\x00-\x1f]'


def joined(*parts: Any) -> Any:
    """Put texts together, row by row; a part may be one text for all. A missing part: missing."""
    return pc.binary_join_element_wise(*parts, "")


def member(name: str, values: Any) -> Any:
    """Make a member of an object, with a comma in front; a missing value has none.

    ``values``: JSON texts.
    """
    return pc.fill_null(joined(f',"{name}":', values), "")


def inside(members: Sequence[Any], rows: int) -> Any:
    """Put the members of an object together, or the elements of a list."""
    # Not the kernel's own way to skip nulls: it leaves out rows in which every value is missing.
    return joined(*members) if members else pa.repeat("", rows)


def section(
    name: str, members: Sequence[Any], rows: int, brackets: tuple[str, str] = OBJECT
) -> Any:
    """Make a member that holds others, or a list; one without content is the empty text.

    ``members``: of an object, or elements of a list, with a comma in front.
    """
    content = inside(members, rows)
    start, end = brackets
    whole = joined(f',"{name}":{start}', without_comma(content), end)
    return pc.if_else(pc.equal(content, ""), "", whole)


def without_comma(content: Any) -> Any:
    """Take off the comma in front of the first member, or of the first element."""
    return pc.utf8_slice_codeunits(content, 1)


def objects(members: Sequence[Any], rows: int) -> Any:
    """Make an object of each row's members, which have a comma in front."""
    whole = joined("{", inside(members, rows), "}")
    return pc.replace_substring(whole, "{,", "{", max_replacements=1)


def lacks_any(texts: Any) -> bool:
    """Tell whether a value is missing or empty."""
    return bool(texts.null_count) or bool(pc.any(pc.equal(texts, ""), min_count=0).as_py())


def quoted(texts: Any) -> Any:
    """Write texts as JSON texts."""
    return joined('"', escaped(texts), '"')


def escaped(texts: Any) -> Any:
    """Escape what JSON text cannot hold as it is; few values need it."""
    odd = pc.fill_null(pc.match_substring_regex(texts, _TO_ESCAPE), False)
    if not pc.any(odd).as_py():
        return texts
    plain = [orjson.dumps(text).decode()[1:-1] for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(plain, pa.string()))


def looked_up(field: PlannedField, texts: Any, words: Mapping[str, str | None]) -> Any:
    """Write each text as ``words`` does. Raises DefectError for a text they lack."""
    places = pc.index_in(texts, value_set=pa.array(list(words), pa.string()))
    if places.null_count != texts.null_count:
        raise not_canonical(field)
    return pa.array(list(words.values()), pa.string()).take(places)


def numbers(field: PlannedField, texts: Any, *, empty: str) -> Any:
    """Write the digits as they stand: a float would round them, a large integer not fit.

    ``empty``: what is written for the empty text. Raises DefectError for what is no number.
    """
    form = _INTEGER if field.type is ValueType.INTEGER else _DECIMAL
    if not pc.all(pc.match_substring_regex(texts, form), min_count=0).as_py():
        raise not_canonical(field)
    return pc.if_else(pc.equal(texts, ""), empty, texts)


def not_canonical(field: PlannedField) -> DefectError:
    """Make the error of a value that the check should not have let through."""
    return DefectError(f"the plan holds a value of {field.code} that is no {field.type} as checked")
