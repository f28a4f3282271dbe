"""The methods there are, by the names in which calls ask for them."""

from __future__ import annotations

MERGE = "Contacts.Merge"
GET = "Contacts.Get"
TABLE_MERGE = "RelationalTables.Merge"
PROJECT = "Projects.Get"
PROJECTS = "Projects.List"
MERGES = (MERGE, TABLE_MERGE)

# Method -> the members that its call may have.
TAKES = {
    MERGE: {"AuthKey", "idProject", "Records", "MergeOptions"},
    GET: {"AuthKey", "idProject", "Clause", "Tag"},
    # No document describes it: public clients send the table's number and no project.
    TABLE_MERGE: {"AuthKey", "idTable", "Records", "MergeOptions"},
    PROJECT: {"AuthKey", "idProject"},
    PROJECTS: {"AuthKey"},
}
_NAMES = {name.lower(): name for name in TAKES}


def method_name(service: str, method: str) -> str:
    """The name in the vendor's spelling; as sent when there is no such method here."""
    name = f"{service}.{method}"
    return _NAMES.get(name.lower(), name)
