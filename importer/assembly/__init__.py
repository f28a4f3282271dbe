"""The composition root: options and settings become opened sources, targets, clients, folders."""

from importer.assembly.connecting import (
    account_fields,
    account_mistakes,
    answer_of,
    choose_connection,
    client_for,
    connection_facts,
    connection_of,
    credentials_of,
    named_connection,
    refreshed,
    sandbox_connection,
    settings_here,
)
from importer.assembly.making import (
    NewRun,
    consented,
    make_run,
    note_consent,
    reopen,
)
from importer.assembly.means import (
    Means,
    means,
)
from importer.assembly.named_files import (
    NamedFile,
    files_of,
    spool,
    unpacked,
    unpacked_input,
)
from importer.assembly.opening import (
    MAPPINGS,
    Opened,
    find_mapping,
    grammars,
    mapping_of,
    open_all,
)

__all__ = [
    "MAPPINGS",
    "Means",
    "NamedFile",
    "NewRun",
    "Opened",
    "account_fields",
    "account_mistakes",
    "answer_of",
    "choose_connection",
    "client_for",
    "connection_facts",
    "connection_of",
    "consented",
    "credentials_of",
    "files_of",
    "find_mapping",
    "grammars",
    "make_run",
    "mapping_of",
    "means",
    "named_connection",
    "note_consent",
    "open_all",
    "refreshed",
    "reopen",
    "sandbox_connection",
    "settings_here",
    "spool",
    "unpacked",
    "unpacked_input",
]
