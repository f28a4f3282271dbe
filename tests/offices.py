"""Workbooks in a real office: LibreOffice without a screen opens a file and saves it as another.

``IMPORTER_TEST_SOFFICE`` holds the path of ``soffice``. Without it the tests that ask for these
fixtures are skipped.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOFFICE = "IMPORTER_TEST_SOFFICE"
PATIENCE = 180  # seconds; an office that shows a question on no screen waits for ever

_COMMA, _QUOTE, _UTF8 = 44, 34, 76
# Numbers as they are shown; what formulas give; the last is the sheet's number, or -1 for all.
_WRITTEN = (
    f"csv:Text - txt - csv (StarCalc):{_COMMA},{_QUOTE},{_UTF8},1,,0,false,true,false,false,false"
)


@dataclass(frozen=True, slots=True)
class Office:
    """Convert files by an office of this process alone: two cannot share a profile."""

    program: Path
    profile: Path
    made: Path
    numbers: Iterator[int]

    def __call__(
        self, path: Path, to: str = "csv", *, sheet: int = 1, separator: str = ","
    ) -> Path:
        """Give what the file is as another: ``to`` is an ending such as csv, fods, xlsx, pdf.

        A .csv is written in UTF-8 from one sheet, the first is 1. One that is read is UTF-8 with
        the separator. In a .fods a cell that is a formula has ``table:formula``.
        """
        wanted = f"{_WRITTEN},{sheet}" if to == "csv" else to
        (one,) = self._converted(path, wanted, separator)
        return one

    def sheets(self, path: Path) -> dict[str, Path]:
        """Give a .csv in UTF-8 of every sheet that has cells, by the sheet's name."""
        all_sheets = self._converted(path, f"{_WRITTEN},-1", ",")
        return {one.stem.removeprefix(f"{path.stem}-"): one for one in all_sheets}

    def _converted(self, path: Path, wanted: str, separator: str) -> list[Path]:
        folder = self.made / str(next(self.numbers))
        reading = (
            [f"--infilter=CSV:{ord(separator)},{_QUOTE},{_UTF8},1"] if path.suffix == ".csv" else []
        )
        done = subprocess.run(
            [
                self.program,
                f"-env:UserInstallation={self.profile.as_uri()}",
                "--headless",
                "--norestore",
                *reading,
                "--convert-to",
                wanted,
                "--outdir",
                folder,
                path.resolve(),
            ],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        made = sorted(folder.glob("*")) if folder.is_dir() else []
        assert made, f"no office opens {path.name}: {done.stdout} {done.stderr}"
        return made


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Convert by ``converted(path, to="fods")``, every sheet by ``converted.sheets(path)``.

    One profile serves all tests of a process: making it takes longer than a conversion.
    """
    program = os.environ.get(SOFFICE)
    if not program:
        pytest.skip(f"{SOFFICE} names no office")
    place = tmp_path_factory.mktemp("office")
    return Office(Path(program), place / "profile", place / "made", itertools.count(1))
