"""What runs and jobs share across processes and machines: budgets, and what jobs remember.

Nothing else opens its files. They lie in the state folder (``state_dir``): a file an account in
``budgets/``, one file for all jobs in ``jobs/`` with a folder for each job's lock, a file for what
each mapping sent to each account in ``memories/``, and the ``secret`` that these are made with.
Budgets may be kept in PostgreSQL instead, for several machines.
"""

from importer.state.budgets import postgresql_budget, shared_budget
from importer.state.job_values import (
    End,
    JobState,
    Message,
    NewMessage,
    PickUp,
    Standing,
    State,
    Step,
)
from importer.state.jobs import job_state

__all__ = [
    "End",
    "JobState",
    "Message",
    "NewMessage",
    "PickUp",
    "Standing",
    "State",
    "Step",
    "job_state",
    "postgresql_budget",
    "shared_budget",
]
