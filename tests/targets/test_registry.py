from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from importer import targets
from importer.errors import UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    Connection,
    Limits,
    PlannedField,
    WriteMode,
)
from importer.targets import AnswersLater, Describes, Lists

STAGES = ("checking", "delivery", "mapping", "planning", "reconciliation.py", "sources")
UPSERT = WriteMode(allow_insert=True, allow_update=True)
KEY = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)


def _connection(target: str = "dialog-insight") -> Connection:
    return Connection("production", target, "https://app.example.test", "5335", "env:KEY", "123456")


def test_every_platform_has_a_grammar_and_careful_limits() -> None:
    assert targets.names() == (
        "dialog-insight",
        "dialog-insight-table",
        "dotdigital",
        "dotdigital-single",
        "dotdigital-v2",
    )
    for name in targets.names():
        assert isinstance(targets.careful_limits(name), Limits)
        with pytest.raises(ValueError):
            targets.grammar(name).fact("")


def test_an_unknown_platform_is_refused_with_the_known_ones() -> None:
    known = "Known: dialog-insight, dialog-insight-table"
    with pytest.raises(UnusableInputError, match=known):
        targets.grammar("mailchimp")
    with pytest.raises(UnusableInputError):
        targets.build(_connection("mailchimp"), mode=UPSERT, fields=(KEY,))


def test_what_a_platform_can_do_is_told_by_its_abilities() -> None:
    target = targets.build(_connection(), mode=UPSERT, fields=(KEY,))
    assert isinstance(target, Describes)
    assert isinstance(target, Lists)
    assert not isinstance(target, AnswersLater)
    assert target.name == "dialog-insight"
    assert target.limits == targets.careful_limits("dialog-insight")
    assert target.fields is targets.grammar("dialog-insight")


def test_several_targets_go_through_the_connections_of_one_account() -> None:
    assert targets.connections() == ("dialog-insight", "dotdigital")
    assert {name: targets.connected_by(name) for name in targets.names()} == {
        "dialog-insight": "dialog-insight",
        "dialog-insight-table": "dialog-insight",
        "dotdigital": "dotdigital",
        "dotdigital-single": "dotdigital",
        "dotdigital-v2": "dotdigital",
    }


def test_another_platform_is_one_module_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = targets.grammar("dialog-insight")
    module = SimpleNamespace(
        GRAMMAR=grammar,
        CAREFUL_LIMITS=Limits(rows_per_call=5),
        CONNECTIONS="other",
        build=lambda connection, **_: connection.name,
    )
    monkeypatch.setitem(targets._REGISTRY, "other", cast("ModuleType", module))
    assert targets.names()[-1] == "other"
    assert targets.connections() == ("dialog-insight", "dotdigital", "other")
    assert targets.careful_limits("other").rows_per_call == 5
    built: Any = targets.build(_connection("other"), mode=UPSERT, fields=(KEY,))
    assert built == "production"


def test_careful_limits_of_dialog_insight_are_the_contract_s() -> None:
    limits = targets.careful_limits("dialog-insight")
    assert (limits.rows_per_call, limits.bytes_per_call) == (100, 1_000_000)
    assert (limits.calls_per_minute, limits.in_flight) == (60, 1)
    assert (limits.calls_per_second, limits.calls_per_hour, limits.calls_per_day) == (None,) * 3


def test_promise_8_what_a_connection_does_not_settle_is_refused_all_at_once() -> None:
    date = PlannedField("dtOptin_News", ValueType.DATE, FieldRole.CONSENT_DATE)
    with pytest.raises(UnusableInputError) as caught:
        targets.build(_connection(), mode=UPSERT, fields=(KEY, date), clears=("f_City",))
    assert len(caught.value.mistakes) == 2
    assert "opt_in_dates" in str(caught.value)
    assert "null_handling" in str(caught.value)


def _texts(module: Path) -> Iterator[str]:
    """Give the texts of a module, but what documents it or a member of a document."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    told: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "description":
            told.update(ast.walk(node))
        if isinstance(node, ast.Expr):
            told.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
            yield node.value


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_names_a_platform(stage: str) -> None:
    room = Path(targets.__file__).parents[1] / stage
    modules = [*room.rglob("*.py")] if room.is_dir() else [room]
    texts = [text for module in modules for text in _texts(module)]
    assert texts
    known = {*targets.names(), "Dialog Insight", "Dotdigital", "Contacts."}
    assert [text for text in texts if any(name in text for name in known)] == []
