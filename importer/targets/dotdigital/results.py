"""What became of an import, tied to the batch's contacts.

Documented: ``created``, ``updated`` and ``failures`` hold no row number, only the identifiers that
were sent, and may hold a contact twice: written, and failed because lists, preferences or consent
records were not applied. Whether identifiers come back as they were sent is not known, nor how
failure codes are spelled, so case counts in neither.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from importer.issues import IssueCode, message
from importer.language import tr
from importer.model import Outcome, Settled, Verdict, comparable_key
from importer.targets.dotdigital.answers import failure_words, missing
from importer.targets.dotdigital.grammar import (
    CONTACT_ID,
    DATA,
    EMAIL,
    IDENTIFIER,
    LIST,
    MOBILE,
    PREFERENCE,
    RECORD,
)
from importer.targets.dotdigital.mailing import is_opted_in_twice
from importer.targets.words import cleaned, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.model import Batch, PlannedField
    from importer.targets.dotdigital.form import ContactForm

_CONTACT_ID, _MOBILE = (code.removeprefix(IDENTIFIER) for code in (CONTACT_ID, MOBILE))
_SUPPRESSIONS = frozenset({"globallysuppressed", "suppressedbydomain"})
_NOT_A_DIGIT = re.compile("[^0-9]")
_WORD = re.compile(r"[-A-Za-z0-9_]+")
# What a failure's code speaks of -> what a field's code begins with.
_SUBJECTS = (
    ("consent", RECORD),
    ("preference", PREFERENCE),
    ("addressbook", LIST),
    ("list", LIST),
    ("contactid", CONTACT_ID),
    ("phone", MOBILE),
    ("mobile", MOBILE),
    ("email", EMAIL),
)


def settle(batch: Batch, members: Mapping[str, Any], form: ContactForm) -> Settled:
    """Give each contact its outcome, by the identifier it was matched by.

    A contact of which nothing is said is unknown; what is said of others is counted.
    """
    places = {tie(form.match_name, key): at for at, key in enumerate(batch.keys)}
    known = {name.lower(): value for name, value in members.items()}
    written: dict[int, Outcome] = {}
    failures: dict[int, list[Mapping[str, Any]]] = {}
    strangers = 0
    for name, verdict in (("created", Verdict.CREATED), ("updated", Verdict.UPDATED)):
        for entry in _entries(known.get(name)):
            at = _place(entry, form.match_name, places)
            if at is None:
                strangers += 1
            else:  # of two answers the later claims less
                written[at] = _written(batch.contacts[at], verdict, _number(entry))
    for entry in _entries(known.get("failures")):
        at = _place(entry, form.match_name, places)
        if at is None:
            strangers += 1
        else:
            failures.setdefault(at, []).append(entry)
    for at, entries in failures.items():
        written[at] = _failed(entries, written.get(at), form.fields)
    nothing = missing()
    return Settled(
        tuple(written.get(at, nothing) for at in range(len(batch))),
        request_id=text_of(known.get("importid")),
        joined=len(written),
        strangers=strangers,
    )


def _written(contact: bytes, verdict: Verdict, number: str) -> Outcome:
    """Say of a new contact that was to be opted in twice that it must confirm; no answer does."""
    if verdict is Verdict.CREATED and is_opted_in_twice(contact):
        code = IssueCode.MUST_CONFIRM
        return Outcome(Verdict.ACCEPTED, code, message=message(code), record_id=number)
    return Outcome(verdict, record_id=number)


def tie(name: str, text: str) -> str:
    """Give one text to all the ways in which the platform may write an identifier."""
    if name == _MOBILE:
        return _NOT_A_DIGIT.sub("", text)
    if name == _CONTACT_ID:
        return text.strip().lstrip("0")
    return comparable_key([text])


def identifier_of(contact: Mapping[str, Any], name: str) -> str:
    """Read an identifier of a contact as the platform shows it; empty where it does not."""
    own = contact.get("identifiers")
    shown = own if isinstance(own, dict) else {}
    value = shown.get(name)
    if value is None:
        value = {one.lower(): known for one, known in shown.items()}.get(name.lower())
    if value is None and name == _CONTACT_ID:
        value = contact.get(name)
    # Not shortened as words for a report are: it is compared.
    return value if isinstance(value, str) else text_of(value)


def _entries(listed: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(listed, list):
        yield from (entry if isinstance(entry, dict) else {} for entry in listed)


def _place(entry: Mapping[str, Any], name: str, places: Mapping[str, int]) -> int | None:
    shown = identifier_of(entry, name)
    return places.get(tie(name, shown)) if shown else None


def _number(entry: Mapping[str, Any]) -> str:
    number = text_of(entry.get("contactId"))
    return "" if number == "0" else number


def _failed(
    entries: Sequence[Mapping[str, Any]],
    written: Outcome | None,
    fields: Sequence[PlannedField],
) -> Outcome:
    """Say what failed of a contact that is perhaps written all the same."""
    told = [one for entry in entries for one in _entries(entry.get("failures"))]
    words = _words(told)
    codes = [text_of(one.get("failureCode")) for one in told]
    suppressed = any(code.lower() in _SUPPRESSIONS for code in codes)
    record_id = next(filter(None, map(_number, entries)), "")
    field = _field(told, fields)
    if written is None and record_id and not suppressed:
        written = Outcome(Verdict.ACCEPTED)
    if written is None:
        code = IssueCode.CONTACT_SUPPRESSED if suppressed else IssueCode.PLATFORM_REFUSED
        return Outcome(Verdict.REJECTED, code, field=field, message=words, record_id=record_id)
    code = IssueCode.CONTACT_SUPPRESSED if suppressed else IssueCode.PARTLY_WRITTEN
    return Outcome(
        written.verdict,
        code,
        field=field,
        message=message(code, detail=words),
        record_id=written.record_id or record_id,
    )


def _words(told: Sequence[Mapping[str, Any]]) -> str:
    parts = [failure_words(one, code="failureCode") for one in told]
    said = cleaned("; ".join(dict.fromkeys(filter(None, parts))))
    return said or tr("the platform does not say why")


def _field(told: Sequence[Mapping[str, Any]], fields: Sequence[PlannedField]) -> str:
    """Name the field that failures speak of, where it can be told; else the empty text."""
    found = {_subject(one, fields) for one in told}
    return found.pop() if len(found) == 1 else ""


def _subject(failure: Mapping[str, Any], fields: Sequence[PlannedField]) -> str:
    code = text_of(failure.get("failureCode")).lower()
    beginning = next((begins for word, begins in _SUBJECTS if word in code), "")
    if beginning:
        codes = [f.code for f in fields if f.code.startswith(beginning)]
        return codes[0] if len(codes) == 1 or (codes and beginning == RECORD) else ""
    spoken = {word.lower() for word in _WORD.findall(failure_words(failure, code="failureCode"))}
    names = {f.code.removeprefix(DATA).lower(): f.code for f in fields if f.code.startswith(DATA)}
    named = spoken & names.keys()
    return names[named.pop()] if len(named) == 1 else ""
