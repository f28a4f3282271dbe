"""Whoever the account does not say yes of stays as they are, whatever goes wrong on the way."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer import targets
from importer.client import Client
from importer.clock import Interruption
from importer.delivery import DeliveryEnd, EndReason
from importer.delivery.steps import deliver_to_new, deliver_unless_refused, deliver_without_yeses
from importer.delivery.withheld import existing_ones, refused_ones
from importer.delivery.yeses import (
    Buffered,
    Selected,
    WithoutWithheld,
    WithoutYeses,
    contacts_with_a_yes,
)
from importer.errors import DefectError, Refusal, RefusedError, UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.journal import Journal
from importer.journal.going_on import going_on, settled_for_good
from importer.line import Line
from importer.model import (
    Connection,
    Credentials,
    Limits,
    PlannedField,
    PlanSlice,
    Secret,
    Verdict,
    WriteMode,
)
from importer.pacing import Pace
from importer.planning.column_files import ISSUES
from importer.sandbox import Fault, Project, SandboxSettings, create_app
from tests.delivery.stage import FakeClock, FakeWatcher

EMAIL, NUMBER, CITY = "key_f_EMail", "key_f_CustomerNo", "f_City"
NEWS, OFFERS, TRACKING = "optin_Newsletter", "optin_News", "hasTrackingConsent"
SINCE = "dtTrackingConsent"
CONSENTS = (NEWS, OFFERS, TRACKING)
DATES = {TRACKING: SINCE}
FIELDS = (
    PlannedField(EMAIL, ValueType.EMAIL, FieldRole.KEY),
    PlannedField(CITY, ValueType.TEXT, FieldRole.DATA),
    *(PlannedField(code, ValueType.CONSENT, FieldRole.CONSENT) for code in CONSENTS),
    PlannedField(SINCE, ValueType.DATE, FieldRole.CONSENT_DATE),
)
COMPOSITE = (PlannedField(NUMBER, ValueType.TEXT, FieldRole.KEY), *FIELDS)
UPSERT = WriteMode(allow_insert=True, allow_update=True)
UPDATE = WriteMode(allow_insert=False, allow_update=True)
WRITTEN = {Verdict.CREATED, Verdict.UPDATED}
DAY, EARLIER = "2026-03-01", "2025.01.01"


@dataclass(frozen=True)
class Person:
    """One contact of a plan; ``held``: what the account has of them, None: it has nobody."""

    said: tuple[str | None, str | None, str | None]
    held: tuple[str | None, str | None, str | None] | None = None

    def expected(self, who: str) -> tuple[str | None, ...]:
        """What the account holds afterwards."""
        if self.held is None:
            return self.said
        return tuple(
            "no" if said == "no" else held for said, held in zip(self.said, self.held, strict=True)
        )


Y, N = "yes", "no"
PEOPLE = (
    Person((Y, Y, Y), (N, N, N)),
    Person((Y, N, Y)),
    Person((Y, Y, Y), (None, None, None)),
    Person((Y, Y, Y)),
    Person((Y, Y, Y), (Y, Y, Y)),
    Person((N, None, N), (Y, Y, Y)),
    Person((None, None, None)),
    Person((N, N, N)),
    Person((None, Y, None), (Y, N, None)),
    Person((Y, None, None)),
)


class People:
    """A plan of people, in slices of four."""

    def __init__(self, people: Sequence[Person], fields: tuple[PlannedField, ...]) -> None:
        self.people = people
        self.fields = fields
        self.reads = 0

    def __len__(self) -> int:
        return len(self.people)

    def slices(self, first: int, end: int) -> Iterator[PlanSlice]:
        self.reads += 1
        for start in range(first, end, 4):
            places = range(start, min(start + 4, end))
            columns: dict[str, list[Any]] = {"index of the row": [10 * at for at in places]}
            for field in self.fields:
                columns[field.code] = [self.text(at, field.code) for at in places]
            arrays = [
                pa.array(texts, pa.int64() if name.startswith("index") else pa.large_string())
                for name, texts in columns.items()
            ]
            yield PlanSlice(start, self.fields, pa.RecordBatch.from_arrays(arrays, list(columns)))

    def text(self, at: int, code: str) -> str | None:
        said = self.people[at].said
        others = {
            EMAIL: address(at if self.fields is FIELDS else at // 2),
            NUMBER: f"C{at % 2}",
            CITY: "Lévis",
            SINCE: DAY if said[2] else None,
        }
        return others[code] if code in others else said[CONSENTS.index(code)]


def address(at: int) -> str:
    return f"person{at}@example.test"


class Office:
    """An account that holds people, and all that a delivery asks for."""

    def __init__(
        self,
        folder: Path,
        people: Sequence[Person] = PEOPLE,
        *,
        who: str = "new",
        mode: WriteMode = UPSERT,
        composite: bool = False,
        in_flight: int = 1,
        rows_per_call: int = 3,
        **switches: Any,
    ) -> None:
        self.fields = COMPOSITE if composite else FIELDS
        self.keys = ("EMail", "CustomerNo") if composite else ("EMail",)
        self.plan = People(people, self.fields)
        self.who = who
        self.mode = mode
        self.clock, self.watcher = FakeClock(), FakeWatcher()
        self.interruption = Interruption()
        self.credentials = Credentials("1", Secret("sandbox"))
        self.limits = Limits(
            rows_per_call=rows_per_call, attempts=2, calls_per_minute=None, in_flight=in_flight
        )
        self.path = folder / "journal.sqlite3"
        self.store = folder / "platform.sqlite3"
        self.app: Any = None
        self.sent: list[httpx.Request] = []
        Journal.create(self.path).close()
        self.sandbox()
        self._fill()
        self.sandbox(**switches)

    def sandbox(self, **switches: Any) -> None:
        """Give the platform other switches; what it stores stays."""
        if self.app is not None:
            self.app.extensions["sandbox"].close()
        given = {"store": self.store, "project": Project(key_fields=self.keys), **switches}
        self.app = create_app(SandboxSettings(slow_seconds=0, **given))

    def _fill(self) -> None:
        records = []
        for at, person in enumerate(self.plan.people):
            if person.held is None:
                continue
            keys = {f.code: self.plan.text(at, f.code) for f in self.fields if f.role == "key"}
            told = {c: str(int(h == Y)) for c, h in zip(CONSENTS, person.held, strict=True) if h}
            dated = {SINCE: EARLIER} if person.held[2] else {}
            records.append({"ID": keys, "Data": {CITY: "Laval", **told, **dated}})
        options = {"AllowInsert": True, "AllowUpdate": False}
        head = {"AuthKey": {"idKey": 1, "Key": "sandbox"}, "idProject": 1}
        answer = self._http().post(
            "/webservices/ofc4/contacts.ashx?method=Merge",
            json={**head, "Records": records, "MergeOptions": options},
        )
        assert answer.json()["Success"], answer.text
        self.before = self.held()

    def _http(self) -> httpx.Client:
        return httpx.Client(
            transport=httpx.WSGITransport(app=self.app), base_url="http://sandbox.test"
        )

    def held(self) -> dict[tuple[str, ...], tuple[str | None, ...]]:
        """What the account says: key -> an answer to each consent."""
        found = self._http().get("/_sandbox/contacts").json()["contacts"]
        words = {None: None, "1": Y, "0": N}
        return {
            tuple(one[f"f_{key}"] for key in self.keys): tuple(words[one.get(c)] for c in CONSENTS)
            for one in found
        }

    def key(self, at: int) -> tuple[str, ...]:
        return tuple(str(self.plan.text(at, f"key_f_{key}")) for key in self.keys)

    def target_for(self, mode: WriteMode) -> targets.Target:
        place = Connection("s", "dialog-insight", "http://sandbox.test", "1", "env:K", "1")
        return targets.build(place, mode=mode, fields=self.fields)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.WSGITransport(app=self.app).handle_request(request)

    def deliver(self, until: int | None = None, **more: Any) -> DeliveryEnd:
        """Deliver as a process of its own would."""
        transport = httpx.MockTransport(self.handle)
        line = Line(
            Client(60, transport, clock=self.clock),
            Pace(self.limits, self.clock),
            self.credentials,
            clock=self.clock,
            interruption=self.interruption,
            watcher=self.watcher,
        )
        means: dict[str, Any] = {
            "line": line,
            "credentials": self.credentials,
            "clock": self.clock,
            "limits": self.limits,
            "interruption": self.interruption,
            "watcher": self.watcher,
            "chance": Random(1),
            "until": until,
            **more,
        }
        with line, Journal.open(self.path) as journal:
            try:
                return self._deliver(journal, means)
            finally:
                for thread in threading.enumerate():  # a process that ends takes its lanes along
                    if thread.name == "delivery":
                        thread.join()

    def _deliver(self, journal: Journal, means: dict[str, Any]) -> DeliveryEnd:
        target = self.target_for(self.mode)
        if self.who == "unless-refused":
            return deliver_unless_refused(self.plan, journal, target=target, dates=DATES, **means)
        if not self.mode.allow_insert:
            return deliver_without_yeses(self.plan, journal, target=target, dates=DATES, **means)
        return deliver_to_new(
            self.plan, journal, mode=self.mode, target_for=self.target_for, dates=DATES, **means
        )

    def to_the_end(self, most: int = 60) -> None:
        for _ in range(most):
            if self.deliver().reason is EndReason.COMPLETE:
                return
        pytest.fail("it never came to its end")

    def verdicts(self) -> dict[int, Verdict]:
        """The last word on every contact that has one; fails where one has two."""
        found: dict[int, Verdict] = {}
        with Journal.open(self.path) as journal:
            going = going_on(journal, len(self.plan)).tolist() if self.who == "new" else []
            for batch in journal.settled_batches():
                for position, one in enumerate(batch.outcomes, batch.first):
                    assert position not in found
                    found[position] = one.verdict
            if self.mode.allow_insert:
                for position in going:
                    found.pop(position)
            for batch in journal.at_step(1).settled_batches():
                for place, one in enumerate(batch.outcomes, batch.first):
                    assert going[place] not in found
                    found[going[place]] = one.verdict
        return found

    def nobody_was_set_to_yes(self) -> None:
        """Of those who were there, nobody has a yes that they had not before."""
        now = self.held()
        for key, held in self.before.items():
            for before, after in zip(held, now[key], strict=True):
                assert after in {before, N}, key

    def all_is_as_it_should_be(self) -> None:
        now = self.held()
        for at, person in enumerate(self.plan.people):
            assert now[self.key(at)] == person.expected(self.who), at
        verdicts = self.verdicts()
        assert sorted(verdicts) == list(range(len(self.plan)))
        for at, person in enumerate(self.plan.people):
            assert verdicts[at] is (Verdict.CREATED if person.held is None else Verdict.UPDATED)


WHO = pytest.mark.parametrize("who", ["new", "unless-refused"])


@WHO
@pytest.mark.parametrize("composite", [False, True])
@pytest.mark.parametrize("in_flight", [1, 3])
def test_each_yes_goes_to_whom_it_may_and_each_no_to_everybody(
    tmp_path: Path, who: str, composite: bool, in_flight: int
) -> None:
    office = Office(tmp_path, who=who, composite=composite, in_flight=in_flight)
    assert office.deliver().reason is EndReason.COMPLETE
    office.all_is_as_it_should_be()
    assert office.watcher.rows == len(PEOPLE)


@WHO
def test_nothing_is_sent_once_everything_is_settled(tmp_path: Path, who: str) -> None:
    office = Office(tmp_path, who=who)
    office.to_the_end()
    before = len(office.sent)
    assert office.deliver().reason is EndReason.COMPLETE
    assert len(office.sent) == before


def test_update_with_yeses_only_for_new_ones_sends_none(tmp_path: Path) -> None:
    office = Office(tmp_path, mode=UPDATE)
    assert office.deliver().reason is EndReason.COMPLETE
    office.nobody_was_set_to_yes()
    assert office.held().keys() == office.before.keys()
    assert Counter(office.verdicts().values()) == {Verdict.UPDATED: 5, Verdict.REJECTED: 5}


@WHO
@pytest.mark.parametrize("first", range(1, len(PEOPLE)))
def test_a_part_first_and_the_rest_later_comes_to_the_same(
    tmp_path: Path, who: str, first: int
) -> None:
    office = Office(tmp_path, who=who)
    ended = office.deliver(until=first)
    assert ended.reason is EndReason.FIRST_REACHED
    assert sorted(office.verdicts()) == list(range(first))
    assert office.deliver().reason is EndReason.COMPLETE
    office.all_is_as_it_should_be()


@WHO
@pytest.mark.parametrize("word", ["Skipped", "Ignored", "Error", "No such contact"])
@pytest.mark.parametrize("rule", [{}, {"all_or_nothing": True}, {"shuffle": True}])
def test_whatever_word_the_platform_has_for_a_contact_that_is_not_there(
    tmp_path: Path, who: str, word: str, rule: dict[str, Any]
) -> None:
    office = Office(tmp_path, who=who, skipped_word=word, error_word=word, **rule)
    office.to_the_end()
    office.all_is_as_it_should_be()


def test_refusals_of_the_first_step_are_nobodys_last_word(tmp_path: Path) -> None:
    office = Office(tmp_path, error_word="Error", skipped_word="Error")
    told: list[tuple[int, int]] = []

    def too_many(rejected: int, settled: int) -> str | None:
        told.append((rejected, settled))
        return None

    office.deliver(too_many_rejected=too_many)
    assert {rejected for rejected, _ in told} == {0}
    assert told[-1] == (0, len(PEOPLE))


def test_too_many_refusals_of_the_second_step_end_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.plan.people = [Person((Y, Y, Y))] * 5
    unchanged = office.plan.text
    office.plan.text = lambda at, code: (  # type: ignore[method-assign]
        "x" * 200 if code == CITY else unchanged(at, code)
    )
    # Three contacts in a call; it ends after the first one.
    ended = office.deliver(too_many_rejected=lambda bad, all_: f"{bad} of {all_}" if bad else None)
    assert (ended.reason, ended.message) == (EndReason.TOO_MANY_REJECTED, "3 of 3")


def test_what_an_earlier_run_left_in_doubt_is_known_in_the_second_step_too(tmp_path: Path) -> None:
    office = Office(tmp_path)
    arrivals: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if b"Merge" in request.url.query and body["MergeOptions"]["AllowInsert"] and not arrivals:
            # Somebody, or the earlier run, makes them in the meantime.
            arrivals.extend(one["ID"][EMAIL] for one in body["Records"])
            office._http().post(str(request.url), json=body)
        return Office.handle(office, request)

    office.handle = handle  # type: ignore[method-assign]
    office.deliver(doubtful=[1, 2])
    assert arrivals == [address(1), address(3), address(6)]
    verdicts = office.verdicts()
    assert verdicts[1] is Verdict.UNKNOWN
    assert verdicts[3] is Verdict.REJECTED


# --- the process ends at any moment ---------------------------------------------------------------


class CrashError(BaseException):
    """The end of the process: nothing of ours may catch it."""


@contextmanager
def crashing(write: int, *, after: bool) -> Iterator[None]:
    """End the process at a durable write, and write nothing afterwards in whatever lane."""
    original, left = Journal._writing, [write]

    @contextmanager
    def counted(self: Journal) -> Iterator[Any]:
        left[0] -= 1
        if left[0] < 0 or (left[0] == 0 and not after):
            raise CrashError
        with original(self) as database:
            yield database
        if left[0] == 0:
            raise CrashError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "_writing", counted)
        yield


@WHO
@pytest.mark.parametrize("after", [True, False])
def test_promise_3_a_crash_at_every_durable_write_loses_and_doubles_nothing(
    tmp_path: Path, who: str, after: bool
) -> None:
    for write in range(1, 200):
        folder = tmp_path / str(write)
        folder.mkdir()
        office = Office(folder, who=who, rows_per_call=4)
        try:
            with crashing(write, after=after):
                office.deliver()
            break
        except CrashError:
            pass
        before = carried(office.sent)
        doubtful = in_doubt(office)
        office.sent.clear()
        office.to_the_end()
        assert before & carried(office.sent) <= doubtful
        office.nobody_was_set_to_yes()
        verdicts = office.verdicts()
        assert sorted(verdicts) == list(range(len(PEOPLE)))
        for at, person in enumerate(PEOPLE):
            assert office.held()[office.key(at)] == person.expected(who)
            assert verdicts[at] in (WRITTEN | {Verdict.UNKNOWN} if who == "new" else WRITTEN)
    else:
        pytest.fail("it never came to its end")
    assert write > 10


def carried(sent: Sequence[httpx.Request]) -> set[tuple[str, int]]:
    """The addresses that Merge calls carried, with the step of each."""
    merges = [json.loads(one.content) for one in sent if b"Merge" in one.url.query]
    return {
        (one["ID"][EMAIL], 0 if body["MergeOptions"]["AllowUpdate"] else 1)
        for body in merges
        for one in body["Records"]
    }


def in_doubt(office: Office) -> set[tuple[str, int]]:
    with Journal.open(office.path) as journal:
        places = {0: list(range(len(PEOPLE))), 1: going_on(journal, len(PEOPLE)).tolist()}
        return {
            (address(position), step)
            for step, positions in places.items()
            for gap in journal.at_step(step).gaps(len(positions))
            if gap.in_doubt
            for position in positions[gap.first : gap.end]
        }


# --- whatever goes wrong --------------------------------------------------------------------------

ANSWER = st.sampled_from([Y, N, None])
THREE = st.tuples(ANSWER, ANSWER, ANSWER)
SOMEBODY = st.builds(Person, THREE, st.one_of(st.none(), THREE))
SCRIPTS = st.lists(st.sampled_from([fault.value for fault in Fault]), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    people=st.lists(SOMEBODY, min_size=1, max_size=9),
    who=st.sampled_from(["new", "unless-refused"]),
    script=SCRIPTS,
    word=st.sampled_from(["Skipped", "Ignored"]),
    drop=st.integers(0, 1),
    all_or_nothing=st.booleans(),
    composite=st.booleans(),
    in_flight=st.integers(1, 3),
    until=st.integers(1, 9),
)
def test_promise_5_nobody_who_was_there_is_set_to_yes_whatever_goes_wrong(
    tmp_path_factory: pytest.TempPathFactory,
    people: list[Person],
    who: str,
    script: list[str],
    word: str,
    drop: int,
    all_or_nothing: bool,
    composite: bool,
    in_flight: int,
    until: int,
) -> None:
    office = Office(
        tmp_path_factory.mktemp("run"),
        people,
        who=who,
        composite=composite,
        in_flight=in_flight,
        faults=" ".join(script),
        skipped_word=word,
        drop_answers=drop,
        all_or_nothing=all_or_nothing,
        shuffle=True,
    )
    office.deliver(until=until)
    office.nobody_was_set_to_yes()
    office.to_the_end()
    office.nobody_was_set_to_yes()
    verdicts, now = office.verdicts(), office.held()
    assert sorted(verdicts) == list(range(len(people)))
    for at, verdict in verdicts.items():
        if verdict in WRITTEN:
            assert now[office.key(at)] == people[at].expected(who)


# --- looking contacts up --------------------------------------------------------------------------


def lookups(office: Office) -> list[str]:
    """The addresses that were asked for."""
    asked = [json.loads(one.content) for one in office.sent if b"Get" in one.url.query]
    return [one["Clause"]["ComparisonValue"] for one in asked if "Clause" in one]


def test_only_those_with_a_yes_are_looked_up_and_before_they_are_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")
    office.deliver()
    assert lookups(office) == [address(at) for at, p in enumerate(PEOPLE) if Y in p.said]
    seen: set[str] = set()
    for one in office.sent:
        body = json.loads(one.content)
        seen |= {body["Clause"]["ComparisonValue"]} if "Clause" in body else set()
        for record in body.get("Records", ()):
            said = [record["Data"].get(code) for code in CONSENTS]
            assert "1" not in said or record["ID"][EMAIL] in seen
    with Journal.open(office.path) as journal:
        assert journal.fact("contacts-looked-up") == str(len(seen))


def test_every_look_up_counts_on_the_pace(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")
    office.limits = Limits(rows_per_call=10, calls_per_minute=2)
    office.deliver()
    assert sum(office.clock.slept) >= 3 * 60  # eight calls, two a minute


def test_a_failing_look_up_is_repeated_and_at_last_ends_the_run_with_nothing_sent(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, who="unless-refused")
    office.handle = lambda request: httpx.Response(503)  # type: ignore[method-assign]
    ended = office.deliver()
    assert ended.reason is EndReason.PLATFORM_DOWN
    del office.handle
    assert carried(office.sent) == set()
    office.to_the_end()
    office.all_is_as_it_should_be()


def test_a_key_that_may_not_read_contacts_ends_the_run_with_nothing_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused", permissions="Contacts.Merge Projects.Get")
    ended = office.deliver()
    assert ended.reason is EndReason.ACCOUNT_REFUSED
    assert "does not let this key read contacts" in ended.message
    assert carried(office.sent) == set()


def test_a_contact_of_whom_the_answer_leaves_open_whether_it_is_there_gets_no_yes(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, who="unless-refused")
    reading = office.target_for(UPSERT)

    class Vague(type(reading)):  # type: ignore[misc]
        def read_lookup(self, key: Sequence[str], response: Any) -> Any:
            if key == [address(3)]:
                raise RefusedError("There may be more.", scope=Refusal.CALL)
            return super().read_lookup(key, response)

    reading.__class__ = Vague
    office.target_for = lambda mode: reading  # type: ignore[method-assign]
    assert office.deliver().reason is EndReason.COMPLETE
    assert office.held()[(address(3),)] == (None, None, None)
    assert (30, NEWS, "the account does not say") in withheld(office)


def test_a_stop_while_contacts_are_looked_up_sends_nothing_of_them(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")

    def handle(request: httpx.Request) -> httpx.Response:
        office.interruption.request(15)
        return Office.handle(office, request)

    office.handle = handle  # type: ignore[method-assign]
    assert office.deliver().reason is EndReason.INTERRUPTED
    assert carried(office.sent) == set()
    del office.handle
    office.interruption = Interruption()
    office.to_the_end()
    office.all_is_as_it_should_be()


def test_a_platform_without_look_ups_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")

    class Deaf:
        name = "deaf"

    office.target_for = lambda _: Deaf()  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(UnusableInputError, match="no call is known that reads those of deaf"):
        office.deliver()


def test_a_look_up_is_a_call_in_flight_like_others(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")
    under_way: list[httpx.Request] = []
    several = threading.Event()

    def handle(request: httpx.Request) -> httpx.Response:
        under_way.append(request)
        if len(under_way) > 1:
            several.set()
        several.wait(0.03)
        under_way.remove(request)
        return Office.handle(office, request)

    office.handle = handle  # type: ignore[method-assign]
    assert office.deliver().reason is EndReason.COMPLETE
    assert not several.is_set()


# --- what was withheld ----------------------------------------------------------------------------


def withheld(office: Office) -> list[tuple[int, str, str]]:
    find = existing_ones if office.who == "new" else refused_ones
    with Journal.open(office.path) as journal:
        tables = list(find(office.plan, journal, ISSUES))
    table = pa.concat_tables(tables)
    assert table.schema.equals(ISSUES)
    columns = [table.column(name).to_pylist() for name in ("row", "field", "detail")]
    return list(zip(*columns, strict=True))


def test_a_yes_of_somebody_who_was_there_is_listed_once_they_are_settled(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert withheld(office) == []
    office.deliver(until=3)
    why = "the contact was in the account already"
    first = [(row, code, why) for row in (0, 20) for code in CONSENTS]
    assert withheld(office) == first
    office.to_the_end()
    assert withheld(office) == [
        *first,
        *((40, code, why) for code in CONSENTS),
        (80, OFFERS, why),
    ]


def test_a_yes_that_the_account_withholds_is_listed_with_the_reason(tmp_path: Path) -> None:
    office = Office(tmp_path, who="unless-refused")
    office.to_the_end()
    no, silent = "the account says no", "the account does not say"
    assert withheld(office) == [
        *((0, code, no) for code in CONSENTS),
        *((20, code, silent) for code in CONSENTS),
        (80, OFFERS, no),
    ]


# --- views over a plan ----------------------------------------------------------------------------


def columns_of(plan: Any, first: int, end: int) -> list[tuple[int, Any]]:
    """Every contact of a stretch with its position."""
    return [
        (rows.first + at, one)
        for rows in plan.slices(first, end)
        for at, one in enumerate(rows.table.to_pylist())
    ]


STRETCH = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(sorted)


@given(stretch=STRETCH)
def test_a_plan_without_yeses_keeps_everything_else(stretch: list[int]) -> None:
    plan = People(PEOPLE, FIELDS)
    view = WithoutYeses(plan, DATES)
    assert (len(view), view.fields) == (len(plan), plan.fields)
    for (position, one), (at, other) in zip(
        columns_of(view, *stretch), columns_of(plan, *stretch), strict=True
    ):
        changed = {code: None for code in CONSENTS if other[code] == Y}
        changed |= {SINCE: None} if other[TRACKING] == Y else {}
        assert (position, one) == (at, {**other, **changed})


@given(stretch=STRETCH, at_once=st.integers(1, 12), more=STRETCH)
def test_a_buffered_plan_gives_what_the_plan_gives(
    stretch: list[int], at_once: int, more: list[int]
) -> None:
    plan = People(PEOPLE, FIELDS)
    view = Buffered(plan, at_once)
    assert (len(view), view.fields) == (len(plan), plan.fields)
    for first, end in (stretch, more):
        assert columns_of(view, first, end) == columns_of(plan, first, end)


def test_a_buffered_plan_reads_short_stretches_once() -> None:
    plan = People(PEOPLE, FIELDS)
    view = Buffered(plan)
    for first in range(10):
        fresh = People(PEOPLE, FIELDS)
        assert columns_of(view, first, first + 1) == columns_of(fresh, first, first + 1)
    assert plan.reads == 1


@given(stretch=STRETCH, chosen=st.sets(st.integers(0, len(PEOPLE) - 1)).map(sorted))
def test_selected_contacts_stand_at_positions_of_their_own(
    stretch: list[int], chosen: list[int]
) -> None:
    plan = People(PEOPLE, FIELDS)
    view = Selected(plan, np.array(chosen, dtype=np.int64))
    assert (len(view), view.fields) == (len(chosen), plan.fields)
    first, end = (min(place, len(chosen)) for place in stretch)
    whole = [one for _, one in columns_of(plan, 0, len(plan))]
    expected = [(place, whole[chosen[place]]) for place in range(first, end)]
    assert columns_of(view, first, end) == expected


def test_a_contact_that_was_not_looked_up_is_never_given_with_its_yes(tmp_path: Path) -> None:
    plan = People(PEOPLE, FIELDS)
    Journal.create(tmp_path / "journal").close()
    with Journal.open(tmp_path / "journal") as journal:
        view = WithoutWithheld(plan, journal, DATES)
        assert (len(view), view.fields) == (len(plan), plan.fields)
        with pytest.raises(DefectError):
            list(view.slices(0, 1))
        assert len(columns_of(view, 5, 8)) == 3  # they say no, or nothing
        journal.note_asked({0: {NEWS: "no"}, 1: {}})
        (_, first), (_, second) = columns_of(view, 0, 2)
    assert (first[NEWS], first[OFFERS], first[SINCE]) == (None, Y, DAY)
    assert second[NEWS] == Y


def test_contacts_with_a_yes_are_counted_once() -> None:
    assert contacts_with_a_yes(People(PEOPLE, FIELDS)) == 7
    assert contacts_with_a_yes(People(PEOPLE, FIELDS[:2])) == 0


def test_who_goes_on_is_told_up_to_the_first_of_whom_nothing_is_known(tmp_path: Path) -> None:
    from tests.plans import lose, settle

    Journal.create(tmp_path / "journal").close()
    with Journal.open(tmp_path / "journal") as journal:
        assert going_on(journal, 12).tolist() == []
        settle(journal, 6, Verdict.SKIPPED, Verdict.REJECTED)
        lose(journal, 3, 3)
        settle(journal, 0, Verdict.SKIPPED, Verdict.UPDATED, Verdict.REJECTED)
        assert going_on(journal, 12).tolist() == [0, 2]
        settle(journal, 3, Verdict.UNKNOWN, Verdict.UPDATED, Verdict.SKIPPED)
        assert going_on(journal, 12).tolist() == [0, 2, 5, 6, 7]
        assert settled_for_good(journal, 12) == 8  # in one step, every word is the last
