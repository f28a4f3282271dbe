"""What rows with one key say about a consent, and which of them counts: no, unless a later yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stance:
    """One row's answer (``yes``, ``no`` or none) and the date it was given, in canonical text."""

    answer: str | None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class SettledConsent:
    """``changed``: the chosen row does not say it itself. ``conflict``: the rows disagree."""

    stance: Stance
    changed: bool
    conflict: bool


def settle_consent(stances: Sequence[Stance], chosen: Stance) -> SettledConsent:
    """Settle one consent among rows with one key; ``chosen`` is the row that will be sent.

    A no wins whichever row was chosen, also when the chosen row is blank. A yes wins over it only
    when its date is known and later than the date of every no. A yes beside a blank changes
    nothing: no yes is taken from a row that is not sent.
    """
    noes = [s for s in stances if s.answer == "no"]
    yeses = [s for s in stances if s.answer == "yes"]
    if not noes:
        return SettledConsent(chosen, changed=False, conflict=False)
    latest_no = max(noes, key=lambda s: s.date or "")
    if not yeses:
        changed = chosen.answer != "no"
        return SettledConsent(latest_no if changed else chosen, changed=changed, conflict=False)
    latest_yes = max(yeses, key=lambda s: s.date or "")
    dated = all(s.date for s in noes) and latest_yes.date is not None
    if dated and str(latest_yes.date) > str(latest_no.date):
        return SettledConsent(latest_yes, changed=chosen != latest_yes, conflict=True)
    if chosen.answer == "no":
        return SettledConsent(chosen, changed=False, conflict=True)
    return SettledConsent(latest_no, changed=True, conflict=True)
