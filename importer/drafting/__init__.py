"""A mapping drafted from a file: what each column seems to be, why, and how sure that is.

A header names a field only if all its words do; the values must bear it out. What is not sure is
written as a comment. A consent is never guessed, and no value of a cell is quoted but the answers
to a consent.
"""

from importer.drafting.draft import Draft, draft, slug
from importer.drafting.proposal import Certainty, Proposal
from importer.drafting.writing import as_members, as_yaml

__all__ = ["Certainty", "Draft", "Proposal", "as_members", "as_yaml", "draft", "slug"]
