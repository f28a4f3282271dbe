"""The fields that a column may go to: those of the account, or the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importer.documents import joined
from importer.drafting.dialects import Dialect
from importer.drafting.headers import same_name, words_of
from importer.drafting.phrases import Concept, Meaning, Rank, meaning_of
from importer.drafting.proposal import Members
from importer.field_rules import ValueType
from importer.language import tr
from importer.model import AccountFields

_LONGEST_NAME = 80
_MOST_TOLD = 20  # consents of an account


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field. ``label``: what the account calls it; "" where no account was asked.

    ``usual``: its code can be trusted. ``doubt``: why it may be another one, or "". ``key``: its
    code as a key; ``as_address``: the options of such a key that is an address. ``kept``: what the
    account keeps in it, None: it does not tell. ``identifies``: it finds a contact by itself.
    """

    code: str
    label: str = ""
    usual: bool = True
    doubt: str = ""
    key: str = ""
    as_address: Members = ()
    kept: ValueType | None = None
    identifies: bool = False

    @property
    def remark(self) -> str:
        """What a person should know of the code."""
        if self.label:
            return tr('the account has it as "{label}"', label=self.label)
        return "" if self.usual else tr("check that the account has this code")


class Fields:
    """The fields there are. ``account``: what the account answered; None: it was not asked.

    ``headers``: those of the table, of which codes can be made where nobody was asked.
    """

    def __init__(
        self, account: AccountFields | None, dialect: Dialect, headers: Iterable[str] = ()
    ) -> None:
        self.dialect = dialect
        self._account = account
        self._labels = dict(account.labels) if account is not None else {}
        self._new = dialect.new_codes(headers) if account is None else {}

    @property
    def asked(self) -> bool:
        """Whether an account was asked."""
        return self._account is not None

    @property
    def opt_ins(self) -> dict[str, str]:
        """The account's consents: code -> label."""
        listed = self.dialect.consents.listed
        return {code: label for code, label in self._labels.items() if listed.fullmatch(code)}

    @property
    def told_of_opt_ins(self) -> str:
        """The account's consents in words; the first ones, where they are many."""
        told = [f"{code} ({label})" for code, label in self.opt_ins.items()]
        return ", ".join(told if len(told) <= _MOST_TOLD else [*told[:_MOST_TOLD], "…"])

    def of(self, concept: Concept) -> Candidate | None:
        """Find the field for a concept; None where there is none."""
        usual = self.dialect.codes.get(concept)
        if not self.asked:
            if usual is None:
                return None
            return self._candidate(usual, usual=concept in self.dialect.certain)
        for code, label in self._labels.items():
            if usual is not None and code.casefold() == usual.casefold():
                return self._candidate(code, label or code)
        alike = [code for code in self._data_fields() if concept in set(self._concepts(code))]
        if not alike:
            return None
        others = ""
        if alike[1:]:
            codes = joined(alike[1:], tr(" and "))
            others = tr("the account also has {codes}", codes=codes)
        return self._candidate(alike[0], self._labels[alike[0]], doubt=others)

    def new(self, header: str) -> Candidate | None:
        """Make the field that a header may be for; None where the account says which there are."""
        code = self._new.get(header)
        if code is None:
            return None
        doubt = tr("no usual field is for that")
        return self._candidate(code, usual=False, doubt=doubt)

    def named(self, header: str) -> Candidate | None:
        """Find the one field that has a header's very name, as its code or its label."""
        if len(header) > _LONGEST_NAME:
            return None
        dialect = self.dialect
        code = header.removeprefix(dialect.key_mark)
        if code in self._labels or (not self.asked and dialect.own.fullmatch(header)):
            known = code.startswith((dialect.field, dialect.identifier or dialect.field))
            return self._candidate(code, self._labels.get(code, "")) if known else None
        found = [
            code for code in (*self._data_fields(), *self._identifiers())
            if same_name(header, self._bare(code)) or same_name(header, self._labels[code])
        ]  # fmt: skip
        return self._candidate(found[0], self._labels[found[0]]) if len(found) == 1 else None

    def consent_named(self, header: str) -> str | None:
        """Find the one consent of the account that has a header's very name."""
        bare = self.dialect.consents.bare
        found = [
            code for code, label in self.opt_ins.items()
            if same_name(header, code.removeprefix(bare)) or same_name(header, label)
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def concept_of(self, code: str) -> Concept | None:
        """Say what a field holds, by its code or else its label."""
        return next(self._concepts(code), None)

    def _candidate(
        self, code: str, label: str = "", *, usual: bool = True, doubt: str = ""
    ) -> Candidate:
        address = self.dialect.codes.get(Concept.EMAIL, "")
        identifier = self.dialect.identifier
        return Candidate(
            code,
            label,
            usual,
            doubt,
            key=self.dialect.key_mark + code,
            as_address=() if code.casefold() == address.casefold() else (("type", "email"),),
            kept=self._account.types.get(code) if self._account is not None else None,
            identifies=bool(identifier) and code.startswith(identifier),
        )

    def _data_fields(self) -> list[str]:
        return [code for code in self._labels if code.startswith(self.dialect.field)]

    def _identifiers(self) -> list[str]:
        """List the account's own identifiers: the usual ones are known by what they hold."""
        usual, beginning = self.dialect.codes.values(), self.dialect.identifier
        if not beginning:
            return []
        return [code for code in self._labels if code.startswith(beginning) and code not in usual]

    def _bare(self, code: str) -> str:
        dialect = self.dialect
        is_field = code.startswith(dialect.field)
        return code.removeprefix(dialect.field if is_field else dialect.identifier)

    def _concepts(self, code: str) -> Iterator[Concept]:
        for name in (self._bare(code), self._labels.get(code, "")):
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
