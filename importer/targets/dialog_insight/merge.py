"""A call of a Merge method: ``Records`` of ``ID`` and ``Data``, and seven options.

Contacts.Merge and RelationalTables.Merge differ in the service, in the member that says where the
contacts go, and in how fields are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from importer.errors import DefectError
from importer.field_rules import FieldRole
from importer.language import tr
from importer.model import (
    ApiRequest,
    Limits,
)
from importer.targets.dialog_insight import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.errors import RefusedError
    from importer.model import (
        ApiResponse,
        Batch,
        Connection,
        Credentials,
        PlannedField,
        PlanSlice,
        Settled,
        WriteMode,
    )

# The vendor publishes no limit, only the advice to keep calls few; these are ours.
CAREFUL_LIMITS = Limits(rows_per_call=100, bytes_per_call=1_000_000, calls_per_minute=60)
CEILINGS: Mapping[str, int] = {}

_SERVICES = "/webservices/ofc4"
_JSON = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
_EMPTY_TEXT = "empty"  # null_handling: an empty text alone clears a field


class MergeCalls:
    """The calls that write one set of fields to one place of an account.

    ``service``: the endpoint whose method Merge is called. ``place``: the member beside the
    credentials that names the project or the table. ``more``: a field of the key -> the member of
    ``Data`` that repeats it.
    """

    limits = CAREFUL_LIMITS

    def __init__(
        self,
        connection: Connection,
        *,
        service: str,
        place: Mapping[str, int | str],
        mode: WriteMode,
        fields: tuple[PlannedField, ...],
        clears: tuple[str, ...],
        more: Mapping[str, PlannedField] | None = None,
    ) -> None:
        self._url = connection.url.rstrip("/") + _SERVICES
        self._service = service
        self._place = place
        self._booleans = connection.boolean_values
        self._mode = mode
        self._keys = tuple(f for f in fields if f.role is FieldRole.KEY)
        # Column of the plan -> member of Data.
        self._written = {**(more or {}), **{f.code: f for f in fields if f not in self._keys}}
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
            json_objects(
                list(members.values()),
                [table.column(code) for code in members],
                self._booleans,
                len(rows),
            )
            for members in ({f.code: f for f in self._keys}, self._written)
        )
        return contacts(ids, written)

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the Merge call of a batch."""
        head = orjson.dumps(self._head(credentials)).removesuffix(b"}") + b',"Records":['
        return self._post(self._service, "Merge", head + b",".join(batch.contacts) + self._tail)

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled:
        """Understand the answer to Merge, in every form known or feared."""
        return answers.read_merge(batch, response, keys=self._keys, mode=self._mode)

    def refused_alone(self, batch: Batch, refusal: RefusedError) -> Settled:
        """Say what a refusal means for the one contact that stood alone in its call."""
        return answers.refused_alone(batch, refusal, mode=self._mode)

    def repeatable(self, batch: Batch) -> bool:  # noqa: ARG002 - the seam asks for each batch
        """Always: Merge upserts by key.

        A repeated insert may find its own contact; ``read_submission`` then calls it unknown.
        """
        return True

    def _head(self, credentials: Credentials) -> dict[str, Any]:
        return {**auth(credentials), **self._place}

    def _post(self, service: str, method: str, body: bytes) -> ApiRequest:
        return ApiRequest("POST", f"{self._url}/{service}?method={method}", body, headers=_JSON)


def needs_places(codes: Sequence[str]) -> tuple[str, ...]:
    """None: a code is the platform's own."""
    del codes
    return ()


def clearing_mistakes(connection: Connection, clears: tuple[str, ...]) -> list[str]:
    """Say that nothing can be cleared where the connection does not tell how."""
    if not clears or connection.null_handling is not None:
        return []
    return [
        tr(
            "`blank: clear` ({fields}) needs `null_handling` in the connection {connection}: how "
            "the platform erases a value is not known.",
            fields=", ".join(clears),
            connection=connection.name,
        )
    ]


def auth(credentials: Credentials) -> dict[str, Any]:
    """Make the member that opens every call."""
    return {"AuthKey": {"idKey": integer(credentials.key_id), "Key": credentials.key.reveal()}}


def integer(text: str) -> int | str:
    """Send a number as the vendor's examples do; 19 digits would not fit a JSON integer."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


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
