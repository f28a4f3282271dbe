from __future__ import annotations

import dataclasses
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import importer.sandbox as sandbox_package
from importer.cli.connecting import sandbox_command
from importer.errors import UnusableInputError
from importer.sandbox import (
    DEFAULT_ACCOUNT,
    Account,
    DotdigitalSettings,
    SandboxError,
    SandboxSettings,
    read_account,
)
from importer.sandbox.dotdigital.account import ContactList, DataField, DataType, Preference
from importer.sandbox.dotdigital.settings import RateScheme

from .dotdigital_caller import dotdigital


def test_every_switch_says_what_it_is_for_and_is_an_option() -> None:
    options = {option.name for option in sandbox_command.params}
    for one in dataclasses.fields(DotdigitalSettings):
        assert DotdigitalSettings.help_of(one.name)
        assert f"dotdigital_{one.name}" in options


@pytest.mark.parametrize(
    "switches",
    [
        {"polls": -1},
        {"import_seconds": -1},
        {"active_imports": 0},
        {"max_bytes": 0},
        {"keep_results": 0},
        {"tier_low": 0},
        {"flat_calls": 0},
        {"drop_results": -1},
    ],
)
def test_switch_that_makes_no_sense_is_refused_by_name(switches: dict[str, Any]) -> None:
    [name] = switches
    with pytest.raises(SandboxError, match=f"{name} must be at least"):
        DotdigitalSettings(**switches)


def test_status_of_a_call_that_is_too_long_is_one_of_a_refusal() -> None:
    with pytest.raises(SandboxError, match="oversize_status must be from 400 to 599: 200"):
        DotdigitalSettings(oversize_status=200)


def test_password_of_the_account_is_not_shown() -> None:
    settings = SandboxSettings(dotdigital=DotdigitalSettings(account=Account(password="secret-7")))
    assert "secret-7" not in repr(settings)
    assert "secret-7" not in dotdigital(account=settings.dotdigital.account).client.get("/").text


def test_default_account_has_data_fields_of_every_type() -> None:
    assert {one.type for one in DEFAULT_ACCOUNT.data_fields} == set(DataType)


def test_names_and_numbers_are_looked_up() -> None:
    account = DEFAULT_ACCOUNT
    assert account.data_field("loyalty_points") == DataField("LOYALTY_POINTS", DataType.NUMERIC)
    assert account.data_field("SHOE_SIZE") is None
    assert account.list_of(4102) == ContactList(4102, "Newsletter")
    assert account.list_of(1) is None
    assert account.preference_ids() == {31, 32, 40}
    assert (account.category_of(31), account.category_of(40)) == (30, None)
    assert account.preference(99) is None


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"data_fields": (DataField("SHOE SIZE"),)}, "data field 'SHOE SIZE' is not allowed"),
        ({"data_fields": (DataField("x" * 21),)}, "is not allowed"),
        ({"data_fields": (DataField("A"), DataField("a"))}, "data field a stands twice"),
        ({"identifiers": ("crm id",)}, "identifier 'crm id' is not allowed"),
        ({"identifiers": ("x" * 50,)}, "is not allowed"),
        ({"identifiers": ("Email",)}, "identifier email stands twice"),
        ({"lists": (ContactList(1, "A"), ContactList(1, "B"))}, "list 1 stands twice"),
        ({"preferences": (Preference(1, "A"), Preference(1, "B"))}, "preference 1 stands twice"),
        (
            {"preferences": (Preference(1, "A", preferences=(Preference(2, "B"),)),)},
            "preference 1 holds others",
        ),
        ({"region": "eu"}, "region 'eu' is not allowed"),
        ({"user": "a:b"}, "user is needed, and holds no colon"),
    ],
)
def test_account_that_makes_no_sense_is_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(SandboxError, match=said):
        Account(**members)


def test_account_file_replaces_the_built_in_account(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    definition = {
        "id": 7,
        "user": "apiuser-7@apiconnector.com",
        "password": "abc",
        "data_fields": [{"name": "CITY"}, {"name": "VIP", "type": "Boolean", "default": True}],
        "preferences": [
            {
                "id": 1,
                "public_name": "Drinks",
                "is_preference": False,
                "preferences": [{"id": 2, "public_name": "Tea"}],
            }
        ],
        "identifiers": [],
    }
    path.write_text(json.dumps(definition), encoding="utf-8")
    account = read_account(path)
    assert account.data_fields == (
        DataField("CITY"),
        DataField("VIP", DataType.BOOLEAN, "Private", True),
    )
    assert account.preference_ids() == {2}
    assert account.lists == DEFAULT_ACCOUNT.lists
    sandbox = dotdigital(account=account)
    assert sandbox.client.get("/v2/account-info").status_code == 401
    answer = sandbox.client.get("/v2/account-info", auth=("apiuser-7@apiconnector.com", "abc"))
    assert answer.json()["id"] == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "account: "),
        ('{"regoin": "r1"}', "regoin: "),
        ('{"_fields": {}}', "_fields: "),
        ('{"data_fields": [{"name": "A", "type": "Text"}]}', r"data_fields\.0\.type: "),
        ('{"region": "eu"}', "region 'eu' is not allowed"),
    ],
)
def test_bad_account_file_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "account.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError, match=said) as caught:
        read_account(path)
    assert str(caught.value).startswith(f"{path}: not an account's definition: ")
    assert "\n" not in str(caught.value)


def test_account_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be read"):
        read_account(tmp_path / "none.json")


# --- the command ----------------------------------------------------------------------------------


def started(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> SandboxSettings:
    """The settings that ``importer sandbox`` would serve with."""
    served: list[SandboxSettings] = []

    def serve(settings: SandboxSettings, *_: object, **__: object) -> None:
        served.append(settings)

    monkeypatch.setattr(sandbox_package, "serve", serve, raising=False)
    CliRunner().invoke(sandbox_command, list(arguments), catch_exceptions=False)
    [settings] = served
    return settings


def test_command_without_options_has_the_switches_at_their_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert started(monkeypatch) == SandboxSettings()


def test_options_of_the_command_are_switches_of_either_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "account.json"
    path.write_text('{"id": 7}', encoding="utf-8")
    settings = started(
        monkeypatch,
        *("--max-bytes", "7000", "--dotdigital-max-bytes", "8000", "--shuffle"),
        *("--dotdigital-account", str(path), "--dotdigital-rate-scheme", "tiered"),
        *("--dotdigital-tier-high", "5", "--dotdigital-other-region"),
    )
    assert (settings.max_bytes, settings.shuffle) == (7000, True)
    chosen = settings.dotdigital
    assert (chosen.max_bytes, chosen.shuffle, chosen.account.id) == (8000, False, 7)
    assert (chosen.rate_scheme, chosen.tier_high) == (RateScheme.TIERED, 5)
    assert chosen.other_region is True


_CHOSEN: dict[str, Any] = {
    "endpoint": "https://r2-api.dotdigital.com",
    "suppressed": "a@b.test",
    "consent_failures": "all",
    "partial_failure": "all",
    "oversize_status": 400,
}


@pytest.mark.parametrize(
    "switch",
    [one for one in dataclasses.fields(DotdigitalSettings) if one.name != "account"],
    ids=lambda one: one.name,
)
def test_option_sets_its_switch_and_no_other(
    monkeypatch: pytest.MonkeyPatch, switch: dataclasses.Field[Any]
) -> None:
    default, values = switch.default, [_CHOSEN.get(switch.name, 7)]
    if isinstance(default, bool):
        values = [not default]
    elif isinstance(default, Enum):
        values = [one for one in type(default) if one is not default]
    for value in values:
        option = f"--dotdigital-{switch.name.replace('_', '-')}"
        settings = started(monkeypatch, option, *([] if value is True else [str(value)]))
        expected = DotdigitalSettings(**{switch.name: value})
        assert settings == SandboxSettings(dotdigital=expected)
        if isinstance(value, Enum):  # a text would be equal, and is asked for by identity
            assert getattr(settings.dotdigital, switch.name) is value


def test_bad_account_file_ends_the_command_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text("{", encoding="utf-8")
    arguments = ["--dotdigital-account", str(path)]
    with pytest.raises(UnusableInputError, match="not an account's definition"):
        CliRunner().invoke(sandbox_command, arguments, catch_exceptions=False)
