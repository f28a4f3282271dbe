"""Dialog Insight: Contacts.Merge, and the two reading calls that tell what an account has.

The form of a request is the vendor's (Opt-In Synchronization Using Web Services, and the article
on tracking consents): POST, JSON, credentials in the body. What is not known of the platform is
a setting of the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from importer.errors import DefectError, UnusableInputError
from importer.model import ApiRequest, FieldRole, Limits
from importer.targets.dialog_insight import answers
from importer.targets.dialog_insight.grammar import GRAMMAR, OPT_IN_DATE, Grammar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.errors import RefusedError
    from importer.model import (
        AccountFields,
        ApiResponse,
        Batch,
        Connection,
        Credentials,
        PlannedField,
        PlanSlice,
        Settled,
        WriteMode,
    )

__all__ = ["CAREFUL_LIMITS", "GRAMMAR", "DialogInsight", "build"]

NAME = "dialog-insight"

# The vendor publishes no limit, only the advice to keep calls few; these are ours.
CAREFUL_LIMITS = Limits(rows_per_call=100, bytes_per_call=1_000_000, calls_per_minute=60)

_SERVICES = "/webservices/ofc4"
_JSON = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
_EMPTY_TEXT = "empty"  # null_handling: an empty text alone clears a field


class DialogInsight:
    """Contacts.Merge for one project and one set of fields."""

    name = NAME
    limits = CAREFUL_LIMITS
    fields: Grammar = GRAMMAR

    def __init__(
        self,
        connection: Connection,
        *,
        mode: WriteMode,
        fields: tuple[PlannedField, ...],
        clears: tuple[str, ...],
    ) -> None:
        self._url = connection.url.rstrip("/") + _SERVICES
        self._project = connection.project_id
        self._booleans = connection.boolean_values
        self._mode = mode
        self._keys = tuple(f for f in fields if f.role is FieldRole.KEY)
        self._written = tuple(f for f in fields if f.role is not FieldRole.KEY)
        self._tail = b'],"MergeOptions":' + orjson.dumps(_options(connection, mode, clears)) + b"}"

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as an element of ``Records``; a missing value is left out.

        Raises DefectError for a value that is not in the plan's canonical form.
        """
        from importer.targets.dialog_insight.values import contacts, json_objects  # heavy: pyarrow

        table = rows.table
        if any(table.column(f.code).null_count for f in self._keys):
            raise DefectError("the plan holds a contact without its key")
        ids, written = (
            json_objects(fields, [table.column(f.code) for f in fields], self._booleans, len(rows))
            for fields in (self._keys, self._written)
        )
        return contacts(ids, written)

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the Contacts.Merge call of a batch."""
        head = orjson.dumps(self._head(credentials)).removesuffix(b"}") + b',"Records":['
        return self._post("contacts.ashx", "Merge", head + b",".join(batch.contacts) + self._tail)

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled:
        """Understand the answer to Contacts.Merge, in every form known or feared."""
        return answers.read_merge(batch, response, keys=self._keys, mode=self._mode)

    def refused_alone(self, batch: Batch, refusal: RefusedError) -> Settled:
        """Say what a refusal means for the one contact that stood alone in its call."""
        return answers.refused_alone(batch, refusal, mode=self._mode)

    def repeatable(self, batch: Batch) -> bool:  # noqa: ARG002 - the seam asks for each batch
        """Always: Merge upserts by key.

        A repeated insert may find its own contact; ``read_submission`` then calls it unknown.
        """
        return True

    def describe_request(self, credentials: Credentials) -> ApiRequest:
        """Make the Projects.Get call."""
        return self._post("projects.ashx", "Get", orjson.dumps(self._head(credentials)))

    def read_description(self, response: ApiResponse) -> AccountFields:
        """Read the fields and opt-ins of the project. Raises as ``Describes`` says."""
        return answers.read_project(response)

    def list_request(self, credentials: Credentials) -> ApiRequest:
        """Make the Projects.List call; it takes no project."""
        return self._post("projects.ashx", "List", orjson.dumps(_auth(credentials)))

    def read_list(self, response: ApiResponse) -> Mapping[str, str]:
        """Read the projects: id -> name. Raises as ``Lists`` says."""
        return answers.read_projects(response)

    def _head(self, credentials: Credentials) -> dict[str, Any]:
        return _auth(credentials) | {"idProject": _integer(self._project)}

    def _post(self, service: str, method: str, body: bytes) -> ApiRequest:
        return ApiRequest("POST", f"{self._url}/{service}?method={method}", body, headers=_JSON)


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],
) -> DialogInsight:
    """Make the target. Raises UnusableInputError where the connection does not allow the fields."""
    mistakes = []
    dates = [f.code for f in fields if f.code.startswith(OPT_IN_DATE)]
    if dates and not connection.opt_in_dates:
        mistakes.append(
            f"{', '.join(dates)}: the platform's name for an opt-in date is not proven. "
            f"Set `opt_in_dates: true` in the connection {connection.name} once you have seen it "
            "work, or take the field out of the mapping."
        )
    if clears and connection.null_handling is None:
        mistakes.append(
            f"`blank: clear` ({', '.join(clears)}) needs `null_handling` in the connection "
            f"{connection.name}: how the platform erases a value is not known."
        )
    if mistakes:
        raise UnusableInputError(*mistakes)
    return DialogInsight(connection, mode=mode, fields=fields, clears=clears)


def _options(connection: Connection, mode: WriteMode, clears: tuple[str, ...]) -> dict[str, Any]:
    named = bool(clears) and connection.null_handling not in (None, _EMPTY_TEXT)
    return {
        "AllowInsert": mode.allow_insert,
        "AllowUpdate": mode.allow_update,
        "SkipDuplicateRecords": mode.skip_duplicates,
        "SkipUnmatchedRecords": mode.skip_unmatched,
        "ReturnRecordsOnSuccess": False,
        "ReturnRecordsOnError": False,
        "FieldOptions": dict.fromkeys(clears, connection.null_handling) if named else None,
    }


def _auth(credentials: Credentials) -> dict[str, Any]:
    auth = {"idKey": _integer(credentials.key_id), "Key": credentials.key.reveal()}
    return {"AuthKey": auth}


def _integer(text: str) -> int | str:
    """Send a number as the vendor's examples do; 19 digits would not fit a JSON integer."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text
