"""Order, duplicates and consent conflicts over all files of a run; the plan file.

A first pass writes what each row held and said, and keeps nine bytes a row in memory: its verdict
and a hash of its key; and eight more for each group of fields that must be unique. A second pass
decides between rows that share such values, and between rows with one key, and writes the plan: the
contacts that will be sent, in input order, one for each key.
"""

from importer.planning.late_issues import PlannedTable
from importer.planning.planner import PlanFacts, Planner

__all__ = ["PlanFacts", "PlannedTable", "Planner"]
