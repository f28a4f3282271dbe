"""What is proposed for each column of a table, with its reason and how sure it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from importer.drafting.agreeing import MOST, Agreement, Support, agreement
from importer.drafting.candidates import Candidate, Fields
from importer.drafting.consents import asks_for_consent, consent_proposal, tells_dates
from importer.drafting.header_reading import HeaderReading
from importer.drafting.headers import plain_words
from importer.drafting.keys import choose_key, further_address, repeats, with_gaps
from importer.drafting.options import options_for
from importer.drafting.phrases import Concept, Rank
from importer.drafting.proofs import proofs
from importer.drafting.proposal import Certainty, Proposal
from importer.drafting.readings import read_headers
from importer.drafting.regions import PhoneRegion, phone_region
from importer.drafting.streets import joined_address, lacks_numbers
from importer.drafting.unplaced import as_new, nothing, sentence_of_parts, unplaced
from importer.drafting.vocabulary import NEUTRAL, speaks_of_consent
from importer.drafting.whose import is_of_a_stranger, is_of_the_contacts
from importer.language import tr
from importer.recognition import Evidence, Look
from importer.targets import FieldGrammar

_BY_RANK = {Rank.PRIMARY: 0, Rank.PLAIN: 1, Rank.HOME: 2, Rank.WORK: 3, Rank.SECOND: 4}
_SECOND = {Concept.EMAIL: Concept.SECOND_EMAIL, Concept.ADDRESS: Concept.ADDRESS2}


def propose(
    columns: Sequence[Evidence],
    fields: Fields,
    grammar: FieldGrammar,
    *,
    repeated: Iterable[str] = (),
    headless: bool = False,
) -> tuple[Proposal, ...]:
    """Propose a field for each column, in the table's order.

    ``repeated``: headers that several columns have. ``headless``: the table has no header, and
    its columns' names are made up.
    """  # fmt: skip
    twice = set(repeated)
    made: dict[str, Proposal] = {}
    read: list[HeaderReading] = []
    readings = read_headers(columns, fields)
    proving = proofs(readings, fields)
    for reading in readings:
        column = reading.column
        if column.name in twice or _without_number(column.name) in twice:
            made[column.name] = nothing(column, tr("several columns have this name: rename them"))
        elif column.name in proving:
            made[column.name] = proving[column.name]
        elif _is_consent(reading, fields):
            made[column.name] = consent_proposal(column, reading.words, fields)
        else:
            read.append(reading)
    made |= choose_key(read, fields, headless=headless)
    others = [one for one in read if one.column.name not in made]
    region = phone_region(read)
    made |= _of_fields(others, read, columns, fields, region, _other_key(read, made))
    if not any(one.is_key for one in made.values()):
        offers = {one.column.name: further_address(one, fields) for one in others if not one.direct}
        made |= {
            name: offer for name, offer in offers.items() if offer and made[name].field is None
        }
    made |= {one.column.name: as_new(made[one.column.name], one, fields, region) for one in others}
    return tuple(_within(grammar, made[column.name]) for column in columns)


def _is_consent(reading: HeaderReading, fields: Fields) -> bool:
    name = reading.column.name
    if "joining" in reading.words.whole and reading.direct is None:
        return tells_dates(reading.column, reading.words)
    spoken_of = speaks_of_consent(reading.words.whole, plain_words(name))
    return spoken_of or asks_for_consent(reading.column, reading.words, fields)


def _without_number(name: str) -> str:
    """Take off what makes the name of a repeated header its own: ``News (2)``."""
    bare, opened, rest = name.rpartition(" (")
    return bare if opened and rest.removesuffix(")").isdecimal() else name


def _of_fields(
    readings: Sequence[HeaderReading],
    all_readings: Sequence[HeaderReading],
    columns: Sequence[Evidence],
    fields: Fields,
    region: PhoneRegion,
    other_key: str,
) -> dict[str, Proposal]:
    """Propose the fields that are no key. ``other_key``: why another column may be it, or ""."""
    nobodys = _are_of_strangers(all_readings)
    made: dict[str, Proposal] = {}
    rivals: dict[str, list[tuple[HeaderReading, Candidate]]] = defaultdict(list)
    for reading in readings:
        candidate = _candidate(reading, fields)
        if candidate is None:
            made[reading.column.name] = unplaced(reading, fields)
        elif reading.rank is Rank.SECOND:
            made[reading.column.name] = _further(reading, candidate)
        else:
            rivals[candidate.code.casefold()].append((reading, candidate))
    for group in rivals.values():
        group.sort(key=lambda pair: _precedence(pair[0]))
        best = group[0][0]
        alone = [_precedence(one) for one, _ in group].count(_precedence(best)) == 1
        for reading, candidate in group:
            rival = ""
            if not alone:
                rival = tr("several columns could be {code}", code=candidate.code)
            elif reading is not best:
                rival = tr('"{column}" goes to {code} already', column=best.column.name,
                           code=candidate.code)  # fmt: skip
            parts = joined_address(reading, columns)
            if candidate.identifies:
                rival = rival or other_key or _no_key(reading.column)
            placed = _placed(reading, candidate, region, rival or nobodys, parts)
            made[reading.column.name] = placed
    return made


def _other_key(readings: Sequence[HeaderReading], made: Mapping[str, Proposal]) -> str:
    """Say why another identifier than an address is not the key that finds contacts, or ""."""
    key = next((one for one in made.values() if one.is_key), None)
    if key is not None:
        return tr('"{column}" is the key; with both in force, match under merge says which finds '
                  "the contact", column=key.column)  # fmt: skip
    addresses = [one for one in readings if one.column.share(Look.EMAIL) >= MOST]
    if addresses:
        return tr('"{column}" may be the key', column=addresses[0].column.name)
    return ""


def _no_key(column: Evidence) -> str:
    """Say why an identifier that no address is beside cannot tell contacts apart, or ""."""
    if column.rows and not column.values:
        return tr("the column is empty")
    return tr("its values repeat, and a key tells the contacts apart") if repeats(column) else ""


def _are_of_strangers(readings: Sequence[HeaderReading]) -> str:
    """Say that a table tells of other people than contacts, such as suppliers, or ""."""
    strangers = any(is_of_a_stranger(one) for one in readings)
    if not strangers or any(is_of_the_contacts(one) for one in readings):
        return ""
    return tr("no column is surely about the contacts themselves")


def _precedence(reading: HeaderReading) -> tuple[bool, bool, int]:
    empty = bool(reading.column.rows) and not reading.column.values
    rank = 0 if reading.direct else 1 + _BY_RANK[reading.rank]
    return bool(reading.foreign), empty, rank


def _candidate(reading: HeaderReading, fields: Fields) -> Candidate | None:
    if reading.direct is not None:
        return reading.direct
    concept = reading.concept
    if concept is not None and reading.rank is Rank.SECOND:
        concept = _SECOND.get(concept)
    if concept is None:
        return None
    return fields.of(concept) or fields.new(reading.column.name)


def _placed(
    reading: HeaderReading,
    candidate: Candidate,
    region: PhoneRegion,
    rival: str,
    parts_of_address: Sequence[str],
) -> Proposal:
    """Propose a field whose header is understood, as far as the values agree.

    ``rival``: why another column may be meant, or "". ``parts_of_address``: the columns that make
    the whole of it.
    """
    column, concept = reading.column, reading.concept
    agreed = agreement(concept, column) if concept else Agreement(Support.FULL)
    options = options_for(concept, column, region, candidate.kept)
    parts = [reading.header_words, agreed.words]
    doubts = (
        reading.foreign,
        rival,
        tr(reading.doubt),
        options.problem,
        candidate.doubt,
        _at_work(reading),
        _half_an_address(reading, parts_of_address),
    )
    doubt = next(filter(None, doubts), "")
    certainty = _certainty(reading, candidate, agreed)
    if agreed.support is Support.AGAINST:
        certainty = Certainty.UNSURE
    elif doubt:
        certainty = Certainty.UNSURE
        parts.append(tr("but {doubt}", doubt=doubt))
    else:
        parts.append(options.words)
    reason = sentence_of_parts(parts, candidate.remark)
    if candidate.identifies and certainty is not Certainty.UNSURE:
        reason = with_gaps(reason, column)
    return Proposal(
        column.name,
        candidate.code,
        options.members,
        reason,
        certainty,
        others=options.others,
        joined=tuple(parts_of_address),
    )


def _half_an_address(reading: HeaderReading, parts_of_address: Sequence[str]) -> str:
    if parts_of_address:
        beside = next(name for name in parts_of_address if name != reading.column.name)
        return tr('"{column}" has the house numbers: see computed below', column=beside)
    is_street = reading.words.whole - NEUTRAL == {"street"} and reading.direct is None
    if is_street and lacks_numbers(reading.column):
        return tr("most values have no house number")
    return ""


def _at_work(reading: HeaderReading) -> str:
    """A place of work is not the contact's own, but for the phones and addresses there."""
    at_work = reading.rank is Rank.WORK and not reading.direct
    return tr("it is the place of work") if at_work else ""


def _certainty(reading: HeaderReading, candidate: Candidate, agreed: Agreement) -> Certainty:
    guessed = reading.words.mended or reading.settled or reading.rank is Rank.HOME
    if agreed.support is Support.FULL and candidate.usual and (reading.direct or not guessed):
        return Certainty.SURE
    return Certainty.LIKELY


def _further(reading: HeaderReading, candidate: Candidate) -> Proposal:
    """Propose a second address, or a second line of one; as a comment."""
    second_email = reading.concept is Concept.EMAIL
    options = (("type", "email"), ("on_invalid", "skip")) if second_email else ()
    said = tr("a further address")
    if second_email:
        said = tr("a further e-mail, which never is the key")
    reason = sentence_of_parts([said], candidate.remark)
    return Proposal(reading.column.name, candidate.code, options, reason, Certainty.UNSURE)


def _within(grammar: FieldGrammar, proposal: Proposal) -> Proposal:
    """Drop what the platform would not take as a field's code."""
    if proposal.field is None:
        return proposal
    try:
        grammar.fact(proposal.field)
    except ValueError:
        reason = tr(
            "the account's field {code} cannot be written in a mapping", code=proposal.field
        )
        return replace(proposal, field=None, options=(), reason=reason, certainty=Certainty.NONE)
    return proposal
