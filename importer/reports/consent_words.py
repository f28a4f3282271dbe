"""What a plan does to consents, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.reports.summary import ConsentTotals, Summary

NOT_LOOKED_UP = (
    "What the platform holds now was not looked up: a yes is sent as it stands, also to a person "
    "who said no there."
)
"""What an operator must know of every plan that has consents."""


def consent_words(summary: Summary) -> list[str]:
    """Say for each consent what the plan sends, what the mapping gave, and what was withheld."""
    told = [_of_one(code, one) for code, one in summary.consents.items()]
    return [*told, NOT_LOOKED_UP] if told else []


def _of_one(code: str, one: ConsentTotals) -> str:
    left = "1 contact is" if one.left == 1 else f"{one.left:,} contacts are"
    text = f"{code}: {one.yes:,} yes and {one.no:,} no will be sent; {left} left alone."
    if one.by_mapping_yes or one.by_mapping_no:
        text += f" Of these answers the mapping gave {by_mapping(one)}, not the person."
    if one.withheld:
        text += f" {one.withheld:,} yes withheld: the address is on a suppression list."
    return text


def by_mapping(one: ConsentTotals) -> str:
    """Say how many answers the mapping gave; 0 for none."""
    parts = ((one.by_mapping_yes, "yes"), (one.by_mapping_no, "no"))
    return " and ".join(f"{number:,} {answer}" for number, answer in parts if number) or "0"
