"""What a draft says of how contacts are written, and of who may be set to yes."""

from __future__ import annotations

from collections.abc import Iterator

from importer import targets
from importer.documents import joined
from importer.drafting.dialects import dialect
from importer.drafting.draft import Draft
from importer.field_rules import Abilities
from importer.language import mark, tr


def how_written(draft: Draft) -> Iterator[str]:
    """Write how contacts are written, as far as the platform lets it be chosen."""
    abilities = abilities_of(draft)
    if abilities.adds_only:
        yield "merge:"
        mode = tr("add new contacts, update the others; or insert, or update")
        yield f"  mode: upsert             # {mode}"
        return
    identifiers = _identifiers(draft) if abilities.one_key else ()
    if abilities.merge_options or len(identifiers) > 1:
        yield "merge:"
    if abilities.merge_options:
        usual, *others = abilities.merge_options
        told = tr("a value replaces what is there; or {others}", others=joined(others, tr(", or ")))
        yield f"  option: {usual}   # {told}"
    if len(identifiers) > 1:
        sign = "  " if draft.key else "  # "
        told = tr("of several identifiers (id.…) in force, the one that finds the contact")
        yield f"{sign}match: {identifiers[0]}   # {told}"


def _identifiers(draft: Draft) -> tuple[str, ...]:
    """Name the identifiers that columns may go to, the one of the key first."""
    beginning = dialect(draft.target).identifier
    found = [
        one for one in draft.proposals if beginning and (one.field or "").startswith(beginning)
    ]
    found.sort(key=lambda one: not one.is_key)
    return tuple(dict.fromkeys(one.field for one in found if one.field))


def who_gets_a_yes(draft: Draft) -> Iterator[str]:
    """Write who may be set to yes, as a comment, where a consent may be put in force."""
    abilities = abilities_of(draft)
    codes = {one.field for one in draft.proposals if one.consent}
    if codes:
        yield from commented(tr(_WHO if abilities.adds_only else _WHO_BUT_NEW))
    again = bool(codes & abilities.resubscribing)
    if again:
        yield from commented(
            tr(
                "A yes of {codes} subscribes people again who unsubscribed, and they are mailed "
                "from\nthen on: resubscribe says that this is meant. {{ask_first: true}} has each "
                "of them\nasked by mail. Where it is not meant, let a yes mean leave: new contacts "
                "are\nsubscribed all the same.",
                codes=joined(sorted(abilities.resubscribing), tr(" and ")),
            )
        )
    if abilities.wants_all:
        yield from commented(
            tr(
                "Every preference that a call leaves out counts as a no. Map all that the account "
                "has,\nor put left_out in force once that is meant."
            )
        )
    if codes or abilities.wants_all:
        yield "# consent:"
    if codes:
        yield "#   yes_to: everyone"
    if again:
        yield "#   resubscribe: true"
    if abilities.wants_all:
        yield "#   left_out: no"


_WHO = mark(
    "With a consent in force, say who may be set to yes. everyone: each yes goes out as\nit "
    "stands, also to people of the account who once said no. new: only to contacts\nthat the run "
    "creates. unless-refused: each contact with a yes is read first, and\nkeeps what it has where "
    "the account does not say yes."
)
_WHO_BUT_NEW = mark(
    "With a consent in force, say who may be set to yes. everyone: each yes goes out as\nit "
    "stands, also to people of the account who once said no. unless-refused: each\ncontact with a "
    "yes is read first, and keeps what it has where the account does not\nsay yes."
)


def abilities_of(draft: Draft) -> Abilities:
    """Say what the calls of a draft's platform can do."""
    return targets.grammar(draft.target).abilities


def commented(text: str) -> Iterator[str]:
    """Write a text as a comment."""
    for line in text.split("\n"):
        yield f"# {line}"
