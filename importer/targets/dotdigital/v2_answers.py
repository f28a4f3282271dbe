"""What an answer of version 2 says of the one contact of its call.

Documented: 201 for contacts that are added and for those that are changed, with the contact, its
number and its status; names of members in any case. An error is ``{message}``, with a code at its
end (observed in the vendor's own plug-in).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.errors import InDoubtError, RefusedError
from importer.issues import IssueCode, message
from importer.language import tr
from importer.model import Outcome, Settled, Verdict, comparable_key
from importer.targets.dotdigital import answers
from importer.targets.dotdigital.mailing import is_mailed
from importer.targets.words import text_of

if TYPE_CHECKING:
    from importer.model import ApiResponse, Batch

_PENDING, _CONFIRMED = "pendingoptin", "subscribed"
_SUPPRESSED = "ERROR_CONTACT_SUPPRESSED"


def read(batch: Batch, response: ApiResponse) -> Settled:
    """Read the answer to the call; raises as a target's ``read_submission`` may."""
    try:
        members = answers.understood(response)
    except RefusedError as refusal:
        return _refused(batch, refusal)
    contact = _lowered(_lowered(members).get("contact"))
    if not contact:
        raise InDoubtError(tr("The platform's answer does not show the contact."))
    echoed = text_of(contact.get("email"))
    if echoed and comparable_key([echoed]) not in batch.keys:
        return Settled((answers.missing(),) * len(batch), strangers=1)
    outcome = _outcome(contact, asked=is_mailed(batch))
    return Settled((outcome,) * len(batch), joined=len(batch))


def _outcome(contact: dict[str, Any], *, asked: bool) -> Outcome:
    """Say that it was taken: whether it was there before, no answer tells."""
    number = text_of(contact.get("id"))
    status = text_of(contact.get("status"))
    code, words = "", ""
    if status.lower() in answers.SUPPRESSED:
        code = IssueCode.CONTACT_SUPPRESSED
        words = message(code, detail=status)
    elif status.lower() == _PENDING or (asked and status.lower() != _CONFIRMED):
        code = IssueCode.MUST_CONFIRM
        words = message(code)
    return Outcome(Verdict.ACCEPTED, code, message=words, record_id="" if number == "0" else number)


def _refused(batch: Batch, refusal: RefusedError) -> Settled:
    """Say what a refusal means for the contact where its code tells; else raise it."""
    in_doubt = batch.repeated or batch.doubtful
    if refusal.code != _SUPPRESSED or in_doubt:
        raise refusal
    said = message(IssueCode.CONTACT_SUPPRESSED, detail=str(refusal))
    outcome = Outcome(Verdict.REJECTED, IssueCode.CONTACT_SUPPRESSED, message=said)
    return Settled((outcome,) * len(batch), joined=len(batch))


def _lowered(members: Any) -> dict[str, Any]:
    """Give the members of an object by their names in lower case; none of anything else."""
    if not isinstance(members, dict):
        return {}
    return {name.lower(): value for name, value in members.items()}
