"""``jobs`` in ``importer.yaml``: what they say, and every mistake with its place and remedy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from importer.errors import UnusableInputError
from importer.job_settings import JobSection, Told
from importer.language import english, speaking
from importer.settings import SETTINGS_FILE, read_settings, settings_schema
from importer.thresholds import is_share, is_threshold
from importer.written_places import is_remote, is_web
from tests.settings_schema import PUBLISHED, written

CONNECTIONS = """\
connections:
  production: {url: https://app.dialoginsight.com, key_id: 5335, key: env:DIALOG_INSIGHT_KEY}
"""
FULL = """\
jobs:
  nightly:
    files: ["sftp://importer@files.example/My Files/*.csv", https://files.example/b.csv]
    access:
      user: importer
      password: env:SFTP_PASSWORD
      private_key: /etc/importer/id_ed25519
      passphrase: keyring:importer/sftp
      known_hosts: /etc/importer/known_hosts
      port: 2222
      options: {timeout: 20, compress: true, key: env:OTHER}
    keep_in: inbox
    after_fetch: leave
    mapping: newsletter
    connection: production
    sheet: 2
    strict: true
    max_invalid: 5%
    max_rejected: 20
    max_yes: 2.5 %
    max_no: 1,5%
    verify: 100
    only_changes: true
    settle_seconds: 0
    done_marker: ".done"
    guards: {fewest_rows: 1000, fill: false, types: false, cut_off: true}
    expect:
      days: mon-fri
      by: 06:00
      except: [2026-12-25, "holidays:CA-QC"]
      time_zone: America/Toronto
    overlap: quiet
    stale: abandon
    retention: {archive: 90d, failed: 1y, runs: 12w}
    notify:
      to: [env:IMPORTER_NOTIFY, "file:/etc/importer/notify"]
      on: [failed, degraded, missing, recovered, success]
      attach: [summary, page]
      repeat: 1d
    heartbeat: env:HEARTBEAT_URL
    metrics: /var/lib/node_exporter/textfile
    log: {to: nightly.log, max_bytes: 100000, keep: 3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)  # as the command line does: the file is called by its name
    yield Path()
    os.chdir(before)


def jobs_of(folder: Path, text: str) -> dict[str, JobSection]:
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return read_settings(folder).jobs


def job_of(folder: Path, members: str) -> JobSection:
    return jobs_of(folder, one_job(members))["nightly"]


def one_job(members: str) -> str:
    """Write a job whose members begin in the third line."""
    lines = members if "files:" in members else f"files: inbox/*.csv\n{members}"
    return "jobs:\n  nightly:\n" + "".join(f"    {line}\n" for line in lines.splitlines())


def said(folder: Path, text: str) -> list[str]:
    with pytest.raises(UnusableInputError) as raised:
        jobs_of(folder, text)
    return [str(mistake) for mistake in raised.value.mistakes]


# --- what they say --------------------------------------------------------------------------------


def test_every_member_of_a_job_is_read(folder: Path) -> None:
    job = jobs_of(folder, CONNECTIONS + FULL)["nightly"]
    assert job.places == (
        "sftp://importer@files.example/My Files/*.csv",
        "https://files.example/b.csv",
    )
    assert (job.access.password, job.access.port) == ("env:SFTP_PASSWORD", 2222)
    assert job.access.private_key == "/etc/importer/id_ed25519"
    assert job.access.options == {"timeout": 20, "compress": True, "key": "env:OTHER"}
    assert (job.max_invalid, job.max_rejected, job.max_yes, job.max_no) == (
        "5%",
        "20",
        "2.5 %",
        "1,5%",
    )
    assert (job.sheet, job.verify, job.settle_seconds) == ("2", 100, 0)
    assert job.guards.fewest_rows == "1000"
    assert job.guards.fill is False
    assert job.expect is not None
    assert (job.expect.days, job.expect.by) == (["mon-fri"], "06:00")
    assert job.expect.exceptions == ["2026-12-25", "holidays:CA-QC"]
    assert job.notify is not None
    assert job.notify.to == ["env:IMPORTER_NOTIFY", "file:/etc/importer/notify"]
    assert job.notify.on == [*Told]
    assert job.log.to == "nightly.log"


def test_what_a_job_leaves_out_is_careful(folder: Path) -> None:
    job = job_of(folder, "files: inbox")
    assert job.places == ("inbox",)
    assert (job.guards.fewest_rows, job.guards.fill) == ("60%", "50%")
    assert job.guards.types
    assert job.guards.cut_off
    assert (job.after_fetch, job.overlap, job.stale, job.log.to) == (
        "leave",
        "tell",
        "wait",
        "",
    )
    assert job.settle_seconds == 30
    assert job.retention.archive is None
    assert (job.expect, job.notify, job.heartbeat) == (None, None, None)


def test_guards_are_switched_off_one_by_one(folder: Path) -> None:
    guards = job_of(folder, "guards: {fewest_rows: false, fill: 12.5 %, cut_off: false}").guards
    assert guards.fewest_rows is False
    assert (guards.fill, guards.types, guards.cut_off) == ("12.5 %", True, False)
    assert job_of(folder, "guards: {fewest_rows: 0}").guards.fewest_rows == "0"


def test_one_text_is_a_list_of_it(folder: Path) -> None:
    job = job_of(
        folder,
        "expect: {days: daily, by: 6:00, except: holidays:FR}\nnotify: {to: env:NOTIFY}",
    )
    assert job.expect is not None
    assert job.notify is not None
    assert (job.expect.days, job.expect.by) == (["daily"], "6:00")
    assert (job.expect.exceptions, job.notify.to) == (["holidays:FR"], ["env:NOTIFY"])
    assert Told.SUCCESS not in job.notify.on


def test_a_home_folder_is_written_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/marie")
    monkeypatch.setenv("USERPROFILE", "/home/marie")
    job = job_of(folder, "files: ~/in/*.csv\nmetrics: ~/m\nkeep_in: ~/kept\nlog: {to: ~/l}")
    home = Path("/home/marie")
    assert [Path(one) for one in (*job.places, job.metrics, job.keep_in, job.log.to)] == [
        home / "in" / "*.csv",
        home / "m",
        home / "kept",
        home / "l",
    ]


@pytest.mark.parametrize(
    "name", ["nightly", "N1", "_a", "9", "n" * 40, "crm_to-mail", "12", "true"]
)
def test_names_of_jobs_name_files_too(folder: Path, name: str) -> None:
    assert [*jobs_of(folder, f"jobs: {{{name}: {{files: inbox}}}}\n")] == [name]


@pytest.mark.parametrize("files", ["C:\\in\\*.csv", "C:/in/*.csv", "in [old]/a.csv", "a: b.csv"])
def test_what_only_looks_like_an_address_is_a_path(folder: Path, files: str) -> None:
    assert job_of(folder, f"files: '{files}'\nkeep_in: kept").places == (files,)
    assert not is_remote(files)


@pytest.mark.parametrize(
    "files",
    [
        "sftp://files.example/out/",
        "sftp://importer@files.example:2222/out/contacts_202?.csv",
        "ssh://files.example/[a-c]*.csv",
        "https://files.example/export.csv?format=csv",
        "http://127.0.0.1:8000/a.csv",
        "s3://bucket/contacts/*.csv",
        "sftp://[::1]:2222/out/*.csv",
        "some-thing://x",
    ],
)
def test_addresses_are_taken_as_they_are_written(folder: Path, files: str) -> None:
    assert job_of(folder, f"files: '{files}'\nkeep_in: kept").places == (files,)
    assert is_remote(files)
    assert is_web(files) == files.startswith("http")


@pytest.mark.parametrize(
    "heartbeat",
    [
        "env:HEARTBEAT_URL",
        "env:IMPORTER_NIGHTLY_HEARTBEAT_URL",
        "file:/etc/importer/heartbeat",
        "https://hc-ping.example/0b7f5a3e-6d1f-4a5b-9c1d-0123456789ab",
        "https://push.example/api?status=up",
        "http://localhost:3001/up",
    ],
)
def test_a_heartbeat_is_a_reference_or_an_address(folder: Path, heartbeat: str) -> None:
    assert job_of(folder, f"heartbeat: '{heartbeat}'").heartbeat == heartbeat


@pytest.mark.parametrize("connection", ["production", "sandbox"])
def test_a_job_may_use_the_sandbox(folder: Path, connection: str) -> None:
    text = CONNECTIONS + one_job(f"connection: {connection}")
    assert jobs_of(folder, text)["nightly"].connection == connection


def test_jobs_may_share_a_folder_when_their_files_differ(folder: Path) -> None:
    text = "jobs: {a: {files: in/contacts*.csv}, b: {files: in/orders*.csv}, c: {files: in/x.csv}}"
    assert len(jobs_of(folder, text)) == 3
    assert len(jobs_of(folder, "jobs: {a: {files: shops/*/a.csv}}")) == 1
    left = "{files: sftp://h.example/x.csv, keep_in: %s}"
    assert len(jobs_of(folder, f"jobs: {{a: {left % 'a'}, b: {left % 'b'}}}")) == 2


def test_a_folder_with_a_dot_that_is_not_there_yet_is_a_folder(folder: Path) -> None:
    text = "jobs: {a: {files: drop.d}, b: {files: archive/x.csv}}"
    assert len(jobs_of(folder, text)) == 2


# --- what they must not say -----------------------------------------------------------------------


def test_every_mistake_of_a_job_is_said_at_once_with_its_place(folder: Path) -> None:
    text = """\
jobs:
  nightly:
    files: [inbox/*.csv, "-", ""]
    conection: production
    connection: prodution
    max_invalid: few
    settle_seconds: -1
    guards: {fewest_rows: 150%, cut: true}
    expect: {days: mon-frid, by: 24:00, except: [2026-02-30], time_zone: America/Montrael}
    retention: {archive: 90}
    notify: {to: [], on: [fail], attach: pages}
    log: {to: stdout}
  Nightly:
    files: sftp://files.example/a.csv
"""
    assert said(folder, CONNECTIONS + text) == [
        "importer.yaml:5:26: jobs.nightly.files.1: a job cannot read standard input: write the "
        "path of its files",
        "importer.yaml:5:31: jobs.nightly.files.2: a path or an address is needed, such as "
        "inbox/*.csv",
        'importer.yaml:6:5: "conection" is no member of jobs.nightly. Did you mean "connection"?',
        'importer.yaml:7:17: jobs.nightly.connection: "prodution" is no connection of this file '
        '(there are: production, sandbox). Did you mean "production"?',
        'importer.yaml:8:18: jobs.nightly.max_invalid: "few" is neither a number of rows nor a '
        "share such as 5%",
        "importer.yaml:9:21: jobs.nightly.settle_seconds: a number of seconds from 0 to 86400 is "
        "needed",
        "importer.yaml:10:27: jobs.nightly.guards.fewest_rows: a number of rows, a share from 0% "
        "to 100% of the usual ones, or false, is needed",
        'importer.yaml:10:33: "cut" is no member of jobs.nightly.guards. Did you mean "cut_off"?',
        'importer.yaml:11:20: jobs.nightly.expect.days: "frid" is no day: write daily, a day such '
        'as mon, days such as mon,wed, or mon-fri. Did you mean "friday"?',
        "importer.yaml:11:34: jobs.nightly.expect.by: a time of day from 00:00 to 23:59 is needed, "
        'such as "06:00"',
        "importer.yaml:11:50: jobs.nightly.expect.except.0: there is no day 2026-02-30",
        'importer.yaml:11:74: jobs.nightly.expect.time_zone: there is no time zone "America/'
        'Montrael"; write one such as America/Toronto. Did you mean "America/Montreal" or '
        '"America/Monterrey"?',
        "importer.yaml:12:26: jobs.nightly.retention.archive: a duration such as 90d, 12w or 3y is "
        "needed",
        "importer.yaml:13:14: jobs.nightly.notify.to must not be empty",
        'importer.yaml:13:27: jobs.nightly.notify.on.0 cannot be "fail"; it can be failed, '
        'degraded, missing, recovered, success. Did you mean "failed"?',
        "importer.yaml:13:42: jobs.nightly.notify.attach must be a list in brackets: [pages]",
        "importer.yaml:14:15: jobs.nightly.log.to: stderr, or the path of a file, is needed",
        'importer.yaml:15:3: the job "Nightly" differs from "nightly" only in capital letters, as '
        "no file may: give it another name",
        "importer.yaml:16:12: jobs.Nightly.files: files are fetched from elsewhere: name in "
        "keep_in the folder to keep them",
    ]


@pytest.mark.parametrize("name", ["-a", "n" * 41, "été", "a.b", "a b", '""', "a/b", "nightly@x"])
def test_a_name_that_no_file_may_have_is_refused(folder: Path, name: str) -> None:
    (mistake,) = said(folder, f"jobs:\n  {name}: {{files: inbox}}\n")
    assert mistake.startswith("importer.yaml:2:3: the job ")
    assert "needs another name: at most 40 letters without accents" in mistake


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ("files: []", "files must not be empty"),
        ("files: {a: b}", "files: a text, or a list of texts, is needed"),
        ("files: file:///in/a.csv", "files: write the path itself, without file:"),
        ("files: local://in/a.csv", "files: write the path itself, without file:"),
        ("files: 'file:in/a.csv'", "files: write the path itself, without file:"),
        ("files: zip://*::sftp://h/a.zip\nkeep_in: k", "files: addresses cannot be chained with"),
        ("files: http://files.example/a.csv\nkeep_in: k", "in clear text from files.example"),
        ("files: https:///a.csv\nkeep_in: k", "such as https://files.example/contacts.csv"),
        ("files: sftp:///a.csv\nkeep_in: k", "such as sftp://importer@files.example/out/*.csv"),
        ("files: 'sftp://h:x/a.csv'\nkeep_in: k", "such as sftp://importer@files.example/out/"),
        ("files: 'sftp://h:0/a.csv'\nkeep_in: k", "such as sftp://importer@files.example/out/"),
        ("files: 'sftp://my host/a'\nkeep_in: k", "such as sftp://importer@files.example/out/"),
        ('files: "sftp://h/a\\nb"\nkeep_in: k', "such as sftp://importer@files.example/out/"),
        ("files: https://h.example/*.csv\nkeep_in: k", "a web server lists no files"),
        ("files: ~nobody-of-that-name/a.csv\nkeep_in: k", "~ names no user of this machine"),
        ("connection: ''", "connection must not be empty"),
        ("mapping: ''", "mapping must not be empty"),
        ("max_rejected: -5", '"-5" is neither a number of rows nor a share'),
        ("max_no: 5 percent", '"5 percent" is neither'),
        ("max_yes: 9999999999999", "is neither a number of rows nor a share"),
        ("verify: 0", "verify must be greater than 0"),
        ("verify: true", "verify: a number is needed"),
        ("settle_seconds: nan", "settle_seconds: a number of seconds from 0 to 86400 is needed"),
        ("settle_seconds: 1e9", "settle_seconds: a number of seconds from 0 to 86400 is needed"),
        ("settle_seconds: true", "settle_seconds: a number is needed"),
        ("settle_seconds: soon", "settle_seconds must be a number"),
        ("done_marker: done", "done_marker: what is added to the file's name is needed"),
        ("done_marker: '..'", "done_marker: what is added to the file's name is needed"),
        ("done_marker: './done'", "done_marker: the marker lies beside its file"),
        ("done_marker: .CSV", "done_marker: a marker that ends like a spreadsheet"),
        ("done_marker: -ok.csv.gz", "done_marker: a marker that ends like a spreadsheet"),
        ("guards: {fewest_rows: many}", "guards.fewest_rows: a number of rows, a share"),
        ("guards: {fewest_rows: true}", "guards.fewest_rows: a number of rows, a share"),
        ("guards: {fewest_rows: [1]}", "guards.fewest_rows: a number of rows, a share"),
        ("guards: {fewest_rows: -1}", "guards.fewest_rows: a number of rows, a share"),
        ("guards: {fill: 50}", "guards.fill: a share from 0% to 100%, or false, is needed"),
        ("guards: {fill: 101%}", "guards.fill: a share from 0% to 100%, or false, is needed"),
        ("guards: {fill: {}}", "guards.fill: a share from 0% to 100%, or false, is needed"),
        ("guards: {types: maybe}", "guards.types must be true or false"),
        ("expect: {}", 'expect lacks the member "by"'),
        ("expect: {by: 6}", "expect.by: a time of day"),
        ("expect: {by: 6:00 AM}", "expect.by: a time of day"),
        ("expect: {by: 12:60}", "expect.by: a time of day"),
        ("expect: {by: 06:00, days: []}", "expect.days must not be empty"),
        ("expect: {by: 06:00, days: ''}", "expect.days: write daily, a day such as mon"),
        ("expect: {by: 06:00, days: lun-ven}", '"lun" is no day'),
        ("expect: {by: 06:00, days: [mon, 3]}", 'expect.days.1: "3" is no day'),
        ("expect: {by: 06:00, days: mon-}", "expect.days: write daily, a day such as mon"),
        ("expect: {by: 06:00, except: [25/12/2026]}", "a date such as 2026-12-25"),
        ("expect: {by: 06:00, except: holidays:Canada}", "a date such as 2026-12-25"),
        ("expect: {by: 06:00, time_zone: America}", 'there is no time zone "America"'),
        ("expect: {by: 06:00, time_zone: ../UTC}", 'there is no time zone "../UTC"'),
        (f"expect: {{by: 06:00, time_zone: {'x/' * 3000}}}", 'there is no time zone "x/x'),
        ("overlap: silent", "overlap cannot be"),
        ("stale: resume", "stale cannot be"),
        ("retention: {runs: forever}", "retention.runs: a duration such as 90d"),
        ("notify: {on: [failed]}", 'notify lacks the member "to"'),
        ("notify: {to: env:A, on: []}", "notify.on must not be empty"),
        ("notify: {to: env:A, repeat: 0d}", "notify.repeat: a duration such as 90m"),
        ("notify: {to: hunter2}", "notify.to: write env:NAME, file:PATH or keyring"),
        ("heartbeat: heartbeats.example/x", "heartbeat: env:NAME, or an address such as"),
        ("heartbeat: ftp://heartbeats.example/x", "heartbeat: env:NAME, or an address such as"),
        ("heartbeat: http://heartbeats.example/x", "heartbeat: http:// would send it in clear"),
        ("heartbeat: https://me@heartbeats.example", "a URL must not hold a user name"),
        ("heartbeat: ''", "heartbeat must not be empty"),
        ("metrics: https://metrics.example", "metrics: a folder of this machine is needed"),
        ('keep_in: "a\\0b"', "keep_in: a path has no NUL character"),
        ("keep_in: sftp://h.example/a", "keep_in: a folder of this machine is needed"),
        ("log: {to: '-'}", "log.to: stderr, or the path of a file, is needed"),
        ("log: {max_bytes: 10}", "log.max_bytes must be 10000 or more"),
        ("log: {keep: 1001}", "log.keep must be 1000 or less"),
        ("access: {user: importer}", "access: this is for files elsewhere"),
        ("after_fetch: archive", "after_fetch: this is for files elsewhere"),
        (
            "files: https://h.example/a.csv\nkeep_in: k\nafter_fetch: archive",
            "after_fetch: a file of a web server cannot be moved there: write leave",
        ),
        (
            "files: sftp://h.example/a\nkeep_in: k\naccess: {port: 70000}",
            "access.port must be 65535 or less",
        ),
        (
            "files: sftp://h.example/a\nkeep_in: k\naccess: {private_key: 'file:/etc/id'}",
            "access.private_key: the path of the key file is needed",
        ),
        ("files: inbox/archive/2026/*.csv\nkeep_in: inbox", 'the job "nightly" keeps what it took'),
    ],
)
def test_a_mistake_of_a_job_is_one_sentence_with_a_remedy(
    folder: Path, members: str, words: str
) -> None:
    text = one_job(members)
    (mistake,) = said(folder, text)
    assert mistake.startswith("importer.yaml:")
    assert words in mistake


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("inbox/*.csv", "inbox/*.csv"),
        ("inbox/*.csv", "./inbox/../inbox/*.csv"),
        ("inbox/*.csv", "inbox/contacts.csv"),
        ("inbox/contacts.csv", "inbox/*.csv"),
        ("inbox", "inbox/*.xlsx"),
        ("inbox/c*.csv", "inbox"),
    ],
)
def test_two_jobs_must_not_take_the_same_files(folder: Path, first: str, second: str) -> None:
    text = f"jobs:\n  a: {{files: '{first}'}}\n  b: {{files: '{second}'}}\n"
    (mistake,) = said(folder, text)
    assert mistake == (
        'importer.yaml:3:14: jobs.b.files: the job "a" takes the same files: give each job files '
        "of its own"
    )


def test_two_jobs_must_not_move_the_same_remote_file(folder: Path) -> None:
    remote = "files: sftp://h.example/a.csv"
    text = (
        f"jobs: {{a: {{{remote}, keep_in: a}}, b: {{{remote}, keep_in: b, after_fetch: archive}}}}"
    )
    (mistake,) = said(folder, text)
    assert 'the job "a" takes the same files' in mistake


@pytest.mark.parametrize(
    "taken", ["inbox/processing", "inbox/failed/x/*.csv", "*/archive/*/*/*.csv", "inbox/*/*/a.csv"]
)
def test_what_a_job_took_is_no_other_jobs_file(folder: Path, taken: str) -> None:
    text = f"jobs: {{a: {{files: inbox/*.csv}}, b: {{files: '{taken}', keep_in: other}}}}"
    (mistake,) = said(folder, text)
    assert 'jobs.b.files: in this folder the job "a" keeps what it took' in mistake


def test_two_jobs_must_not_write_one_log(folder: Path) -> None:
    text = "jobs: {a: {files: a, log: {to: x.log}}, b: {files: b, log: {to: ./x.log}}}"
    (mistake,) = said(folder, text)
    assert 'jobs.b.log.to: the job "a" writes the same file' in mistake
    stderr = "jobs: {a: {files: a, log: {to: stderr}}, b: {files: b, log: {to: stderr}}}"
    assert len(jobs_of(folder, stderr)) == 2


@pytest.mark.parametrize("jobs", ["nightly", "[nightly]", "{nightly: inbox}", "{nightly: null}"])
def test_jobs_that_are_no_members_are_said_to_be_none(folder: Path, jobs: str) -> None:
    (mistake,) = said(folder, f"jobs: {jobs}\n")
    assert "must be members" in mistake or "has no value" in mistake


@pytest.mark.parametrize("log", ["x", "{to: [a]}"])
def test_a_log_that_is_wrong_itself_is_not_compared(folder: Path, log: str) -> None:
    text = f"jobs: {{a: {{files: a, log: {log}}}, b: {{files: b, log: {log}}}}}"
    assert len(said(folder, text)) == 2


def test_a_machine_without_time_zones_is_told_how_to_get_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    (mistake,) = said(folder, one_job("expect: {by: 06:00, time_zone: Nowhere/Else}"))
    assert mistake.endswith("this machine knows no time zones. Run: pip install tzdata")


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        "files: sftp://importer:{}@files.example/out/*.csv\nkeep_in: k",
        "files: sftp://importer:a/{}@files.example/out\nkeep_in: k",
        "files: [sftp://:{}@files.example/out]\nkeep_in: k",
        "files: sftp://files.example/a::sftp://u:{}@files.example/b\nkeep_in: k",
        "files: zip://*.csv::sftp://u:{}@files.example/out.zip\nkeep_in: k",
        "files: https://files.example/a.csv?token={}\nkeep_in: k",
        "files: https://files.example/a.csv?X-Amz-Signature={}\nkeep_in: k",
        "{{files:sftp://importer:{}@files.example/out}}",
        "access: {{password: {}}}",
        "access: {{passphrase: {}}}",
        "access: {{options: {{token: {}}}}}",
        "access: {{options: {{proxy: 'http://u:{}@proxy.example'}}}}",
        "access: {{private_key: '-----BEGIN OPENSSH PRIVATE KEY----- {}'}}",
        "notify: {{to: 'mailto://marie:{}@example.com'}}",
        "notify: {{to: slack://{}/B/C}}",
        "notify: {{to: {}}}",
        "notify: slack://{}/B/C",
        "notify: {{too: slack://{}/B/C}}",
        "notify: {{to:slack://{}/B/C}}",
        "notify: {{to: env:A, on: slack://{}/B/C}}",
        "notify: {{to: env:A, attach: slack://{}/B/C}}",
        "heartbeat:https://beats.example/{}",
        "heartbeat: https://u:{}@beats.example/x",
        "heartbeat: http://beats.example/{}",
        "heartbeat: [https://beats.example/{}]",
        "overlap: https://u:{}@beats.example/x",
    ],
)
def test_promise_7_no_secret_of_a_job_is_ever_shown(folder: Path, members: str) -> None:
    mistakes = said(folder, one_job(members.format("hunter2")))
    assert mistakes
    assert all("hunter2" not in mistake for mistake in mistakes)
    assert all("hunter2" not in english(mistake) for mistake in mistakes)


def test_promise_7_a_pasted_key_is_refused_like_any_secret(folder: Path) -> None:
    text = one_job("access: {private_key: '-----BEGIN OPENSSH PRIVATE KEY-----'}")
    (mistake,) = said(folder, text)
    assert mistake == (
        "importer.yaml:4:27: jobs.nightly.access.private_key holds a secret itself: write "
        "env:NAME, file:PATH or keyring:SERVICE/USER instead, and keep the secret there"
    )


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_a_mistake(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    members = json.dumps(text)
    try:
        job = job_of(folder, f"files: {members}\nkeep_in: {members}\nlog: {{to: {members}}}")
    except UnusableInputError as error:
        assert error.mistakes  # noqa: PT017 - both ends are fine
    else:
        assert job.places


@given(st.text(alphabet="0123456789.,% x-", max_size=12))
def test_a_share_is_a_threshold(text: str) -> None:
    assert is_threshold(text) or not is_share(text)


def test_mistakes_are_said_in_french_and_keep_their_english(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text(one_job("files: '-'"), encoding="utf-8")
    with speaking("fr"), pytest.raises(UnusableInputError) as raised:
        read_settings(folder)
    assert english(raised.value.mistakes[0].message) == (
        "jobs.nightly.files: a job cannot read standard input: write the path of its files"
    )


# --- the schema -----------------------------------------------------------------------------------


def fits(text: str) -> bool:
    """Tell whether an editor that knows the schema finds nothing to say."""
    content = YAML(typ="safe", pure=True).load(text)
    return Draft202012Validator(settings_schema()).is_valid(_as_json(content))


def _as_json(content: Any) -> Any:
    """Give what a YAML 1.2 editor sees: a date is a text there."""
    if isinstance(content, dict):
        return {str(name): _as_json(one) for name, one in content.items()}
    if isinstance(content, list):
        return [_as_json(one) for one in content]
    return content if isinstance(content, str | int | float) or content is None else str(content)


def test_the_published_schema_is_todays() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == written()


def test_the_schema_is_one_and_describes_every_member() -> None:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    for part in (schema, *schema["$defs"].values()):
        assert part.get("description") or part.get("enum")
        for name, member in part.get("properties", {}).items():
            assert member.get("description") or "$ref" in member, name


def test_a_job_with_every_member_fits_the_schema() -> None:
    assert fits(CONNECTIONS + FULL)
    members = {**settings_schema()["$defs"]["JobSection"]["properties"]}
    content = YAML(typ="safe", pure=True).load(FULL)
    assert {*content["jobs"]["nightly"]} == {*members}


@pytest.mark.parametrize(
    "members",
    [
        "conection: a",
        "verify: 0",
        "overlap: silent",
        "settle_seconds: -1",
        "max_invalid: few",
        "guards: {fill: []}",
        "expect: {days: daily}",
        "notify: {to: []}",
        "access: {port: 70000}",
        "log: {keep: 0}",
    ],
)
def test_what_the_schema_refuses_is_a_mistake_too(folder: Path, members: str) -> None:
    if members == "notify: {to: []}":
        assert said(folder, one_job(members))
        return
    assert not fits(one_job(members))
    assert said(folder, one_job(members))
