"""Commands that people are told to type, and what each is for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.reports.summary import Summary
    from importer.run_folder import RunSettings

_PLAIN = re.compile(r"[\w./:@%+=-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``command``: what to type for it, empty when there is nothing to type."""

    text: str
    command: str = ""


def run_command(paths: Sequence[str], settings: RunSettings) -> str:
    """Give the command that imports some files as a run did its own."""
    place = settings.mapping_file.replace("\\", "/")
    named = re.fullmatch(r"mappings/([\w.-]+)\.yaml", place)
    mapping = named.group(1) if named else settings.mapping_file
    files = " ".join(path if path == "FILE..." else argument(path) for path in paths)
    named_by = settings.connection.name if settings.connection else ""
    connection = f" -c {argument(named_by)}" if named_by else ""
    return f"importer run {files} -m {argument(mapping)}{connection}"


def argument(text: str) -> str:
    """Quote an argument so that the shells of all systems read it alike, as far as they can."""
    if _PLAIN.fullmatch(text):
        return text
    if not re.search(r'["$`!\r\n]|\\["\\]|\\$', text):
        return f'"{text}"'
    return shlex.quote(text)


def where_it_lies(summary: Summary, command: str) -> str:
    """Make a command of a run fit where the runs are, when that is not the default."""
    folder = Path(summary.folder)
    if not command or folder.parent == Path("runs"):
        return command
    if summary.run in command.split():
        return f"{command} --runs-dir {argument(str(folder.parent))}"
    before, inside, after = command.partition(f"runs/{summary.run}/")
    name, blank, options = after.partition(" ")
    return f"{before}{argument(str(folder / name))}{blank}{options}" if inside else command
