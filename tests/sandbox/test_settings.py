from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import importer.sandbox as sandbox_package
from importer.sandbox import (
    DEFAULT_PROJECT,
    FieldKind,
    OptIn,
    Project,
    ProjectField,
    SandboxError,
    SandboxSettings,
    create_app,
    read_project,
)

from .caller import caller, record, statuses


def test_every_switch_says_what_it_is_for() -> None:
    for one in fields(SandboxSettings):
        assert SandboxSettings.help_of(one.name)


@pytest.mark.parametrize(
    "switches",
    [
        {"max_records": 0},
        {"max_bytes": 0},
        {"calls_per_minute": 0},
        {"slow_seconds": -1},
        {"drop_answers": -1},
        {"threads": 0},
    ],
)
def test_switch_that_makes_no_sense_is_refused_by_name(switches: dict[str, Any]) -> None:
    [name] = switches
    with pytest.raises(SandboxError, match=f"{name} must be at least"):
        SandboxSettings(**switches)


def test_key_of_the_project_is_not_shown() -> None:
    assert "secret-7" not in repr(SandboxSettings(project=Project(key="secret-7")))


@pytest.mark.parametrize("code", ["", "1st", "a b", "x" * 26, "trailing_", "é"])
def test_badly_formed_code_is_refused(code: str) -> None:
    with pytest.raises(SandboxError, match="is not allowed"):
        Project(fields=(ProjectField(code),), key_fields=(code,))
    with pytest.raises(SandboxError, match="is not allowed"):
        Project(optins=(OptIn(code),))


def test_longest_code_is_allowed() -> None:
    code = "A" + "_" * 23 + "9"
    assert Project(fields=(ProjectField(code),), key_fields=(code,)).key_fields == (code,)


def test_codes_and_keys_must_agree() -> None:
    with pytest.raises(SandboxError, match="stands twice"):
        Project(optins=(OptIn("News"), OptIn("news")))
    with pytest.raises(SandboxError, match="not among the project's fields"):
        Project(key_fields=("Nope",))
    with pytest.raises(SandboxError, match="no key field"):
        Project(key_fields=())
    with pytest.raises(SandboxError, match="named twice"):
        Project(key_fields=("EMail", "EMail"))


def test_default_project_has_fields_of_every_kind() -> None:
    assert {one.kind for one in DEFAULT_PROJECT.fields} == set(FieldKind)


def test_project_file_replaces_the_built_in_project(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    definition = {
        "id_project": 123456,
        "id_key": 5335,
        "key": "abc",
        "key_fields": ["CustomerNo"],
        "fields": [{"code": "CustomerNo", "max_length": 8, "required": True}],
        "optins": [{"code": "News", "label": "Nouvelles"}],
    }
    path.write_text(json.dumps(definition), encoding="utf-8")
    project = read_project(path)
    assert project.name == "Sandbox"
    assert project.fields == (ProjectField("CustomerNo", max_length=8, required=True),)
    sandbox = caller(project=project)
    answer = sandbox.client.post(
        "/webservices/ofc4/contacts.ashx?method=Merge",
        json={
            "AuthKey": {"idKey": "5335", "Key": "abc"},
            "idProject": 123456,
            "Records": [{"ID": {"key_f_CustomerNo": "A-1"}}],
            "MergeOptions": {"AllowInsert": True},
        },
    )
    assert statuses(answer) == ["Created"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "project: "),
        ('{"id_projet": 1}', "id_projet: "),
        ('{"fields": [{"code": "A", "kind": "number"}]}', r"fields\.0\.kind: "),
        ('{"key_fields": ["Nope"]}', "key field Nope"),
    ],
)
def test_bad_project_file_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "project.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError, match=said) as caught:
        read_project(path)
    assert str(caught.value).startswith(f"{path}: not a project definition: ")
    assert "\n" not in str(caught.value)


def test_project_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be read"):
        read_project(tmp_path / "none.json")


def test_stored_contacts_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "contacts.db"
    app = create_app(SandboxSettings(store=path))
    platform = app.extensions["sandbox"]
    first = json.dumps(
        {
            "AuthKey": {"idKey": 1, "Key": "sandbox"},
            "idProject": 1,
            "Records": [record("a@b.test", f_City="Laval")],
            "MergeOptions": {"AllowInsert": True},
        }
    ).encode()
    number = json.loads(platform.call("contacts", "Merge", first).body)["idRequest"]
    platform.close()

    sandbox = caller(store=path)
    assert sandbox.contacts() == [{"idContact": 1, "f_EMail": "a@b.test", "f_City": "Laval"}]
    answer = sandbox.merge(record("a@b.test"), record("c@d.test"))
    assert [one["IdRecord"] for one in answer.json()["Records"]] == [1, 2]
    assert answer.json()["idRequest"] > number


def test_store_is_refused_when_it_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are no contacts" * 100, encoding="utf-8")
    with pytest.raises(SandboxError, match="cannot keep contacts there"):
        caller(store=path)
    with pytest.raises(SandboxError, match="cannot keep contacts there"):
        caller(store=tmp_path / "missing" / "contacts.db")


def test_store_is_refused_while_another_sandbox_has_it(tmp_path: Path) -> None:
    path = tmp_path / "contacts.db"
    one = create_app(SandboxSettings(store=path)).extensions["sandbox"]
    with pytest.raises(SandboxError, match="cannot keep contacts there"):
        caller(store=path)
    one.close()
    assert caller(store=path).contacts() == []


def test_store_belongs_to_one_project(tmp_path: Path) -> None:
    path = tmp_path / "contacts.db"
    create_app(SandboxSettings(store=path)).extensions["sandbox"].close()
    with pytest.raises(SandboxError, match="holds contacts of project 1, not 2"):
        caller(store=path, project=Project(id_project=2))


def test_failed_write_keeps_nothing() -> None:
    from importer.sandbox.store import Database, Stored

    store = Database(None, 1).contacts()
    one = Stored(store.new_id(), "a", {"f_EMail": "a"})
    with pytest.raises(Exception, match="UNIQUE"):
        store.write([one, one], [])
    assert store.count() == 0
    store.write([one], [])
    assert store.count() == 1


def test_settings_load_without_the_web_server() -> None:
    script = "import importer.sandbox, sys; print({'flask', 'waitress'} & set(sys.modules))"
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_sandbox_imports_nothing_of_ours() -> None:
    [room] = sandbox_package.__path__
    named = [
        name
        for path in Path(room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(one.name for one in node.names)]
    ]
    assert "importer.sandbox.errors" in named
    ours = {name for name in named if name.split(".")[0] == "importer"}
    assert {name for name in ours if not name.startswith("importer.sandbox")} == set()


def test_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sandbox_package.nothing
