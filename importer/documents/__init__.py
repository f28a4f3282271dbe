"""YAML 1.2 documents with the place of every member, and their mistakes as sentences."""

from importer.documents.reading import (
    LARGEST_DOCUMENT,
    Document,
    MemberPath,
    parse_document,
    read_document,
)
from importer.documents.shape import (
    DocumentModel,
    Salvaged,
    Text,
    as_text,
    near,
    salvage,
)

__all__ = [
    "LARGEST_DOCUMENT",
    "Document",
    "DocumentModel",
    "MemberPath",
    "Salvaged",
    "Text",
    "as_text",
    "near",
    "parse_document",
    "read_document",
    "salvage",
]
