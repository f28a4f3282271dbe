"""The answers of a conversation about the account, read one after the other.

Documented: a data field is of one of four types; a node of the tree of preferences is a preference
or a category; lists come 1,000 at a time; an identifier has a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.errors import AccountCause, InDoubtError, Refusal, RefusedError
from importer.field_rules import ValueType
from importer.language import tr
from importer.targets.dotdigital import answers
from importer.targets.dotdigital.grammar import DATA, IDENTIFIER, LIST, PREFERENCE
from importer.targets.dotdigital.regions import address_of, elsewhere, is_vendor
from importer.targets.words import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.model import ApiResponse, Connection

INFO = "/v2/account-info"

_DATA_FIELDS = "/v2/data-fields"
_PREFERENCES = "/v2/preferences"
_PAGE = 1000  # lists
_LISTS = f"/v2/address-books?select={_PAGE}&skip={{skip}}"
_IDENTIFIERS = "/configuration/v3/customIdentifiers"
_BEFORE_LISTS = 3  # questions
_NOT_IN_USE = "ERROR_FEATURENOTACTIVE"
_TYPES = {
    "string": ValueType.TEXT,
    "numeric": ValueType.DECIMAL,
    "date": ValueType.DATE,
    "boolean": ValueType.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference. ``category``: the number of what it stands under, empty at the root."""

    id: str
    names: tuple[str, ...]
    category: str

    @property
    def in_tree(self) -> str:
        """How the tree of version 2 is told of it."""
        return f"{self.category}/{self.id}" if self.category else self.id


class Told:
    """The answers of a conversation, in its order. ``identifiers``: None: they are not told."""

    def __init__(self, connection: Connection, said: Sequence[ApiResponse]) -> None:
        self.data_fields: list[tuple[str, ValueType | None]] = []
        self.preferences: list[Preference] = []
        self.lists: list[tuple[str, str]] = []
        self.identifiers: list[str] | None = None
        self.kinds: list[str] = []
        self._said = len(said)
        self._all_lists = self._over = False
        address = address_of(connection, object_of(said[0])) if said else ""
        own = connection.url.rstrip("/")
        if address and address != own and is_vendor(address) and is_vendor(own):
            raise elsewhere(connection, address)
        try:
            self._read(said[1:])
        except RefusedError as refusal:
            denied = refusal.cause in {AccountCause.MOVED, AccountCause.PERMISSION}
            if denied and address not in {"", own}:
                raise elsewhere(connection, address) from None
            raise

    def next_path(self) -> str:
        """Give the path of the next question; empty: all was said."""
        if self._over:
            return ""
        if self._all_lists:
            return _IDENTIFIERS
        if self._said < _BEFORE_LISTS:
            return (INFO, _DATA_FIELDS, _PREFERENCES)[self._said]
        return _LISTS.format(skip=_PAGE * (self._said - _BEFORE_LISTS))

    def _read(self, said: Sequence[ApiResponse]) -> None:
        left = [*said]
        if left:
            self.data_fields = [*_data_fields(_array(left.pop(0)))]
            self.kinds.append(DATA)
        if left:
            self.preferences = [*_preferences(_or_none_in_use(left.pop(0)))]
            self.kinds.append(PREFERENCE)
        known: set[str] = set()
        while left and not self._all_lists:
            page = _array(left.pop(0))
            found = [(number, name) for number, name in _numbered(page) if number not in known]
            known.update(number for number, _ in found)
            self.lists += found
            self._all_lists = len(page) < _PAGE or not found
        if self._all_lists:
            self.kinds.append(LIST)
        if left:
            self._over = True
            self._read_identifiers(left[0])

    def _read_identifiers(self, response: ApiResponse) -> None:
        if response.status in (403, 404):  # an older account, or a user that may not see them
            return
        listed = [one for one in _array(response) if isinstance(one, dict)]
        self.identifiers = [name for one in listed if (name := text_of(one.get("name")))]
        self.kinds.append(IDENTIFIER)


def object_of(response: ApiResponse) -> Mapping[str, Any]:
    """Read an object; raises as ``Describes`` says."""
    return _asked(response, dict)  # type: ignore[no-any-return]


def _array(response: ApiResponse) -> list[Any]:
    return _asked(response, list)  # type: ignore[no-any-return]


def _asked(response: ApiResponse, form: type) -> Any:
    """Read the answer to a call that writes nothing: a refusal of it concerns the account."""
    if 200 <= response.status < 300:
        found = answers.parsed(response.body)
        if isinstance(found, form):
            return found
        raise InDoubtError(tr("The platform's description of the account cannot be understood."))
    try:
        return answers.understood(response)
    except RefusedError as refusal:
        raise RefusedError(
            str(refusal), scope=Refusal.ACCOUNT, code=refusal.code, cause=refusal.cause
        ) from None


def _or_none_in_use(response: ApiResponse) -> list[Any]:
    """Read preferences; an account that does not use them has none."""
    try:
        return _array(response)
    except RefusedError as refusal:
        if refusal.code == _NOT_IN_USE:
            return []
        raise


def _data_fields(listed: Sequence[Any]) -> Iterator[tuple[str, ValueType | None]]:
    for one in listed:
        name = text_of(one.get("name")) if isinstance(one, dict) else ""
        if name:
            yield name, _TYPES.get(text_of(one.get("type")).lower())


def _numbered(listed: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for one in listed:
        number = _number(one.get("id")) if isinstance(one, dict) else ""
        if number:
            yield number, text_of(one.get("name"))


def _preferences(tree: Sequence[Any]) -> Iterator[Preference]:
    """Walk through the tree; a category is no preference, and holds some."""
    left = [(node, "") for node in reversed(tree)]
    while left:
        node, category = left.pop()
        if not isinstance(node, dict) or not (number := _number(node.get("id"))):
            continue
        below = node.get("preferences")
        if node.get("isPreference") is not False:
            names = (text_of(node.get("publicName")), text_of(node.get("privateName")))
            yield Preference(number, tuple(dict.fromkeys(filter(None, names))), category)
        elif isinstance(below, list):
            left += [(one, number) for one in reversed(below)]


def _number(value: Any) -> str:
    return str(value) if type(value) is int and value > 0 else ""
