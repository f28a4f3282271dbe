"""When the next call may go: sliding windows over the calls of everybody who shares a budget."""

from importer.pacing.budget import Begun, Budget
from importer.pacing.pace import BudgetSpentError, Pace, Turn
from importer.pacing.windows import Window

__all__ = [
    "Begun",
    "Budget",
    "BudgetSpentError",
    "Pace",
    "Turn",
    "Window",
]
