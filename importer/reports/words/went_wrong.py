"""What went wrong with the rows of a run, counted, in words."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from importer.documents import joined
from importer.issues import IssueCode
from importer.language import trn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.reports.summary import Summary


class Wrong(Enum):
    """What went wrong with rows that had their turn, the least certain first."""

    LOST = auto()  # not in the account when it was read back
    NOT_SENT = auto()
    UNKNOWN = auto()
    INVALID = auto()
    REJECTED = auto()
    DUPLICATE = auto()
    IN_PART = auto()  # written, but not all of it
    DIFFERENT = auto()


Counted = tuple[Wrong, int]


def went_wrong(summary: Summary) -> list[Counted]:
    """List what went wrong with rows that had their turn, the least certain first."""
    rows = summary.rows
    found = [
        (Wrong.UNKNOWN, rows.unknown),
        (Wrong.INVALID, rows.invalid),
        (Wrong.REJECTED, rows.rejected),
        (Wrong.DUPLICATE, summary.refused_duplicates),
        (Wrong.IN_PART, summary.rows_in_part),
    ]
    if summary.verified is not None:  # rows of unknown answer that are not there are refused ones
        lost = summary.verified.missing - summary.problems.get(IssueCode.NOT_IN_ACCOUNT, 0)
        found.insert(0, (Wrong.LOST, lost))
        found.append((Wrong.DIFFERENT, summary.verified.different))
    return [one for one in found if one[1]]


def in_words(problems: Sequence[Counted]) -> str:
    """Join problems; only the first says that rows are counted."""
    return joined(
        also(kind, count) if at else counted(kind, count)
        for at, (kind, count) in enumerate(problems)
    )


def counted(kind: Wrong, count: int) -> str:
    """Count rows of which something went wrong."""
    match kind:
        case Wrong.LOST:
            return trn(
                "{count} row not in the account when read back",
                "{count} rows not in the account when read back",
                count,
            )
        case Wrong.NOT_SENT:
            return trn("{count} row not sent", "{count} rows not sent", count)
        case Wrong.UNKNOWN:
            return trn(
                "{count} row sent but answer unknown", "{count} rows sent but answer unknown", count
            )
        case Wrong.INVALID:
            return trn(
                "{count} row refused by our checks", "{count} rows refused by our checks", count
            )
        case Wrong.REJECTED:
            return trn(
                "{count} row refused by the platform", "{count} rows refused by the platform", count
            )
        case Wrong.DUPLICATE:
            return trn(
                "{count} row refused as a duplicate", "{count} rows refused as duplicates", count
            )
        case Wrong.IN_PART:
            return trn(
                "{count} row written only in part", "{count} rows written only in part", count
            )
        case Wrong.DIFFERENT:
            return trn(
                "{count} row stored with other values",
                "{count} rows stored with other values",
                count,
            )


def also(kind: Wrong, count: int) -> str:
    """Count more rows, where it was said that rows are counted."""
    match kind:
        case Wrong.LOST:
            return trn(
                "{count} not in the account when read back",
                "{count} not in the account when read back",
                count,
            )
        case Wrong.NOT_SENT:
            return trn("{count} not sent", "{count} not sent", count)
        case Wrong.UNKNOWN:
            return trn("{count} sent but answer unknown", "{count} sent but answer unknown", count)
        case Wrong.INVALID:
            return trn("{count} refused by our checks", "{count} refused by our checks", count)
        case Wrong.REJECTED:
            return trn("{count} refused by the platform", "{count} refused by the platform", count)
        case Wrong.DUPLICATE:
            return trn("{count} refused as a duplicate", "{count} refused as duplicates", count)
        case Wrong.IN_PART:
            return trn("{count} written only in part", "{count} written only in part", count)
        case Wrong.DIFFERENT:
            return trn(
                "{count} stored with other values", "{count} stored with other values", count
            )
