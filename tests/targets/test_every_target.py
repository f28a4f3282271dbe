"""The suite that every target must pass."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.batching import batch_of
from importer.errors import (
    DefectError,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
    UnusableInputError,
)
from importer.model import ApiResponse, Difference, Limits, Settled, Verdict, WriteMode
from importer.targets import AnswersLater, Verifies
from tests.targets.examples import ABSENT, CREDENTIALS, EXAMPLES, INSERT, SECRET, UPSERT, AnyExample

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
ANY_STATUS = st.sampled_from((100, 200, 302, 400, 429, 500, 502, 503))
VERIFYING = [one for one in EXAMPLES if isinstance(one.target(), Verifies)]
LATER = [one for one in EXAMPLES if isinstance(one.target(), AnswersLater)]
ADDING = [one for one in EXAMPLES if one.target().fields.abilities.adds_only]


def _name(one: AnyExample) -> str:
    return f"{one.name}-{one.key.code}"


every = pytest.mark.parametrize("one", EXAMPLES, ids=_name)
every_verifying = pytest.mark.parametrize("one", VERIFYING, ids=_name)
every_later = pytest.mark.parametrize("one", LATER, ids=_name)
every_adding = pytest.mark.parametrize("one", ADDING, ids=_name)
every_skipping = pytest.mark.parametrize("one", [o for o in EXAMPLES if o.skips], ids=_name)
every_asking = pytest.mark.parametrize(
    "one", [one for one in EXAMPLES if one.asks_how_to_clear], ids=_name
)


def settled(
    one: AnyExample, *said: tuple[str, str], mode: WriteMode = UPSERT, repeated: bool = False
) -> Settled:
    batch = batch_of(0, one.keys, [b"{}"] * 3, repeated=repeated)
    return one.settle(one.target(mode=mode), batch, *said)


def verdicts(answer: Settled) -> list[str]:
    return [outcome.verdict.value for outcome in answer.outcomes]


def test_every_target_has_an_example() -> None:
    assert {one.name for one in EXAMPLES} == set(targets.names())


@every
def test_target_is_what_the_registry_says_of_its_name(one: AnyExample) -> None:
    target = one.target()
    assert target.name == one.name
    assert target.limits == targets.careful_limits(one.name)
    assert isinstance(target.limits, Limits)
    assert target.fields is targets.grammar(one.name)
    assert targets.connected_by(one.name) in targets.connections()


@every
def test_careful_limits_are_within_the_vendor_s_and_higher_ones_are_lowered(
    one: AnyExample,
) -> None:
    careful = targets.careful_limits(one.name)
    assert targets.within_ceilings(one.name, careful) == careful
    most = Limits(rows_per_call=10**9, bytes_per_call=10**12, in_flight=10**6)
    assert targets.within_ceilings(one.name, most).rows_per_call >= careful.rows_per_call
    assert targets.within_ceilings(one.name, most).in_flight >= careful.in_flight


@every
def test_grammar_knows_the_example_s_codes_and_their_roles(one: AnyExample) -> None:
    grammar = targets.grammar(one.name)
    assert grammar.abilities.needs_table == bool(one.table_id)
    for field in (one.key, one.field):
        fact = grammar.fact(field.code)
        assert (fact.code, fact.role) == (field.code, field.role)
    assert targets.needs_places(one.name, [one.key.code, one.field.code]) == ()
    with pytest.raises(ValueError, match='""'):
        grammar.fact("")


@given(st.sampled_from(EXAMPLES), ANY_TEXT)
def test_any_text_is_a_code_or_a_sentence_for_the_operator(one: AnyExample, text: str) -> None:
    grammar = targets.grammar(one.name)
    for beginning in ("", "key_", "f_", *grammar.beginnings):
        code = beginning + text
        try:
            told = grammar.fact(code).code
        except ValueError as error:
            told = str(error)
        assert told == code or told.endswith(".")


@every
def test_promise_4_a_missing_value_is_left_out_and_an_empty_one_is_written(
    one: AnyExample,
) -> None:
    contacts = one.target().encode(one.slice("x", None, ""))
    values = [one.written(contact).get(one.field.code, ABSENT) for contact in contacts]
    assert values == ["x", ABSENT, one.empty]


@given(st.sampled_from(EXAMPLES), ANY_TEXT)
def test_any_text_arrives_as_it_was(one: AnyExample, text: str) -> None:
    (contact,) = one.target().encode(one.slice(text))
    expected = text or one.empty
    assert one.written(contact).get(one.field.code, ABSENT) == expected


@every
def test_contact_without_its_key_is_a_defect(one: AnyExample) -> None:
    columns = one.slice("x").table.to_pydict() | {one.key.code: [None]}
    empty = replace(one.slice("x"), table=one.slice("x").table.from_pydict(columns))
    with pytest.raises(DefectError):
        one.target().encode(empty)


@every
def test_call_grows_by_each_contact_and_one_byte_between_two(one: AnyExample) -> None:
    target = one.target()
    contacts = target.encode(one.slice("x", "yy", "zzz"))
    sizes = [
        len(target.submission(batch_of(0, one.keys[:n], contacts[:n]), CREDENTIALS).body)
        for n in range(one.most + 1)
    ]
    grown = [b - a for a, b in itertools.pairwise(sizes)]
    assert grown == [len(c) + (n > 0) for n, c in enumerate(contacts[: one.most])]


@every
def test_promise_7_a_request_never_shows_its_body_nor_its_headers(one: AnyExample) -> None:
    batch = batch_of(0, one.keys[: one.most], [b'{"x":"inside"}'] * one.most)
    assert repr(one.keys[0]) not in repr(batch)
    request = one.target().submission(batch, CREDENTIALS)
    assert one.carries_secret(request)
    assert SECRET not in repr(request)
    assert "authorization" not in repr(request)
    assert "inside" in request.body.decode()
    assert "inside" not in repr(request)
    assert request.url.startswith("https://app.example.test/")


@every
def test_answers_are_joined_by_key_whatever_their_order(one: AnyExample) -> None:
    a, b, c = one.keys
    answer = settled(one, (c, "created"), (a, "updated"), (b, "rejected"))
    assert verdicts(answer) == [one.heard(word) for word in ("updated", "rejected", "created")]
    assert (answer.joined, answer.strangers) == (3, 0)


@every
def test_missing_answer_is_unknown_and_a_stranger_is_counted(one: AnyExample) -> None:
    a, _, c = one.keys
    answer = settled(one, (a, "updated"), (c, "updated"), ("7", "updated"))
    assert verdicts(answer) == [one.heard("updated"), "unknown", one.heard("updated")]
    assert (answer.joined, answer.strangers) == (2, 1)


@every_skipping
def test_skipped_counts_only_where_the_mapping_asks_for_it(one: AnyExample) -> None:
    said = [(key, "skipped") for key in one.keys]
    assert verdicts(settled(one, *said)) == ["rejected"] * 3
    asked = replace(UPSERT, skip_unmatched=True)
    assert verdicts(settled(one, *said, mode=asked)) == ["skipped"] * 3


@every_adding
def test_repeated_insert_is_unknown_unless_it_was_created(one: AnyExample) -> None:
    said = list(zip(one.keys, ("created", "updated", "rejected"), strict=True))
    assert verdicts(settled(one, *said, mode=INSERT, repeated=True)) == [
        "created",
        "unknown",
        "unknown",
    ]
    assert verdicts(settled(one, *said, repeated=True)) == ["created", "updated", "rejected"]


@every
def test_what_a_repeated_call_says_was_written_is_believed(one: AnyExample) -> None:
    said = list(zip(one.keys, ("created", "updated", "updated"), strict=True))
    expected = [one.heard(word) for _, word in said]
    assert verdicts(settled(one, *said, repeated=True)) == expected


@every
def test_refusal_of_one_contact_alone_is_its_rejection_but_not_after_a_call_in_doubt(
    one: AnyExample,
) -> None:
    refusal = RefusedError("NoColumn: it is unknown", scope=Refusal.CALL, code="NoColumn")
    target = one.target()
    batch = batch_of(0, one.keys[:1], [b"{}"])
    (outcome,) = target.refused_alone(batch, refusal).outcomes
    assert (outcome.verdict, outcome.message) == (Verdict.REJECTED, "NoColumn: it is unknown")
    for doubtful in (replace(batch, repeated=True), replace(batch, doubtful=frozenset({0}))):
        (outcome,) = target.refused_alone(doubtful, refusal).outcomes
        assert outcome.verdict is Verdict.UNKNOWN


@every
@pytest.mark.parametrize(
    ("status", "scope"),
    [
        (400, Refusal.CALL),
        (404, Refusal.CALL),
        (401, Refusal.ACCOUNT),
        (403, Refusal.ACCOUNT),
        (413, Refusal.SIZE),
    ],
)
def test_refusal_of_a_call_is_read_whatever_its_status(
    one: AnyExample, status: int, scope: Refusal
) -> None:
    batch = batch_of(0, one.keys[: one.most], [b"{}"] * one.most)
    with pytest.raises(RefusedError, match="not here") as caught:
        one.target().read_submission(batch, one.refusal(status))
    assert caught.value.scope is scope


@given(st.sampled_from(EXAMPLES), ANY_STATUS, st.binary())
def test_any_answer_is_settled_or_one_of_the_three_errors(
    one: AnyExample, status: int, body: bytes
) -> None:
    batch = batch_of(0, one.keys[: one.most], [b"{}"] * one.most)
    try:
        one.target().read_submission(batch, ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert status == 200


@every_asking
def test_promise_8_nothing_is_cleared_where_the_connection_does_not_say_how(
    one: AnyExample,
) -> None:
    with pytest.raises(UnusableInputError, match="null_handling"):
        one.target(clears=(one.field.code,))
    cleared = one.target(clears=(one.field.code,), null_handling="Erase")
    body = json.loads(cleared.submission(batch_of(0, (), ()), CREDENTIALS).body)
    assert body["MergeOptions"]["FieldOptions"] == {one.field.code: "Erase"}


# --- those that answer later ---------------------------------------------------------------------


def later(one: AnyExample) -> AnswersLater:
    target = one.target()
    assert isinstance(target, AnswersLater)
    return target


@every_later
def test_promise_7_a_status_check_asks_for_its_ticket_and_never_shows_the_secret(
    one: AnyExample,
) -> None:
    request = later(one).status_check("i/1 é", CREDENTIALS)
    assert one.carries_secret(request)
    assert SECRET not in repr(request)
    assert request.method == "GET"
    assert request.url.startswith("https://app.example.test/")
    assert request.url.endswith("/i%2F1%20%C3%A9")
    assert request.scope != one.target().submission(batch_of(0, (), ()), CREDENTIALS).scope


@every_later
def test_a_status_check_that_is_refused_has_not_ended_the_batch(one: AnyExample) -> None:
    batch = batch_of(0, one.keys, [b"{}"] * 3)
    for status, scope in ((404, Refusal.CALL), (401, Refusal.ACCOUNT), (403, Refusal.ACCOUNT)):
        with pytest.raises(RefusedError, match="not here") as caught:
            later(one).read_status(batch, one.refusal(status))
        assert (caught.value.scope, caught.value.ended) == (scope, False)


@given(st.sampled_from(LATER), ANY_STATUS, st.binary())
def test_any_answer_to_a_status_check_is_read_or_one_of_the_three_errors(
    one: AnyExample, status: int, body: bytes
) -> None:
    batch = batch_of(0, one.keys, [b"{}"] * 3)
    try:
        later(one).read_status(batch, ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert status == 200


# --- those on which a contact can be looked up ---------------------------------------------------


def verifying(one: AnyExample) -> Verifies:
    target = one.target()
    assert isinstance(target, Verifies)
    return target


def test_contacts_can_be_looked_up_and_what_stands_in_tables_cannot() -> None:
    assert {one.name for one in VERIFYING} == {*targets.names()} - {"dialog-insight-table"}


@every_verifying
def test_promise_7_a_look_up_never_shows_its_secrets_and_carries_the_key(one: AnyExample) -> None:
    request = verifying(one).lookup_request(one.keys[:1], CREDENTIALS)
    assert one.asks_for(request, one.keys[0])
    assert one.carries_secret(request)
    assert SECRET not in repr(request)
    assert one.keys[0] not in repr(request)
    assert request.url.startswith("https://app.example.test/")


@every_verifying
def test_a_contact_that_is_looked_up_is_found_by_its_key_or_is_not_there(one: AnyExample) -> None:
    target, code = verifying(one), one.field.code
    assert target.read_lookup(one.keys[:1], one.shown("x")) == {code: "x"}
    assert target.read_lookup([one.keys[0].upper()], one.shown("x")) == {code: "x"}
    assert target.read_lookup(one.keys[1:2], one.shown("x", "y", asked=1)) == {code: "y"}
    assert target.read_lookup(one.keys[:1], one.shown(None)) == {}
    assert target.read_lookup(one.keys[:1], one.shown()) is None


@every_verifying
def test_a_contact_of_which_others_are_shown_is_not_said_to_be_missing(one: AnyExample) -> None:
    with pytest.raises(RefusedError) as caught:
        verifying(one).read_lookup(one.keys[2:], one.other_shown())
    assert caught.value.scope is Refusal.CALL


@every_verifying
def test_only_what_was_sent_can_differ(one: AnyExample) -> None:
    target, code = verifying(one), one.field.code
    assert target.differences({code: "x"}, {code: "x"}) == ()
    assert target.differences({code: None}, {code: "x"}) == ()
    assert target.differences({}, {code: "x"}) == ()
    assert target.differences({code: ""}, {}) == ()
    assert target.differences({code: "x"}, {code: "y"}) == (Difference(code, "x", "y"),)
    assert target.differences({code: "x"}, {}) == (Difference(code, "x", ""),)


@every_verifying
def test_a_look_up_that_is_refused_concerns_the_account(one: AnyExample) -> None:
    for status in one.refused_look_ups:
        with pytest.raises(RefusedError, match="not here") as caught:
            verifying(one).read_lookup(one.keys[:1], one.refusal(status))
        assert caught.value.scope is Refusal.ACCOUNT


@given(st.sampled_from(VERIFYING), ANY_STATUS, st.binary())
def test_any_answer_to_a_look_up_is_read_or_one_of_the_three_errors(
    one: AnyExample, status: int, body: bytes
) -> None:
    try:
        verifying(one).read_lookup(one.keys[:1], ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert status == 200


@given(st.sampled_from(VERIFYING), ANY_TEXT)
def test_any_text_that_is_stored_as_it_was_sent_does_not_differ(one: AnyExample, text: str) -> None:
    target, code = verifying(one), one.field.code
    stored = target.read_lookup(one.keys[:1], one.shown(text))
    assert stored is not None
    assert target.differences({code: text}, stored) == ()
    assert one.asks_for(target.lookup_request([text], CREDENTIALS), text)
