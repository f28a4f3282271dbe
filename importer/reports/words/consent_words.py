"""What a plan does to consents, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.language import mark, number, tr, trn

if TYPE_CHECKING:
    from importer.reports.summary import ConsentTotals, Summary

NOT_LOOKED_UP = mark(
    "What the platform holds now was not looked up: a yes is sent as it stands, also to a person "
    "who said no there."
)
"""What an operator must know of every plan that sends each yes as it stands."""
_ONLY_NEW = mark(
    "A yes goes only to contacts that this run creates: who is in the account already is never set "
    "to yes."
)
_READ_FIRST = mark(
    "Each contact with a yes is read before it is sent ({calls}): its yes is withheld where the "
    "account says no, or has the contact and does not say."
)


def consent_words(summary: Summary) -> list[str]:
    """Say for each consent what the plan sends, what the mapping gave, and what was withheld."""
    told = [_of_one(code, one, summary) for code, one in summary.consents.items()]
    return [*told, whom_a_yes_reaches(summary)] if told else []


def whom_a_yes_reaches(summary: Summary) -> str:
    """Say what an operator must know of a plan that has consents."""
    match summary.yes_to:
        case "new":
            return tr(_ONLY_NEW)
        case "unless-refused":
            return tr(_READ_FIRST, calls=_more_calls(summary.calls.to_read))
        case _:
            return tr(NOT_LOOKED_UP)


def withheld_words(summary: Summary) -> list[str]:
    """Say for each consent how many yeses were withheld while sending."""
    return [
        trn(
            "{code}: {count} yes withheld for what the account holds (yes-withheld in issues.csv).",
            "{code}: {count} yes withheld for what the account holds (yes-withheld in issues.csv).",
            one.withheld_by_account,
            code=code,
        )
        for code, one in summary.consents.items()
        if one.withheld_by_account
    ]


def _of_one(code: str, one: ConsentTotals, summary: Summary) -> str:
    left = trn("{count} contact is left alone", "{count} contacts are left alone", one.left)
    text = tr(
        "{code}: {answers} will be sent; {left}.",
        code=code,
        answers=_sent(one, summary),
        left=left,
    )
    more = []
    if one.by_mapping_yes or one.by_mapping_no:
        more.append(
            tr(
                "Of these answers the mapping gave {answers}, not the person.",
                answers=by_mapping(one),
            )
        )
    if one.withheld:
        more.append(
            trn(
                "{count} yes withheld: the address is on a suppression list.",
                "{count} yes withheld: the address is on a suppression list.",
                one.withheld,
            )
        )
    if one.unchanged:
        more.append(
            trn(
                "{count} answer is as it was last sent, and is left alone.",
                "{count} answers are as they were last sent, and are left alone.",
                one.unchanged,
            )
        )
    if one.withheld_by_account:
        more.append(
            trn(
                "{count} yes withheld for what the account holds.",
                "{count} yes withheld for what the account holds.",
                one.withheld_by_account,
            )
        )
    for sentence in more:
        text = tr("{one} {other}", one=text, other=sentence)
    return text


def _sent(one: ConsentTotals, summary: Summary) -> str:
    yes, no = number(one.yes), number(one.no)
    match summary.yes_to:
        case "new":
            return tr(
                "at most {yes} yes, only to contacts this run creates, and {no} no", yes=yes, no=no
            )
        case "unless-refused":
            return tr(
                "at most {yes} yes (each contact is read first, {calls}) and {no} no",
                yes=yes,
                no=no,
                calls=_more_calls(summary.calls.to_read),
            )
        case _:
            return tr("{yes} yes and {no} no", yes=yes, no=no)


def _more_calls(count: int) -> str:
    return trn("{count} more call", "{count} more calls", count)


def by_mapping(one: ConsentTotals) -> str:
    """Say how many answers the mapping gave; 0 for none."""
    yes, no = number(one.by_mapping_yes), number(one.by_mapping_no)
    match bool(one.by_mapping_yes), bool(one.by_mapping_no):
        case True, True:
            return tr("{yes} yes and {no} no", yes=yes, no=no)
        case True, False:
            return tr("{yes} yes", yes=yes)
        case False, True:
            return tr("{no} no", no=no)
        case _:
            return number(0)
