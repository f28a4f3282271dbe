"""Version 3's call for one contact: ``PATCH /contacts/v3/{identifier}/{value}``.

Documented: 200 where the contact was there, 201 where it is new, 409 where another contact has one
of its identifiers; a contact in the recycle bin comes out of it. Observed: a suppressed contact is
answered like any other, and only its status tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from importer.errors import InDoubtError, RefusedError
from importer.issues import IssueCode, message
from importer.language import tr
from importer.model import Outcome, Settled, Verdict
from importer.targets.dotdigital import answers, calls
from importer.targets.dotdigital.form import form_of, needs_places
from importer.targets.dotdigital.grammar import (
    EMAIL_STATUS,
    GRAMMAR,
    SMS_STATUS,
    ContactGrammar,
)
from importer.targets.dotdigital.reading import ContactCalls, contact_of, contact_path
from importer.targets.dotdigital.results import identifier_of, tie
from importer.targets.dotdigital.stored import email_status, sms_status
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

__all__ = [
    "CAREFUL_LIMITS",
    "CEILINGS",
    "CONNECTIONS",
    "GRAMMAR",
    "SingleContacts",
    "build",
    "needs_places",
]

NAME = "dotdigital-single"
CONNECTIONS = "dotdigital"
CAREFUL_LIMITS, CEILINGS = calls.ONE_CONTACT_LIMITS, calls.ONE_CONTACT_CEILINGS

_CREATED, _CONFLICT, _INVALID = 201, 409, 400
_IN_THE_BIN = ("deleted", "binned")
_PENDING, _SUBSCRIBED, _UNSUBSCRIBED = "pendingoptin", "subscribed", "unsubscribed"


class SingleContacts(ContactCalls):
    """The call for one contact and one set of fields."""

    name = NAME
    limits = CAREFUL_LIMITS
    fields: ContactGrammar = GRAMMAR

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as the body of its call; a missing value is left out.

        Raises DefectError for a value that is not in the plan's canonical form.
        """
        from importer.targets.dotdigital.contacts import written  # heavy: pyarrow

        return written(self._form, rows, names_match=False)

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the call. Raises DefectError for more than one contact."""
        body = calls.body_of_one(batch)
        path = contact_path(self._form.match_name, self._value(batch))
        if self._form.option:
            path += f"?merge-option={self._form.option}"
        return calls.call(self._connection, credentials, "PATCH", path, body, scope=calls.MEDIUM)

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled:
        """Read the contact as it is now. Raises as ``Target`` says."""
        try:
            contact = answers.understood(response)
        except RefusedError as refusal:
            if response.status == _CONFLICT:
                return answers.refused_alone(batch, refusal)
            raise
        if not (contact.get("contactId") or contact.get("identifiers")):
            raise InDoubtError(tr("The platform's answer does not show the contact."))
        if self._is_another(batch, contact):
            return Settled((answers.missing(),) * len(batch), strangers=1)
        outcome = _outcome(batch, contact, created=response.status == _CREATED)
        return Settled((outcome,) * len(batch), joined=len(batch))

    def first_question(self, batch: Batch, credentials: Credentials) -> ApiRequest | None:
        """Ask for the contact, so that one in the recycle bin is known."""
        if not self._connection.look_up_first or len(batch) != 1:
            return None
        return self._get(self._value(batch), credentials)

    def read_first(self, batch: Batch, response: ApiResponse) -> Batch:
        """Note the status of the contact; empty where there is none."""
        try:
            contact = contact_of(response)
        except RefusedError:
            if response.status != _INVALID:
                raise
            contact = None  # of one value; the call itself will be refused for it
        status = "" if contact is None else text_of(contact.get("status"))
        return replace(batch, before=(status,))

    def _value(self, batch: Batch) -> str:
        """Give the identifier as it was planned; a contact's number stands nowhere in its body."""
        for contact in batch.contacts:
            if value := identifier_of(_sent(contact), self._form.match_name):
                return value
        return next(iter(batch.keys), "")

    def _is_another(self, batch: Batch, contact: Mapping[str, Any]) -> bool:
        name = self._form.match_name
        shown = identifier_of(contact, name)
        return bool(shown) and tie(name, shown) not in {tie(name, key) for key in batch.keys}


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],  # noqa: ARG001 - null clears whatever connection it is
    table_id: str,  # noqa: ARG001 - contacts are in no table
    places: Mapping[str, str],
) -> SingleContacts:
    """Make the target. Raises UnusableInputError for what no call can hold."""
    return SingleContacts(connection, form_of(connection, fields, mode=mode, places=places))


def _sent(contact: bytes) -> Mapping[str, Any]:
    members = answers.parsed(contact)
    return members if isinstance(members, dict) else {}


def _outcome(batch: Batch, contact: Mapping[str, Any], *, created: bool) -> Outcome:
    """Say what the contact's new state makes of the call: not all of it need be written."""
    verdict = Verdict.CREATED if created else Verdict.UPDATED
    code, field, detail = _shortcoming(batch, contact, created=created)
    said = message(code, detail=detail) if code else ""
    if code == IssueCode.MUST_CONFIRM:
        verdict = Verdict.ACCEPTED
    if not created and any(status.lower() in _IN_THE_BIN for status in batch.before):
        undeleted = message(IssueCode.CONTACT_UNDELETED)
        said = tr("{sentence} {more}", sentence=said, more=undeleted) if code else undeleted
        code = code or IssueCode.CONTACT_UNDELETED
    return Outcome(
        verdict, code, field=field, message=said, record_id=text_of(contact.get("contactId"))
    )


def _shortcoming(
    batch: Batch, contact: Mapping[str, Any], *, created: bool
) -> tuple[IssueCode | str, str, str]:
    """Compare what was asked of the channels with their status: code, field, detail."""
    channels = _sent(batch.contacts[0]).get("channelProperties", {}) if batch.contacts else {}
    of_email, of_sms = channels.get("email", {}), channels.get("sms", {})
    asked, status = of_email.get("status", ""), email_status(contact)
    if status.lower() in answers.SUPPRESSED:
        return IssueCode.CONTACT_SUPPRESSED, EMAIL_STATUS if asked else "", status
    pending = status.lower() == _PENDING
    if not pending and _is_otherwise(asked, status):
        return IssueCode.PARTLY_WRITTEN, EMAIL_STATUS, _still(EMAIL_STATUS, status)
    asked_sms, of_number = of_sms.get("status", ""), sms_status(contact)
    if of_number and asked_sms and of_number.lower() != asked_sms:
        return IssueCode.PARTLY_WRITTEN, SMS_STATUS, _still(SMS_STATUS, of_number)
    confirms = asked == _SUBSCRIBED or of_email.get("optInType") == "verifiedDouble"
    if pending and (confirms or created):
        return IssueCode.MUST_CONFIRM, EMAIL_STATUS if asked else "", ""
    return "", "", ""


def _is_otherwise(asked: str, status: str) -> bool:
    """Tell whether a yes was answered by a no, or a no by a yes."""
    return {asked, status.lower()} == {_SUBSCRIBED, _UNSUBSCRIBED}


def _still(code: str, status: str) -> str:
    return tr('{field} is "{status}" on the platform', field=code, status=status)
