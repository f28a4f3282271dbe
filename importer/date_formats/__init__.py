"""Date formats as operators write them: ``DD/MM/YYYY``, ``D MMMM YYYY``, ``YYYY-MM-DD HH:mm:ss``.

Signs: ``YYYY``, ``YY``, ``MM``, ``M``, ``MMMM`` or ``MMM`` (a month's name, French or English, long
or short), ``DD``, ``D``, ``HH``, ``H``, ``hh`` or ``h`` with ``A`` (AM or PM), ``mm``, ``ss``,
``dddd`` or ``ddd`` (a weekday's name, which is not looked at). A whole format can also be ``excel``
or ``excel-1904``: the numbers by which spreadsheets count days.
"""

from importer.date_formats.formats import (
    date_format_problem,
    formats_problem,
    parse_date_format,
)
from importer.date_formats.names import month_number
from importer.date_formats.signs import (
    ISO_DATE,
    ISO_TIME,
    LIKELY_SERIAL,
    YEAR_FIRST,
    YEAR_FIRST_TIME,
    DateFormat,
)

__all__ = [
    "ISO_DATE",
    "ISO_TIME",
    "LIKELY_SERIAL",
    "YEAR_FIRST",
    "YEAR_FIRST_TIME",
    "DateFormat",
    "date_format_problem",
    "formats_problem",
    "month_number",
    "parse_date_format",
]
