"""How a run's stages are told: on a terminal, without one, and to nobody."""

from __future__ import annotations

import io
import sys
import threading

import pytest
from rich.console import Console

from importer.cli import progress, screen, terminal
from importer.cli.progress import Going, Ticker, duration, stage_words
from importer.language import speaking


class Moments:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Moments:
    made = Moments()
    monkeypatch.setattr(progress, "time", made)
    return made


# --- how it goes ----------------------------------------------------------------------------------


def test_rows_pace_retries_waits_and_time_left_are_told(moments: Moments) -> None:
    going = Going()
    going.begin("send", 12_000)
    assert going.words() == ["0 of 12,000 rows"]
    for attempt in (1, 2, 1):
        moments.now += 1
        going.event("call", attempt=attempt)
        going.advance(100)
    assert going.line() == (
        "Sending: 300 of 12,000 rows, about 2 min left, 60 calls/min, 1 call repeated"
    )
    going.event("waiting", seconds=12.4)
    assert "waiting 12 s for the allowed pace" in going.words()
    moments.now += 5
    assert "waiting 7 s for the allowed pace" in going.words()
    going.event("pausing", seconds=4)
    assert "waiting 4 s before the next attempt" in going.words()
    moments.now += 5
    assert not any("waiting" in one for one in going.words())
    going.event("waiting", seconds=40)
    going.event("call", attempt=1)
    assert not any("waiting" in one for one in going.words())
    going.event("splitting", batch="8f2a", rows=2)


def test_calls_are_counted_over_the_last_minute(moments: Moments) -> None:
    going = Going()
    going.begin("send", 1000)
    for _ in range(50):
        moments.now += 1
        going.event("call", attempt=1)
    moments.now += 100
    going.event("call", attempt=1)
    assert "1 call/min" in going.words()


def test_rows_of_an_earlier_sending_are_no_pace(moments: Moments) -> None:
    going = Going()
    going.begin("send", 1000)
    going.advance(900)
    moments.now += 10
    assert going.words() == ["900 of 1,000 rows"]
    going.event("call", attempt=1)
    going.advance(10)
    assert "about 89 s left" not in going.words()
    assert "about 2 min left" in going.words()


@pytest.mark.parametrize(
    ("rows", "told"), [(1, "6 rows/min"), (10, "1 row/s"), (50_000, "5,000 rows/s"), (0, "")]
)
def test_without_calls_the_pace_is_that_of_rows(moments: Moments, rows: int, told: str) -> None:
    going = Going()
    going.begin("check", None)
    going.advance(rows)
    moments.now += 10
    count = "1 row" if rows == 1 else f"{rows:,} rows"
    assert going.words() == [one for one in (count, told) if one]


def test_rows_done_are_counted_in_the_number_of_the_language() -> None:
    """French has one form for nothing and for one thing, whatever the total."""
    going = Going()
    told = []
    with speaking("fr"):
        for done in (0, 1, 2):
            going.begin("send", 2)
            going.advance(done)
            told.append(going.words()[0])
    assert told == ["0 ligne sur 2", "1 ligne sur 2", "2 lignes sur 2"]


def test_nothing_is_left_of_a_stage_that_is_through(moments: Moments) -> None:
    going = Going()
    going.begin("report", 10)
    going.advance(10)
    moments.now += 5
    assert going.words() == ["10 of 10 rows", "2 rows/s"]
    assert (going.rows, going.total) == (10, 10)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "1 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_stage_without_words_has_its_name() -> None:
    assert (stage_words("verify"), stage_words("other")) == ("Reading back", "other")


# --- on a terminal ----------------------------------------------------------------------------


class Tty(io.StringIO):
    """A terminal, for those who ask."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, **variables: str) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", stream)
    shown = screen.Screen()
    shown.begin("send", 1000)
    shown.event("call", attempt=2)
    shown.advance(300)
    shown.event("waiting", seconds=40)
    if shown._progress is not None:
        shown._progress.refresh()
    shown.end()
    return stream.getvalue()


def test_a_terminal_gets_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    told = drawn(monkeypatch, Tty(), COLUMNS="120")
    assert "300 of 1,000 rows, waiting 40 s for the allowed pace" in told
    assert "1 call repeated" in told
    assert "Waiting 40 s" not in told  # the line says so


@pytest.mark.parametrize("columns", ["1", "8", "20", "40", "79"])
def test_a_narrow_terminal_gets_what_fits(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    told = drawn(monkeypatch, Tty(), COLUMNS=columns, NO_COLOR="1")
    assert told
    if columns == "40":
        assert "300" in told


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[3" in drawn(monkeypatch, Tty(), COLUMNS="80")
    assert "\x1b[3" not in drawn(monkeypatch, Tty(), COLUMNS="80", NO_COLOR="1")


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_without_a_terminal_no_variable_brings_colour_or_movement(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    told = drawn(monkeypatch, io.StringIO(), **variables)
    assert told == "Waiting 40 s for the allowed pace.\n"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not terminal.console().is_terminal
    assert isinstance(terminal.console(), Console)


def test_a_bar_of_ascii_is_drawn_where_nothing_else_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ascii(Tty):
        encoding = "ascii"

    assert drawn(monkeypatch, Ascii(), COLUMNS="100", NO_COLOR="1").isascii()


# --- without one ----------------------------------------------------------------------------------


def test_without_a_terminal_a_plain_line_says_the_same(
    moments: Moments, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = screen.Screen()
    plain.begin("send", 2000)
    for _ in range(3):
        moments.now += 10
        plain.event("call", attempt=1)
        plain.advance(100)
    plain.tick()
    plain.end()
    plain.tick()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Sending: 300 of 2,000 rows, about 3 min left, 6 calls/min\n"


def test_a_stage_that_begins_ends_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Stopped] = []

    def ticker(_: object) -> Stopped:
        made.append(Stopped())
        return made[-1]

    monkeypatch.setattr(screen, "Ticker", ticker)
    plain = screen.Screen()
    plain.begin("check", None)
    plain.begin("send", 10)
    assert [one.stopped for one in made] == [True, False]
    plain.close()
    assert [one.stopped for one in made] == [True, True]


class Stopped:
    stopped = False

    def stop(self) -> None:
        self.stopped = True


def test_the_quiet_screen_tells_problems_only(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = screen.Screen(quiet=True)
    quiet.begin("send", 10)
    assert quiet._ticker is None
    quiet.event("waiting", seconds=40)
    quiet.event("account-not-compared", message="The account could not be asked.")
    quiet.end()
    assert capsys.readouterr().err == "The account could not be asked.\n"


def test_a_ticker_calls_until_it_is_stopped() -> None:
    called = threading.Event()
    ticker = Ticker(called.set, every=0.001)
    assert called.wait(60)
    ticker.stop()


def test_french_is_spoken_with_blanks_that_every_terminal_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with speaking("fr"):
        screen.say("12\u202f345\xa0: \x1b[31mrouge")
    assert capsys.readouterr().err == "12 345 : ?[31mrouge\n"
