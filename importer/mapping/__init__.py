"""The mapping document, its checks, and the renaming of columns to field codes."""

from importer.mapping.binding import BLANKS, BoundMapping, bind
from importer.mapping.document import Mapping, json_schema, read_mapping
from importer.mapping.settling import unsettled

__all__ = [
    "BLANKS",
    "BoundMapping",
    "Mapping",
    "bind",
    "json_schema",
    "read_mapping",
    "unsettled",
]
