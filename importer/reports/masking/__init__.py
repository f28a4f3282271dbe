"""Reports for sending to others: whatever tells of a person becomes a pseudonym."""

from importer.reports.masking.masker import Masker

__all__ = ["Masker"]
