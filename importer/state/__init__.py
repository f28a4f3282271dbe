"""What runs and jobs share across processes and machines: budgets, and what jobs remember.

Nothing else opens its files. They lie in the state folder (``state_dir``); budgets may be kept in
PostgreSQL, for several machines.
"""

from importer.state.budgets import postgresql_budget, shared_budget
from importer.state.job_values import End, JobState, Message, PickUp, Standing, State, Step

__all__ = [
    "End",
    "JobState",
    "Message",
    "PickUp",
    "Standing",
    "State",
    "Step",
    "postgresql_budget",
    "shared_budget",
]
