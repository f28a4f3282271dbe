"""How systemd and cron read what they are given, from their documents; and a job to start so.

systemd.syntax(7) and systemd.service(5), "Command lines"; crontab(5).
"""

from __future__ import annotations

import json
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from importer.jobs.scheduling import SchedulePlan
from importer.settings import read_settings

RECORDER = """\
#!{python}
import json, os, sys
told = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
open({out!r}, "w", encoding="utf-8").write(json.dumps(told))
"""
_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+)""")
_PIECE = re.compile(r""""((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(\\.|[^\s"'\\]+)""")


@dataclass(frozen=True)
class Service:
    """What a service says: ``settings`` in their order, as they are written."""

    settings: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.settings if found == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


def parts_of(text: str) -> dict[str, str]:
    """Take the output apart where a comment names a file."""
    found = re.split(r"(?m)^# /etc/systemd/system/(\S+)$", text)
    assert found[0] == ""
    return dict(zip(found[1::2], found[2::2], strict=True))


def service_of(text: str) -> Service:
    lines = [line for line in text.splitlines() if line and line[0] not in "#[;"]
    assert not any(line.endswith("\\") for line in lines)
    return Service(tuple((n, v) for n, _, v in (line.partition("=") for line in lines)))


def words_of(exec_start: str) -> list[str]:
    """Give the words that a line of ``ExecStart=`` starts a program with."""
    raw = [_specified(_unquoted(found)) for found in _WORD.findall(exec_start)]
    if raw[0].startswith(":"):
        return [raw[0][1:], *raw[1:]]
    assert not any(re.search(r"\$(?!\$)", word.replace("$$", "")) for word in raw[1:])
    return [raw[0], *(word.replace("$$", "$") for word in raw[1:])]


def path_of(value: str) -> str:
    """Give a path of ``ReadWritePaths=``: quotes are taken off, a backslash is only itself."""
    pieces = re.findall(r""""([^"]*)"|'([^']*)'|([^\s"']+)""", value)
    return _specified("".join("".join(piece) for piece in pieces))


def _unquoted(word: str) -> str:
    pieces = ["".join(found) for found in _PIECE.findall(word)]
    return re.sub(r"\\(.)", r"\1", "".join(pieces))


def _specified(text: str) -> str:
    assert not re.search(r"%(?!%)", text.replace("%%", ""))
    return text.replace("%%", "%")


@dataclass(frozen=True)
class Line:
    when: tuple[str, ...]
    user: str
    command: str


def cron_of(text: str) -> tuple[dict[str, str], list[Line]]:
    """Give a crontab's variables and its lines, the commands as a shell gets them."""
    variables, lines = {}, []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        assert len(line) < 1000
        assigned = re.fullmatch(r"([A-Z_]+)=(.*)", line)
        if assigned:
            variables[assigned[1]] = assigned[2]
            continue
        *when, user, command = line.split(maxsplit=6)
        kept = re.split(r"(?<!\\)%", command)
        assert len(kept) == 1, "the rest would be standard input"
        lines.append(Line(tuple(when), user, command.replace("\\%", "%")))
    return variables, lines


def variables_of(file: Path) -> dict[str, str]:
    """Read an environment file whose values stand in single quotes."""
    found = re.findall(r"(?m)^(\w+)='([^']*)'$", file.read_text(encoding="utf-8"))
    return dict(found)


def recorder(folder: Path, name: str = "importer") -> tuple[Path, Path]:
    """Make a program that notes what it is started with; give it, and where it notes that."""
    folder.mkdir(parents=True, exist_ok=True)
    program, out = folder / name, folder / "started.json"
    program.write_text(RECORDER.format(python=sys.executable, out=str(out)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, out


def noted(out: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads(out.read_text(encoding="utf-8"))
    return content


def configured(folder: Path, job: str, more: str = "") -> Path:
    """Write an ``importer.yaml`` with one job, ``nightly``."""
    folder.mkdir(parents=True, exist_ok=True)
    members = "".join(f"    {line}\n" for line in job.splitlines())
    text = f"state_dir: state\n{more}jobs:\n  nightly:\n{members}"
    (folder / "importer.yaml").write_text(text, encoding="utf-8")
    return folder


def planned(folder: Path, **choices: object) -> SchedulePlan:
    from importer.jobs.scheduling import plan_of

    choices = {"user": "importer", **choices}
    return plan_of("nightly", read_settings(folder), folder=folder, **choices)  # type: ignore[arg-type]
