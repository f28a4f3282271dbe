"""What one header names."""

from __future__ import annotations

from dataclasses import dataclass

from importer.drafting.candidates import Candidate
from importer.drafting.headers import Words
from importer.drafting.phrases import Concept, Rank
from importer.recognition import Evidence


@dataclass(frozen=True, slots=True)
class HeaderReading:
    """What a header names. ``concept``: None for nothing that is known.

    ``doubt``: why that is not certain, or "". ``settled``: what took a doubt away. ``direct``: the
    field that has the header's very name. ``is_key``: the header says that it is a key.
    ``foreign``: why it may be another person's, or "".
    """

    column: Evidence
    words: Words
    concept: Concept | None = None
    rank: Rank = Rank.PLAIN
    doubt: str = ""
    settled: str = ""
    direct: Candidate | None = None
    is_key: bool = False
    foreign: str = ""

    @property
    def header_words(self) -> str:
        """What the header says, in words."""
        if self.direct is not None:
            return "the header has the field's own name"
        said = self.concept.words if self.concept else "nothing known"
        if self.words.mended:
            return f'the header reads like "{self.words.mended[0][1]}" with a slip of typing'
        place = {Rank.HOME: " (at home)", Rank.WORK: " (at work)"}.get(self.rank, "")
        settled = f", {self.settled}" if self.settled else ""
        return f"the header says {said}{place}{settled}"
