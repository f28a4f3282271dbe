"""Which column tells one contact from another: one address, clearly the contact's own, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.documents import in_quotes, joined
from importer.drafting.agreeing import MOST, NEARLY_ALL, Support, agreement, percent
from importer.drafting.candidates import Candidate, Fields
from importer.drafting.header_reading import HeaderReading
from importer.drafting.phrases import Concept, Rank
from importer.drafting.proposal import Certainty, Proposal
from importer.drafting.vocabulary import PERSONS
from importer.language import tr
from importer.recognition import Evidence, Look


def choose_key(
    readings: Sequence[HeaderReading], fields: Fields, *, headless: bool
) -> dict[str, Proposal]:
    """Propose what becomes of each column that could be the key; at most one is.

    Only a column whose header says that it is the contact's own address counts, or the only
    column of addresses of a table without a header.
    """
    field = fields.of(Concept.EMAIL)
    keys = [one for one in readings if one.is_key]
    if keys:
        return _of_named(keys, readings, fields)
    if headless:
        return _of_headless(readings, field)
    addresses = [one for one in readings if _is_own_address(one, field)]
    if not addresses or (field is None and not fields.asked):
        return {}
    if field is None:
        reason = tr("the header says e-mail, but the account has no field for it")
        return {one.column.name: _without_field(one, reason) for one in addresses}
    bearing = [one for one in addresses if not _against(one) and not one.foreign]
    chosen = _clear_one(bearing)
    made = {one.column.name: _other_address(one, bearing, chosen, field) for one in addresses}
    if chosen is not None:
        named = replace(chosen.direct, doubt=field.doubt) if chosen.direct else field
        made[chosen.column.name] = _key(chosen, named, bearing)
    return made


def _of_named(
    named: Sequence[HeaderReading], readings: Sequence[HeaderReading], fields: Fields
) -> dict[str, Proposal]:
    """Propose the columns whose headers are codes of keys, and no other address beside them.

    Of identifiers, one finds a contact: an address, or else the first.
    """
    field, made = fields.of(Concept.EMAIL), {}
    first = next((one for one in named if _is_address_of_contact(one)), named[0])
    for one in readings:
        if one in named and one.direct is not None:
            alone = len(named) == 1
            against = _against(one) if alone or one.concept is Concept.EMAIL else ""
            if alone and one.concept is None and not fields.dialect.addressed:
                against = repeats(one.column)
            reason = joined(filter(None, (one.header_words, against)))
            certainty = Certainty.UNSURE if against else Certainty.SURE
            if one.direct.identifies and one is not first:
                reason = _beside(reason, first.column.name)
                certainty = Certainty.UNSURE
            members = one.direct.as_address if one.concept is Concept.EMAIL else ()
            made[one.column.name] = Proposal(
                one.column.name, one.direct.key, members, reason, certainty
            )
        elif field is not None and _is_own_address(one, field):
            made[one.column.name] = _other_address(one, [*named, one], first, field)
    return made


def further_address(reading: HeaderReading, fields: Fields) -> Proposal | None:
    """Offer a column of addresses, as a comment, where a table has no sure key."""
    field = fields.of(Concept.EMAIL)
    if field is None or reading.column.share(Look.EMAIL) < MOST or reading.rank is Rank.SECOND:
        return None
    reason = tr(
        "the values are addresses, but the header does not say that they are the contact's own"
    )
    return Proposal(reading.column.name, field.key, field.as_address, reason, Certainty.UNSURE)


def _is_own_address(reading: HeaderReading, field: Candidate | None) -> bool:
    if reading.direct is not None and field is not None and not field.doubt:
        return reading.direct.code == field.code
    return reading.concept is Concept.EMAIL and reading.rank is not Rank.SECOND


def _against(reading: HeaderReading) -> str:
    """Say why the values cannot be a key, or ""; a table without rows says nothing against it."""
    column = reading.column
    if column.rows and not column.values:
        return tr("but the column is empty")
    agreed = agreement(reading.concept or Concept.EMAIL, column)
    return agreed.words if agreed.support is Support.AGAINST else repeats(column)


def repeats(column: Evidence) -> str:
    """Say that too many rows have the same value, or ""."""
    share = column.different_share
    if column.counted <= 1 or share > MOST:
        return ""
    return tr(
        "but only {share} of its values differ, and a key tells the contacts apart",
        share=percent(share),
    )


def _clear_one(bearing: Sequence[HeaderReading]) -> HeaderReading | None:
    """Find the only one, the only primary one, the only plain one, or the only filled one."""
    if len(bearing) == 1:
        return bearing[0]
    for rank in (Rank.PRIMARY, Rank.PLAIN):
        ranked = [one for one in bearing if one.rank is rank]
        if ranked:
            return ranked[0] if len(ranked) == 1 else None
    full = [one for one in bearing if one.column.fill >= NEARLY_ALL]
    others_sparse = all(one in full or one.column.fill <= MOST for one in bearing)
    return full[0] if len(full) == 1 and others_sparse else None


def _key(reading: HeaderReading, field: Candidate, bearing: Sequence[HeaderReading]) -> Proposal:
    agreed = agreement(Concept.EMAIL, reading.column)
    reason = joined((reading.header_words, agreed.words))
    if len(bearing) > 1 and reading.rank in {Rank.HOME, Rank.WORK}:
        reason = tr("{reason}, and it alone is filled in nearly every row", reason=reason)
    reason = with_gaps(reason, reading.column)
    if field.remark:
        reason = tr("{reason}; {remark}", reason=reason, remark=field.remark)
    proposal = Proposal(reading.column.name, field.key, field.as_address, reason, Certainty.LIKELY)
    doubt = tr(reading.doubt) or field.doubt
    if doubt:
        reason = tr("{reason}, but {doubt}", reason=reason, doubt=doubt)
        return replace(proposal, certainty=Certainty.UNSURE, reason=reason)
    plain = reading.rank in {Rank.PLAIN, Rank.PRIMARY} and not reading.words.mended
    plain = plain and not reading.words.whole & PERSONS
    if agreed.support is Support.FULL and plain and not reading.settled:
        return replace(proposal, certainty=Certainty.SURE)
    return proposal


def _is_address_of_contact(reading: HeaderReading) -> bool:
    found = reading.direct
    return found is not None and found.identifies and reading.concept is Concept.EMAIL


def with_gaps(reason: str, column: Evidence) -> str:
    """Add to a key's reason that rows lack it, where some do."""
    if not column.values or column.fill >= 1:
        return reason
    return tr(
        "{reason}; {share} of the rows have none and will be refused",
        reason=reason,
        share=percent(1 - column.fill),
    )


def _beside(reason: str, column: str) -> str:
    return tr('{reason}, but "{column}" is the key', reason=reason, column=column)


def _other_address(
    reading: HeaderReading,
    bearing: Sequence[HeaderReading],
    chosen: HeaderReading | None,
    field: Candidate,
) -> Proposal:
    """Write an address that is not the key as a comment."""
    agreed = agreement(Concept.EMAIL, reading.column)
    reason = joined((reading.header_words, agreed.words))
    against = _against(reading)
    if against:
        reason = joined((reading.header_words, against))
    elif reading.foreign:
        reason = tr("{reason}, but {doubt}", reason=reason, doubt=reading.foreign)
    elif chosen is None:
        reason = tr(
            "{reason}, but {columns} could each be the key: choose one",
            reason=reason,
            columns=joined((in_quotes(one.column.name) for one in bearing), tr(" and ")),
        )
    else:
        reason = _beside(reason, chosen.column.name)
    return Proposal(reading.column.name, field.key, field.as_address, reason, Certainty.UNSURE)


def _without_field(reading: HeaderReading, reason: str) -> Proposal:
    return Proposal(reading.column.name, None, (), reason, Certainty.NONE)


def _of_headless(readings: Sequence[HeaderReading], field: Candidate | None) -> dict[str, Proposal]:
    """Take the only column of addresses of a table without a header."""
    addresses = [one for one in readings if one.column.share(Look.EMAIL) >= MOST]
    if len(addresses) != 1 or field is None or repeats(addresses[0].column):
        return {}
    (reading,) = addresses
    share = reading.column.share(Look.EMAIL)
    sure = share >= NEARLY_ALL
    reason = tr("the only column of addresses, {share} of its values are", share=percent(share))
    certainty = Certainty.LIKELY if sure else Certainty.UNSURE
    return {
        reading.column.name: Proposal(
            reading.column.name, field.key, field.as_address, reason, certainty
        )
    }
