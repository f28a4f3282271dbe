"""Version 3's imports: taken, worked off while the caller asks how they do, and kept.

An import is carried out when it is taken; its answers only say so later, as the switches want.
"""

from __future__ import annotations

import re
import uuid
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.dotdigital.bodies import WrongTypeError, misplaced, parse
from importer.sandbox.dotdigital.importing import Application, Reading
from importer.sandbox.dotdigital.refusals import (
    BAD_JSON,
    BAD_REQUEST,
    IMPORT_NOT_FOUND,
    INVALID_ID,
    NO_CONTACTS,
    TOO_MANY_IMPORTS,
    ApiRefusal,
)
from importer.sandbox.dotdigital.sections import MergeOption
from importer.sandbox.dotdigital.settings import ImportEnd
from importer.sandbox.dotdigital.shapes import MISSING_IDENTIFIERS, ContactShape

if TYPE_CHECKING:
    from importer.sandbox.clock import Clock
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.contacts import Contacts
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

_TABLE = """
CREATE TABLE IF NOT EXISTS person_import (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, taken REAL NOT NULL,
    polls INTEGER NOT NULL, answers INTEGER NOT NULL, result BLOB NOT NULL);
"""
_OPTIONS = {
    "overwrite": MergeOption.OVERWRITE,
    "overwriteIfNotEmpty": MergeOption.IF_NOT_EMPTY,
    "overwriteIfEmpty": MergeOption.IF_EMPTY,
}
_ENDS = {
    ImportEnd.FINISHED: "Finished",
    ImportEnd.WATCHDOG: "RejectedByWatchdog",
    ImportEnd.FAILED: "Failed",
    ImportEnd.OVER_ALLOWANCE: "ExceedsAllowedContactLimit",
}
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ABANDONED_AFTER = 3600.0  # seconds; an import nobody asks about ends some time, too


class Imports:
    """The imports of an account; they survive a restart where the contacts do."""

    def __init__(
        self, contacts: Contacts, account: Account, settings: DotdigitalSettings, clock: Clock
    ) -> None:
        self._contacts = contacts
        self._settings = settings
        self._clock = clock
        self._shape = ContactShape(account, settings)
        self._db = contacts.database.connection
        with contacts.lock:
            self._db.executescript(_TABLE)

    def start(self, body: bytes) -> dict[str, Any]:
        """``PUT /contacts/v3/import``: the ``importId``, for a 202. Raises ApiRefusal."""
        if len(body) > self._settings.max_bytes:
            raise ApiRefusal(
                self._settings.oversize_status,
                BAD_REQUEST,
                f"sandbox: the body has more than {self._settings.max_bytes} bytes",
            )
        sent = parse(body, code=BAD_JSON)
        option = _merge_option(body, sent)
        readings = self._read(body, sent)
        with self._contacts.database.transaction():
            if self.active() >= self._settings.active_imports:
                raise ApiRefusal(
                    429,
                    TOO_MANY_IMPORTS,
                    f"sandbox: {self._settings.active_imports} imports are under way",
                )
            import_id = self._carry_out(readings, option)
        return {"importId": import_id}

    def status(self, import_id: str) -> dict[str, Any]:
        """``GET /contacts/v3/import/{importId}``. Raises ApiRefusal."""
        if not _GUID.fullmatch(import_id):
            text = f"The id value '{import_id}' is invalid for the identifier 'importId'"
            raise ApiRefusal(400, INVALID_ID, text, [("importId", text)])
        question = "SELECT taken, polls, answers, result FROM person_import WHERE id = ?"
        with self._contacts.lock:
            row = self._db.execute(question, (import_id.lower(),)).fetchone()
            if row is None or self._is_forgotten(row[2]):
                raise ApiRefusal(
                    404,
                    IMPORT_NOT_FOUND,
                    "sandbox: there is no such import",
                    [(import_id, "not found")],
                )
            taken, polls, _, result = row
            ended = self._has_ended(taken, polls)
            counter = "answers" if ended else "polls"
            counting = f"UPDATE person_import SET {counter} = {counter} + 1 WHERE id = ?"  # noqa: S608 -- a name of ours
            self._db.execute(counting, (import_id.lower(),))
        told: dict[str, Any] = {"importId": import_id.lower()}
        return told | (orjson.loads(result) if ended else {"status": "NotFinished"})

    def active(self) -> int:
        """How many imports are under way."""
        now = self._clock.now()
        question = """
            SELECT count(*) FROM person_import
            WHERE (polls < ? OR taken + ? > ?) AND taken + ? > ?"""
        settings = self._settings
        terms = (settings.polls, settings.import_seconds, now, _ABANDONED_AFTER, now)
        with self._contacts.lock:
            return int(self._db.execute(question, terms).fetchone()[0])

    def _has_ended(self, taken: float, polls: int) -> bool:
        settings = self._settings
        return polls >= settings.polls and taken + settings.import_seconds <= self._clock.now()

    def _is_forgotten(self, answers: int) -> bool:
        return self._settings.keep_results is not None and answers >= self._settings.keep_results

    def _read(self, body: bytes, sent: dict[str, Any]) -> list[Reading]:
        contacts = sent.get("contacts")
        if contacts is None or contacts == []:
            raise ApiRefusal(400, NO_CONTACTS, "sandbox: no contacts are in the import")
        if not isinstance(contacts, list):
            raise misplaced(body, ("contacts",))
        readings = []
        try:
            for index, one in enumerate(contacts):
                sections, matched, problems = self._shape.read_matched(one, ("contacts", index))
                readings.append(Reading(one, sections, matched, problems))
        except WrongTypeError as wrong:
            raise misplaced(body, wrong.place) from None
        _refuse_any(readings)
        return readings

    def _carry_out(self, readings: list[Reading], option: MergeOption) -> str:
        last = self._db.execute("SELECT coalesce(max(number), 0) FROM person_import").fetchone()
        number = int(last[0]) + 1
        chance = Random(self._settings.seed * 1_000_003 + number)  # noqa: S311 -- not a secret
        import_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        row = (number, import_id, self._clock.now(), 0, 0, self._result(readings, option, chance))
        self._db.execute("INSERT INTO person_import VALUES (?, ?, ?, ?, ?, ?)", row)
        return import_id

    def _result(self, readings: list[Reading], option: MergeOption, chance: Random) -> bytes:
        """Write the contacts, unless the import ends otherwise: then nothing of it is kept."""
        end = self._settings.import_status
        if end is not ImportEnd.FINISHED:
            return orjson.dumps({"status": _ENDS[end]})
        application = Application(readings, option, self._contacts)
        application.run()
        allowance = self._settings.contact_allowance
        total = self._contacts.count() + len(application.created)
        if application.created and allowance is not None and total > allowance:
            return orjson.dumps({"status": _ENDS[ImportEnd.OVER_ALLOWANCE]})
        self._contacts.write(application.created, application.updated)
        results = application.results
        summary = results.summary()
        results.spoil(self._settings, chance)
        return orjson.dumps(
            {
                "status": _ENDS[end],
                "summary": summary,
                "created": results.created,
                "updated": results.updated,
                "failures": results.failures,
            }
        )


def _merge_option(body: bytes, sent: dict[str, Any]) -> MergeOption:
    word = sent.get("mergeOption")
    if word is None:
        return MergeOption.OVERWRITE
    if not isinstance(word, str):
        raise misplaced(body, ("mergeOption",))
    if word not in _OPTIONS:
        raise ApiRefusal(
            400,
            BAD_REQUEST,
            "sandbox: mergeOption is not known",
            [("mergeOption", f"{word} is none of {', '.join(_OPTIONS)}")],
        )
    return _OPTIONS[word]


def _refuse_any(readings: list[Reading]) -> None:
    """Refuse the call for what the switches say refuses a call."""
    details = [
        (f"contacts[{index}].{one.item}", one.description)
        for index, reading in enumerate(readings)
        for one in reading.problems
        if one.refuses
    ]
    if details:
        known = details[0][1]
        text = known if known == MISSING_IDENTIFIERS else f"sandbox: {known}"
        raise ApiRefusal(400, BAD_REQUEST, text, details)
