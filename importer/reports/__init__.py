"""The files of the run folder that people and machines read."""

from importer.reports.fixes import Mending, Refusal, Refusals
from importer.reports.summary import (
    CallTotals,
    ConsentTotals,
    FileSummary,
    LimitsInForce,
    RowTotals,
    RunFacts,
    Summary,
    file_summary,
)
from importer.reports.tables import (
    ISSUE_COLUMNS,
    RESULT_COLUMNS,
    csv_writer,
    result_rows,
)
from importer.reports.verified import verified_totals, worse_code
from importer.reports.withheld import withheld_counts, withheld_file
from importer.reports.writing import Reports

__all__ = [
    "ISSUE_COLUMNS",
    "RESULT_COLUMNS",
    "CallTotals",
    "ConsentTotals",
    "FileSummary",
    "LimitsInForce",
    "Mending",
    "Refusal",
    "Refusals",
    "Reports",
    "RowTotals",
    "RunFacts",
    "Summary",
    "csv_writer",
    "file_summary",
    "result_rows",
    "verified_totals",
    "withheld_counts",
    "withheld_file",
    "worse_code",
]
