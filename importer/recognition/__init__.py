"""What a column looks like (for inspecting and drafting), and examples that betray nobody."""

from importer.recognition.columns import Recognition, rows_of_table
from importer.recognition.evidence import DateForm, Evidence, Form
from importer.recognition.looks import ColumnLook, DateOrder, Look, masked

__all__ = [
    "ColumnLook",
    "DateForm",
    "DateOrder",
    "Evidence",
    "Form",
    "Look",
    "Recognition",
    "masked",
    "rows_of_table",
]
