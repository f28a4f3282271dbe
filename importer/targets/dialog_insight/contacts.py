"""Contacts.Merge, and the two reading calls that tell what an account has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.errors import UnusableInputError
from importer.language import tr
from importer.targets.dialog_insight import answers
from importer.targets.dialog_insight.contact_grammar import GRAMMAR, OPT_IN_DATE, ContactGrammar
from importer.targets.dialog_insight.merge import (
    CAREFUL_LIMITS,
    CEILINGS,
    MergeCalls,
    auth,
    clearing_mistakes,
    integer,
    needs_places,
)
from importer.targets.dialog_insight.stored import clause, differences, found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import (
        AccountFields,
        ApiRequest,
        ApiResponse,
        Connection,
        Credentials,
        Difference,
        PlannedField,
        WriteMode,
    )

__all__ = [
    "CAREFUL_LIMITS",
    "CEILINGS",
    "CONNECTIONS",
    "GRAMMAR",
    "Contacts",
    "build",
    "needs_places",
]

NAME = "dialog-insight"
CONNECTIONS = NAME


class Contacts(MergeCalls):
    """Contacts.Merge for one project and one set of fields."""

    name = NAME
    fields: ContactGrammar = GRAMMAR

    def describe_request(
        self, credentials: Credentials, said: Sequence[ApiResponse]
    ) -> ApiRequest | None:
        """Make the Projects.Get call; it says all."""
        if said:
            return None
        return self._post("projects.ashx", "Get", orjson.dumps(self._head(credentials)))

    def read_description(self, said: Sequence[ApiResponse]) -> AccountFields:
        """Read the fields and opt-ins of the project. Raises as ``Describes`` says."""
        return answers.read_project(said[0])

    def list_request(self, credentials: Credentials) -> ApiRequest:
        """Make the Projects.List call; it takes no project."""
        return self._post("projects.ashx", "List", orjson.dumps(auth(credentials)))

    def read_list(self, response: ApiResponse) -> Mapping[str, str]:
        """Read the projects: id -> name. Raises as ``Lists`` says."""
        return answers.read_projects(response)

    def lookup_request(self, key: Sequence[str], credentials: Credentials) -> ApiRequest:
        """Make the Contacts.Get call for one contact, by the first field of its key."""
        body = {**self._head(credentials), "Clause": clause(self._keys, key), "Tag": None}
        return self._post("contacts.ashx", "Get", orjson.dumps(body))

    def read_lookup(self, key: Sequence[str], response: ApiResponse) -> Mapping[str, str] | None:
        """Read the stored values of the one contact with this key. Raises as ``Verifies`` says."""
        members = answers.read_contacts(response)
        return found(members, self._keys, key, tuple(self._written.values()))

    def differences(
        self, sent: Mapping[str, str | None], stored: Mapping[str, str]
    ) -> tuple[Difference, ...]:
        """List the fields that were sent and are stored otherwise."""
        return differences(tuple(self._written.values()), sent, stored)


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],
    table_id: str,  # noqa: ARG001 - contacts are in no table
    places: Mapping[str, str],  # noqa: ARG001 - a code is the platform's own
) -> Contacts:
    """Make the target. Raises UnusableInputError where the connection does not allow the fields."""
    mistakes = []
    dates = [f.code for f in fields if f.code.startswith(OPT_IN_DATE)]
    if dates and not connection.opt_in_dates:
        mistakes.append(
            tr(
                "{fields}: the platform's name for an opt-in date is not proven. Set "
                "`opt_in_dates: true` in the connection {connection} once you have seen it work, "
                "or take the field out of the mapping.",
                fields=", ".join(dates),
                connection=connection.name,
            )
        )
    mistakes += clearing_mistakes(connection, clears)
    if mistakes:
        raise UnusableInputError(*mistakes)
    place = {"idProject": integer(connection.project_id)}
    return Contacts(
        connection, service="contacts.ashx", place=place, mode=mode, fields=fields, clears=clears
    )
