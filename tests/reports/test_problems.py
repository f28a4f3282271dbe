"""Problems grouped by cause, the rows they hit, and the rows that can be searched."""

from __future__ import annotations

import orjson
import pytest

from importer.issues import IssueCode, Severity
from importer.model import Outcome, RowResult, Verdict
from importer.reports import problem_rows
from importer.reports.problem_rows import MOST_SENTENCES, Kind, ProblemRows, embedded
from importer.reports.problems import HitRows, Problems
from importer.reports.words.titles import effect_of
from tests.reports.test_tables import TABLES, result, results_of

INVALID = IssueCode.EMAIL_INVALID.value
ZERO = IssueCode.PHONE_ZERO_RESTORED.value


def listed(*rows: int) -> str:
    hit = HitRows()
    for row in rows:
        hit.add(row)
    return hit.listed


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([12], "12"),
        ([12, 12], "12"),
        ([12, 13], "12, 13"),
        ([12, 15, 16, 17, 18, 40], "12, 15 to 18, 40"),
        (range(2, 60, 2), "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 17 more"),
        ([*range(2, 26, 2), 30, 31], "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 2 more"),
        ([*range(2, 26, 2), 25], "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 25"),
        (range(5, 2_000), "5 to 1999"),
    ],
)
def test_rows_are_listed_in_stretches(rows: list[int], words: str) -> None:
    assert listed(*rows) == words


def refused(row: int, verdict: Verdict = Verdict.INVALID, **members: object) -> RowResult:
    told: dict[str, object] = {"code": INVALID, "message": "No address", "key": f"{row}@x.fr"}
    return result(row=row, verdict=verdict, **told | members)


def found_of(*rows: tuple[int, RowResult]) -> Problems:
    found = Problems(TABLES)
    found.add(results_of(*rows))
    return found


def test_groups_count_issues_and_know_the_rows_of_each_table() -> None:
    found = Problems(TABLES)
    for table, row in ((0, 3), (0, 3), (0, 4), (1, 9)):
        found.note_at(INVALID, Severity.ERROR, table, row, f"said of {row}")
    (group,) = found.groups()
    assert group.count == 4
    assert {table: (hit.rows, hit.listed) for table, hit in group.hit.items()} == {
        0: (2, "3, 4"),
        1: (1, "9"),
    }
    assert group.examples[-1] == ("=évil.xlsx, sheet -Feuille, row 9", "said of 9")
    assert found.counts() == {INVALID: 4}


def test_groups_stand_errors_first_and_the_frequent_before_the_rare() -> None:
    found = Problems(TABLES)
    for row in range(9):
        found.note_at(ZERO, Severity.WARNING, 0, row, "zero")
    for row in range(12):
        found.note_at(INVALID if row % 4 else "rare", Severity.ERROR, 0, row, "bad")
    groups = found.groups()
    assert [group.code for group in groups] == [INVALID, "rare", ZERO]
    assert [len(group.examples) for group in groups] == [5, 3, 5]


def test_rows_that_were_written_in_part_are_warned_of() -> None:
    found = found_of(
        (0, result(row=2, verdict=Verdict.UPDATED, code="contact-undeleted")),
        (0, result(row=3, verdict=Verdict.UPDATED, code="partly-written")),
        (0, result(row=4, verdict=Verdict.CREATED, code="contact-suppressed")),
        (0, refused(5, Verdict.REJECTED, code="partly-written", message="No")),
    )
    groups = {(one.code, one.severity): one.count for one in found.groups()}
    assert groups == {
        ("partly-written", "error"): 1,
        ("partly-written", "warning"): 1,
        ("contact-suppressed", "warning"): 1,
    }
    assert [(one.row, one.kind) for one in found.rows().rows] == [
        (3, Kind.WARNING),
        (4, Kind.WARNING),
        (5, Kind.REJECTED),
    ]
    effects = {effect_of(one) for one in found.groups() if one.severity == Severity.WARNING}
    assert effects == {"Written only in part."}


def test_only_refused_and_unknown_rows_of_the_results_are_kept() -> None:
    found = found_of(
        (0, result(row=2)),
        (0, refused(3)),
        (0, refused(4, Verdict.REJECTED, code="platform-refused", message="No")),
        (0, refused(5, Verdict.UNKNOWN, code="answer-lost", message="Lost")),
        (0, refused(6, Verdict.DUPLICATE, code="duplicate-key")),
        (1, refused(7, Verdict.DUPLICATE, code="duplicate-refused", message="Twice")),
        (1, result(row=8, verdict=Verdict.NOT_SENT, code="not-sent")),
    )
    kept = found.rows()
    assert [(one.table, one.row, one.key, one.kind) for one in kept.rows] == [
        (0, 3, "3@x.fr", Kind.INVALID),
        (0, 4, "4@x.fr", Kind.REJECTED),
        (0, 5, "5@x.fr", Kind.UNKNOWN),
        (1, 7, "7@x.fr", Kind.DUPLICATE),
    ]
    assert [kept.said_of(one)[0].text for one in kept.rows] == ["No address", "No", "Lost", "Twice"]
    assert not kept.cut
    # What the checks found comes as issues; what the platform said stands in the results alone.
    assert found.counts() == {"answer-lost": 1, "platform-refused": 1}


def test_all_that_is_said_of_a_row_stands_with_it_and_every_sentence_once() -> None:
    found = found_of((0, refused(3)), (0, refused(4)))
    for row in (3, 4):
        found.note_at(INVALID, Severity.ERROR, 0, row, "No address", f"{row}@x.fr")
        found.note_at(ZERO, Severity.WARNING, 0, row, "Zero", f"{row}@x.fr")
    kept = found.rows()
    assert [one.said for one in kept.rows] == [(0, 1), (0, 1)]
    assert [one.text for one in kept.sentences] == ["No address", "Zero"]


def test_a_row_with_warnings_only_is_kept_with_its_key_in_its_place() -> None:
    found = found_of((0, refused(9)))
    found.note_at(ZERO, Severity.WARNING, 0, 4, "Zero", "4@x.fr")
    assert [(one.row, one.key, one.kind) for one in found.rows().rows] == [
        (4, "4@x.fr", Kind.WARNING),
        (9, "9@x.fr", Kind.INVALID),
    ]


def test_refused_rows_go_before_warnings_where_not_all_can_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(problem_rows, "MOST_ROWS", 3)
    found = found_of((0, refused(8)), (0, refused(9)))
    found.note_at(ZERO, Severity.WARNING, 0, 4, "Zero", "4@x.fr")
    assert not found.rows().cut
    found.note_at(ZERO, Severity.WARNING, 0, 5, "Zero", "5@x.fr")
    assert [one.row for one in found.rows().rows] == [4, 8, 9]
    assert found.rows().cut
    many = found_of(*((0, refused(row)) for row in range(2, 7)))
    assert [one.row for one in many.rows().rows] == [2, 3, 4]
    assert many.rows().cut
    assert sum(group.count for group in found.groups()) == 2


def test_a_row_of_endless_problems_keeps_a_few_and_counts_the_others() -> None:
    found = found_of((0, refused(3)))
    for n in range(MOST_SENTENCES + 5):
        found.note_at(INVALID, Severity.ERROR, 0, 3, f"{n} " + "x" * 10_000)
    (row,) = found.rows().rows
    assert (len(row.said), row.left) == (MOST_SENTENCES, 5)
    assert max(len(one.text) for one in found.rows().sentences) < 500


def test_the_rows_in_the_page_can_end_no_element_and_are_read_as_they_were() -> None:
    evil = "</script><!--<script>\u2028\u2029&amp;\\u003c"
    found = Problems(TABLES)
    found.keep(1, 7, evil, Outcome(Verdict.INVALID, evil, "", evil))
    text = embedded(found.rows(), ["a", evil], {"w": evil})
    assert not set(text) & set("<>&\u2028\u2029")
    content = orjson.loads(text)
    assert content["key"] == [evil]
    assert content["sentences"] == [[0, 1, evil]]
    assert content["codes"] == [[evil, evil]]
    assert content["places"] == ["a", evil]
    assert content["words"] == {"w": evil}


def test_the_rows_in_the_page_are_columns_and_every_code_has_its_title() -> None:
    found = found_of((0, refused(3)), (0, refused(4)))
    found.note_at(INVALID, Severity.ERROR, 0, 4, "No address")
    found.note_at(ZERO, Severity.WARNING, 0, 4, "Zero")
    for n in range(MOST_SENTENCES):
        found.note_at(INVALID, Severity.ERROR, 0, 4, str(n))
    content = orjson.loads(embedded(found.rows(), ["a"], {}))
    assert content["row"] == [3, 4]
    assert content["table"] == content["kind"] == [0, 0]
    assert content["said"] == [0, list(range(MOST_SENTENCES))]
    assert content["left"] == {"1": 2}
    assert ["email-invalid", "E-mail address that cannot be"] in content["codes"]
    assert orjson.loads(embedded(ProblemRows(), [], {}))["row"] == []
