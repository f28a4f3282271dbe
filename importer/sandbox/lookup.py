"""Contacts.Get: the one clause that public clients use, a field equal to a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.sandbox.errors import RefusalError
from importer.sandbox.grammar import as_number

if TYPE_CHECKING:
    from importer.sandbox.grammar import Grammar
    from importer.sandbox.store import Store, Stored


def find_contacts(clause: object, grammar: Grammar, store: Store) -> list[dict[str, Any]]:
    """The contacts a FieldClause matches, without regard to case, as flat objects.

    Quick by the key or by idContact; by any other field it reads every contact.
    Raises RefusalError for any other clause.
    """
    name, value = _read_clause(clause)
    return [grammar.whole(one.id, one.values) for one in _matches(name, value, grammar, store)]


def _read_clause(clause: object) -> tuple[str, str]:
    if not isinstance(clause, dict) or clause.get("$type") != "FieldClause":
        raise RefusalError("BadRequest", "Clause: only $type FieldClause is known here")
    if clause.get("TypeOperator") != "Equal":
        raise RefusalError("BadRequest", "Clause: only TypeOperator Equal is known here")
    named = clause.get("Field")
    name = named.get("Name") if isinstance(named, dict) else None
    value = clause.get("ComparisonValue")
    if not isinstance(name, str) or not isinstance(value, str | int | float):
        raise RefusalError("BadRequest", "Clause: Field.Name and ComparisonValue are needed")
    return name, str(value)


def _matches(name: str, value: str, grammar: Grammar, store: Store) -> list[Stored]:
    if name.lower() == "idcontact":
        number = as_number(value)
        return [] if number is None else list(store.by_id([number]).values())
    member = grammar.member(name)
    if member is None:
        raise RefusalError("UnknownField", f"unknown field in Clause: {name}")
    if grammar.key_names == (member.name,):
        return list(store.by_key([grammar.fold({member.name: value})]).values())
    wanted = _folded(value)
    return [one for one in store.scan() if _folded(one.values.get(member.name)) == wanted]


def _folded(value: object) -> str | None:
    return None if value is None else str(value).strip().lower()
