"""What a call says of one contact, read and checked, whichever call it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool


class MergeOption(StrEnum):
    """What happens to values that are there, in the spelling of the query.

    The names are documented; their meaning is version 2's.
    """

    OVERWRITE = "overwrite"
    IF_NOT_EMPTY = "overwrite-if-not-empty"  # an incoming blank is passed over
    IF_EMPTY = "overwrite-if-empty"  # only where nothing is stored


@dataclass(frozen=True, slots=True)
class EmailWish:
    """What is asked of the e-mail channel. None: not said.

    ``status``: as in requests; the two types: as in answers (``Html``, ``VerifiedDouble``).
    ``challenge``: there are resubscribe options, and they want a challenge, or want none.
    """

    status: str | None = None
    email_type: str | None = None
    opt_in_type: str | None = None
    challenge: bool | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent record as sent; ``at``: UTC, without its Z."""

    text: str
    at: str
    url: str
    ip_address: str
    user_agent: str


@dataclass(slots=True)
class Sections:
    """One contact of a call. What is left out is empty or None.

    ``identifiers``: as kept, without contactId; ``data``: by the account's spelling, None clears.
    """

    identifiers: dict[str, str] = field(default_factory=dict)
    contact_id: int | None = None
    data: dict[str, Scalar | None] = field(default_factory=dict)
    email: EmailWish = field(default_factory=EmailWish)
    sms: str | None = None
    whatsapp: str | None = None
    lists: list[int] = field(default_factory=list)
    preferences: dict[int, bool] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)
