"""The pages in a real browser: what they say, what they ask for, who can use them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.issues import Severity
from importer.language import speaking
from importer.model import Outcome, Verdict
from importer.reports.pages.page import FIRST_ROWS, page
from importer.reports.pages.timeline import timeline
from importer.reports.pages.totals_page import totals_page
from importer.reports.problems import Group, Problems
from importer.reports.summary import ConsentTotals
from importer.tables import TableDescription
from tests.browsers import violations
from tests.reports.made_up import csv_file, group, rows, settings, summary
from tests.reports.pages import BEGUN, call, good, large, mixed, stopped
from tests.reports.test_page import ATTACK

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browsers import Opener

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "naughty-strings.json"
NAUGHTY = (
    ATTACK,
    "<script>ran = 1</script>",
    "</script><script>ran = 1</script>",
    "<!--<script>ran = 1</script>",
    '"><svg onload=ran=1>',
    "' onmouseover='ran = 1",
    "javascript:ran=1",
    "{{ 7 * 7 }} {0} {count} %s ${ran=1} `ran=1`",
    "&lt;b&gt; &amp; &#39; &unknown;",
    "\u202eright to left\u202c \u0000nul \rreturn\r\nboth \u2028line \u2029paragraph \ufeff",
    "$& $1 $$ \\ \\u003c \\0",
    "ÅÉÎØÜ ﬁ ß œ 𝒜 👩‍👩‍👧 اَلْعَرَبِيَّةُ 田中さん",
    "[object Object] __proto__ constructor null undefined NaN",
)


@pytest.fixture
def shown(tmp_path: Path, opened: Opener) -> Callable[..., Any]:
    """Write a page and open it."""

    def show(arguments: dict[str, Any], language: str = "en", **how: Any) -> Any:
        path = tmp_path / "é report.html"
        with speaking(language):
            path.write_bytes(page(**arguments).encode())
        return opened(path, **how)

    return show


def found(page: Page) -> str:
    return page.inner_text("#search-status")


# --- what it says and asks for --------------------------------------------------------------------


@pytest.mark.parametrize("made", [good, mixed, stopped])
@pytest.mark.parametrize("javascript", [True, False])
def test_pages_ask_for_nothing_and_complain_of_nothing(
    shown: Callable[..., Any], made: Callable[[], dict[str, Any]], javascript: bool
) -> None:
    one = shown(made(), javascript=javascript)
    assert one.complaints == []


def test_the_totals_can_be_read(shown: Callable[..., Any]) -> None:
    page = shown(mixed()).page
    assert page.inner_text("h1") == (
        "Finished: 570 rows refused by our checks, 9 refused by the platform"
    )
    lines = [line.split("\t") for line in page.inner_text("#rows ~ table").split("\n")]
    assert ["all results together", "12,004", "100%"] in lines
    consents = page.locator("#consents ~ .consents table").first
    assert consents.locator("caption").inner_text() == "optin_Newsletter"
    assert consents.locator("th").all_inner_texts() == ["yes", "no", "left alone", "yes withheld"]
    assert consents.locator(".number").all_inner_texts() == ["7,130", "1,211", "3,049", "84"]
    widths = page.eval_on_selector_all(
        ".bar:not(.thin) rect[class^=v-]",
        "all => all.map(a => a.getBoundingClientRect().width)",
    )
    assert len(widths) == 6
    assert min(widths) > 5


def test_every_bar_and_column_of_the_calls_is_drawn(shown: Callable[..., Any]) -> None:
    page = shown(stopped()).page
    boxes = page.eval_on_selector_all(
        ".timeline rect",
        "all => all.map(a => a.getBoundingClientRect()).map(a => [a.width, a.height])",
    )
    assert len(boxes) > 40
    assert all(width > 0 and height > 1 for width, height in boxes)
    label = page.get_attribute(".timeline", "aria-label")
    assert "6 had no answer" in str(label)


def test_the_page_speaks_french(shown: Callable[..., Any]) -> None:
    page = shown(mixed(), language="fr").page
    assert page.get_attribute("html", "lang") == "fr"
    assert "12\u202f004" in page.inner_text("#rows ~ table")
    assert re.search("73,4.?%", page.inner_text("#rows ~ table"))


# --- searching ------------------------------------------------------------------------------------


def test_rows_are_found_by_key_row_code_and_words_without_regard_to_accents(
    shown: Callable[..., Any],
) -> None:
    rows_ = Problems([TableDescription("été.csv", "", "csv", ("a",), 1)])
    for row, key, text in (
        (2, "Hélène@x.fr", "Prénom manquant"),
        (3, "jean@x.fr", "ŒUVRE inconnue"),
        (14, "zoé@x.fr", "le prenom est trop long"),
    ):
        rows_.keep(0, row, key, Outcome(Verdict.INVALID, "value-missing", "", text))
    page = shown({**good(), "rows": rows_.rows()}).page
    assert found(page) == "3 of 3 rows found; 1 to 3 are shown."
    for typed, keys in (
        ("HELENE", ["Hélène@x.fr"]),
        ("prénom", ["Hélène@x.fr", "zoé@x.fr"]),
        ("oeuvre", ["jean@x.fr"]),
        ("contacts.csv 14", ["zoé@x.fr"]),
        ("x.fr value-missing jean", ["jean@x.fr"]),
        ("  ", ["Hélène@x.fr", "jean@x.fr", "zoé@x.fr"]),
        ("nobody", []),
    ):
        page.fill("#search-text", typed)
        assert page.locator("#search-body th bdi").all_inner_texts() == keys, typed
    assert found(page) == "No row of 3 fits."
    assert page.is_hidden("#search-table")
    page.fill("#search-text", "zoe")
    assert found(page) == "1 of 3 rows found."


def test_rows_are_filtered_by_kind_and_cause_and_turned_over(shown: Callable[..., Any]) -> None:
    page = shown(mixed()).page
    assert found(page) == "778 of 778 rows found; 1 to 25 are shown."
    page.click("#search-next")
    assert found(page) == "778 of 778 rows found; 26 to 50 are shown."
    page.click("#search-last")
    assert found(page) == "778 of 778 rows found; 776 to 778 are shown."
    assert page.get_attribute("#search-next", "aria-disabled") == "true"
    page.dispatch_event("#search-next", "click")
    assert found(page) == "778 of 778 rows found; 776 to 778 are shown."
    page.click("#search-previous")
    assert found(page) == "778 of 778 rows found; 751 to 775 are shown."
    page.click("#search-first")
    assert page.get_attribute("#search-previous", "aria-disabled") == "true"
    page.select_option("#search-kind", label="Refused by the platform (9)")
    assert found(page) == "9 of 778 rows found; 1 to 9 are shown."
    assert page.is_hidden("#search-pager")
    page.select_option("#search-cause", label="Value missing (81)")
    assert found(page) == "No row of 778 fits."
    page.select_option("#search-kind", "")
    assert found(page).startswith("81 of 778")


def test_a_cause_leads_to_its_rows(shown: Callable[..., Any]) -> None:
    page = shown(mixed()).page
    page.fill("#search-text", "nobody")
    page.get_by_role("button", name="Show these rows: Refused by the platform").click()
    assert found(page) == "9 of 778 rows found; 1 to 9 are shown."
    assert page.evaluate("document.activeElement.id") == "search-cause"


def test_fifty_thousand_rows_are_searched(shown: Callable[..., Any]) -> None:
    one = shown(large(50_000))
    page = one.page
    assert found(page) == "50,000 of 50,000 rows found; 1 to 25 are shown."
    page.fill("#search-text", "helene tremblay49999")
    assert found(page) == "1 of 50,000 rows found."
    page.fill("#search-text", "")
    page.select_option("#search-cause", label="Value missing (10,000)")
    assert found(page).startswith("10,000 of 50,000")
    page.click("#search-last")
    assert found(page).endswith("9,976 to 10,000 are shown.")
    assert page.locator("#search-body tr").count() == 25
    assert one.complaints == []


def test_more_rows_than_can_be_searched_are_said_to_be_left(
    shown: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importer.reports.problem_rows.MOST_ROWS", 5)
    page = shown(mixed()).page
    assert "More than 50,000 rows have problems" in page.inner_text("main")


def test_without_scripts_the_first_rows_stand_in_a_plain_table(shown: Callable[..., Any]) -> None:
    page = shown(mixed(), javascript=False).page
    assert page.locator("#search-body tr").count() == FIRST_ROWS
    assert page.is_visible("#search-without")
    assert "These are the first 100 rows" in page.inner_text("#search-without")
    for hidden in ("#search-form", "#search-pager", "button.copy", "button.rows-of"):
        assert page.locator(hidden).first.is_hidden()
    assert page.locator("pre.command").first.is_visible()


def test_scripts_and_plain_table_say_the_same_of_a_row(shown: Callable[..., Any]) -> None:
    told = []
    for javascript in (True, False):
        page = shown(mixed(), javascript=javascript).page
        told.append([page.locator("#search-body tr").nth(n).inner_text() for n in range(20)])
    assert told[0] == told[1]


# --- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "dark", "width"),
    [("en", False, 1280), ("fr", True, 1280), ("fr", False, 360), ("en", True, 360)],
)
def test_nothing_serious_stands_in_anybodys_way(
    shown: Callable[..., Any], language: str, dark: bool, width: int
) -> None:
    one = shown(mixed(), language=language, dark=dark, width=width)
    assert violations(one.page) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert one.complaints == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_long_codes_and_large_numbers_fit_the_narrowest_screen(
    shown: Callable[..., Any], language: str
) -> None:
    groups = [group("CodeOfAPlatform" * 5, 1_000_000, "x" * 3_000)]
    page = shown({**mixed(), "groups": groups}, language=language, width=320).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_serious_stands_in_the_way_of_the_sheet_of_totals(
    tmp_path: Path, opened: Opener, dark: bool
) -> None:
    arguments = mixed()
    path = tmp_path / "totals.html"
    path.write_text(
        totals_page(arguments["summary"], arguments["groups"], arguments["calls"]), encoding="utf-8"
    )
    one = opened(path, dark=dark, width=360)
    assert violations(one.page) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert one.complaints == []


def test_dark_is_dark_and_light_is_light(shown: Callable[..., Any]) -> None:
    grounds = [
        shown(good(), dark=dark).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for dark in (False, True)
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 24, 29)"]


def test_every_control_is_reached_by_the_keyboard_and_works_with_it(
    shown: Callable[..., Any],
) -> None:
    page = shown(mixed()).page
    wanted = page.evaluate(
        "[...document.querySelectorAll('a, button, input, select, [tabindex]')]"
        ".filter(one => one.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(_PATH_OF_FOCUS))
    reached.discard("")
    assert len(reached) == wanted
    page.focus("#search-text")
    page.keyboard.type("refus.3")
    assert found(page) == "1 of 778 rows found."
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.focus("#search-next")
    page.keyboard.press("Enter")
    assert found(page).endswith("26 to 50 are shown.")
    assert page.evaluate("document.activeElement.id") == "search-next"
    assert page.get_attribute("#search-status", "role") == "status"


_PATH_OF_FOCUS = """() => {
    const path = [];
    for (let one = document.activeElement; one !== document.body && one; one = one.parentElement)
        path.push([...one.parentElement.children].indexOf(one));
    return path.join(" ");
}"""


def test_a_command_is_copied(shown: Callable[..., Any]) -> None:
    one = shown(stopped())
    page = one.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.inner_text("#copied") == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == (
        "importer resume 20261122T031500Z-newsletter-k3fq"
    )
    assert one.complaints == []


def test_a_browser_without_a_clipboard_is_asked_the_old_way(shown: Callable[..., Any]) -> None:
    page = shown(stopped()).page
    page.evaluate("document.execCommand = () => false; navigator.clipboard.writeText = null")
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Select it and copy").wait_for()
    assert page.evaluate("String(getSelection())").startswith("importer resume")


def test_the_page_prints_without_its_controls(shown: Callable[..., Any]) -> None:
    page = shown(mixed(), dark=True).page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for control in ("nav", ".filters", "button.copy"):
        assert page.locator(control).first.is_hidden()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_totals_are_one_sheet_of_paper_whatever_the_run(
    tmp_path: Path, opened: Opener, language: str
) -> None:
    verdicts = {v.value.replace("-", "_"): 10**6 for v in Verdict}
    name = "a rather long name of a file that somebody once exported from some program 2026.xlsx"
    run = summary(
        state="stopped",
        exit_code=5,
        sandbox=True,
        rows=rows(**verdicts),
        files=tuple(
            csv_file(path=f"{n} {name}", sheet="Feuille de calcul", results=rows(**verdicts))
            for n in range(30)
        ),
        consents={f"optin_{n}_{'x' * 40}": ConsentTotals(yes=7, no=3, left=9) for n in range(9)},
    )
    groups = [Group(code, "error", 1_000) for code in ("email-invalid", "not-unique")]
    groups += [group(f"{n}-{'long-code' * 9}"[:58], 9) for n in range(30)]
    arguments = stopped()
    path = tmp_path / "totals.html"
    with speaking(language):
        path.write_text(totals_page(run, groups, arguments["calls"]), encoding="utf-8")
    printed = opened(path).page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


# --- nothing of others runs -----------------------------------------------------------------------


def naughty(texts: list[str]) -> dict[str, Any]:
    """Make a page in which each text is a key, a sentence, a file's name, a note and a reason."""
    tables = [TableDescription(text, text, "csv", (text,), 1) for text in texts]
    problems = Problems(tables)
    for n, text in enumerate(texts):
        problems.keep(n, n + 2, text, Outcome(Verdict.INVALID, text, text, text))
        problems.note_at(text, Severity.ERROR, n, n + 2, text, text)
    run = summary(
        exit_code=3,
        files=tuple(csv_file(path=text, sheet=text, warnings=(text,)) for text in texts[:20]),
        rows=rows(created=1, invalid=len(texts)),
        consents={text: ConsentTotals(yes=1, no=1, left=1) for text in texts[:20]},
        message=texts[0],
        warnings=tuple(texts[:12]),
        note=texts[0],
        operator=texts[0],
    )
    files = [csv_file(path=text, sheet=text) for text in texts]
    calls = timeline(call(n, BEGUN, message=text) for n, text in enumerate(texts, 1) if text)
    return {
        "summary": run.model_copy(update={"files": tuple(files)}),
        "groups": problems.groups(),
        "settings": settings(note=texts[0], passed_over=tuple(texts[:12])),
        "rows": problems.rows(),
        "calls": calls,
    }


def check_naughty(one: Any, texts: list[str]) -> None:
    """Nothing ran, and each text is shown as it is."""
    page = one.page
    keys, sentences = [], []
    while True:
        keys += page.eval_on_selector_all(
            "#search-body th bdi", "all => all.map(a => a.textContent)"
        )
        sentences += page.eval_on_selector_all(
            "#search-body td p:nth-child(2) bdi", "all => all.map(a => a.textContent)"
        )
        if page.get_attribute("#search-next", "aria-disabled") == "true":
            break
        page.click("#search-next")
    shown = [text if len(text) <= 160 else text[:159] + "…" for text in texts]
    assert keys == [text or "no key" for text in shown]
    told = [text if len(text) <= 400 else text[:399] + "…" for text in texts]
    assert sentences == told
    page.fill("#search-text", texts[0])
    assert page.evaluate("typeof ran") == "undefined"
    assert page.locator("img, iframe, object, embed, link, svg[onload]").count() == 0
    assert page.locator("script").count() == 2
    assert one.complaints == []


def test_nothing_that_a_file_holds_can_run_and_all_is_shown_as_it_is(
    shown: Callable[..., Any],
) -> None:
    check_naughty(shown(naughty(list(NAUGHTY))), list(NAUGHTY))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of naughty strings is not here")
def test_no_naughty_string_can_run_and_all_are_shown_as_they_are(
    shown: Callable[..., Any],
) -> None:
    texts = list(dict.fromkeys(json.loads(CORPUS.read_text(encoding="utf-8"))))
    check_naughty(shown(naughty(texts)), texts)


def test_a_text_of_the_page_itself_is_shown_as_it_is(shown: Callable[..., Any]) -> None:
    for texts in (NAUGHTY[:7], NAUGHTY[7:]):
        page = shown({**good(), "settings": settings(passed_over=texts)}).page
        told = page.eval_on_selector_all("#read ~ ul li", "all => all.map(a => a.textContent)")
        assert told == [text.replace("\0", "\ufffd") for text in texts]


@pytest.mark.parametrize(
    "foreign",
    [
        "<script>document.title = 'ran'</script>",
        "<script src='https://evil.example/x.js'></script>",
        "<img src=x onerror=\"document.title = 'ran'\">",
        "<style>body { display: none }</style>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<iframe src='https://evil.example/'></iframe>",
    ],
)
def test_the_policy_keeps_foreign_scripts_and_styles_out(
    tmp_path: Path, opened: Opener, foreign: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(**stopped()).replace("<main>", f"<main>{foreign}"), encoding="utf-8")
    one = opened(path)
    assert one.page.title() != "ran"
    assert one.page.is_visible("h1")
    assert any("Content Security Policy" in line for line in one.console)
    assert found(one.page).startswith("100 of 100")
