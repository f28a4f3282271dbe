"""Schedules: what they say, how it is quoted, and that their commands work as they are printed."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from importer.errors import UnusableInputError
from importer.jobs import crontabs, scheduling
from importer.jobs.crontabs import cron_lines
from importer.jobs.scheduling import SchedulePlan, Start
from importer.jobs.systemd_units import calendars, systemd_unit
from importer.jobs.windows_tasks import windows_task
from importer.language import speaking
from importer.sandbox.server import running
from importer.settings import read_settings
from tests.jobs.clockwork import (
    configured,
    cron_of,
    noted,
    parts_of,
    path_of,
    planned,
    recorder,
    service_of,
    variables_of,
    words_of,
)

MON_FRI, ALL = frozenset(range(5)), frozenset(range(7))
EXPECT = 'files: inbox/*.csv\nexpect: {days: mon-fri, by: "06:00"}'
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
ODD = ["plain", "with blank", "quo\"te's", "per%cent %h", "dol$lar $HOME", "é œ (a) & b; c"]
ANALYZE = shutil.which("systemd-analyze")
posix = pytest.mark.skipif(os.name != "posix", reason="there is no /bin/sh here")
analyzed = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze here")


@pytest.fixture(autouse=True)
def of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMPORTER_STATE_DIR", raising=False)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, check=False)


# --- when -----------------------------------------------------------------------------------------


def test_a_job_starts_an_hour_before_its_deadline_and_just_after_it(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, EXPECT))
    assert plan.starts == (Start(time(5), MON_FRI), Start(time(6, 5), MON_FRI))


def test_a_job_that_expects_nothing_starts_at_five_every_day(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, "files: inbox"))
    assert plan.starts == (Start(time(5), ALL),)
    assert plan.time_zone == ""


def test_starts_around_midnight_move_to_the_days_beside(tmp_path: Path) -> None:
    early = configured(tmp_path, 'files: inbox\nexpect: {days: [mon], by: "00:30"}')
    assert planned(early).starts == (
        Start(time(0, 35), frozenset({0})),
        Start(time(23, 30), frozenset({6})),
    )
    late = configured(tmp_path, 'files: inbox\nexpect: {days: [sun], by: "23:58"}')
    assert planned(late).starts == (
        Start(time(0, 3), frozenset({0})),
        Start(time(22, 58), frozenset({6})),
    )


def test_times_that_are_given_get_a_start_that_notices_a_missing_file(tmp_path: Path) -> None:
    folder = configured(tmp_path, EXPECT)
    assert [s.at for s in planned(folder, at=["04:00"]).starts] == [time(4), time(6, 5)]
    assert [s.at for s in planned(folder, at=["04:00", "07:00"]).starts] == [time(4), time(7)]
    assert planned(folder, every="15min").starts == ()


def test_a_rhythm_whose_next_start_is_tomorrow_gets_one_after_the_deadline(tmp_path: Path) -> None:
    folder = configured(tmp_path, 'files: inbox\nexpect: {days: [fri], by: "22:30"}')
    assert planned(folder, every="1h").starts == ()
    plan = planned(folder, every="2h")
    assert plan.starts == (Start(time(22, 35), frozenset({4})),)
    assert calendars(plan) == ["Fri *-*-* 00/2:00:00", "Fri *-*-* 22:35:00"]


def test_what_is_given_goes_before_what_the_job_says(tmp_path: Path) -> None:
    folder = configured(tmp_path, 'files: inbox\nexpect: {by: "06:00", time_zone: Asia/Tokyo}')
    plan = planned(folder, days=["sat,sun"], time_zone="Europe/Paris", at=["6:30"])
    assert plan.starts == (Start(time(6, 30), frozenset({5, 6})),)
    assert plan.time_zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"at": ["25:00"]}, "a time of day from 00:00 to 23:59 is needed"),
        ({"days": ["someday"]}, '"someday" is no day'),
        ({"time_zone": "America/Torronto"}, "there is no time zone"),
        ({"every": "7min"}, "7min does not come at the same times every day"),
        ({"every": "90m"}, "90m does not come at the same times every day"),
        ({"every": "1d"}, "1d does not come at the same times every day, and more than once"),
        ({"every": "often"}, "a duration such as"),
        ({"time_limit": "long"}, "a duration such as"),
        ({"user": "-x"}, "is no name of an account"),
        ({"user": "a;b"}, "is no name of an account"),
        ({"program": ("/a\nb",)}, "control character"),
        ({"runs_dir": Path("/runs ")}, "ends in a blank"),
    ],
)
def test_what_cannot_be_planned_is_told(
    tmp_path: Path, choices: dict[str, object], told: str
) -> None:
    with pytest.raises(UnusableInputError, match=told):
        planned(configured(tmp_path, "files: inbox"), **choices)


# --- who, and with what ---------------------------------------------------------------------------


def test_root_gives_the_job_to_an_account_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = configured(tmp_path, "files: inbox")
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    assert planned(folder, user="").user == "importer"
    monkeypatch.setattr(getpass, "getuser", lambda: "ana")
    assert planned(folder, user="").user == "ana"


def test_another_account_must_remember_where_a_start_by_hand_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = configured(tmp_path, "files: inbox")
    text = (folder / "importer.yaml").read_text(encoding="utf-8")
    (folder / "importer.yaml").write_text(text.replace("state_dir: state\n", ""), encoding="utf-8")
    own = planned(folder, user=getpass.getuser())
    assert read_settings(folder).state_folder in own.writable
    with pytest.raises(UnusableInputError, match="write state_dir: with a whole path"):
        planned(folder, user="somebody-else")
    monkeypatch.setenv("IMPORTER_STATE_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(UnusableInputError, match="leave the environment variable"):
        planned(folder, user=getpass.getuser())


def test_a_job_may_write_where_its_files_come_from_and_where_it_leaves_things(
    tmp_path: Path,
) -> None:
    job = (
        "files: [inbox/*.csv, sub/*/in/*.csv, 'sftp://files.example/out/*.csv']\n"
        "keep_in: inbox/kept\nmetrics: metrics\nlog: {to: log/nightly.jsonl}"
    )
    plan = planned(configured(tmp_path, job), runs_dir=Path("imports"))
    names = [one.relative_to(tmp_path).as_posix() for one in plan.writable]
    assert names == ["imports", "inbox", "log", "metrics", "state", "sub"]
    assert plan.command[-2:] == ("--runs-dir", str(tmp_path / "imports"))
    assert plan.logs_to_file


def test_folders_below_one_that_is_named_are_not_named(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, "files: '*.csv'"))
    assert plan.writable == (tmp_path,)


def test_a_sign_of_a_glob_in_the_folders_own_name_is_none(tmp_path: Path) -> None:
    folder = configured(tmp_path / "a[1]", "files: [inbox/*.csv, 'in-*/*.csv']")
    assert planned(folder).writable == (folder,)
    folder = configured(tmp_path / "b[1]", "files: inbox/*.csv")
    assert folder / "inbox" in planned(folder).writable


def test_a_machine_without_such_accounts_has_no_homes_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = configured(tmp_path, "files: inbox")
    if os.name == "posix":
        assert Path.home() in planned(folder, user=getpass.getuser()).read
    monkeypatch.setitem(sys.modules, "pwd", None)
    assert Path.home() not in planned(folder, user="somebody").read


def test_secrets_are_named_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = (
        "default_connection: one\n"
        "budgets: {store: 'postgresql://importer@db.example/b', password: 'env:BUDGETS'}\n"
        "connections:\n"
        "  one: {url: 'https://one.example', key_id: 1, key: 'env:ONE'}\n"
        "  two: {url: 'https://two.example', key_id: 2, key: 'file:/keys/two'}\n"
    )
    job = (
        "files: [inbox, 'sftp://files.example/out']\nkeep_in: inbox\n"
        "notify: {to: ['env:TOLD', 'keyring:importer/told']}\n"
        "heartbeat: https://beat.example/nightly\n"
        "access: {password: 'file:~/sftp.key', private_key: ~/id, known_hosts: hosts}"
    )
    monkeypatch.setenv("ONE", "sesame")
    plan = planned(configured(tmp_path, job, connections))
    assert plan.variables == ("BUDGETS", "ONE", "TOLD")
    assert plan.secret_files == ("~/sftp.key",)
    assert plan.keyring
    for text in (systemd_unit(plan), cron_lines(plan), windows_task(plan)):
        assert "sesame" not in text
        assert "beat.example" not in text
    other = planned(configured(tmp_path, "files: inbox\nconnection: two", connections))
    assert other.variables == ("BUDGETS",)
    assert other.secret_files == ("/keys/two",)


def test_the_program_is_the_one_that_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = configured(tmp_path / "job", "files: inbox")
    program, _ = recorder(tmp_path / "bin")
    monkeypatch.setattr(sys, "argv", [str(program)])
    if os.name == "posix":  # elsewhere a program has another ending
        assert planned(folder).program == (str(program),)
    for called in (str(tmp_path / "gone" / "importer"), "/x/importer/__main__.py", "/bin/pytest"):
        monkeypatch.setattr(sys, "argv", [called])
        assert planned(folder).program == (sys.executable, "-P", "-m", "importer")


# --- systemd --------------------------------------------------------------------------------------


def written(plan: SchedulePlan, folder: Path) -> list[str]:
    """Write a plan's units as files, and give their paths."""
    folder.mkdir(exist_ok=True)
    for name, text in parts_of(systemd_unit(plan)).items():
        (folder / name).write_text(text, encoding="utf-8")
    return [str(path) for path in sorted(folder.iterdir())]


@analyzed
@pytest.mark.parametrize("name", ODD)
def test_systemd_accepts_the_units_of_a_folder_with_an_odd_name(name: str, tmp_path: Path) -> None:
    folder = configured(tmp_path / name, EXPECT + "\noverlap: quiet")
    program, _ = recorder(tmp_path / re.sub("[\"']", "", name))
    plan = planned(folder, program=(str(program),), time_zone="America/Toronto")
    units = written(plan, tmp_path / "units")
    done = analyze("verify", *units)
    assert (done.returncode, done.stderr) == (0, "")


@analyzed
def test_systemd_notices_a_mistake_in_a_unit(tmp_path: Path) -> None:
    plan = replace(planned(configured(tmp_path, EXPECT)), program=("/no/such/program",))
    assert analyze("verify", *written(plan, tmp_path / "units")).returncode != 0


@analyzed
@pytest.mark.parametrize(
    "choices",
    [
        {"days": ["mon,wed,thu,fri,sun"], "at": ["05:30", "23:59"]},
        {"every": "15min", "days": ["sat-mon"]},
        {"every": "1h"},
        {"every": "6h", "time_zone": "Asia/Kolkata"},
        {"every": "12h", "time_zone": "UTC"},
    ],
)
def test_systemd_understands_the_moments(tmp_path: Path, choices: dict[str, object]) -> None:
    plan = planned(configured(tmp_path, EXPECT), **choices)
    assert calendars(plan)
    for moment in calendars(plan):
        done = analyze("calendar", moment)
        assert done.returncode == 0, done.stderr


@analyzed
def test_systemd_starts_the_job_at_its_times_of_its_zone(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, EXPECT), time_zone="America/Toronto")
    zone = ZoneInfo("America/Toronto")
    for moment, start in zip(calendars(plan), plan.starts, strict=True):
        done = analyze("calendar", "--iterations=6", "--base-time=2026-03-05 00:00:00 UTC", moment)
        shown = re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
        there = [datetime.fromisoformat(one).replace(tzinfo=UTC).astimezone(zone) for one in shown]
        assert len({one.utcoffset() for one in there}) == 2  # the clocks change in between
        assert {one.time() for one in there} == {start.at}
        assert {one.weekday() for one in there} <= set(range(5))


@analyzed
def test_the_service_is_exposed_to_little(tmp_path: Path) -> None:
    folder = Path("/srv/importer")
    found = planned(configured(tmp_path, EXPECT))
    plan = replace(
        found, folder=folder, writable=(folder / "inbox",), read=(), program=("/bin/sh",)
    )
    service = next(one for one in written(plan, tmp_path / "units") if one.endswith(".service"))
    done = analyze("security", "--offline=true", "--no-pager", service)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if level is None:
        pytest.skip("this systemd-analyze does not judge files")
    assert float(level[1]) < 2.0


@pytest.mark.parametrize("name", ODD)
def test_a_service_writes_only_where_the_job_does(name: str, tmp_path: Path) -> None:
    plan = planned(configured(tmp_path / name, EXPECT), program=("/opt/importer/bin/importer",))
    service = service_of(parts_of(systemd_unit(plan))["importer-nightly.service"])
    paths = [path_of(value) for value in service.all("ReadWritePaths")]
    assert paths == [f"-{one}" for one in plan.writable]
    assert service.one("ProtectSystem") == "strict"
    assert service.one("User") == "importer"


def test_homes_and_temporary_files_are_hidden_unless_the_job_needs_them(tmp_path: Path) -> None:
    plan = replace(
        planned(configured(tmp_path, EXPECT)),
        program=("/opt/importer/bin/importer",),
        folder=Path("/srv/importer"),
        writable=(Path("/srv/importer/inbox"),),
        read=(),
    )

    def hidden(plan: SchedulePlan) -> tuple[str, str]:
        service = service_of(parts_of(systemd_unit(plan))["importer-nightly.service"])
        return service.one("ProtectHome"), service.one("PrivateTmp")

    assert hidden(plan) == ("yes", "yes")
    assert hidden(replace(plan, read=(Path("/home/ana/.ssh/known_hosts"),))) == ("read-only", "yes")
    assert hidden(replace(plan, program=("/home/ann/bin/importer",))) == ("read-only", "yes")
    assert hidden(replace(plan, folder=Path("/var/tmp/importer"))) == ("yes", "no")
    assert hidden(replace(plan, folder=Path("/tmp/importer"))) == ("yes", "no")
    assert hidden(replace(plan, folder=Path("/homestead"))) == ("yes", "yes")


def test_a_start_beside_another_is_a_success_where_the_job_says_quiet(tmp_path: Path) -> None:
    loud = systemd_unit(planned(configured(tmp_path, "files: inbox")))
    quiet = systemd_unit(planned(configured(tmp_path, "files: inbox\noverlap: quiet")))
    assert "SuccessExitStatus" not in loud
    assert "\nSuccessExitStatus=7\n" in quiet


def test_a_service_ends_a_job_after_its_time_limit(tmp_path: Path) -> None:
    folder = configured(tmp_path, "files: inbox")
    assert "\nTimeoutStartSec=4h\n" in systemd_unit(planned(folder))
    assert "\nTimeoutStartSec=90min\n" in systemd_unit(planned(folder, time_limit="90m"))


def test_a_missed_start_is_made_up_for(tmp_path: Path) -> None:
    timer = parts_of(systemd_unit(planned(configured(tmp_path, EXPECT))))["importer-nightly.timer"]
    assert service_of(timer).one("Persistent") == "true"
    assert service_of(timer).all("OnCalendar") == ["Mon..Fri *-*-* 05:00:00",
                                                   "Mon..Fri *-*-* 06:05:00"]  # fmt: skip


def test_the_head_of_a_service_says_what_an_administrator_does(tmp_path: Path) -> None:
    job = "files: inbox\nnotify: {to: [env:TOLD, 'file:/keys/told', 'keyring:a/b']}"
    text = systemd_unit(planned(configured(tmp_path, job)))
    head = text.partition("[Unit]")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "/etc/importer/nightly.env, as NAME='value', owned by root, mode 0600: TOLD" in head
    assert "readable by importer alone: /keys/told" in head
    assert "LoadCredential" in head
    assert "A service reaches no keyring" in head


@pytest.mark.parametrize(
    "change",
    [
        {"program": ('/opt/a"b/importer',)},
        {"program": ("/opt/a'b/importer",)},
        {"program": ("/opt/a\\b/importer",)},
        {"folder": Path("/srv/a\\b")},
        {"user": "LOCAL SERVICE"},
        {"user": "DOMAIN\\importer"},
    ],
)
def test_systemd_is_given_nothing_that_it_would_misread(
    tmp_path: Path, change: dict[str, object]
) -> None:
    plan = replace(planned(configured(tmp_path, EXPECT)), **change)  # type: ignore[arg-type]
    with pytest.raises(UnusableInputError):
        systemd_unit(plan)


# --- cron -----------------------------------------------------------------------------------------


def test_a_line_of_cron_has_its_times_and_its_account(tmp_path: Path) -> None:
    variables, lines = cron_of(cron_lines(planned(configured(tmp_path, EXPECT))))
    assert [line.when for line in lines] == [
        ("0", "5", "*", "*", "1-5"),
        ("5", "6", "*", "*", "1-5"),
    ]
    assert {line.user for line in lines} == {"importer"}
    assert variables["SHELL"] == "/bin/sh"
    assert "/usr/bin" in variables["PATH"].split(":")
    assert variables["MAILTO"]


@pytest.mark.parametrize(
    ("choices", "when"),
    [
        ({"every": "1m"}, "* * * * *"),
        ({"every": "15min"}, "*/15 * * * *"),
        ({"every": "1h", "days": ["sun,mon"]}, "0 * * * 0,1"),
        ({"every": "6h", "days": ["sat"]}, "0 */6 * * 6"),
        ({"at": ["23:07"], "days": ["fri-sun"]}, "7 23 * * 0,5,6"),
    ],
)
def test_cron_is_told_days_and_rhythms(
    tmp_path: Path, choices: dict[str, object], when: str
) -> None:
    plan = planned(configured(tmp_path, "files: inbox"), **choices)
    _, (line,) = cron_of(cron_lines(plan))
    assert " ".join(line.when) == when


def minutes_of(field: str, most: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        found |= set(range(0, most, int(step or 1))) if span == "*" else {int(span)}
    return found


@posix
@pytest.mark.parametrize("zone", ["America/Toronto", "Asia/Kolkata", "Asia/Kathmandu"])
def test_cron_starts_a_job_once_a_day_by_the_clock_of_its_zone(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crontabs, "_offsets", lambda zone: _apart(zone))
    plan = planned(configured(tmp_path, EXPECT), time_zone=zone, at=["05:20", "07:00"])
    _, lines = cron_of(cron_lines(plan))
    test_of = [line.command.partition(") cd ")[0] + ") echo yes;; esac" for line in lines]
    moment = datetime(2026, 3, 6, tzinfo=UTC)  # the clocks of Toronto change on the 8th
    questions: list[str] = []
    moments: list[datetime] = []
    while moment < datetime(2026, 3, 10, tzinfo=UTC):
        for line, test in zip(lines, test_of, strict=True):
            if moment.minute in minutes_of(line.when[0], 60):
                asked = re.sub(r"date \+", f"date -d @{round(moment.timestamp())} +", test)
                questions.append(asked.replace("echo yes", f"echo {len(moments)}"))
                moments.append(moment)
        moment += timedelta(minutes=5)
    done = subprocess.run(
        ["/bin/sh"], input="\n".join(questions), capture_output=True, text=True, check=True
    )
    began = [moments[int(number)].astimezone(ZoneInfo(zone)) for number in done.stdout.split()]
    assert {(one.hour, one.minute) for one in began} == {(5, 20), (7, 0)}
    days = [one.date() for one in began if one.hour == 5]
    assert len(days) == len(set(days))
    assert {one.weekday() for one in began} <= set(range(5))
    assert len(days) >= 2


def _apart(zone: str) -> Iterator[timedelta]:
    """How far a zone is from a machine whose clock shows UTC."""
    for day in range(400):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        yield moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def test_cron_asks_for_no_time_where_the_zone_is_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(configured(tmp_path, EXPECT), time_zone="America/Toronto")
    monkeypatch.setattr(crontabs, "_offsets", lambda _: iter([timedelta()]))
    assert "case" not in cron_lines(plan)
    monkeypatch.setattr(crontabs, "_offsets", lambda _: iter([timedelta(), timedelta(hours=1)]))
    assert "TZ=America/Toronto" in cron_lines(plan)


def test_clocks_of_a_zone_are_compared_over_a_whole_year() -> None:
    assert len(set(crontabs._offsets("Europe/Paris")) | set(crontabs._offsets("UTC"))) >= 2


def test_cron_keeps_a_rhythm_in_another_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crontabs, "_offsets", lambda _: iter([timedelta(hours=9)]))
    folder = configured(tmp_path, "files: inbox")
    _, often = cron_of(cron_lines(planned(folder, every="15min", time_zone="Asia/Tokyo")))
    assert [line.when[0] for line in often] == ["*/15"]
    assert "date +%u)" in often[0].command
    _, seldom = cron_of(cron_lines(planned(folder, every="8h", time_zone="Asia/Tokyo")))
    assert re.findall(r"\[1234567\](\d\d)\)", "".join(line.command for line in seldom)) == [
        "00", "08", "16",
    ]  # fmt: skip


def test_the_head_of_a_crontab_says_what_an_administrator_does(tmp_path: Path) -> None:
    job = "files: inbox\nnotify: {to: [env:TOLD, 'keyring:a/b']}\nlog: {to: stderr}"
    text = cron_lines(planned(configured(tmp_path, job)))
    assert "mode 0640: TOLD" in text
    assert "A service reaches no keyring" in text
    assert "Write log: {to: FILE} for the job" in text
    silent = cron_lines(planned(configured(tmp_path, "files: inbox")))
    assert "Write log:" not in silent
    assert "set -a" not in silent


def test_cron_is_given_nothing_that_it_would_misread(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, EXPECT))
    with pytest.raises(UnusableInputError, match="backslash"):
        cron_lines(replace(plan, folder=Path("/srv/a\\b")))
    with pytest.raises(UnusableInputError, match="too long"):
        cron_lines(replace(plan, folder=Path("/srv/" + "a" * 990)))
    with pytest.raises(UnusableInputError, match="is no name of an account"):
        cron_lines(replace(plan, user="LOCAL SERVICE"))


# --- Windows --------------------------------------------------------------------------------------


def task_of(plan: SchedulePlan) -> ET.Element:
    return ET.fromstring(windows_task(plan))


def names(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(TASK) for child in element]


def text_of(task: ET.Element, path: str) -> list[str]:
    return [e.text or "" for e in task.findall("/".join(TASK + name for name in path.split("/")))]


def test_a_task_has_the_shape_of_the_schema(tmp_path: Path) -> None:
    task = task_of(planned(configured(tmp_path, EXPECT)))
    assert task.tag == f"{TASK}Task"
    assert names(task) == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    for trigger in task.findall(f"{TASK}Triggers/{TASK}CalendarTrigger"):
        assert names(trigger) == ["Enabled", "StartBoundary", "ScheduleByWeek"]
    days = task.findall(f".//{TASK}DaysOfWeek")
    assert [names(one) for one in days] == [["Monday", "Tuesday", "Wednesday", "Thursday",
                                             "Friday"]] * 2  # fmt: skip
    times = text_of(task, "Triggers/CalendarTrigger/StartBoundary")
    assert [one[10:] for one in times] == ["T05:00:00", "T06:05:00"]
    (action,) = task.findall(f"{TASK}Actions/{TASK}Exec")
    assert names(action) == ["Command", "Arguments", "WorkingDirectory"]


def test_a_task_is_never_started_twice_and_makes_up_for_a_missed_start(tmp_path: Path) -> None:
    task = task_of(planned(configured(tmp_path, EXPECT), time_limit="90m"))
    assert text_of(task, "Settings/MultipleInstancesPolicy") == ["IgnoreNew"]
    assert text_of(task, "Settings/StartWhenAvailable") == ["true"]
    assert text_of(task, "Settings/ExecutionTimeLimit") == ["PT90M"]


@pytest.mark.parametrize(
    ("user", "logon"),
    [
        ("OFFICE\\svc-importer", "Password"),
        ("OFFICE\\importer$", "Password"),
        ("LOCAL SERVICE", "ServiceAccount"),
        ("NT AUTHORITY\\NETWORK SERVICE", "ServiceAccount"),
    ],
)
def test_a_task_runs_as_an_account_without_rights(tmp_path: Path, user: str, logon: str) -> None:
    task = task_of(planned(configured(tmp_path, EXPECT), user=user))
    assert text_of(task, "Principals/Principal/UserId") == [user]
    assert text_of(task, "Principals/Principal/LogonType") == [logon]
    assert text_of(task, "Principals/Principal/RunLevel") == ["LeastPrivilege"]


def test_a_task_comes_back_in_a_rhythm(tmp_path: Path) -> None:
    task = task_of(planned(configured(tmp_path, "files: inbox"), every="15min"))
    (trigger,) = task.findall(f"{TASK}Triggers/{TASK}CalendarTrigger")
    assert names(trigger) == ["Enabled", "StartBoundary", "Repetition", "ScheduleByDay"]
    assert text_of(trigger, "Repetition/Interval") == ["PT15M"]
    assert text_of(trigger, "Repetition/Duration") == ["P1D"]


def test_a_task_keeps_odd_paths_whole(tmp_path: Path) -> None:
    plan = replace(
        planned(configured(tmp_path, EXPECT), runs_dir=Path("R & D <runs>")),
        job="a--b-",
        program=("C:\\Program Files\\importer\\importer.exe",),
        folder=Path("C:\\Été & Cie"),
    )
    task = task_of(plan)
    assert text_of(task, "Actions/Exec/Command") == ["C:\\Program Files\\importer\\importer.exe"]
    assert text_of(task, "Actions/Exec/WorkingDirectory") == ["C:\\Été & Cie"]
    (arguments,) = text_of(task, "Actions/Exec/Arguments")
    assert arguments == f'job run a--b- --quiet --runs-dir "{tmp_path / "R & D <runs>"}"'
    assert text_of(task, "RegistrationInfo/URI") == ["\\importer\\a--b-"]


@pytest.mark.parametrize("path", ["C:\\100% done", 'C:\\a"b'])
def test_a_task_is_given_no_path_that_windows_would_change(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnusableInputError, match="Task Scheduler takes no path"):
        windows_task(replace(planned(configured(tmp_path, EXPECT)), folder=Path(path)))


def test_a_task_says_what_the_machine_cannot_know(tmp_path: Path) -> None:
    silent = planned(configured(tmp_path, EXPECT))
    assert "time zone" not in windows_task(silent)
    assert "log:" not in windows_task(silent)
    told = configured(tmp_path, EXPECT + "\nlog: {to: stderr}")
    text = windows_task(planned(told, time_zone="Europe/Paris"))
    assert "the times below are of Europe/Paris" in text
    assert "Write log: {to: FILE} for the job" in text


# --- the commands, exactly as they are printed ----------------------------------------------------

CONNECTION = """\
default_connection: local
connections:
  local: {{target: dialog-insight, url: "{url}", project_id: 1, key_id: 1, key: env:JOB_KEY}}
"""
JOB = """\
files: inbox/*.csv
mapping: people
settle_seconds: 0
log: {to: nightly.jsonl}"""
PEOPLE = """\
name: people
target: dialog-insight
columns: {Email: key_f_EMail, City: f_City}
merge: {mode: upsert}
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """A folder with a job and a file in its inbox, beside a sandbox on a port of its own."""
    folder = tmp_path / "contacts 100% d'été"
    with running() as url:
        configured(folder, JOB, CONNECTION.format(url=url))
        for name in ("inbox", "mappings"):
            (folder / name).mkdir()
        (folder / "mappings" / "people.yaml").write_text(PEOPLE, encoding="utf-8")
        (folder / "inbox" / "new.csv").write_text("Email,City\na@example.com,Laval\n")
        (tmp_path / "job.env").write_text("JOB_KEY='sandbox'\n")
        yield folder


def planned_here(office: Path, **choices: object) -> SchedulePlan:
    program = (sys.executable, "-P", "-m", "importer")
    file = str(office.parent / "job.env")
    return planned(office, program=program, environment_file=file, **choices)


def bare(**more: str) -> dict[str, str]:
    """The little that a service or cron gives a program, and where these sources are."""
    top = str(Path(scheduling.__file__).parents[2])
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": top, **more}


def assert_imported(office: Path) -> None:
    assert not list((office / "inbox").glob("*.csv"))
    (kept,) = (office / "inbox" / "archive").rglob("new.csv")
    assert kept.read_text() == "Email,City\na@example.com,Laval\n"
    (results,) = (office / "runs").glob("*/results.csv")
    assert ",created," in results.read_text(encoding="utf-8-sig")


@posix
def test_the_command_of_the_service_imports_the_file(office: Path) -> None:
    service = service_of(parts_of(systemd_unit(planned_here(office)))["importer-nightly.service"])
    file = Path(service.one("EnvironmentFile").removeprefix("-").replace("%%", "%"))
    done = subprocess.run(
        words_of(service.one("ExecStart")),
        cwd=service.one("WorkingDirectory").replace("%%", "%"),
        env=bare(**variables_of(file)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert_imported(office)


@posix
def test_the_line_of_cron_imports_the_file(office: Path) -> None:
    if shutil.which("timeout") is None:
        pytest.skip("this machine has no timeout")
    choices = {"every": "15min", "time_zone": "Asia/Tokyo"}
    variables, (line,) = cron_of(cron_lines(planned_here(office, **choices)))
    done = subprocess.run(
        [variables["SHELL"], "-c", line.command],
        cwd="/",
        env=bare(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert_imported(office)


@posix
@pytest.mark.parametrize("name", ODD)
def test_a_program_is_started_with_its_words_in_its_folder(name: str, tmp_path: Path) -> None:
    folder = configured(tmp_path / name, "files: inbox")
    program, out = recorder(tmp_path / re.sub("[\"']", "", name) / "bin")
    plan = planned(folder, program=(str(program),), runs_dir=Path(f"{name}/runs"))
    service = service_of(parts_of(systemd_unit(plan))["importer-nightly.service"])
    words = ["job", "run", "nightly", "--quiet", "--runs-dir", str(folder / name / "runs")]
    place = service.one("WorkingDirectory").replace("%%", "%")
    subprocess.run(words_of(service.one("ExecStart")), cwd=place, env=bare(), check=True)
    told = noted(out)
    assert (told["words"], told["folder"]) == (words, str(folder))
    out.unlink()
    _, (line,) = cron_of(cron_lines(plan))
    subprocess.run(["/bin/sh", "-c", line.command], cwd="/", env=bare(), check=True)
    told = noted(out)
    assert (told["words"], told["folder"]) == (words, str(folder))


@posix
def test_cron_hands_the_secrets_over_and_fails_loudly_without_them(tmp_path: Path) -> None:
    folder = configured(tmp_path / "job", "files: inbox\nnotify: {to: env:TOLD}")
    program, out = recorder(tmp_path / "bin")
    secrets = tmp_path / "my job.env"
    plan = planned(folder, program=(str(program),), environment_file=str(secrets))
    _, (line,) = cron_of(cron_lines(plan))
    without = subprocess.run(["/bin/sh", "-c", line.command], env=bare(), capture_output=True)
    assert without.returncode != 0
    assert not out.exists()
    secrets.write_text("TOLD='mailto://a:b$HOME@example.com'\n")
    subprocess.run(["/bin/sh", "-c", line.command], env=bare(), check=True)
    environment = noted(out)["environment"]
    assert isinstance(environment, dict)
    assert environment["TOLD"] == "mailto://a:b$HOME@example.com"


@posix
def test_cron_ends_a_job_after_its_time_limit(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, "files: inbox"), time_limit="90m")
    _, (line,) = cron_of(cron_lines(plan))
    assert "timeout --signal=TERM --kill-after=300 5400 " in line.command


def test_schedules_speak_the_language_of_who_asks(tmp_path: Path) -> None:
    plan = planned(configured(tmp_path, EXPECT))
    english = (systemd_unit(plan), cron_lines(plan), windows_task(plan))
    with speaking("fr"):
        for text, before in zip(
            (systemd_unit(plan), cron_lines(plan), windows_task(plan)), english, strict=True
        ):
            settings = [line for line in before.splitlines() if line[:1].isupper()]
            kept = [line for line in text.splitlines() if line[:1].isupper()]
            assert len(settings) == len(kept)
