"""Reading back: contacts are looked up after they were sent, and compared with what was sent.

First those whose answer is unknown, which are settled by it where they can be; then a sample of
those that the platform took, whose verdict stays what the platform said.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from importer.clock import iso
from importer.delivery.ending import EndReason, HaltError
from importer.delivery.lanes import Lanes
from importer.delivery.questions import Questions
from importer.delivery.sampling import Carried, Chosen
from importer.delivery.turns import Turns
from importer.documents import joined
from importer.errors import RefusedError, UnusableInputError
from importer.issues import IssueCode, message
from importer.journal import Lookup
from importer.journal.sentences import note_sentences
from importer.language import english, tr, trn
from importer.model import Outcome, Verdict
from importer.targets import Verifies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from importer.clock import Clock, Interruption
    from importer.delivery.sampling import SentContact
    from importer.journal import Journal
    from importer.line import Line
    from importer.model import Credentials, Limits, Watcher
    from importer.targets import Target

__all__ = ["VERIFY_WARNING", "Carried", "Verification", "can_be_asked", "verify"]

VERIFY_WARNING = "verify-warning"  # the fact that says why not all was looked up; empty: all was

_GROUP = 10  # contacts between two writes of what was found
_MOST_FIELDS = 5  # named in a message


@dataclass(frozen=True, slots=True)
class Verification:
    """How far the reading back came.

    ``wanted``: contacts that were to be looked up this time. ``looked_up``: those that were.
    ``message``: why some were not, a sentence; empty when all were.
    """

    wanted: int
    looked_up: int
    message: str = ""


def can_be_asked(ended: EndReason) -> bool:
    """Tell whether the platform may still answer after a delivery that ended so."""
    match ended:
        case (
            EndReason.COMPLETE
            | EndReason.FIRST_REACHED
            | EndReason.TOO_MANY_REJECTED
            | EndReason.ALL_REFUSED
            | EndReason.UNREADABLE_ANSWERS
        ):
            return True
        case (
            EndReason.INTERRUPTED
            | EndReason.PLATFORM_DOWN
            | EndReason.ACCOUNT_REFUSED
            | EndReason.BUDGET_SPENT
            | EndReason.CANNOT_GO_ON
        ):
            return False


def verify(
    steps: Sequence[Carried],
    *,
    most: int,
    seed: str,
    target: Target,
    line: Line,
    credentials: Credentials,
    journal: Journal,
    clock: Clock,
    limits: Limits,
    interruption: Interruption,
    watcher: Watcher,
    chance: Random,
) -> Verification:
    """Look up at most ``most`` contacts of the run, those included that were looked up before.

    ``steps``: of the sending, in order: a contact that a later step carried has its outcome there.
    ``seed``: the run's id, from which the sample is drawn; the same sample each time. What is still
    in doubt is left to a resumption. A platform that fails, or a stop, ends the reading back with
    a message, which the journal keeps as the fact ``VERIFY_WARNING``; it is no error.
    """
    done = {one.position for one in journal.lookups()}
    chosen = Chosen(steps, done=done, most=most, seed=seed)
    lanes = Lanes(limits.in_flight, clock=clock, interruption=interruption, abort=line.abort)
    turns = Turns(line=line, lanes=lanes, clock=clock, watcher=watcher, chance=chance)
    questions = Questions(
        line=line, credentials=credentials, limits=limits, lanes=lanes, turns=turns
    )
    reader = _Reader(target, questions, lanes, journal, clock, watcher)
    why = ""
    watcher.begin("verify", len(chosen))
    try:
        reader.read(iter(chosen))
    except (HaltError, UnusableInputError) as end:
        why = str(end)
        reason = end.reason if isinstance(end, HaltError) else EndReason.CANNOT_GO_ON
        watcher.event("verify-ended", reason=reason.value, looked_up=reader.written)
    finally:
        lanes.close()
    watcher.end()
    said = _message(chosen, reader, why, most=most)
    note_sentences(journal, [said])
    journal.set_fact(VERIFY_WARNING, english(said))
    return Verification(len(chosen), reader.written, said)


def _message(chosen: Chosen, reader: _Reader, why: str, *, most: int) -> str:
    """Say what was not looked up, and why; nothing when all was."""
    told = []
    if why:
        told.append(
            trn(
                "Reading back ended after {read} of {count} contact: {why}",
                "Reading back ended after {read} of {count} contacts: {why}",
                len(chosen),
                count=len(chosen),
                read=reader.written,
                why=why,
            )
        )
    if reader.untold:
        told.append(
            trn(
                "The platform's answers do not tell whether the account has {count} contact: look "
                "them up there.",
                "The platform's answers do not tell whether the account has {count} contacts: look "
                "them up there.",
                reader.untold,
                count=reader.untold,
            )
        )
    if chosen.left:
        told.append(
            trn(
                "Not looked up, since --verify allows {most}: {count} contact whose answer is "
                "unknown.",
                "Not looked up, since --verify allows {most}: {count} contacts whose answer is "
                "unknown.",
                chosen.left,
                count=chosen.left,
                most=most,
            )
        )
    return joined(told, " ")


# --- looking up ----------------------------------------------------------------------------------


class _Reader:
    """Looks contacts up in lanes and writes down what was found, in small groups.

    ``written``: how many were written down. ``untold``: answers that do not tell.
    """

    def __init__(
        self,
        target: Target,
        questions: Questions,
        lanes: Lanes,
        journal: Journal,
        clock: Clock,
        watcher: Watcher,
    ) -> None:
        self._target = target
        self._questions = questions
        self._lanes = lanes
        self._journal = journal
        self._clock = clock
        self._watcher = watcher
        self._lock = threading.Lock()  # over all that follows
        self._found: list[Lookup] = []
        self.written = 0
        self.untold = 0

    def read(self, contacts: Iterator[SentContact]) -> None:
        """Look contacts up; whatever ends it, what was found is written. Raises HaltError."""
        target = self._target
        try:
            while group := list(islice(contacts, _GROUP)):
                if not isinstance(target, Verifies):
                    raise HaltError(
                        EndReason.CANNOT_GO_ON,
                        tr(
                            "what {target} writes cannot be looked up by its key.",
                            target=target.name,
                        ),
                    )
                for contact in group:
                    self._lanes.give(partial(self._look_up, target, contact))
                self._lanes.finish()
                self._write()
        finally:
            self._write()

    def _write(self) -> None:
        with self._lock:
            found, self._found = self._found, []
        if found:
            self._journal.note_lookups(found)
            self.written += len(found)

    def _look_up(self, target: Verifies, contact: SentContact) -> None:
        answer = self._questions.look_up(target, contact.key)
        with self._lock:
            if isinstance(answer, RefusedError):
                self.untold += 1
            else:
                self._found.append(self._compared(target, contact, answer))
            self._watcher.advance(1)

    def _compared(
        self, target: Verifies, contact: SentContact, stored: Mapping[str, str] | None
    ) -> Lookup:
        there = stored is not None
        differences = () if stored is None else target.differences(contact.sent, stored)
        fields = [difference.field for difference in differences]
        outcome = None if contact.before is None else _settled(contact.before, there, fields)
        return Lookup(contact.position, iso(self._clock.now()), there, differences, outcome)


def _settled(before: Outcome, there: bool, fields: Sequence[str]) -> Outcome:
    """Say what a row of which the answer was unknown comes to, now that it was looked up."""
    if not there:
        return Outcome(
            Verdict.REJECTED,
            IssueCode.NOT_IN_ACCOUNT,
            message=message(IssueCode.NOT_IN_ACCOUNT),
        )
    if not fields:
        return Outcome(
            Verdict.ACCEPTED,
            message=tr(
                "Its answer was unknown. Looked up after the run, the account holds the contact as "
                "it was sent; who wrote it is not known."
            ),
            record_id=before.record_id,
        )
    return replace(
        before,
        field=fields[0],
        message=tr(
            "Its answer is unknown. Looked up after the run, the account has the contact with "
            "other values in {fields}.",
            fields=_listed(fields),
        ),
    )


def _listed(fields: Sequence[str]) -> str:
    shown = ", ".join(fields[:_MOST_FIELDS])
    left = len(fields) - _MOST_FIELDS
    return tr("{shown} and {more} more", shown=shown, more=left) if left > 0 else shown
