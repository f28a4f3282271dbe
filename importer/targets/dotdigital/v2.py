"""POST /v2/contacts/with-consent-and-preferences: one contact a call, found by its address.

Documented by the vendor's page of that name: the form of the call; that the contact is added or
changed; that a preference which the call leaves out is opted out of; and that its tree has
categories, which a call must name. The vendor has marked the call as outdated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import UnusableInputError
from importer.field_rules import FieldRole
from importer.language import tr
from importer.targets.dotdigital import calls, v2_answers
from importer.targets.dotdigital.form import form_of
from importer.targets.dotdigital.grammar import (
    EMAIL,
    PREFERENCE,
    V2_GRAMMAR,
    ContactGrammar,
)
from importer.targets.dotdigital.reading import ContactCalls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import (
        ApiRequest,
        ApiResponse,
        Batch,
        Connection,
        Credentials,
        PlannedField,
        PlanSlice,
        Settled,
        WriteMode,
    )

__all__ = [
    "CAREFUL_LIMITS",
    "CEILINGS",
    "CONNECTIONS",
    "GRAMMAR",
    "ConsentAndPreferences",
    "build",
    "needs_places",
]

NAME = "dotdigital-v2"
CONNECTIONS = "dotdigital"
GRAMMAR: ContactGrammar = V2_GRAMMAR

CAREFUL_LIMITS, CEILINGS = calls.ONE_CONTACT_LIMITS, calls.ONE_CONTACT_CEILINGS

_PATH = "/v2/contacts/with-consent-and-preferences"


class ConsentAndPreferences(ContactCalls):
    """The call for one set of fields; places of preferences are category and number."""

    name = NAME
    limits = CAREFUL_LIMITS
    fields = GRAMMAR
    tree = True

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as the whole body of its call; a missing value is left out.

        Raises DefectError for a value that is not canonical, or a preference without its place.
        """
        from importer.targets.dotdigital.v2_contacts import written  # heavy: pyarrow

        return written(self._form, rows)

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the call. Raises DefectError for more than one contact."""
        body = calls.body_of_one(batch)
        return calls.call(self._connection, credentials, "POST", _PATH, body, scope=calls.MEDIUM)

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled:
        """Understand the answer, in every form known or feared."""
        return v2_answers.read(batch, response)


def build(
    connection: Connection,
    *,
    mode: WriteMode,
    fields: tuple[PlannedField, ...],
    clears: tuple[str, ...],
    table_id: str,  # noqa: ARG001 - contacts are in no table
    places: Mapping[str, str],
) -> ConsentAndPreferences:
    """Make the target. Raises UnusableInputError where the call cannot write the fields."""
    mistakes = []
    keys = [field.code for field in fields if field.role is FieldRole.KEY]
    if clears:
        mistakes.append(
            tr(
                "`blank: clear` ({fields}): no call of dotdigital-v2 erases a value. Write target: "
                "dotdigital, or leave it out.",
                fields=", ".join(clears),
            )
        )
    if keys not in ([], [EMAIL]):
        mistakes.append(
            tr(
                "dotdigital-v2 finds contacts by {email} only, and the mapping has {keys}: write "
                "target: dotdigital for others.",
                email=EMAIL,
                keys=", ".join(keys),
            )
        )
    if mistakes:
        raise UnusableInputError(*mistakes)
    form = form_of(connection, fields, mode=mode, places=places)
    return ConsentAndPreferences(connection, form)


def needs_places(codes: Sequence[str]) -> tuple[str, ...]:
    """Name the preferences: in a call each stands in its category."""
    return tuple(code for code in codes if code.startswith(PREFERENCE))
