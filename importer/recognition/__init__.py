"""What a column looks like (for inspecting and drafting), and examples that betray nobody."""

from importer.recognition.columns import Recognition, own_rows, rows_of_table
from importer.recognition.evidence import DateForm, Evidence, Form
from importer.recognition.looks import ColumnLook, DateOrder, Look, masked
from importer.recognition.samples import SampledColumn, Samples

__all__ = [
    "ColumnLook",
    "DateForm",
    "DateOrder",
    "Evidence",
    "Form",
    "Look",
    "Recognition",
    "SampledColumn",
    "Samples",
    "masked",
    "own_rows",
    "rows_of_table",
]
