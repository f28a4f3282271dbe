"""The key is in nothing that a run leaves, whatever goes wrong; answers cannot paint the screen."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pyarrow.parquet as pq
import pytest

from importer.journal import Journal
from importer.sandbox import DEFAULT_PROJECT, Fault
from importer.targets.dialog_insight.contacts import Contacts
from tests.runs.workshop import Workshop, files_below

SECRET = 'S3cr3t/of+"the\\account"&=é-7f'
PLAIN = "ThisIsTheKeyOfTheAccount0123456789"
STATE = "kept"
CONTROL = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x00 \u202edesrever\u2028line\r\nnext\tend"
STRANGE = ("\x1b", "\x9b", "\x07", "\x00", "\u202e", "\u2028")
LONGEST_TEXT = 1_000  # characters of an answer in a cell
FAULTS = [fault.value for fault in Fault if fault not in {Fault.UNAUTHORIZED, Fault.FORBIDDEN}]


def forms(secret: str) -> dict[str, bytes]:
    """The key as somebody could write it; base64 also where other bytes stand before it."""
    content = secret.encode()
    found = {
        "plain": secret,
        "percent": quote(secret, safe=""),
        "form": quote_plus(secret),
        "JSON": json.dumps(secret)[1:-1],
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON twice": json.dumps(json.dumps(secret)[1:-1])[1:-1],
        "JSON with slashes": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "HTML": html.escape(secret),
        "repr": repr(secret)[1:-1],
    }
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + content)
        whole = coded[4 if before else 0 : len(coded) // 4 * 4 - 4]  # what its neighbours leave
        found[f"base64 after {before}"] = whole.decode()
        found[f"base64 for addresses after {before}"] = whole.translate(
            bytes.maketrans(b"+/", b"-_")
        ).decode()
    return {name: text.encode() for name, text in found.items()}


def texts_in(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what they hold in a form of their own."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield repr(table.schema.metadata).encode()
        yield json.dumps(table.to_pylist(), ensure_ascii=False, default=str).encode()
    elif path.read_bytes().startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in tables.fetchall():
                yield repr(database.execute(f"SELECT * FROM {name}").fetchall()).encode()


class Witness:
    """Runs commands and keeps all that they say."""

    def __init__(self, workshop: Workshop, caplog: pytest.LogCaptureFixture, secret: str) -> None:
        self.workshop = workshop
        self.secret = secret
        self.said = ""
        self._caplog = caplog

    def importer(self, *arguments: str) -> int:
        done = self.workshop.importer(*arguments)
        self.said += done.out + done.err
        return done.code

    def finds_no_secret(self) -> None:
        """Look through everything that was written and said."""
        wanted = forms(self.secret)
        places = {"screen": self.said.encode(), "log": self._caplog.text.encode()}
        found = [
            f"{place}: {form}"
            for place, text in places.items()
            for form, key in wanted.items()
            if key in text
        ]
        for path in files_below(self.workshop.folder):
            for text in texts_in(path):
                found += [f"{path.name}: {form}" for form, key in wanted.items() if key in text]
        assert found == []

    def finds_no_contact_in_the_log(self) -> None:
        logs = list(self.workshop.folder.rglob("run.log"))
        assert logs
        for log in logs:
            text = log.read_text(encoding="utf-8")
            assert "@" not in text
            assert "First1" not in text


@pytest.fixture
def witness(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Witness:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("IMPORTER_STATE_DIR", str(workshop.folder / STATE))
    monkeypatch.setenv("SANDBOX_KEY", SECRET)
    sandbox(workshop)
    workshop.people(12)
    return Witness(workshop, caplog, SECRET)


def sandbox(workshop: Workshop, **switches: Any) -> None:
    workshop.sandbox(project=replace(DEFAULT_PROJECT, key=SECRET), **switches)


def test_search_finds_a_key_in_every_form_and_file(witness: Witness) -> None:
    folder = witness.workshop.folder
    for form in ("plain", "percent", "JSON", "HTML", "base64 after 1"):
        place = folder / "leak"
        place.write_bytes(b"x" + forms(SECRET)[form] + b"y")
        with pytest.raises(AssertionError, match="leak"):
            witness.finds_no_secret()
        place.unlink()
    for before in ("", "a", "ab"):
        place.write_bytes(base64.b64encode(f"{before}{SECRET} after".encode()))
        with pytest.raises(AssertionError, match=f"base64 after {len(before)}"):
            witness.finds_no_secret()
        place.unlink()
    with contextlib.closing(sqlite3.connect(folder / "leak.sqlite3")) as database:
        database.execute("CREATE TABLE leak (text)")
        database.execute("INSERT INTO leak VALUES (?)", (SECRET,))
        database.commit()
    with pytest.raises(AssertionError, match="leak"):
        witness.finds_no_secret()


# --- what goes wrong ------------------------------------------------------------------------------


def test_promise_7_no_fault_leaves_the_key_or_a_contact_where_it_must_not_be(
    witness: Witness,
) -> None:
    sandbox(witness.workshop, faults=" ".join(f"ok {fault}" for fault in FAULTS))
    witness.workshop.people(12 * len(FAULTS))
    assert witness.importer("run", "people.csv", "--yes", "--note", "a note") in {0, 3, 5, 6}
    for _ in FAULTS:
        if witness.importer("resume") == 4:
            break
    run = witness.workshop.run_id()
    for command in (["report", run], ["show", run], ["runs", "--json"]):
        assert witness.importer(*command) in {0, 3, 6}
    witness.finds_no_secret()
    witness.finds_no_contact_in_the_log()


@pytest.mark.parametrize("fault", ["401", "403"])
def test_promise_7_refused_credentials_leave_no_key(witness: Witness, fault: str) -> None:
    sandbox(witness.workshop, faults=f"ok {fault}*")
    assert witness.importer("run", "people.csv", "--yes") == 5
    witness.finds_no_secret()
    witness.finds_no_contact_in_the_log()


def test_promise_7_wrong_credentials_leave_no_key(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = SECRET.replace("S3cr3t", "An0ther")
    monkeypatch.setenv("SANDBOX_KEY", wrong)
    for command in (["run", "people.csv", "--yes"], ["resume"], ["connection", "test", "local"]):
        assert witness.importer(*command) not in {0, 1}
    for secret in (wrong, SECRET):
        witness.secret = secret
        witness.finds_no_secret()
    witness.finds_no_contact_in_the_log()


# --- answers that repeat the call -----------------------------------------------------------------

Answer = Callable[[httpx.Request, str], httpx.Response]


def refusal(status: int, write: Callable[[str], str] = str) -> Answer:
    def answering(request: httpx.Request, body: str) -> httpx.Response:
        told = write(body)
        words = {"Success": False, "ErrorCode": told, "ErrorMessage": told, "idRequest": told}
        return httpx.Response(status, json=words)

    return answering


def records(request: httpx.Request, body: str) -> httpx.Response:
    """Refuse each contact, with the whole call as the reason."""
    sent = json.loads(body).get("Records", [])
    entries = [
        {"ID": one["ID"], "Status": "Error", "ValidationResult": body, "Message": body,
         "IdRecord": body}
        for one in sent
    ]  # fmt: skip
    return httpx.Response(200, json={"Success": True, "Records": entries, "idRequest": body})


def page(request: httpx.Request, body: str) -> httpx.Response:
    return httpx.Response(502, html=f"<pre>{html.escape(body)}</pre>")


def headers(status: int) -> Answer:
    def answering(request: httpx.Request, body: str) -> httpx.Response:
        key = json.loads(body)["AuthKey"]["Key"]
        names = ("location", "retry-after", "date", "x-request-id", "x-ratelimit-reset",
                 "x-ratelimit-remaining", "www-authenticate", "content-language")  # fmt: skip
        told = [quote(key, safe=""), key.encode("utf-8").decode("latin-1"), json.dumps(key)]
        given = [
            (name.encode(), f"https://elsewhere.example/?k={text}".encode("latin-1"))
            for name in names
            for text in told
        ]
        return httpx.Response(status, headers=given, content=body.encode())

    return answering


ECHOES: dict[str, Answer] = {
    "refused": refusal(200),
    "refused, escaped twice": refusal(400, json.dumps),
    "refused, escaped three times": refusal(400, lambda body: json.dumps(json.dumps(body))),
    "refused, in percent": refusal(400, quote),
    "refused, in base64": refusal(400, lambda b: base64.b64encode(key_in(b)).decode()),
    "refused, the call in base64": refusal(400, lambda b: base64.b64encode(b.encode()).decode()),
    "unauthorized": refusal(401),
    "too large": refusal(413),
    "too many": refusal(429, html.escape),
    "failed": refusal(500),
    "each contact": records,
    "page": page,
    "headers of a redirection": headers(302),
    "headers of a limit": headers(429),
    "headers of a refusal": headers(401),
}


def key_in(body: str) -> bytes:
    key: str = json.loads(body)["AuthKey"]["Key"]
    return key.encode()


class Echo(httpx.BaseTransport):
    """A platform that repeats in its answers what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request, request.content.decode())


KEYS = {"odd key": SECRET, "plain key": PLAIN}


@pytest.mark.parametrize(
    ("answer", "secret"),
    [
        pytest.param(answer, secret, id=f"{name}, {key}")
        for name, answer in ECHOES.items()
        for key, secret in KEYS.items()
    ],
)
def test_promise_7_answer_that_repeats_the_call_leaves_no_key(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, answer: Answer, secret: str
) -> None:
    monkeypatch.setenv("SANDBOX_KEY", secret)
    witness.secret = secret
    network = witness.workshop.network
    # Projects.Get may well work where Contacts.Merge does not.
    inner, echo = network.inner, Echo(answer)

    class Half(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            merging = b"method=Merge" in request.url.query
            return (echo if merging or secret == PLAIN else inner).handle_request(request)

    network.inner = Half()
    assert witness.importer("run", "people.csv", "--yes", "--verbose") != 1
    witness.importer("resume")
    assert witness.importer("connection", "test", "local") != 1
    assert network.merges()
    witness.finds_no_secret()
    witness.finds_no_contact_in_the_log()


# --- a defect of ours -----------------------------------------------------------------------------


def broken_reading(*arguments: Any, **_: Any) -> Any:
    raise RuntimeError(f"what was sent: {SECRET}")


def broken_with_causes(*arguments: Any, **_: Any) -> Any:
    try:
        broken_reading()
    except RuntimeError as error:
        raise KeyError(json.dumps({"AuthKey": SECRET})) from error


@pytest.mark.parametrize("defect", [broken_reading, broken_with_causes])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Contacts, "read_submission"),
        (Contacts, "submission"),
        (Journal, "settled"),
        (Journal, "submitting"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_promise_7_defect_in_the_middle_of_a_call_leaves_its_place_and_no_key(
    witness: Witness, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, defect: Any
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, defect)
        assert witness.importer("run", "people.csv", "--yes", "--verbose") == 1
    assert "Traceback" not in witness.said
    assert '"defect"' in (witness.workshop.run_folder() / "run.log").read_text("utf-8")
    witness.finds_no_secret()
    witness.finds_no_contact_in_the_log()
    assert witness.importer("resume") == 0
    assert sum(witness.workshop.totals().values()) == 12


# --- what an answer may say -----------------------------------------------------------------------


def painted(request: httpx.Request, body: str) -> httpx.Response:
    """Refuse each contact in words that would paint a terminal, and at length."""
    sent = json.loads(body).get("Records", [])
    entries = [
        {"ID": one["ID"], "Status": f"Error{CONTROL}", "IdRecord": CONTROL,
         "Message": f"{CONTROL} <script>alert(1)</script> {'long ' * 50_000}"}
        for one in sent
    ]  # fmt: skip
    return httpx.Response(200, json={"Success": True, "Records": entries, "idRequest": CONTROL})


def painted_refusal(status: int) -> Answer:
    return refusal(status, lambda _: f"{CONTROL} <script>alert(1)</script> {'long ' * 50_000}")


@pytest.mark.parametrize(
    "answer",
    [painted, painted_refusal(200), painted_refusal(400), painted_refusal(401),
     painted_refusal(413), painted_refusal(500)],
    ids=["each contact", "200", "400", "401", "413", "500"],
)  # fmt: skip
def test_control_characters_of_an_answer_reach_no_report_and_no_screen_and_texts_are_capped(
    witness: Witness, answer: Answer
) -> None:
    network = witness.workshop.network
    inner, echo = network.inner, Echo(answer)

    class Half(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            merging = b"method=Merge" in request.url.query
            return (echo if merging else inner).handle_request(request)

    network.inner = Half()
    assert witness.importer("run", "people.csv", "--yes") in {3, 5, 6}
    folder = witness.workshop.run_folder()
    assert not set(witness.said) & set(STRANGE)
    for path in (*folder.glob("*.csv"), folder / "report.html", folder / "summary.json"):
        text = path.read_text(encoding="utf-8-sig")
        assert not set(text) & set(STRANGE), path.name
        assert "<script>alert" not in text.replace('"', "") or path.suffix in {".csv", ".json"}
    for line in (*witness.workshop.results(), *witness.workshop.results("issues.csv")):
        assert all(len(cell) <= LONGEST_TEXT for cell in line.values()), line
    assert all(len(line) < 5 * LONGEST_TEXT for line in witness.said.splitlines())
    assert (folder / "report.html").stat().st_size < 1_000_000
