"""The rows to fix in their original columns, and why: ``to-fix.csv`` and ``to-fix.xlsx``."""

from importer.reports.fixes.writer import (
    NO_MENDING,
    FixWriter,
    Mending,
    Refusal,
    Refusals,
    has_workbook,
)

__all__ = ["NO_MENDING", "FixWriter", "Mending", "Refusal", "Refusals", "has_workbook"]
