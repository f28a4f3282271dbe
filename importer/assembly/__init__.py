"""The composition root: options and settings become opened sources, targets, clients, folders."""

from importer.assembly.comparing import account_mistakes, compare, places_of
from importer.assembly.connecting import (
    account_fields,
    choose_connection,
    connection_facts,
    connection_of,
    credentials_of,
    line_to,
    named_connection,
    refreshed,
    sandbox_connection,
    settings_here,
    target_of,
)
from importer.assembly.fixed_values import refuse_impossible_values, value_mistakes
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
from importer.assembly.remembering import known_of
from importer.assembly.sheets import convert_sheet
from importer.assembly.suppressing import lists_of

__all__ = [
    "MAPPINGS",
    "Means",
    "NamedFile",
    "NewRun",
    "Opened",
    "account_fields",
    "account_mistakes",
    "choose_connection",
    "compare",
    "connection_facts",
    "connection_of",
    "consented",
    "convert_sheet",
    "credentials_of",
    "files_of",
    "find_mapping",
    "grammars",
    "known_of",
    "line_to",
    "lists_of",
    "make_run",
    "mapping_of",
    "means",
    "named_connection",
    "note_consent",
    "open_all",
    "places_of",
    "refreshed",
    "refuse_impossible_values",
    "reopen",
    "sandbox_connection",
    "settings_here",
    "spool",
    "target_of",
    "unpacked",
    "unpacked_input",
    "value_mistakes",
]
