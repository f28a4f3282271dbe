"""What the words of the fault script put in the place of an answer."""

from __future__ import annotations

import math
from email.utils import formatdate

from importer.sandbox.envelope import HTML, Reply
from importer.sandbox.errors import Headers, RefusalError
from importer.sandbox.faults import Fault


def page_or_refusal(fault: Fault, retry_after: int, now: float) -> Reply:
    """The answer of a call on which no work is done.

    ``retry_after``: seconds asked for by those faults that ask; ``now``: seconds since 1970.
    Raises RefusalError where the envelope says no.
    """
    seconds = (("Retry-After", str(retry_after)),)
    match fault:
        case Fault.DROPPED:
            return Reply(0, b"")  # never written: the connection closes instead
        case Fault.REFUSED:
            raise RefusalError("Refused", "the fault script refuses this call")
        case Fault.UNAUTHORIZED:
            raise _refusal("InvalidCredentials", "idKey and Key are not accepted", 401)
        case Fault.FORBIDDEN:
            raise _refusal("Forbidden", "the key lacks a permission", 403)
        case Fault.TOO_LARGE:
            raise _refusal("RequestTooLarge", "the request is too large", 413)
        case Fault.TOO_MANY:
            raise too_many(seconds)
        case Fault.TOO_MANY_DATE:
            moment = formatdate(math.ceil(now) + retry_after, usegmt=True)
            raise too_many((("Retry-After", moment),))
        case Fault.TOO_MANY_BARE:
            raise too_many(())
        case Fault.SERVER_ERROR:
            raise _refusal("ServerError", "the platform failed, nothing was written", 500)
        case Fault.GARBAGE:
            return _page(200, "Please stand by")
        case Fault.SERVER_ERROR_PAGE:
            return _page(500, "Server Error in '/' Application.")
        case Fault.BAD_GATEWAY:
            return _page(502, "502 Bad Gateway")
        case Fault.UNAVAILABLE:
            return _page(503, "Service Unavailable")
        case Fault.UNAVAILABLE_AFTER:
            return _page(503, "Service Unavailable", seconds)
        case Fault.GATEWAY_TIMEOUT:
            return _page(504, "504 Gateway Time-out")
        case (
            Fault.OK
            | Fault.LOST
            | Fault.SLOW
            | Fault.CUT
            | Fault.EMPTY
            | Fault.GATEWAY_TIMEOUT_DONE
        ):
            raise AssertionError(f"{fault} lets the work be done")


def after_the_work(fault: Fault, reply: Reply) -> Reply:
    """The answer of a call whose work is done, as its fault leaves it."""
    if fault is Fault.CUT:
        return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.content_type)
    if fault is Fault.EMPTY:
        return Reply(reply.status, b"", reply.content_type)
    if fault is Fault.GATEWAY_TIMEOUT_DONE:
        return _page(504, "504 Gateway Time-out")
    return reply


def too_many(headers: Headers) -> RefusalError:
    """429, scripted or deserved; no document says how the platform slows a caller down."""
    return RefusalError("TooManyCalls", "too many calls", 429, always=True, headers=headers)


def _refusal(code: str, message: str, status: int) -> RefusalError:
    return RefusalError(code, message, status, always=True)


def _page(status: int, title: str, headers: Headers = ()) -> Reply:
    body = (
        f"<!DOCTYPE html>\r\n<html><head><title>{title}</title></head>\r\n"
        f"<body><h1>{title}</h1>\r\n<p>sandbox: a page sent by the fault script</p></body></html>"
    )
    return Reply(status, body.encode(), HTML, headers)
