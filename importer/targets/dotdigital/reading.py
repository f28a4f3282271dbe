"""What the calls of all three targets share: those that write nothing, and what a failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.targets.dotdigital import account, answers, calls, stored
from importer.targets.dotdigital.mailing import is_mailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.errors import RefusedError
    from importer.model import (
        AccountFields,
        ApiRequest,
        ApiResponse,
        Batch,
        Connection,
        Credentials,
        Difference,
        Settled,
    )
    from importer.targets.dotdigital.form import ContactForm
    from importer.targets.dotdigital.grammar import ContactGrammar

_NOT_FOUND = 404


class ContactCalls:
    """Describes the account, verifies contacts, and knows what may go twice.

    ``tree``: as ``account.read`` takes it.
    """

    fields: ContactGrammar
    tree = False

    def __init__(self, connection: Connection, form: ContactForm) -> None:
        self._connection = connection
        self._form = form

    def refused_alone(self, batch: Batch, refusal: RefusedError) -> Settled:
        """Say what a refusal means for the one contact that stood alone in its call."""
        return answers.refused_alone(batch, refusal)

    def repeatable(self, batch: Batch) -> bool:
        """Not where people would be mailed twice; else a call writes the same once more."""
        return not is_mailed(batch)

    def describe_request(
        self, credentials: Credentials, said: Sequence[ApiResponse]
    ) -> ApiRequest | None:
        """Make the next call that asks what the account has."""
        return account.next_question(self._connection, credentials, said)

    def read_description(self, said: Sequence[ApiResponse]) -> AccountFields:
        """Understand what was answered so far. Raises as ``Describes`` says."""
        return account.read(self._connection, said, self.fields, tree=self.tree)

    def lookup_request(self, key: Sequence[str], credentials: Credentials) -> ApiRequest:
        """Make the call that asks for one contact, by the identifier that finds it."""
        return self._get(key[0], credentials)

    def read_lookup(self, key: Sequence[str], response: ApiResponse) -> Mapping[str, str] | None:
        """Read the stored values of a contact. Raises as ``Verifies`` says."""
        contact = contact_of(response)
        return None if contact is None else stored.found(contact, self._form, key)

    def differences(
        self, sent: Mapping[str, str | None], stored_values: Mapping[str, str]
    ) -> tuple[Difference, ...]:
        """List the fields that were sent and are stored otherwise."""
        return stored.differences(self._form, sent, stored_values)

    def _get(self, value: str, credentials: Credentials) -> ApiRequest:
        path = contact_path(self._form.match_name, value)
        return calls.call(self._connection, credentials, "GET", path, scope=calls.HIGH)


def contact_path(identifier: str, value: str) -> str:
    """Give the path of one contact."""
    return f"/contacts/v3/{identifier}/{calls.segment(value)}"


def contact_of(response: ApiResponse) -> Mapping[str, Any] | None:
    """Read the contact of an answer; None: there is none. Raises as ``Verifies`` says.

    Only the platform's own envelope is believed: a 404 of something on the way tells nothing.
    """
    said = answers.read(response) if response.status == _NOT_FOUND else None
    if said is not None and said.is_envelope:
        return None
    return answers.with_every_digit(response)
