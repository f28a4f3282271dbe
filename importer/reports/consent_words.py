"""What a plan does to consents, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.reports.summary import ConsentTotals, Summary

NOT_LOOKED_UP = (
    "What the platform holds now was not looked up: a yes is sent as it stands, also to a person "
    "who said no there."
)
"""What an operator must know of every plan that sends each yes as it stands."""
_ONLY_NEW = (
    "A yes goes only to contacts that this run creates: who is in the account already is never set "
    "to yes."
)
_READ_FIRST = (
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
            return _ONLY_NEW
        case "unless-refused":
            return _READ_FIRST.format(calls=_more_calls(summary.calls.to_read))
        case _:
            return NOT_LOOKED_UP


def withheld_words(summary: Summary) -> list[str]:
    """Say for each consent how many yeses were withheld while sending."""
    return [
        f"{code}: {one.withheld_by_account:,} yes withheld for what the account holds "
        "(yes-withheld in issues.csv)."
        for code, one in summary.consents.items()
        if one.withheld_by_account
    ]


def _of_one(code: str, one: ConsentTotals, summary: Summary) -> str:
    left = "1 contact is" if one.left == 1 else f"{one.left:,} contacts are"
    text = f"{code}: {_sent(one, summary)} no will be sent; {left} left alone."
    if one.by_mapping_yes or one.by_mapping_no:
        text += f" Of these answers the mapping gave {by_mapping(one)}, not the person."
    if one.withheld:
        text += f" {one.withheld:,} yes withheld: the address is on a suppression list."
    if one.withheld_by_account:
        text += f" {one.withheld_by_account:,} yes withheld for what the account holds."
    return text


def _sent(one: ConsentTotals, summary: Summary) -> str:
    match summary.yes_to:
        case "new":
            return f"at most {one.yes:,} yes, only to contacts this run creates, and {one.no:,}"
        case "unless-refused":
            calls = _more_calls(summary.calls.to_read)
            return f"at most {one.yes:,} yes (each contact is read first, {calls}) and {one.no:,}"
        case _:
            return f"{one.yes:,} yes and {one.no:,}"


def _more_calls(number: int) -> str:
    return "1 more call" if number == 1 else f"{number:,} more calls"


def by_mapping(one: ConsentTotals) -> str:
    """Say how many answers the mapping gave; 0 for none."""
    parts = ((one.by_mapping_yes, "yes"), (one.by_mapping_no, "no"))
    return " and ".join(f"{number:,} {answer}" for number, answer in parts if number) or "0"
