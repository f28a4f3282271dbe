"""A Merge call: what is created, what is updated, what is passed over or refused.

Only "Updated", "OK" and the two Allow options are certain; the rest is the sandbox's invention.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.sandbox.errors import RefusalError
from importer.sandbox.settings import TableKeyRule
from importer.sandbox.store import Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.sandbox.grammar import Candidate, Grammar
    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.store import Store
    from importer.sandbox.values import Scalar


class Status(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    ERROR = "error"


class Validation(StrEnum):
    """``ValidationResult``: only OK was ever seen."""

    OK = "OK"
    INVALID = "InvalidData"
    DUPLICATE = "DuplicateRecord"
    UNMATCHED = "UnmatchedRecord"
    EXISTING = "ExistingRecord"


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """The six switches of ``MergeOptions``; FieldOptions is taken and left unread."""

    allow_insert: bool
    allow_update: bool
    skip_duplicates: bool = False
    skip_unmatched: bool = False
    return_on_success: bool = False
    return_on_error: bool = False


_OPTIONS = {
    "AllowInsert": "allow_insert",
    "AllowUpdate": "allow_update",
    "SkipDuplicateRecords": "skip_duplicates",
    "SkipUnmatchedRecords": "skip_unmatched",
    "ReturnRecordsOnSuccess": "return_on_success",
    "ReturnRecordsOnError": "return_on_error",
}


def read_options(sent: object, settings: SandboxSettings) -> MergeOptions:
    """Read ``MergeOptions``; what is left out or null keeps its default."""
    options = MergeOptions(settings.default_allow_insert, settings.default_allow_update)
    if sent is None:
        return options
    if not isinstance(sent, dict):
        raise RefusalError("BadRequest", "MergeOptions must be an object")
    for name, value in sent.items():
        if name == "FieldOptions":
            if not isinstance(value, dict | list | None):
                raise RefusalError("BadRequest", "FieldOptions must be an object or null")
        elif name not in _OPTIONS:
            raise RefusalError("BadRequest", f"MergeOptions: unknown member {name}")
        elif value is not None:
            if not isinstance(value, bool):
                raise RefusalError("BadRequest", f"MergeOptions: {name} must be true or false")
            options = replace(options, **{_OPTIONS[name]: value})
    return options


@dataclass(slots=True)
class MergeAnswer:
    """What is said of one record."""

    candidate: Candidate
    status: Status
    validation: Validation
    message: str | None = None
    stored: Stored | None = None


@dataclass(slots=True)
class Merged:
    """A call's answers in the order of its records, and what is to be written."""

    answers: list[MergeAnswer]
    created: list[Stored] = field(default_factory=list)
    updated: list[Stored] = field(default_factory=list)
    renamed: int = 0
    collided: int = 0
    optins_changed: int = 0

    def count(self, status: Status, validation: Validation | None = None) -> int:
        """How many records ended so."""
        return sum(
            one.status is status and validation in (None, one.validation) for one in self.answers
        )


def merge(
    candidates: Sequence[Candidate],
    options: MergeOptions,
    grammar: Grammar,
    store: Store,
) -> Merged:
    """Decide on every record. Writes nothing; hold the store's lock until it is written."""
    return _Merge(candidates, options, grammar, store).run()


class _Merge:
    def __init__(
        self,
        candidates: Sequence[Candidate],
        options: MergeOptions,
        grammar: Grammar,
        store: Store,
    ) -> None:
        self._candidates = candidates
        self._options = options
        self._grammar = grammar
        self._store = store
        self._known = store.by_key(self._keys_in_play())
        ids = [one.number for one in candidates if one.number is not None]
        self._numbered = store.by_id(ids)
        for stored in self._known.values():
            self._numbered[stored.id] = stored
        for stored in self._numbered.values():
            self._known.setdefault(stored.key, stored)
        self._seen: set[str] = set()
        self._merged = Merged([])

    def _keys_in_play(self) -> list[str]:
        fold = self._grammar.fold
        keys = {fold(one.key_values) for one in self._candidates if one.key_values}
        for one in self._candidates:
            if any(name in one.values for name in self._grammar.key_names):
                # A rename needs to know who has the new key; a part left out is filled in later.
                keys.update(self._possible_keys(one))
        return list(keys)

    def _possible_keys(self, candidate: Candidate) -> list[str]:
        parts: dict[str, Scalar] = dict(candidate.key_values)
        if candidate.number is not None:
            for stored in self._store.by_id([candidate.number]).values():
                parts = {name: stored.values[name] for name in self._grammar.key_names}
        if not parts:
            return []
        return [self._grammar.fold(parts | self._sent_key(candidate))]

    def _sent_key(self, candidate: Candidate) -> dict[str, Scalar]:
        sent = candidate.values
        names = self._grammar.key_names
        return {name: value for name in names if (value := sent.get(name)) is not None}

    def run(self) -> Merged:
        for candidate in self._candidates:
            self._merged.answers.append(self._answer(candidate))
        return self._merged

    def _answer(self, candidate: Candidate) -> MergeAnswer:
        stored, place = self._find(candidate)
        if candidate.problem:
            return self._refuse(candidate, Validation.INVALID, candidate.problem, stored)
        if place in self._seen:
            return self._pass_over(
                candidate,
                self._options.skip_duplicates,
                Validation.DUPLICATE,
                f"this {self._grammar.what} stands earlier in the call",
                stored,
            )
        answer = self._create(candidate) if stored is None else self._update(candidate, stored)
        if answer.status is not Status.ERROR or answer.validation is not Validation.INVALID:
            self._seen.add(place)
        return answer

    def _find(self, candidate: Candidate) -> tuple[Stored | None, str]:
        """What a record means, and what makes another record of the call its duplicate."""
        if candidate.number is not None:
            stored = self._numbered.get(candidate.number)
        else:
            key = self._grammar.fold(candidate.key_values)
            stored = self._known.get(key)
            if stored is None:
                return None, f"key:{key}"
        return stored, f"id:{stored.id if stored else candidate.number}"

    def _create(self, candidate: Candidate) -> MergeAnswer:
        if candidate.number is not None or not self._options.allow_insert:
            return self._pass_over(
                candidate,
                self._options.skip_unmatched,
                Validation.UNMATCHED,
                f"no such {self._grammar.what}, and this record may not create one",
            )
        key = self._grammar.fold(candidate.key_values)
        renamed = self._sent_key(candidate)
        if renamed and self._grammar.fold(candidate.key_values | renamed) != key:
            return self._refuse(
                candidate, Validation.INVALID, "the key in Data differs from the key in ID"
            )
        if self._grammar.key_in_data is TableKeyRule.NEEDED and (
            unrepeated := [name for name in self._grammar.key_names if name not in renamed]
        ):
            return self._refuse(
                candidate, Validation.INVALID, f"{unrepeated[0]}: a new row needs its key in Data"
            )
        values = candidate.key_values | _filled(candidate.values)
        if missing := [name for name in self._grammar.required if name not in values]:
            return self._refuse(
                candidate, Validation.INVALID, f"required fields are missing: {', '.join(missing)}"
            )
        stored = Stored(self._store.new_id(), key, values)
        self._known[key] = self._numbered[stored.id] = stored
        self._merged.created.append(stored)
        self._seen.add(f"id:{stored.id}")
        return MergeAnswer(candidate, Status.CREATED, Validation.OK, stored=stored)

    def _update(self, candidate: Candidate, stored: Stored) -> MergeAnswer:
        if not self._options.allow_update:
            return self._pass_over(
                candidate,
                self._options.skip_unmatched,
                Validation.EXISTING,
                f"the {self._grammar.what} exists, and AllowUpdate is false",
                stored,
            )
        cleared = {name for name, value in candidate.values.items() if value is None}
        if missing := [name for name in self._grammar.required if name in cleared]:
            return self._refuse(
                candidate, Validation.INVALID, f"{missing[0]}: may not be blank", stored
            )
        kept = {name: value for name, value in stored.values.items() if name not in cleared}
        values = kept | _filled(candidate.values)
        key = self._grammar.fold(values)
        if self._known.get(key, stored) is not stored:
            self._merged.collided += 1
            return self._refuse(
                candidate,
                Validation.DUPLICATE,
                f"another {self._grammar.what} has the key in Data",
                stored,
            )
        self._move(stored, key)
        self._merged.optins_changed += any(
            name.startswith("optin_") and stored.values.get(name) != values.get(name)
            for name in candidate.values
        )
        stored.values = values
        self._merged.updated.append(stored)
        return MergeAnswer(candidate, Status.UPDATED, Validation.OK, stored=stored)

    def _move(self, stored: Stored, key: str) -> None:
        if key != stored.key:
            del self._known[stored.key]
            self._known[key] = stored
            stored.key = key
            self._merged.renamed += 1

    def _pass_over(
        self,
        candidate: Candidate,
        skip: bool,
        validation: Validation,
        message: str,
        stored: Stored | None = None,
    ) -> MergeAnswer:
        status = Status.SKIPPED if skip else Status.ERROR
        return MergeAnswer(candidate, status, validation, f"sandbox: {message}", stored)

    def _refuse(
        self,
        candidate: Candidate,
        validation: Validation,
        message: str,
        stored: Stored | None = None,
    ) -> MergeAnswer:
        return MergeAnswer(candidate, Status.ERROR, validation, f"sandbox: {message}", stored)


def _filled(values: dict[str, Scalar | None]) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if value is not None}
