"""The fields that a column may go to: those of the account, or the usual ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from importer.documents import joined
from importer.drafting.headers import same_name, words_of
from importer.drafting.phrases import WELL_KNOWN, Concept, Meaning, Rank, meaning_of
from importer.language import tr
from importer.model import AccountFields

_KEY, _FIELD, _OPT_IN = "key_", "f_", "optin_"
_CODE = re.compile(r"f_[A-Za-z]\w*")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field. ``label``: what the account calls it; "" where no account was asked.

    ``usual``: its code can be trusted. ``doubt``: why it may be another one, or "".
    """

    code: str
    label: str = ""
    usual: bool = True
    doubt: str = ""

    @property
    def remark(self) -> str:
        """What a person should know of the code."""
        if self.label:
            return tr('the account has it as "{label}"', label=self.label)
        return "" if self.usual else tr("check that the account has this code")


class Fields:
    """The fields there are. ``account``: what the account answered; None: it was not asked."""

    def __init__(self, account: AccountFields | None) -> None:
        self._account = account
        self._labels = dict(account.labels) if account is not None else {}

    @property
    def asked(self) -> bool:
        """Whether an account was asked."""
        return self._account is not None

    @property
    def opt_ins(self) -> dict[str, str]:
        """The account's consents: code -> label."""
        return {c: label for c, label in self._labels.items() if c.startswith(_OPT_IN)}

    def of(self, concept: Concept) -> Candidate | None:
        """Find the field for a concept; None where the account has none."""
        if not self.asked:
            return Candidate(concept.code, usual=concept in WELL_KNOWN)
        for code, label in self._labels.items():
            if code.casefold() == concept.code.casefold():
                return Candidate(code, label or code)
        alike = [code for code in self._data_fields() if concept in set(self._concepts(code))]
        if not alike:
            return None
        others = ""
        if alike[1:]:
            codes = joined(alike[1:], tr(" and "))
            others = tr("the account also has {codes}", codes=codes)
        return Candidate(alike[0], self._labels[alike[0]], doubt=others)

    def named(self, header: str) -> Candidate | None:
        """Find the one field that has a header's very name, as its code or its label."""
        if len(header) > _LONGEST_NAME:
            return None
        code = header.removeprefix(_KEY)
        if code in self._labels or (not self.asked and _CODE.fullmatch(code)):
            return Candidate(code, self._labels.get(code, "")) if code.startswith(_FIELD) else None
        found = [
            code for code in self._data_fields()
            if same_name(header, code.removeprefix(_FIELD)) or same_name(header, self._labels[code])
        ]  # fmt: skip
        return Candidate(found[0], self._labels[found[0]]) if len(found) == 1 else None

    def consent_named(self, header: str) -> str | None:
        """Find the one consent of the account that has a header's very name."""
        found = [
            code for code, label in self.opt_ins.items()
            if same_name(header, code.removeprefix(_OPT_IN)) or same_name(header, label)
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def concept_of(self, code: str) -> Concept | None:
        """Say what a field holds, by its code or else its label."""
        return next(self._concepts(code), None)

    def _data_fields(self) -> list[str]:
        return [code for code in self._labels if code.startswith(_FIELD)]

    def _concepts(self, code: str) -> Iterator[Concept]:
        for name in (code.removeprefix(_FIELD), self._labels.get(code, "")):
            meaning = _certain_meaning(name)
            if meaning is not None:
                yield meaning.concept


def _certain_meaning(name: str) -> Meaning | None:
    """Read a field's own name; only what is certain counts."""
    words = words_of(name)
    if not words.understood or words.mended:
        return None
    meaning = meaning_of(words.whole, words.number)
    if meaning is None or meaning.doubt or meaning.rank not in {Rank.PLAIN, Rank.PRIMARY}:
        return None
    return meaning
