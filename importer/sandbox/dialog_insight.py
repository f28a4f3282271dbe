"""Dialog Insight's web services, imitated: one call in, one answer out."""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.admission import admit, read_members, refuse_too_long
from importer.sandbox.calls import Call, CallLog, Pace
from importer.sandbox.envelope import (
    Reply,
    answer_json,
    encode,
    failure,
    merge_steps,
    success,
    trace,
)
from importer.sandbox.errors import AnswerLostError, RefusalError
from importer.sandbox.failures import after_the_work, page_or_refusal, too_many
from importer.sandbox.faults import SILENT, WORKING, Fault, FaultScript, parse_faults
from importer.sandbox.grammar import (
    Grammar,
    as_number,
    contact_grammar,
    sent_keys,
    table_grammar,
)
from importer.sandbox.lookup import find_contacts
from importer.sandbox.merge import Merged, Status, merge, read_options
from importer.sandbox.methods import (
    GET,
    MERGE,
    MERGES,
    PROJECT,
    PROJECTS,
    TABLE_MERGE,
    method_name,
)
from importer.sandbox.settings import RateHeaders, Style
from importer.sandbox.store import Database, Store

if TYPE_CHECKING:
    from importer.sandbox.clock import Clock
    from importer.sandbox.merge import MergeOptions
    from importer.sandbox.project import Project
    from importer.sandbox.settings import SandboxSettings

# Method -> its own members of the envelope, as they stand when the call is refused.
_EMPTY: dict[str, dict[str, Any]] = {
    MERGE: {"CreatedRecords": 0, "UpdatedRecords": 0, "Records": None},
    TABLE_MERGE: {"CreatedRecords": 0, "UpdatedRecords": 0, "Records": None},
    GET: {"Records": None},
    PROJECT: {"ProjectInfo": None},
    PROJECTS: {"Records": None},
}


@dataclass(slots=True)
class _Visit:
    """What becomes known of one call while it is answered."""

    number: int
    time: float
    method: str
    id_request: int
    fault: Fault
    address: str
    records: list[Any] = field(default_factory=list)
    merged: Merged | None = None
    error: str | None = None

    def count(self, status: Status) -> int:
        return self.merged.count(status) if self.merged else 0


@dataclass(frozen=True, slots=True)
class Place:
    """What a Merge call writes to: the project's contacts, or one table."""

    grammar: Grammar
    store: Store


class DialogInsight:
    """The account with its one project and its tables: what it keeps, calls, faults to come."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self.settings = settings
        self.database = Database(settings.store, settings.project.id_project)
        self.contacts = Place(contact_grammar(settings), self.database.contacts())
        self.tables = {
            one.id_table: Place(table_grammar(settings, one), self.database.rows_of(one.id_table))
            for one in settings.project.tables
        }
        self.calls = CallLog(settings.keep_calls)
        self._clock = clock
        self.faults = FaultScript(parse_faults(settings.faults))
        self._rights = settings.rights
        self._pace = Pace(settings.pace)

    def stop_waiting(self) -> None:
        """End the waits of slow calls, now and from now on."""
        self._clock.close()

    def close(self) -> None:
        """Let go of what is kept; no call may follow."""
        self.database.close()

    def call(self, service: str, method: str, body: bytes, address: str = "127.0.0.1") -> Reply:
        """Answer one POST to ``<service>.ashx?method=<method>``; ``address``: where it is from.

        Raises AnswerLostError when the caller is to get no answer.
        """
        began = self._clock.monotonic()
        name = method_name(service, method)
        visit = _Visit(
            number=self.calls.next_number(),
            time=self._clock.now(),
            method=name,
            id_request=self.database.next_request(),
            fault=self.faults.take() if name in MERGES else Fault.OK,
            address=address,
        )
        reply = self._with_rates(self._answer(visit, body))
        self._remember(visit, reply)
        self._delay(visit.fault, began)
        if visit.fault in SILENT:
            raise AnswerLostError(f"sandbox: call {visit.number} gets no answer ({visit.fault})")
        return reply

    def _delay(self, fault: Fault, began: float) -> None:
        slow = self.settings.slow_seconds if fault is Fault.SLOW else 0
        worked = self._clock.monotonic() - began
        if (seconds := max(0.0, self.settings.latency_seconds - worked) + slow) > 0:
            self._clock.wait(seconds)

    def _with_rates(self, reply: Reply) -> Reply:
        left, told = self._pace.allowance(self._clock.monotonic()), self.settings.rate_headers
        if left is None or told is RateHeaders.NONE:
            return reply
        since = self._clock.now() if told is RateHeaders.EPOCH else 0.0
        return replace(reply, headers=(*reply.headers, *left.headers(since)))

    def _answer(self, visit: _Visit, body: bytes) -> Reply:
        try:
            refuse_too_long(len(body), self.settings.max_bytes)
            members = self._read(visit, body)
            if visit.fault not in WORKING:
                return page_or_refusal(visit.fault, self.settings.retry_after_seconds, visit.time)
            self._keep_pace()
            admit(visit.method, members, self.settings.project, self._rights, visit.address)
            answer, steps = self._work(visit, members)
        except RefusalError as refusal:
            reply = self._refusal(visit, refusal)
        else:
            reply = self._reply(visit, success(answer), steps)
        return after_the_work(visit.fault, reply)

    def _read(self, visit: _Visit, body: bytes) -> dict[str, Any]:
        members = read_members(body)
        records = members.get("Records")
        if visit.method in MERGES and isinstance(records, list):
            visit.records = records
        return members

    def _keep_pace(self) -> None:
        wait = self._pace.take(self._clock.monotonic())
        if wait > 0:
            told = self.settings.retry_after
            raise too_many((("Retry-After", str(math.ceil(wait))),) if told else ())

    def _refusal(self, visit: _Visit, refusal: RefusalError) -> Reply:
        visit.error = refusal.code
        enveloped = self.settings.style is Style.ENVELOPE and not refusal.always
        return self._reply(
            visit,
            failure(_EMPTY.get(visit.method, {}), refusal),
            [f"Refused: {refusal.message}"],
            status=200 if enveloped else refusal.status,
            headers=refusal.headers,
        )

    def _reply(
        self,
        visit: _Visit,
        answer: dict[str, Any],
        steps: list[str],
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Reply:
        answer["idRequest"] = visit.id_request
        answer["Trace"] = trace(visit.method, visit.time, steps)
        return Reply(status, encode(answer, compact=self.settings.compact), headers=headers)

    def _work(self, visit: _Visit, members: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        if visit.method in MERGES:
            return self._merge(visit, self._place(visit.method, members), members)
        if visit.method == GET:
            found = find_contacts(members.get("Clause"), self.contacts.grammar, self.contacts.store)
            return {"Records": found}, [f"Records found: {len(found)}"]
        project = self.settings.project
        if visit.method == PROJECT:
            return {"ProjectInfo": _described(project)}, []
        listed = {"idProject": project.id_project, "ProjectName": project.name}
        return {"Records": [listed]}, []

    def _place(self, method: str, members: dict[str, Any]) -> Place:
        if method == MERGE:
            return self.contacts
        return self.tables[as_number(members["idTable"]) or 0]

    def _merge(
        self, visit: _Visit, place: Place, members: dict[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        options = read_options(members.get("MergeOptions"), self.settings)
        candidates = place.grammar.read(members.get("Records"))
        with place.store.lock:
            merged = merge(candidates, options, place.grammar, place.store)
            if self.settings.all_or_nothing:
                _refuse_any_error(merged)
            place.store.write(merged.created, merged.updated)
        visit.merged = merged
        answer = {
            "CreatedRecords": len(merged.created),
            "UpdatedRecords": len(merged.updated),
            "Records": self._records(visit, place.grammar, merged, options),
        }
        return answer, merge_steps(merged, options)

    def _records(
        self, visit: _Visit, grammar: Grammar, merged: Merged, options: MergeOptions
    ) -> list[dict[str, Any]]:
        settings = self.settings
        told = [answer_json(one, options, grammar, settings) for one in merged.answers]
        chance = random.Random(settings.seed * 1_000_003 + visit.number)  # noqa: S311 -- not a secret
        for _ in range(min(settings.drop_answers, len(told))):
            del told[chance.randrange(len(told))]
        told.extend(_stranger(grammar, number) for number in range(settings.strangers))
        if settings.shuffle:
            chance.shuffle(told)
        return told

    def _remember(self, visit: _Visit, reply: Reply) -> None:
        records = visit.records
        written = orjson.dumps(records)
        keys = orjson.dumps(sent_keys(records)) if self.settings.log_keys else None
        self.calls.add(
            Call(
                number=visit.number,
                time=visit.time,
                method=visit.method,
                id_request=visit.id_request,
                fault=visit.fault.value,
                status=None if visit.fault in SILENT else reply.status,
                error=visit.error,
                records=len(records),
                sha256=hashlib.sha256(written).hexdigest() if visit.method in MERGES else None,
                keys=keys if visit.method in MERGES else None,
                created=visit.count(Status.CREATED),
                updated=visit.count(Status.UPDATED),
                skipped=visit.count(Status.SKIPPED),
                errors=visit.count(Status.ERROR),
            )
        )


def _described(project: Project) -> dict[str, Any]:
    """``ProjectInfo``, with those attributes of a field that are known and no others."""
    return {
        "ProjectFields": [
            {
                "Code": one.code,
                "isRequired": one.required,
                "Labels": [{"Value": one.label or one.code}],
            }
            for one in project.fields
        ],
        "OptinFields": [
            {"Code": one.code, "Labels": [{"Value": one.label or one.code}]}
            for one in project.optins
        ],
    }


def _refuse_any_error(merged: Merged) -> None:
    for position, answer in enumerate(merged.answers):
        if answer.status is Status.ERROR:
            reason = (answer.message or "").removeprefix("sandbox: ")
            raise RefusalError("RecordRefused", f"Records[{position}]: {reason}")


def _stranger(grammar: Grammar, number: int) -> dict[str, Any]:
    sent_id = {f"key_{name}": f"stranger{number}@example.test" for name in grammar.key_names}
    return {
        "IdRecord": None,
        "Status": "Updated",
        "ValidationResult": "OK",
        "Message": "sandbox: nobody sent this one",
        "ID": sent_id,
        "Data": None,
        "Record": None,
    }
