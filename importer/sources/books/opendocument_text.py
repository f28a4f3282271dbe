"""The text that a cell of an OpenDocument sheet shows."""

from __future__ import annotations

_PARAGRAPHS = ("text:p", "text:h")
# What stands in a cell beside its own text.
_ASIDE = ("office:annotation", "draw:")


class CellText:
    """Collects the events inside one cell.

    ``unusual``: whether there is a tab or a line break, which calamine leaves out.
    """

    def __init__(self) -> None:
        self.unusual = False
        self._paragraphs: list[list[str]] = []
        self._inside = False
        self._aside = 0

    def begin(self) -> None:
        """Come to a cell."""
        self.unusual, self._inside, self._aside = False, False, 0
        self._paragraphs = []

    @property
    def shown(self) -> str:
        """The text, a line for each paragraph."""
        return "\n".join("".join(parts) for parts in self._paragraphs)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Come to an element inside the cell."""
        if name.startswith(_ASIDE):
            self._aside += 1
        if self._aside:
            return
        if name in _PARAGRAPHS:
            self._paragraphs.append([])
            self._inside = True
        elif name == "text:s":
            self.add(" " * min(int(attributes.get("text:c", "1")), 1 << 16))
        elif name in ("text:tab", "text:line-break"):
            self.unusual = True
            self.add("\t" if name == "text:tab" else "\n")

    def add(self, text: str) -> None:
        """Come to characters."""
        if self._inside and not self._aside:
            self._paragraphs[-1].append(text)

    def end(self, name: str) -> None:
        """Come to an element's end."""
        if name.startswith(_ASIDE):
            self._aside -= 1
        elif name in _PARAGRAPHS and not self._aside:
            self._inside = False
