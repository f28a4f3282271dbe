"""``summary.json``: what it tells of each file."""

from __future__ import annotations

import json

from importer.reports import Summary, file_summary
from importer.run_folder import ColumnFacts
from importer.tables import Certainty, LeftOut, Part, Reading, TableDescription
from tests.reports.made_up import csv_file, summary

READING = Reading(
    "delimiter", ";", Certainty.DOUBTFUL, others=(",",), settle='source: {delimiter: ";"}'
)
TABLE = TableDescription(
    "contacts.csv",
    "",
    "csv",
    ("Courriel", "Infolettre"),
    header_row=4,
    header_rows=2,
    first_row=6,
    encoding="cp1252",
    delimiter=";",
    quote='"',
    escape="double",
    rows=120,
    warnings=("The delimiter may be another.",),
    readings=(READING,),
    left_out=(LeftOut(Part.PREAMBLE, 1, 3, 3), LeftOut(Part.FOOTER, 122, 124, 3, (122, 123))),
    hidden=7,
    computed=(("Infolettre", 120),),
    ends_in_line_break=False,
)


def test_all_that_was_found_out_of_a_file_is_told() -> None:
    seen = {"Infolettre": ColumnFacts(filled=96, rows=120, looks_like="yes/no")}
    made = summary(files=(file_summary(TABLE, "9f" * 32, seen),))
    (told,) = json.loads(made.as_json())["files"]
    assert told == {
        "path": "contacts.csv",
        "sha256": "9f" * 32,
        "sheet": "",
        "format": "csv",
        "encoding": "cp1252",
        "delimiter": ";",
        "quote": '"',
        "escape": "double",
        "header_row": 4,
        "header_rows": 2,
        "first_row": 6,
        "rows": 120,
        "hidden": 7,
        "computed": {"Infolettre": 120},
        "columns": {
            "Infolettre": {
                "filled": 96,
                "rows": 120,
                "looks_like": "yes/no",
                "looks": {},
                "garbled": 0.0,
            }
        },
        "ends_in_line_break": False,
        "readings": [
            {
                "what": "delimiter",
                "found": ";",
                "certainty": "doubtful",
                "others": [","],
                "settle": 'source: {delimiter: ";"}',
            }
        ],
        "left_out": [
            {"part": "preamble", "first": 1, "last": 3, "rows": 3, "numbers": []},
            {"part": "footer", "first": 122, "last": 124, "rows": 3, "numbers": [122, 123]},
        ],
        "warnings": ["The delimiter may be another."],
        "results": None,
    }


def test_a_summary_that_is_read_back_is_the_one_that_was_written() -> None:
    made = summary(files=(file_summary(TABLE, "9f" * 32), csv_file()))
    assert Summary(**json.loads(made.as_json())) == made


def test_a_summary_of_before_is_read_with_what_it_tells() -> None:
    content = json.loads(summary().as_json())
    later = ("quote", "escape", "header_rows", "first_row", "hidden", "computed", "readings")
    for name in (*later, "left_out"):
        del content["files"][0][name]
    assert Summary(**content) == summary()
