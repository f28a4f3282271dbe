from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.consents import SettledConsent, Stance, settle_consent
from importer.field_rules import Origin

DAYS = (None, "2026-01-01", "2026-01-02", "2026-01-03")
stances = st.lists(
    st.builds(Stance, st.sampled_from(["yes", "no", None]), st.sampled_from(DAYS)),
    min_size=1,
    max_size=6,
)


def settled(*rows: Stance, chosen: int = -1) -> SettledConsent:
    return settle_consent(rows, rows[chosen])


YES, NO, BLANK = Stance("yes"), Stance("no"), Stance(None)


@pytest.mark.parametrize("chosen", [0, 1])
@pytest.mark.parametrize("rows", list(permutations([YES, NO])))
def test_promise_5_when_rows_disagree_no_wins_whichever_row_is_chosen(
    rows: tuple[Stance, ...], chosen: int
) -> None:
    found = settled(*rows, chosen=chosen)
    assert found.stance.answer == "no"
    assert found.conflict
    assert found.changed is (rows[chosen] is YES)


def test_promise_5_a_blank_chosen_row_still_sends_the_no_of_another() -> None:
    assert settled(NO, BLANK) == SettledConsent(NO, changed=True, conflict=False)


def test_a_yes_of_another_row_is_not_lent_to_a_blank_one() -> None:
    assert settled(YES, BLANK) == SettledConsent(BLANK, changed=False, conflict=False)


def test_rows_that_agree_change_nothing() -> None:
    for stance in (YES, NO, BLANK):
        assert settled(stance, stance) == SettledConsent(stance, changed=False, conflict=False)


@pytest.mark.parametrize("chosen", [0, 1])
def test_the_later_date_wins_whichever_row_is_chosen(chosen: int) -> None:
    early_no, late_yes = Stance("no", "2026-01-01"), Stance("yes", "2026-01-02")
    found = settled(early_no, late_yes, chosen=chosen)
    assert found == SettledConsent(late_yes, changed=chosen == 0, conflict=True)
    early_yes, late_no = Stance("yes", "2026-01-01"), Stance("no", "2026-01-02")
    found = settled(early_yes, late_no, chosen=chosen)
    assert found == SettledConsent(late_no, changed=chosen == 0, conflict=True)


@pytest.mark.parametrize("chosen", [0, 1])
def test_promise_5_a_tie_of_dates_is_a_no(chosen: int) -> None:
    rows = (Stance("yes", "2026-01-01"), Stance("no", "2026-01-01"))
    assert settled(*rows, chosen=chosen).stance == rows[1]


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_promise_5_an_undated_no_beats_a_dated_yes(chosen: int) -> None:
    rows = (Stance("no", "2026-01-01"), Stance("yes", "2026-01-03"), Stance("no"))
    assert settled(*rows, chosen=chosen).stance.answer == "no"


def test_promise_5_an_undated_yes_never_beats_a_no() -> None:
    assert settled(Stance("no", "2026-01-01"), Stance("yes")).stance.answer == "no"


def test_a_no_taken_over_brings_its_own_date_and_not_the_date_of_the_yes() -> None:
    dated, undated = Stance("no", "2026-01-01"), Stance("no")
    yes = Stance("yes", "2026-01-01")
    assert settled(dated, yes).stance.date == "2026-01-01"
    assert settled(undated, Stance("yes", "2026-01-03")).stance.date is None


@given(rows=stances, chosen=st.integers(0, 5))
def test_promise_5_holds_for_any_rows(rows: list[Stance], chosen: int) -> None:
    mine = rows[chosen % len(rows)]
    found = settle_consent(rows, mine)
    noes = [row for row in rows if row.answer == "no"]
    yeses = [row for row in rows if row.answer == "yes"]
    assert found.conflict is bool(noes and yeses)
    assert found.changed is (found.stance != mine)
    assert found.stance in rows
    if noes and found.stance.answer != "no":
        assert found.stance.answer == "yes"
        latest = found.stance.date
        assert latest is not None
        assert all(no.date is not None and no.date < latest for no in noes)
    if not noes:
        assert found.stance == mine
    elif all(no.date for no in noes) and any(
        yes.date and yes.date > max(no.date or "" for no in noes) for yes in yeses
    ):
        assert found.stance.answer == "yes"


@given(rows=stances, data=st.data())
def test_the_answer_does_not_depend_on_the_chosen_row_once_there_is_a_no(
    rows: list[Stance], data: st.DataObject
) -> None:
    rows = [*rows, NO]
    answers = {settle_consent(rows, row).stance.answer for row in rows}
    assert answers == {"no"}
    dated = [*rows[:-1], Stance("no", "2026-01-02")]
    assert len({settle_consent(dated, row).stance.answer for row in dated}) == 1


# --- whose answers -------------------------------------------------------------------------------

MADE_YES, MADE_NO = Stance("yes", None, Origin.MAPPING), Stance("no", None, Origin.MAPPING)
WITHHELD = Stance(None, None, Origin.WITHHELD)


def test_a_no_that_the_mapping_gave_overrules_no_persons_yes() -> None:
    assert settled(MADE_NO, YES) == SettledConsent(YES, changed=False, conflict=False)


@pytest.mark.parametrize("yes", [YES, WITHHELD])
def test_a_persons_yes_leaves_a_row_alone_that_the_mapping_answers_with_no(yes: Stance) -> None:
    assert settled(yes, MADE_NO) == SettledConsent(BLANK, changed=True, conflict=True)


def test_promise_5_a_later_yes_that_the_mapping_gave_overrules_no_persons_no() -> None:
    late = Stance("yes", "2026-01-03", Origin.MAPPING)
    no = Stance("no", "2026-01-01")
    assert settled(no, late) == SettledConsent(no, changed=True, conflict=False)
    assert settled(late, no) == SettledConsent(no, changed=False, conflict=False)


@pytest.mark.parametrize("made", [MADE_YES, MADE_NO])
def test_an_answer_that_the_mapping_gave_stands_beside_blanks_and_persons_who_agree(
    made: Stance,
) -> None:
    for other in (BLANK, made, Stance(made.answer)):
        assert settled(other, made) == SettledConsent(made, changed=False, conflict=False)


def test_among_answers_that_the_mapping_gave_no_wins() -> None:
    assert settled(MADE_NO, MADE_YES) == SettledConsent(MADE_NO, changed=True, conflict=True)


def test_persons_who_disagree_are_settled_without_the_mappings_answer() -> None:
    no, yes = Stance("no", "2026-01-01"), Stance("yes", "2026-01-02")
    for made in (MADE_YES, MADE_NO):
        assert settled(no, yes, made) == SettledConsent(yes, changed=True, conflict=True)


# --- suppression lists ---------------------------------------------------------------------------


def listed(*rows: Stance) -> SettledConsent:
    return settle_consent(rows, rows[-1], listed=True)


@pytest.mark.parametrize("yes", [YES, MADE_YES, Stance("yes", "2026-01-01")])
def test_promise_5_a_listed_key_gets_no_yes(yes: Stance) -> None:
    assert listed(BLANK, yes) == SettledConsent(WITHHELD, True, conflict=False, withheld=True)


def test_promise_5_of_a_listed_key_every_no_goes_also_where_a_later_yes_counts() -> None:
    no, yes = Stance("no", "2026-01-01"), Stance("yes", "2026-01-02")
    assert listed(yes, no) == SettledConsent(no, False, conflict=True, withheld=True)
    assert listed(no, yes) == SettledConsent(no, True, conflict=True, withheld=True)
    assert listed(yes, NO) == SettledConsent(NO, False, conflict=True, withheld=False)


def test_a_no_that_the_mapping_gave_does_not_go_in_the_place_of_a_withheld_yes() -> None:
    assert listed(MADE_NO, YES).stance == WITHHELD


origins = st.sampled_from([Origin.ROW, Origin.MAPPING])


@given(
    rows=st.lists(
        st.builds(Stance, st.sampled_from(["yes", "no", None]), st.sampled_from(DAYS), origins)
        | st.just(WITHHELD),
        min_size=1,
        max_size=6,
    ),
    chosen=st.integers(0, 5),
    is_listed=st.booleans(),
)
def test_promise_5_holds_whoever_answered_and_whoever_is_listed(
    rows: list[Stance], chosen: int, is_listed: bool
) -> None:
    mine = rows[chosen % len(rows)]
    found = settle_consent(rows, mine, listed=is_listed)
    persons = [row for row in rows if row.origin is Origin.ROW and row.answer]
    noes = [row.date for row in persons if row.answer == "no"]
    if found.stance.answer == "yes":
        assert not is_listed
        assert all(date and date < (found.stance.date or "") for date in noes)
    elif found.stance.answer == "no":
        said = {row.said for row in rows if row.origin is not Origin.MAPPING} - {None}
        assert found.stance.origin is Origin.ROW or said <= {"no"}
    assert found.changed is (found.stance != mine)
    if is_listed and noes:
        assert found.stance.answer == "no"
