"""How a delivery ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.errors import ImporterError
from importer.language import tr


class EndReason(StrEnum):
    COMPLETE = "complete"  # every contact of the plan has its outcome
    FIRST_REACHED = "first-reached"  # so many as were asked for; some are left
    INTERRUPTED = "interrupted"
    PLATFORM_DOWN = "platform-down"  # one batch's attempts are spent
    ACCOUNT_REFUSED = "account-refused"  # credentials, project or permission
    ALL_REFUSED = "all-refused"  # single contacts, one after the other, for the same reason
    TOO_MANY_REJECTED = "too-many-rejected"
    BUDGET_SPENT = "budget-spent"  # the connection's own limit allows no call for a long time
    CANNOT_GO_ON = "cannot-go-on"  # a setting or this machine stands in the way of a later call
    UNREADABLE_ANSWERS = "unreadable-answers"  # no answer could be tied to a contact


@dataclass(frozen=True, slots=True)
class DeliveryEnd:
    """Why a delivery ended, with a sentence for the operator."""

    reason: EndReason
    message: str


class HaltError(ImporterError):
    """The delivery ends here; what has no outcome yet stays for a later one."""

    def __init__(self, reason: EndReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def attempts_spent(attempts: int, last: Exception | None) -> HaltError:
    """Make the end of a delivery of which a call used up its attempts."""
    return HaltError(
        EndReason.PLATFORM_DOWN,
        tr(
            "The platform took none of {attempts} attempts. The last: {last}",
            attempts=attempts,
            last=str(last),
        ),
    )
