"""The exception tree: a class says what to do next.

::

    ImporterError
    ├── UnusableInputError   nothing was sent; mend the input and start again      (exit 4)
    ├── StoppedError         the machine stood in the way while sending; resume    (exit 5)
    ├── LockedError          another process holds this run                         (exit 7)
    ├── RetryableError       the platform did not take the call; the same bytes may go again
    ├── InDoubtError         the call left and no answer can be read
    ├── RefusedError         the platform read the call and declined it
    └── DefectError          the books do not balance: a defect of ours             (exit 1)

Bad data is never an exception: it is a finding (see ``importer.issues``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from importer.language import Said, english, tr


class ImporterError(Exception):
    """The root of every error this package raises on purpose."""

    def __str__(self) -> str:
        """Give its sentence as it was said: Exception's own way would drop its English."""
        return _said_by(self) or super().__str__()


def sentence_of(error: Exception) -> str:
    """Give an exception's sentence as it was said, which ``str`` does for those of ours only."""
    return _said_by(error) or str(error)


def _said_by(error: Exception) -> str:
    said = error.args[0] if len(error.args) == 1 else ""
    return said if isinstance(said, str) else ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a document or an input, with its place and its remedy.

    ``line``, ``column``: counted from 1, in characters. ``row``: of a spreadsheet, as it shows it.
    """

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    row: int | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in its file, to sort by."""
        return self.line or self.row or 0, self.column or 0

    def __str__(self) -> str:
        if self.row is not None:
            return tr(
                "{file}, row {row}: {sentence}",
                file=self.file,
                row=self.row,
                sentence=self.message,
            )
        numbers = [str(number) for number in (self.line, self.column) if number is not None]
        place = ":".join([self.file, *numbers])
        if not place:
            return self.message
        return tr("{place}: {sentence}", place=place, sentence=self.message)


class UnusableInputError(ImporterError):
    """A file, a mapping, the configuration or a threshold stands in the way. Nothing was sent."""

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(Mistake(m) if isinstance(m, str) else m for m in mistakes)
        super().__init__(_in_lines(str(m) for m in self.mistakes))


def _in_lines(sentences: Iterable[str]) -> str:
    """Put sentences on lines of their own; the result keeps their English."""
    lines = [*sentences]
    whole = "\n".join(lines)
    if not any(isinstance(line, Said) for line in lines):
        return whole
    said = Said(whole)
    said.english = "\n".join(map(english, lines))
    return said


class LockedError(ImporterError):
    """Another process holds this run."""


class StoppedError(ImporterError):
    """The disk, or another thing of this machine, stood in the way while a run was being sent."""


class DefectError(ImporterError):
    """An invariant of ours does not hold."""


class RetryableError(ImporterError):
    """The platform did not take the call: the same bytes may go again.

    ``wait`` is what the platform asked for, in seconds; None when it did not say. ``busy``: the
    platform works, and has no room before something else is done: that may take long.
    """

    def __init__(self, message: str, *, wait: float | None = None, busy: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.busy = busy


class InDoubtError(ImporterError):
    """The call left and its answer never came, or cannot be read.

    ``one_row_may_be_the_cause``: the platform answered with an error of its own that a single
    contact can provoke, so cutting the batch may settle the others. ``timed_out``: the answer took
    too long, so a smaller batch may be answered in time.
    """

    def __init__(
        self, message: str, *, one_row_may_be_the_cause: bool = False, timed_out: bool = False
    ) -> None:
        super().__init__(message)
        self.one_row_may_be_the_cause = one_row_may_be_the_cause
        self.timed_out = timed_out


class Refusal(StrEnum):
    """What a refused call says about the calls after it."""

    ACCOUNT = "account"  # credentials, project or permission: every call would be refused
    CALL = "call"  # this call; one contact of it may be the cause
    SIZE = "size"  # too large; a smaller one may pass


class AccountCause(StrEnum):
    """Why an account refuses every call, as far as its words tell."""

    KEY = "key"  # the key or its number is wrong
    INACTIVE = "inactive"  # the key is switched off, or has expired
    ADDRESS = "address"  # the key may not be used from this machine's address
    PERMISSION = "permission"  # the key lacks a right
    PROJECT = "project"  # there is no such project for this key
    MOVED = "moved"  # the address of the platform is another one
    UNSAID = "unsaid"


class RefusedError(ImporterError):
    """The platform read the call and declined it, in its own words.

    ``cause``: of a refusal that concerns the account. ``ended``: of one that came as the answer to
    a status check: the platform took the batch and gave it up without writing any of it.
    ``address``: where the account is, of the cause MOVED, where the platform says so itself.
    """

    def __init__(
        self,
        message: str,
        *,
        scope: Refusal,
        code: str = "",
        cause: AccountCause = AccountCause.UNSAID,
        ended: bool = False,
        address: str = "",
    ) -> None:
        super().__init__(message)
        self.scope = scope
        self.code = code
        self.cause = cause
        self.ended = ended
        self.address = address
