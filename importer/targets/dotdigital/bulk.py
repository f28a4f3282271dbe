"""Version 3's import of many contacts, which is worked off after it was taken.

Documented: ``PUT /contacts/v3/import`` with at most 50 MB answers 202 with an ``importId``;
``GET /contacts/v3/import/{importId}`` tells its status, and the results once it is finished; an
account has at most 25 imports at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.errors import InDoubtError, Refusal, RefusedError
from importer.issues import IssueCode
from importer.language import mark, tr
from importer.model import Limits, Outcome, Pending, Settled, Verdict
from importer.targets.dotdigital import answers, calls
from importer.targets.dotdigital.form import form_of, needs_places
from importer.targets.dotdigital.grammar import GRAMMAR, ContactGrammar
from importer.targets.dotdigital.reading import ContactCalls
from importer.targets.dotdigital.results import settle
from importer.targets.words import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import (
        ApiRequest,
        ApiResponse,
        Batch,
        Connection,
        Credentials,
        PlannedField,
        PlanSlice,
        WriteMode,
    )
    from importer.targets.dotdigital.form import ContactForm

__all__ = [
    "CAREFUL_LIMITS",
    "CEILINGS",
    "CONNECTIONS",
    "GRAMMAR",
    "Imports",
    "build",
    "needs_places",
]

NAME = "dotdigital"
CONNECTIONS = NAME
# 2,000 contacts are what the vendor's own integrations send; in flight are imports at work.
CAREFUL_LIMITS = Limits(
    rows_per_call=2000,
    bytes_per_call=50_000_000,
    calls_per_minute=calls.CALLS_PER_MINUTE,
    in_flight=5,
    timeout_seconds=calls.ANSWER_SECONDS,
)
CEILINGS: Mapping[str, int] = {"bytes_per_call": 50_000_000, "in_flight": 25}

_PATH = "/contacts/v3/import"

_STOPPED_BY_WATCHDOG = mark(
    "Dotdigital's Data Watchdog refused the whole call for the quality of its addresses. Ask "
    "Dotdigital's support why, clean the list, then send the rows again."
)
_NO_ALLOWANCE = mark(
    "The account may not hold so many contacts, and Dotdigital refused the import. Have the "
    "allowance raised, then continue with `importer resume`."
)
_GIVEN_UP = mark(
    'Dotdigital ended the import with "{status}", and does not say what it wrote: look the contact '
    "up."
)


class Imports(ContactCalls):
    """The import of one set of fields."""

    name = NAME
    limits = CAREFUL_LIMITS
    fields: ContactGrammar = GRAMMAR

    def __init__(self, connection: Connection, form: ContactForm) -> None:
        super().__init__(connection, form)
        option = {"mergeOption": _camel(form.option)} if form.option else {}
        whole = orjson.dumps({**option, "contacts": []})
        self._head, self._tail = whole[:-2], whole[-2:]

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as an element of ``contacts``; a missing value is left out.

        Raises DefectError for a value that is not in the plan's canonical form.
        """
        from importer.targets.dotdigital.contacts import written  # heavy: pyarrow

        return written(self._form, rows, names_match=True)

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the call that starts an import."""
        body = self._head + b",".join(batch.contacts) + self._tail
        return calls.call(self._connection, credentials, "PUT", _PATH, body, scope=calls.LOW)

    def read_submission(self, batch: Batch, response: ApiResponse) -> Pending:  # noqa: ARG002
        """Read the import's id. Raises as ``Target`` says."""
        members = answers.understood(response)
        ticket = text_of(members.get("importId"))
        if not ticket:
            raise InDoubtError(
                tr(
                    "The platform's answer does not name the import it began (HTTP {status}).",
                    status=response.status,
                )
            )
        return Pending(ticket)

    def status_check(self, ticket: str, credentials: Credentials) -> ApiRequest:
        """Make the call that asks how an import does."""
        path = f"{_PATH}/{calls.segment(ticket)}"
        return calls.call(self._connection, credentials, "GET", path, scope=calls.HIGH)

    def read_status(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        """Read how an import does.

        Raises RefusedError(CALL) where the import is not known, RefusedError(ACCOUNT), ``ended``,
        where the account's allowance forbade it, and else as ``Target`` says.
        """
        members = _status(response)
        status = text_of(members.get("status"))
        match status.lower():
            case "notfinished":
                return Pending(text_of(members.get("importId")))
            case "finished":
                return settle(batch, members, self._form)
            case "rejectedbywatchdog":
                return _stopped_by_watchdog(batch)
            case "exceedsallowedcontactlimit":
                raise RefusedError(
                    tr(_NO_ALLOWANCE), scope=Refusal.ACCOUNT, code=status, ended=True
                )
            case "":
                raise InDoubtError(tr("The platform's answer does not say how the import does."))
            case _:
                said = tr(_GIVEN_UP, status=status)
                return _all(batch, Outcome(Verdict.UNKNOWN, IssueCode.ANSWER_LOST, message=said))


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],  # noqa: ARG001 - null clears whatever connection it is
    table_id: str,  # noqa: ARG001 - contacts are in no table
    places: Mapping[str, str],
) -> Imports:
    """Make the target. Raises UnusableInputError for what no call can hold."""
    return Imports(connection, form_of(connection, fields, mode=mode, places=places))


def _camel(option: str) -> str:
    first, *others = option.split("-")
    return first + "".join(word.capitalize() for word in others)


def _status(response: ApiResponse) -> Mapping[str, object]:
    try:
        return answers.understood(response)
    except RefusedError as refusal:
        if refusal.scope is Refusal.SIZE:  # the question has no size
            raise InDoubtError(str(refusal)) from None
        raise


def _stopped_by_watchdog(batch: Batch) -> Settled:
    """Refuse every contact; one that an earlier call is in doubt of may be written all the same."""
    refusal = RefusedError(tr(_STOPPED_BY_WATCHDOG), scope=Refusal.CALL)
    return answers.refused_alone(batch, refusal)


def _all(batch: Batch, outcome: Outcome) -> Settled:
    return Settled((outcome,) * len(batch), joined=len(batch))
