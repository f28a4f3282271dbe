"""Dotdigital's targets and the sandbox, which is a second reading of the same documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importer.batching import batch_of
from importer.errors import InDoubtError, Refusal, RefusedError, RetryableError
from importer.field_rules import ValueType
from importer.issues import IssueCode
from importer.model import Pending, PlannedField, Resubscription, Settled, WriteMode
from importer.sandbox.dotdigital.settings import Echo, FailureCodes, ImportEnd, RateScheme
from importer.targets.dotdigital.bulk import Imports
from importer.targets.dotdigital.single import SingleContacts
from tests.targets.dotdigital import (
    CITY,
    EMAIL,
    FORMAT,
    MOBILE,
    NUMBER,
    OPT_IN,
    RECORD_VALUES,
    SMS,
    STATUS,
    USER,
    Wire,
    consent,
    data,
    imports,
    other,
    record,
    singles,
)
from tests.targets.examples import rows

ALL: dict[PlannedField, str] = {
    EMAIL: "Ada.Byron@example.org",
    other(MOBILE): "+447700900123",
    PlannedField("id.crm-id", ValueType.TEXT, CITY.role): "C-0042",
    data("FIRSTNAME", ValueType.TEXT): 'Ada "the first"',
    data("LOYALTY_POINTS", ValueType.DECIMAL): "1280.50",
    data("VIP", ValueType.BOOLEAN): "true",
    data("BIRTHDAY", ValueType.DATE): "1990-12-10",
    data("NOTES", ValueType.TEXT): "",
    STATUS: "yes",
    FORMAT: "html",
    OPT_IN: "double",
    SMS: "yes",
    consent("list.4101"): "yes",
    consent("list.Newsletter"): "yes",
    consent("preference.31"): "yes",
    consent("preference.32"): "no",
    **dict(zip(record(), RECORD_VALUES, strict=True)),
    **dict(zip(record(".5"), RECORD_VALUES, strict=True)),
}
PLACES = {"list.Newsletter": "4102"}
RESUBSCRIBING = WriteMode(allow_insert=True, allow_update=True, resubscription=Resubscription())
CHALLENGING = replace(RESUBSCRIBING, resubscription=Resubscription(ask_first=True, locale="fr-FR"))


def carried_out(target: Imports, wire: Wire, *values: tuple[str | None, ...]) -> Settled:
    """Send one import, and ask until it is finished."""
    plan = rows(target._form.fields, *values)
    batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
    pending = target.read_submission(batch, wire.send(target.submission(batch, USER)))
    while True:
        answer = wire.send(target.status_check(pending.ticket, USER))
        settled = target.read_status(batch, answer)
        if isinstance(settled, Settled):
            return settled
        assert settled == pending


def written(target: SingleContacts, wire: Wire, *values: str | None) -> Any:
    """Send one contact, asked for first where that is wanted."""
    plan = rows(target._form.fields, values)
    batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
    if question := target.first_question(batch, USER):
        batch = target.read_first(batch, wire.send(question))
    settled = target.read_submission(batch, wire.send(target.submission(batch, USER)))
    assert (len(settled.outcomes), settled.joined) == (1, 1)
    return settled.outcomes[0]


def said(settled: Settled) -> list[tuple[str, str]]:
    return [(outcome.verdict.value, str(outcome.code)) for outcome in settled.outcomes]


# --- whole imports -------------------------------------------------------------------------------


def test_everything_that_can_be_written_arrives_and_can_be_read_back() -> None:
    wire = Wire()
    target = imports(*ALL, places=PLACES, mode=RESUBSCRIBING)
    settled = carried_out(target, wire, tuple(ALL.values()))
    assert said(settled) == [("created", "")]
    (kept,) = wire.contacts()
    assert kept["identifiers"]["mobileNumber"] == "447700900123"
    sent = {field.code: value for field, value in ALL.items()}
    answer = wire.send(target.lookup_request([ALL[EMAIL]], USER))
    stored = target.read_lookup([ALL[EMAIL]], answer)
    assert stored is not None
    assert target.differences(sent, stored) == ()
    assert stored["data.LOYALTY_POINTS"] == "1280.5"
    assert stored["id.mobileNumber"] == "+447700900123"
    (different,) = target.differences({**sent, "data.FIRSTNAME": "Eva"}, stored)
    assert different.stored == 'Ada "the first"'
    again = carried_out(target, wire, tuple(ALL.values()))
    assert said(again) == [("updated", "")]


@pytest.mark.parametrize("codes", FailureCodes)
@pytest.mark.parametrize("echo", Echo)
def test_each_contact_of_an_import_gets_what_the_platform_said_of_it(
    codes: FailureCodes, echo: Echo
) -> None:
    wire = Wire(
        failure_codes=codes,
        echo_identifiers=echo,
        suppressed="gone@example.org",
        consent_failures="partly@example.org",
        shuffle=True,
        strangers=1,
    )
    target = imports(EMAIL, CITY, *record())
    values = [
        ("New@Example.org", "Lyon", *RECORD_VALUES),
        ("gone@example.org", "Lyon", *RECORD_VALUES),
        ("partly@example.org", "Lyon", *RECORD_VALUES),
    ]
    settled = carried_out(target, wire, *values)
    assert said(settled) == [
        ("created", ""),
        ("rejected", "contact-suppressed"),
        ("created", "partly-written"),
    ]
    assert (settled.joined, settled.strangers) == (3, 1)
    assert settled.outcomes[2].field == "consent.text"
    assert settled.outcomes[0].record_id


def test_contacts_are_found_by_their_mobile_number_or_by_the_platform_s_own() -> None:
    wire = Wire(echo_identifiers=Echo.NORMALISED)
    by_mobile = imports(MOBILE, CITY)
    (first,) = carried_out(by_mobile, wire, ("+447700900123", "Lyon")).outcomes
    by_number = imports(NUMBER, CITY)
    settled = carried_out(by_number, wire, (first.record_id, "Nice"), ("999999", "Nice"))
    assert said(settled) == [("updated", ""), ("rejected", "platform-refused")]


def test_an_import_that_the_platform_gives_up_is_told_of_each_contact() -> None:
    def ended(how: ImportEnd) -> Settled:
        return carried_out(imports(), Wire(import_status=how), ("a@example.org", "Lyon"))

    assert said(ended(ImportEnd.WATCHDOG)) == [("rejected", "platform-refused")]
    assert said(ended(ImportEnd.FAILED)) == [("unknown", "answer-lost")]
    with pytest.raises(RefusedError) as caught:
        ended(ImportEnd.OVER_ALLOWANCE)
    assert (caught.value.scope, caught.value.ended) == (Refusal.ACCOUNT, True)


def test_an_import_that_the_platform_has_forgotten_is_a_refused_question() -> None:
    target, wire = imports(), Wire()
    batch = batch_of(0, ["a@example.org"], [b"{}"])
    answer = wire.send(target.status_check("3f0c2f9e-5a0e-4c1d-9a55-0f4f5f2a7d10", USER))
    with pytest.raises(RefusedError, match="importNotFound") as caught:
        target.read_status(batch, answer)
    assert caught.value.scope is Refusal.CALL


def test_too_many_imports_at_work_are_waited_for() -> None:
    target, wire = imports(), Wire(active_imports=1)
    plan = rows((EMAIL, CITY), ("a@example.org", "Lyon"))
    batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
    assert target.read_submission(batch, wire.send(target.submission(batch, USER))) != Pending("")
    with pytest.raises(RetryableError) as caught:
        target.read_submission(batch, wire.send(target.submission(batch, USER)))
    assert (caught.value.wait, caught.value.busy) == (30, True)


def test_a_spent_tier_asks_to_wait_and_so_does_the_old_limit() -> None:
    plan = rows((EMAIL, CITY), ("a@example.org", "Lyon"))
    cases: list[tuple[Imports | SingleContacts, dict[str, Any], int]] = [
        (imports(), {"rate_scheme": RateScheme.TIERED, "tier_low": 1}, 0),
        (singles(), {"rate_scheme": RateScheme.TIERED, "tier_medium": 1}, 0),
        (singles(), {"rate_scheme": RateScheme.FLAT, "flat_calls": 1}, 60),
    ]
    for target, switches, least in cases:
        wire = Wire(**switches)
        batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
        wire.send(target.submission(batch, USER))
        with pytest.raises(RetryableError) as caught:
            target.read_submission(batch, wire.send(target.submission(batch, USER)))
        assert caught.value.wait is not None
        assert least <= caught.value.wait <= 300


def test_a_wrong_region_is_explained() -> None:
    target, wire = imports(), Wire(other_region=True)
    batch = batch_of(0, ["a@example.org"], [b"{}"])
    with pytest.raises(RefusedError, match="another region") as caught:
        target.read_submission(batch, wire.send(target.submission(batch, USER)))
    assert (caught.value.scope, caught.value.cause) == (Refusal.ACCOUNT, "moved")


@pytest.mark.parametrize("fault", ["500", "502", "cut", "empty", "500-html"])
def test_an_answer_that_cannot_be_read_leaves_the_call_in_doubt(fault: str) -> None:
    for target in (imports(), singles()):
        wire = Wire(shared={"faults": fault})
        plan = rows((EMAIL, CITY), ("a@example.org", "Lyon"))
        batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
        with pytest.raises(InDoubtError):
            target.read_submission(batch, wire.send(target.submission(batch, USER)))


# --- single contacts -----------------------------------------------------------------------------


def test_a_contact_written_alone_is_created_then_updated_and_the_same_as_in_an_import() -> None:
    alone, together = Wire(), Wire()
    target = singles(*ALL, places=PLACES, mode=RESUBSCRIBING)
    assert written(target, alone, *ALL.values()).verdict == "created"
    assert written(target, alone, *ALL.values()).verdict == "updated"
    carried_out(imports(*ALL, places=PLACES, mode=RESUBSCRIBING), together, tuple(ALL.values()))
    (one,), (same,) = alone.contacts(), together.contacts()
    for section in ("identifiers", "data", "lists", "preferences"):
        assert one[section] == same[section]


def test_merge_options_are_spelled_as_each_call_wants_them() -> None:
    wire = Wire()
    only_empty = replace(RESUBSCRIBING, option="overwrite-if-empty")
    written(singles(), wire, "a@example.org", "Lyon")
    written(singles(mode=only_empty), wire, "a@example.org", "Nice")
    carried_out(imports(mode=only_empty), wire, ("a@example.org", "Nice"))
    assert wire.contacts()[0]["data"]["CITY"] == "Lyon"
    overwrite = replace(RESUBSCRIBING, option="overwrite")
    carried_out(imports(mode=overwrite), wire, ("a@example.org", "Nice"))
    assert wire.contacts()[0]["data"]["CITY"] == "Nice"


def test_a_contact_that_takes_another_s_identifier_is_refused() -> None:
    wire = Wire()
    fields = (EMAIL, other(MOBILE))
    written(singles(*fields), wire, "a@example.org", "+447700900123")
    outcome = written(singles(*fields), wire, "b@example.org", "+447700900123")
    assert (outcome.verdict, outcome.code) == ("rejected", IssueCode.PLATFORM_REFUSED)
    assert "identifierConflict" in outcome.message


def test_a_suppressed_contact_is_said_to_be_suppressed() -> None:
    wire = Wire(suppressed="gone@example.org")
    outcome = written(singles(), wire, "gone@example.org", "Lyon")
    assert outcome.code == IssueCode.CONTACT_SUPPRESSED
    assert "(suppressed)" in outcome.message


def test_whoever_unsubscribed_is_subscribed_again_only_where_the_mapping_says_so() -> None:
    wire, fields = Wire(), (EMAIL, STATUS)
    assert written(singles(*fields), wire, "a@example.org", "no").verdict == "created"
    outcome = written(singles(*fields), wire, "a@example.org", "yes")
    assert (outcome.code, outcome.field) == (IssueCode.PARTLY_WRITTEN, "email.status")
    outcome = written(singles(*fields, mode=CHALLENGING), wire, "a@example.org", "yes")
    assert (outcome.verdict, outcome.code) == ("accepted", IssueCode.MUST_CONFIRM)
    written(singles(*fields), wire, "b@example.org", "no")
    outcome = written(singles(*fields, mode=RESUBSCRIBING), wire, "b@example.org", "yes")
    assert (outcome.verdict, outcome.code) == ("updated", "")


def test_whoever_must_confirm_is_accepted() -> None:
    outcome = written(singles(EMAIL, OPT_IN), Wire(), "a@example.org", "verifiedDouble")
    assert (outcome.verdict, outcome.code) == ("accepted", IssueCode.MUST_CONFIRM)
    outcome = written(singles(), Wire(enforce_double_opt_in=True), "a@example.org", "Lyon")
    assert (outcome.verdict, outcome.code) == ("accepted", IssueCode.MUST_CONFIRM)


def test_a_contact_that_comes_out_of_the_recycle_bin_is_said_to_do_so() -> None:
    wire = Wire()
    number = written(singles(), wire, "a@example.org", "Lyon").record_id
    wire.client.delete(
        f"/contacts/v3/contactId/{number}", auth=(USER.key_id, USER.key.reveal())
    ).raise_for_status()
    outcome = written(singles(), wire, "a@example.org", "Nice")
    assert (outcome.verdict, outcome.code) == ("updated", IssueCode.CONTACT_UNDELETED)
    outcome = written(singles(), wire, "a@example.org", "Nice")
    assert (outcome.verdict, outcome.code) == ("updated", "")


def test_a_number_finds_a_contact_and_stands_in_no_body() -> None:
    wire = Wire()
    number = written(singles(), wire, "a@example.org", "Lyon").record_id
    target = singles(NUMBER, CITY)
    assert written(target, wire, number, "Nice").verdict == "updated"
    plan = rows((NUMBER, CITY), ("424242", "Nice"))
    batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
    with pytest.raises(RefusedError) as caught:
        target.read_submission(batch, wire.send(target.submission(batch, USER)))
    assert caught.value.scope is Refusal.CALL
