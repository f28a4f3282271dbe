"""A mapping that holds together: what stands in its document, as values."""

from __future__ import annotations

from collections.abc import Mapping as Members
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importer.documents import Document, published_schema
from importer.field_rules import (
    Blank,
    FieldRole,
    FieldRule,
    RowRules,
)
from importer.mapping.consent_basis import Basis
from importer.mapping.sections import MappingDocument
from importer.mapping.template import Recipe
from importer.model import (
    WriteMode,
)
from importer.tables import SourceOptions


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One entry of ``columns:``; ``rules`` is empty for a column that is ignored."""

    header: str
    aliases: tuple[str, ...]
    rules: tuple[FieldRule, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.header, *self.aliases)


@dataclass(frozen=True, slots=True)
class MadeField:
    """One entry of ``constants:`` or ``computed:``."""

    recipe: Recipe
    rule: FieldRule
    section: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of ``when:``: what a column's cell must be for its row to be imported.

    ``texts``: one of these, without regard to case (``negated``: none of them). ``filled``: None:
    a blank cell is one text like others.
    """

    header: str
    texts: tuple[str, ...] = ()
    negated: bool = False
    filled: bool | None = None


class YesTo(StrEnum):
    """To whom the yeses of a plan are sent."""

    EVERYONE = "everyone"  # each as it stands
    NEW = "new"  # only to contacts that the run creates
    UNLESS_REFUSED = "unless-refused"  # not to one of whom the account does not say yes


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that holds together: every field known, every rule complete.

    ``yes_to``: everyone also where no yes can reach a contact that is in the account already.
    ``bases``: consent -> what it rests on, of those of which that is said.
    """

    name: str
    target: str
    connection: str | None
    source: SourceOptions
    columns: tuple[MappedColumn, ...]
    made: tuple[MadeField, ...]
    mode: WriteMode
    yes_to: YesTo
    duplicates: str
    unmapped_columns: str
    conditions: tuple[Condition, ...]
    row_rules: RowRules
    bases: Members[str, Basis]
    suppress: tuple[str, ...]
    suppress_rows: bool
    clear_token: str | None
    table_id: str
    document: Document
    warnings: tuple[str, ...]

    @property
    def rules(self) -> tuple[FieldRule, ...]:
        """Every field's rule, in the order of the document."""
        of_columns = tuple(rule for column in self.columns for rule in column.rules)
        return of_columns + tuple(made.rule for made in self.made)

    @property
    def clears(self) -> tuple[str, ...]:
        """The fields that a cell can clear: a blank one, or one that holds the token."""
        return tuple(
            rule.field
            for rule in self.rules
            if rule.role is FieldRole.DATA
            and rule.erasable
            and (rule.blank is Blank.CLEAR or rule.clear_token is not None)
        )

    @property
    def consents_only(self) -> bool:
        """Whether it writes consents and their dates, and no other field."""
        told = {rule.role for rule in self.rules}
        return FieldRole.CONSENT in told and FieldRole.DATA not in told


def json_schema(targets: Sequence[str] = ()) -> dict[str, Any]:
    """Give the JSON Schema of the mapping format, for editors; ``targets``: those there are."""
    schema = published_schema(MappingDocument, "mapping")
    if targets:
        schema["properties"]["target"]["enum"] = [*targets]
    return schema
