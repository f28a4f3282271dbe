"""What went wrong, counted: only the first says that rows are counted."""

from __future__ import annotations

import pytest

from importer.language import english, speaking
from importer.reports.summary import CallTotals, VerifiedTotals
from importer.reports.words.headline import headline
from importer.reports.words.steps import next_steps
from importer.reports.words.went_wrong import Wrong, in_words, went_wrong
from tests.reports.made_up import rows, settings, summary
from tests.reports.test_page import STATES

WORDS = {
    Wrong.LOST: "not in the account when read back",
    Wrong.NOT_SENT: "not sent",
    Wrong.UNKNOWN: "sent but answer unknown",
    Wrong.INVALID: "refused by our checks",
    Wrong.REJECTED: "refused by the platform",
    Wrong.DUPLICATE: "refused as duplicates",
    Wrong.IN_PART: "written only in part",
    Wrong.DIFFERENT: "stored with other values",
}


@pytest.mark.parametrize("kind", Wrong)
def test_each_kind_is_said_in_the_same_words_wherever_it_stands(kind: Wrong) -> None:
    assert in_words([(kind, 3)]) == f"3 rows {WORDS[kind]}"
    assert in_words([(Wrong.INVALID, 2), (kind, 1_200)]) == (
        f"2 rows refused by our checks, 1,200 {WORDS[kind]}"
    )


def test_one_row_is_said_to_be_one() -> None:
    assert in_words([(Wrong.DUPLICATE, 1)]) == "1 row refused as a duplicate"
    assert in_words([(Wrong.LOST, 1), (Wrong.DUPLICATE, 1)]) == (
        "1 row not in the account when read back, 1 refused as a duplicate"
    )


def test_nothing_wrong_says_nothing() -> None:
    assert in_words([]) == ""
    assert went_wrong(summary()) == []


def test_contacts_that_were_read_back_and_are_not_there_come_first() -> None:
    run = summary(
        rows=rows(created=5, invalid=1, rejected=2),
        verified=VerifiedTotals(looked_up=9, same=2, different=3, missing=4),
        problems={"not-in-account": 1},
    )
    assert went_wrong(run) == [
        (Wrong.LOST, 3),
        (Wrong.INVALID, 1),
        (Wrong.REJECTED, 2),
        (Wrong.DIFFERENT, 3),
    ]


@pytest.mark.parametrize("members", [case[1] for case in STATES], ids=[case[0] for case in STATES])
def test_headline_and_steps_in_another_language_keep_their_english(
    members: dict[str, object],
) -> None:
    run = summary(**members)
    plain, steps = headline(run), next_steps(run, settings())
    with speaking("fr"):
        other, others = headline(run), next_steps(run, settings())
    assert english(other.text) == plain.text
    assert english(other.label) == plain.label
    assert [english(text) for text in other.lead] == list(plain.lead)
    assert [english(step.text) for step in others] == [step.text for step in steps]
    assert [step.command for step in others] == [step.command for step in steps]


def test_calls_in_doubt_are_settled_before_a_run_goes_on() -> None:
    calls = CallTotals(planned=2, planned_seconds=1, made=1, in_doubt=1)
    run = summary(
        state="stopped", exit_code=5, calls=calls, rows=rows(accepted=5, unknown=100, not_sent=9)
    )
    (step,) = next_steps(run, settings())
    assert step.text.endswith(
        "What is still in doubt (100 rows without an answer) is settled first."
    )
    assert headline(run).lead == ("5 of 114 rows taken by the platform so far.",)
    finished = summary(exit_code=3, rows=rows(accepted=5, rejected=1))
    assert headline(finished).lead == ("5 of 6 rows taken by the platform.",)


def test_rows_that_a_platform_took_are_told_beside_duplicates() -> None:
    assert headline(summary(rows=rows(accepted=5, duplicate=1))).text == (
        "Finished: 5 rows taken by the platform, none refused"
    )


def test_rows_that_were_written_in_part_are_told_with_the_place_to_look() -> None:
    run = summary(exit_code=3, rows=rows(created=5, updated=4), rows_in_part=2)
    assert went_wrong(run) == [(Wrong.IN_PART, 2)]
    said = headline(run)
    assert (said.label, said.text) == (
        "Not all imported",
        "Finished: 2 rows written only in part",
    )
    (step,) = next_steps(run, settings())
    assert step.text == (
        "Read what is missing of the 2 rows that were written only in part: code and message of "
        "their lines in results.csv say it."
    )


def test_calls_that_were_taken_are_settled_before_a_run_goes_on() -> None:
    calls = CallTotals(planned=2, planned_seconds=1, made=1, taken=1)
    run = summary(state="stopped", exit_code=5, calls=calls, rows=rows(unknown=100, not_sent=9))
    (step,) = next_steps(run, settings())
    assert "(100 rows without an answer) is settled first" in step.text
