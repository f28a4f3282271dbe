"""What one header names."""

from __future__ import annotations

from dataclasses import dataclass

from importer.drafting.candidates import Candidate
from importer.drafting.headers import Words
from importer.drafting.phrases import Concept, Rank
from importer.language import mark, tr
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
            return tr("the header has the field's own name")
        if self.words.mended:
            return tr(
                'the header reads like "{word}" with a slip of typing',
                word=self.words.mended[0][1],
            )
        concept = self.concept.words if self.concept else tr("nothing known")
        said = tr(_SAID.get(self.rank, _SAID_PLAINLY), concept=concept)
        return tr("{said}, {settled}", said=said, settled=self.settled) if self.settled else said


_SAID_PLAINLY = mark("the header says {concept}")
_SAID = {
    Rank.HOME: mark("the header says {concept} (at home)"),
    Rank.WORK: mark("the header says {concept} (at work)"),
}
