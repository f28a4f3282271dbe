"""``importer.yaml``: connections, and where their secrets are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.settings import (
    SANDBOX_URL,
    SETTINGS_FILE,
    Settings,
    key_folder,
    read_settings,
)
from importer.written_places import is_loopback

# As Dialog Insight's keys are: 32 letters of both cases and digits.
SECRET = "0123456789ABCDEFabcdef0123456789"
OTHER_SECRETS = (
    "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "9F86D081884C7D659A2FEAA0C55AD015",
)
CONNECTIONS = """\
connections:
  production:
    url: https://app.dialoginsight.com
    key_id: 5335
    key: env:DIALOG_INSIGHT_KEY
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)  # as the command line does: the file is called by its name
    yield Path()
    os.chdir(before)


def settings_of(folder: Path, text: str) -> Settings:
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return read_settings(folder)


def said(folder: Path, text: str) -> list[str]:
    with pytest.raises(UnusableInputError) as raised:
        settings_of(folder, text)
    return [str(mistake) for mistake in raised.value.mistakes]


# --- what it says ---------------------------------------------------------------------------------


def test_without_a_file_the_defaults_hold(folder: Path) -> None:
    settings = read_settings(folder)
    assert settings == Settings()
    assert settings.file == ""
    assert settings.report_delimiter == ","
    assert not settings.keep_all


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_an_empty_file_says_nothing(folder: Path, text: str) -> None:
    assert settings_of(folder, text) == Settings(file="importer.yaml")


def test_the_example_of_the_contract_is_read(folder: Path) -> None:
    settings = settings_of(
        folder,
        """\
language: fr                                  # en | fr
default_connection: production
connections:
  production:
    target: dialog-insight
    url: https://app.dialoginsight.com        # France: https://app.mydialoginsight.com
    project_id: 123456
    key_id: 5335
    key: env:DIALOG_INSIGHT_KEY
    limits: {rows_per_call: 100, bytes_per_call: 1000000, calls_per_second: 2, calls_per_minute: 60,
             calls_per_hour: 3000, calls_per_day: 20000, in_flight: 1, timeout_seconds: 60, attempts: 6}
    null_handling: null
    opt_in_dates: false
reports: {delimiter: ";"}
keep: all
jobs: {}
state_dir: null
""",  # noqa: E501 - as it is written there
    )
    assert settings.file == "importer.yaml"
    assert settings.default_connection == "production"
    assert settings.report_delimiter == ";"
    assert settings.keep_all
    connection = settings.connections["production"]
    assert connection.target == "dialog-insight"
    assert connection.url == "https://app.dialoginsight.com"
    assert (connection.project_id, connection.key_id) == ("123456", "5335")
    assert connection.key == "env:DIALOG_INSIGHT_KEY"
    assert connection.limits.calls_per_hour == 3000
    assert connection.null_handling is None
    assert not connection.opt_in_dates
    assert settings.language == "fr"


def test_what_a_connection_leaves_out_is_careful(folder: Path) -> None:
    connection = settings_of(folder, CONNECTIONS).connections["production"]
    assert connection.target == "dialog-insight"
    assert connection.project_id == ""
    assert connection.limits.model_dump(exclude_none=True) == {}
    assert connection.null_handling is None
    assert not connection.opt_in_dates
    assert connection.boolean_values == "number"


def test_numbers_of_an_account_keep_how_they_are_written(folder: Path) -> None:
    text = CONNECTIONS.replace("5335", "0053") + "    project_id: 007\ndefault_connection: 12\n"
    text = text.replace("production:", "12:")
    settings = settings_of(folder, text)
    assert settings.default_connection == "12"
    assert settings.connections["12"].key_id == "0053"
    assert settings.connections["12"].project_id == "007"


@pytest.mark.parametrize("value", ["''", "empty", "{a: b}", "[1]", "true", "null"])
def test_null_handling_is_taken_as_it_is(folder: Path, value: str) -> None:
    settings_of(folder, f"{CONNECTIONS}    null_handling: {value}\n")


def test_what_runs_share_is_kept_where_the_file_says_or_where_the_system_keeps_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/marie")
    monkeypatch.setenv("USERPROFILE", "/home/marie")
    monkeypatch.delenv("IMPORTER_STATE_DIR", raising=False)
    assert Settings().state_folder.name == "importer"
    settings = settings_of(folder, "state_dir: ~/shared\n")
    assert settings.state_folder == settings.state_dir == Path("/home/marie") / "shared"
    for none in ("state_dir: null\n", "state_dir: ''\n"):
        assert settings_of(folder, none).state_folder == Settings().state_folder
    monkeypatch.setenv("IMPORTER_STATE_DIR", "~/elsewhere")
    assert settings_of(folder, "state_dir: ~/shared\n").state_folder == Path(
        "/home/marie/elsewhere"
    )


def test_keys_in_files_have_a_folder_of_their_own() -> None:
    assert key_folder().parent.name == "importer"
    assert key_folder().name == "keys"


def test_certificates_of_a_connection_are_a_file(folder: Path) -> None:
    text = f"{CONNECTIONS}    ca_file: /etc/company/ca.pem\n"
    assert settings_of(folder, text).connections["production"].ca_file == "/etc/company/ca.pem"
    assert settings_of(folder, CONNECTIONS).connections["production"].ca_file == ""


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90m", timedelta(minutes=90)),
        ("5 min", timedelta(minutes=5)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_plan_may_be_as_old_as_the_file_says(folder: Path, text: str, age: timedelta) -> None:
    assert settings_of(folder, f"max_plan_age: {text}\n").max_plan_age == age
    assert settings_of(folder, "keep: all\n").max_plan_age == timedelta(hours=24)


@pytest.mark.parametrize("text", ["0h", "24", "h", "-1d", "1.5h", "1s", "1h30m"])
def test_what_is_no_duration_is_refused_with_one_that_is(folder: Path, text: str) -> None:
    (mistake,) = said(folder, f"max_plan_age: '{text}'\n")
    assert mistake.endswith("max_plan_age: a duration such as 90m, 24h or 7d is needed")


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("12w", 84), ("3y", 1095), ("2 y", 730), ("48h", 2)]
)
def test_runs_and_consents_are_kept_as_long_as_the_file_says(
    folder: Path, text: str, days: int
) -> None:
    kept = settings_of(folder, f"keep_runs: {text}\nkeep_consents: {text}\n")
    assert kept.keep_runs == kept.keep_consents == timedelta(days=days)


@pytest.mark.parametrize("text", ["keep: all", "keep_runs: null\nkeep_consents: null"])
def test_nothing_is_deleted_by_age_unless_the_file_says_so(folder: Path, text: str) -> None:
    kept = settings_of(folder, f"{text}\n")
    assert (kept.keep_runs, kept.keep_consents) == (None, None)


@pytest.mark.parametrize("member", ["keep_runs", "keep_consents"])
@pytest.mark.parametrize("text", ["0d", "90", "forever", "1 month"])
def test_what_is_no_time_to_keep_is_refused(folder: Path, member: str, text: str) -> None:
    (mistake,) = said(folder, f"{member}: '{text}'\n")
    assert mistake.endswith(f"{member}: a duration such as 90d, 12w or 3y is needed")


def test_calls_of_several_machines_are_counted_in_one_store(folder: Path) -> None:
    text = "budgets: {store: 'postgresql://importer@db.example/budgets', password: env:PG}\n"
    budgets = settings_of(folder, text).budgets
    assert budgets is not None
    assert budgets.store == "postgresql://importer@db.example/budgets"
    assert budgets.password == "env:PG"
    assert settings_of(folder, "keep: all\n").budgets is None


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("mysql://db.example/budgets", "an address such as postgresql://"),
        ("postgresql:///budgets", "an address such as postgresql://"),
        ("postgresql://a b/budgets", "an address such as postgresql://"),
        ("postgresql://importer:hunter2@db.example/b", "must not hold a password"),
        ("postgresql://db.example/b?password=hunter2", "must end before any ? or #"),
    ],
)
def test_promise_7_the_address_of_a_store_holds_no_password(
    folder: Path, store: str, words: str
) -> None:
    (mistake,) = said(folder, f"budgets: {{store: '{store}'}}\n")
    assert words in mistake
    assert "hunter2" not in mistake


def test_promise_7_the_password_of_a_store_is_a_reference(folder: Path) -> None:
    (mistake,) = said(folder, "budgets: {store: 'postgres://db/b', password: hunter2}\n")
    assert mistake.startswith("importer.yaml:1:47: budgets.password holds a secret itself: ")
    assert "hunter2" not in mistake


def test_a_file_elsewhere_is_called_by_its_path(tmp_path: Path) -> None:
    assert settings_of(tmp_path, CONNECTIONS).file == str(tmp_path / SETTINGS_FILE)
    assert said(tmp_path, "a: 1\n")[0].startswith(f"{tmp_path / SETTINGS_FILE}:1:1: ")


# --- what it must not say -------------------------------------------------------------------------


def test_every_mistake_is_said_at_once_with_its_line(folder: Path) -> None:
    text = """\
language: de
default_connection: prodution
connections:
  production:
    url: http://app.dialoginsight.com
    key_id:
    key: env:DIALOG_INSIGHT_KEY
    limits: {rows_per_call: 0, calls_per_minute: fast, in_flight: 65, per_call: 1}
  sandbox:
    url: https://localhost
jobs: {night: {}}
keep: everything
"""
    assert said(folder, text) == [
        'importer.yaml:1:11: language cannot be "de"; it can be en, fr.',
        'importer.yaml:2:21: default_connection "prodution" is no connection of this file '
        '(there are: production, sandbox). Did you mean "production"?',
        "importer.yaml:5:10: connections.production.url: http:// would send the contacts and the "
        "key in clear text to app.dialoginsight.com; write https://",
        "importer.yaml:6:5: connections.production.key_id has no value: write it after the colon, "
        "or on the lines below",
        "importer.yaml:8:29: connections.production.limits.rows_per_call must be greater than 0",
        "importer.yaml:8:50: connections.production.limits.calls_per_minute must be a number",
        "importer.yaml:8:67: connections.production.limits.in_flight must be 64 or less",
        'importer.yaml:8:71: "per_call" is no member of connections.production.limits. '
        'Did you mean "bytes_per_call" or "rows_per_call"?',
        'importer.yaml:9:3: connections.sandbox lacks the member "key": add it',
        'importer.yaml:9:3: connections.sandbox lacks the member "key_id": add it',
        'importer.yaml:9:3: the connection "sandbox" is built in: give yours another name',
        'importer.yaml:11:8: jobs.night lacks the member "files": add it',
        'importer.yaml:12:7: keep cannot be "everything"; it can be needed, all.',
    ]


def test_the_default_connection_must_be_there(folder: Path) -> None:
    assert said(folder, "default_connection: production\n") == [
        'importer.yaml:1:21: default_connection "production" is no connection of this file '
        "(there are: none)."
    ]
    assert settings_of(folder, "default_connection: sandbox\n").default_connection == "sandbox"
    (mistake,) = said(folder, "default_connection: production\nconnections: [production]\n")[1:]
    assert "connections must be members" in mistake
    (mistake,) = said(folder, "default_connection: [production]\n")
    assert "must be text" in mistake


def test_jobs_are_members(folder: Path) -> None:
    assert settings_of(folder, "jobs: {}\n") == Settings(file="importer.yaml")
    (mistake,) = said(folder, "jobs: [night]\n")
    assert mistake == ("importer.yaml:1:1: jobs must be members, each written as name: value")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("rows_per_call: 0", "must be greater than 0"),
        ("rows_per_call: -5", "must be greater than 0"),
        ("rows_per_call: 2.5", "must be a whole number"),
        ("bytes_per_call: 1 MB", "must be a whole number"),
        ("calls_per_second: 0", "must be greater than 0"),
        ("calls_per_minute: inf", "must be a number"),
        ("calls_per_hour: nan", "must be"),
        ("calls_per_day: {}", "must be a number"),
        ("timeout_seconds: 1e999", "must be a number"),
        ("in_flight: 65", "must be 64 or less"),
        ("attempts: 0", "must be greater than 0"),
        ("rows_per_cal: 1", 'Did you mean "rows_per_call"'),
    ],
)
def test_limits_that_limit_nothing_are_refused(folder: Path, limits: str, words: str) -> None:
    (mistake,) = said(folder, f"{CONNECTIONS}    limits:\n      {limits}\n")
    assert mistake.startswith("importer.yaml:7:")
    assert words in mistake


def test_limits_may_be_fractions_and_absent(folder: Path) -> None:
    text = f"{CONNECTIONS}    limits: {{calls_per_second: 0.5, calls_per_minute: null}}\n"
    limits = settings_of(folder, text).connections["production"].limits
    assert limits.given() == {"calls_per_second": 0.5, "calls_per_minute": None}
    text = f"{CONNECTIONS}    limits: {{rows_per_call: null}}\n"
    assert settings_of(folder, text).connections["production"].limits.given() == {}


def test_the_delimiter_of_reports_is_one_of_three(folder: Path) -> None:
    assert settings_of(folder, 'reports: {delimiter: "\\t"}\n').report_delimiter == "\t"
    (mistake,) = said(folder, "reports: {delimiter: '|'}\n")
    assert (
        mistake == 'importer.yaml:1:22: reports.delimiter cannot be "|"; it can be ",", ";", "\\t".'
    )


def test_a_file_that_is_no_document_is_one_sentence(folder: Path) -> None:
    for text in ("[]", "production", "a: b: c\n", "connections:\n\tproduction: {}\n"):
        (mistake,) = said(folder, text)
        assert mistake.startswith("importer.yaml:")
    (folder / SETTINGS_FILE).unlink()
    (folder / SETTINGS_FILE).mkdir()
    with pytest.raises(UnusableInputError, match="cannot be read"):
        read_settings(folder)


# --- addresses ------------------------------------------------------------------------------------


def with_url(url: str) -> str:
    return CONNECTIONS.replace("https://app.dialoginsight.com", f'"{url}"')


@pytest.mark.parametrize(
    "url",
    [
        "http://app.dialoginsight.com",
        "HTTP://app.dialoginsight.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://192.168.1.10",
        "http://0.0.0.0:8025",
        "http://127.1",
        "http://[2001:db8::1]/",
    ],
)
def test_http_is_refused_to_any_host_but_this_one(folder: Path, url: str) -> None:
    (mistake,) = said(folder, with_url(url))
    assert mistake.startswith("importer.yaml:3:10: connections.production.url: http:// would send")
    assert mistake.endswith("write https://")


@pytest.mark.parametrize(
    "url", ["http://localhost:8025", "http://LOCALHOST", "http://127.0.0.1:1", "http://[::1]:8025/"]
)
def test_http_is_taken_to_this_machine(folder: Path, url: str) -> None:
    read = settings_of(folder, with_url(url)).connections["production"].url
    assert read == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://operator:hunter2@app.dialoginsight.com",
        "https://hunter2@app.dialoginsight.com",
        "http://localhost:hunter2@app.dialoginsight.com",
        "https://:hunter2@app.dialoginsight.com",
        "https://app.dialoginsight.com/?key=hunter2",
        "https://app.dialoginsight.com#hunter2",
        "https://app.dialoginsight.com:hunter2",
    ],
)
def test_promise_7_a_url_holds_no_secret(folder: Path, url: str) -> None:
    (mistake,) = said(folder, with_url(url))
    assert mistake.startswith("importer.yaml:3:10: connections.production.url: a URL ")
    assert "hunter2" not in mistake


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "app.dialoginsight.com",
            "https://",
            "ftp://app.dialoginsight.com",
            "https:///x",
            "x",
        ),
        *("https://app.dialog insight.com", "https://app\\\\x", "https://[::1", "https://a:99999"),
        *("https://a:0", " https://app.dialoginsight.com", "https://a\\nb", "file:///etc/passwd"),
    ],
)
def test_what_is_no_address_is_said_with_one_that_is(folder: Path, url: str) -> None:
    (mistake,) = said(folder, with_url(url))
    assert mistake.endswith("a URL such as https://app.dialoginsight.com is needed")


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.", "example.com", "0.0.0.0", "10.0.0.1", "::2", ""])
def test_another_machine_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_the_sandbox_is_on_this_machine() -> None:
    assert SANDBOX_URL.startswith("http://127.0.0.1:")


# --- secrets in the file --------------------------------------------------------------------------

DISGUISES = {
    "plain": "    key: {secret}\n",
    "in quotes": '    key: "{secret}"\n',
    "on its own line": "    key: >-\n      {secret}\n",
    "by an anchor": "    project_id: &it {secret}\n    key: *it\n",
    "with a tag": "    key: !!str {secret}\n",
    "in a list": "    key: [{secret}]\n",
    "as another kind of reference": "    key: vault:{secret}\n",
    "as the sandbox's own": "    key: public:{secret}\n",
    "as a wrong reference": "    key: 'env: {secret}'\n",
    "as a keyring without a user": "    key: keyring:{secret}\n",
    "in another case": "    Key: {secret}\n",
    "as a password": "    password: {secret}\n",
    "as an API key": "    api_key: {secret}\n",
    "as an api-key": "    api-key: {secret}\n",
    "as apiKey": "    apiKey: {secret}\n",
    "as accessToken": "    accessToken: {secret}\n",
    "as a client secret": "    client-secret: {secret}\n",
    "deeper": "    null_handling: {{auth: {{token: {secret}}}}}\n",
    "in a job": "jobs: {{night: {{smtp: {{password: {secret}}}}}}}\n",
    "at the top": "key: {secret}\n",
}
LONG_DISGUISES = {
    "as the number of the key": "    key_id: {secret}\n",
    "as the project": "    project_id: {secret}\n",
    "as the target": "    target: {secret}\n",
    "in null_handling": "    null_handling: {secret}\n",
    "within a text": "    null_handling: 'use {secret} please'\n",
    "as the name of a variable": "    key: env:{secret}\n",
    "as a member's name": "    {secret}: here\n",
    "as a connection's name": "  {secret}: {{}}\n",
    "as the default connection": "default_connection: {secret}\n",
    "as the language": "language: {secret}\n",
    "as a delimiter": "reports: {{delimiter: {secret}}}\n",
    "in a list of jobs": "jobs: {{night: [{secret}]}}\n",
    "in a limit": "    limits: {{attempts: {secret}}}\n",
    "below a secret's name": "    {secret}: {{password: x}}\n",
}


def disguised(lines: str, secret: str) -> str:
    """Write the lines into the settings, in the place of those that say the same."""
    names = {line.split(":")[0] for line in lines.splitlines()}
    kept = [line for line in CONNECTIONS.splitlines() if line.split(":")[0] not in names]
    return "\n".join(kept) + "\n" + lines.format(secret=secret)


@pytest.mark.parametrize("secret", [SECRET, "hunter2", "12345678", "Tr0ub4dor&3 x", "true"])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_promise_7_a_literal_secret_is_refused_and_never_shown(
    folder: Path, disguise: str, secret: str
) -> None:
    text = disguised(DISGUISES[disguise], secret)
    mistakes = said(folder, text)
    assert mistakes
    for mistake in mistakes:
        assert secret not in mistake
        assert mistake.startswith("importer.yaml:")
        assert mistake.endswith(
            "write env:NAME, file:PATH or keyring:SERVICE/USER instead, and keep the secret there"
        )


@pytest.mark.parametrize("secret", [SECRET, *OTHER_SECRETS])
@pytest.mark.parametrize("disguise", LONG_DISGUISES)
def test_promise_7_what_looks_like_a_secret_is_refused_wherever_it_stands(
    folder: Path, disguise: str, secret: str
) -> None:
    mistakes = said(folder, disguised(LONG_DISGUISES[disguise], secret))
    assert any("secret" in mistake for mistake in mistakes)
    assert all(secret not in mistake for mistake in mistakes)


def test_promise_7_a_key_of_several_members_is_refused_and_never_shown(folder: Path) -> None:
    (mistake,) = said(folder, disguised("    key: {{value: {secret}}}\n", "hunter2"))
    assert mistake == "importer.yaml:5:5: connections.production.key must be text: put it in quotes"


def test_a_secret_is_said_before_all_else_and_with_its_line(folder: Path) -> None:
    text = CONNECTIONS.replace("env:DIALOG_INSIGHT_KEY", "hunter2") + "language: hunter2\n"
    (mistake,) = said(folder, text)
    assert mistake.startswith(
        "importer.yaml:5:10: connections.production.key holds a secret itself: "
    )


@pytest.mark.parametrize(
    "text",
    [
        "default_connection: ProductionMontreal2026\n",
        "default_connection: production-montreal-2026-EN\n",
        "state_dir: /home/Marie/importer/state/of/2026\n",
        "state_dir: C:\\Users\\Marie\\AppData\\Local\\importer2\n",
        "language: en\n",
    ],
)
def test_ordinary_words_are_not_taken_for_secrets(folder: Path, text: str) -> None:
    names = CONNECTIONS.replace("production:", "ProductionMontreal2026: &c") + (
        "  production-montreal-2026-EN: *c\n"
    )
    assert settings_of(folder, names + text).file


@pytest.mark.parametrize("key", ["''", "' '"])
def test_a_blank_key_is_no_reference(folder: Path, key: str) -> None:
    (mistake,) = said(folder, CONNECTIONS.replace("env:DIALOG_INSIGHT_KEY", key))
    assert "connections.production.key: write env:NAME" in mistake


@pytest.mark.parametrize(
    "key",
    [
        *("env:KEY", "env:_k2", "file:~/keys/dialog insight", "file:C:\\keys\\di.txt"),
        *("keyring:importer/5335", "keyring:Dialog Insight/marie@example.com", "file:/run/x/Ab3"),
    ],
)
def test_references_are_taken(folder: Path, key: str) -> None:
    text = CONNECTIONS.replace("env:DIALOG_INSIGHT_KEY", f"'{key}'")
    assert settings_of(folder, text).connections["production"].key == key


# --- any text -------------------------------------------------------------------------------------


@given(
    st.text()
    | st.lists(st.sampled_from([*"abk:{}[]\n \"'*&!|#-", "key: ", "connections:", "\n  "])).map(
        "".join
    )
)
def test_any_text_is_settings_or_mistakes(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        settings = settings_of(folder, text)
    except UnusableInputError as error:
        assert error.mistakes  # noqa: PT017 - both ends are fine
    else:
        assert settings.file


@given(st.text(alphabet="0123456789abcdefABCDEFxyzXYZ", min_size=8, max_size=40))
def test_promise_7_no_key_is_ever_shown(
    tmp_path_factory: pytest.TempPathFactory, secret: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = CONNECTIONS.replace("env:DIALOG_INSIGHT_KEY", f"'S{secret}'")
    (mistake,) = said(folder, text)
    assert f"S{secret}" not in mistake.removeprefix(str(folder))


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("rows_per_call: 99999999999999999999", "must be 1000000000 or less"),
        ("timeout_seconds: 1e300", "must be 1000000000"),
        ("attempts: true", "a number is needed"),
        ("calls_per_minute: true", "a number is needed"),
    ],
)
def test_limit_that_no_machine_can_keep_is_a_mistake(
    folder: Path, limit: str, sentence: str
) -> None:
    (mistake,) = said(folder, CONNECTIONS + f"    limits: {{{limit}}}\n")
    assert mistake.startswith("importer.yaml:6:")
    assert sentence in mistake


@pytest.mark.parametrize("path", ["~nobody-of-that-name/state", "a\0b"])
def test_state_folder_that_is_no_path_is_a_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (mistake,) = said(folder, 'state_dir: "' + path.replace("\0", "\\0") + '"\n')
    assert mistake.startswith("importer.yaml:1:12: state_dir: ")
    if "\0" not in path:  # no environment can hold one
        monkeypatch.setenv("IMPORTER_STATE_DIR", path)
        with pytest.raises(UnusableInputError, match="IMPORTER_STATE_DIR: ~ names no user"):
            _ = Settings().state_folder
