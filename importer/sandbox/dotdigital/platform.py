"""Dotdigital's API, imitated: one call in, one answer out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.calls import Call
from importer.sandbox.dotdigital import calling, metadata, single, v2
from importer.sandbox.dotdigital.bulk import Imports
from importer.sandbox.dotdigital.calling import Asked, Route, route_of, sent_contacts
from importer.sandbox.dotdigital.contacts import Contacts
from importer.sandbox.dotdigital.failing import forbidden, scripted, unauthorized, unknown
from importer.sandbox.dotdigital.limiter import Limiter, Tier
from importer.sandbox.dotdigital.refusals import ApiRefusal
from importer.sandbox.dotdigital.settings import PollTier, RateScheme
from importer.sandbox.dotdigital.v2 import MessageRefusal, Rooms
from importer.sandbox.envelope import Reply
from importer.sandbox.errors import AnswerLostError
from importer.sandbox.failures import after_the_work
from importer.sandbox.faults import SILENT, WORKING, Fault

if TYPE_CHECKING:
    from importer.sandbox.calls import CallLog
    from importer.sandbox.clock import Clock
    from importer.sandbox.faults import FaultScript
    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.store import Database

PREFIXES = ("contacts", "configuration", "v2")
_PLAIN = "text/plain; charset=utf-8"
_MOST_BOOKS = 1000  # documented: what select may be
_CAPPED = "Your account has generated excess API activity and is being temporarily capped."


@dataclass(slots=True)
class _Visit:
    """What becomes known of one call while it is answered."""

    number: int
    time: float
    asked: Asked
    route: Route
    fault: Fault
    contacts: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    error: str | None = None


class Dotdigital:
    """The account with its contacts and its imports.

    ``faults`` and ``calls`` are those of the whole sandbox.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        clock: Clock,
        faults: FaultScript,
        database: Database,
        calls: CallLog,
    ) -> None:
        self.settings = settings.dotdigital
        self.account = settings.dotdigital.account
        self.contacts = Contacts(database, self.account, self.settings, clock)
        self.imports = Imports(self.contacts, self.account, self.settings, clock)
        self._shared = settings
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._limiter = Limiter(self.settings, clock)
        self._rooms = Rooms(self.contacts, self.account, self.settings, clock)

    def answer(self, asked: Asked) -> Reply:
        """Answer one call. Raises AnswerLostError when the caller is to get no answer."""
        began = self._clock.monotonic()
        found = route_of(asked)
        known = found is not None
        route = found or Route(f"{asked.method} {asked.path[:80]}")
        visit = _Visit(
            number=self._calls.next_number(),
            time=self._clock.now(),
            asked=asked,
            route=self._tiered(route),
            fault=self._faults.take() if known and route.writes else Fault.OK,
        )
        if known:
            visit.contacts, visit.keys = sent_contacts(route, asked.body)
        reply = self._answer(visit, known=known)
        self._remember(visit, reply)
        self._delay(visit, began)
        if visit.fault in SILENT:
            raise AnswerLostError(f"sandbox: call {visit.number} gets no answer ({visit.fault})")
        return reply

    def _tiered(self, route: Route) -> Route:
        if route.name == calling.GET_IMPORT and self.settings.poll_tier is PollTier.UNLIMITED:
            return replace(route, tier=Tier.UNLIMITED)
        return route

    def _delay(self, visit: _Visit, began: float) -> None:
        slow = self._shared.slow_seconds if visit.fault is Fault.SLOW else 0
        polls = visit.route.name == calling.GET_IMPORT  # which are answered at once
        least = 0.0 if polls else self._shared.latency_seconds
        if (seconds := max(0.0, least - (self._clock.monotonic() - began)) + slow) > 0:
            self._clock.wait(seconds)

    def _answer(self, visit: _Visit, *, known: bool) -> Reply:
        try:
            if visit.asked.credentials != (self.account.user, self.account.password):
                raise unauthorized(visit.asked)
            if self.settings.other_region and visit.route.name != calling.ACCOUNT_INFO:
                return forbidden()
            if not known:
                raise unknown(visit.asked)
            if visit.fault not in WORKING:
                return self._scripted(visit)
            if not self._limiter.take(visit.route.tier):
                return self._too_many(visit)
            reply = self._work(visit)
        except (ApiRefusal, MessageRefusal) as refusal:
            reply = _refused(visit, refusal)
        return after_the_work(visit.fault, self._with_rates(visit.route.tier, reply))

    def _with_rates(self, tier: Tier, reply: Reply) -> Reply:
        return replace(reply, headers=(*reply.headers, *self._limiter.headers(tier)))

    def _too_many(self, visit: _Visit) -> Reply:
        """Beyond the pace. Flat: documented; tiered: the headers are, the body is not known."""
        if self.settings.rate_scheme is RateScheme.FLAT:
            prose = f"{_CAPPED} Please contact support."
            return _refused(visit, MessageRefusal(400, prose, "ERROR_APIUSAGE_EXCEEDED"))
        return Reply(429, b"", headers=self._limiter.headers(visit.route.tier))

    def _scripted(self, visit: _Visit) -> Reply:
        seconds = self._shared.retry_after_seconds
        spent = self._limiter.spent(visit.route.tier, seconds)
        return scripted(visit.fault, visit.asked, spent, seconds, visit.time)

    # --- the work ----------------------------------------------------------------------------

    def _work(self, visit: _Visit) -> Reply:
        if visit.asked.is_v2 or visit.route.name == calling.GET_IDENTIFIERS:
            return self._account_work(visit)
        return self._contact_work(visit)

    def _contact_work(self, visit: _Visit) -> Reply:
        asked, route = visit.asked, visit.route
        where = (self.contacts, self.account, self.settings)
        named = (route.identifier, route.value)
        match route.name:
            case calling.PATCH_CONTACT:
                option = asked.query.get("merge-option", "overwrite")
                return _written(visit, *single.patch(*where, *named, option, asked.body))
            case calling.PUT_CONTACT:
                return _written(visit, *single.replaced(*where, *named, asked.body))
            case calling.POST_CONTACT:
                return _written(visit, *single.create(*where, asked.body))
            case calling.GET_CONTACT:
                return _json(single.get(self.contacts, self.account, *named))
            case calling.DELETE_CONTACT:
                return _json(single.delete(self.contacts, self.account, *named))
            case calling.PUT_IMPORT:
                return _json(self.imports.start(asked.body), 202)
            case _:
                return _json(self.imports.status(route.value))

    def _account_work(self, visit: _Visit) -> Reply:
        asked, value = visit.asked, visit.route.value
        match visit.route.name:
            case calling.POST_V2_CONTACT:
                answer, created = v2.with_consent_and_preferences(self._rooms, asked.body)
                visit.created, visit.updated = int(created), int(not created)
                return _json(answer, 201)  # documented for updates too
            case calling.PUT_V2_CHOICES:
                v2.set_preferences(self._rooms, value, asked.body)
                visit.updated = 1
                return Reply(200, b"")
            case calling.GET_V2_CHOICES:
                chosen = v2.found(self._rooms, value).preferences
                return _json(metadata.preferences(self.account, chosen))
            case calling.GET_V2_CONTACT:
                return _json(v2.contact_of(v2.found(self._rooms, value)))
            case calling.SERVER_TIME:
                return Reply(200, metadata.server_time(visit.time).encode(), _PLAIN)
            case name:
                return _json(self._told(name, asked))

    def _told(self, name: str, asked: Asked) -> Any:
        match name:
            case calling.ACCOUNT_INFO:
                calls = self._limiter.last_hour()
                return metadata.account_info(self.account, self.settings, asked.origin, calls)
            case calling.DATA_FIELDS:
                return metadata.data_fields(self.account)
            case calling.PREFERENCES:
                return metadata.preferences(self.account)
            case calling.ADDRESS_BOOKS:
                return self._address_books(asked)
            case _:
                return metadata.custom_identifiers(self.account)

    def _address_books(self, asked: Asked) -> list[dict[str, Any]]:
        numbers = {}
        for name, default in (("skip", 0), ("select", _MOST_BOOKS)):
            sent = asked.query.get(name, str(default))
            if not sent.isdecimal() or int(sent) > (_MOST_BOOKS if name == "select" else 10**9):
                raise MessageRefusal(400, f"sandbox: {name} is not right.", "ERROR_INVALID_REQUEST")
            numbers[name] = int(sent)
        members: dict[int, int] = {}
        for person in self.contacts.scan():
            for one in () if person.binned else person.lists:
                members[one] = members.get(one, 0) + 1
        return metadata.address_books(self.account, members, numbers["skip"], numbers["select"])

    def _remember(self, visit: _Visit, reply: Reply) -> None:
        writes = visit.route.writes
        logged = writes and self._shared.log_keys
        written = orjson.dumps(visit.contacts)
        self._calls.add(
            Call(
                number=visit.number,
                time=visit.time,
                method=visit.route.name,
                id_request=0,  # Dialog Insight's alone
                fault=visit.fault.value,
                status=None if visit.fault in SILENT else reply.status,
                error=visit.error,
                records=len(visit.contacts),
                sha256=hashlib.sha256(written).hexdigest() if writes else None,
                keys=orjson.dumps(visit.keys) if logged else None,
                created=visit.created,
                updated=visit.updated,
                skipped=0,
                errors=0,
            )
        )


def _json(answer: Any, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(answer))


def _written(visit: _Visit, status: int, answer: dict[str, Any]) -> Reply:
    visit.created, visit.updated = int(status == 201), int(status == 200)
    return _json(answer, status)


def _refused(visit: _Visit, refusal: ApiRefusal | MessageRefusal) -> Reply:
    if isinstance(refusal, MessageRefusal):
        visit.error = refusal.message
        return _json(refusal.as_json(), refusal.status)
    visit.error = refusal.code
    return replace(_json(refusal.as_json(), refusal.status), headers=refusal.headers)
