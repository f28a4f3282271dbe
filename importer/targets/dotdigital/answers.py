"""What an answer of Dotdigital means as a whole, by its status and its envelope.

Documented for version 3: ``{errorCode, description, details: [{item, description}]}``, one sample
with ``error`` in the place of the inner ``description``. Of version 2 an error is ``{message}``,
with a code at its end. What the body of a 401, 403 or 429 looks like is not known, so an envelope,
a page of HTML and nothing at all are read alike.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import orjson

from importer.asked_waits import rate_limit_wait, retry_after
from importer.errors import AccountCause, InDoubtError, Refusal, RefusedError, RetryableError
from importer.issues import IssueCode, message
from importer.language import mark, tr
from importer.model import Outcome, Settled, Verdict
from importer.targets.words import cleaned, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import ApiResponse, Batch

SUPPRESSED = frozenset(
    {
        "suppressed",
        "sharedsuppression",
        "shareddomainsuppression",
        "domainsuppressed",
        "domainsuppression",
        "blockedlocalpart",
        "mailblocked",
        "notallowed",
        "hardbounced",
        "ispcomplained",
        "directcomplaint",
        "spamtrap",
        "purchased",
        "knowncomplainer",
        "knownlitigator",
    }
)
"""Documented statuses of an address to which nothing is ever sent, in lower case."""

_LOST = (502, 504)  # gateways that gave up waiting
_NOT_TAKEN = (408, 425, 429, 503)
_BUSY_WAIT = 30.0  # seconds; only the end of an import makes room for another
_CAPPED_WAIT = 300.0  # seconds; the old limit counts a rolling hour, and nothing tells its end
_TOO_MANY_IMPORTS = "toomanyactiveimports"
_CAPPED, _NOT_NOW = "ERROR_APIUSAGE_EXCEEDED", "ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE"
_CODE = re.compile(r"\bERROR_[A-Z_]+")
_ACCESS_DENIED = "403 - forbidden: access is denied"
_UTF8_MARK = b"\xef\xbb\xbf"

_EMPTY = mark("The platform's answer is empty (HTTP {status}).")
_NO_OBJECT = mark("The platform's answer is no JSON object, or was cut off (HTTP {status}).")
_WRONG_PASSWORD = mark(
    "Dotdigital did not accept the API user or its password (HTTP 401). Correct `key_id` and `key` "
    "in importer.yaml, then check them with `importer connection test`."
)
_WRONG_HOST = mark(
    "Dotdigital denies the access (HTTP 403): the account is in another region than `url` in "
    "importer.yaml, or the API user lacks the permission. `importer connection test` finds the "
    "right address."
)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that holds a JSON object. ``code``, ``words``: of an error, else empty."""

    members: Mapping[str, Any]
    code: str
    words: str

    @property
    def is_envelope(self) -> bool:
        return bool(self.code or self.words)


def understood(response: ApiResponse) -> Mapping[str, Any]:
    """Give the members of an answer that says yes.

    Raises RetryableError, RefusedError or InDoubtError for every other, whatever its bytes.
    """
    said = read(response)
    status = response.status
    if status in _NOT_TAKEN:
        raise _to_repeat(response, said)
    if 300 <= status < 500:
        _refuse(response, said)
    if not 200 <= status < 300:
        _lost(status, said)
    if said is None:
        unreadable = _NO_OBJECT if response.body.strip() else _EMPTY
        raise InDoubtError(tr(unreadable, status=status))
    return said.members


def read(response: ApiResponse) -> Said | None:
    """Read the JSON object of an answer, whatever its status; None: it holds none."""
    members = parsed(response.body)
    if not isinstance(members, dict):
        return None
    named = {name.lower(): value for name, value in members.items()}
    own, text = text_of(named.get("errorcode")), named.get("message")
    codes = _CODE.findall(text) if isinstance(text, str) else []  # before long words are cut
    told = [own, text_of(named.get("description")), text_of(text)]
    details = named.get("details")
    if isinstance(details, list):
        told += [_detail(one) for one in details if isinstance(one, dict)]
    words = cleaned(": ".join(dict.fromkeys(part for part in told if part)))
    return Said(members, own or next(reversed(codes), ""), words)


def parsed(body: bytes) -> Any:
    """Read JSON; None for what is none."""
    try:
        return orjson.loads(body.removeprefix(_UTF8_MARK))
    except orjson.JSONDecodeError:
        return None


def with_every_digit(response: ApiResponse) -> Mapping[str, Any]:
    """Give the members of an answer that says yes, decimals as texts. Raises as ``understood``."""
    members = understood(response)  # which refuses what only Python's own reader takes
    try:
        exact = json.loads(response.body.removeprefix(_UTF8_MARK), parse_float=str)
    except (ValueError, RecursionError):  # lists in lists, deeper than Python's reader goes
        return members
    return exact if isinstance(exact, dict) else members


def failure_words(failure: Mapping[str, Any], *, code: str) -> str:
    """Put together what is said of one thing wrong; its text has two names in the documents."""
    text = text_of(failure.get("description")) or text_of(failure.get("error"))
    return ": ".join(part for part in (text_of(failure.get(code)), text) if part)


def refused_alone(batch: Batch, refusal: RefusedError) -> Settled:
    """Make the outcome of a contact that was refused while it stood alone in its call.

    After a call in doubt a refusal says nothing of what that call wrote.
    """
    if batch.repeated or batch.doubtful:
        code = IssueCode.ANSWER_LOST
        outcome = Outcome(Verdict.UNKNOWN, code, message=message(code))
    else:
        outcome = Outcome(
            Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message=cleaned(str(refusal))
        )
    return Settled((outcome,) * len(batch), joined=len(batch))


def missing() -> Outcome:
    """Make the outcome of a contact of which an answer says nothing."""
    code = IssueCode.ANSWER_MISSING
    return Outcome(Verdict.UNKNOWN, code, message=message(code))


def _detail(detail: Mapping[str, Any]) -> str:
    return failure_words(detail, code="item")


def _to_repeat(response: ApiResponse, said: Said | None) -> RetryableError:
    busy = said is not None and said.code.lower().endswith(_TOO_MANY_IMPORTS)
    if busy:
        return RetryableError(
            tr("Dotdigital still works on as many imports as it allows."),
            wait=_BUSY_WAIT,
            busy=True,
        )
    sentence = tr("The platform asks to wait (HTTP {status}).", status=response.status)
    return RetryableError(sentence, wait=_wait(response))


def _wait(response: ApiResponse) -> float | None:
    """Read how long to wait: that nothing is left need not be said beside the reset."""
    spent = replace(response, headers={**response.headers, "x-ratelimit-remaining": "0"})
    wait = rate_limit_wait(spent)
    return retry_after(response) if wait is None else wait


def _refuse(response: ApiResponse, said: Said | None) -> NoReturn:
    status, words, code = response.status, said.words if said else "", said.code if said else ""
    if code in (_CAPPED, _NOT_NOW):
        wait = _wait(response)
        usual = _CAPPED_WAIT if code == _CAPPED else None
        raise RetryableError(words, wait=usual if wait is None else wait)
    scope, cause = Refusal.CALL, AccountCause.UNSAID
    if status == 401:
        scope, cause, words = Refusal.ACCOUNT, AccountCause.KEY, _with(tr(_WRONG_PASSWORD), words)
    elif status == 403:
        denied = _ACCESS_DENIED in response.body[:5000].decode(errors="replace").lower()
        cause = AccountCause.MOVED if denied else AccountCause.PERMISSION
        scope, words = Refusal.ACCOUNT, _with(tr(_WRONG_HOST), words)
    elif status == 413:
        scope = Refusal.SIZE
    elif status < 400:
        scope, cause, words = Refusal.ACCOUNT, AccountCause.MOVED, _moved(response)
    raise RefusedError(
        words or tr("HTTP {status} without a word of explanation", status=status),
        scope=scope,
        code=code or f"http-{status}",
        cause=cause,
    )


def _with(sentence: str, words: str) -> str:
    if not words:
        return sentence
    return tr("{sentence} Its own words: {words}", sentence=sentence, words=words)


def _moved(response: ApiResponse) -> str:
    to = _host(response.headers.get("location", "")) or tr("an address it does not name")
    return tr(
        "The platform's address has moved to {address} (HTTP {status}): correct `url` in "
        "importer.yaml.",
        address=to,
        status=response.status,
    )


def _host(location: str) -> str:
    """Give an address up to its path, which names the contact of a single call."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return cleaned(f"{parts.scheme}://{host}") if parts.scheme and host else ""


def _lost(status: int, said: Said | None) -> NoReturn:
    """Nobody knows what was written. A failure in the platform's own form may be a contact's."""
    own = said is not None and said.is_envelope and status not in _LOST
    if said is not None and own:
        words = tr("The platform failed (HTTP {status}: {words}).", status=status, words=said.words)
    else:
        words = tr("The platform failed (HTTP {status}).", status=status)
    raise InDoubtError(words, one_row_may_be_the_cause=own)
