"""The mapping document, its checks, and the renaming of columns to field codes."""

from importer.mapping.binding import bind
from importer.mapping.bound import BoundMapping
from importer.mapping.code_hints import Grammar
from importer.mapping.consent_checks import reads_negatively
from importer.mapping.document import Mapping, YesTo, json_schema
from importer.mapping.drift import Drift, DriftedError, drift_in_words, merged
from importer.mapping.resolving import read_mapping
from importer.mapping.seen import SeenTable, TableSight
from importer.mapping.settling import unsettled
from importer.mapping.sheet import Converted, SheetRow, convert

__all__ = [
    "BoundMapping",
    "Converted",
    "Drift",
    "DriftedError",
    "Grammar",
    "Mapping",
    "SeenTable",
    "SheetRow",
    "TableSight",
    "YesTo",
    "bind",
    "convert",
    "drift_in_words",
    "json_schema",
    "merged",
    "read_mapping",
    "reads_negatively",
    "unsettled",
]
