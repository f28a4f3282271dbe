from __future__ import annotations

import stat
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.consents import Stance, settle_consent
from importer.field_rules import FieldRole, RowRules, ValueType
from importer.issues import IssueCode, Severity
from importer.model import (
    Chunk,
    PlannedField,
    RowCheck,
)
from importer.planning import repeats, rivals
from importer.planning.repeats import repeated
from importer.run_columns import planned_fields
from importer.run_folder import RunFolder

from .plans import (
    FIELDS,
    KEY,
    NAME,
    NEWS,
    NEWS_DATE,
    Planned,
    Row,
    chunk_of,
    chunk_of_texts,
    invalid,
    plan_of,
    planner_of,
    read_back,
    skipped,
    warned,
)

GOOD, INVALID, SKIPPED, DUPLICATE, _ = (int(check) for check in RowCheck)


def good(*keys: str) -> list[Row]:
    return [Row(key) for key in keys]


def counted(**counts: int) -> dict[str, int]:
    """What a plan counts of one consent, zeros included."""
    names = ("yes", "no", "left", "by_mapping_yes", "by_mapping_no", "withheld")
    return dict.fromkeys(names, 0) | counts


# --- order and positions -------------------------------------------------------------------------


def test_plan_holds_the_good_rows_in_input_order_and_rows_know_their_position(
    tmp_path: Path,
) -> None:
    first = [[*good("a@x.fr"), invalid(), *good("b@x.fr")], [skipped(), *good("c@x.fr")]]
    planned = plan_of(tmp_path, [first, [good("d@x.fr")]])
    assert planned.contacts("row", KEY) == [
        (0, "a@x.fr"), (2, "b@x.fr"), (4, "c@x.fr"), (5, "d@x.fr"),
    ]  # fmt: skip
    assert planned.rows("row", "table", "number", "verdict", "position") == [
        (0, 0, 2, GOOD, 0),
        (1, 0, 3, INVALID, -1),
        (2, 0, 4, GOOD, 1),
        (3, 0, 5, SKIPPED, -1),
        (4, 0, 6, GOOD, 2),
        (5, 1, 2, GOOD, 3),
    ]
    facts = planned.facts
    assert (facts.read, facts.planned, facts.invalid, facts.skipped) == (6, 4, 1, 1)
    assert (facts.duplicate, facts.refused_duplicates, facts.blank) == (0, 0, 1)


def test_plan_names_its_fields_and_its_files_are_private(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[good("a@x.fr")]])
    assert planned_fields(planned.folder.plan) == FIELDS
    left = sorted(path.name for path in planned.folder.state.iterdir())
    assert left == ["issues.parquet", "plan.parquet", "rows.parquet", "source.parquet"]
    if sys.platform != "win32":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in planned.folder.state.iterdir()}
        assert modes == {0o600}


@pytest.mark.parametrize(
    "chunks", [[], [[]], [[], []]], ids=["no chunk", "an empty chunk", "two empty chunks"]
)
def test_no_rows_at_all_make_an_empty_plan(tmp_path: Path, chunks: list[list[Row]]) -> None:
    planned = plan_of(tmp_path, [chunks])
    assert planned.rows("row") == planned.contacts(KEY) == planned.issues("code") == []
    facts = planned.facts
    assert (facts.read, facts.planned, facts.wire_bytes) == (0, 0, 0)
    assert facts.consents == {NEWS: counted()}


def test_no_good_row_makes_an_empty_plan_and_keeps_every_issue(tmp_path: Path) -> None:
    rows = [invalid("a@"), invalid("b@", IssueCode.DATE_INVALID), skipped()]
    planned = plan_of(tmp_path, [[rows]])
    assert planned.contacts(KEY) == []
    assert planned.issues("row", "code") == [
        (0, "email-invalid"), (1, "email-invalid"), (1, "date-invalid"), (2, "blank-row"),
    ]  # fmt: skip
    assert planned.rows("position") == [-1, -1, -1]


def test_a_file_of_blank_rows_only_has_nothing_to_send(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[[skipped()] * 3, [skipped()]]])
    assert planned.facts.blank == planned.facts.skipped == planned.facts.read == 4
    assert planned.rows("verdict") == [SKIPPED] * 4


def test_original_text_is_kept_with_the_cells_beyond_the_header(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder, width=5)
    chunk, checked = chunk_of([Row("a@x.fr", "Éva"), invalid("b@")], 2)
    planner.add(0, Chunk(chunk.rows, chunk.frame, extra={1: ("=1", 'x"y')}), checked)
    planner.finish()
    table = pq.read_table(folder.source).to_pylist()
    assert table[0] == {
        "row": 0, "c0": "a@x.fr", "c1": "Éva", "c2": "", "c3": "", "c4": None, "extra": None,
    }  # fmt: skip
    assert table[1]["extra"] == '["=1","x\\"y"]'


def test_cells_that_a_short_row_lacks_stay_missing_in_the_original_text(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder)
    chunk, checked = chunk_of([invalid("a@"), Row("b@x.fr")], 2)
    frame = chunk.frame.copy()
    frame.loc[0, "column 3":] = None
    planner.add(0, Chunk(chunk.rows, frame), checked)
    planner.finish()
    rows = pq.read_table(folder.source).to_pylist()
    assert [list(row.values()) for row in rows] == [
        [0, "a@", "", None, None, None], [1, "b@x.fr", "", "", "", None],
    ]  # fmt: skip


# --- duplicates ----------------------------------------------------------------------------------

TWICE = [[good("a@x.fr", "b@x.fr"), good("A@X.fr")], [good("c@x.fr", "a@x.FR")]]


def winners(planned: Planned) -> list[Any]:
    return planned.rows("verdict", "winner_table", "winner_number", "refused")


def test_last_row_of_a_key_is_chosen_across_chunks_and_tables(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, TWICE, policy="last")
    assert planned.contacts("row", KEY) == [(1, "b@x.fr"), (3, "c@x.fr"), (4, "a@x.FR")]
    assert winners(planned) == [
        (DUPLICATE, 1, 3, False),
        (GOOD, -1, -1, False),
        (DUPLICATE, 1, 3, False),
        (GOOD, -1, -1, False),
        (GOOD, -1, -1, False),
    ]
    assert planned.rows("position") == [-1, 0, -1, 1, 2]
    assert planned.facts.duplicate == 2


def test_first_row_of_a_key_is_chosen_on_request(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, TWICE, policy="first")
    assert planned.contacts("row") == [0, 1, 3]
    assert winners(planned)[2] == winners(planned)[4] == (DUPLICATE, 0, 2, False)


def test_refused_duplicates_leave_no_row_of_their_key_and_name_another(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, TWICE, policy="refuse")
    assert planned.contacts("row") == [1, 3]
    found = winners(planned)
    assert found[0] == (DUPLICATE, 0, 4, True)
    assert found[2] == found[4] == (DUPLICATE, 0, 2, True)
    assert planned.facts.refused_duplicates == planned.facts.duplicate == 3


def test_only_good_rows_are_duplicates_of_one_another(tmp_path: Path) -> None:
    rows = [invalid("a@x.fr"), *good("a@x.fr"), invalid("a@x.fr")]
    planned = plan_of(tmp_path, [[rows]])
    assert planned.rows("verdict") == [INVALID, GOOD, INVALID]


def test_promise_5_keys_that_differ_in_case_or_accent_form_are_rivals(tmp_path: Path) -> None:
    fields = (PlannedField(KEY, ValueType.TEXT, FieldRole.KEY), *FIELDS[1:])
    rows = good("Ab1", "ab1", "AB1", "\u00c93", "E\u03013")
    planned = plan_of(tmp_path, [[rows]], fields=fields)
    assert planned.facts.planned == 2


def composite(tmp_path: Path, pairs: Sequence[tuple[str, str]]) -> Planned:
    number = "key_f_No"
    fields = (PlannedField(number, ValueType.TEXT, FieldRole.KEY), *FIELDS)
    texts: dict[str, list[str | None]] = {
        KEY: [email for _, email in pairs],
        number: [no for no, _ in pairs],
        NAME: [None] * len(pairs),
        NEWS: [None] * len(pairs),
        NEWS_DATE: [None] * len(pairs),
    }
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder, fields=fields, width=5)
    planner.add(0, *chunk_of_texts(texts, [RowCheck.GOOD] * len(pairs), (), 2))
    return Planned(folder, planner.finish())


def test_all_parts_of_a_composite_key_must_agree(tmp_path: Path) -> None:
    pairs = [("1", "a@x.fr"), ("2", "a@x.fr"), ("1", "b@x.fr"), ("1", "A@x.fr")]
    planned = composite(tmp_path, pairs)
    assert planned.rows("verdict") == [DUPLICATE, GOOD, GOOD, GOOD]


@pytest.mark.parametrize("sign", ["\x1f", "\x1e1", "\x1e"])
def test_no_text_in_one_part_of_a_key_can_imitate_another_key(tmp_path: Path, sign: str) -> None:
    fields = [PlannedField(code, ValueType.TEXT, FieldRole.KEY) for code in ("key_f_A", "key_f_B")]
    pairs = [(f"a{sign}b", "c"), ("a", f"b{sign}c"), (f"a\x1f{sign}b", "c"), ("a\x1e1b", "c")]
    texts: dict[str, list[str | None]] = {
        "key_f_A": [a for a, _ in pairs],
        "key_f_B": [b for _, b in pairs],
        KEY: [""] * len(pairs),
    }
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder, fields=fields, width=3, row_rules=RowRules())
    planner.add(0, *chunk_of_texts(texts, [RowCheck.GOOD] * len(pairs), (), 2))
    planned = Planned(folder, planner.finish())
    assert planned.rows("verdict").count(GOOD) == len(set(pairs))


# --- consents of rows with one key ----------------------------------------------------------------


def agreed(tmp_path: Path, *rows: Row, policy: str = "last") -> Planned:
    return plan_of(tmp_path, [[list(rows)]], policy=policy)


@pytest.mark.parametrize("policy", ["last", "first"])
@pytest.mark.parametrize("answers", [("yes", "no"), ("no", "yes")])
def test_promise_5_no_wins_whichever_row_is_chosen(
    tmp_path: Path, policy: str, answers: tuple[str, str]
) -> None:
    rows = [Row("a@x.fr", news=answer) for answer in answers]
    planned = agreed(tmp_path, *rows, policy=policy)
    assert planned.contacts(NEWS) == ["no"]
    assert planned.issues("row", "severity", "code", "column", "field", "detail") == [
        (row, "warning", "consent-conflict", "", NEWS, "no") for row in (0, 1)
    ]
    assert planned.facts.consents == {NEWS: counted(no=1)}


@pytest.mark.parametrize("policy", ["last", "first"])
def test_promise_5_blank_chosen_row_still_sends_the_no_of_another(
    tmp_path: Path, policy: str
) -> None:
    blank, no = Row("a@x.fr", "Éva"), Row("A@x.fr", "Eva", "no", "2026-01-05")
    rows = (no, blank) if policy == "last" else (blank, no)
    planned = agreed(tmp_path, *rows, policy=policy)
    assert planned.contacts(KEY, NAME, NEWS, NEWS_DATE) == [("a@x.fr", "Éva", "no", "2026-01-05")]
    chosen = 1 if policy == "last" else 0
    assert planned.issues("row", "code") == [(chosen, "consent-conflict")]


@pytest.mark.parametrize("policy", ["last", "first"])
def test_the_later_date_wins_with_its_own_date(tmp_path: Path, policy: str) -> None:
    rows = (
        Row("a@x.fr", news="no", date="2026-01-05"),
        Row("a@x.fr", news="yes", date="2026-01-06"),
        Row("a@x.fr", news="no", date="2026-01-04"),
    )
    planned = agreed(tmp_path, *rows, policy=policy)
    assert planned.contacts(NEWS, NEWS_DATE) == [("yes", "2026-01-06")]
    assert planned.issues("row", "detail") == [(0, "yes"), (1, "yes"), (2, "yes")]


def test_promise_5_a_tie_of_dates_is_a_no(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", news=answer, date="2026-01-05") for answer in ("no", "yes")]
    assert agreed(tmp_path, *rows).contacts(NEWS, NEWS_DATE) == [("no", "2026-01-05")]


def test_promise_5_an_undated_no_beats_a_dated_yes_and_takes_its_date_away(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", news="no"), Row("a@x.fr", news="yes", date="2026-01-05")]
    assert agreed(tmp_path, *rows).contacts(NEWS, NEWS_DATE) == [("no", None)]


def test_promise_5_dates_count_only_where_the_mapping_writes_them(tmp_path: Path) -> None:
    rows = [
        Row("a@x.fr", news="no", date="2026-01-05"),
        Row("a@x.fr", news="yes", date="2026-01-06"),
    ]
    planned = plan_of(tmp_path, [[rows]], fields=FIELDS[:3], row_rules=RowRules(), width=4)
    assert planned.contacts(NEWS) == ["no"]


def test_a_yes_of_a_row_that_is_not_sent_is_not_lent_to_the_one_that_is(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", news="yes", date="2026-01-05"), Row("a@x.fr")]
    planned = agreed(tmp_path, *rows)
    assert planned.contacts(NEWS, NEWS_DATE) == [(None, None)]
    assert planned.facts.consents == {NEWS: counted(left=1)}


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (IssueCode.EMAIL_INVALID, "no"),
        (IssueCode.CELL_ERROR, "no"),
        (IssueCode.ROW_TOO_LARGE, "no"),
        (IssueCode.ROW_TOO_SHORT, "yes"),
        (IssueCode.QUOTES_UNBALANCED, "yes"),
        (IssueCode.DELIMITER_DIFFERS, "yes"),
        (IssueCode.FILE_CUT_OFF, "yes"),
        (IssueCode.OTHER_TABLE, "yes"),
    ],
)
def test_promise_5_a_no_of_an_invalid_row_counts_where_its_cells_stand_in_their_places(
    tmp_path: Path, code: IssueCode, sent: str
) -> None:
    wrong = Row("a@x.fr", news="no", issues=((code, Severity.ERROR),))
    planned = agreed(tmp_path, wrong, Row("a@x.fr", news="yes"))
    assert planned.contacts(KEY, NEWS) == [("a@x.fr", sent)]


def test_promise_5_a_no_of_a_ragged_row_that_is_accepted_counts(tmp_path: Path) -> None:
    issues = ((IssueCode.ROW_TOO_SHORT, Severity.WARNING), (IssueCode.DATE_INVALID, Severity.ERROR))
    planned = agreed(tmp_path, Row("a@x.fr", news="no", issues=issues), Row("a@x.fr", news="yes"))
    assert planned.contacts(NEWS) == ["no"]


def test_refused_duplicates_send_nothing_and_say_that_they_disagree(tmp_path: Path) -> None:
    rows = [Row("a@x.fr", news="no"), Row("a@x.fr", news="yes")]
    planned = agreed(tmp_path, *rows, policy="refuse")
    assert planned.contacts(KEY) == []
    assert planned.issues("row", "code", "detail") == [
        (0, "consent-conflict", "no"),
        (1, "consent-conflict", "no"),
    ]


def test_each_consent_is_settled_for_itself(tmp_path: Path) -> None:
    other = "optin_Offers"
    fields = (*FIELDS, PlannedField(other, ValueType.CONSENT, FieldRole.CONSENT))
    texts: dict[str, list[str | None]] = {
        KEY: ["a@x.fr", "a@x.fr"],
        NAME: ["one", "two"],
        NEWS: ["no", "yes"],
        NEWS_DATE: ["2026-01-01", "2026-01-02"],
        other: ["no", "yes"],
    }
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder, fields=fields, width=5)
    planner.add(0, *chunk_of_texts(texts, [RowCheck.GOOD] * 2, (), 2))
    planned = Planned(folder, planner.finish())
    assert planned.contacts(NAME, NEWS, NEWS_DATE, other) == [("two", "yes", "2026-01-02", "no")]
    assert planned.issues("row", "field") == [(0, NEWS), (0, other), (1, NEWS), (1, other)]


# --- issues --------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 2, 3, 50])
def test_warnings_of_the_second_pass_stand_in_row_order_after_the_rows_own(
    tmp_path: Path, at_once: int
) -> None:
    dropped = (IssueCode.TIME_DROPPED, Severity.WARNING)
    rows = [
        warned("a@x.fr", news="yes"),
        invalid("b@", IssueCode.DATE_INVALID),
        Row("c@x.fr", news="no"),
        Row(
            "a@x.fr",
            news="no",
            issues=(dropped, (IssueCode.PHONE_EXTENSION_DROPPED, Severity.WARNING)),
        ),
        skipped(),
        Row("c@x.fr", news="yes"),
    ]
    with read_back(at_once):
        planned = plan_of(tmp_path, [[rows[:4], rows[4:]]])
    assert planned.issues("row", "code") == [
        (0, "time-dropped"),
        (0, "consent-conflict"),
        (1, "email-invalid"),
        (1, "date-invalid"),
        (2, "consent-conflict"),
        (3, "time-dropped"),
        (3, "phone-extension-dropped"),
        (3, "consent-conflict"),
        (4, "blank-row"),
        (5, "consent-conflict"),
    ]
    values = planned.issues("row", "column", "value", "detail")
    assert values[2] == (1, "Courriel", "b@", "because")
    assert values[8] == (4, "", None, "")


# --- the same whatever the hashes, the pieces and the day -----------------------------------------

people = st.sampled_from(["a@x.fr", "A@x.fr", "b@x.fr", "c@x.fr", "C@X.FR"])
rows_of_people = st.one_of(
    st.builds(
        Row,
        people,
        st.sampled_from(["Éva", "Max", None]),
        st.sampled_from(["yes", "no", None]),
        st.sampled_from([None, "2026-01-01", "2026-01-02"]),
    ),
    st.builds(invalid, people),
    st.just(skipped()),
    st.builds(warned, people, news=st.sampled_from(["yes", "no"])),
)
tables = st.lists(
    st.lists(st.lists(rows_of_people, max_size=5), max_size=4), min_size=1, max_size=3
)
HASHES = {
    "none differ": lambda key: 1,
    "few differ": lambda key: -(len(key) % 2),
    "another": lambda key: zlib.crc32(key.encode()),
}


def content(planned: Planned) -> list[bytes]:
    return [
        path.read_bytes()
        for path in (
            planned.folder.rows, planned.folder.plan, planned.folder.issues, planned.folder.source,
        )
    ]  # fmt: skip


@given(given_tables=tables, policy=st.sampled_from(["last", "first", "refuse"]))
@settings(deadline=None, max_examples=60)
def test_promise_2_the_same_rows_make_the_same_bytes_whatever_their_hashes(
    tmp_path_factory: pytest.TempPathFactory, given_tables: list[list[list[Row]]], policy: str
) -> None:
    def place() -> Path:
        return tmp_path_factory.mktemp("runs")

    usual = plan_of(place(), given_tables, policy=policy)
    again = plan_of(place(), given_tables, policy=policy)
    assert content(again) == content(usual)
    for hash_key in HASHES.values():
        other = plan_of(place(), given_tables, policy=policy, hash_key=hash_key)
        assert content(other) == content(usual)
        assert other.facts == usual.facts


@given(
    given_tables=tables,
    policy=st.sampled_from(["last", "first", "refuse"]),
    at_once=st.integers(1, 4),
)
@settings(deadline=None, max_examples=150)
def test_plan_is_what_a_plain_reading_of_the_contract_gives(
    tmp_path_factory: pytest.TempPathFactory,
    given_tables: list[list[list[Row]]],
    policy: str,
    at_once: int,
) -> None:
    with read_back(at_once), pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "CANDIDATES_AT_ONCE", at_once)
        planned = plan_of(tmp_path_factory.mktemp("runs"), given_tables, policy=policy)
    rows = [row for chunks in given_tables for chunk in chunks for row in chunk]
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row.check is RowCheck.GOOD:
            groups.setdefault(row.key.lower(), []).append(index)
    wanted: dict[int, tuple[str, str | None, str | None, str | None]] = {}
    conflicts: dict[int, str] = {}
    for members in groups.values():
        stances = [Stance(rows[m].news, rows[m].date) for m in members]
        if policy == "refuse" and len(members) > 1:
            no = settle_consent(stances, Stance(None)).stance.answer == "no"
            if no and any(stance.answer == "yes" for stance in stances):
                conflicts |= dict.fromkeys(members, "no")  # mended alone, each says no
            continue
        winner = members[-1] if policy == "last" else members[0]
        mine = Stance(rows[winner].news, rows[winner].date)
        found = settle_consent(stances, mine)
        one = rows[winner]
        wanted[winner] = (one.key, one.name, found.stance.answer, found.stance.date)
        if found.conflict:
            conflicts |= dict.fromkeys(members, found.stance.answer or "")
        elif found.changed:
            conflicts[winner] = "no"
    order = sorted(wanted)
    assert planned.contacts("row", KEY, NAME, NEWS, NEWS_DATE) == [(r, *wanted[r]) for r in order]
    positions = {row: position for position, row in enumerate(order)}
    assert planned.rows("position") == [positions.get(i, -1) for i in range(len(rows))]
    assert planned.rows("verdict") == [
        int(row.check) if row.check is not RowCheck.GOOD else GOOD if i in wanted else DUPLICATE
        for i, row in enumerate(rows)
    ]
    expected = []
    for index, row in enumerate(rows):
        expected += [(index, code.value, severity.value) for code, severity in row.issues]
        if index in conflicts:
            expected.append((index, IssueCode.CONSENT_CONFLICT.value, Severity.WARNING.value))
    assert planned.issues("row", "code", "severity") == expected
    facts = planned.facts
    assert facts.planned == len(order)
    assert facts.planned + facts.invalid + facts.skipped + facts.duplicate == facts.read
    told = [wanted[row][2] for row in order]
    assert facts.consents[NEWS] == counted(
        yes=told.count("yes"), no=told.count("no"), left=told.count(None)
    )


@given(given_tables=tables)
@settings(deadline=None, max_examples=40)
def test_promise_4_a_blank_cell_stays_missing_in_the_plan(
    tmp_path_factory: pytest.TempPathFactory, given_tables: list[list[list[Row]]]
) -> None:
    planned = plan_of(tmp_path_factory.mktemp("runs"), given_tables)
    rows = [row for chunks in given_tables for chunk in chunks for row in chunk]
    for index, *texts in planned.contacts("row", NAME, NEWS, NEWS_DATE):
        assert "" not in texts
        assert texts[0] == rows[index].name


def test_promise_4_a_cleared_field_reaches_the_plan_as_an_empty_text(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[[Row("a@x.fr", ""), Row("b@x.fr", None)]]])
    assert planned.contacts(NAME) == ["", None]


# --- many rows ------------------------------------------------------------------------------------


def test_rows_with_one_key_are_looked_at_some_at_a_time() -> None:
    hashes = np.concatenate([np.arange(1_000), np.arange(1_000), np.arange(5_000, 9_000)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "CANDIDATES_AT_ONCE", 100)
        parts = list(repeated(hashes))
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(1_000))
    assert max(len(part) for part in parts) * 2 <= 100


def test_keys_without_a_double_are_never_read_back(tmp_path: Path) -> None:
    asked: list[str] = []

    def hash_key(key: str) -> int:
        asked.append(key)
        return zlib.crc32(key.encode())

    rows = [Row(f"{n}@x.fr") for n in range(500)]
    folder = RunFolder.prepare(tmp_path, "plan")
    planner = planner_of(folder, hash_key=hash_key)
    planner.add(0, *chunk_of(rows, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rivals.Rivals, "_members", lambda *_: pytest.fail("keys were read back"))
        facts = planner.finish()
    assert facts.planned == len(asked) == 500


def test_bytes_on_the_wire_grow_with_what_is_sent(tmp_path: Path) -> None:
    short = plan_of(tmp_path / "a", [[[Row("a@x.fr", "x")]]]).facts.wire_bytes
    long = plan_of(tmp_path / "b", [[[Row("a@x.fr", "x" * 1_000)]]]).facts.wire_bytes
    assert long - short == 999
