"""``channelProperties`` of a contact: members and words as documented, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.bodies import WrongTypeError, object_at
from importer.sandbox.dotdigital.sections import EmailWish

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.bodies import Place
    from importer.sandbox.dotdigital.findings import Findings
    from importer.sandbox.dotdigital.sections import Sections

_EMAIL_STATUSES = frozenset({"subscribed", "unsubscribed", "suppressed"})
_MOBILE_STATUSES = _EMAIL_STATUSES | {"noSubscription"}
# Requests and answers spell these differently.
_EMAIL_TYPES = {"plainText": "PlainText", "html": "Html"}
_OPT_IN_TYPES = {
    "unknown": "Unknown",
    "single": "Single",
    "double": "Double",
    "verifiedDouble": "VerifiedDouble",
}
_LOCALES = (
    "cs-CS da-DA de-DE el-EL en-EN es-ES es fi-FI fr-FR hu-HU it-IT nl-NL nb-NO pl-PL pt-PT ru-RU "
    "se-SE sk-SK tr-TR zh-CN"
)
_LOCALE_CODES = frozenset(_LOCALES.split())
_EMAIL_MEMBERS = ("status", "emailType", "optInType", "resubscribeOptions")
_RESUBSCRIBE_MEMBERS = (
    "resubscribeWithNoChallenge",
    "preferredLocale",
    "redirectUrlAfterChallenge",
)


def read_channels(sent: object, place: Place, sections: Sections, found: Findings) -> None:
    """Read the wishes for each channel into ``sections``. Raises WrongTypeError."""
    channels = object_at(sent, place)
    found.refuse_others(channels, ("email", "sms", "whatsApp"), "channelProperties")
    if channels.get("email") is not None:
        here = (*place, "email")
        sections.email = _email(object_at(channels["email"], here), here, found)
    sections.sms = _mobile("sms", channels, place, found)
    sections.whatsapp = _mobile("whatsApp", channels, place, found)


def _email(sent: dict[str, Any], place: Place, found: Findings) -> EmailWish:
    found.refuse_others(sent, _EMAIL_MEMBERS, "email")
    email_type = found.word(sent, "emailType", _EMAIL_TYPES, place)
    opt_in_type = found.word(sent, "optInType", _OPT_IN_TYPES, place)
    return EmailWish(
        found.word(sent, "status", _EMAIL_STATUSES, place),
        None if email_type is None else _EMAIL_TYPES[email_type],
        None if opt_in_type is None else _OPT_IN_TYPES[opt_in_type],
        _challenge(sent.get("resubscribeOptions"), (*place, "resubscribeOptions"), found),
    )


def _challenge(sent: object, place: Place, found: Findings) -> bool | None:
    if sent is None:
        return None
    options = object_at(sent, place)
    found.refuse_others(options, _RESUBSCRIBE_MEMBERS, "resubscribeOptions")
    found.word(options, "preferredLocale", _LOCALE_CODES, place)
    if not isinstance(options.get("redirectUrlAfterChallenge"), str | None):
        raise WrongTypeError((*place, "redirectUrlAfterChallenge"))
    without = options.get("resubscribeWithNoChallenge", True)
    if not isinstance(without, bool):
        raise WrongTypeError((*place, "resubscribeWithNoChallenge"))
    return not without


def _mobile(name: str, channels: dict[str, Any], place: Place, found: Findings) -> str | None:
    if channels.get(name) is None:
        return None
    here = (*place, name)
    sent = object_at(channels[name], here)
    found.refuse_others(sent, ("status",), name)
    return found.word(sent, "status", _MOBILE_STATUSES, here)
