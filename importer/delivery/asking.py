"""What the account holds of a contact is read before the contact is sent with a yes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from importer.delivery.ending import EndReason, HaltError
from importer.delivery.yeses import consents, yeses
from importer.errors import RefusedError
from importer.field_rules import FieldRole
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.delivery.course import Plan
    from importer.delivery.lanes import Lanes
    from importer.delivery.questions import Questions
    from importer.journal import Journal
    from importer.model import PlanSlice
    from importer.targets import Verifies

REFUSED, SILENT = "no", "silent"
"""Why a yes is withheld: the account says no, or has the contact and does not say."""
LOOKED_UP = "contacts-looked-up"
"""The fact that counts the contacts that were read before they were sent."""


class Asking:
    """Looks contacts up, and notes which of their yeses the account withholds.

    ``lanes``: those of the look-ups alone; they stand still between two stretches.
    """

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        *,
        target: Verifies,
        questions: Questions,
        lanes: Lanes,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._target = target
        self._questions = questions
        self._lanes = lanes

    def prepare(self, first: int, end: int) -> None:
        """Look up every contact of a stretch that has a yes, and note the answers, durably.

        Also those that an earlier delivery looked up and never sent: they may have said no since.
        Raises HaltError as ``Questions.ask`` does; nothing of the stretch is noted then.
        """
        answers: dict[int, dict[str, str]] = {}
        for rows in self._plan.slices(first, end):
            for at, key, said in _with_a_yes(rows):
                self._lanes.give(partial(self._ask, answers, rows.first + at, key, said))
        self._lanes.finish()
        if answers:
            self._journal.note_asked(answers)
            before = int(self._journal.fact(LOOKED_UP) or 0)
            self._journal.set_fact(LOOKED_UP, str(before + len(answers)))

    def _ask(
        self,
        answers: dict[int, dict[str, str]],
        position: int,
        key: Sequence[str],
        said: Sequence[str],
    ) -> None:
        try:
            stored = self._questions.look_up(self._target, key)
        except HaltError as halt:
            if halt.reason is not EndReason.ACCOUNT_REFUSED:
                raise
            raise HaltError(
                halt.reason,
                tr(
                    "With yes_to: unless-refused each contact is read before its yes is sent, and "
                    "the platform does not let this key read contacts. Have it allowed "
                    "to, or write another yes_to. The platform's words: {words}",
                    words=str(halt),
                ),
            ) from halt
        if isinstance(stored, RefusedError):  # it leaves open whether the contact is there
            stored = {}
        known: Mapping[str, str] = {} if stored is None else stored
        held = {
            code: "yes" if stored is None or self._has_no_no(code) else known.get(code, "")
            for code in said
        }
        answers[position] = {
            code: REFUSED if answer == "no" else SILENT
            for code, answer in held.items()
            if answer != "yes"
        }

    def _has_no_no(self, code: str) -> bool:
        """Tell whether the platform knows no no of a consent, so that its silence is none."""
        return self._target.fields.fact(code).yes_only


def _with_a_yes(rows: PlanSlice) -> list[tuple[int, list[str], list[str]]]:
    """List the contacts that say yes to something: place, key, and the consents they say it to."""
    said: dict[int, list[str]] = {}
    for code in consents(rows):
        for at in yeses(rows, code).nonzero()[0].tolist():
            said.setdefault(at, []).append(code)
    keys = [rows.table.column(f.code) for f in rows.fields if f.role is FieldRole.KEY]
    return [(at, [key[at].as_py() or "" for key in keys], said[at]) for at in sorted(said)]
