"""YAML 1.2 documents with the place of every member, and their mistakes as sentences."""

from importer.documents.listing import in_quotes, joined
from importer.documents.nearness import folded, likeness, near, nearest
from importer.documents.places import seen
from importer.documents.reading import (
    LARGEST_DOCUMENT,
    Document,
    MemberPath,
    parse_document,
    read_document,
)
from importer.documents.schemas import published_schema
from importer.documents.shape import (
    Amount,
    Count,
    DocumentModel,
    Salvaged,
    Text,
    as_text,
    number_needed,
    salvage,
)
from importer.documents.writing import Writable, comment, inline, member, quoted

__all__ = [
    "LARGEST_DOCUMENT",
    "Amount",
    "Count",
    "Document",
    "DocumentModel",
    "MemberPath",
    "Salvaged",
    "Text",
    "Writable",
    "as_text",
    "comment",
    "folded",
    "in_quotes",
    "inline",
    "joined",
    "likeness",
    "member",
    "near",
    "nearest",
    "number_needed",
    "parse_document",
    "published_schema",
    "quoted",
    "read_document",
    "salvage",
    "seen",
]
