"""Runs against the imitated Dotdigital: the shipped samples, answers that come later, a stop."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from importer.sandbox import DotdigitalSettings
from importer.sandbox.dotdigital.account import Account, ContactList
from tests.runs.crossing import Gate, gated
from tests.runs.test_interrupted import resumed
from tests.runs.workshop import KEY, TOP, Workshop, bytes_below

ADA = "ada.lovelace@example.org"
PEOPLE = """\
name: readers
target: {target}
columns:
  Email: id.email
  First: data.FIRSTNAME
  Points: {{field: data.LOYALTY_POINTS, type: integer}}
"""


class Room(Workshop):
    """A workshop whose platform is Dotdigital."""

    def platform(self, **switches: Any) -> None:
        self.sandbox(dotdigital=DotdigitalSettings(**switches))

    def listed(self) -> dict[str, dict[str, Any]]:
        """What the platform keeps, by address."""
        kept = self._get("/_sandbox/dotdigital/contacts")["contacts"]
        return {one["identifiers"].get("email", ""): one for one in kept}

    def mails(self) -> dict[str, int]:
        """How often each person was mailed."""
        kept = self._get("/_sandbox/dotdigital/mails")["mails"]
        return {one["email"]: one["confirmation"] for one in kept}

    def methods(self) -> Counter[str]:
        return Counter(call["method"] for call in self._get("/_sandbox/calls")["calls"])

    def sample(self, stem: str) -> int:
        """Import a shipped sample with the mapping of its name; gives the exit code."""
        (path,) = [p for p in (TOP / "sample_data").iterdir() if p.stem == stem]
        mapping = TOP / "mappings" / f"{stem}.yaml"
        done = self.importer("run", str(path), "-m", str(mapping), "-c", "sandbox", "--yes")
        return done.code

    def readers(self, count: int, target: str = "dotdigital", more: str = "") -> str:
        """Write a mapping and a file of good rows: reader1@example.com, …

        ``more``: the end of the mapping.
        """
        if target == "dotdigital-v2":
            more += "consent: {left_out: no}\n"
        self.write("mappings/readers.yaml", PEOPLE.format(target=target) + more)
        rows = [f"reader{n}@example.com,First{n},{n}" for n in range(1, count + 1)]
        self.write("readers.csv", "\n".join(["Email,First,Points", *rows, ""]))
        return "readers.csv"


@pytest.fixture
def room(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Room:
    """A workshop that is the current folder, with Dotdigital's switches as they are."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SANDBOX_KEY", KEY)
    made = Room(folder, capsys)
    monkeypatch.setattr("importer.assembly.means", made.means)
    made.platform()
    return made


# --- the shipped samples --------------------------------------------------------------------------


def test_the_sample_of_one_contact_writes_identifiers_and_typed_values(room: Room) -> None:
    assert room.sample("dotdigital-contact") == 0
    ada = room.listed()[ADA]
    assert ada["identifiers"] == {"email": ADA, "mobileNumber": "15145550123", "crm-id": "C-0042"}
    assert ada["data"] == {
        "FIRSTNAME": "Ada",
        "LASTNAME": "Lovelace",
        "LOYALTY_POINTS": 1280,
        "VIP": True,
        "BIRTHDAY": "1990-12-10T00:00:00Z",
    }
    assert room.totals() == {"created": 1}
    assert room.sample("dotdigital-contact") == 0
    assert room.totals() == {"updated": 1}


def test_promise_4_in_the_sample_of_erasing_only_the_blank_that_may_erases(room: Room) -> None:
    room.write(
        "mappings/before.yaml",
        "name: before\ntarget: dotdigital\ncolumns: {Email: id.email}\n"
        "constants: {data.NOTES: old, data.FIRSTNAME: Old}\n",
    )
    room.write("before.csv", f"Email\n{ADA}\ngrace.hopper@example.com\n")
    room.importer("run", "before.csv", "-m", "before", "-c", "sandbox", "--yes")
    assert room.sample("dotdigital-clear") == 0
    kept = {address: one["data"] for address, one in room.listed().items()}
    assert kept == {
        ADA: {"FIRSTNAME": "Ada", "CITY": "London"},
        "grace.hopper@example.com": {
            "FIRSTNAME": "Old",
            "NOTES": "Met at the fair",
            "CITY": "New York",
        },
    }


def test_the_sample_of_lists_adds_by_number_and_by_name(room: Room) -> None:
    assert room.sample("dotdigital-lists") == 0
    assert [one["lists"] for one in room.listed().values()] == [[4101, 4103], [4103], [4101]]


def test_the_sample_of_preferences_writes_all_of_them_and_a_proof(room: Room) -> None:
    assert room.sample("dotdigital-preferences") == 0
    kept = room.listed()
    assert kept[ADA]["preferences"] == {"31": True, "32": False, "40": True}
    assert kept["alan.turing@example.com"]["preferences"] == {"31": False, "32": True, "40": False}
    proofs = [len(kept[address]["consents"]) for address in (ADA, "alan.turing@example.com")]
    assert proofs == [1, 0]
    assert room.totals() == {"accepted": 2}


def test_the_sample_of_consents_writes_five_proofs_and_refuses_half_of_one(room: Room) -> None:
    assert room.sample("dotdigital-consents") == 3
    kept = room.listed()
    assert [len(one["consents"]) for one in kept.values()] == [5, 1]
    assert kept[ADA]["consents"][4]["ipAddress"] == "2001:db8::7"
    assert room.totals() == {"created": 2, "invalid": 1}
    assert room.results()[2]["code"] == "part-missing"


def test_the_sample_of_a_double_opt_in_is_accepted_and_must_be_confirmed(room: Room) -> None:
    assert room.sample("dotdigital-double-opt-in") == 0
    assert [(line["verdict"], line["code"]) for line in room.results()] == [
        ("accepted", "must-confirm")
    ] * 2
    assert room.mails() == {ADA: 1, "katherine.johnson@example.com": 1}
    assert {one["email"]["status"] for one in room.listed().values()} == {"pendingOptIn"}


def test_nobody_is_mailed_twice_when_an_answer_is_lost(room: Room) -> None:
    room.sandbox(faults="lost")
    assert room.sample("dotdigital-double-opt-in") == 6
    assert room.verdicts() == {"unknown": 1, "accepted": 1}
    assert room.mails() == {ADA: 1, "katherine.johnson@example.com": 1}


def test_promise_5_a_yes_reaches_nobody_who_said_no_and_still_adds_to_lists(room: Room) -> None:
    room.write(
        "mappings/careful.yaml",
        "name: careful\ntarget: dotdigital\ncolumns:\n  Email: id.email\n  Tea: preference.Tea\n"
        "  List: list.4101\nconsent: {yes_to: unless-refused}\n",
    )
    room.write("no.csv", "Email,Tea,List\nana@example.com,non,\n")
    room.write("yes.csv", "Email,Tea,List\nana@example.com,oui,oui\nben@example.com,oui,oui\n")
    for file in ("no.csv", "yes.csv"):
        assert room.importer("run", file, "-m", "careful", "-c", "sandbox", "--yes").code == 0
    kept = room.listed()
    assert [kept[f"{name}@example.com"]["preferences"] for name in ("ana", "ben")] == [
        {"31": False},
        {"31": True},
    ]
    assert [kept[f"{name}@example.com"]["lists"] for name in ("ana", "ben")] == [[4101], [4101]]


# --- answers that come later ---------------------------------------------------------------------


def test_an_import_is_asked_for_until_it_ends(room: Room) -> None:
    room.platform(polls=4)
    file = room.readers(12)
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == 0
    assert room.totals() == {"created": 12}
    assert room.methods()["PUT import"] == 1
    assert room.summary()["calls"]["polls"] == room.methods()["GET import"] == 5
    assert all(line["record_id"] for line in room.results())


def test_others_that_keep_all_imports_busy_are_waited_for(room: Room) -> None:
    room.platform(active_imports=1)
    file = room.readers(12)
    transport = room.network
    stranger = {"matchIdentifier": "email", "identifiers": {"email": "other@example.com"}}

    def begin(request: httpx.Request) -> None:
        if request.method == "PUT":
            transport.before = None
            with httpx.Client(transport=transport) as other:
                other.headers["authorization"] = request.headers["authorization"]
                other.put(request.url, json={"contacts": [stranger]}).raise_for_status()

    room.network.before = begin
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == 0
    assert room.totals() == {"created": 12}
    refused = room.summary()["calls"]["not_taken"]
    assert refused > 6
    assert room.methods()["PUT import"] == 1 + refused + 1


def test_promise_3_an_import_that_runs_when_the_run_is_stopped_is_not_sent_again(
    room: Room,
) -> None:
    room.platform(polls=3)
    file = room.readers(12)

    def stop(request: httpx.Request) -> None:
        if request.method == "GET" and "/import/" in request.url.path:
            room.interruption.request(2)

    room.network.before = stop
    done = room.importer("run", file, "-c", "sandbox", "--yes")
    assert done.code == 130
    assert room.totals() == {"unknown": 12}
    assert {line["code"] for line in room.results()} == {"answer-pending"}
    room.network.before = None
    assert room.importer("resume", "--yes").code == 0
    assert room.totals() == {"created": 12}
    assert room.methods()["PUT import"] == 1


@pytest.mark.parametrize(
    ("end", "code", "totals"),
    [
        ("watchdog", 3, {"rejected": 12}),
        ("failed", 6, {"unknown": 12}),
        ("over-allowance", 5, {"not_sent": 12}),
    ],
)
def test_an_import_that_ends_badly_is_told_so(
    room: Room, end: str, code: int, totals: dict[str, int]
) -> None:
    room.platform(import_status=end)
    file = room.readers(12)
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == code
    assert room.totals() == totals
    room.platform()
    again = ("resume", "--yes") if code == 5 else ("retry", room.run_id(), "--yes")
    assert room.importer(*again).code == 0
    assert room.totals() == {"created": 12}


def test_promise_6_rows_written_only_in_part_are_no_success(room: Room) -> None:
    room.platform(partial_failure="reader3@example.com")
    file = room.readers(5)
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == 3
    told = room.results()[2]
    assert (told["verdict"], told["code"]) == ("created", "partly-written")
    assert told["message"]
    assert room.totals() == {"created": 5}


def test_a_suppressed_contact_is_no_plain_success(room: Room) -> None:
    file = room.readers(1, target="dotdigital-single")
    room.importer("run", file, "-c", "sandbox", "--yes")
    with httpx.Client(
        transport=room.network.inner,
        base_url="http://127.0.0.1:8025",
        auth=("apiuser-sandbox@apiconnector.com", "sandbox"),
    ) as client:
        client.patch(
            "/contacts/v3/email/reader1@example.com",
            json={
                "identifiers": {"email": "reader1@example.com"},
                "channelProperties": {"email": {"status": "suppressed"}},
            },
        )
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == 3
    (told,) = room.results()
    assert (told["verdict"], told["code"]) == ("updated", "contact-suppressed")


def test_a_contact_that_comes_back_from_the_recycle_bin_is_told(room: Room) -> None:
    file = room.readers(1, target="dotdigital-single")
    room.importer("run", file, "-c", "sandbox", "--yes")
    with httpx.Client(
        transport=room.network.inner,
        base_url="http://127.0.0.1:8025",
        auth=("apiuser-sandbox@apiconnector.com", "sandbox"),
    ) as client:
        assert client.delete("/contacts/v3/email/reader1@example.com").status_code == 200
    assert room.importer("run", file, "-c", "sandbox", "--yes").code == 0
    (told,) = room.results()
    assert (told["verdict"], told["code"]) == ("updated", "contact-undeleted")


# --- the process is killed -----------------------------------------------------------------------

ROWS = 12
LOCAL = """\
connections:
  local:
    target: dotdigital
    url: {url}
    key_id: apiuser-sandbox@apiconnector.com
    key: env:SANDBOX_KEY
    limits: {{rows_per_call: 3, in_flight: 1}}
"""
SOON = "from importer.delivery import polling\npolling._FIRST_WAIT = 0.01"
AT_ONCE = DotdigitalSettings(polls=0)

posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def writes(environ: Mapping[str, Any]) -> bool:
    """Tell a call that writes contacts."""
    return environ["REQUEST_METHOD"] in {"PUT", "PATCH", "POST"}


def polls(environ: Mapping[str, Any]) -> bool:
    """Tell a call that asks how an import does."""
    return environ["REQUEST_METHOD"] == "GET" and "/import/" in environ["PATH_INFO"]


def killed(room: Room, gate: Gate, target: str = "dotdigital", more: str = "") -> None:
    """Start a run of twelve readers, and kill it while the gated call is under way."""
    file = room.readers(ROWS, target, more)
    room.write("importer.yaml", LOCAL.format(url=gate.url))
    process = room.start("run", file, "-c", "local", "--yes", script=SOON)
    gate.arrived.wait()
    process.kill()
    process.communicate()
    gate.opened.set()


@posix
@pytest.mark.parametrize(("at", "unfinished"), [(1, 2), (2, 0)])
def test_promise_3_kill_while_an_import_is_asked_for_leaves_its_ticket_to_resume(
    room: Room, at: int, unfinished: int
) -> None:
    with gated(at, polls, dotdigital=DotdigitalSettings(polls=unfinished)) as gate:
        killed(room, gate)
        settled = 3 * (at - 1)
        assert room.importer("report", room.run_id()).code == 0
        told = {"created": settled, "unknown": 3, "not_sent": ROWS - 3 - settled}
        assert room.totals() == {name: count for name, count in told.items() if count}
        assert resumed(room).code == 0
        assert room.totals() == {"created": ROWS}
        assert set(gate.carried().values()) == {1}
        assert len(gate.carried()) == ROWS
        assert gate.shown("dotdigital/contacts")["count"] == ROWS


@posix
@pytest.mark.parametrize(
    ("target", "twice"), [("dotdigital", 3), ("dotdigital-single", 1), ("dotdigital-v2", 1)]
)
def test_promise_3_kill_while_contacts_are_sent_leaves_one_call_in_doubt_that_resume_repeats(
    room: Room, target: str, twice: int
) -> None:
    with gated(3, writes, dotdigital=AT_ONCE) as gate:
        killed(room, gate, target)
        assert resumed(room).code == 0
        assert sorted(gate.carried().values()) == [1] * (ROWS - twice) + [2] * twice
        assert gate.shown("dotdigital/contacts")["count"] == ROWS
        assert len(room.results()) == ROWS
        assert not {"unknown", "rejected"} & {*room.totals()}


@posix
@pytest.mark.parametrize(
    ("target", "doubtful"), [("dotdigital", 3), ("dotdigital-single", 1), ("dotdigital-v2", 1)]
)
def test_kill_while_people_are_asked_to_confirm_mails_nobody_twice(
    room: Room, target: str, doubtful: int
) -> None:
    with gated(3, writes, dotdigital=AT_ONCE) as gate:
        killed(room, gate, target, "constants: {email.optIn: verifiedDouble}\n")
        assert resumed(room).code == 6
        assert room.totals() == {"accepted": ROWS - doubtful, "unknown": doubtful}
        mails = gate.shown("dotdigital/mails")["mails"]
        assert [one["confirmation"] for one in mails] == [1] * ROWS


# --- what the account has -------------------------------------------------------------------------


def test_what_the_account_does_not_have_is_refused_before_anything_is_sent(room: Room) -> None:
    room.write(
        "mappings/wrong.yaml",
        "name: wrong\ntarget: dotdigital\ncolumns:\n  Email: id.email\n"
        "  First: data.FIRSTNAM\n  Points: data.LOYALTY_POINTS\n  List: list.Sprint\n"
        "consent: {yes_to: everyone}\n",
    )
    room.write("wrong.csv", "Email,First,Points,List\na@example.com,Ana,3,oui\n")
    done = room.importer("run", "wrong.csv", "-m", "wrong", "-c", "sandbox", "--yes")
    assert done.code == 4
    assert 'data.FIRSTNAM. Did you mean "data.FIRSTNAME"?' in done.err
    assert "keeps data.LOYALTY_POINTS as decimal" in done.err
    assert 'list.Sprint. Did you mean "list.Spring"?' in done.err
    assert room.methods()["PUT import"] == 0
    checked = room.importer("mapping", "check", "wrong", "-c", "sandbox")
    assert checked.code == 4
    assert "data.FIRSTNAM" in checked.err


def test_preferences_that_a_call_would_leave_out_are_named(room: Room) -> None:
    room.write(
        "mappings/some.yaml",
        "name: some\ntarget: dotdigital-v2\ncolumns:\n  Email: id.email\n"
        "  Tea: preference.Tea\nconsent: {yes_to: everyone}\n",
    )
    done = room.importer("mapping", "check", "some", "-c", "sandbox")
    assert done.code == 4
    assert "preference.32 (Coffee), preference.40 (Events)" in done.err
    said = (room.folder / "mappings" / "some.yaml").read_text()
    room.write("mappings/some.yaml", said.replace("everyone}", "everyone, left_out: no}"))
    assert room.importer("mapping", "check", "some", "-c", "sandbox").code == 0


def test_a_mapping_is_compared_with_no_account_that_cannot_be_asked(room: Room) -> None:
    room.platform(other_region=True)
    room.readers(1)
    done = room.importer("mapping", "check", "readers", "-c", "sandbox")
    assert done.code == 0
    assert "could not be compared" in done.err


# --- what nobody is to read ---------------------------------------------------------------------


@pytest.mark.parametrize("target", ["dotdigital", "dotdigital-single", "dotdigital-v2"])
@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, {"errorCode": "contacts:invalidId", "description": "{path} {auth}"}),
        (400, {"errorCode": "{path}", "description": "{auth}"}),
        (400, {"message": "{path} {auth} ERROR_CONTACT_INVALID"}),
        (401, {"message": "{path} {auth}"}),
        (500, {"errorCode": "{path}", "description": "{path} {auth}"}),
        (200, {"{path}": "{auth}"}),
        (302, {"message": "{path} {auth}"}),
    ],
)
def test_promise_7_a_platform_that_repeats_the_call_brings_nobody_into_the_log(
    room: Room, target: str, status: int, told: dict[str, str]
) -> None:
    file = room.readers(12, target)

    def repeat(request: httpx.Request) -> httpx.Response:
        named = {"path": request.url.path, "auth": request.headers["authorization"]}
        body = {name.format(**named): text.format(**named) for name, text in told.items()}
        return httpx.Response(status, json=body, headers={"location": str(request.url)})

    sandbox = room.network.handle_request
    writes = ("PATCH", "PUT", "POST")
    room.network.handle_request = lambda request: (  # type: ignore[method-assign]
        repeat(request) if request.method in writes else sandbox(request)
    )
    done = room.importer("run", file, "-c", "sandbox", "--yes")
    assert done.code != 0
    log = (room.run_folder() / "run.log").read_text(encoding="utf-8")
    assert "reader1" not in log.lower()
    key = base64.b64encode(b"apiuser-sandbox@apiconnector.com:sandbox")
    everything = (done.out + done.err).encode() + b"".join(bytes_below(room.run_folder()).values())
    assert key not in everything
    assert b"reader1%40" not in everything


def test_version_2_is_told_every_answer_of_a_row_of_which_one_has_changed(room: Room) -> None:
    columns = "{Email: id.email, Tea: preference.31, Coffee: preference.32, Events: preference.40}"
    room.write(
        "mappings/answers.yaml",
        f"name: answers\ntarget: dotdigital-v2\ncolumns: {columns}\n"
        "consent: {yes_to: everyone}\n",
    )
    command = ("run", "a.csv", "-m", "answers", "-c", "sandbox", "--yes", "--only-changes")
    for events in ("Yes", "No"):
        room.write("a.csv", f"Email,Tea,Coffee,Events\n{ADA},Yes,No,{events}\n")
        assert room.importer(*command).code == 0
    assert room.listed()[ADA]["preferences"] == {"31": True, "32": False, "40": False}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("{A: preference.Tea, B: preference.tea-01}", "are the same field of Dotdigital"),
        ("{A: list.4101, B: list.Spring}", "are the same field of Dotdigital"),
        ("{A: id.contactId}", "it can find one, and never be written"),
        ("{A: list.Twice}", "the account has no field list.Twice, or several of that name"),
    ],
)
def test_what_no_call_can_hold_is_told_by_the_check_of_a_mapping(
    room: Room, columns: str, told: str
) -> None:
    lists = ContactList(4101, "Spring"), ContactList(7, "Twice"), ContactList(8, "twice")
    room.platform(account=Account(lists=lists))
    more = "merge: {match: id.email}\nconsent: {yes_to: everyone}\n"
    text = f"name: wrong\ntarget: dotdigital\ncolumns: {{Email: id.email, {columns[1:]}\n{more}"
    room.write("mappings/wrong.yaml", text)
    refused = room.importer("mapping", "check", "wrong", "-c", "sandbox")
    assert refused.code == 4
    assert told in refused.err


def test_no_project_is_spoken_of_where_the_account_s_allowance_is_used_up(room: Room) -> None:
    room.platform(contact_allowance=1)
    file = room.readers(2)
    done = room.importer("run", file, "-m", "readers", "-c", "sandbox", "--yes")
    assert done.code == 5
    assert "Have the allowance raised" in done.err
    assert "project" not in done.err
