"""The seam between the stages and a platform: a request out, an answer in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.errors import RefusedError
    from importer.field_rules import Abilities, FieldFact
    from importer.model import (
        AccountFields,
        ApiRequest,
        ApiResponse,
        Batch,
        Credentials,
        Difference,
        Limits,
        Pending,
        PlanSlice,
        Settled,
    )


class FieldGrammar(Protocol):
    """Which field codes a platform has, and what each implies."""

    abilities: Abilities
    """What the platform's calls can do."""

    beginnings: tuple[str, ...]
    """What codes begin with, the longest first."""

    usual: tuple[str, ...]
    """Codes that are well known, as the platform writes them."""

    def fact(self, code: str) -> FieldFact:
        """Say what a code is. Raises ValueError, a sentence for the operator, if it is none."""
        ...

    def groups(self, codes: Sequence[str]) -> Sequence[Sequence[str]]:
        """Give the groups of codes that only go together, of those that ``codes`` touch."""
        ...

    def advice(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Give sentences that an operator should read before writing such codes: code -> it."""
        ...


class Target(Protocol):
    """A platform, for one connection and one set of fields.

    Answers are read whatever their status: what the platform said is returned, or RetryableError,
    RefusedError or InDoubtError raised.
    """

    @property
    def name(self) -> str:
        """What a mapping calls the platform."""
        ...

    @property
    def limits(self) -> Limits:
        """The careful defaults."""
        ...

    @property
    def fields(self) -> FieldGrammar:
        """The rules of its field codes."""
        ...

    def encode(self, rows: PlanSlice) -> list[bytes]:
        """Write each contact as it will stand in a call, in plan order."""
        ...

    def submission(self, batch: Batch, credentials: Credentials) -> ApiRequest:
        """Make the call that writes a batch.

        Its body grows by each contact's bytes and one byte between two contacts.
        """
        ...

    def read_submission(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        """Understand what the platform answered to the submission."""
        ...

    def refused_alone(self, batch: Batch, refusal: RefusedError) -> Settled:
        """Say what a refusal means for the one contact that stood alone in its call."""
        ...

    def repeatable(self, batch: Batch) -> bool:
        """Tell whether the same bytes may go again when the first answer was lost."""
        ...


@runtime_checkable
class AnswersLater(Protocol):
    """A platform that takes a batch first and says what became of it when asked."""

    def status_check(self, ticket: str, credentials: Credentials) -> ApiRequest:
        """Make the call that asks what became of a batch the platform took."""
        ...

    def read_status(self, batch: Batch, response: ApiResponse) -> Settled | Pending:
        """Understand what the platform answered to the status check."""
        ...


@runtime_checkable
class AsksFirst(Protocol):
    """A platform of which something is asked before a batch is sent to it."""

    def first_question(self, batch: Batch, credentials: Credentials) -> ApiRequest | None:
        """Make the call that asks. It writes nothing; None: there is nothing to ask."""
        ...

    def read_first(self, batch: Batch, response: ApiResponse) -> Batch:
        """Give the batch with what the platform said of its contacts, as ``before``.

        Raises RefusedError(ACCOUNT) when such calls are refused, RetryableError, InDoubtError.
        """
        ...


@runtime_checkable
class Describes(Protocol):
    """A platform that can tell which fields the account has, in one answer or in several."""

    def describe_request(
        self, credentials: Credentials, said: Sequence[ApiResponse]
    ) -> ApiRequest | None:
        """Make the next call that asks for the account's fields; None: all was said.

        ``said``: what was answered so far. No such call writes anything. Raises as
        ``read_description``.
        """
        ...

    def read_description(self, said: Sequence[ApiResponse]) -> AccountFields:
        """Understand the answers, also when there are more to come.

        Raises RefusedError(ACCOUNT) when the account is refused, RetryableError, InDoubtError.
        """
        ...


@runtime_checkable
class Lists(Protocol):
    """A platform whose accounts hold several projects."""

    def list_request(self, credentials: Credentials) -> ApiRequest:
        """Make the call that asks for the projects. It writes nothing."""
        ...

    def read_list(self, response: ApiResponse) -> Mapping[str, str]:
        """Give the projects: id -> name, in the platform's order.

        Raises RefusedError(ACCOUNT) when the account is refused, RetryableError, InDoubtError.
        """
        ...


@runtime_checkable
class Verifies(Protocol):
    """A platform on which a contact can be looked up by its key."""

    @property
    def fields(self) -> FieldGrammar:
        """The rules of its field codes."""
        ...

    def lookup_request(self, key: Sequence[str], credentials: Credentials) -> ApiRequest:
        """Make the call that asks for a contact. It writes nothing.

        ``key``: its values as the plan has them, a part for each field of the key.
        """
        ...

    def read_lookup(self, key: Sequence[str], response: ApiResponse) -> Mapping[str, str] | None:
        """Give the stored values of the fields that are written: code -> canonical text.

        What the contact lacks is left out. None: there is no such contact. Raises
        RefusedError(ACCOUNT) when such calls are refused, RetryableError, InDoubtError.
        """
        ...

    def differences(
        self, sent: Mapping[str, str | None], stored: Mapping[str, str]
    ) -> tuple[Difference, ...]:
        """List the fields of which another value is stored than was sent.

        ``sent``: code -> canonical text, as in the plan; None where the field was left alone.
        """
        ...
