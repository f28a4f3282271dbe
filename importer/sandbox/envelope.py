"""What an answer looks like on the wire: the observed envelope and its Trace."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.merge import Status, Validation

if TYPE_CHECKING:
    from importer.sandbox.errors import Headers, RefusalError
    from importer.sandbox.grammar import Grammar
    from importer.sandbox.merge import MergeAnswer, Merged, MergeOptions
    from importer.sandbox.settings import SandboxSettings

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to be written."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Headers = ()


def encode(answer: dict[str, Any], *, compact: bool) -> bytes:
    """Write an answer as observed: two spaces, CRLF, null members written out."""
    if compact:
        return orjson.dumps(answer)
    # Line ends inside values are escaped, so every raw one belongs to the layout.
    return orjson.dumps(answer, option=orjson.OPT_INDENT_2).replace(b"\n", b"\r\n")


def success(members: dict[str, Any]) -> dict[str, Any]:
    """The envelope of a call that went well."""
    return {"Success": True, "ErrorCode": None, "ErrorMessage": None, **members}


def failure(members: dict[str, Any], refusal: RefusalError) -> dict[str, Any]:
    """The envelope of a refused call; ``members`` are the method's own, empty."""
    return {
        "Success": False,
        "ErrorCode": refusal.code,
        "ErrorMessage": refusal.message,
        **members,
    }


def trace(method: str, now: float, steps: list[str]) -> str:
    """The debugging text of an answer, in the manner of the observed one."""
    at = time.strftime("%H:%M:%S", time.localtime(now))
    lines = [
        f"Beginning request ({at})",
        "\tchecking OFSYS user authentication: False",
        "\tchecking Dialog Insight administrator: False",
        f"Targeted service: {method}",
        "Deserializing JSON...",
        "Deserializing JSON completed",
        *steps,
    ]
    return "\r\n".join([*lines, ""])


def merge_steps(merged: Merged, options: MergeOptions) -> list[str]:
    """The counters of Contacts.Merge. Candidates are counted before matching, as observed.

    What RelationalTables.Merge says here is not known: the same, by the sandbox's invention.
    """
    total = len(merged.answers)
    created, updated = merged.count(Status.CREATED), merged.count(Status.UPDATED)
    matched = sum(one.stored is not None for one in merged.answers) - created
    duplicates = sum(one.validation is Validation.DUPLICATE for one in merged.answers)
    return [
        "Validating parameters...",
        f"\tRecords count: {total}",
        f"\tRecords candidates for insert: {total if options.allow_insert else 0}",
        f"\tRecords candidates for update: {total if options.allow_update else 0}",
        "Validating parameterscompleted with success",
        "Executing method...",
        f"\tRecords bulked: {total}",
        f"\tRecords matched by PK: {matched}",
        f"\tRecords dupes, source versus source: {duplicates - merged.collided}",
        f"\tRecords dupes, source versus target: {merged.collided}",
        f"\tRecords updated: {updated}",
        f"\tRecords created: {created}",
        f"\tEMails changed: {merged.renamed}",
        f"\tOptins field changed: no flag involved: {merged.optins_changed}",
        "Executing method completed with success",
    ]


def answer_json(
    answer: MergeAnswer,
    options: MergeOptions,
    grammar: Grammar,
    settings: SandboxSettings,
) -> dict[str, Any]:
    """One member of the answer's Records, in the observed order."""
    good = answer.status in (Status.CREATED, Status.UPDATED)
    returned = options.return_on_success if good else options.return_on_error
    stored = answer.stored
    words = {
        Status.CREATED: settings.created_word,
        Status.UPDATED: settings.updated_word,
        Status.SKIPPED: settings.skipped_word,
        Status.ERROR: settings.error_word,
    }
    return {
        "IdRecord": stored.id if stored else None,
        "Status": words[answer.status],
        "ValidationResult": answer.validation.value,
        "Message": answer.message,
        "ID": answer.candidate.sent_id if settings.echo_ids else None,
        "Data": answer.candidate.sent_values if returned else None,
        "Record": grammar.whole(stored.id, stored.values) if returned and stored else None,
    }
