"""Checks: each field's column is normalised, and each row gets its issues and its verdict."""

from importer.checking.answers import NO
from importer.checking.checker import Checker
from importer.checking.fields import CHECKS, check_column
from importer.checking.suppression import Suppression

__all__ = ["CHECKS", "NO", "Checker", "Suppression", "check_column"]
