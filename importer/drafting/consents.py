"""Columns that speak of a consent: proposed as a comment, never guessed."""

from __future__ import annotations

from importer.drafting.agreeing import MOST
from importer.drafting.candidates import Fields
from importer.drafting.dates import read_dates
from importer.drafting.dialects import Channel
from importer.drafting.headers import Words, folded
from importer.drafting.known_values import ANSWERS, share_known
from importer.drafting.proposal import Certainty, Proposal
from importer.language import tr
from importer.mapping import reads_negatively
from importer.recognition import Evidence, Look

_MOST_ANSWERS = 8
_LONGEST_ANSWER = 20
_OFTEN = 3  # times that a word occurs, from which it is no one person's
_FREQUENTLY = 0.05


def asks_for_consent(column: Evidence, words: Words, fields: Fields) -> bool:
    """Tell whether a header names a consent, or a channel above answers."""
    codes = fields.dialect.consents
    if fields.consent_named(column.name) is not None:
        return True
    if not fields.asked and codes.own.fullmatch(column.name):
        return True
    return _channel(words, fields) is not None and bool(column.values) and has_answers(column)


def consent_proposal(column: Evidence, words: Words, fields: Fields) -> Proposal:
    """Propose a consent as a comment, with the answers seen; its meaning is left to a person."""
    codes = fields.dialect.consents
    if tells_dates(column, words) and not fields.asked and codes.dated.fullmatch(column.name):
        return _date_of_a_consent(column)
    if tells_dates(column, words):
        return Proposal(column.name, None, (), tr(codes.words.dated), Certainty.NONE)
    if column.values and not has_answers(column):
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


def has_answers(column: Evidence) -> bool:
    """Tell whether most values answer a question of consent."""
    return max(share_known(column.answers, ANSWERS), column.share(Look.YES_NO)) >= MOST


def _field(column: Evidence, words: Words, fields: Fields) -> tuple[str | None, str]:
    """Name the consent that may be meant, and what is to be checked of it."""
    codes, channel = fields.dialect.consents, _channel(words, fields)
    if not fields.asked and codes.own.fullmatch(column.name):
        return column.name, tr("the header has the field's own name")
    if not fields.asked and channel is not None:
        return channel.code, tr(channel.remark)
    if not fields.asked:
        return codes.usual, tr(codes.words.which)
    named = fields.consent_named(column.name)
    if named is not None:
        return named, tr('the account has it as "{label}"', label=fields.opt_ins[named])
    if channel is not None:
        code, remark = channel.asked
        return code, tr(remark)
    if not fields.opt_ins:
        remark = tr(codes.words.which if codes.general else codes.words.none)
        return codes.general or None, remark
    told = tr("the account has {consents}", consents=fields.told_of_opt_ins)
    if codes.general:
        return codes.general, tr("{reason}; {remark}", reason=tr(codes.words.which), remark=told)
    return next(iter(fields.opt_ins)), told


def _channel(words: Words, fields: Fields) -> Channel | None:
    channels = fields.dialect.consents.channels
    said = (*words.known, *words.strange)
    return next((channels[word] for word in said if word in channels), None)


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
