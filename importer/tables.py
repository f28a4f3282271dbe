"""What is said of a table in a file: what the mapping settles of it, and what was understood."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from enum import StrEnum

from importer.language import english, mark, tr, trn

NO_HEADER = 0
"""The ``header_row`` of a table without one."""
FILE_END = 0
"""The ``last_row`` that says: all rows to the end of the file belong to the table."""

ERRORS_COLUMN = "import_errors"
"""The last header of a file of rows to fix: what is wrong with each. By it the file is ours."""
FIX_BOOK = "to-fix.xlsx"
"""A workbook of rows to fix: its name, its title and its first cell. By these it is ours."""
NO_CELL = "<no cell>"
"""What such a workbook has where a row that is too short has no cell."""

DELIMITER_WORDS = {
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "colon": ":",
    "none": "",
}
"""The words by which a mapping may name a delimiter; none: there is one column."""
QUOTES = ('"', "'")
"""What may stand around quoted cells."""
LONGEST_DELIMITER = 4
"""How many characters may stand between two cells."""
COMMON_ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "mac-roman", "cp850",
)  # fmt: skip
"""Those to name where somebody wrote none that is known."""

_UNSEEN = {"\t": mark("tab"), " ": mark("space"), "": mark("none")}
# A cell could not be told from what stands between cells, or the file has it for its own ends.
_NEVER_BETWEEN_CELLS = frozenset('"\r\n\0\x1f')
# Encodings of Python's that turn text into other text, or that fail on purpose.
_NOT_FOR_FILES = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
)


class Inclusion(StrEnum):
    """What the mapping may say of rows that are hidden, or of another table."""

    INCLUDE = "include"
    LEAVE_OUT = "leave-out"


class Acceptance(StrEnum):
    """What the mapping may say of rows and cells that are not what they seem."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a mapping's ``source:`` section settles; None: to be found out.

    ``sheet``: a name, a number from 1, or ``all``. ``header_row``: the number a spreadsheet shows
    for the header's first line, or ``NO_HEADER``; ``header_rows``: how many lines it has.
    ``last_row``: the number of the table's last row, or ``FILE_END``. ``quote``: the character, or
    "" for none. ``escape``: how a quote is written inside a quoted cell: ``double``, ``backslash``
    or ``nul``. ``ragged_rows`` and ``formulas``: accept or refuse. ``hidden_rows`` and
    ``other_tables``: include or leave-out (of other tables: leave-out only). ``repair_text``:
    whether text that was decoded twice is mended.
    """

    sheet: str | None = None
    header_row: int | None = None
    header_rows: int | None = None
    last_row: int | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = None
    ragged_rows: Acceptance | None = None
    other_tables: Inclusion | None = None
    hidden_rows: Inclusion | None = None
    formulas: Acceptance | None = None
    repair_text: bool | None = None


class Certainty(StrEnum):
    """How sure a reading is."""

    GIVEN = "given"  # the mapping says so
    CERTAIN = "certain"  # the file says so itself, or nothing else fits
    LIKELY = "likely"  # it fits clearly better than anything else
    DOUBTFUL = "doubtful"  # another reading is about as likely


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was understood of a table.

    ``what``: encoding, delimiter, quote, escape, header or sheet, in English. ``found``, and
    ``others``, what it may be as well: in words. ``settle``: the line of the mapping that settles
    it.
    """

    what: str
    found: str
    certainty: Certainty
    others: tuple[str, ...] = ()
    settle: str = ""


class Part(StrEnum):
    """A part of a file that is no row of its table."""

    PREAMBLE = "preamble"  # titles and notes above the header
    BLANK_ROWS = "blank rows"
    HIDDEN_ROWS = "hidden rows"
    FOOTER = "footer"  # totals and notes below the table
    BELOW_LAST_ROW = "rows below the last"  # that the mapping names
    OTHER_TABLE = "other table"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a file that are not read as contacts; ``rows`` of them from ``first`` to ``last``.

    Rows are numbered as a spreadsheet shows them; those of blank and hidden rows are scattered.
    ``numbers``: of the first few.
    """

    part: Part
    first: int
    last: int
    rows: int
    numbers: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """What they are, for people."""
        rows = _rows_in_words(self.first, self.first if self.rows == 1 else self.last)
        match self.part:
            case Part.PREAMBLE:
                return tr("{rows} above the header", rows=rows)
            case Part.BLANK_ROWS:
                if self.rows == 1:
                    return tr("blank row {row}", row=self.first)
                return trn("{count} blank row", "{count} blank rows", self.rows)
            case Part.HIDDEN_ROWS:
                if self.rows == 1:
                    return tr("hidden row {row}", row=self.first)
                return trn("{count} hidden row", "{count} hidden rows", self.rows)
            case Part.FOOTER:
                return tr("{rows} below the table", rows=rows)
            case Part.BELOW_LAST_ROW:
                return tr("{rows} below the last row that the mapping names", rows=rows)
            case Part.OTHER_TABLE:
                return tr("{rows} of another table", rows=rows)


@dataclass(frozen=True, slots=True)
class TableDescription:
    """What was understood of one table (a text file, or one sheet of a workbook).

    ``file`` is the path as the operator gave it; ``header_row`` the number a spreadsheet shows
    for the header's first line (``NO_HEADER``: there is none), ``header_rows`` how many lines it
    has, ``first_row`` the number of the row below it. ``readings``: each finding, and how sure it
    is. ``warnings`` are sentences for the operator. ``repeated``: headers that several columns
    had, before they were made unique.

    ``unknown``: what the format does not tell, in words.

    Known once all chunks were read: ``rows`` (None until somebody has counted), the certain
    ``encoding``, ``left_out`` below the header, ``hidden`` (how many rows the sheet hides),
    ``computed`` (column and how many of its cells hold formulas), ``ends_in_line_break`` (of a
    text file; None: it is none) and ``obstacles``: a column, and the sentence for what the mapping
    must settle before anything of it is sent.
    """

    file: str
    sheet: str
    format: str
    columns: tuple[str, ...]
    header_row: int
    header_rows: int = 1
    first_row: int = 2
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    rows: int | None = None
    warnings: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    hidden: int = 0
    computed: tuple[tuple[str, int], ...] = ()
    ends_in_line_break: bool | None = None
    unknown: tuple[str, ...] = ()
    obstacles: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The table as a message names it."""
        return table_shown(self.file, self.sheet)

    @property
    def place(self) -> str:
        """The table as a message names it before one of its rows."""
        return tr("{table},", table=self.shown) if self.sheet else self.file

    def in_english(self) -> TableDescription:
        """Give it as JSON holds it, with all that is said of the table in English."""
        return replace(
            self,
            warnings=tuple(map(english, self.warnings)),
            readings=tuple(
                replace(one, found=english(one.found), others=tuple(map(english, one.others)))
                for one in self.readings
            ),
            obstacles=tuple((column, english(sentence)) for column, sentence in self.obstacles),
        )


def table_shown(file: str, sheet: str) -> str:
    """Name a table of a file; ``sheet``: "" where the file has none."""
    return tr("{file}, sheet {sheet}", file=file, sheet=sheet) if sheet else file


def place_of(file: str, sheet: str, row: int | str) -> str:
    """Say where a row stands."""
    if sheet:
        return tr("{file}, sheet {sheet}, row {row}", file=file, sheet=sheet, row=row)
    return tr("{file}, row {row}", file=file, row=row)


def header_in_words(header_row: int, header_rows: int) -> str:
    """Say where a table's header stands."""
    if header_row == NO_HEADER:
        return tr("none")
    return _rows_in_words(header_row, header_row + header_rows - 1)


def _rows_in_words(first: int, last: int) -> str:
    if first == last:
        return tr("row {row}", row=first)
    return tr("rows {first} to {last}", first=first, last=last)


def delimiter_in_words(delimiter: str) -> str:
    """Name a delimiter or a quote, also one that cannot be seen."""
    word = unseen_delimiter(delimiter)
    return visible(delimiter) if word is None else tr(word)


def unseen_delimiter(delimiter: str) -> str | None:
    """Give the mapping's word for a delimiter that cannot be seen; None for one that can."""
    return _UNSEEN.get(delimiter)


def writable(text: str) -> str:
    """Give a text as a file can hold it: what a command line has that is no text is a ?."""
    return text.encode("utf-8", "replace").decode()


def visible(text: str) -> str:
    """Write what cannot be seen of a text as escapes, such as ``\\x01``, which YAML has too."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def delimiter_problem(delimiter: str) -> str | None:
    """Say why a text cannot stand between two cells; None if it can."""
    if not 1 <= len(delimiter) <= LONGEST_DELIMITER or _NEVER_BETWEEN_CELLS & set(delimiter):
        return tr(
            '1 to {most} characters are needed, such as ";" (in quotes), and no double quote or '
            "line break among them; or a word such as tab",
            most=LONGEST_DELIMITER,
        )
    return None


def quote_problem(quote: str, delimiter: str) -> str | None:
    """Say why a text cannot stand around cells that a delimiter parts; None if it can."""
    if quote not in QUOTES:
        return tr("""write '"' or "'" (each in quotes), or none""")
    if quote in delimiter:
        return tr("the delimiter cannot hold the quote: change one of them")
    return None


def encoding_named(text: str) -> str | None:
    """Give the codec of a text encoding, by Python's name; None when none has that name."""
    try:
        found = codecs.lookup(text.strip())
    except (LookupError, ValueError):
        return None
    name = found.name.replace("_", "-")
    if not found._is_text_encoding or name in _NOT_FOR_FILES:
        return None
    return "utf-8" if name == "utf-8-sig" else name
