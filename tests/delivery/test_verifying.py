"""Reading contacts back, from the sandbox in this process and from platforms that fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.batching import batches
from importer.client import Client
from importer.clock import Interruption
from importer.delivery.ending import EndReason
from importer.delivery.sampling import Chosen
from importer.delivery.verifying import (
    VERIFY_WARNING,
    Carried,
    Verification,
    can_be_asked,
    verify,
)
from importer.errors import DefectError
from importer.field_rules import FieldRole, ValueType
from importer.issues import IssueCode
from importer.journal import Journal, Lookup
from importer.line import Line
from importer.model import (
    Connection,
    Credentials,
    Difference,
    Limits,
    Outcome,
    PlannedField,
    PlanSlice,
    Secret,
    Settled,
    Verdict,
    WriteMode,
)
from importer.pacing import Pace
from importer.sandbox import (
    BlankRule,
    FieldKind,
    OptIn,
    Project,
    ProjectField,
    SandboxSettings,
    create_app,
)
from tests.delivery.stage import FakeClock, FakeWatcher

EMAIL = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)
CITY = PlannedField("f_City", ValueType.TEXT, FieldRole.DATA)
NEWS = PlannedField("optin_News", ValueType.CONSENT, FieldRole.CONSENT)
FIELDS = (EMAIL, CITY, NEWS)
UPSERT = WriteMode(allow_insert=True, allow_update=True)
CREDENTIALS = Credentials("1", Secret("sandbox"))
AT = "2026-11-22T03:15:00.000Z"
MERGE = "/webservices/ofc4/contacts.ashx?method=Merge"
Contact = tuple[str | None, ...]


class APlan:
    """Contacts in slices of four."""

    def __init__(self, fields: tuple[PlannedField, ...], contacts: Sequence[Contact]) -> None:
        self.fields = fields
        self.contacts = list(contacts)

    def __len__(self) -> int:
        return len(self.contacts)

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        for start in range(first, end, 4):
            some = self.contacts[start : min(start + 4, end)]
            columns: dict[str, Any] = {"row": list(range(start, start + len(some)))}
            for at, field in enumerate(self.fields):
                columns[field.code] = pa.array([one[at] for one in some], pa.large_string())
            yield PlanSlice(start, self.fields, pa.RecordBatch.from_pydict(columns))


class Scene:
    """A run that was delivered to the sandbox, and all that reading back needs."""

    def __init__(
        self,
        folder: Path,
        contacts: Sequence[Contact],
        fields: tuple[PlannedField, ...] = FIELDS,
        *,
        in_flight: int = 1,
        **switches: Any,
    ) -> None:
        self.plan = APlan(fields, contacts)
        self.sandbox = httpx.WSGITransport(app=create_app(SandboxSettings(**switches)))
        self.transport: httpx.BaseTransport = self.sandbox
        self.limits = Limits(calls_per_minute=None, attempts=2, in_flight=in_flight)
        connection = Connection("s", "dialog-insight", "http://sandbox.test", "1", "env:K", "1")
        self.target = targets.build(connection, mode=UPSERT, fields=fields)
        self.clock = FakeClock()
        self.watcher = FakeWatcher()
        self.interruption = Interruption()
        self.journal = Journal.create(folder / "journal.sqlite3")
        self.asked: list[Any] = []

    def deliver(self, plan: APlan | None = None, journal: Journal | None = None) -> None:
        """Send a plan and write down what the sandbox says."""
        plan, journal = plan or self.plan, journal or self.journal
        with Client(60, self.sandbox) as client:
            for batch in batches(
                plan.slices(0, len(plan)), self.target, CREDENTIALS, Limits(rows_per_call=5)
            ):
                call = journal.submitting(batch, attempt=1, at=AT)
                answer = client.send(self.target.submission(batch, CREDENTIALS))
                settled = self.target.read_submission(batch, answer)
                assert isinstance(settled, Settled)
                journal.settled(call, batch, settled, at=AT)

    def settle(self, first: int, *outcomes: Outcome | Verdict, journal: Any = None) -> None:
        """Write down what the platform is said to have answered."""
        journal = journal or self.journal
        limits = Limits(rows_per_call=len(outcomes))
        slices = self.plan.slices(first, first + len(outcomes))
        (batch,) = batches(slices, self.target, CREDENTIALS, limits)
        call = journal.submitting(batch, attempt=1, at=AT)
        said = tuple(o if isinstance(o, Outcome) else Outcome(o) for o in outcomes)
        journal.settled(call, batch, Settled(said), at=AT)

    def write(self, *records: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """Write contacts into the account past the run: pairs of ID and Data."""
        body = {
            "AuthKey": {"idKey": 1, "Key": "sandbox"},
            "idProject": 1,
            "Records": [{"ID": one, "Data": values} for one, values in records],
            "MergeOptions": {"AllowInsert": True, "AllowUpdate": True},
        }
        with httpx.Client(transport=self.sandbox, base_url="http://sandbox.test") as client:
            assert all(
                one["Status"] in {"Created", "Updated"}
                for one in client.post(MERGE, json=body).json()["Records"]
            )

    def verify(
        self, most: int = 20, *, seed: str = "a run", steps: Sequence[Carried] | None = None
    ) -> Verification:
        transport = _Overheard(self.transport, self.asked)
        pace = Pace(self.limits, self.clock)
        with Line(
            Client(60, transport, clock=self.clock),
            pace,
            CREDENTIALS,
            clock=self.clock,
            interruption=self.interruption,
            watcher=self.watcher,
        ) as line:
            return verify(
                steps or (Carried(self.plan, self.journal),),
                most=most,
                seed=seed,
                target=self.target,
                line=line,
                credentials=CREDENTIALS,
                journal=self.journal,
                clock=self.clock,
                limits=self.limits,
                interruption=self.interruption,
                watcher=self.watcher,
                chance=Random(1),
            )

    def lookups(self) -> list[Lookup]:
        return list(self.journal.lookups())

    def found(self) -> dict[int, tuple[bool, tuple[Difference, ...]]]:
        return {one.position: (one.found, one.differences) for one in self.lookups()}


class _Overheard(httpx.BaseTransport):
    """Notes the keys that are asked for, and passes each call on."""

    def __init__(self, transport: httpx.BaseTransport, asked: list[Any]) -> None:
        self._transport = transport
        self._asked = asked

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.read())
        self._asked.append(body["Clause"]["ComparisonValue"])
        return self._transport.handle_request(request)


def people(count: int) -> list[Contact]:
    return [(f"p{n}@example.test", f"City {n}", ("yes", "no", None)[n % 3]) for n in range(count)]


SAME = (True, ())
UNKNOWN = Outcome(Verdict.UNKNOWN, IssueCode.ANSWER_LOST, message="lost", record_id="9")


# --- a sample of what was taken ------------------------------------------------------------------


@pytest.mark.parametrize("in_flight", [1, 3])
def test_contacts_that_are_stored_as_they_were_sent_are_the_same(
    tmp_path: Path, in_flight: int
) -> None:
    scene = Scene(tmp_path, people(12), in_flight=in_flight)
    scene.deliver()
    assert scene.verify(50) == Verification(12, 12)
    assert scene.found() == dict.fromkeys(range(12), SAME)
    assert all(one.outcome is None and one.at for one in scene.lookups())
    assert scene.watcher.rows == 12
    assert scene.journal.fact(VERIFY_WARNING) == ""


def test_a_contact_that_was_changed_in_between_differs_field_by_field(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(4))
    scene.deliver()
    scene.write(({"key_f_EMail": "p0@example.test"}, {"f_City": "Elsewhere", "optin_News": "0"}))
    scene.verify()
    assert scene.found() == {
        0: (
            True,
            (Difference("f_City", "City 0", "Elsewhere"), Difference("optin_News", "yes", "no")),
        ),
        1: SAME,
        2: SAME,
        3: SAME,
    }
    assert scene.lookups()[0].outcome is None  # the verdict stays what the platform said


def test_a_contact_that_the_platform_took_and_does_not_have_is_missing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(2))
    scene.settle(0, Verdict.CREATED, Verdict.ACCEPTED)
    scene.verify()
    assert scene.found() == {0: (False, ()), 1: (False, ())}
    assert [one.outcome for one in scene.lookups()] == [None, None]


def test_only_what_the_platform_took_is_sampled(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(9))
    scene.settle(0, Verdict.REJECTED, Verdict.SKIPPED, Verdict.UPDATED)
    scene.settle(5, Verdict.CREATED)
    scene.verify()
    assert sorted(scene.found()) == [2, 5]


def test_no_call_is_made_when_there_is_nothing_to_look_up(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(3))
    assert scene.verify() == Verification(0, 0)
    scene.deliver()
    assert scene.verify(0) == Verification(0, 0)
    assert scene.asked == []


@pytest.mark.parametrize(
    "fields",
    [
        (EMAIL, PlannedField("key_f_No", ValueType.INTEGER, FieldRole.KEY), CITY),
        (
            PlannedField("key_f_No", ValueType.INTEGER, FieldRole.KEY),
            PlannedField("key_f_Day", ValueType.DATE, FieldRole.KEY),
            CITY,
        ),
        (
            PlannedField("key_f_Rate", ValueType.DECIMAL, FieldRole.KEY),
            PlannedField("key_f_At", ValueType.DATETIME, FieldRole.KEY),
            CITY,
        ),
        (PlannedField("key_f_Day", ValueType.DATE, FieldRole.KEY), CITY),
        (PlannedField("key_f_At", ValueType.DATETIME, FieldRole.KEY), CITY),
        (PlannedField("key_f_No", ValueType.INTEGER, FieldRole.KEY), CITY),
        (PlannedField("key_f_Rate", ValueType.DECIMAL, FieldRole.KEY), CITY),
        (PlannedField("key_f_Vip", ValueType.BOOLEAN, FieldRole.KEY), CITY),
        (PlannedField("key_f_Word", ValueType.TEXT, FieldRole.KEY), CITY),
    ],
    ids=lambda fields: "+".join(one.type for one in fields),
)
def test_contacts_are_found_by_keys_of_every_kind(
    tmp_path: Path, fields: tuple[PlannedField, ...]
) -> None:
    values = {
        "key_f_EMail": ("a'b+c@example.test", "a'b+c@example.test"),
        "key_f_No": ("7", "20"),
        "key_f_Day": ("2026-10-24", "2026-02-01"),
        "key_f_At": ("2026-10-24 09:30:00", "2026-10-24 00:00:00"),
        "key_f_Rate": ("1.50", "20"),
        "key_f_Vip": ("true", "false"),
        "key_f_Word": ('É "x"\\ & <=>', "日本|\u2028;'--"),
        "f_City": ("one", "two"),
    }
    kinds = FieldKind
    project = Project(
        key_fields=tuple(f.code.removeprefix("key_f_") for f in fields if f.role is FieldRole.KEY),
        fields=(
            ProjectField("EMail", kind=kinds.EMAIL),
            ProjectField("City"),
            ProjectField("No", kind=kinds.INTEGER),
            ProjectField("Day", kind=kinds.DATE),
            ProjectField("At", kind=kinds.DATETIME),
            ProjectField("Rate", kind=kinds.DECIMAL),
            ProjectField("Vip", kind=kinds.BOOLEAN),
            ProjectField("Word"),
        ),
    )
    contacts = list(zip(*(values[one.code] for one in fields), strict=True))
    scene = Scene(tmp_path, contacts, fields, project=project)
    scene.deliver()
    assert {o.verdict for b in scene.journal.settled_batches() for o in b.outcomes} == {
        Verdict.CREATED
    }
    scene.verify()
    assert scene.found() == {0: SAME, 1: SAME}


def test_values_of_every_type_come_back_as_they_were_sent(tmp_path: Path) -> None:
    types = {
        "f_Text": (ValueType.TEXT, FieldKind.TEXT, "  é\n\"x\" 'y' "),
        "f_Mail": (ValueType.EMAIL, FieldKind.EMAIL, "Ana@example.test"),
        "f_Phone": (ValueType.PHONE, FieldKind.TEXT, "+15145550123"),
        "f_Day": (ValueType.DATE, FieldKind.DATE, "2026-10-24"),
        "f_At": (ValueType.DATETIME, FieldKind.DATETIME, "2026-10-24 09:30:00"),
        "f_No": (ValueType.INTEGER, FieldKind.INTEGER, "-20"),
        "f_Rate": (ValueType.DECIMAL, FieldKind.DECIMAL, "1.50"),
        "f_Vip": (ValueType.BOOLEAN, FieldKind.BOOLEAN, "false"),
        "f_Choice": (ValueType.CHOICE, FieldKind.TEXT, "F"),
        "f_Zip": (ValueType.POSTAL, FieldKind.TEXT, "H2X 1Y4"),
        "f_List": (ValueType.LIST, FieldKind.TEXT, "a|b"),
    }
    data = tuple(PlannedField(code, t, FieldRole.DATA) for code, (t, _, _) in types.items())
    consents = (NEWS, PlannedField("hasTrackingConsent", ValueType.CONSENT, FieldRole.CONSENT))
    project = Project(
        fields=(
            ProjectField("EMail", kind=FieldKind.EMAIL),
            *(ProjectField(c.removeprefix("f_"), kind=k) for c, (_, k, _) in types.items()),
        ),
        optins=(OptIn("News"),),
    )
    texts = tuple(text for _, _, text in types.values())
    fields = (EMAIL, *data, *consents)
    contact: Contact = ("a@x.test", *texts, "no", "yes")
    scene = Scene(tmp_path, [contact], fields, project=project)
    scene.deliver()
    scene.verify()
    assert scene.found() == {0: SAME}


def test_a_field_that_was_left_alone_is_not_compared(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [("a@x.test", None, None)])
    scene.write(({"key_f_EMail": "a@x.test"}, {"f_City": "Paris", "optin_News": "1"}))
    scene.deliver()
    scene.verify()
    assert scene.found() == {0: SAME}


@pytest.mark.parametrize(("rule", "stored"), [("clear", None), ("keep", "Paris")])
def test_an_erased_field_must_be_blank(tmp_path: Path, rule: str, stored: str | None) -> None:
    scene = Scene(tmp_path, [("a@x.test", "", None)], blank=BlankRule(rule))
    scene.write(({"key_f_EMail": "a@x.test"}, {"f_City": "Paris"}))
    scene.deliver()
    scene.verify()
    differs = (Difference("f_City", "", stored),) if stored else ()
    assert scene.found() == {0: (True, differs)}


# --- what is unknown is settled ------------------------------------------------------------------


def test_an_unknown_row_is_settled_by_what_the_account_holds(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(3))
    scene.deliver(APlan(FIELDS, people(1)), scene.journal.at_step(9))
    scene.write(({"key_f_EMail": "p1@example.test"}, {"f_City": "Elsewhere", "optin_News": "1"}))
    scene.settle(0, UNKNOWN, UNKNOWN, UNKNOWN)
    assert scene.verify() == Verification(3, 3)
    same, other, missing = (one.outcome for one in scene.lookups())
    assert same is not None
    assert other is not None
    assert missing is not None
    assert (same.verdict, same.code, same.record_id) == (Verdict.ACCEPTED, "", "9")
    assert "who wrote it is not known" in same.message
    assert (other.verdict, other.code) == (Verdict.UNKNOWN, IssueCode.ANSWER_LOST)
    assert other.field == "f_City"
    assert "other values in f_City, optin_News." in other.message
    assert (missing.verdict, missing.code) == (Verdict.REJECTED, IssueCode.NOT_IN_ACCOUNT)
    assert "not in the account: looked up after the run" in missing.message


def test_many_fields_that_differ_are_counted_in_the_message(tmp_path: Path) -> None:
    names = [f"F{n}" for n in range(8)]
    data = tuple(PlannedField(f"f_{n}", ValueType.TEXT, FieldRole.DATA) for n in names)
    project = Project(
        fields=(ProjectField("EMail", kind=FieldKind.EMAIL), *(ProjectField(n) for n in names))
    )
    scene = Scene(tmp_path, [("a@x.test", *names)], (EMAIL, *data), project=project)
    scene.write(({"key_f_EMail": "a@x.test"}, {}))
    scene.settle(0, UNKNOWN)
    scene.verify()
    (one,) = scene.lookups()
    assert one.outcome is not None
    assert one.outcome.message.endswith("other values in f_F0, f_F1, f_F2, f_F3, f_F4 and 3 more.")


def test_unknown_rows_come_first_and_the_sample_takes_what_is_left(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(30))
    scene.settle(0, *[Verdict.CREATED] * 20)
    scene.settle(20, UNKNOWN, Verdict.UPDATED, UNKNOWN, UNKNOWN)
    scene.verify(5)
    assert scene.asked[:3] == [f"p{n}@example.test" for n in (20, 22, 23)]
    assert len(scene.asked) == 5
    assert {20, 22, 23} < set(scene.found())


def test_unknown_rows_beyond_the_number_are_said_to_be_left(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(3))
    scene.settle(0, UNKNOWN, UNKNOWN, UNKNOWN)
    done = scene.verify(2)
    assert sorted(scene.found()) == [0, 1]
    assert done.message == (
        "Not looked up, since --verify allows 2: 1 contact whose answer is unknown."
    )
    assert scene.journal.fact(VERIFY_WARNING) == done.message


def test_what_is_still_in_doubt_is_left_to_a_resumption(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(4))
    scene.settle(0, Verdict.CREATED, Verdict.CREATED)
    (batch,) = batches(scene.plan.slices(2, 4), scene.target, CREDENTIALS, Limits())
    scene.journal.in_doubt(scene.journal.submitting(batch, attempt=1, at=AT), at=AT, message="")
    scene.verify()
    assert sorted(scene.found()) == [0, 1]


# --- again, and in two steps ---------------------------------------------------------------------


def test_contacts_that_were_looked_up_count_and_are_not_looked_up_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(20))
    scene.deliver()
    scene.verify(4)
    before = set(scene.found())
    scene.verify(4)
    assert len(scene.asked) == 4
    scene.verify(9)
    assert len(scene.asked) == 9
    assert before < set(scene.found())


def test_a_contact_that_a_later_step_carried_is_compared_with_what_that_step_sent(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, people(6))
    withheld = APlan(FIELDS, [(key, city, None) for key, city, _ in people(6)])
    later = [1, 3, 5]
    plan = APlan(FIELDS, [people(6)[n] for n in later])
    step = scene.journal.at_step(1)
    scene.settle(0, *[Verdict.UPDATED, Verdict.SKIPPED] * 2, UNKNOWN, Verdict.REJECTED)
    for n in (0, 2, 4):
        scene.write(({"key_f_EMail": f"p{n}@example.test"}, {"f_City": f"City {n}"}))
    scene.plan = plan
    scene.settle(0, Verdict.CREATED, UNKNOWN, Verdict.REJECTED, journal=step)
    scene.write(
        ({"key_f_EMail": "p1@example.test"}, {"f_City": "City 1", "optin_News": "0"}),
        ({"key_f_EMail": "p3@example.test"}, {"f_City": "City 3"}),
    )
    steps = (Carried(withheld, scene.journal), Carried(plan, step, np.array(later)))
    assert scene.verify(steps=steps) == Verification(5, 5)
    assert scene.asked == [f"p{n}@example.test" for n in (3, 4, 0, 1, 2)]
    assert scene.found() == {
        0: SAME,  # its yes was taken away: it is not compared
        1: SAME,
        2: SAME,
        3: (True, (Difference("optin_News", "yes", ""),)),
        4: SAME,
    }


def test_a_contact_that_went_on_and_has_no_outcome_yet_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(3))
    scene.settle(0, Verdict.SKIPPED, Verdict.UPDATED, Verdict.CREATED)
    later = Carried(APlan(FIELDS, people(2)), scene.journal.at_step(1), [0, 1])
    scene.verify(steps=(Carried(scene.plan, scene.journal), later))
    assert sorted(scene.found()) == [2]


class OnlyWhatWasSent(APlan):
    """A plan that does not know yet what it will send of its third contact."""

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        assert not first <= 2 < end
        return super().slices(first, end)


def test_of_contacts_that_were_not_sent_nothing_is_read(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(6))
    scene.settle(0, Verdict.CREATED, Verdict.CREATED)
    scene.settle(3, Verdict.CREATED, Verdict.REJECTED, Verdict.CREATED)
    scene.verify(steps=(Carried(OnlyWhatWasSent(FIELDS, people(6)), scene.journal),))
    assert sorted(scene.found()) == [0, 1, 3, 5]


# --- platforms that fail -------------------------------------------------------------------------


def answering(answer: Callable[[int], httpx.Response]) -> httpx.MockTransport:
    """A platform that answers the n-th call, from 1."""
    calls = iter(range(1, 1_000))
    lock = threading.Lock()

    def handle(request: httpx.Request) -> httpx.Response:
        with lock:
            number = next(calls)
        return answer(number)

    return httpx.MockTransport(handle)


def shown(*records: Any, **members: Any) -> httpx.Response:
    return httpx.Response(200, json={"Success": True, "Records": list(records), **members})


def refused() -> httpx.Response:
    return shown(Success=False, ErrorCode="NoRight", ErrorMessage="may not read contacts")


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        (refused, "account-refused", "NoRight: may not read contacts"),
        (
            lambda: httpx.Response(503),
            "platform-down",
            "The platform took none of 2 attempts. The last: The platform asks to wait (HTTP 503).",
        ),
        (
            lambda: httpx.Response(200, text="<html>a proxy"),
            "platform-down",
            "The platform took none of 2 attempts. The last: The platform's answer is no JSON "
            "object, or was cut off (HTTP 200).",
        ),
        (
            lambda: httpx.Response(429, headers={"retry-after": "7200"}),
            "platform-down",
            "The platform asks to wait 120 minutes.",
        ),
    ],
)
def test_a_platform_that_fails_ends_the_reading_back_with_a_sentence(
    tmp_path: Path, trouble: Callable[[], httpx.Response], reason: str, words: str
) -> None:
    scene = Scene(tmp_path, people(20))
    scene.settle(0, *[Verdict.CREATED] * 20)
    scene.transport = answering(lambda n: shown() if n <= 13 else trouble())
    done = scene.verify()
    assert done == Verification(20, 13, f"Reading back ended after 13 of 20 contacts: {words}")
    assert len(scene.lookups()) == 13  # also those of a group that was not full
    assert scene.journal.fact(VERIFY_WARNING) == done.message
    assert scene.watcher.events[-1] == ("verify-ended", {"reason": reason, "looked_up": 13})


def test_promise_7_the_event_repeats_nothing_of_what_the_platform_said(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(1))
    scene.settle(0, Verdict.CREATED)
    scene.transport = answering(lambda n: shown(Success=False, ErrorMessage="p0@example.test?"))
    assert "p0@example.test" in scene.verify().message
    assert "p0@" not in str(scene.watcher.events)


def test_a_failing_call_is_repeated_before_the_reading_back_ends(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(1))
    scene.settle(0, Verdict.CREATED)
    scene.transport = answering(lambda n: httpx.Response(502) if n == 1 else shown())
    assert scene.verify() == Verification(1, 1)


def test_a_later_verification_goes_on_where_a_failed_one_ended(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(20))
    scene.deliver()
    scene.transport = answering(lambda n: shown() if n == 1 else refused())
    scene.verify(5)
    (first,) = scene.found()
    scene.transport = scene.sandbox
    assert scene.verify(5) == Verification(4, 4)
    assert scene.journal.fact(VERIFY_WARNING) == ""
    whole = Chosen((Carried(scene.plan, scene.journal),), done=(), most=5, seed="a run")
    assert sorted(scene.found()) == [one.position for one in whole]
    assert first in scene.found()


def test_an_answer_that_tells_nothing_of_one_contact_passes_it_over(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(3))
    scene.settle(0, Verdict.CREATED, UNKNOWN, Verdict.CREATED)
    other = {"f_EMail": "somebody.else@example.test"}
    scene.transport = answering(lambda n: shown(other) if n == 1 else shown())
    done = scene.verify()
    assert (done.wanted, done.looked_up) == (3, 2)
    assert done.message == (
        "The platform's answers do not tell whether the account has 1 contact: look them up there."
    )
    assert sorted(scene.found()) == [0, 2]


def test_a_stop_ends_the_reading_back_and_keeps_what_is_known(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(20))
    scene.settle(0, *[Verdict.CREATED] * 20)

    def answer(number: int) -> httpx.Response:
        if number == 4:
            scene.interruption.request(2)
        return shown()

    scene.transport = answering(answer)
    done = scene.verify()
    assert (done.wanted, done.looked_up) == (20, 4)
    assert done.message.endswith("4 of 20 contacts: The run was asked to stop.")
    assert len(scene.asked) == 4


def test_an_address_that_is_none_ends_it_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path, people(1))
    scene.settle(0, Verdict.CREATED)
    connection = Connection("s", "dialog-insight", "nonsense", "1", "env:K", "1")
    scene.target = targets.build(connection, mode=UPSERT, fields=FIELDS)
    assert scene.verify().message.startswith("Reading back ended after 0 of 1 contact:")
    assert scene.watcher.events[-1][1]["reason"] == "cannot-go-on"


def test_a_target_that_cannot_look_contacts_up_says_so(tmp_path: Path) -> None:
    fields = (
        PlannedField("key_orderNo", ValueType.TEXT, FieldRole.KEY),
        PlannedField("status", ValueType.TEXT, FieldRole.DATA),
    )
    scene = Scene(tmp_path, [("a-1", "x")], (EMAIL, CITY))
    scene.settle(0, Verdict.CREATED)
    connection = Connection("s", "dialog-insight", "http://sandbox.test", "1", "env:K", "1")
    scene.target = targets.build(
        connection, mode=UPSERT, fields=fields, name="dialog-insight-table", table_id="77"
    )
    assert scene.verify().message.endswith(
        "what dialog-insight-table writes cannot be looked up by its key."
    )
    assert scene.asked == []


def test_a_defect_of_ours_is_not_taken_for_the_platform_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, people(12))
    scene.settle(0, *[Verdict.CREATED] * 12)
    real, calls = scene.target.read_lookup, iter(range(100))  # type: ignore[attr-defined]

    def read(key: Any, response: Any) -> Any:
        if next(calls) == 11:
            raise DefectError("the books do not balance")
        return real(key, response)

    monkeypatch.setattr(scene.target, "read_lookup", read)
    with pytest.raises(DefectError):
        scene.verify()
    assert len(scene.lookups()) == 11


@pytest.mark.parametrize("reason", EndReason)
def test_contacts_are_read_back_only_while_the_platform_may_answer(reason: EndReason) -> None:
    unreachable = {
        EndReason.INTERRUPTED,
        EndReason.PLATFORM_DOWN,
        EndReason.ACCOUNT_REFUSED,
        EndReason.BUDGET_SPENT,
        EndReason.CANNOT_GO_ON,
    }
    assert can_be_asked(reason) == (reason not in unreachable)


# --- the sample ----------------------------------------------------------------------------------


def chosen(folder: Path, verdicts: Sequence[Verdict], most: int, seed: str = "a run") -> list[int]:
    with Journal.create(folder / "journal.sqlite3") as journal:
        plan = APlan((EMAIL,), [(f"p{n}@x.test",) for n in range(len(verdicts))])
        if verdicts:
            batch = replace(
                next(
                    batches(
                        plan.slices(0, len(plan)),
                        targets.build(
                            Connection("s", "dialog-insight", "http://s.test", "1", "env:K", "1"),
                            mode=UPSERT,
                            fields=(EMAIL,),
                        ),
                        CREDENTIALS,
                        Limits(rows_per_call=10_000),
                    )
                )
            )
            call = journal.submitting(batch, attempt=1, at=AT)
            outcomes = tuple(Outcome(verdict) for verdict in verdicts)
            journal.settled(call, batch, Settled(outcomes), at=AT)
        steps = (Carried(plan, journal),)
        return [one.position for one in Chosen(steps, done=(), most=most, seed=seed)]


VERDICTS = st.lists(st.sampled_from([v for v in Verdict if v.value in "created unknown rejected"]))


@given(VERDICTS, st.integers(0, 30), st.text(max_size=5))
def test_a_sample_is_of_the_asked_size_without_repeats_and_of_what_may_be_looked_up(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[Verdict], most: int, seed: str
) -> None:
    found = chosen(tmp_path_factory.mktemp("run"), verdicts, most, seed)
    there = [at for at, verdict in enumerate(verdicts) if verdict is not Verdict.REJECTED]
    unknown = [at for at in there if verdicts[at] is Verdict.UNKNOWN]
    assert len(found) == len(set(found)) == min(most, len(there))
    assert set(found) <= set(there)
    assert found[: len(unknown)] == unknown[:most]
    assert found[len(unknown) :] == sorted(found[len(unknown) :])


@pytest.mark.parametrize("seed", ["20261122T031500Z-news-k3fq", "20261122T031500Z-news-zz9a", ""])
@pytest.mark.parametrize("most", [3, 50, 400])
def test_a_sample_is_spread_over_the_whole_plan(tmp_path: Path, seed: str, most: int) -> None:
    found = chosen(tmp_path, [Verdict.CREATED] * 2_000, most, seed)
    assert len(found) == most
    gaps = np.diff([-1, *found, 2_000])
    assert gaps.max() <= 3 * 2_000 / most


def test_the_sample_follows_from_the_run_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    one, again, other = (
        chosen(tmp_path_factory.mktemp("run"), [Verdict.UPDATED] * 300, 10, seed)
        for seed in ("a run", "a run", "another run")
    )
    assert one == again != other


def test_a_larger_sample_holds_the_smaller(tmp_path_factory: pytest.TempPathFactory) -> None:
    small, large = (
        chosen(tmp_path_factory.mktemp("run"), [Verdict.UPDATED] * 300, most) for most in (10, 25)
    )
    assert set(small) < set(large)
