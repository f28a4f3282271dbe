"""Trying a connection: every cause of a refusal is told apart where the answers do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer import assembly
from importer.connections import ConnectionTest, try_account, try_connection, try_key
from importer.errors import AccountCause, UnusableInputError
from importer.model import Connection, Credentials, Secret
from importer.sandbox import KeyState
from tests.dotdigital_regions import AMERICA, ASIA, EUROPE, PASSWORD, USER, Regions
from tests.runs.workshop import SETTINGS, Workshop

KEY = "sandbox"
WRONG = "a-wrong-secret-key"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORTER_STATE_DIR", str(tmp_path / "state"))


def tried(
    workshop: Workshop, *, key: str = KEY, project: str = "1", **switches: Any
) -> ConnectionTest:
    if switches:
        workshop.sandbox(**switches)
    means = workshop.means()
    connection = replace(assembly.named_connection(means, "local"), project_id=project)
    return try_account(connection, Credentials("1", Secret(key)), means=means)


def answers(workshop: Workshop, *replies: tuple[int, str]) -> None:
    """Let the platform answer so: to Projects.List, then to Projects.Get."""
    left = list(replies)

    def answer(_: httpx.Request) -> httpx.Response:
        status, body = left.pop(0)
        return httpx.Response(status, text=body)

    workshop.network.inner = httpx.MockTransport(answer)


def no(words: str) -> str:
    return f'{{"Success": false, "ErrorCode": "E7", "ErrorMessage": "{words}"}}'


LISTED = '{"Success": true, "Records": [{"idProject": 1, "ProjectName": "Club"}]}'
READ = '{"Success": true, "ProjectInfo": {"ProjectFields": [], "OptinFields": []}}'


def test_a_good_connection_has_no_problem(workshop: Workshop) -> None:
    found = try_connection("local")
    assert (found.exit_code, found.problem, found.cause, found.remedy) == (0, "", None, "")
    assert found.projects == {"1": "Sandbox"}
    assert found.account is not None
    lines = list(found.lines())
    assert lines[-1] == "The key is accepted. Whether it may write is known at the first call."
    assert found.as_dict()["cause"] is None
    assert next(iter(try_connection("sandbox").lines())) == "SANDBOX"


@pytest.mark.parametrize("style", ["http", "envelope"])
@pytest.mark.parametrize(
    ("switches", "cause", "remedy"),
    [
        ({"key": WRONG}, AccountCause.KEY, "the key, or its number 1, is wrong: "),
        (
            {"key_state": KeyState.INACTIVE},
            AccountCause.INACTIVE,
            "the key is switched off or has ",
        ),
        ({"key_state": KeyState.EXPIRED}, AccountCause.INACTIVE, "the key is switched off or has "),
        (
            {"allowed_addresses": "192.0.2.7"},
            AccountCause.ADDRESS,
            "the key may not be used from this machine's address: ",
        ),
        ({"permissions": "contacts"}, AccountCause.PERMISSION, "the key lacks a permission: "),
        ({"permissions": "projects.list"}, AccountCause.PERMISSION, "the key lacks a permission"),
        ({"project": "99"}, AccountCause.PROJECT, "there is no project 99 for this key: "),
    ],
)
def test_each_cause_has_its_remedy_in_both_styles(
    workshop: Workshop, style: str, switches: dict[str, Any], cause: AccountCause, remedy: str
) -> None:
    found = tried(workshop, style=style, **switches)
    assert (found.cause, found.exit_code) == (cause, 4)
    told = list(found.lines())
    assert told[-2].startswith(f"Problem: {remedy}")
    assert told[-1].startswith("The platform says: Sandbox")
    assert found.as_dict()["cause"] == cause.value
    assert found.as_dict()["remedy"] == found.remedy
    assert WRONG not in repr(found) + str(found.as_dict()) + "".join(told)


def test_a_key_that_may_read_its_project_and_not_list_is_good(workshop: Workshop) -> None:
    found = tried(workshop, permissions="contacts projects.get")
    assert (found.exit_code, found.cause, found.projects) == (0, None, {})
    assert found.account is not None
    (line,) = [line for line in found.lines() if "may not list" in line]
    assert line.startswith("The key may not list projects, which is not needed (Sandbox")


def test_a_key_that_may_list_and_not_read_its_project_says_which(workshop: Workshop) -> None:
    found = tried(workshop, permissions="projects.list")
    assert found.projects == {"1": "Sandbox"}
    assert "Projects of the key: 1 Sandbox" in list(found.lines())


@pytest.mark.parametrize(
    ("listed", "read", "project", "cause"),
    [
        # The key was accepted a moment ago, so it is not wrong.
        ((200, LISTED), (401, ""), "1", AccountCause.PERMISSION),
        ((200, LISTED), (403, ""), "001", AccountCause.PERMISSION),
        ((200, LISTED), (403, ""), "2", AccountCause.PROJECT),
        ((200, LISTED), (200, no("no")), "2", AccountCause.PROJECT),
        ((200, LISTED), (200, no("La clé est expirée")), "1", AccountCause.INACTIVE),
        ((403, ""), (403, ""), "1", AccountCause.UNSAID),
        ((401, ""), (403, ""), "1", AccountCause.KEY),
        ((403, ""), (403, no("Adresse IP non autorisée")), "1", AccountCause.ADDRESS),
        ((302, ""), (302, ""), "1", AccountCause.MOVED),
    ],
)
def test_two_refusals_say_more_than_one(
    workshop: Workshop,
    listed: tuple[int, str],
    read: tuple[int, str],
    project: str,
    cause: AccountCause,
) -> None:
    answers(workshop, listed, read)
    found = tried(workshop, project=project)
    assert found.cause is cause
    assert found.remedy
    assert found.problem


@pytest.mark.parametrize("replies", [[(503, "")], [(200, "<html>")], [(200, LISTED), (504, "")]])
def test_a_platform_that_does_not_answer_is_a_problem_without_a_cause(
    workshop: Workshop, replies: list[tuple[int, str]]
) -> None:
    answers(workshop, *replies)
    found = tried(workshop)
    assert (found.exit_code, found.cause, found.remedy) == (4, None, "")
    assert list(found.lines())[-1] == f"Problem: {found.problem}"
    assert len(workshop.network.requests) == len(replies)


def test_a_connection_without_a_project_is_told_so(workshop: Workshop) -> None:
    workshop.write("importer.yaml", SETTINGS.replace("    project_id: 1\n", ""))
    found = try_connection("local")
    assert found.cause is AccountCause.PROJECT
    assert "(none is named)" in found.remedy


def key_tried(workshop: Workshop, key: str = KEY) -> ConnectionTest:
    means = workshop.means()
    unnamed = Connection("", "dialog-insight", "http://127.0.0.1:8025", "1", "")
    return try_key(unnamed, Credentials("1", Secret(key)), means=means)


def test_a_key_is_tried_before_there_is_a_project(workshop: Workshop) -> None:
    assert key_tried(workshop).projects == {"1": "Sandbox"}
    assert key_tried(workshop, WRONG).cause is AccountCause.KEY
    answers(workshop, (503, ""))
    down = key_tried(workshop)
    assert (down.cause, down.exit_code) == (None, 4)


def test_certificates_that_cannot_be_read_are_said(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.write("importer.yaml", SETTINGS + "    ca_file: nowhere.pem\n")
    monkeypatch.setattr(workshop, "network", None)  # certificates are for the real one
    with pytest.raises(UnusableInputError, match=r"nowhere\.pem"):
        try_connection("local")
    unnamed = Connection("", "dialog-insight", "https://127.0.0.1:1", "1", "", ca_file="none.pem")
    with pytest.raises(UnusableInputError, match=r"none\.pem"):
        try_key(unnamed, Credentials("1", Secret(KEY)), means=workshop.means())


def test_trying_writes_nothing(workshop: Workshop) -> None:
    tried(workshop)
    key_tried(workshop)
    assert workshop.merge_calls() == []


# --- a platform of several regions, without projects ----------------------------------------------


def of_dotdigital(
    workshop: Workshop, regions: Regions, url: str, password: str = PASSWORD
) -> ConnectionTest:
    workshop.network.inner = httpx.MockTransport(regions)
    connection = Connection("mail", "dotdigital", url, USER, "env:KEY")
    return try_account(connection, Credentials(USER, Secret(password)), means=workshop.means())


@pytest.mark.parametrize("home", [EUROPE, AMERICA])
def test_an_account_without_projects_is_tried_and_nothing_is_said_of_projects(
    workshop: Workshop, home: str
) -> None:
    found = of_dotdigital(workshop, Regions(home), home)
    assert (found.exit_code, found.problem, found.remedy, found.address) == (0, "", "", "")
    assert found.account is not None
    assert found.account.labels["list.4101"] == "Spring"
    lines = list(found.lines())
    assert lines[0] == f"mail: dotdigital at {home}"
    assert lines[-1] == "The API user is accepted. Whether it may write is known at the first call."
    assert "roject" not in "".join(lines)


@pytest.mark.parametrize(("home", "url"), [(AMERICA, EUROPE), (EUROPE, ASIA), (AMERICA, ASIA)])
def test_an_account_in_another_region_is_told_with_the_right_address(
    workshop: Workshop, home: str, url: str
) -> None:
    regions = Regions(home)
    found = of_dotdigital(workshop, regions, url)
    assert (found.cause, found.address, found.exit_code) == (AccountCause.MOVED, home, 4)
    told = list(found.lines())
    assert told[-2] == f"Problem: the account is at {home}: write url: {home} in importer.yaml."
    assert regions.asked[-1] == f"{EUROPE}/v2/account-info"


def test_promise_7_a_wrong_password_is_the_cause_in_every_region(workshop: Workshop) -> None:
    for url in (EUROPE, AMERICA):
        found = of_dotdigital(workshop, Regions(AMERICA), url, WRONG)
        assert found.cause is AccountCause.KEY
        assert found.remedy.startswith(f"the API user {USER}, or its password, is wrong: ")
        assert WRONG not in repr(found) + str(found.as_dict()) + "".join(found.lines())


def test_a_user_that_lacks_a_permission_is_told_so(workshop: Workshop) -> None:
    found = of_dotdigital(workshop, Regions(EUROPE, denied="/v2/preferences"), EUROPE)
    assert (found.cause, found.address) == (AccountCause.PERMISSION, "")
    assert found.remedy.startswith("the API user lacks a permission, or ")


@pytest.mark.parametrize(
    ("reply", "cause", "words"),
    [
        ((404, ""), AccountCause.UNSAID, "refuses the API user and does not say why"),
        ((302, ""), AccountCause.MOVED, "correct url in importer.yaml"),
        ((503, ""), None, ""),
    ],
)
def test_other_answers_of_such_a_platform_have_their_remedies(
    workshop: Workshop, reply: tuple[int, str], cause: AccountCause | None, words: str
) -> None:
    answers(workshop, reply)
    connection = Connection("mail", "dotdigital", EUROPE, USER, "env:KEY")
    found = try_account(connection, Credentials(USER, Secret(KEY)), means=workshop.means())
    assert (found.cause, found.exit_code) == (cause, 4)
    assert words in found.remedy
    assert "key" not in found.remedy
    assert found.has_projects is False


def test_the_built_in_sandbox_is_one_too(workshop: Workshop) -> None:
    means = workshop.means()
    connection = assembly.named_connection(means, "sandbox", "dotdigital")
    found = try_account(connection, Credentials(connection.key_id, Secret(KEY)), means=means)
    assert (found.problem, found.exit_code) == ("", 0)
    assert found.account is not None
    assert found.account.places["list.Newsletter"] == "4102"


def test_a_platform_without_projects_has_none_to_choose_from(workshop: Workshop) -> None:
    connection = Connection("mail", "dotdigital", EUROPE, USER, "env:KEY")
    credentials = Credentials(USER, Secret(PASSWORD))
    assert try_key(connection, credentials, means=workshop.means()).projects == {}
    assert workshop.network.requests == []
