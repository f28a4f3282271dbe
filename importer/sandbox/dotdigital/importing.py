"""One import of contacts, carried out: who is created, who is updated, what failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from importer.sandbox.dotdigital.settings import Echo, FailureCodes
from importer.sandbox.dotdigital.values import folded
from importer.sandbox.dotdigital.writing import is_suppressed, lists_address, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from importer.sandbox.dotdigital.contacts import Contacts, Name, Person
    from importer.sandbox.dotdigital.findings import Problem
    from importer.sandbox.dotdigital.sections import MergeOption, Sections
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

_DUPLICATE, _SUPPRESSED = "Duplicate", "GloballySuppressed"
# Two documents spell the codes, and name this one, differently.
_CAMEL = {_DUPLICATE: "duplicateIdentifier"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A contact of an import as sent and as read. ``matched``: the identifier it goes by."""

    sent: dict[str, Any]
    sections: Sections
    matched: str | None
    problems: Sequence[Problem]


@dataclass(slots=True)
class Results:
    """What an import's answer says, before the switches that spoil it."""

    created: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    suppressed: int = 0
    invalid: int = 0
    duplicates: int = 0

    def summary(self) -> dict[str, int]:
        """The counts, by their documented names."""
        return {
            "newContacts": len(self.created),
            "updatedContacts": len(self.updated),
            "globallySuppressed": self.suppressed,
            "invalidEntries": self.invalid,
            "duplicateIdentifiers": self.duplicates,
        }

    def spoil(self, settings: DotdigitalSettings, chance: Random) -> None:
        """Leave contacts out, add some nobody sent, mix the order: whatever the switches say."""
        parts = (self.created, self.updated, self.failures)
        for _ in range(min(settings.drop_results, sum(map(len, parts)))):
            part = chance.choice([one for one in parts if one])
            del part[chance.randrange(len(part))]
        self.updated.extend(
            {"contactId": number + 1, "identifiers": {"email": f"stranger{number}@example.test"}}
            for number in range(settings.strangers)
        )
        if settings.shuffle:
            for part in parts:
                chance.shuffle(part)


class Application:
    """Applies an import's contacts in their order. ``created`` and ``updated`` are to be stored.

    Hold the contacts' lock until they are.
    """

    def __init__(
        self, readings: Sequence[Reading], option: MergeOption, contacts: Contacts
    ) -> None:
        self._readings = readings
        self._option = option
        self._contacts = contacts
        self._settings = contacts.settings
        self._now = contacts.clock.now()
        self.results = Results()
        self.created: list[Person] = []
        self.updated: list[Person] = []
        names = {name for one in readings if not one.problems for name in _names_of(one.sections)}
        self._owners: dict[Name, int] = contacts.owners(names)
        numbers = {*self._owners.values()} | {
            one.sections.contact_id for one in readings if one.sections.contact_id is not None
        }
        self._people: dict[int, Person] = contacts.by_ids(list(numbers))
        self._seen: set[Name] = set()
        self._touched: set[int] = set()

    def run(self) -> None:
        """Apply them all."""
        for reading in self._readings:
            if reading.problems:
                self.results.invalid += 1
                told = [(one.code, f"sandbox: {one.description}") for one in reading.problems]
                self._fail(reading, told)
            else:
                self._apply(reading)

    def _apply(self, reading: Reading) -> None:
        sections = reading.sections
        name, person = self._match(reading)
        if name in self._seen or (person is not None and person.id in self._touched):
            self.results.duplicates += 1
            self._fail(
                reading, [(_DUPLICATE, "sandbox: this contact stands earlier in the import")]
            )
            return
        self._seen.add(name)
        own = None if person is None else person.id
        if any(self._owners.get(one, own) != own for one in _names_of(sections)):
            self.results.duplicates += 1
            self._fail(reading, [(_DUPLICATE, "sandbox: another contact has this identifier")])
        elif person is not None:
            self._write(reading, person)
        elif reading.matched == "contactId":
            self._refuse(reading, "InvalidContactId", "there is no such contact")
        elif not sections.identifiers.keys() & {"email", "mobileNumber"}:
            self._refuse(reading, "NoValidIdentifiers", "a new contact needs an email or a mobile")
        elif is_suppressed(sections.identifiers.get("email"), self._settings):
            self.results.suppressed += 1
            self._fail(reading, [(_SUPPRESSED, "sandbox: the address is suppressed")])
        else:
            self._write(reading, None)

    def _match(self, reading: Reading) -> tuple[Name, Person | None]:
        """What makes another contact of the import the same one, and who is meant."""
        sections = reading.sections
        if reading.matched == "contactId":
            number = sections.contact_id or 0
            return ("contactId", str(number)), self._people.get(number)
        matched = str(reading.matched)
        name = (matched, folded(matched, sections.identifiers[matched]))
        owner = self._owners.get(name)
        return name, None if owner is None else self._people[owner]

    def _write(self, reading: Reading, person: Person | None) -> None:
        failures = self._withheld(reading.sections, person)
        before = frozenset() if person is None else person.names()
        settings, account = self._settings, self._contacts.account
        done = write(person, reading.sections, self._option, account, settings, self._now)
        who = done.person
        if done.created:
            who.id = self._contacts.new_id()
            self._people[who.id] = who
            self.created.append(who)
        else:
            self.updated.append(who)
            if who.email.get("status") == "suppressed":
                self.results.suppressed += 1
                failures.append((_SUPPRESSED, "sandbox: the contact stays suppressed"))
        self._rename(who, before)
        self._touched.add(who.id)
        told = self.results.created if done.created else self.results.updated
        told.append({"contactId": who.id, "identifiers": self._echo(reading)})
        if failures or done.failures:
            self._fail(reading, [*failures, *done.failures], who.id)

    def _withheld(self, sections: Sections, person: Person | None) -> list[tuple[str, str]]:
        """What the switches make fail beside an update."""
        address = sections.identifiers.get("email")
        if address is None and person is not None:
            address = person.identifiers.get("email")
        failures = []
        if sections.consents and lists_address(self._settings.consent_failures, address):
            sections.consents = []
            failures.append(("consentRecordsNotApplied", "sandbox: as the settings say"))
        if lists_address(self._settings.partial_failure, address):
            failures.append(("preferencesNotApplied", "sandbox: as the settings say"))
        return failures

    def _rename(self, who: Person, before: frozenset[Name]) -> None:
        after = who.names()
        for name in before - after:
            self._owners.pop(name, None)
        for name in after - before:
            self._owners[name] = who.id

    def _refuse(self, reading: Reading, code: str, description: str) -> None:
        self.results.invalid += 1
        self._fail(reading, [(code, f"sandbox: {description}")])

    def _fail(
        self, reading: Reading, failures: Sequence[tuple[str, str]], number: int | None = None
    ) -> None:
        told: dict[str, Any] = {} if number is None else {"contactId": number}
        told["matchIdentifier"] = reading.matched
        told["identifiers"] = self._echo(reading)
        told["failures"] = [
            {"failureCode": self._spelled(code), "description": description}
            for code, description in failures
        ]
        self.results.failures.append(told)

    def _spelled(self, code: str) -> str:
        if self._settings.failure_codes is FailureCodes.PASCAL:
            return code
        return _CAMEL.get(code, code[0].lower() + code[1:])

    def _echo(self, reading: Reading) -> dict[str, Any]:
        sent: dict[str, Any] = reading.sent.get("identifiers") or {}
        if self._settings.echo_identifiers is Echo.AS_SENT:
            return sent
        return {
            name: folded(name, value) if isinstance(value, str) else value
            for name, value in sent.items()
        }


def _names_of(sections: Sections) -> list[Name]:
    return [(name, folded(name, value)) for name, value in sections.identifiers.items()]
