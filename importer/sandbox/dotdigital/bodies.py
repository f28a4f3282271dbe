"""Bodies of calls: JSON, of the types that the schema asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.dotdigital.places import place_of
from importer.sandbox.dotdigital.refusals import BAD_TYPES, ApiRefusal

if TYPE_CHECKING:
    Place = tuple[str | int, ...]

_INT32 = 2**31


class WrongTypeError(Exception):
    """A JSON value has the wrong type; ``place``: the way to it from the top."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


def loaded(body: bytes) -> Any:
    """Read JSON. Raises JSONDecodeError, also for what is nested deeper than can be walked."""
    sent = orjson.loads(body)
    try:
        orjson.dumps(sent)  # which goes down less far than its reader
    except TypeError:
        raise orjson.JSONDecodeError("nested too deep", body.decode(), 0) from None
    return sent


def parse(body: bytes, *, code: str = BAD_TYPES) -> dict[str, Any]:
    """Read a body that is a JSON object. Raises ApiRefusal, with ``code`` for what is no JSON."""
    try:
        sent = loaded(body)
    except orjson.JSONDecodeError as problem:
        raise _bad_request(code, problem.lineno, problem.colno) from None
    if not isinstance(sent, dict):
        raise misplaced(body, ())
    return sent


def misplaced(body: bytes, place: Place) -> ApiRefusal:
    """The refusal of a value of the wrong type, told by its line and position as observed."""
    return _bad_request(BAD_TYPES, *place_of(body.decode(), place))


def _bad_request(code: str, line: int, position: int) -> ApiRefusal:
    at = f"line {line}, position {position}"
    return ApiRefusal(
        400, code, "Bad request", [(at, "sandbox: this is not what the schema asks for")]
    )


def object_at(value: object, place: Place) -> dict[str, Any]:
    """The value, if it is an object. Raises WrongTypeError."""
    if not isinstance(value, dict):
        raise WrongTypeError(place)
    return value


def array_at(value: object, place: Place) -> list[Any]:
    """The value, if it is an array. Raises WrongTypeError."""
    if not isinstance(value, list):
        raise WrongTypeError(place)
    return value


def is_int32(value: object) -> bool:
    """Whether it is a JSON integer of 32 bits."""
    return type(value) is int and -_INT32 <= value < _INT32
