"""Write a contact file of any size, the same one for the same seed.

Twelve columns in French, with French and English values, accents, and line breaks inside quoted
cells. A share of the rows is dirty, every kind in turn. ``contacts.yaml`` beside this script is the
mapping for it. Example::

    python benchmarks/generate_contacts.py contacts.csv --rows 1000000 --seed 1

Prints one JSON object: how many rows of each kind were written, and the verdicts to expect of an
import into an empty project. The rows are made one after the other: memory does not grow with them.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import json
import random
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def _listed(text: str, separator: str = " ") -> tuple[str, ...]:
    return tuple(text.split(separator))


HEADER = (
    "Courriel",
    "Prénom",
    "Nom",
    "Téléphone",
    "Date de naissance",
    "Infolettre",
    "Suivi",
    "Date du suivi",
    "Ville",
    "Code postal",
    "Points",
    "Notes",
)
ADDRESS, FIRST_NAME, PHONE, BIRTH, NEWSLETTER = 0, 1, 3, 4, 5
TRACKED, CITY, CODE, POINTS, NOTES = 7, 8, 9, 10, 11
ROWS_OF_A_SHEET = 1_048_575  # of an .xlsx, below the header

FIRST_NAMES = _listed(
    "Amélie Benoît Chloé Danièle Élise François Geneviève Hélène Inès Jérôme Karine Loïc Maëlle "
    "Noémie Océane Pénélope Rémi Solène Thérèse Ulysse Valérie Xavier Yoann Zoé Jean-François "
    "Marie-Ève Abigail Brian Charlotte Daniel Emily Frank Grace Henry Jack Kate Liam Megan Nathan "
    "Olivia Peter Quinn Rachel Samuel Tara Vanessa William Yasmin Zachary Anaïs"
)
LAST_NAMES = _listed(
    "Tremblay Gagnon Côté Bélanger Lavoie Fortin Gagné Ouellet Pelletier Bergeron Leclerc Simard "
    "Boucher Lévesque Girard Caron Cloutier Paquette Poirier Nadeau Desjardins Martel Lefebvre "
    "Thériault D'Amours L'Écuyer Bœuf Séguin Adams O'Neill Baker Campbell Carter Dawson Edwards "
    "Fraser Harrison Jackson Kelly Lewis MacDonald Nguyen Osborne Parker Reid Taylor Walker Young "
    "Singh Müller"
)
CITIES = _listed(
    "Montréal|Québec|Lévis|Gatineau|Sherbrooke|Trois-Rivières|Saint-Jérôme|Rimouski|Saguenay|Laval|"
    "Val-d'Or|Sept-Îles|Gaspé|L'Assomption|Ottawa|Toronto|Hamilton|Kingston|Vancouver|Victoria|"
    "Calgary|Edmonton|Regina|Saskatoon|Winnipeg|Halifax|Moncton|St. John's|Whitehorse|Kelowna",
    separator="|",
)
DOMAINS = _listed(
    "example.com example.org example.net mail.example.com courriel.example.org poste.example.net"
)
AREA_CODES = _listed(
    "204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 548 579 581 587 "
    "604 613 639 647 705 709 778 780 782 807 819 825 867 873 902 905"
)
PHONE_FORMS = (
    "{0} {1}-{2}",
    "({0}) {1}-{2}",
    "{0}-{1}-{2}",
    "{0}{1}{2}",
    "+1 {0} {1} {2}",
    "1-{0}-{1}-{2}",
)
NEWSLETTER_ANSWERS = ("Oui", "Oui", "Oui", "Yes", "Yes", "Non", "Non", "No", "À confirmer", "")
TRACKING_ANSWERS = ("Oui", "Yes", "Oui", "Non", "No", "", "")
OPPOSITE = {"Oui": "Non", "Non": "Oui", "Yes": "No", "No": "Yes"}
REMARKS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "Préfère le courriel",
    "Client depuis l'été 2019",
    "Prefers a call, never before noon",
    'Surnommée "la patronne"',
    "Première visite en mai\nRevient à l'automne",
    "Left a message;\nno answer yet",
)
POSTAL_LETTERS = "ABCEGHJKLMNPRSTVXY"
LONG_CITY = "Saint-" + "-et-Sainte-".join(("Télesphore", "Clotilde", "Euphémie") * 4)


class Kind(StrEnum):
    """What a dirty row is like."""

    MISSING_ADDRESS = "missing-address"
    MALFORMED_ADDRESS = "malformed-address"
    BAD_PHONE = "bad-phone"
    IMPOSSIBLE_DATE = "impossible-date"
    OTHER_DATE_FORM = "other-date-form"
    UNLISTED_CONSENT = "unlisted-consent"
    BAD_NUMBER = "bad-number"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    BLANK = "blank"
    DUPLICATE = "duplicate"
    OTHER_CASE = "duplicate-in-other-case"
    CONFLICT = "consent-conflict"
    LONG_CITY = "long-city"
    UNTIDY = "untidy"
    ODD_ADDRESS = "odd-address"
    FORMULA = "formula"


REPEATS = frozenset({Kind.DUPLICATE, Kind.OTHER_CASE, Kind.CONFLICT})
FINE = frozenset({Kind.UNTIDY, Kind.ODD_ADDRESS, Kind.FORMULA})
INVALID = frozenset(Kind) - REPEATS - FINE - {Kind.BLANK, Kind.LONG_CITY}
# A sheet is a rectangle: a row of it is neither too short nor too long.
ONLY_IN_TEXT = frozenset({Kind.TOO_SHORT, Kind.TOO_LONG})


class ContactRows:
    """The rows of one file, dirty ones included; ``kinds`` counts them as they are made.

    ``dirty``: the share of dirty rows, 0 to 1. ``left_out``: kinds that are not made.
    """

    def __init__(self, seed: int, dirty: float, *, left_out: frozenset[Kind] = frozenset()) -> None:
        self.kinds: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._dirty = dirty
        self._turn = itertools.cycle([kind for kind in Kind if kind not in left_out])
        self._recent: deque[list[str]] = deque(maxlen=2_000)
        self._names = [(name, _ascii(name)) for name in FIRST_NAMES]
        self._surnames = [(name, _ascii(name)) for name in LAST_NAMES]
        self._births = _days(date(1940, 1, 1), date(2007, 12, 31), "%d/%m/%Y")
        self._tracked = _days(date(2023, 1, 1), date(2025, 12, 31), "%Y-%m-%d")
        self._codes = [
            f"{one}{digit}{two}" for one in POSTAL_LETTERS for digit in range(10) for two in "ABGHX"
        ]

    def make(self, count: int) -> Iterator[list[str]]:
        """Make that many rows, in order; cells are text."""
        chance = self._random.random
        for number in range(1, count + 1):
            row = self._good(number)
            kind = next(self._turn) if chance() < self._dirty else None
            if kind in REPEATS and not self._recent:
                kind = None
            if kind is None:
                self.kinds["good"] += 1
                if number % 7 == 0:
                    self._recent.append(row)
                yield row
            else:
                self.kinds[kind] += 1
                yield self._repeat(kind) if kind in REPEATS else _SPOIL[kind](row)

    def expected(self) -> dict[str, int]:
        """Tell the verdicts of what was made so far, each contact new to the platform.

        Of rows with one address the last is sent, so each repetition makes one earlier row a
        duplicate.
        """
        rows = self.kinds.total()
        duplicate = sum(self.kinds[kind] for kind in REPEATS)
        invalid = sum(self.kinds[kind] for kind in INVALID)
        skipped, rejected = self.kinds[Kind.BLANK], self.kinds[Kind.LONG_CITY]
        return {
            "created": rows - duplicate - invalid - skipped - rejected,
            "duplicate": duplicate,
            "skipped": skipped,
            "invalid": invalid,
            "rejected": rejected,
        }

    def _good(self, number: int) -> list[str]:
        pick, chance = self._pick, self._random.random
        first, first_ascii = pick(self._names)
        last, last_ascii = pick(self._surnames)
        digits = int(chance() * 8_000_000) + 2_000_000
        phone = pick(PHONE_FORMS).format(
            pick(AREA_CODES), digits // 10_000, f"{digits % 10_000:04}"
        )
        tracking = pick(TRACKING_ANSWERS)
        digit = int(chance() * 10)
        return [
            f"{first_ascii}.{last_ascii}{number}@{pick(DOMAINS)}",
            first,
            last,
            phone if chance() < 0.9 else "",
            pick(self._births) if chance() < 0.8 else "",
            pick(NEWSLETTER_ANSWERS),
            tracking,
            pick(self._tracked) if tracking else "",
            pick(CITIES),
            f"{pick(self._codes)} {digit}{pick(POSTAL_LETTERS)}{9 - digit}",
            str(int(chance() * 5_000)),
            pick(REMARKS),
        ]

    def _repeat(self, kind: Kind) -> list[str]:
        """Write an earlier contact once more."""
        row = list(self._pick(self._recent))
        if kind is Kind.OTHER_CASE:
            row[ADDRESS] = row[ADDRESS].upper()
        elif kind is Kind.CONFLICT:
            answered = [one for one in self._recent if one[NEWSLETTER] in OPPOSITE]
            row = list(self._pick(answered)) if answered else row
            row[NEWSLETTER] = OPPOSITE.get(row[NEWSLETTER], row[NEWSLETTER])
        row[POINTS] = str(int(row[POINTS]) + 1)
        return row

    def _pick(self, values: Sequence[T]) -> T:
        return values[int(self._random.random() * len(values))]


def _ascii(name: str) -> str:
    """Write a name as an address does."""
    plain = unicodedata.normalize("NFD", name.replace("œ", "oe").replace("Œ", "oe"))
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "-")).lower()


def _days(first: date, last: date, form: str) -> list[str]:
    count = (last - first).days + 1
    return [(first + timedelta(days=day)).strftime(form) for day in range(count)]


def _with(column: int, text: str) -> Callable[[list[str]], list[str]]:
    """Give the change that puts a text into one cell."""

    def change(row: list[str]) -> list[str]:
        row[column] = text
        return row

    return change


def _malformed(row: list[str]) -> list[str]:
    row[ADDRESS] = row[ADDRESS].replace("@", " at ")
    return row


def _untidy(row: list[str]) -> list[str]:
    """Leave blanks around values, as copying from web pages does."""
    row[ADDRESS] = f" {row[ADDRESS]}\u00a0"
    row[FIRST_NAME] = f"\u00a0{row[FIRST_NAME]} "
    row[NEWSLETTER] = f"{row[NEWSLETTER]} "
    return row


def _odd_address(row: list[str]) -> list[str]:
    row[ADDRESS] = f"o'{row[ADDRESS].replace('@', '+promo@')}"
    return row


_SPOIL: dict[Kind, Callable[[list[str]], list[str]]] = {
    Kind.MISSING_ADDRESS: _with(ADDRESS, ""),
    Kind.MALFORMED_ADDRESS: _malformed,
    Kind.BAD_PHONE: _with(PHONE, "poste 12"),
    Kind.IMPOSSIBLE_DATE: _with(BIRTH, "31/02/1990"),
    Kind.OTHER_DATE_FORM: _with(BIRTH, "mars 1990"),
    Kind.UNLISTED_CONSENT: _with(NEWSLETTER, "Peut-être"),
    Kind.BAD_NUMBER: _with(POINTS, "beaucoup"),
    Kind.TOO_SHORT: lambda row: row[:CITY],
    Kind.TOO_LONG: lambda row: [*row[:CODE], "QC", *row[CODE:]],
    Kind.BLANK: lambda row: [""] * len(row),
    Kind.LONG_CITY: _with(CITY, LONG_CITY),
    Kind.UNTIDY: _untidy,
    Kind.ODD_ADDRESS: _odd_address,
    Kind.FORMULA: _with(NOTES, '=HYPERLINK("https://example.com/";"ici")'),
}


def write_text(out: Path, rows: Iterator[list[str]], *, delimiter: str, encoding: str) -> None:
    """Write the rows as delimited text, header first, line ends CRLF."""
    with out.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(HEADER)
        writer.writerows(rows)


def write_workbook(out: Path, rows: Iterator[list[str]]) -> None:
    """Write the rows as one sheet: real dates and numbers where the text is one, else the text."""
    # Imported here by name: it has no types, and text files do not need it.
    book: Any = importlib.import_module("openpyxl").Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    sheet.append(HEADER)
    for row in rows:
        cells: list[Any] = [cell or None for cell in row]
        if len(row) == len(HEADER):
            cells[BIRTH] = _as_date(row[BIRTH], "%d/%m/%Y")
            cells[TRACKED] = _as_date(row[TRACKED], "%Y-%m-%d")
            cells[POINTS] = int(row[POINTS]) if row[POINTS].isdigit() else cells[POINTS]
        sheet.append(cells)
    book.save(out)


def _as_date(text: str, form: str) -> date | str:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return text


def main() -> None:
    """Read the command line, write the file, print what is in it."""
    options = _parser().parse_args()
    in_workbook = options.format == "xlsx"
    if in_workbook and options.rows > ROWS_OF_A_SHEET:
        _parser().error(f"an .xlsx sheet holds at most {ROWS_OF_A_SHEET} rows below its header")
    left_out = ONLY_IN_TEXT if in_workbook else frozenset[Kind]()
    made = ContactRows(options.seed, options.dirty, left_out=left_out)
    rows = made.make(options.rows)
    if in_workbook:
        write_workbook(options.out, rows)
    else:
        delimiter = "\t" if options.delimiter in {"tab", "\\t"} else options.delimiter
        write_text(options.out, rows, delimiter=delimiter, encoding=options.encoding)
    kinds = {kind: made.kinds[kind] for kind in ("good", *map(str, Kind))}
    print(json.dumps({"rows": options.rows, "kinds": kinds, "expected": made.expected()}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Write a contact file for benchmarks.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows below the header")
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same rows")
    parser.add_argument("--dirty", type=float, default=0.02, help="share of dirty rows, 0 to 1")
    parser.add_argument("--format", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--delimiter", default=",", help="one character, or tab (csv only)")
    parser.add_argument("--encoding", default="utf-8", help="such as utf-8-sig, cp1252 (csv only)")
    return parser


if __name__ == "__main__":
    main()
