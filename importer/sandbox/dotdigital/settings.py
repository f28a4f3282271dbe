# ruff: noqa: RUF009 -- switch makes a dataclass field, not a value
"""Every switch of the imitated Dotdigital."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from importer.sandbox.dotdigital.account import DEFAULT_ACCOUNT, Account
from importer.sandbox.errors import SandboxError
from importer.sandbox.switches import refuse_too_small, switch


class ImportEnd(StrEnum):
    """How every bulk import ends."""

    FINISHED = "finished"
    WATCHDOG = "watchdog"  # RejectedByWatchdog
    FAILED = "failed"  # Failed
    OVER_ALLOWANCE = "over-allowance"  # ExceedsAllowedContactLimit


class MissingIdentifiers(StrEnum):
    """What a contact without identifiers does to its bulk import; inferred from one contact."""

    REFUSE_CALL = "refuse-call"
    PER_CONTACT = "per-contact"


class FailureCodes(StrEnum):
    """How failure codes are spelled; two documents disagree."""

    PASCAL = "pascal"  # InvalidEmail
    CAMEL = "camel"  # invalidEmail


class Echo(StrEnum):
    """Whether results repeat identifiers as sent; not known."""

    AS_SENT = "as-sent"
    NORMALISED = "normalised"


class UnknownField(StrEnum):
    """What a data field the account lacks does in v3; not known."""

    IGNORE = "ignore"
    REFUSE_CONTACT = "refuse-contact"
    REFUSE_CALL = "refuse-call"


class BadValue(StrEnum):
    """What a value that does not fit its data field does in v3; not known."""

    REFUSE_CONTACT = "refuse-contact"
    REFUSE_CALL = "refuse-call"


class UnknownContactId(StrEnum):
    """What PATCH by a contactId nobody has does; not known."""

    CREATE = "create"
    REFUSE = "refuse"


class MergeScope(StrEnum):
    """What merge options touch; for v3 not known, v2 says data and preferences."""

    DATA = "data"
    DATA_AND_PREFERENCES = "data-and-preferences"


class MobileDefault(StrEnum):
    """The account's setting for the mobile channels of new contacts."""

    SUBSCRIBED = "subscribed"
    NO_SUBSCRIPTION = "noSubscription"


class RateScheme(StrEnum):
    """How the account slows its callers down."""

    NONE = "none"
    TIERED = "tiered"
    FLAT = "flat"


class RateReset(StrEnum):
    """What X-RateLimit-Reset counts; two documents disagree."""

    EPOCH = "epoch"  # seconds since 1970
    DELTA = "delta"  # seconds from now


class PollTier(StrEnum):
    """The tier of asking how an import does; not clear."""

    HIGH = "high"
    UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class DotdigitalSettings:
    """The switches, each with its default; ``help_of`` tells what one is for.

    Raises SandboxError when a value makes no sense.
    """

    account: Account = switch(DEFAULT_ACCOUNT, "the account and its API user; see read_account")
    polls: int = switch(2, "answers NotFinished so often before an import is finished")
    import_seconds: float = switch(0.0, "how long an import takes at least")
    import_status: ImportEnd = switch(ImportEnd.FINISHED, "how every import ends")
    active_imports: int = switch(25, "imports that may be under way; one more gets 429")
    contact_allowance: int | None = switch(
        None, "contacts the account may hold; an import beyond ends ExceedsAllowedContactLimit"
    )
    max_bytes: int = switch(50_000_000, "refuses an import with a longer body")
    oversize_status: int = switch(413, "the status of an import that is too long")
    keep_results: int | None = switch(
        None, "forgets a finished import after so many answers; none: never"
    )
    missing_identifiers: MissingIdentifiers = switch(
        MissingIdentifiers.REFUSE_CALL, "what a contact without identifiers does to its import"
    )
    failure_codes: FailureCodes = switch(FailureCodes.PASCAL, "how failure codes are spelled")
    echo_identifiers: Echo = switch(Echo.AS_SENT, "how results of an import repeat identifiers")
    unknown_field: UnknownField = switch(
        UnknownField.REFUSE_CONTACT, "what a data field the account lacks does"
    )
    bad_value: BadValue = switch(
        BadValue.REFUSE_CONTACT, "what a value that does not fit its data field does"
    )
    unknown_contact_id: UnknownContactId = switch(
        UnknownContactId.REFUSE, "what an update by a contactId nobody has does"
    )
    merge_scope: MergeScope = switch(
        MergeScope.DATA_AND_PREFERENCES, "what merge options are about"
    )
    mobile_default: MobileDefault = switch(
        MobileDefault.SUBSCRIBED, "status of the mobile channels of a new contact"
    )
    suppressed: str = switch("", 'addresses that are suppressed: "a@b.test c@d.test"')
    consent_failures: str = switch(
        "", 'addresses of imports whose consent records are not applied; or "all"'
    )
    partial_failure: str = switch(
        "", 'addresses that an import updates and lists as failures too; or "all"'
    )
    enforce_double_opt_in: bool = switch(False, "new contacts must confirm before they are in")
    shuffle: bool = switch(False, "lists the results of imports in another order")
    drop_results: int = switch(0, "leaves so many contacts out of an import's results")
    strangers: int = switch(0, "adds so many contacts nobody sent to an import's results")
    rate_scheme: RateScheme = switch(RateScheme.NONE, "how callers are slowed down")
    tier_low: int | None = switch(35, "imports a minute when tiered")
    tier_medium: int | None = switch(
        None, "writing calls of one contact a minute when tiered; none: no limit"
    )
    tier_high: int | None = switch(None, "reading calls a minute when tiered; none: no limit")
    flat_calls: int = switch(2000, "calls in any hour when flat; beyond it 400")
    reset: RateReset = switch(RateReset.EPOCH, "what X-RateLimit-Reset counts")
    poll_tier: PollTier = switch(PollTier.HIGH, "the tier of asking how an import does")
    other_region: bool = switch(False, "is the wrong region: all but account-info gets 403")
    endpoint: str = switch(
        "", "the ApiEndpoint that account-info gives; none: where the call came to"
    )
    seed: int = switch(0, "what importIds, shuffle and drop_results draw from")

    def __post_init__(self) -> None:
        refuse_too_small(self, _LEAST)
        if self.oversize_status not in range(400, 600):
            raise SandboxError(f"oversize_status must be from 400 to 599: {self.oversize_status}")

    @classmethod
    def help_of(cls, name: str) -> str:
        """One line that says what a switch is for. Raises KeyError for no such switch."""
        return str(cls.__dataclass_fields__[name].metadata["help"])


_LEAST: dict[str, float] = {
    "polls": 0,
    "import_seconds": 0,
    "active_imports": 1,
    "contact_allowance": 0,
    "max_bytes": 1,
    "keep_results": 1,
    "drop_results": 0,
    "strangers": 0,
    "tier_low": 1,
    "tier_medium": 1,
    "tier_high": 1,
    "flat_calls": 1,
}
