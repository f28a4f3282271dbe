"""What a mapping asks of a platform that its calls cannot do, or do only when told to."""

from __future__ import annotations

import re
from collections.abc import Mapping as Members
from collections.abc import Sequence

from importer.documents import near
from importer.field_rules import Abilities, Blank, FieldRole, FieldRule
from importer.language import tr
from importer.mapping.code_hints import Grammar
from importer.mapping.consent_checks import Warn, places_of_yeses
from importer.mapping.document import MadeField, MappedColumn
from importer.mapping.rules import Say
from importer.mapping.sections import ConsentSection, MappingDocument
from importer.model import Resubscription, WriteMode

Place = tuple[str, str]

_NUMBER = re.compile(r"[0-9]{1,18}")


def resubscription_of(consent: ConsentSection | None) -> Resubscription | None:
    """Read how people are subscribed again; None: they are not."""
    written = consent.resubscribe if consent is not None else None
    if not written:
        return None
    if written is True:
        return Resubscription()
    return Resubscription(written.ask_first, written.locale or "", written.redirect or "")


def check_platform(content: MappingDocument, abilities: Abilities, say: Say) -> None:
    """Refuse what the platform's calls have no switch for."""
    merge, consent, target = content.merge, content.consent, content.target
    if not abilities.adds_only and merge.mode != "upsert":
        sentence = tr(
            "{target} adds who is not there and changes who is, always: leave `mode` out",
            target=target,
        )
        say(sentence, "merge", "mode")
    for switch in ("skip_duplicates", "skip_unmatched"):
        if not abilities.adds_only and getattr(merge, switch):
            sentence = tr(
                "{target} passes over nobody: leave `{switch}` out", target=target, switch=switch
            )
            say(sentence, "merge", switch)
    if not abilities.adds_only and consent and consent.yes_to == "new":
        sentence = tr(
            "yes_to: new needs calls that only change and calls that only add, and {target} has "
            "none: write everyone, or unless-refused, which reads each contact first",
            target=target,
        )
        say(sentence, "consent", "yes_to")
    if merge.match is not None and not abilities.one_key:
        sentence = tr(
            "`match` says which key finds a contact, and on {target} all do together: leave it out",
            target=target,
        )
        say(sentence, "merge", "match")
    _check_table(content, abilities, say)
    _check_option(merge.option, abilities, target, say)
    if consent and consent.left_out and not abilities.wants_all:
        sentence = tr(
            "{target} leaves a consent alone that a call leaves out: take `left_out` away",
            target=target,
        )
        say(sentence, "consent", "left_out")
    if abilities.wants_all and not (consent and consent.left_out):
        _check_left_alone(content, say)
    if consent and consent.resubscribe is not None and not abilities.resubscribing:
        sentence = tr("{target} has no switch for `resubscribe`: leave it out", target=target)
        say(sentence, "consent", "resubscribe")


def _check_left_alone(content: MappingDocument, say: Say) -> None:
    """Refuse what leaves some answers of a row alone, where the platform takes these for noes."""
    for switch, path, written in (
        ("suppress", ("suppress",), content.suppress),
        ("only", ("consent", "only"), content.consent and content.consent.only),
    ):
        if written:
            sentence = tr(
                "`{switch}` leaves consents alone, and {target} takes those for a no: leave it "
                "out, or write consent: {{left_out: no}} if that is meant",
                switch=switch,
                target=content.target,
            )
            say(sentence, *path)


def _check_table(content: MappingDocument, abilities: Abilities, say: Say) -> None:
    if abilities.needs_table and content.table_id is None:
        sentence = tr(
            "the target {target} writes to one table: add its number as `table_id`",
            target=content.target,
        )
        say(sentence, "target")
    elif abilities.needs_table and not _NUMBER.fullmatch(content.table_id or ""):
        sentence = tr('"{text}" is no number of a table: write its digits', text=content.table_id)
        say(sentence, "table_id")
    elif not abilities.needs_table and content.table_id is not None:
        sentence = tr(
            "`table_id` is for tables, and {target} writes contacts: leave it out{instead}",
            target=content.target,
            instead=_or_instead(abilities),
        )
        say(sentence, "table_id")
    if not abilities.reads and content.consent and content.consent.yes_to == "unless-refused":
        sentence = tr(
            "yes_to: unless-refused reads each contact first, and no call is known that reads "
            "rows of a table: leave it out{instead}",
            instead=_or_instead(abilities),
        )
        say(sentence, "consent", "yes_to")


def _check_option(option: str | None, abilities: Abilities, target: str, say: Say) -> None:
    if option is None or option in abilities.merge_options:
        return
    if abilities.merge_options:
        sentence = tr(
            '"{option}" is no merge option: write {known}.{hint}',
            option=option,
            known=", ".join(abilities.merge_options),
            hint=near(option, abilities.merge_options),
        )
    else:
        sentence = tr("{target} has no merge options: leave `option` out", target=target)
    say(sentence, "merge", "option")


def _or_instead(abilities: Abilities) -> str:
    """Name the target of the same account that can what this one cannot, where there is one."""
    if not abilities.instead:
        return ""
    return tr(", or write target: {target}", target=abilities.instead)


def check_resubscribing(
    consent: ConsentSection | None,
    abilities: Abilities,
    columns: Sequence[MappedColumn],
    made: Sequence[MadeField],
    mode: WriteMode,
    say: Say,
) -> None:
    """Refuse a yes that would subscribe people again, but where the mapping says that it may."""
    if mode.resubscription is not None or (consent is not None and consent.only == "no"):
        return
    for code, place in places_of_yeses(columns, made).items():
        if code in abilities.resubscribing:
            sentence = tr(
                "a yes of {code} subscribes people again who unsubscribed. If that is meant, write "
                "consent: {{resubscribe: true}}. Else let a yes leave it alone, as in values: "
                "{{Oui: leave, Non: no}}: the platform subscribes new contacts by itself",
                code=code,
            )
            say(sentence, *place)


def check_clearing(
    rules: Sequence[FieldRule],
    abilities: Abilities,
    mode: WriteMode,
    places: Members[str, Place],
    say: Say,
) -> None:
    """Refuse to erase where no call does, or where the merge option passes over it."""
    if any(rule.clear_token and rule.role is FieldRole.DATA and rule.erasable for rule in rules):
        _check_token(abilities, mode, say)
    for rule in rules:
        if rule.role is not FieldRole.DATA or rule.blank is not Blank.CLEAR or not rule.erasable:
            continue
        if not abilities.clears:
            sentence = tr(
                "no call of this target erases a value: leave `blank: clear` out of "
                "{code}{instead}",
                code=rule.field,
                instead=_or_instead(abilities),
            )
            say(sentence, *places[rule.field], "blank")
        elif mode.option and mode.option == abilities.passes_blanks:
            sentence = tr(
                "`blank: clear` erases {code}, and option: {option} passes over what is blank: "
                "take one of them out",
                code=rule.field,
                option=mode.option,
            )
            say(sentence, *places[rule.field], "blank")


def fields_together(
    grammar: Grammar, rules: Sequence[FieldRule], places: Members[str, Place], say: Say
) -> tuple[tuple[str, ...], ...]:
    """Find the fields that only go together, but those that are the same in every row.

    ``places``: of the codes that are written. A group of which some are not written at all is a
    mistake.
    """
    found = []
    for group in grammar.groups([*places]):
        lacking = [code for code in group if code not in places]
        first = next(code for code in group if code in places)
        if lacking:
            sentence = tr(
                "{code} only goes together with {others}, which nothing writes: map columns to "
                "them, or write what is the same for all under `constants`",
                code=first,
                others=", ".join(lacking),
            )
            say(sentence, *places[first])
        told = [rule.field for rule in rules if rule.field in group and not rule.constant]
        if not lacking and len(told) > 1:
            found.append(tuple(told))
    return tuple(found)


def warn_of_platform(
    content: MappingDocument,
    grammar: Grammar,
    rules: Sequence[FieldRule],
    places: Members[str, Place],
    warn: Warn,
) -> None:
    """Warn of what the platform does with what is written."""
    for rule in rules:
        if rule.yes_only and not rule.values and not rule.constant:
            sentence = tr(
                "{code} can only be added: a no in {column} changes nothing.",
                code=rule.field,
                column=rule.column,
            )
            warn(sentence, *places[rule.field])
    for code, sentence in grammar.advice([*places]).items():
        warn(sentence, *places[code])
    if grammar.abilities.wants_all and not (content.consent and content.consent.left_out):
        sentence = tr(
            "{target} takes every consent that a call leaves out for a no: map all that the "
            "account has, or write consent: {{left_out: no}} once that is meant.",
            target=content.target,
        )
        warn(sentence, "target")


def _check_token(abilities: Abilities, mode: WriteMode, say: Say) -> None:
    if not abilities.clears:
        sentence = tr(
            "no call of this target erases a value: leave `clear_token` out{instead}",
            instead=_or_instead(abilities),
        )
        say(sentence, "clear_token")
    elif mode.option and mode.option == abilities.passes_blanks:
        sentence = tr(
            "`clear_token` erases, and option: {option} passes over what is blank: take one of "
            "them out",
            option=mode.option,
        )
        say(sentence, "clear_token")
