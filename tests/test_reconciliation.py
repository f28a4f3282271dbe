from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import DefectError
from importer.issues import IssueCode, Severity, message
from importer.journal import Journal, Lookup
from importer.journal.going_on import begin_two_steps, going_on
from importer.model import Outcome, Reason, RowCheck, Settled, Verdict
from importer.planning import PlanFacts
from importer.reconciliation import IN_PART_ROWS, balance, counted, reconcile
from importer.row_results import RowResults
from importer.tables import TableDescription

from .plans import (
    AT,
    HEADERS,
    KEY,
    Planned,
    Row,
    batch,
    invalid,
    lose,
    plan_of,
    read_back,
    settle,
    skipped,
    tables_of,
    warned,
)

PEOPLE = [Row(f"{n}@x.fr") for n in range(8)]


@dataclass(frozen=True, slots=True)
class Line:
    """One row's result, as ``results.csv`` would have it."""

    table: int
    number: int
    key: str
    verdict: str
    code: str
    field: str
    message: str
    batch: str
    attempts: int
    record_id: str


def lines_of(results: Sequence[RowResults]) -> list[Line]:
    lines = []
    for some in results:
        ends = [some.outcomes[end] for end in some.end.tolist()]
        columns = [
            some.table.tolist(), some.number.tolist(), some.key.to_pylist(), some.verdict,
            [end.code for end in ends], [end.field for end in ends], [end.message for end in ends],
            some.batch.to_pylist(), some.attempts.tolist(), some.record_id.to_pylist(),
        ]  # fmt: skip
        lines += [Line(*cells) for cells in zip(*columns, strict=True)]
    return lines


def journal_of(planned: Planned) -> Journal:
    return Journal.create(planned.folder.journal)


def reconciled(
    planned: Planned, journal: Journal, tables: Sequence[TableDescription] = tables_of(2)
) -> tuple[list[Line], dict[int, tuple[str, ...]]]:
    """Reconcile a run, prove that it balances, and give its lines and what is to be fixed."""
    totals: Counter[str] = Counter()
    count = planned.facts.planned
    results = list(counted(reconcile(planned.folder, journal, tables, planned=count), totals))
    balance(totals, planned.facts)
    reasons: dict[int, tuple[str, ...]] = {}
    for some in results:
        assert len(some) == len(some.verdict)
        assert list(some.reasons) == sorted(some.reasons)
        reasons |= {row: tuple(one.message for one in why) for row, why in some.reasons.items()}
    return lines_of(results), reasons


def verdicts(lines: Sequence[Line]) -> list[str]:
    return [str(line.verdict) for line in lines]


# --- the verdict of each kind of row --------------------------------------------------------------


def test_what_the_platform_said_is_the_verdict(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:6]]])
    refused = Outcome(
        Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, "f_Name", "Too long", record_id="6"
    )
    with journal_of(planned) as journal:
        sent = settle(
            journal,
            0,
            Outcome(Verdict.CREATED, record_id="11"),
            Outcome(Verdict.UPDATED, record_id="12"),
            Verdict.ACCEPTED,
        )
        other = settle(journal, 3, refused, Outcome(Verdict.SKIPPED, "platform-skipped"))
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == [
        "created", "updated", "accepted", "rejected", "skipped", "not-sent",
    ]  # fmt: skip
    assert [line.record_id for line in lines] == ["11", "12", "", "6", "", ""]
    assert [line.batch for line in lines] == [sent.id] * 3 + [other.id] * 2 + [""]
    assert [line.attempts for line in lines] == [1] * 5 + [0]
    assert (lines[3].code, lines[3].field) == ("platform-refused", "f_Name")
    assert lines[3].message == "Too long"
    assert reasons == {3: ("Too long",)}


def test_rows_that_were_never_sent_are_good_but_not_sent(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:2]]])
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["not-sent"] * 2
    assert {(line.code, line.message) for line in lines} == {
        ("not-sent", message(IssueCode.NOT_SENT))
    }
    assert reasons == {}


def test_promise_3_rows_in_doubt_are_unknown_and_never_called_failed(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE]])
    with journal_of(planned) as journal:
        lose(journal, 0, 2)
        journal.submitting(batch(2, 2), attempt=1, at=AT)  # the process ended here
        settle(journal, 4, Verdict.CREATED)
        lose(journal, 5, 2)
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["unknown"] * 4 + ["created"] + ["unknown"] * 2 + ["not-sent"]
    assert {line.code for line in lines if line.verdict == "unknown"} == {"answer-lost"}
    assert [line.attempts for line in lines] == [1] * 7 + [0]
    assert reasons == {}


def test_rows_of_which_the_platform_has_not_told_yet_are_unknown_and_say_so(
    tmp_path: Path,
) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:6]]])
    with journal_of(planned) as journal:
        call = journal.submitting(batch(0, 2), attempt=1, at=AT)
        journal.taken(call, ticket="7", at=AT)
        lose(journal, 2, 2)
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["unknown"] * 4 + ["not-sent"] * 2
    assert [line.code for line in lines[:4]] == ["answer-pending"] * 2 + ["answer-lost"] * 2
    assert lines[0].message == message(IssueCode.ANSWER_PENDING)
    assert [line.attempts for line in lines] == [1] * 4 + [0] * 2
    assert reasons == {}


def test_rows_that_were_written_only_in_part_are_counted_beside_the_verdicts(
    tmp_path: Path,
) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:5]]])
    part = IssueCode.PARTLY_WRITTEN
    totals: Counter[str] = Counter()
    with journal_of(planned) as journal:
        settle(
            journal,
            0,
            Outcome(Verdict.UPDATED, part, "f_Name", "Too long"),
            Outcome(Verdict.ACCEPTED, IssueCode.CONTACT_SUPPRESSED, message="suppressed"),
            Outcome(Verdict.CREATED, IssueCode.CONTACT_UNDELETED, message="undeleted"),
            Outcome(Verdict.REJECTED, part, message="No"),
            Verdict.CREATED,
        )
        results = reconcile(planned.folder, journal, tables_of(1), planned=5)
        lines = lines_of(list(counted(results, totals)))
    balance(totals, planned.facts)
    assert totals[IN_PART_ROWS] == 2
    assert totals["created"] == 2
    assert (lines[0].verdict, lines[0].code, lines[0].field, lines[0].message) == (
        "updated", "partly-written", "f_Name", "Too long",
    )  # fmt: skip


def test_a_batch_in_doubt_that_was_cut_and_settled_in_part_is_unknown_in_part(
    tmp_path: Path,
) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:6]]])
    with journal_of(planned) as journal:
        lose(journal, 0, 6)
        settle(journal, 1, Verdict.UPDATED, Verdict.UPDATED)
        settle(journal, 4, Verdict.CREATED)
        lines, _ = reconciled(planned, journal)
    assert verdicts(lines) == [
        "unknown", "updated", "updated", "unknown", "created", "unknown",
    ]  # fmt: skip
    assert [line.attempts for line in lines] == [1, 2, 2, 1, 2, 1]


def test_calls_the_platform_did_not_take_leave_rows_unsent_and_do_not_count(
    tmp_path: Path,
) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:2]]])
    with journal_of(planned) as journal:
        call = journal.submitting(batch(0, 2), attempt=1, at=AT)
        journal.not_taken(call, at=AT, message="429")
        lines, _ = reconciled(planned, journal)
    assert verdicts(lines) == ["not-sent"] * 2
    assert [line.attempts for line in lines] == [0, 0]


def test_a_refused_call_whose_rows_are_settled_counts_each_call_that_carried_them(
    tmp_path: Path,
) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:2]]])
    with journal_of(planned) as journal:
        one = batch(0, 2)
        journal.refused(journal.submitting(one, attempt=1, at=AT), at=AT, message="no")
        last = journal.submitting(one, attempt=2, at=AT)
        journal.refused(last, at=AT, message="no")
        outcome = Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message="no")
        journal.settled(last, one, Settled((outcome, outcome)), at=AT)
        lines, reasons = reconciled(planned, journal)
    assert [(line.verdict, line.attempts) for line in lines] == [("rejected", 2)] * 2
    assert reasons == {0: ("no",), 1: ("no",)}


def test_an_invalid_row_has_its_first_error_and_every_sentence_to_be_fixed(tmp_path: Path) -> None:
    rows = [
        replace(
            invalid("marie@", IssueCode.DATE_INVALID),
            issues=(
                (IssueCode.TIME_DROPPED, Severity.WARNING),
                (IssueCode.EMAIL_INVALID, Severity.ERROR),
                (IssueCode.DATE_INVALID, Severity.ERROR),
            ),
        ),
        warned("ok@x.fr"),
    ]
    planned = plan_of(tmp_path, [[rows]])
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["invalid", "not-sent"]
    assert (lines[0].code, lines[0].key) == ("email-invalid", "marie@")
    assert lines[0].message == '"marie@" is no e-mail address: because'
    assert len(reasons[0]) == 2
    assert reasons[0][0] == lines[0].message
    assert list(reasons) == [0]


def test_reasons_name_their_column_and_field_and_what_was_only_changed(tmp_path: Path) -> None:
    listed = replace(
        invalid("b@x.fr"),
        issues=(
            (IssueCode.EMAIL_INVALID, Severity.ERROR),
            (IssueCode.SUPPRESSED, Severity.WARNING),
        ),
    )
    rows = [listed, Row("ok@x.fr")]
    planned = plan_of(tmp_path, [[rows]])
    refused = Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, "f_Name", "Too long")
    with journal_of(planned) as journal:
        settle(journal, 0, refused)
        results = reconcile(planned.folder, journal, tables_of(1), planned=1)
        reasons = {row: why for some in results for row, why in some.reasons.items()}
    assert [(one.column, one.field, one.told) for one in reasons[0]] == [
        (HEADERS[KEY], KEY, False),
        (HEADERS[KEY], KEY, True),
    ]
    assert reasons[1] == (Reason("Too long", "", "f_Name"),)


def test_a_blank_row_is_skipped_and_not_to_be_fixed(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[[skipped(), Row("a@x.fr")]]])
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["skipped", "not-sent"]
    assert lines[0].code == "blank-row"
    assert reasons == {}


def test_a_skipped_row_says_why_it_was_skipped_whatever_else_is_wrong_with_it(
    tmp_path: Path,
) -> None:
    both = Row(
        "a@",
        issues=(
            (IssueCode.EMAIL_INVALID, Severity.ERROR),
            (IssueCode.BLANK_ROW, Severity.SKIP),
        ),
    )
    planned = plan_of(tmp_path, [[[both]]])
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal)
    assert [(line.verdict, line.code) for line in lines] == [("skipped", "blank-row")]
    assert reasons == {}


def test_a_duplicate_names_the_row_that_was_chosen(tmp_path: Path) -> None:
    again = [Row("0@x.fr"), Row("1@x.fr")]
    planned = plan_of(tmp_path, [[PEOPLE[:2], [Row("0@X.fr")]], [again[1:]]], policy="last")
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal, tables_of(2, sheet="Contacts"))
    assert verdicts(lines) == ["duplicate", "duplicate", "not-sent", "not-sent"]
    assert lines[0].message == "The same key stands in row 4, which was chosen."
    assert lines[1].message == (
        "The same key stands in row 2 of file2.csv, sheet Contacts, which was chosen."
    )
    assert {line.code for line in lines[:2]} == {"duplicate-key"}
    assert reasons == {}


def test_refused_duplicates_are_to_be_fixed(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:1]], [PEOPLE[:2]]], policy="refuse")
    with journal_of(planned) as journal:
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["duplicate", "duplicate", "not-sent"]
    assert lines[0].code == "duplicate-refused"
    assert "row 2 of file2.csv, and the mapping refuses" in lines[0].message
    assert reasons == {0: (lines[0].message,), 1: (lines[1].message,)}


def test_a_run_without_rows_has_no_results_and_balances(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[]])
    with journal_of(planned) as journal:
        assert reconciled(planned, journal) == ([], {})


# --- the books ------------------------------------------------------------------------------------

BOOKS = PlanFacts(
    read=20, planned=12, invalid=3, skipped=2, duplicate=3,
    refused_duplicates=0, blank=2, wire_bytes=0,
)  # fmt: skip
BALANCED = Counter[str](
    {
        Verdict.CREATED: 2, Verdict.UPDATED: 2, Verdict.ACCEPTED: 1, Verdict.REJECTED: 2,
        Verdict.UNKNOWN: 2, Verdict.NOT_SENT: 2, Verdict.SKIPPED: 3, Verdict.INVALID: 3,
        Verdict.DUPLICATE: 3,
    }
)  # fmt: skip


def test_rows_the_platform_passed_over_balance_as_skipped() -> None:
    balance(BALANCED, BOOKS)


@pytest.mark.parametrize("change", [1, -1])
@pytest.mark.parametrize("verdict", Verdict)
def test_promise_1_a_single_row_too_many_or_too_few_is_a_defect(
    verdict: Verdict, change: int
) -> None:
    totals = BALANCED.copy()
    totals[verdict] += change
    with pytest.raises(DefectError, match=f"rows read: {20 + change}, not 20"):
        balance(totals, BOOKS)


@pytest.mark.parametrize(
    ("lost", "gained"),
    [
        (Verdict.INVALID, Verdict.CREATED),
        (Verdict.DUPLICATE, Verdict.NOT_SENT),
        (Verdict.CREATED, Verdict.INVALID),
        (Verdict.UNKNOWN, Verdict.DUPLICATE),
        (Verdict.INVALID, Verdict.DUPLICATE),
        (Verdict.SKIPPED, Verdict.INVALID),
    ],
)
def test_promise_1_a_row_under_a_wrong_verdict_is_a_defect(lost: Verdict, gained: Verdict) -> None:
    totals = BALANCED.copy()
    totals[lost] -= 1
    totals[gained] += 1
    with pytest.raises(DefectError, match="do not balance: "):
        balance(totals, BOOKS)


def test_promise_1_a_row_that_we_left_out_may_not_end_as_sent() -> None:
    totals = BALANCED.copy()
    totals[Verdict.SKIPPED] -= 2
    totals[Verdict.CREATED] += 2
    with pytest.raises(DefectError, match="rows left out: 1, not 2 or more"):
        balance(totals, BOOKS)


@pytest.mark.parametrize("member", ["read", "planned", "invalid", "skipped", "duplicate"])
@pytest.mark.parametrize("change", [1, -1])
def test_promise_1_books_that_are_off_by_one_are_a_defect(member: str, change: int) -> None:
    books = replace(BOOKS, **{member: getattr(BOOKS, member) + change})
    with pytest.raises(DefectError):
        balance(BALANCED, books)


def test_promise_1_an_unheard_of_verdict_is_a_defect() -> None:
    totals = BALANCED.copy()
    totals[Verdict.CREATED] -= 1
    totals["vanished"] += 1
    with pytest.raises(DefectError, match="contacts of the plan: 11, not 12"):
        balance(totals, BOOKS)


@pytest.mark.parametrize("row", [invalid("a@"), skipped()], ids=["invalid", "skipped"])
def test_promise_1_a_row_that_nobody_can_explain_is_a_defect(tmp_path: Path, row: Row) -> None:
    planned = plan_of(tmp_path, [[[row]]])
    issues = pq.read_table(planned.folder.issues)
    pq.write_table(issues.slice(0, 0), planned.folder.issues)
    with journal_of(planned) as journal, pytest.raises(DefectError, match="no issue says why"):
        reconciled(planned, journal)


def test_an_issue_of_a_row_that_is_good_does_not_become_its_verdict(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:1]]])
    table = pa.table(
        [[0], ["error"], ["date-invalid"], [""], [""], [""], [""]],
        schema=pq.read_schema(planned.folder.issues),
    )
    pq.write_table(table, planned.folder.issues)
    with journal_of(planned) as journal:
        lines, _ = reconciled(planned, journal)
    assert verdicts(lines) == ["not-sent"]


# --- two steps, and looking up afterwards --------------------------------------------------------

GONE = Outcome(Verdict.SKIPPED, IssueCode.PLATFORM_SKIPPED, message="no such contact")
BAD_UPDATE = Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message="City is too long")
THERE = Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message="it exists", record_id="7")


def test_the_second_step_has_the_last_word_on_contacts_that_go_on(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:6]]])
    with journal_of(planned) as journal:
        begin_two_steps(journal)
        first = settle(journal, 0, Verdict.UPDATED, GONE, Verdict.UNKNOWN, GONE)
        second = settle(journal.at_step(1), 0, Outcome(Verdict.CREATED, record_id="9"), THERE)
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["updated", "created", "unknown", "rejected", "not-sent", "not-sent"]
    assert [line.attempts for line in lines] == [1, 2, 1, 2, 0, 0]
    ids = [first.id, second.id, first.id, second.id, "", ""]
    assert [line.batch for line in lines] == ids
    assert [line.record_id for line in lines] == ["", "9", "", "7", "", ""]
    assert reasons == {3: ("it exists",)}


def test_what_went_on_is_not_sent_until_the_second_step_sent_it(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:4]]])
    with journal_of(planned) as journal:
        begin_two_steps(journal)
        settle(journal, 0, GONE, BAD_UPDATE, GONE, Verdict.UPDATED)
        lose(journal.at_step(1), 1, 1)
        lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["not-sent", "unknown", "not-sent", "updated"]
    assert [line.attempts for line in lines] == [1, 2, 1, 1]
    assert [bool(line.batch) for line in lines] == [False, False, False, True]
    assert reasons == {}


def test_of_a_contact_that_both_steps_refuse_both_sentences_are_told(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:2]]])
    with journal_of(planned) as journal:
        begin_two_steps(journal)
        settle(journal, 0, BAD_UPDATE, BAD_UPDATE)
        settle(journal.at_step(1), 0, THERE, replace(BAD_UPDATE, record_id="3"))
        lines, reasons = reconciled(planned, journal)
    both = "it exists (told to the update before: City is too long)"
    assert [line.message for line in lines] == [both, "City is too long"]
    assert [line.record_id for line in lines] == ["7", "3"]
    assert reasons == {0: (both,), 1: ("City is too long",)}


def test_in_one_step_a_refusal_is_the_last_word(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:2]]])
    with journal_of(planned) as journal:
        settle(journal, 0, GONE, BAD_UPDATE)
        lines, _ = reconciled(planned, journal)
    assert verdicts(lines) == ["skipped", "rejected"]


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_what_was_looked_up_settles_what_was_unknown(tmp_path: Path, at_once: int) -> None:
    planned = plan_of(tmp_path, [[PEOPLE[:5]]])
    found = Outcome(Verdict.ACCEPTED, message="found as it was sent", record_id="5")
    missing = Outcome(Verdict.REJECTED, message="not in the account")
    with journal_of(planned) as journal:
        sent = settle(journal, 0, *[Outcome(Verdict.UNKNOWN, record_id="1")] * 3, Verdict.CREATED)
        journal.note_lookups(
            [
                Lookup(0, AT, True, (), found),
                Lookup(2, AT, False, (), missing),
                Lookup(3, AT, True),
            ]
        )
        with read_back(at_once):
            lines, reasons = reconciled(planned, journal)
    assert verdicts(lines) == ["accepted", "unknown", "rejected", "created", "not-sent"]
    assert [line.record_id for line in lines] == ["5", "1", "1", "", ""]
    assert [line.batch for line in lines] == [sent.id] * 4 + [""]
    assert reasons == {2: ("not in the account",)}


# --- any course of a run -------------------------------------------------------------------------

SAID = [Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED, Verdict.SKIPPED, Verdict.REJECTED,
        Verdict.UNKNOWN]  # fmt: skip
rows = st.lists(
    st.sampled_from(["good", "good", "good", "invalid", "skipped", "again", "warned"]), max_size=24
)
stretches = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from(["settled", "lost", "open", "not taken", "untouched", "lost, then settled",
                         "lost, then settled in part"]),
        st.lists(st.sampled_from(SAID), min_size=5, max_size=5),
    ),
    max_size=12,
)  # fmt: skip


def made(kinds: Sequence[str]) -> list[Row]:
    found = []
    for number, kind in enumerate(kinds):
        match kind:
            case "invalid":
                found.append(invalid(f"{number}@", IssueCode.PHONE_INVALID))
            case "skipped":
                found.append(skipped())
            case "again":
                found.append(Row("again@x.fr", news="yes" if number % 2 else "no"))
            case "warned":
                found.append(warned(f"{number}@x.fr"))
            case _:
                found.append(Row(f"{number}@x.fr"))
    return found


def course(
    journal: Journal, planned: int, steps: Sequence[tuple[int, str, list[Verdict]]]
) -> dict[int, str]:
    """Let a run take its course; give the verdict each plan position must end in."""
    expected = dict.fromkeys(range(planned), "not-sent")
    first = 0
    for length, step, said in steps:
        count = min(length, planned - first)
        if count < 1:
            break
        if step.startswith("lost"):
            lose(journal, first, count)
            expected |= dict.fromkeys(range(first, first + count), "unknown")
        elif step == "open":
            journal.submitting(batch(first, count), attempt=1, at=AT)
            expected |= dict.fromkeys(range(first, first + count), "unknown")
        elif step == "not taken":
            call = journal.submitting(batch(first, count), attempt=1, at=AT)
            journal.not_taken(call, at=AT, message="503")
        if step.endswith("settled"):
            settle(journal, first, *said[:count])
            expected |= {first + i: verdict.value for i, verdict in enumerate(said[:count])}
        elif step.endswith("in part"):
            settle(journal, first + count // 2, said[0])
            expected[first + count // 2] = said[0].value
        first += count
    return expected


@given(kinds=rows, steps=stretches, policy=st.sampled_from(["last", "first", "refuse"]),
       pieces=st.integers(1, 6), at_once=st.integers(1, 7))  # fmt: skip
@settings(deadline=None, max_examples=120)
def test_promise_1_every_row_ends_in_exactly_one_verdict_and_the_totals_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    kinds: list[str],
    steps: Any,
    policy: str,
    pieces: int,
    at_once: int,
) -> None:
    given_rows = made(kinds)
    chunks = [given_rows[at : at + pieces] for at in range(0, len(given_rows), pieces)]
    with read_back(at_once):
        planned = plan_of(tmp_path_factory.mktemp("runs"), [chunks, []], policy=policy)
        with journal_of(planned) as journal:
            expected = course(journal, planned.facts.planned, steps)
            lines, reasons = reconciled(planned, journal)
    assert [line.number for line in lines] == list(range(2, len(given_rows) + 2))
    words = {
        int(RowCheck.INVALID): "invalid",
        int(RowCheck.SKIPPED): "skipped",
        int(RowCheck.DUPLICATE): "duplicate",
    }
    places = planned.rows("verdict", "position")
    assert verdicts(lines) == [
        expected[position] if check == RowCheck.GOOD else words[check] for check, position in places
    ]
    to_fix = {"invalid", "rejected", *(["duplicate"] if policy == "refuse" else [])}
    assert set(reasons) == {i for i, line in enumerate(lines) if line.verdict in to_fix}
    assert all(bool(line.batch) is (line.code not in OURS) for line in lines if line.attempts)


OURS = {"answer-lost", "not-sent"}


@given(updates=stretches, inserts=stretches, at_once=st.integers(1, 7), length=st.integers(0, 24))
@settings(deadline=None, max_examples=60)
def test_promise_1_the_books_balance_whatever_became_of_both_steps(
    tmp_path_factory: pytest.TempPathFactory, updates: Any, inserts: Any, at_once: int, length: int
) -> None:
    rows_ = [Row(f"{number}@x.fr") for number in range(length)]
    with read_back(at_once):
        planned = plan_of(tmp_path_factory.mktemp("runs"), [[rows_]])
        with journal_of(planned) as journal:
            begin_two_steps(journal)
            expected = course(journal, length, updates)
            going = going_on(journal, length).tolist()
            second = course(journal.at_step(1), len(going), inserts)
            lines, _ = reconciled(planned, journal)
    passed = {position for position, verdict in expected.items() if verdict in GOING_ON}
    expected |= dict.fromkeys(passed, "not-sent")
    expected |= {going[place]: verdict for place, verdict in second.items()}
    assert verdicts(lines) == [expected[position] for position in range(length)]


GOING_ON = {"skipped", "rejected"}
