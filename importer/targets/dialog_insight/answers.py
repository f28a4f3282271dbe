"""What a whole answer of Dialog Insight means: taken, refused, to be repeated, or in doubt.

The envelope (``Success``, ``ErrorCode``, ``ErrorMessage``, ``Records``, ``idRequest``) is from
recorded exchanges. Which HTTP status goes with which failure is not known, so every combination
is read: a refusal as 200 with ``Success: false`` or as 4xx, with the envelope or a page of HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from importer.asked_waits import retry_after
from importer.errors import AccountCause, InDoubtError, Refusal, RefusedError, RetryableError
from importer.issues import IssueCode, message
from importer.language import mark, tr
from importer.model import AccountFields, Outcome, Settled, Verdict
from importer.targets.dialog_insight import records
from importer.targets.dialog_insight.causes import cause_of
from importer.targets.words import cleaned, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import ApiResponse, Batch, PlannedField, WriteMode

_LOST = (502, 504)  # gateways that gave up waiting
_NOT_TAKEN = (408, 425, 429, 503)
_ACCOUNT = (401, 403)
_TOO_LARGE = 413

# The platform's own words for an over-large call are not known. These forms name the call, or a
# number of contacts; a complaint about one value ("f_City exceeds 40 characters") must not match.
_CONTACTS = r"(?:records|contacts|enregistrements)\b"
_SIZE_COMPLAINT = re.compile(
    rf"\btoo many {_CONTACTS}"
    rf"|\btrop d(?:['’]|e ){_CONTACTS}"
    rf"|\b(?:maximum|limit|at most|exceed\w*)\b[^.]{{0,30}}\d[\d,. ]*{_CONTACTS}"
    rf"|\b{_CONTACTS}[^.]{{0,30}}\b(?:per|in one|in a) (?:call|request)\b"
    r"|\b(?:request|payload|body|entity|call)\b(?: size)?(?: of [\d,. ]+bytes)?(?: is| was)?"
    r" (?:too (?:large|big)|over the maximum size)\b",
    re.IGNORECASE,
)


_EMPTY = mark("The platform's answer is empty (HTTP {status}).")
_NO_OBJECT = mark("The platform's answer is no JSON object, or was cut off (HTTP {status}).")
_CONTRADICTION = mark("The platform's answer contradicts itself (HTTP {status}).")
_SILENT = mark("The platform's answer does not say whether it succeeded (HTTP {status}).")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The JSON object around every answer."""

    success: bool | None
    code: str
    message: str
    request_id: str
    members: Mapping[str, Any]


def read_merge(
    batch: Batch, response: ApiResponse, *, keys: Sequence[PlannedField], mode: WriteMode
) -> Settled:
    """Read the answer to a Merge call; raises as a target's ``read_submission`` may."""
    envelope = _understood(response)
    answered = envelope.members.get("Records")
    if envelope.success or records.any_written(answered):
        # Some platforms say "no" to the call and yet write its good contacts.
        return records.settle(batch, answered, keys=keys, mode=mode, request_id=envelope.request_id)
    raise _refused(response, envelope)


def refused_alone(batch: Batch, refusal: RefusedError, *, mode: WriteMode) -> Settled:
    """Make the outcome of a contact that was refused while it stood alone in its call.

    After a call in doubt a refusal says nothing of what that call wrote.
    """
    if batch.repeated or batch.doubtful:
        code = IssueCode.REPEATED_INSERT if mode.insert_only else IssueCode.ANSWER_LOST
        outcome = Outcome(Verdict.UNKNOWN, code, message=message(code, detail=str(refusal)))
    else:
        outcome = Outcome(
            Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message=cleaned(str(refusal))
        )
    return Settled((outcome,) * len(batch), joined=len(batch))


def read_project(response: ApiResponse) -> AccountFields:
    """Read Projects.Get: its ``ProjectFields`` and ``OptinFields`` (form known from clients)."""
    members = _read_only(response)
    project = members.get("ProjectInfo")
    if not isinstance(project, dict):
        raise InDoubtError(tr("The platform's description of the project cannot be understood."))
    fields = _described(project.get("ProjectFields"), "f_")
    opt_ins = _described(project.get("OptinFields"), "optin_")
    return AccountFields(
        labels={code: _label(code, entry) for code, entry in (fields | opt_ins).items()},
        required=frozenset(c for c, entry in fields.items() if entry.get("isRequired") is True),
        beginnings=("f_", "optin_"),
    )


def read_projects(response: ApiResponse) -> Mapping[str, str]:
    """Read Projects.List: ``idProject`` and ``ProjectName`` of each."""
    listed = _read_only(response).get("Records")
    if not isinstance(listed, list):
        raise InDoubtError(tr("The platform's list of projects cannot be understood."))
    projects = [entry for entry in listed if isinstance(entry, dict)]
    return {
        text_of(p["idProject"]): text_of(p.get("ProjectName")) for p in projects if "idProject" in p
    }


def read_contacts(response: ApiResponse) -> Mapping[str, Any]:
    """Read Contacts.Get: the members of an answer that says yes."""
    return _read_only(response)


def _described(entries: Any, prefix: str) -> dict[str, Mapping[str, Any]]:
    if not isinstance(entries, list):
        return {}
    known = [entry for entry in entries if isinstance(entry, dict) and text_of(entry.get("Code"))]
    return {prefix + text_of(entry["Code"]): entry for entry in known}


def _label(code: str, entry: Mapping[str, Any]) -> str:
    labels = entry.get("Labels")
    first = labels[0] if isinstance(labels, list) and labels else None
    return (text_of(first.get("Value")) if isinstance(first, dict) else "") or code


def _read_only(response: ApiResponse) -> Mapping[str, Any]:
    """Read the answer to a call that writes nothing: a refusal of it concerns the account."""
    envelope = _understood(response)
    if not envelope.success:
        refusal = _refused(response, envelope)
        cause = cause_of(response.status, _words(envelope))
        raise RefusedError(str(refusal), scope=Refusal.ACCOUNT, code=refusal.code, cause=cause)
    return envelope.members


def _understood(response: ApiResponse) -> Envelope:
    """Read the envelope of an answer that says yes or no to the call as such.

    Raises for all that is decided by the status alone, and for what cannot be read.
    """
    status, envelope = response.status, _envelope(response.body)
    if status in _NOT_TAKEN:
        wait = retry_after(response)
        said = tr("The platform asks to wait (HTTP {status}).", status=status)
        raise RetryableError(said, wait=wait)
    if status in _ACCOUNT:
        raise _refused(response, envelope, Refusal.ACCOUNT)
    if status == _TOO_LARGE:
        raise _refused(response, envelope, Refusal.SIZE)
    if 300 <= status < 400:
        to = cleaned(response.headers.get("location", "")) or tr("an address it does not name")
        raise RefusedError(
            tr(
                "The platform's address has moved to {address} (HTTP {status}): correct `url` in "
                "importer.yaml.",
                address=to,
                status=status,
            ),
            scope=Refusal.ACCOUNT,
            code=f"http-{status}",
            cause=AccountCause.MOVED,
        )
    if status >= 500 or status < 200:
        _lost(status, envelope)
    if envelope is None and status >= 400:
        raise _refused(response, None)
    if envelope is None or envelope.success is None or (envelope.success and status >= 400):
        raise InDoubtError(_unreadable(response, envelope))
    return envelope


def _lost(status: int, envelope: Envelope | None) -> NoReturn:
    """Nobody knows what was written. A 500 in the platform's own form may be a contact's doing."""
    own = envelope is not None and envelope.success is not None and status not in _LOST
    words = _words(envelope) if own else ""
    if words:
        said = tr("The platform failed (HTTP {status}: {words}).", status=status, words=words)
    else:
        said = tr("The platform failed (HTTP {status}).", status=status)
    raise InDoubtError(said, one_row_may_be_the_cause=own)


def _unreadable(response: ApiResponse, envelope: Envelope | None) -> str:
    if not response.body.strip():
        said = _EMPTY
    elif envelope is None:
        said = _NO_OBJECT
    else:
        said = _CONTRADICTION if envelope.success else _SILENT
    return tr(said, status=response.status)


def _envelope(body: bytes) -> Envelope | None:
    try:
        members = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(members, dict):
        return None
    success = members.get("Success")
    return Envelope(
        success=success if isinstance(success, bool) else None,
        code=text_of(members.get("ErrorCode")),
        message=text_of(members.get("ErrorMessage")),
        request_id=text_of(members.get("idRequest")),
        members=members,
    )


def _refused(
    response: ApiResponse, envelope: Envelope | None, scope: Refusal | None = None
) -> RefusedError:
    said = _words(envelope)
    if scope is None:
        scope = Refusal.SIZE if _SIZE_COMPLAINT.search(said) else Refusal.CALL
    of_account = scope is Refusal.ACCOUNT
    return RefusedError(
        said or tr("HTTP {status} without a word of explanation", status=response.status),
        scope=scope,
        code=(envelope.code if envelope else "") or f"http-{response.status}",
        cause=cause_of(response.status, said) if of_account else AccountCause.UNSAID,
    )


def _words(envelope: Envelope | None) -> str:
    if envelope is None:
        return ""
    return ": ".join(part for part in (envelope.code, envelope.message) if part)
