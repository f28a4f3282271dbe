"""From a plan to verdicts, against the sandbox in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer import runs
from importer.errors import UnusableInputError
from importer.model import RunState, Verdict
from importer.reports import ConsentTotals
from importer.sandbox import Fault
from tests.runs.workshop import PEOPLE, SETTINGS, URL, Workshop, bytes_below, read_report

INSERT_ONLY = PEOPLE.replace("mode: upsert", "mode: insert")
WRITTEN = {Verdict.CREATED, Verdict.UPDATED}


def mixed(workshop: Workshop, good: int = 8, invalid: int = 2) -> None:
    """Write good rows and then invalid ones."""
    rows = [f"person{i}@example.com,A,B" for i in range(1, good + 1)]
    rows += [f"no address {i},A,B" for i in range(invalid)]
    workshop.write("people.csv", "\n".join(["Email,First,City", *rows, ""]))


# --- what goes wrong on the way -------------------------------------------------------------------


def nothing_is_reported_better_than_it_is(workshop: Workshop) -> None:
    """What the report calls written is on the platform; what it calls untouched is not."""
    stored = {contact["f_EMail"] for contact in workshop.contacts()}
    for line in workshop.results():
        if line["verdict"] in WRITTEN:
            assert line["key"] in stored
        if line["verdict"] in {Verdict.NOT_SENT, Verdict.REJECTED}:
            assert line["key"] not in stored


@pytest.mark.parametrize("style", ["http", "envelope"])
@pytest.mark.parametrize("fault", [fault.value for fault in Fault])
def test_promise_1_books_balance_with_each_fault_and_nothing_is_reported_better_than_it_is(
    workshop: Workshop, fault: str, style: str
) -> None:
    workshop.people(12)
    workshop.sandbox(faults=f"ok {fault}", style=style)
    done = workshop.importer("run", "people.csv", "--yes")
    assert sum(workshop.totals().values()) == 12
    nothing_is_reported_better_than_it_is(workshop)
    assert done.code == workshop.summary()["exit_code"]
    if fault in {"401", "403"}:
        assert done.code == 5
        assert workshop.importer("resume").code == 0
    else:
        assert done.code == 0
    assert sum(workshop.totals().get(v, 0) for v in WRITTEN) == 12
    assert workshop.summary()["state"] == "finished"


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_promise_1_books_balance_with_all_faults_one_after_the_other(
    workshop: Workshop, style: str
) -> None:
    workshop.people(40)
    words = "ok lost 429 500 slow garbage cut empty 503 502 504 dropped refused"
    workshop.sandbox(faults=words, style=style, slow_seconds=200)
    workshop.importer("run", "people.csv", "--yes")
    for _ in range(10):
        nothing_is_reported_better_than_it_is(workshop)
        assert sum(workshop.totals().values()) == 40
        if workshop.summary()["state"] == "finished":
            break
        workshop.importer("resume")
    assert workshop.summary()["state"] == "finished"
    assert {c["f_EMail"] for c in workshop.contacts()} == {
        f"person{i}@example.com" for i in range(1, 41)
    }


def test_insert_only_with_a_lost_answer_is_unknown_and_exit_6(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", INSERT_ONLY)
    workshop.people(12)
    workshop.sandbox(faults="ok lost")
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 6
    assert workshop.totals() == {"created": 7, "unknown": 5}
    assert "answer unknown" in done.err
    unknown = [r for r in workshop.results() if r["verdict"] == "unknown"]
    assert {r["attempts"] for r in unknown} == {"2"}
    assert all(r["code"] for r in unknown)


def test_shuffled_answers_are_joined_by_key(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.sandbox(shuffle=True)
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    ids = {c["f_EMail"]: str(c["idContact"]) for c in workshop.contacts()}
    assert {r["key"]: r["record_id"] for r in workshop.results()} == ids


def test_missing_answers_make_rows_unknown_and_strange_ones_are_counted(
    workshop: Workshop,
) -> None:
    workshop.people(10)
    workshop.sandbox(drop_answers=2, strangers=1)
    assert workshop.importer("run", "people.csv", "--yes").code == 6
    assert workshop.totals() == {"created": 6, "unknown": 4}
    assert workshop.summary()["calls"]["strangers"] == 2


def test_answers_of_which_none_can_be_joined_stop_the_run(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sandbox(drop_answers=5, strangers=2)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert workshop.summary()["stopped_because"] == "unreadable-answers"
    assert workshop.totals() == {"unknown": 5, "not_sent": 5}


def test_platform_that_is_down_stops_the_run_and_resume_finishes_it(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sandbox(faults="ok 503*")
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert workshop.totals() == {"created": 5, "not_sent": 5}
    assert sum(workshop.clock.slept) > 1
    workshop.sandbox()
    assert workshop.importer("resume", "--json").json["rows"]["created"] == 10
    assert len(workshop.merge_calls()) == 1


def test_retry_after_of_the_platform_is_obeyed(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sandbox(faults="429 429-date 503-after", retry_after_seconds=40)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 0
    assert sum(workshop.clock.slept) >= 119
    assert "Waiting 40" in done.err


def test_pace_of_the_connection_is_kept(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.write("importer.yaml", SETTINGS.replace("5}", "5, calls_per_minute: 2}"))
    workshop.sandbox(calls_per_minute=3)  # two of them, and the one that asks for the fields
    assert workshop.importer("run", "people.csv", "--yes").code == 0
    assert [call["status"] for call in workshop.merge_calls()] == [200] * 4
    assert workshop.summary()["calls"]["planned_seconds"] >= 60


# --- credentials --------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_wrong_key_stops_at_the_first_call_and_a_mended_one_goes_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    workshop.people(12)
    workshop.sandbox(style=style)
    monkeypatch.setenv("SANDBOX_KEY", "not-the-key-at-all")
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert workshop.totals() == {"not_sent": 12}
    assert workshop.summary()["stopped_because"] == "account-refused"
    assert len(workshop.network.merges()) == 1
    assert workshop.importer("resume").code == 5
    monkeypatch.setenv("SANDBOX_KEY", "sandbox")
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": 12}


# --- how much is sent -------------------------------------------------------------------------


def test_first_sends_so_many_and_resume_the_rest(workshop: Workshop) -> None:
    workshop.people(12)
    done = workshop.importer("run", "people.csv", "--first", "7", "--yes")
    assert done.code == 5
    assert workshop.totals() == {"created": 7, "not_sent": 5}
    assert workshop.importer("resume", "--first", "9").code == 5
    assert workshop.totals() == {"created": 9, "not_sent": 3}
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": 12}
    assert set(workshop.times_carried().values()) == {1}


def test_first_of_all_rows_is_a_whole_run(workshop: Workshop) -> None:
    workshop.people(5)
    assert workshop.importer("run", "people.csv", "--first", "50", "--yes").code == 0


def test_first_still_holds_when_the_run_was_stopped_before_it(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.sandbox(faults="503*")
    assert workshop.importer("run", "people.csv", "--first", "7", "--yes").code == 5
    assert workshop.totals() == {"not_sent": 12}
    workshop.sandbox()
    assert workshop.importer("resume").code == 5
    assert workshop.totals() == {"created": 7, "not_sent": 5}
    assert workshop.importer("resume").code == 0


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (["--strict"], False),
        (["--max-invalid", "1"], False),
        (["--max-invalid", "2"], True),
        (["--max-invalid", "19%"], False),
        (["--max-invalid", "20%"], True),
        (["--max-invalid", "19,9 %"], False),
        ([], True),
    ],
)
def test_thresholds_keep_everything_back_or_let_it_go(
    workshop: Workshop, options: list[str], sent: bool
) -> None:
    mixed(workshop)
    done = workshop.importer("run", "people.csv", "--yes", *options)
    assert done.code == (3 if sent else 4)
    assert bool(workshop.merge_calls()) is sent
    state, totals = workshop.summary()["state"], workshop.totals()
    if sent:
        assert (state, totals) == ("finished", {"created": 8, "invalid": 2})
    else:
        assert (state, totals) == ("refused", {"not_sent": 8, "invalid": 2})
        assert "Nothing was sent" in done.err
        assert workshop.importer("send", workshop.run_id(), "--yes").code == 4
        assert workshop.importer("resume").code == 4
        assert workshop.merge_calls() == []


def test_blank_rows_do_not_count_for_a_share(workshop: Workshop) -> None:
    mixed(workshop, good=8, invalid=2)
    with (workshop.folder / "people.csv").open("a") as stream:
        stream.write(",,\n" * 90)
    assert workshop.importer("check", "people.csv", "--max-invalid", "15%").code == 4
    assert workshop.summary()["state"] == "refused"


def test_strict_counts_refused_duplicates(workshop: Workshop) -> None:
    workshop.write("mappings/people.yaml", PEOPLE + "duplicates: refuse\n")
    workshop.write("people.csv", "Email,First,City\na@example.com,A,B\na@example.com,C,D\n")
    assert workshop.importer("check", "people.csv").code == 3
    done = workshop.importer("run", "people.csv", "--strict", "--yes")
    assert done.code == 4
    assert "2 rows cannot be sent" in done.err


def test_rejections_above_the_limit_stop_the_run(workshop: Workshop) -> None:
    rows = [f"person{i}@example.com,A,{'x' * (200 if i < 4 else 3)}" for i in range(1, 16)]
    workshop.write("people.csv", "\n".join(["Email,First,City", *rows, ""]))
    done = workshop.importer("run", "people.csv", "--max-rejected", "2", "--yes")
    assert done.code == 5
    assert workshop.totals() == {"created": 2, "rejected": 3, "not_sent": 10}
    assert "--max-rejected 2" in done.err
    assert workshop.importer("resume").code == 5  # the limit still holds
    done = workshop.importer("run", "people.csv", "--max-rejected", "70%", "--yes")
    assert done.code == 3


def test_nothing_good_is_a_finished_run_that_sent_nothing(workshop: Workshop) -> None:
    mixed(workshop, good=0, invalid=2)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 3
    assert workshop.network.requests == []
    assert workshop.summary()["state"] == "finished"
    assert workshop.summary()["finished"]


# --- send ---------------------------------------------------------------------------------------


def test_promise_2_send_sends_what_was_checked_whatever_changed_since(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(7)
    workshop.importer("run", "people.csv", "--yes")
    straight = workshop.network.merges()
    workshop.sandbox()
    assert workshop.importer("check", "people.csv").code == 0
    plan = (workshop.run_folder() / "state" / "plan.parquet").read_bytes()
    workshop.people(3, start=100)
    workshop.write("mappings/people.yaml", PEOPLE.replace("f_City", "f_Notes"))
    (workshop.folder / "importer.yaml").unlink()
    assert (workshop.run_folder() / "state" / "plan.parquet").read_bytes() == plan
    assert workshop.importer("send", workshop.run_id(), "--yes").code == 0
    assert workshop.network.merges() == straight


def test_send_is_refused_in_every_other_state_with_the_command_to_use(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.people(12)
    workshop.importer("run", "people.csv", "--first", "5", "--yes")
    done = workshop.importer("send", workshop.run_id(), "--yes")
    assert (done.code, len(done.lines)) == (4, 1)
    assert f"importer resume {workshop.run_id()}" in done.err
    workshop.importer("resume")
    done = workshop.importer("send", workshop.run_id(), "--yes")
    assert done.code == 4
    assert "is finished: it cannot be sent" in done.err
    done = workshop.importer("resume", workshop.run_id())
    assert done.code == 4
    assert "is finished: there is nothing to resume" in done.err
    done = workshop.importer("abandon", workshop.run_id())
    assert done.code == 4
    assert "is finished: there is nothing to abandon" in done.err
    assert set(workshop.times_carried().values()) == {1}


def test_send_binds_a_run_that_was_checked_without_a_connection(workshop: Workshop) -> None:
    workshop.people(3)
    (workshop.folder / "importer.yaml").unlink()
    assert workshop.importer("check", "people.csv").code == 0
    run = workshop.run_id()
    done = workshop.importer("send", run, "--yes")
    assert done.code == 4
    assert "no connection is chosen" in done.err
    workshop.write("importer.yaml", SETTINGS)
    done = workshop.importer("send", run, "-c", "sandbox")  # no --yes: a mistake that can be mended
    assert done.code == 4
    assert "sending needs --yes" in done.err
    assert workshop.importer("send", run, "-c", "local", "--yes").code == 0
    assert workshop.summary()["connection"] == "local"


def test_send_refuses_another_connection_than_the_checked_one(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.importer("check", "people.csv")
    done = workshop.importer("send", workshop.run_id(), "-c", "sandbox", "--yes")
    assert done.code == 4
    assert "was checked for the connection local" in done.err
    assert workshop.importer("send", workshop.run_id(), "-c", "local", "--yes").code == 0


def test_connection_that_cannot_send_the_plan_is_not_bound(workshop: Workshop) -> None:
    mapping = PEOPLE.replace("f_City\n", "{field: f_City, blank: clear}\n")
    workshop.write("mappings/people.yaml", mapping)
    workshop.write("people.csv", "Email,First,City\na@example.com,A,\n")
    (workshop.folder / "importer.yaml").unlink()
    assert workshop.importer("check", "people.csv").code == 0
    run = workshop.run_id()
    workshop.write("importer.yaml", SETTINGS)
    done = workshop.importer("send", run, "--yes")
    assert done.code == 4
    assert "null_handling" in done.err
    connection = json.loads((workshop.run_folder() / "settings.json").read_bytes())["connection"]
    assert connection is None
    workshop.write("importer.yaml", SETTINGS.replace("limits", 'null_handling: ""\n    limits'))
    assert workshop.importer("send", run, "--yes").code == 0


# --- resume -----------------------------------------------------------------------------------


def test_resume_without_a_run_takes_the_newest_stopped_never_one_only_checked(
    workshop: Workshop,
) -> None:
    workshop.people(12)
    workshop.importer("run", "people.csv", "--first", "5", "--yes")
    older = workshop.run_id()
    workshop.importer("run", "people.csv", "--first", "5", "--yes")
    newer = workshop.run_id()
    workshop.importer("check", "people.csv")
    checked = workshop.run_id()
    workshop.importer("run", "people.csv")  # no --yes: only checked
    workshop.importer("run", "people.csv", "--yes")
    workshop.write("runs/20991122T031500Z-broken-aaaa/settings.json", "{}")
    assert workshop.importer("resume", "--json").json["run"] == newer
    assert workshop.importer("resume", "--json").json["run"] == older
    done = workshop.importer("resume")
    assert done.code == 4
    assert "nothing to resume" in done.err
    done = workshop.importer("resume", checked)
    assert done.code == 4
    assert f"importer send {checked}" in done.err


def test_resume_in_an_empty_folder_is_one_sentence(workshop: Workshop) -> None:
    done = workshop.importer("resume")
    assert (done.code, len(done.lines)) == (4, 1)
    done = workshop.importer("resume", "abcd")
    assert done.code == 4
    assert 'there is no run "abcd" in runs' in done.err


# --- abandon ----------------------------------------------------------------------------------


def test_abandon_makes_the_rest_unsendable_and_lists_what_was_sent(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.importer("run", "people.csv", "--first", "7", "--yes")
    done = workshop.importer("abandon", workshop.run_id())
    assert done.code == 0
    assert "7 rows were sent" in done.err
    sent = workshop.results("already-sent.csv")
    assert [r["key"] for r in sent] == [f"person{i}@example.com" for i in range(1, 8)]
    assert workshop.summary()["state"] == "abandoned"
    assert workshop.summary()["exit_code"] == 5
    for command in (["resume", workshop.run_id()], ["send", workshop.run_id(), "--yes"]):
        assert workshop.importer(*command).code == 4
    assert workshop.importer("resume").code == 4
    assert workshop.importer("abandon", workshop.run_id()).code == 4
    assert sum(workshop.times_carried().values()) == 7


def test_abandon_keeps_what_is_in_doubt_unknown(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sandbox(faults="ok lost*")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    assert workshop.totals() == {"created": 5, "unknown": 5}
    done = workshop.importer("abandon", workshop.run_id(), "--json")
    assert done.json == workshop.summary()
    assert workshop.totals() == {"created": 5, "unknown": 5}
    assert len(workshop.results("already-sent.csv")) == 10
    assert workshop.importer("abandon", workshop.run_id(), "--quiet").code == 4


def test_abandon_of_a_checked_run_lists_nothing(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.importer("check", "people.csv")
    done = workshop.importer("abandon", workshop.run_id(), "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert workshop.results("already-sent.csv") == []


# --- report -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["needed", "all"])
@pytest.mark.parametrize(
    "command",
    [
        ["check", "people.csv"],
        ["run", "people.csv", "--yes"],
        ["run", "people.csv", "--yes", "--first", "5"],
        ["run", "people.csv", "--yes", "--strict"],
    ],
)
def test_report_writes_the_same_bytes_again(
    workshop: Workshop, command: list[str], keep: str
) -> None:
    mixed(workshop, good=12)
    workshop.write("importer.yaml", f"keep: {keep}\nreports: {{delimiter: ';'}}\n" + SETTINGS)
    workshop.sandbox(drop_answers=1)
    first = workshop.importer(*command)
    folder = workshop.run_folder()
    log = {"run.log"}
    before = bytes_below(folder, but=list(log))
    for name in ("results.csv", "issues.csv", "to-fix.csv", "report.html", "summary.json"):
        (folder / name).unlink()
    done = workshop.importer("report", folder.name)
    assert done.code == 0
    assert done.out == first.out
    after = bytes_below(folder, but=list(log))
    assert {n for n in before if not n.startswith("state/")} == {
        n for n in after if not n.startswith("state/")
    }
    for name, content in before.items():
        if not name.startswith("state/journal"):
            assert after[name] == content, name


def test_finished_run_keeps_only_the_text_of_rows_to_fix(workshop: Workshop) -> None:
    mixed(workshop)
    workshop.importer("run", "people.csv", "--yes")
    import pyarrow.parquet as pq

    folder = workshop.run_folder() / "state"
    assert pq.read_metadata(folder / "source.parquet").num_rows == 2
    assert pq.read_metadata(folder / "plan.parquet").num_rows == 0
    workshop.write("importer.yaml", "keep: all\n" + SETTINGS)
    workshop.importer("run", "people.csv", "--yes")
    folder = workshop.run_folder() / "state"
    assert pq.read_metadata(folder / "source.parquet").num_rows == 10
    assert pq.read_metadata(folder / "plan.parquet").num_rows == 8


def test_rows_to_fix_can_be_dropped_in_again(workshop: Workshop) -> None:
    mixed(workshop)
    workshop.importer("run", "people.csv", "--yes")
    path = workshop.run_folder() / "to-fix.csv"
    lines = read_report(path)
    assert [line["Email"] for line in lines] == ["no address 0", "no address 1"]
    assert all(line["import_errors"] for line in lines)
    text = path.read_text(encoding="utf-8-sig")
    for i in range(2):
        text = text.replace(f"no address {i}", f"mended{i}@example.com")
    workshop.write("to-fix.csv", text)
    assert workshop.importer("run", "to-fix.csv", "--yes").code == 0
    assert workshop.totals() == {"created": 2}


# --- runs, show, the run folder -----------------------------------------------------------------


def test_runs_lists_every_run_with_its_state_oldest_first(workshop: Workshop) -> None:
    done = workshop.importer("runs")
    assert (done.code, done.out) == (0, "")
    assert "There is no run in runs." in done.err
    assert workshop.importer("runs", "-q").err == ""
    workshop.people(6)
    workshop.importer("check", "people.csv")
    workshop.importer("run", "people.csv", "-c", "sandbox", "--yes")
    mixed(workshop)
    workshop.importer("run", "people.csv", "--yes")
    workshop.write("runs/20991122T031500Z-broken-aaaa/note", "")
    lines = workshop.importer("runs").out.splitlines()
    assert [line.split()[1] for line in lines] == ["checked", "finished", "finished", "unreadable"]
    assert "SANDBOX" in lines[1]
    assert "2 with problems" in lines[2]
    assert len(workshop.importer("runs", "--quiet").out.splitlines()) == 2
    listed = workshop.importer("runs", "--json").json["runs"]
    assert [one["state"] for one in listed] == ["checked", "finished", "finished", "unreadable"]
    assert listed[3]["rows"] is None
    assert listed[2]["rows"]["invalid"] == 2


def test_show_tells_totals_and_files_and_finds_a_run_by_the_end_of_its_name(
    workshop: Workshop,
) -> None:
    mixed(workshop)
    workshop.importer("run", "people.csv", "--yes")
    done = workshop.importer("show", workshop.run_id()[-4:])
    assert done.code == 0
    assert "refused by our checks 2" in " ".join(done.out.split())
    named = [line.rsplit("/", 1)[-1] for line in done.out.splitlines() if "runs/" in line]
    assert named == [
        "issues.csv", "mapping.yaml", "report.html", "results.csv", "run.log",
        "settings.json", "summary.json", "to-fix.csv",
    ]  # fmt: skip
    assert workshop.importer("show", workshop.run_id(), "--json").json == workshop.summary()
    assert workshop.importer("show", str(workshop.run_folder()), "-q").code == 0
    (workshop.run_folder() / "summary.json").unlink()
    done = workshop.importer("show", workshop.run_id())
    assert done.code == 4
    assert "has no summary yet" in done.err


def test_note_operator_and_consents_are_in_the_summary(workshop: Workshop) -> None:
    mapping = PEOPLE.replace("f_City\n", "{field: optin_Newsletter, values: {Y: yes, N: no}}\n") + (
        "consent: {yes_to: everyone}\n"
    )
    workshop.write("mappings/people.yaml", mapping)
    workshop.write(
        "p.csv", "Email,First,City\na@example.com,,Y\nb@example.com,,N\nc@example.com,,\n"
    )
    done = workshop.importer("run", "p.csv", "--note", "après le salon", "--yes", "--json")
    assert done.code == 0
    told = ConsentTotals(yes=1, no=1, left=1)
    assert done.json["consents"] == {"optin_Newsletter": told.model_dump()}
    assert done.json["note"] == "après le salon"


# --- the functions -----------------------------------------------------------------------------


def test_functions_take_the_commands_settings_as_keywords(workshop: Workshop) -> None:
    import importer

    workshop.people(6)
    mixed(workshop, good=6)
    checked = importer.check("people.csv", mapping="people", note="x", strict=False, sheet=None)
    assert (checked.exit_code, checked.state, checked.rows.not_sent) == (3, "checked", 6)
    sent = importer.send(checked.run, yes=True)
    assert (sent.exit_code, sent.rows.created) == (3, 6)
    stopped = importer.run("people.csv", mapping="people", yes=True, first=2, runs_dir="elsewhere")
    assert (stopped.exit_code, stopped.rows.updated) == (5, 2)
    resumed = importer.resume(runs_dir="elsewhere")
    assert resumed.run == stopped.run
    assert importer.report(resumed.run, runs_dir="elsewhere") == resumed
    assert importer.show(resumed.run, runs_dir="elsewhere").rows == resumed.rows
    stopped = importer.run("people.csv", yes=True, first=2, connection="local")
    summary, count = importer.abandon(stopped.run)
    assert (summary.state, count) == (RunState.ABANDONED, 2)
    assert set(importer.__all__) <= set(vars(runs))
    with pytest.raises(AttributeError, match="no attribute 'load'"):
        _ = importer.load


def test_functions_refuse_settings_that_are_none(workshop: Workshop) -> None:
    workshop.people(1)
    with pytest.raises(TypeError, match="colour"):
        runs.check("people.csv", colour="red")
    assert workshop.run_folders() == []


def test_ask_is_shown_the_plan_and_decides(workshop: Workshop) -> None:
    workshop.people(6)
    shown: list[Any] = []

    def no(summary: Any) -> bool:
        shown.append(summary)
        return False

    with pytest.raises(UnusableInputError, match="nothing was sent"):
        runs.run("people.csv", ask=no)
    (summary,) = shown
    assert (summary.calls.planned, summary.url, summary.project) == (2, URL, "1")
    assert workshop.merge_calls() == []
    with pytest.raises(UnusableInputError, match="nothing to resume"):
        runs.resume()
    assert runs.send(summary.run, ask=lambda _: True).exit_code == 0


def test_a_run_that_another_holds_cannot_be_touched(workshop: Workshop) -> None:
    workshop.people(12)
    workshop.importer("run", "people.csv", "--first", "5", "--yes")
    run = workshop.run_id()
    from importer.run_folder import RunFolder

    with RunFolder(workshop.run_folder()).locked():
        for command in (["resume"], ["resume", run], ["abandon", run], ["report", run],
                        ["send", run, "--yes"]):  # fmt: skip
            done = workshop.importer(*command)
            assert (done.code, len(done.lines)) == (7, 1), command
            assert "another process holds the run" in done.err
        assert workshop.importer("show", run).code == 0
        assert workshop.importer("runs").code == 0
    assert workshop.importer("resume").code == 0


def test_contact_too_large_for_a_connection_bound_late_stops_the_run_with_what_was_sent(
    workshop: Workshop,
) -> None:
    (workshop.folder / "importer.yaml").unlink()
    small = [f"person{i}@example.com,A,B" for i in range(1, 8)]
    rows = ["Email,First,City", *small, f"long@example.com,{'x' * 2000},B", ""]
    workshop.write("people.csv", "\n".join(rows))
    assert workshop.importer("check", "people.csv").code == 0
    tight = "limits: {rows_per_call: 5, bytes_per_call: 1200}"
    workshop.write("importer.yaml", SETTINGS.replace("limits: {rows_per_call: 5}", tight))
    done = workshop.importer("send", workshop.run_id(), "--yes")
    assert done.code == 5
    assert "bytes_per_call" in done.err
    assert workshop.summary()["stopped_because"] == "cannot-go-on"
    assert workshop.totals() == {"created": 7, "not_sent": 1}


def test_a_day_s_calls_that_are_spent_stop_the_run_instead_of_sleeping(workshop: Workshop) -> None:
    limits = "limits: {rows_per_call: 5, calls_per_day: 3}"  # one asks for the account's fields
    workshop.write("importer.yaml", SETTINGS.replace("limits: {rows_per_call: 5}", limits))
    workshop.people(12)
    done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == 5
    assert workshop.summary()["stopped_because"] == "budget-spent"
    assert "the next may go at 2026-11-23T" in done.err
    assert workshop.totals() == {"created": 10, "not_sent": 2}
    assert workshop.importer("resume").code == 5  # the run's own calls of the day still count
    assert len(workshop.network.merges()) == 2
    workshop.clock.seconds += 90_000
    assert "--stale" in workshop.importer("resume").err  # the plan is more than a day old by now
    assert workshop.importer("resume", "--stale").code == 0


def test_a_key_that_was_put_right_lets_the_same_run_go_on(workshop: Workshop) -> None:
    workshop.write("importer.yaml", SETTINGS.replace("key_id: 1", "key_id: 999"))
    workshop.people(7)
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.write("importer.yaml", SETTINGS)
    assert workshop.importer("resume").code == 0
    assert workshop.totals() == {"created": 7}


def test_a_connection_that_leads_elsewhere_now_is_not_taken_for_the_run_s_own(
    workshop: Workshop,
) -> None:
    workshop.people(7)
    workshop.sandbox(faults="401")
    assert workshop.importer("run", "people.csv", "--yes").code == 5
    workshop.write("importer.yaml", SETTINGS.replace("project_id: 1", "project_id: 2"))
    assert workshop.importer("resume").code == 0
    assert {body["idProject"] for body in workshop.network.merges()} == {1}


def test_a_run_whose_mapping_was_changed_is_not_sent(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.importer("check", "people.csv")
    mapping = workshop.run_folder() / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("upsert", "insert"), "utf-8")
    done = workshop.importer("send", workshop.run_id(), "--yes")
    assert done.code == 4
    assert "is not what the run" in done.err
    assert not workshop.contacts()


def test_a_header_that_stands_twice_is_refused_unless_both_are_named(workshop: Workshop) -> None:
    workshop.write("people.csv", "Email,First,City,City\na@example.com,A,B,C\n")
    done = workshop.importer("check", "people.csv", "-m", "people")
    assert done.code == 4
    assert 'several columns of people.csv are named "City"' in done.err
    both = PEOPLE.replace("merge:", '  "City (2)": ignore\nmerge:')
    workshop.write("mappings/people.yaml", both)
    assert workshop.importer("check", "people.csv", "-m", "people").code == 0


@pytest.mark.parametrize("sending", [False, True])
def test_a_full_disk_is_a_sentence_and_no_defect(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, sending: bool
) -> None:
    workshop.people(12)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    name = "importer.journal.Journal.settled" if sending else "importer.planning.Planner.finish"
    with monkeypatch.context() as patch:
        patch.setattr(name, full)
        done = workshop.importer("run", "people.csv", "--yes")
    assert done.code == (5 if sending else 4)
    assert "No space left on device" in done.err
    assert workshop.importer("resume").code == 0
    assert sum(workshop.totals().values()) == 12
