"""Short names of what can be wrong with a row, of its ends, and what they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.issues import IN_PART, IssueCode, Severity
from importer.language import mark, tr
from importer.model import RunState, Verdict

if TYPE_CHECKING:
    from importer.reports.problems import Group

TITLES = {
    IssueCode.BLANK_ROW: mark("Blank row"),
    IssueCode.ROW_TOO_SHORT: mark("Row with too few cells"),
    IssueCode.ROW_TOO_LONG: mark("Row with too many cells"),
    IssueCode.QUOTES_UNBALANCED: mark("Quotes that do not match"),
    IssueCode.DELIMITER_DIFFERS: mark("Row with another delimiter"),
    IssueCode.FILE_CUT_OFF: mark("File that ends in the middle of a row"),
    IssueCode.FOOTER_ROW: mark("Note or total below the table"),
    IssueCode.BELOW_LAST_ROW: mark("Row below the last one to read"),
    IssueCode.OTHER_TABLE: mark("Row of another table"),
    IssueCode.HIDDEN_ROW: mark("Hidden row"),
    IssueCode.DUPLICATE_KEY: mark("Duplicate"),
    IssueCode.DUPLICATE_REFUSED: mark("Duplicate that the mapping refuses"),
    IssueCode.CONSENT_CONFLICT: mark("Rows that disagree about a consent"),
    IssueCode.CONSENT_DATE_ALONE: mark("Consent date without an answer"),
    IssueCode.CONDITION_NOT_MET: mark("Row left out by a condition"),
    IssueCode.NOTHING_TO_WRITE: mark("Nothing left to write"),
    IssueCode.ONE_OF_MISSING: mark("All of several columns blank"),
    IssueCode.PART_MISSING: mark("Columns of which all or none are filled"),
    IssueCode.NOT_UNIQUE: mark("Value that another contact has"),
    IssueCode.SUPPRESSED: mark("Address on a suppression list"),
    IssueCode.UNCHANGED: mark("Row that has not changed"),
    IssueCode.CELL_ERROR: mark("Error in a cell"),
    IssueCode.CELL_MERGED: mark("Merged cells"),
    IssueCode.FORMULA_WITHOUT_VALUE: mark("Formula without a value"),
    IssueCode.FORMULA_REFUSED: mark("Formula that the mapping refuses"),
    IssueCode.NUMBER_ROUNDED: mark("Long number, perhaps rounded"),
    IssueCode.VALUE_MISSING: mark("Value missing"),
    IssueCode.VALUE_NOT_LISTED: mark("Value that the mapping does not list"),
    IssueCode.VALUE_TOO_LONG: mark("Value too long"),
    IssueCode.VALUE_TRUNCATED: mark("Value cut to its longest length"),
    IssueCode.CLEAR_REFUSED: mark("Value that may not be erased"),
    IssueCode.VALUE_NOT_MATCHING: mark("Value of another form"),
    IssueCode.EMAIL_INVALID: mark("E-mail address that cannot be"),
    IssueCode.EMAIL_DOUBTFUL: mark("E-mail address that looks mistyped"),
    IssueCode.PHONE_INVALID: mark("Phone number that cannot be"),
    IssueCode.PHONE_SEVERAL: mark("Several phone numbers in a cell"),
    IssueCode.PHONE_EXTENSION_DROPPED: mark("Phone extension left out"),
    IssueCode.PHONE_ZERO_RESTORED: mark("Phone number given its zero back"),
    IssueCode.POSTAL_INVALID: mark("Postal code that cannot be"),
    IssueCode.POSTAL_ZERO_RESTORED: mark("Postal code given its zero back"),
    IssueCode.DATE_INVALID: mark("Date of another form"),
    IssueCode.DATE_IMPOSSIBLE: mark("Date that is not in the calendar"),
    IssueCode.DATE_IN_FUTURE: mark("Date in the future"),
    IssueCode.TIME_DROPPED: mark("Time of day left out"),
    IssueCode.INTEGER_INVALID: mark("No whole number"),
    IssueCode.INTEGER_TOO_LARGE: mark("Whole number too large"),
    IssueCode.DECIMAL_INVALID: mark("No number"),
    IssueCode.DECIMAL_AMBIGUOUS: mark("Number that can be read in two ways"),
    IssueCode.BOOLEAN_INVALID: mark("Neither yes nor no"),
    IssueCode.CONSENT_INVALID: mark("Consent that is neither yes nor no"),
    IssueCode.LIST_ENTRY_INVALID: mark("List that cannot be sent"),
    IssueCode.ROW_TOO_LARGE: mark("Row larger than a call may be"),
    IssueCode.PLATFORM_REFUSED: mark("Refused by the platform"),
    IssueCode.PLATFORM_SKIPPED: mark("Passed over by the platform"),
    IssueCode.ANSWER_MISSING: mark("Row that the answer does not name"),
    IssueCode.ANSWER_LOST: mark("Answer that never came"),
    IssueCode.ANSWER_PENDING: mark("Answer that has not come yet"),
    IssueCode.REPEATED_INSERT: mark("Contact that nobody knows who created"),
    IssueCode.NOT_IN_ACCOUNT: mark("Contact that is not in the account"),
    IssueCode.PARTLY_WRITTEN: mark("Contact that was written only in part"),
    IssueCode.CONTACT_SUPPRESSED: mark("Contact that is suppressed on the platform"),
    IssueCode.CONTACT_UNDELETED: mark("Contact that was in the recycle bin"),
    IssueCode.MUST_CONFIRM: mark("Contact that must confirm"),
    IssueCode.YES_WITHHELD: mark("Yes that was not sent"),
    IssueCode.NOT_SENT: mark("Run ended before the row's turn"),
}
VERDICTS = {
    Verdict.CREATED: mark("created"),
    Verdict.UPDATED: mark("updated"),
    Verdict.ACCEPTED: mark("accepted"),
    Verdict.DUPLICATE: mark("duplicate"),
    Verdict.SKIPPED: mark("left out on purpose"),
    Verdict.INVALID: mark("refused by our checks"),
    Verdict.REJECTED: mark("refused by the platform"),
    Verdict.UNKNOWN: mark("sent but answer unknown"),
    Verdict.NOT_SENT: mark("not sent yet"),
}
MEANINGS = {
    Verdict.CREATED: mark("The platform made a new contact."),
    Verdict.UPDATED: mark("The platform changed a contact it had."),
    Verdict.ACCEPTED: mark("The platform took the row and does not say which of the two."),
    Verdict.DUPLICATE: mark("Another row of the run has the same key, and that one was chosen."),
    Verdict.SKIPPED: mark(
        "Blank, a note or total below the table, not changed since it was last sent, or passed "
        "over as the mapping asks."
    ),
    Verdict.INVALID: mark("Never sent: something in the row is wrong."),
    Verdict.REJECTED: mark("Sent, and the platform said no."),
    Verdict.UNKNOWN: mark("The platform may have taken the row or not: nobody was told."),
    Verdict.NOT_SENT: mark("Nothing is wrong with the row; its turn has not come."),
}
STATES = {
    RunState.CHECKING: mark("being checked"),
    RunState.CHECKED: mark("checked"),
    RunState.SENDING: mark("sending"),
    RunState.STOPPED: mark("stopped"),
    RunState.FINISHED: mark("finished"),
    RunState.REFUSED: mark("refused, nothing was sent"),
    RunState.ABANDONED: mark("abandoned"),
}
_UNKNOWN = {
    IssueCode.ANSWER_LOST,
    IssueCode.ANSWER_PENDING,
    IssueCode.ANSWER_MISSING,
    IssueCode.REPEATED_INSERT,
}
_BY_PLATFORM = {IssueCode.PLATFORM_REFUSED, IssueCode.NOT_IN_ACCOUNT}
_LONGEST_CODE = 60
_NAME = re.compile(rf"[\w.:-]{{1,{_LONGEST_CODE}}}", re.ASCII)


def title_of(code: str) -> str:
    """Name what a code stands for; a code of the platform's own stands for itself."""
    if not code:
        return tr("Without a code")
    try:
        return tr(TITLES[IssueCode(code)])
    except ValueError:
        return code


def bare_title_of(code: str) -> str:
    """Name what a code stands for where no text of the platform may be shown that is no name."""
    return title_of(code if _NAME.fullmatch(code) else "")


def verdict_words(verdict: Verdict) -> str:
    """Name a verdict as an operator does, in the language that is spoken."""
    return tr(VERDICTS[verdict])


def state_words(state: RunState) -> str:
    """Name a run's state as an operator does, in the language that is spoken."""
    return tr(STATES[state])


def effect_of(group: Group) -> str:
    """Say what problems of a kind do to their rows."""
    if group.severity != Severity.ERROR and group.code in IN_PART:
        return tr("Written only in part.")
    if group.severity != Severity.ERROR:
        return tr("A warning: the row is sent all the same.")
    if group.code in _UNKNOWN:
        return tr("Sent but answer unknown.")
    if group.code == IssueCode.DUPLICATE_REFUSED:
        return tr("Refused as a duplicate.")
    if group.code in set(IssueCode) - _BY_PLATFORM:
        return tr("Refused by our checks.")
    return tr("Refused by the platform.")
