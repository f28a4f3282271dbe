"""What is true of the PostgreSQL store alone; what both stores share is in test_budgets."""

from __future__ import annotations

import socket
import sys

import pytest

from importer.errors import StoppedError, UnusableInputError
from importer.model import Secret
from importer.pacing import Begun
from importer.state import postgresql_budget
from tests.pacing.world import ACCOUNT
from tests.state.databases import execute_in_postgresql, needs_postgresql, postgresql_parts

_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'importer' AND pid <> pg_backend_pid()
    AND datname = current_database()"""


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def test_a_database_that_is_not_reached_is_told_with_the_remedy() -> None:
    url = f"postgresql://importer@127.0.0.1:{_closed_port()}/budgets"
    with pytest.raises(UnusableInputError, match=r"127\.0\.0\.1.*refused.*`budgets`") as told:
        postgresql_budget(url, None, ACCOUNT, timeout_seconds=60)
    assert told.value.__cause__ is None


def test_a_password_that_is_repeated_in_an_answer_is_taken_out() -> None:
    url = f"postgresql://importer@127.0.0.1:{_closed_port()}/budgets"
    with pytest.raises(UnusableInputError, match=r"\*\*\*") as told:
        postgresql_budget(url, Secret("refused"), ACCOUNT, timeout_seconds=60)
    assert "refused" not in str(told.value)


def test_a_missing_driver_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UnusableInputError, match=r"pip install 'importer\[postgresql\]'"):
        postgresql_budget("postgresql://a@b.test/c", None, ACCOUNT, timeout_seconds=60)


@needs_postgresql
def test_a_wrong_password_is_told_and_not_shown() -> None:
    url, password = postgresql_parts()
    if not password.reveal():
        pytest.skip("this database asks for no password")
    with pytest.raises(UnusableInputError, match="cannot be used") as told:
        postgresql_budget(url, Secret("not-the-password"), ACCOUNT, timeout_seconds=60)
    assert "not-the-password" not in repr(told.value)


@needs_postgresql
def test_a_connection_that_broke_is_opened_once_more() -> None:
    url, password = postgresql_parts()
    budget = postgresql_budget(url, password, ACCOUNT, timeout_seconds=60)
    assert isinstance(budget.begin(()), Begun)
    execute_in_postgresql(_END_OTHERS)
    assert isinstance(budget.begin(()), Begun)
    budget.close()


@needs_postgresql
def test_a_database_that_goes_away_for_good_is_told_plainly() -> None:
    url, password = postgresql_parts()
    budget = postgresql_budget(url, password, ACCOUNT, timeout_seconds=60)
    execute_in_postgresql("ALTER TABLE importer_calls RENAME TO elsewhere")
    try:
        with pytest.raises(StoppedError, match="Once it does, resume the run"):
            budget.begin(())
    finally:
        execute_in_postgresql("ALTER TABLE elsewhere RENAME TO importer_calls")
        budget.close()


@needs_postgresql
def test_tables_that_are_missing_are_made_and_name_no_account() -> None:
    url, password = postgresql_parts()
    execute_in_postgresql("DROP TABLE IF EXISTS importer_calls, importer_holds")
    budget = postgresql_budget(url, password, ACCOUNT, timeout_seconds=60)
    assert isinstance(budget.begin(()), Begun)
    budget.hold(1)
    budget.close()
    rows = execute_in_postgresql("SELECT account FROM importer_calls")
    rows += execute_in_postgresql("SELECT account FROM importer_holds")
    assert len({account for (account,) in rows}) == 1
    assert not any(part in rows[0][0] for part in ACCOUNT.split("|"))
