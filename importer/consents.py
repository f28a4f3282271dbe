"""What rows with one key say about a consent, and which of them counts: no, unless a later yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer.field_rules import Origin


@dataclass(frozen=True, slots=True)
class Stance:
    """One row's answer (``yes``, ``no`` or none), its date in canonical text, and whose it is."""

    answer: str | None
    date: str | None = None
    origin: Origin = Origin.ROW

    @property
    def said(self) -> str | None:
        """What the row says, also where a suppression list withheld its yes."""
        return "yes" if self.origin is Origin.WITHHELD else self.answer


@dataclass(frozen=True, slots=True)
class SettledConsent:
    """``changed``: the chosen row does not say it itself. ``conflict``: the rows disagree.

    ``withheld``: it would be a yes, if the key were not on a suppression list.
    """

    stance: Stance
    changed: bool
    conflict: bool
    withheld: bool = False


_NOTHING = Stance(None)


def settle_consent(
    stances: Sequence[Stance], chosen: Stance, *, listed: bool = False
) -> SettledConsent:
    """Settle one consent among rows with one key; ``chosen`` is the row that will be sent.

    A no wins whichever row was chosen, also when the chosen row is blank. A yes wins over it only
    when its date is known and later than the date of every no. A yes beside a blank changes
    nothing: no yes is taken from a row that is not sent. An answer that the mapping gave is no
    person's: beside a person's answer it counts as none. ``listed``: an address of one of the
    rows is on a suppression list, so that no yes is sent; a no goes all the same.
    """
    persons = [s for s in stances if s.said and s.origin is not Origin.MAPPING]
    counted = persons or stances
    settled = _among(counted, chosen)
    if persons and chosen.answer and chosen.origin is Origin.MAPPING:
        settled = _beside_persons(persons, chosen)
    if not listed or settled.stance.answer != "yes":
        return settled
    noes = [s for s in counted if s.answer == "no"]
    left = Stance(None, origin=Origin.WITHHELD)
    kept = chosen if chosen in noes else max(noes, key=_date, default=left)
    return replace(settled, stance=kept, changed=kept != chosen, withheld=True)


def _beside_persons(persons: Sequence[Stance], chosen: Stance) -> SettledConsent:
    """Settle it where the chosen row is blank, and the mapping answers for it."""
    if all(one.said == chosen.answer for one in persons):
        return SettledConsent(chosen, changed=False, conflict=False)
    settled = _among(persons, _NOTHING)
    left = settled.stance.answer is None
    return replace(settled, changed=True, conflict=settled.conflict or left)


def _among(stances: Sequence[Stance], chosen: Stance) -> SettledConsent:
    noes = [s for s in stances if s.answer == "no"]
    yeses = [s for s in stances if s.answer == "yes"]
    if not noes:
        return SettledConsent(chosen, changed=False, conflict=False)
    latest_no = max(noes, key=_date)
    if not yeses:
        changed = chosen.answer != "no"
        return SettledConsent(latest_no if changed else chosen, changed=changed, conflict=False)
    latest_yes = max(yeses, key=_date)
    dated = all(s.date for s in noes) and latest_yes.date is not None
    if dated and str(latest_yes.date) > str(latest_no.date):
        return SettledConsent(latest_yes, changed=chosen != latest_yes, conflict=True)
    if chosen.answer == "no":
        return SettledConsent(chosen, changed=False, conflict=True)
    return SettledConsent(latest_no, changed=True, conflict=True)


def _date(stance: Stance) -> str:
    return stance.date or ""
