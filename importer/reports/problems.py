"""Problems grouped by their code: how many, and the first few of each."""

from __future__ import annotations

from dataclasses import dataclass, field

EXAMPLES = 5


@dataclass(slots=True)
class Group:
    """All issues of one code. ``examples``: (place, sentence) of the first few."""

    code: str
    severity: str
    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


class Problems:
    """Counts problems as they pass; keeps a few examples of each."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def note(self, code: str, severity: str, place: str, sentence: str) -> None:
        """Count one problem."""
        group = self._groups.get((code, severity))
        if group is None:
            group = self._groups[code, severity] = Group(code, severity)
        group.count += 1
        if len(group.examples) < EXAMPLES:
            group.examples.append((place, sentence))

    def groups(self) -> list[Group]:
        """Give the groups: errors first, the most frequent first."""
        return sorted(
            self._groups.values(), key=lambda g: (g.severity != "error", -g.count, g.code)
        )

    def counts(self) -> dict[str, int]:
        """Give the count of each code."""
        return {group.code: group.count for group in self.groups()}
