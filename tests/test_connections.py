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
