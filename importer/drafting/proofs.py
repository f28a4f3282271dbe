"""Columns that prove a consent: what was agreed to, when, on which page, and from where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from importer.documents import in_quotes, joined
from importer.drafting.agreeing import MOST
from importer.drafting.candidates import Fields
from importer.drafting.consents import has_answers, tells_dates
from importer.drafting.dates import read_dates
from importer.drafting.header_reading import HeaderReading
from importer.drafting.headers import plain_words, same_name
from importer.drafting.proposal import Certainty, Members, Proposal
from importer.drafting.vocabulary import speaks_of_consent
from importer.language import tr
from importer.recognition import Evidence, Form, Look

_RECORD = "consent."
_TEXT, _MOMENT, _PAGE = "text", "datetime", "url"
# What a platform keeps of a consent -> the words for it, without accents. The first found counts.
_WORDS: Mapping[str, frozenset[str]] = {
    "ip": frozenset({"ip"}),
    "userAgent": frozenset({"agent", "useragent", "browser", "navigateur"}),
    _PAGE: frozenset({"url", "page", "link", "lien"}),
    _MOMENT: frozenset({"date", "datetime", "time", "moment", "heure", "timestamp", "horodatage"}),
    _TEXT: frozenset({"text", "texte", "wording", "libelle", "statement", "enonce"}),
}
_PARTS = (_TEXT, _MOMENT, _PAGE, "ip", "userAgent")
_NUMBERS = ("1", "2", "3", "4", "5")
_NEVER_PAGES = frozenset({Look.DATE, Look.EMAIL, Look.YES_NO})


def proofs(readings: Sequence[HeaderReading], fields: Fields) -> dict[str, Proposal]:
    """Propose the parts of the proofs of consents as comments; each is whole or not at all.

    A column is one where its header speaks of a consent, or where all five parts of one number are
    there.
    """
    if not fields.dialect.consents.proofs:
        return {}
    found: dict[str, dict[str, list[HeaderReading]]] = defaultdict(lambda: defaultdict(list))
    spoken: set[str] = set()
    for one in readings:
        part, number, names_consent = _part(one)
        if part and one.direct is None:
            found[number][part].append(one)
            if names_consent:
                spoken.add(one.column.name)
    made: dict[str, Proposal] = {}
    for number, parts in found.items():
        whole = len(parts) == len(_PARTS)
        sure = {
            part: [one for one in several if whole or one.column.name in spoken]
            for part, several in parts.items()
        }
        made |= _record(number, {part: several for part, several in sure.items() if several})
    return made


def _part(reading: HeaderReading) -> tuple[str, str, bool]:
    """Say which part of which proof a column may be, and whether its header names a consent."""
    column = reading.column
    for part in _PARTS:
        for number in ("", *_NUMBERS):
            code = f"{_RECORD}{part}{number and '.'}{number}"
            if same_name(column.name, code):  # also as the platform's own exports have it
                return (part, number, True) if _bears_out(part, column) else ("", "", False)
    words = plain_words(column.name)
    numbers = [word for word in words if word.isdecimal()]
    if len(numbers) > 1 or (numbers and numbers[0] not in _NUMBERS):
        return "", "", False
    joining = "joining" in reading.words.whole and tells_dates(column, reading.words)
    names_consent = joining or speaks_of_consent(reading.words.whole, words)
    part = next((part for part, meant in _WORDS.items() if words & meant), "")
    if names_consent and not part:
        part = _by_values(column)
    if not _bears_out(part, column):
        return "", "", False
    return part, numbers[0] if numbers else "", names_consent


def _by_values(column: Evidence) -> str:
    if column.date_share >= MOST:
        return _MOMENT
    return _PAGE if column.share_of(Form.URL) >= MOST else ""


def _bears_out(part: str, column: Evidence) -> bool:
    """Tell whether the values may be that part."""
    if not column.values:
        return bool(part)
    if part == _MOMENT:
        return column.date_share >= MOST
    other = max(column.share(look) for look in _NEVER_PAGES)
    return bool(part) and other < MOST and not has_answers(column)


def _record(number: str, parts: Mapping[str, Sequence[HeaderReading]]) -> dict[str, Proposal]:
    """Propose the columns of one proof."""
    end = f".{number}" if number else ""
    lacking = [f"{_RECORD}{part}{end}" for part in _PARTS if part not in parts]
    made = {}
    for part, several in parts.items():
        code = f"{_RECORD}{part}{end}"
        for one in several:
            reason = tr("part of the proof of a consent, which is whole or not at all")
            if lacking and parts:
                reason = tr(
                    "{reason}: to put it in force, write under constants what is the same for all "
                    "of {codes}",
                    reason=reason,
                    codes=", ".join(lacking),
                )
            if len(several) > 1:
                columns = joined((in_quotes(o.column.name) for o in several), tr(" and "))
                told = tr("{columns} could each be it: choose one", columns=columns)
                reason = tr("{reason}; {remark}", reason=reason, remark=told)
            made[one.column.name] = _proposal(one.column, code, part, reason)
    return made


def _proposal(column: Evidence, code: str, part: str, reason: str) -> Proposal:
    options: tuple[Members, ...] = ((),)
    if part == _MOMENT and column.values:
        reading = read_dates(column)
        several = [formats for formats in (reading.formats, reading.others) if formats]
        pivot: Members = (("pivot", 30),) if reading.two_digit_years else ()
        timed = all("HH" in one for formats in several for one in formats)
        type_: Members = () if timed else (("type", "date"),)
        options = tuple(
            (*type_, ("format", formats[0] if len(formats) == 1 else list(formats)), *pivot)
            for formats in several
        ) or ((),)
        if reading.problem:
            reason = tr("{reason}; {remark}", reason=reason, remark=reading.problem)
    return Proposal(column.name, code, options[0], reason, Certainty.UNSURE, others=options[1:])
