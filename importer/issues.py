"""Issues: what can be wrong with a row, as values with stable codes.

A rule returns *findings* (one code, one column, many rows); a finding's sentence is made only
when it is shown. The codes are a promise to users: they are never renamed, only added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.language import mark, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Severity(StrEnum):
    ERROR = "error"  # the row is not sent
    WARNING = "warning"  # the row is sent all the same
    SKIP = "skip"  # the row is left out on purpose


class IssueCode(StrEnum):
    # of a row
    BLANK_ROW = "blank-row"
    ROW_TOO_SHORT = "row-too-short"
    ROW_TOO_LONG = "row-too-long"
    QUOTES_UNBALANCED = "quotes-unbalanced"
    DELIMITER_DIFFERS = "delimiter-differs"
    FILE_CUT_OFF = "file-cut-off"
    FOOTER_ROW = "footer-row"
    BELOW_LAST_ROW = "below-last-row"
    OTHER_TABLE = "other-table"
    HIDDEN_ROW = "hidden-row"
    DUPLICATE_KEY = "duplicate-key"
    DUPLICATE_REFUSED = "duplicate-refused"
    CONSENT_CONFLICT = "consent-conflict"
    CONSENT_DATE_ALONE = "consent-date-alone"
    CONDITION_NOT_MET = "condition-not-met"
    NOTHING_TO_WRITE = "nothing-to-write"
    ONE_OF_MISSING = "one-of-missing"
    PART_MISSING = "part-missing"
    NOT_UNIQUE = "not-unique"
    SUPPRESSED = "suppressed"
    UNCHANGED = "unchanged"
    # of a cell of a workbook
    CELL_ERROR = "cell-error"
    CELL_MERGED = "cell-merged"
    FORMULA_WITHOUT_VALUE = "formula-without-value"
    FORMULA_REFUSED = "formula-refused"
    NUMBER_ROUNDED = "number-rounded"
    # of a value
    VALUE_MISSING = "value-missing"
    VALUE_NOT_LISTED = "value-not-listed"
    VALUE_TOO_LONG = "value-too-long"
    VALUE_TRUNCATED = "value-truncated"
    CLEAR_REFUSED = "clear-refused"
    VALUE_NOT_MATCHING = "value-not-matching"
    EMAIL_INVALID = "email-invalid"
    EMAIL_DOUBTFUL = "email-doubtful"
    PHONE_INVALID = "phone-invalid"
    PHONE_SEVERAL = "phone-several"
    PHONE_EXTENSION_DROPPED = "phone-extension-dropped"
    PHONE_ZERO_RESTORED = "phone-zero-restored"
    POSTAL_INVALID = "postal-invalid"
    POSTAL_ZERO_RESTORED = "postal-zero-restored"
    DATE_INVALID = "date-invalid"
    DATE_IMPOSSIBLE = "date-impossible"
    DATE_IN_FUTURE = "date-in-future"
    TIME_DROPPED = "time-dropped"
    INTEGER_INVALID = "integer-invalid"
    INTEGER_TOO_LARGE = "integer-too-large"
    DECIMAL_INVALID = "decimal-invalid"
    DECIMAL_AMBIGUOUS = "decimal-ambiguous"
    BOOLEAN_INVALID = "boolean-invalid"
    CONSENT_INVALID = "consent-invalid"
    LIST_ENTRY_INVALID = "list-entry-invalid"
    ROW_TOO_LARGE = "row-too-large"
    # of the platform's answer
    PLATFORM_REFUSED = "platform-refused"
    PLATFORM_SKIPPED = "platform-skipped"
    ANSWER_MISSING = "answer-missing"
    ANSWER_LOST = "answer-lost"
    ANSWER_PENDING = "answer-pending"
    REPEATED_INSERT = "repeated-insert"
    NOT_IN_ACCOUNT = "not-in-account"
    YES_WITHHELD = "yes-withheld"
    PARTLY_WRITTEN = "partly-written"
    CONTACT_SUPPRESSED = "contact-suppressed"
    CONTACT_UNDELETED = "contact-undeleted"
    MUST_CONFIRM = "must-confirm"
    # of a run that ended early
    NOT_SENT = "not-sent"


# What an operator reads. {column} is the header (or the field code where there is none),
# {value} the cell's text, {detail} what the rule adds.
MESSAGES: dict[IssueCode, str] = {
    IssueCode.BLANK_ROW: mark("The row is blank."),
    IssueCode.ROW_TOO_SHORT: mark(
        "The row has {detail}. A cell may be missing: check the delimiters."
    ),
    IssueCode.ROW_TOO_LONG: mark("The row has {detail}. A value may hold an unquoted delimiter."),
    IssueCode.QUOTES_UNBALANCED: mark(
        "The quotes of the row do not match, so its cells may be cut wrongly: check them."
    ),
    IssueCode.DELIMITER_DIFFERS: mark(
        "The row is cut by {detail}, and the other rows are not: give it the table's delimiter."
    ),
    IssueCode.FILE_CUT_OFF: mark(
        "The file ends in the middle of this row: get the whole file, for rows may be missing."
    ),
    IssueCode.FOOTER_ROW: mark("The row is a note or a total below the table."),
    IssueCode.BELOW_LAST_ROW: mark("The row stands below the last row that the mapping names."),
    IssueCode.OTHER_TABLE: mark(
        "The row stands below the end of the table, in another one that begins in {detail}: put "
        "that into a file of its own. Under `source:` in the mapping, `other_tables: leave-out` "
        "skips such rows, and `last_row: end` reads them like the others."
    ),
    IssueCode.HIDDEN_ROW: mark(
        "The row is hidden in the sheet, and the mapping leaves such rows out."
    ),
    IssueCode.CELL_ERROR: mark("{column} holds the error {value}: mend the formula behind it."),
    IssueCode.CELL_MERGED: mark(
        "{column} is merged with the row above, which alone has its value: give each row its own."
    ),
    IssueCode.FORMULA_WITHOUT_VALUE: mark(
        "{column} holds a formula that was never computed: open the file in a spreadsheet "
        "program, save it, and try again."
    ),
    IssueCode.FORMULA_REFUSED: mark(
        "{column} is computed by a formula, and the mapping refuses formulas: paste its values."
    ),
    IssueCode.NUMBER_ROUNDED: mark(
        "{value} in {column} is a number of more than 15 digits, which spreadsheet programs "
        "round: its last digits may be wrong. Keep such numbers as text."
    ),
    IssueCode.DUPLICATE_KEY: mark("The same key stands in {detail}, which was chosen."),
    IssueCode.DUPLICATE_REFUSED: mark(
        "The same key stands in {detail}, and the mapping refuses duplicates: keep one of them."
    ),
    IssueCode.CONSENT_CONFLICT: mark(
        "Rows with this key disagree about {column}: {detail} is what counts."
    ),
    IssueCode.CONSENT_DATE_ALONE: mark(
        "{column} has a date, and the row does not say what was answered: {detail}."
    ),
    IssueCode.CONDITION_NOT_MET: mark("The mapping leaves the row out: {column} is {detail}."),
    IssueCode.NOTHING_TO_WRITE: mark("The mapping leaves nothing of the row to write: {detail}."),
    IssueCode.ONE_OF_MISSING: mark(
        "At least one of {detail} must have a value, and all are blank."
    ),
    IssueCode.PART_MISSING: mark(
        "The row fills only some of {detail}, which go together: fill all of them, or none."
    ),
    IssueCode.NOT_UNIQUE: mark(
        "{column} must differ from contact to contact, and {detail} has the same: mend one of them."
    ),
    IssueCode.SUPPRESSED: mark("The address is on a suppression list: {detail}."),
    IssueCode.UNCHANGED: mark("Nothing of the row has changed since it was last sent."),
    IssueCode.ROW_TOO_LARGE: mark("The row is larger than one call may be ({detail})."),
    IssueCode.VALUE_MISSING: mark("{column} is blank and must have a value."),
    IssueCode.VALUE_NOT_LISTED: mark(
        'The mapping does not list "{value}" among the values of {column}.{detail}'
    ),
    IssueCode.VALUE_TOO_LONG: mark("{column} has {detail}."),
    IssueCode.VALUE_TRUNCATED: mark('"{value}" in {column} is cut to {detail}.'),
    IssueCode.CLEAR_REFUSED: mark(
        '{column} holds "{value}", which erases fields: a key, a consent or its date cannot be '
        "erased."
    ),
    IssueCode.VALUE_NOT_MATCHING: mark('"{value}" in {column} does not have the form {detail}.'),
    IssueCode.EMAIL_INVALID: mark('"{value}" is no e-mail address: {detail}'),
    IssueCode.EMAIL_DOUBTFUL: mark('"{value}" looks like a slip of the pen: {detail}'),
    IssueCode.PHONE_SEVERAL: mark(
        '"{value}" in {column} holds {detail}: keep one, or give the other a column of its own.'
    ),
    IssueCode.PHONE_INVALID: mark('"{value}" is no phone number: {detail}'),
    IssueCode.PHONE_EXTENSION_DROPPED: mark(
        'The extension {detail} of "{value}" in {column} is left out: only the number is sent.'
    ),
    IssueCode.PHONE_ZERO_RESTORED: mark(
        '"{value}" in {column} is sent as {detail}: a spreadsheet took its first zero away.'
    ),
    IssueCode.POSTAL_INVALID: mark('"{value}" in {column} is no postal code: {detail}'),
    IssueCode.POSTAL_ZERO_RESTORED: mark(
        '"{value}" in {column} is sent as {detail}: a spreadsheet took its first zero away.'
    ),
    IssueCode.DATE_INVALID: mark('"{value}" in {column} is no date of the form {detail}.'),
    IssueCode.DATE_IMPOSSIBLE: mark(
        '"{value}" in {column} does not exist in the calendar.{detail}'
    ),
    IssueCode.DATE_IN_FUTURE: mark('"{value}" in {column} lies in the future.'),
    IssueCode.TIME_DROPPED: mark(
        '"{value}" in {column} has a time of day; a date field leaves it out.'
    ),
    IssueCode.INTEGER_INVALID: mark('"{value}" in {column} is no whole number.{detail}'),
    IssueCode.INTEGER_TOO_LARGE: mark('"{value}" in {column} is larger than a platform can hold.'),
    IssueCode.DECIMAL_INVALID: mark('"{value}" in {column} is no number.{detail}'),
    IssueCode.DECIMAL_AMBIGUOUS: mark('"{value}" in {column} can be read in two ways: {detail}'),
    IssueCode.BOOLEAN_INVALID: mark('"{value}" in {column} is neither a yes nor a no.'),
    IssueCode.CONSENT_INVALID: mark(
        '"{value}" in {column} is neither a yes nor a no: '
        "list it under `values:` as yes, no or leave."
    ),
    IssueCode.LIST_ENTRY_INVALID: mark('"{value}" in {column} cannot be sent as a list: {detail}'),
    IssueCode.PLATFORM_REFUSED: mark("The platform refused the row: {detail}"),
    IssueCode.PLATFORM_SKIPPED: mark(
        "The platform passed the row over, as the mapping asks: {detail}"
    ),
    IssueCode.ANSWER_MISSING: mark("The platform's answer says nothing of this row."),
    IssueCode.ANSWER_LOST: mark("The row was sent and no answer came: look the contact up."),
    IssueCode.ANSWER_PENDING: mark(
        "The platform took the row and has not said yet what became of it: `importer resume` asks "
        "again."
    ),
    IssueCode.REPEATED_INSERT: mark(
        "The call had to be repeated, so nobody can tell who created this contact: {detail}"
    ),
    IssueCode.NOT_IN_ACCOUNT: mark(
        "The contact is not in the account: looked up after the run, since its answer was unknown. "
        "`importer retry` sends the row again."
    ),
    IssueCode.YES_WITHHELD: mark("The yes of {column} was not sent: {detail}."),
    IssueCode.PARTLY_WRITTEN: mark("The contact was written, but not all of it: {detail}"),
    IssueCode.CONTACT_SUPPRESSED: mark(
        "The contact is suppressed on the platform ({detail}): it gets no messages, whatever was "
        "written."
    ),
    IssueCode.CONTACT_UNDELETED: mark(
        "The contact was in the platform's recycle bin: it is in the account again."
    ),
    IssueCode.MUST_CONFIRM: mark(
        "The platform asks the person by mail to confirm: until then the contact gets no messages."
    ),
    IssueCode.NOT_SENT: mark("The run ended before this row's turn."),
}
_ANSWERS = {"yes": mark("yes"), "no": mark("no"), "leave": mark("leave")}


_LONGEST_VALUE = 500  # characters of it in a sentence


def message(
    code: str,
    *,
    column: str | None = None,
    field: str | None = None,
    value: str | None = None,
    detail: str | None = None,
) -> str:
    """Make an issue's sentence in the operator's words; one of no column is named by its field.

    A very long value is cut: what it holds stands in its own cell, and no sheet takes it twice.
    """
    detail = detail or ""
    if code == IssueCode.CONSENT_CONFLICT:  # whose detail is one of the answers, as it is stored
        detail = tr(_ANSWERS.get(detail, detail))
    where, shown = column or field or "", value or ""
    if len(shown) > _LONGEST_VALUE:
        shown = shown[: _LONGEST_VALUE - 1] + "…"
    return tr(MESSAGES[IssueCode(code)], column=where, value=shown, detail=detail)


IN_PART = frozenset({IssueCode.PARTLY_WRITTEN, IssueCode.CONTACT_SUPPRESSED})
"""What is said of contacts that were written only in part."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's finding in one column of a chunk.

    ``at``: positions in the chunk, ascending, int64. ``values`` and ``details``: one text for
    each position; a single text in ``details`` counts for all of them.
    """

    code: IssueCode
    severity: Severity
    at: NDArray[np.int64]
    column: str = ""
    field: str = ""
    values: Sequence[str | None] = ()
    details: str | Sequence[str] = ""

    def between(self, start: int, end: int) -> Finding | None:
        """Give what it says of positions from ``start`` up to ``end``, counted from ``start``."""
        first, last = self.at.searchsorted([start, end])
        if first == last:
            return None
        details = self.details if isinstance(self.details, str) else self.details[first:last]
        at = self.at[first:last] - start
        return replace(self, at=at, values=self.values[first:last], details=details)
