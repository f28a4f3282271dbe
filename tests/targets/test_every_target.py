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
from importer.targets import Verifies
from tests.targets.examples import CREDENTIALS, EXAMPLES, INSERT, SECRET, UPSERT, Example

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
VERIFYING = [one for one in EXAMPLES if isinstance(one.target(), Verifies)]
every = pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: f"{one.name}-{one.key.code}")
every_verifying = pytest.mark.parametrize("one", VERIFYING, ids=lambda one: one.name)


def settled(
    one: Example, *said: tuple[str, str], mode: WriteMode = UPSERT, repeated: bool = False
) -> Settled:
    batch = batch_of(0, one.keys, [b"{}"] * 3, repeated=repeated)
    answer = one.target(mode=mode).read_submission(batch, one.answer(*said))
    assert isinstance(answer, Settled)
    return answer


def verdicts(answer: Settled) -> list[str]:
    return [outcome.verdict.value for outcome in answer.outcomes]


def test_every_target_has_an_example() -> None:
    assert {one.name for one in EXAMPLES} == set(targets.names())


@every
def test_target_is_what_the_registry_says_of_its_name(one: Example) -> None:
    target = one.target()
    assert target.name == one.name
    assert target.limits == targets.careful_limits(one.name)
    assert isinstance(target.limits, Limits)
    assert target.fields is targets.grammar(one.name)
    assert targets.connected_by(one.name) in targets.connections()


@every
def test_grammar_knows_the_example_s_codes_and_their_roles(one: Example) -> None:
    grammar = targets.grammar(one.name)
    assert grammar.needs_table == bool(one.table_id)
    for field in (one.key, one.field):
        fact = grammar.fact(field.code)
        assert (fact.code, fact.role) == (field.code, field.role)
    with pytest.raises(ValueError, match='""'):
        grammar.fact("")


@given(st.sampled_from(EXAMPLES), ANY_TEXT)
def test_any_text_is_a_code_or_a_sentence_for_the_operator(one: Example, text: str) -> None:
    for code in (text, "key_" + text, "f_" + text):
        try:
            told = targets.grammar(one.name).fact(code).code
        except ValueError as error:
            told = str(error)
        assert told == code or told.endswith(".")


@every
def test_promise_4_a_missing_value_is_left_out_and_an_empty_one_is_written(one: Example) -> None:
    contacts = [json.loads(contact) for contact in one.target().encode(one.slice("x", None, ""))]
    values = [contact["Data"].get(one.field.code) for contact in contacts]
    assert values == ["x", None, ""]
    assert [one.field.code in contact["Data"] for contact in contacts] == [True, False, True]


@given(st.sampled_from(EXAMPLES), ANY_TEXT)
def test_any_text_arrives_as_it_was(one: Example, text: str) -> None:
    (contact,) = one.target().encode(one.slice(text))
    assert json.loads(contact)["Data"][one.field.code] == text


@every
def test_contact_without_its_key_is_a_defect(one: Example) -> None:
    columns = one.slice("x").table.to_pydict() | {one.key.code: [None]}
    empty = replace(one.slice("x"), table=one.slice("x").table.from_pydict(columns))
    with pytest.raises(DefectError):
        one.target().encode(empty)


@every
def test_call_grows_by_each_contact_and_one_byte_between_two(one: Example) -> None:
    target = one.target()
    contacts = target.encode(one.slice("x", "yy", "zzz"))
    sizes = [
        len(target.submission(batch_of(0, one.keys[:n], contacts[:n]), CREDENTIALS).body)
        for n in range(4)
    ]
    grown = [b - a for a, b in itertools.pairwise(sizes)]
    assert grown == [len(c) + (n > 0) for n, c in enumerate(contacts)]


@every
def test_promise_7_a_request_never_shows_its_body(one: Example) -> None:
    request = one.target().submission(batch_of(0, one.keys, [b"{}"] * 3), CREDENTIALS)
    assert SECRET in request.body.decode()
    assert SECRET not in repr(request)
    assert request.url.startswith("https://app.example.test/")


@every
def test_answers_are_joined_by_key_whatever_their_order(one: Example) -> None:
    a, b, c = one.keys
    answer = settled(one, (c, "Created"), (a, "Updated"), (b, "Error"))
    assert verdicts(answer) == ["updated", "rejected", "created"]
    assert (answer.joined, answer.strangers) == (3, 0)


@every
def test_missing_answer_is_unknown_and_a_stranger_is_counted(one: Example) -> None:
    a, _, c = one.keys
    answer = settled(one, (a, "Updated"), (c, "Updated"), ("7", "Updated"))
    assert verdicts(answer) == ["updated", "unknown", "updated"]
    assert (answer.joined, answer.strangers) == (2, 1)


@every
def test_skipped_counts_only_where_the_mapping_asks_for_it(one: Example) -> None:
    said = [(key, "Skipped") for key in one.keys]
    assert verdicts(settled(one, *said)) == ["rejected"] * 3
    asked = replace(UPSERT, skip_unmatched=True)
    assert verdicts(settled(one, *said, mode=asked)) == ["skipped"] * 3


@every
def test_repeated_insert_is_unknown_unless_it_was_created(one: Example) -> None:
    said = list(zip(one.keys, ("Created", "Updated", "Error"), strict=True))
    assert verdicts(settled(one, *said, mode=INSERT, repeated=True)) == [
        "created",
        "unknown",
        "unknown",
    ]
    assert verdicts(settled(one, *said, repeated=True)) == ["created", "updated", "rejected"]


@every
def test_refusal_of_one_contact_alone_is_its_rejection_but_not_after_a_call_in_doubt(
    one: Example,
) -> None:
    refusal = RefusedError("NoColumn: it is unknown", scope=Refusal.CALL, code="NoColumn")
    target = one.target()
    batch = batch_of(0, one.keys[:1], [b"{}"])
    (outcome,) = target.refused_alone(batch, refusal).outcomes
    assert (outcome.verdict, outcome.message) == (Verdict.REJECTED, "NoColumn: it is unknown")
    (outcome,) = target.refused_alone(replace(batch, repeated=True), refusal).outcomes
    assert outcome.verdict is Verdict.UNKNOWN


@every
@pytest.mark.parametrize(
    ("status", "scope"),
    [
        (200, Refusal.CALL),
        (404, Refusal.CALL),
        (401, Refusal.ACCOUNT),
        (403, Refusal.ACCOUNT),
        (413, Refusal.SIZE),
    ],
)
def test_refusal_of_a_call_is_read_whatever_its_status(
    one: Example, status: int, scope: Refusal
) -> None:
    batch = batch_of(0, one.keys, [b"{}"] * 3)
    refused = one.answer(status=status, Success=False, ErrorCode="No", ErrorMessage="not here")
    with pytest.raises(RefusedError, match="No: not here") as caught:
        one.target().read_submission(batch, refused)
    assert caught.value.scope is scope


@given(st.sampled_from(EXAMPLES), st.sampled_from((100, 200, 302, 400, 429, 503)), st.binary())
def test_any_answer_is_settled_or_one_of_the_three_errors(
    one: Example, status: int, body: bytes
) -> None:
    batch = batch_of(0, one.keys, [b"{}"] * 3)
    try:
        one.target().read_submission(batch, ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert status == 200


@every
def test_promise_8_nothing_is_cleared_where_the_connection_does_not_say_how(one: Example) -> None:
    with pytest.raises(UnusableInputError, match="null_handling"):
        one.target(clears=(one.field.code,))
    cleared = one.target(clears=(one.field.code,), null_handling="Erase")
    body = json.loads(cleared.submission(batch_of(0, (), ()), CREDENTIALS).body)
    assert body["MergeOptions"]["FieldOptions"] == {one.field.code: "Erase"}


# --- those on which a contact can be looked up ---------------------------------------------------


def verifying(one: Example) -> Verifies:
    target = one.target()
    assert isinstance(target, Verifies)
    return target


def test_contacts_can_be_looked_up_and_what_stands_in_tables_cannot() -> None:
    assert {one.name for one in VERIFYING} == {"dialog-insight"}


@every_verifying
def test_promise_7_a_look_up_never_shows_its_body_and_carries_the_key(one: Example) -> None:
    request = verifying(one).lookup_request(one.keys[:1], CREDENTIALS)
    assert one.keys[0] in request.body.decode()
    assert SECRET in request.body.decode()
    assert SECRET not in repr(request)
    assert one.keys[0] not in repr(request)
    assert request.url.startswith("https://app.example.test/")


@every_verifying
def test_a_contact_that_is_looked_up_is_found_by_its_key_or_is_not_there(one: Example) -> None:
    target, code = verifying(one), one.field.code
    assert target.read_lookup(one.keys[:1], one.shown("x")) == {code: "x"}
    assert target.read_lookup([one.keys[0].upper()], one.shown("x")) == {code: "x"}
    assert target.read_lookup(one.keys[1:2], one.shown("x", "y")) == {code: "y"}
    assert target.read_lookup(one.keys[:1], one.shown(None)) == {}
    assert target.read_lookup(one.keys[:1], one.shown()) is None


@every_verifying
def test_a_contact_of_which_others_are_shown_is_not_said_to_be_missing(one: Example) -> None:
    with pytest.raises(RefusedError) as caught:
        verifying(one).read_lookup(one.keys[2:], one.shown("x", "y"))
    assert caught.value.scope is Refusal.CALL


@every_verifying
def test_only_what_was_sent_can_differ(one: Example) -> None:
    target, code = verifying(one), one.field.code
    assert target.differences({code: "x"}, {code: "x"}) == ()
    assert target.differences({code: None}, {code: "x"}) == ()
    assert target.differences({}, {code: "x"}) == ()
    assert target.differences({code: ""}, {}) == ()
    assert target.differences({code: "x"}, {code: "y"}) == (Difference(code, "x", "y"),)
    assert target.differences({code: "x"}, {}) == (Difference(code, "x", ""),)


@every_verifying
def test_a_look_up_that_is_refused_concerns_the_account(one: Example) -> None:
    for status in (200, 400, 401, 403):
        refused = one.answer(status=status, Success=False, ErrorCode="No", ErrorMessage="not here")
        with pytest.raises(RefusedError, match="No: not here") as caught:
            verifying(one).read_lookup(one.keys[:1], refused)
        assert caught.value.scope is Refusal.ACCOUNT


@given(st.sampled_from(VERIFYING), st.sampled_from((100, 200, 302, 400, 429, 503)), st.binary())
def test_any_answer_to_a_look_up_is_read_or_one_of_the_three_errors(
    one: Example, status: int, body: bytes
) -> None:
    try:
        verifying(one).read_lookup(one.keys[:1], ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert status == 200


@given(st.sampled_from(VERIFYING), ANY_TEXT)
def test_any_text_that_is_stored_as_it_was_sent_does_not_differ(one: Example, text: str) -> None:
    target, code = verifying(one), one.field.code
    stored = target.read_lookup(one.keys[:1], one.shown(text))
    assert stored is not None
    assert target.differences({code: text}, stored) == ()
    assert json.loads(target.lookup_request([text], CREDENTIALS).body)
