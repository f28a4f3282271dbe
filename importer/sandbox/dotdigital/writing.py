"""A contact's sections, applied to the contact.

Where version 3's documents are silent, the gentlest reading: lists are only added to, suppressed
people stay suppressed, and nobody who left comes back without resubscribe options.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.sandbox.dotdigital.contacts import Person
from importer.sandbox.dotdigital.sections import MergeOption
from importer.sandbox.dotdigital.settings import MergeScope
from importer.sandbox.dotdigital.values import folded, written

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.sections import EmailWish, Sections
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

CONFIRMATION, CHALLENGE = "confirmation", "challenge"


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it. ``failures``: code and description of each part that was left out.

    A new person has no number yet, and nothing is stored: that is the caller's.
    """

    person: Person
    created: bool
    undeleted: bool
    failures: tuple[tuple[str, str], ...]


def write(
    person: Person | None,
    sections: Sections,
    merge_option: str,
    account: Account,
    settings: DotdigitalSettings,
    now: float,
) -> Written:
    """Apply sections to a person in place, or to a new one. ``now``: seconds since 1970."""
    at = written(now)
    who = Person(created=at) if person is None else person
    undeleted, who.binned, who.updated = who.binned, False, at
    had_address, had_mobile = "email" in who.identifiers, "mobileNumber" in who.identifiers
    who.identifiers.update(sections.identifiers)
    _set_data(who, sections, merge_option)
    _set_email(who, sections.email, settings, had_address=had_address)
    _set_mobile(who, sections, settings, had_mobile=had_mobile)
    failures = (
        *_add_lists(who, sections, account),
        *_set_preferences(who, sections, merge_option, account, settings),
    )
    _add_consents(who, sections, at)
    return Written(who, person is None, undeleted, failures)


def is_suppressed(address: str | None, settings: DotdigitalSettings) -> bool:
    """Whether the settings suppress this address."""
    return address is not None and lists_address(settings.suppressed, address)


def lists_address(switch: str, address: str | None) -> bool:
    """Whether a switch of addresses names this one, or says "all"."""
    if not switch:
        return False
    named = _named(switch)
    return "all" in named or (address is not None and folded("email", address) in named)


@lru_cache(maxsize=8)
def _named(switch: str) -> frozenset[str]:
    return frozenset(switch.lower().split())


def _set_data(who: Person, sections: Sections, merge_option: str) -> None:
    for name, value in sections.data.items():
        if value is None:
            if merge_option == MergeOption.OVERWRITE:
                who.data.pop(name, None)
        elif merge_option != MergeOption.IF_EMPTY or name not in who.data:
            who.data[name] = value


def _set_email(
    who: Person, wish: EmailWish, settings: DotdigitalSettings, *, had_address: bool
) -> None:
    address = who.identifiers.get("email")
    if address is None:
        return
    before = who.email.get("status") if had_address else None
    after, mail = _next_status(before, wish, settings)
    if is_suppressed(address, settings):
        after, mail = "suppressed", None
    if mail is not None:
        who.mails[mail] = who.mails.get(mail, 0) + 1
    who.email = {
        "emailType": wish.email_type or who.email.get("emailType", "Html"),
        "optInType": _opt_in_type(who, wish, after),
        "status": after,
    }


def _next_status(
    before: str | None, wish: EmailWish, settings: DotdigitalSettings
) -> tuple[str, str | None]:
    """The status that follows, and the mail that goes out on it. ``before`` None: new."""
    if before == "suppressed":
        return before, None
    if wish.status in ("unsubscribed", "suppressed"):
        return wish.status, None
    verified = wish.opt_in_type == "VerifiedDouble"
    if before is None:
        must_confirm = verified or settings.enforce_double_opt_in
        return ("pendingOptIn", CONFIRMATION) if must_confirm else ("subscribed", None)
    wants_back = wish.status == "subscribed" and wish.challenge is not None
    if before == "pendingOptIn":
        # Whoever has not confirmed yet is asked again.
        if wants_back and wish.challenge:
            return before, CHALLENGE
        return before, CONFIRMATION if verified else None
    if before == "unsubscribed" and wants_back:
        if wish.challenge:
            return "pendingOptIn", CHALLENGE
        return ("pendingOptIn", CONFIRMATION) if verified else ("subscribed", None)
    return before, None


def _opt_in_type(who: Person, wish: EmailWish, status: str) -> str:
    if wish.opt_in_type == "VerifiedDouble":
        # Version 2 says Double until the link is clicked. Nobody clicks here.
        return "Double" if status == "pendingOptIn" else who.email.get("optInType", "Unknown")
    return wish.opt_in_type or who.email.get("optInType", "Unknown")


def _set_mobile(
    who: Person, sections: Sections, settings: DotdigitalSettings, *, had_mobile: bool
) -> None:
    """Statuses of the mobile channels; a new number takes the account's default."""
    fresh = not had_mobile and "mobileNumber" in who.identifiers
    default = settings.mobile_default.value if fresh else "noSubscription"
    for channel, wished in ((who.sms, sections.sms), (who.whatsapp, sections.whatsapp)):
        before = channel.get("status")
        if before != "suppressed":
            channel["status"] = wished or (default if fresh or before is None else before)


def _add_lists(who: Person, sections: Sections, account: Account) -> list[tuple[str, str]]:
    failures = []
    for number in sections.lists:
        if account.list_of(number) is None:
            failures.append(("InvalidAddressBookIds", f"There is no list {number}"))
        elif number not in who.lists:
            who.lists.append(number)
    return failures


def _set_preferences(
    who: Person,
    sections: Sections,
    merge_option: str,
    account: Account,
    settings: DotdigitalSettings,
) -> list[tuple[str, str]]:
    keeps = (
        merge_option == MergeOption.IF_EMPTY
        and settings.merge_scope is MergeScope.DATA_AND_PREFERENCES
    )
    failures = []
    for number, opted_in in sections.preferences.items():
        preference = account.preference(number)
        if preference is None or not preference.is_preference:
            failures.append(("preferencesNotApplied", f"There is no preference {number}"))
        elif not (keeps and number in who.preferences):
            who.preferences[number] = opted_in
    return failures


def _add_consents(who: Person, sections: Sections, at: str) -> None:
    for one in sections.consents:
        who.consents.append(
            {
                "text": one.text,
                "dateTimeConsented": one.at,
                "url": one.url,
                "ipAddress": one.ip_address,
                "userAgent": one.user_agent,
                "dateTimeCreated": at.partition(".")[0],
            }
        )
