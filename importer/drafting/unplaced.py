"""Columns that no usual field is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from importer.documents import joined
from importer.drafting.agreeing import MOST, NEARLY_ALL, percent
from importer.drafting.candidates import Fields
from importer.drafting.header_reading import HeaderReading
from importer.drafting.options import options_for
from importer.drafting.phrases import Rank
from importer.drafting.proposal import Certainty, Proposal
from importer.drafting.regions import PhoneRegion
from importer.field_rules import ValueType
from importer.language import mark, tr
from importer.recognition import Evidence, Look


def as_new(
    proposal: Proposal, reading: HeaderReading, fields: Fields, region: PhoneRegion
) -> Proposal:
    """Offer a column that goes nowhere as a field that the account may have, as a comment."""
    candidate = fields.new(reading.column.name)
    if proposal.field is not None or candidate is None:
        return proposal
    yes_or_no = reading.concept is None and reading.column.share(Look.YES_NO) >= MOST
    kept = ValueType.BOOLEAN if yes_or_no else None
    options = options_for(reading.concept, reading.column, region, kept)
    reason = sentence_of_parts([proposal.reason, options.problem], candidate.remark)
    return replace(
        proposal,
        field=candidate.code,
        options=options.members,
        reason=reason,
        certainty=Certainty.UNSURE,
        others=options.others,
    )


def unplaced(reading: HeaderReading, fields: Fields) -> Proposal:
    """Say of a column that goes nowhere what it seems to hold."""
    column, concept = reading.column, reading.concept
    if concept is not None and reading.rank is Rank.SECOND:
        return nothing(column, tr("a further {concept}", concept=concept.words))
    if concept is not None and fields.asked:
        told = tr("the account has no field for the {concept}", concept=concept.words)
        return nothing(column, told)
    if not column.values:
        told = tr("the header names no field that is known, and the column is empty")
        return nothing(column, told)
    words = fields.dialect.consents.words
    looks = _LOOKS | {Look.YES_NO: (words.of_all, words.of_some)}
    for look, (of_all, of_some) in looks.items():
        share = column.share(look)
        if share >= NEARLY_ALL:
            return nothing(column, tr(of_all))
        if share >= MOST:
            return nothing(column, tr(of_some, share=percent(share)))
    return nothing(column, tr("the header names no field that is known"))


# What nearly all values are, or a share of them.
_LOOKS = {
    Look.EMAIL: (
        mark(
            "the header names no field; the values are addresses, but the header does not say that "
            "they are the contact's own"
        ),
        mark(
            "the header names no field; {share} of the values are addresses, but the header does "
            "not say that they are the contact's own"
        ),
    ),
    Look.YES_NO: ("", ""),  # said as the platform's consents are called
    Look.PHONE: (
        mark("the header names no field; the values are phone numbers"),
        mark("the header names no field; {share} of the values are phone numbers"),
    ),
    Look.DATE: (
        mark("the header names no field; the values are dates"),
        mark("the header names no field; {share} of the values are dates"),
    ),
}


def sentence_of_parts(parts: Iterable[str], remark: str) -> str:
    """Say what speaks for a proposal, and what is to be checked of it."""
    said = joined(filter(None, parts))
    return tr("{reason}; {remark}", reason=said, remark=remark) if remark else said


def nothing(column: Evidence, reason: str) -> Proposal:
    """Propose no field for a column."""
    return Proposal(column.name, None, (), reason, Certainty.NONE)
