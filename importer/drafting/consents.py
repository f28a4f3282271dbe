"""Columns that speak of a consent: proposed as a comment, never guessed."""

from __future__ import annotations

import re

from importer.drafting.agreeing import MOST
from importer.drafting.candidates import Fields
from importer.drafting.dates import read_dates
from importer.drafting.headers import Words, folded
from importer.drafting.known_values import ANSWERS, share_known
from importer.drafting.proposal import Certainty, Proposal
from importer.language import tr
from importer.mapping import reads_negatively
from importer.recognition import Evidence, Look

_NEWSLETTER, _TRACKING = "optin_Newsletter", "hasTrackingConsent"
_CODE = re.compile(r"optin_[A-Za-z]\w*|hasTrackingConsent")
_DATE_CODE = re.compile(r"dtOptin_[A-Za-z]\w*|dtTrackingConsent")
_MOST_ANSWERS = 8
_LONGEST_ANSWER = 20
_OFTEN = 3  # times that a word occurs, from which it is no one person's
_FREQUENTLY = 0.05


def consent_proposal(column: Evidence, words: Words, fields: Fields) -> Proposal:
    """Propose a consent as a comment, with the answers seen; its meaning is left to a person."""
    if tells_dates(column, words) and not fields.asked and _DATE_CODE.fullmatch(column.name):
        return _date_of_a_consent(column)
    if tells_dates(column, words):
        reason = tr(
            "it may be the date of a consent: such a date goes to dtTrackingConsent, or to "
            "dtOptin_… where the connection allows it"
        )
        return Proposal(column.name, None, (), reason, Certainty.NONE)
    if column.values and not _has_answers(column):
        reason = tr("the header speaks of a consent, but the values are no answers to one")
        return Proposal(column.name, None, (), reason, Certainty.NONE)
    field, remark = _field(column, words, fields)
    reason = tr("the header speaks of a consent, which is never guessed; {remark}", remark=remark)
    if reads_negatively(column.name):
        reason = tr(
            "{reason}; a yes below this header may mean a no: spell both answers out",
            reason=reason,
        )
    if field is None:
        return Proposal(column.name, None, (), reason, Certainty.NONE)
    values = dict.fromkeys(_answers(column))
    return Proposal(
        column.name, field, (("values", values),), reason, Certainty.UNSURE, consent=True
    )


def _date_of_a_consent(column: Evidence) -> Proposal:
    """Propose the field whose code the header is, as a comment, with the format of its dates."""
    reading = read_dates(column)
    options, others = (
        ((("format", formats[0] if len(formats) == 1 else list(formats)),),) if formats else ()
        for formats in (reading.formats, reading.others)
    )
    reason = tr("the header has the field's own name; a consent is never guessed, nor is its date")
    if reading.problem and column.values:
        reason = tr("{reason}; {remark}", reason=reason, remark=reading.problem)
    return Proposal(
        column.name, column.name, options[0] if options else (), reason, Certainty.UNSURE, others
    )


def tells_dates(column: Evidence, words: Words) -> bool:
    """Tell whether a column of that name holds dates, or would if it were not empty."""
    return column.date_share >= MOST or (not column.values and "date" in words.whole)


def _has_answers(column: Evidence) -> bool:
    return max(share_known(column.answers, ANSWERS), column.share(Look.YES_NO)) >= MOST


def _field(column: Evidence, words: Words, fields: Fields) -> tuple[str | None, str]:
    """Name the consent that may be meant, and what is to be checked of it."""
    if not fields.asked and _CODE.fullmatch(column.name):
        return column.name, tr("the header has the field's own name")
    tracking = "tracking" in words.whole
    if not fields.asked and tracking:
        return _TRACKING, tr("perhaps the consent to tracking")
    if not fields.asked:
        return _NEWSLETTER, tr("check which consent of the account it is")
    named = fields.consent_named(column.name)
    listed = ", ".join(f"{code} ({label})" for code, label in fields.opt_ins.items())
    if named is not None:
        return named, tr('the account has it as "{label}"', label=fields.opt_ins[named])
    if tracking:
        return None, tr("the consent to tracking is hasTrackingConsent in every account")
    if not fields.opt_ins:
        return None, tr("the account has none (optin_…)")
    return next(iter(fields.opt_ins)), tr("the account has {consents}", consents=listed)


def _answers(column: Evidence) -> list[str]:
    """List the answers that are words for yes and no, or short words seen often; no others."""
    seen: dict[str, str] = {}
    for text, count in (column.answers or {}).items():
        plain = folded(text)
        short = len(text) <= _LONGEST_ANSWER and not any(c == "@" or c.isdigit() for c in text)
        often = count >= max(_OFTEN, _FREQUENTLY * column.values)
        if plain in ANSWERS or (short and often):
            seen.setdefault(plain, text)
    return list(seen.values())[:_MOST_ANSWERS]
