"""What is answered where no work is done: refused callers, wrong regions, scripted faults."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import TYPE_CHECKING

from importer.sandbox.dotdigital.refusals import ApiRefusal
from importer.sandbox.dotdigital.v2 import MessageRefusal
from importer.sandbox.envelope import HTML, Reply
from importer.sandbox.failures import page_or_refusal
from importer.sandbox.faults import Fault

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.calling import Asked
    from importer.sandbox.errors import Headers

# Documented words; that they stand on a page like this one is inferred.
_FORBIDDEN = (
    b"<!DOCTYPE html>\r\n<html><head><title>403 - Forbidden: Access is denied.</title></head>\r\n"
    b"<body><h2>403 - Forbidden: Access is denied.</h2>\r\n<h3>You do not have permission to view "
    b"this directory or page using the credentials that you supplied.</h3></body></html>"
)
# Fault -> status, errorCode of v3, code of v2, sentence.
_SCRIPTED = {
    Fault.REFUSED: (400, "contacts:badRequest", "CONTACT_INVALID", "the script refuses this call"),
    Fault.TOO_LARGE: (413, "server:badRequest", "MALFORMED_REQUEST", "the request is too large"),
    Fault.SERVER_ERROR: (500, "server:error", "UNKNOWN", "the platform failed, nothing is written"),
}


def scripted(fault: Fault, asked: Asked, spent: Headers, retry_after: int, now: float) -> Reply:
    """The answer of a call on which no work is done.

    ``spent``: the headers of a pace that is spent; ``retry_after``: seconds asked for by those
    faults that ask; ``now``: seconds since 1970. Retry-After is documented nowhere: only
    ``429-date`` and ``503-after`` send it. Raises ApiRefusal or MessageRefusal.
    """
    match fault:
        case Fault.UNAUTHORIZED:
            raise unauthorized(asked)
        case Fault.FORBIDDEN:
            return forbidden()
        case Fault.REFUSED | Fault.TOO_LARGE | Fault.SERVER_ERROR:
            status, code, message_code, told = _SCRIPTED[fault]
            raise _refusal(asked, status, code, f"ERROR_{message_code}", told)
        case Fault.TOO_MANY:
            return Reply(429, b"", headers=spent)
        case Fault.TOO_MANY_DATE:
            moment = formatdate(math.ceil(now) + retry_after, usegmt=True)
            return Reply(429, b"", headers=(("Retry-After", moment),))
        case Fault.TOO_MANY_BARE:
            return Reply(429, b"")
        case _:
            return page_or_refusal(fault, retry_after, now)


def unauthorized(asked: Asked) -> Exception:
    """Observed of v2; what v3 puts into the body is not known, only that it is JSON."""
    if asked.is_v2:
        return MessageRefusal(401, "Authorization has been denied for this request.")
    return ApiRefusal(401, "server:unauthorized", "sandbox: user or password is not accepted")


def unknown(asked: Asked) -> Exception:
    """There is no such call, or it is not imitated."""
    told = f"there is no call {asked.method} {asked.path[:80]} here"
    return _refusal(asked, 404, "server:notFound", "ERROR_UNKNOWN", told)


def forbidden() -> Reply:
    """The account is of another region."""
    return Reply(403, _FORBIDDEN, HTML)


def _refusal(asked: Asked, status: int, code: str, message_code: str, told: str) -> Exception:
    """The same refusal in the manner of either version."""
    if asked.is_v2:
        return MessageRefusal(status, f"sandbox: {told}.", message_code)
    return ApiRefusal(status, code, f"sandbox: {told}")
