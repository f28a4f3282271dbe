"""Masked reports: rows can be told apart, and no person can be told."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from importer.issues import IssueCode, message
from importer.journal import Call, CallResult
from importer.language import speaking
from importer.model import Outcome, Reason, Verdict
from importer.planning.column_files import ISSUES, ColumnFile
from importer.reports.masking import Masker
from importer.reports.masking.scrubbing import bare_path, scrubbed, words_of
from importer.row_results import RowResults
from importer.run_folder import FileFacts, ListFacts, RunFolder
from importer.tables import TableDescription
from tests.reports import made_up

KEY = bytes(range(32))
TEXT = pa.large_string()
PSEUDONYM = r"(person-[a-z]{12}@masked\.invalid|masked-[a-z]{12})"


def table(file: str = "people.csv", *columns: str) -> TableDescription:
    return TableDescription(
        file=file, sheet="", format="csv", columns=columns or ("Email", "First"), header_row=1
    )


def issue(row: int, code: str, value: str = "", detail: str = "", **more: str) -> dict[str, Any]:
    made = {"row": row, "severity": "error", "code": code, "column": "Email", "field": "f"}
    return {**made, "value": value, "detail": detail, **more}


@dataclass
class Run:
    """A run's folder with just what a masker reads."""

    folder: RunFolder
    tables: list[TableDescription] = field(default_factory=lambda: [table()])

    def keep(self, *cells: tuple[int, str | None, str | None], plan: bool = False) -> None:
        rows, one, other = zip(*cells, strict=True) if cells else ((), (), ())
        schema = pa.schema([("row", pa.int64()), ("c0", TEXT), ("c1", TEXT)])
        with ColumnFile(self.folder.plan if plan else self.folder.source, schema) as file:
            file.write([pa.array(rows, pa.int64()), pa.array(one, TEXT), pa.array(other, TEXT)])

    def issues(self, *issues: dict[str, Any]) -> Any:
        made = pa.Table.from_pylist(list(issues), schema=ISSUES)
        with ColumnFile(self.folder.issues, ISSUES) as file:
            file.write_table(made)
        return made.to_batches()

    def masker(self, key: bytes = KEY) -> Masker:
        return Masker(self.folder, self.tables, key=key)


@pytest.fixture
def run(tmp_path: Any) -> Run:
    folder = RunFolder(tmp_path / "20261122T031500Z-people-k3fq")
    folder.state.mkdir(parents=True)
    made = Run(folder)
    made.keep()
    made.issues()
    return made


def columns(outcomes: list[Outcome], keys: list[str], first: int = 0) -> RowResults:
    """Results of rows that each came to an end of their own."""
    numbers = np.arange(len(keys), dtype=np.int64)
    return RowResults(
        first=first,
        table=numbers.astype(np.int32),
        number=numbers,
        key=pa.array(keys, TEXT),
        end=numbers.astype(np.int32),
        outcomes=outcomes,
        batch=pa.array(["8f2a" if key else "" for key in keys], TEXT),
        attempts=numbers.astype(np.int32),
        record_id=pa.array(["4711" if key else "" for key in keys], TEXT),
        reasons={0: (Reason("First"),)},
        noes={0: ("First",)},
        withheld={0: ("First",)},
    )


def told(run: Run, *outcomes: Outcome, key: str = "", first: int = 0) -> list[str]:
    """The masked sentences of rows that came to these ends."""
    masked = run.masker().results(columns([*outcomes], [key] * len(outcomes), first))
    return [masked.outcomes[end].message for end in masked.end.tolist()]


def refused(words: str) -> Outcome:
    return Outcome(Verdict.REJECTED, IssueCode.PLATFORM_REFUSED, message=words)


# --- pseudonyms -----------------------------------------------------------------------------------


def test_the_same_person_is_the_same_pseudonym_however_the_address_is_written(run: Run) -> None:
    masker = run.masker()
    one = masker.text("Marie@Example.com")
    assert re.fullmatch(r"person-[a-z]{12}@masked\.invalid", one)
    assert masker.text("  marie@example.COM ") == one
    assert masker.text("\ufeffmarie@example.com") == one
    assert masker.text("marie@example.org") != one


def test_other_texts_are_told_apart_and_blank_ones_stay(run: Run) -> None:
    masker = run.masker()
    assert re.fullmatch(r"masked-[a-z]{12}", masker.text("Tremblay"))
    assert masker.text("Tremblay") == masker.text("TREMBLAY") != masker.text("Roy")
    assert [masker.text(blank) for blank in ("", " ", "\xa0")] == ["", " ", "\xa0"]
    assert masker.text("\ud800")


def test_pseudonyms_spell_nothing(run: Run) -> None:
    masker = run.masker()
    signs = {sign for n in range(300) for sign in masker.text(str(n)).removeprefix("masked-")}
    assert signs <= set(string.ascii_lowercase) - set("aeiouy")


def test_another_run_has_other_pseudonyms(run: Run) -> None:
    assert run.masker().text("Marie") != run.masker(bytes(32)).text("Marie")


def test_each_part_of_a_key_of_several_is_masked(run: Run) -> None:
    masker = run.masker()
    key = masker.key('{"key_f_EMail":"marie@example.com","key_f_No":"12","f_Blank":""}')
    parts = {"key_f_EMail": masker.text("marie@example.com"), "key_f_No": masker.text("12")}
    assert orjson.loads(key) == {**parts, "f_Blank": ""}


@pytest.mark.parametrize("key", ["{", "{}x", '{"a":1}', "[]", '{"a":{"b":"Marie"}}'])
def test_what_only_looks_like_such_a_key_is_masked_whole(run: Run, key: str) -> None:
    assert re.fullmatch(PSEUDONYM, run.masker().key(key))


# --- results --------------------------------------------------------------------------------------


def test_keys_record_ids_and_batches_of_results_are_masked(run: Run) -> None:
    sent = Outcome(Verdict.CREATED)
    masked = run.masker().results(columns([sent, sent], ["marie@example.com", ""]))
    person = run.masker().text("marie@example.com")
    assert masked.key.to_pylist() == [person, ""]
    assert masked.record_id.to_pylist() == [run.masker().text("4711"), ""]
    assert re.fullmatch("call-[a-z]{12}", masked.batch[0].as_py())
    assert masked.batch[1].as_py() == ""
    assert masked.number.tolist() == masked.table.tolist() == masked.attempts.tolist() == [0, 1]
    assert (masked.reasons, masked.noes, masked.withheld) == ({}, {}, {})


def test_a_sentence_of_our_checks_is_made_anew_with_the_masked_value(run: Run) -> None:
    code = IssueCode.EMAIL_INVALID
    run.keep((3, "bad Marie", "Roy"))
    run.issues(
        issue(2, IssueCode.VALUE_MISSING, severity="warning"),
        issue(3, IssueCode.VALUE_MISSING, column="First"),
        issue(3, code, "bad Marie", "there is no @ in bad Marie."),
        issue(9, IssueCode.VALUE_MISSING),
    )
    ends = [
        Outcome(Verdict.INVALID, code, "f", message(code, value="bad Marie", detail="bad Marie")),
        Outcome(Verdict.NOT_SENT, IssueCode.NOT_SENT, "", message(IssueCode.NOT_SENT)),
    ]
    mask = run.masker().text
    bad, not_sent = told(run, *ends, first=3)
    whole, word, name = mask("bad Marie"), mask("bad"), mask("Marie")
    assert bad == f'"{whole}" is no e-mail address: there is no @ in {word} {name}.'
    assert not_sent == "The run ended before this row's turn."


def test_words_of_the_platform_lose_every_word_of_the_refused_rows_cells(run: Run) -> None:
    run.keep((0, "marie@example.com", "Jean-Éric"), (1, "ann@example.com", None), (5, "x", "y"))
    run.keep((0, "lévis", "42"), (1, None, "Zoé"), plan=True)
    first, second = told(
        run,
        refused("no: JEAN-eric of Levis, LÉVISIENS (42), is no Zoé"),
        refused("Zo\\u00e9 and Jean: zo%C3%A9, Zo&eacute;"),
    )
    assert re.fullmatch(
        r"no: (masked-\w+)-(masked-\w+) of (masked-\w+), masked-\w+ \(masked-\w+\), is no "
        r"(masked-\w+)",
        first,
    )
    mask, other = run.masker().text("Zoé"), run.masker().text("Jean")
    assert second == f"{mask} and {other}: {mask}, {mask}"  # the platform mixed two rows up


def test_words_about_a_row_that_is_not_kept_are_masked_whole(run: Run) -> None:
    passed = Outcome(Verdict.SKIPPED, IssueCode.PLATFORM_SKIPPED, message="Skipped: Marie")
    run.issues(issue(0, IssueCode.CONDITION_NOT_MET, severity="skip"))
    (only,) = told(run, passed)
    assert only == run.masker().text("Skipped: Marie")


def test_sentences_of_ours_that_quote_nobody_stay(run: Run) -> None:
    run.tables = [table("/home/marie/people.csv")]
    place = "row 123456 of /home/marie/people.csv"
    ends = [
        Outcome(
            Verdict.DUPLICATE,
            IssueCode.DUPLICATE_KEY,
            message=message(IssueCode.DUPLICATE_KEY, detail=place),
        ),
        Outcome(Verdict.ACCEPTED, message="Its answer was unknown."),
        Outcome(Verdict.UNKNOWN, IssueCode.ANSWER_LOST, "", message(IssueCode.ANSWER_LOST)),
        Outcome(Verdict.UPDATED),
    ]
    duplicate, accepted, lost, updated = told(run, *ends)
    assert "row 123456 of people.csv" in duplicate
    assert accepted == "Its answer was unknown."
    assert lost == ends[2].message
    assert updated == ""


def test_words_under_a_code_of_the_platform_are_scrubbed(run: Run) -> None:
    run.keep((0, "Marie", None))
    (only,) = told(run, Outcome(Verdict.REJECTED, "E-77", message="no Marie"))
    assert only == f"no {run.masker().text('Marie')}"


def test_results_may_come_in_pieces(run: Run) -> None:
    run.keep((0, "Ann", None), (1, "Bob", None), (2, "Cid", None))
    run.issues(issue(0, IssueCode.VALUE_MISSING), issue(1, IssueCode.VALUE_MISSING))
    masker = run.masker()
    for row, name in enumerate(["Ann", "Bob", "Cid"]):
        masked = masker.results(columns([refused(f"no {name}")], [name], first=row))
        assert masked.outcomes[masked.end[0]].message == f"no {masker.text(name)}"


# --- issues ---------------------------------------------------------------------------------------


def test_values_of_issues_are_masked_and_details_scrubbed(run: Run) -> None:
    run.keep((0, "marie@example.com", "Roy"))
    batches = run.issues(
        issue(
            0, IssueCode.EMAIL_DOUBTFUL, "Marie@example.com", "did you mean marie@gmail.com? Roy"
        ),
        issue(0, IssueCode.PHONE_ZERO_RESTORED, "123", "0123"),
        issue(0, IssueCode.DECIMAL_AMBIGUOUS, "1,234", "1234 or 1.234"),
        issue(0, IssueCode.VALUE_MISSING, severity="warning"),
        issue(1, IssueCode.NOT_UNIQUE, "A12", "row 123456"),
        issue(1, IssueCode.CONSENT_CONFLICT, "", "no"),
        issue(2, IssueCode.CONDITION_NOT_MET, "Laval", '"Laval"'),
    )
    masker = run.masker()
    (masked,) = masker.issues(batches)
    values, details = (masked.column(name).to_pylist() for name in ("value", "detail"))
    text = masker.text
    assert values[:3] == [text("marie@example.com"), text("123"), text("1,234")]
    assert values[3:] == ["", text("A12"), "", text("Laval")]
    assert details[0] == f"did you mean {text('marie@gmail.com')}? {text('Roy')}"
    assert details[1] == text("0123")
    assert not set("1234") & set(details[2])
    assert details[3:] == ["", "row 123456", "no", f'"{text("Laval")}"']
    for name in ("row", "severity", "code", "column", "field"):
        assert masked.column(name).equals(batches[0].column(name))


def test_issues_without_value_or_detail_stay_so(run: Run) -> None:
    batches = run.issues(issue(0, IssueCode.BLANK_ROW) | {"value": None, "detail": None})
    (masked,) = run.masker().issues(batches)
    assert masked.equals(batches[0])


def test_keys_beside_issues_are_masked_where_there_are_any(run: Run) -> None:
    batch = pa.record_batch({"number": [2], "key": pa.array(["marie@example.com"], TEXT)})
    masked, bare = run.masker().places([batch, batch.select(["number"])])
    assert masked.column("key").to_pylist() == [run.masker().text("marie@example.com")]
    assert bare.schema.names == ["number"]


# --- sentences ------------------------------------------------------------------------------------


def cleaned(sentence: str, *cells: str, numbers: bool = False) -> str:
    known = frozenset({"courriel"})
    return scrubbed(sentence, words_of(cells), mask=lambda _: "X", known=known, numbers=numbers)


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("told to marie.roy+x@example.com.", "told to X."),
        ("<marie@example.com>", "<X>"),
        ("call +1 (514) 555-0161 now", "call X now"),
        ("id 123456, code 1234", "id X, code 1234"),
        ("the date 1990-02-31 is none", "the date X is none"),
        ('value "Marie Roy" in "Courriel"', 'value "X" in "Courriel"'),
        ("la valeur «\xa0Marie\xa0» refusée", "la valeur «\xa0X\xa0» refusée"),
        ("‘a b’ “c d” `e f` 'g h' of l'avis", "‘X’ “X” `X` 'X' of l'avis"),
        ('blank " " stays', 'blank " " stays'),
        ("see https://h.example/p?e=marie@example.com for it", "see … for it"),
        ("/home/marie/lists/people.csv row 2", "people.csv row 2"),
        (r"C:\Users\Marie Roy\people.csv row 2", "people.csv row 2"),
        ("exports/people.csv and yes/no stay", "exports/people.csv and yes/no stay"),
        ("marie%40example.com", "X"),
        ("'@@' ", "'X' "),
        ("they wrote to Trem…", "they wrote to …"),
        ("...@... a@b", "X... X"),
    ],
)
def test_addresses_numbers_quotations_and_paths_are_masked(sentence: str, left: str) -> None:
    assert cleaned(sentence) == left


@pytest.mark.parametrize(
    ("sentence", "cell", "left"),
    [
        ("Tremblay is wrong", "tremblay", "X is wrong"),
        ("Tremblay-Roy", "Roy", "Tremblay-X"),
        ("MRTREMBLAY", "Tremblay", "X"),
        ("please", "Lea", "please"),
        ("联系人王小明无效", "王小明", "X"),
        ("a b", "a", "a b"),
        ("status 7", "7", "status X"),
        ("Straße", "STRASSE", "X"),
        ("Trem\u00adblay, Gatin\u200beau", "Tremblay Gatineau", "X, X"),
    ],
)
def test_words_of_cells_are_masked(sentence: str, cell: str, left: str) -> None:
    assert cleaned(sentence, cell) == left


def test_what_was_masked_is_not_masked_again() -> None:
    done = "masked-bcdfghjkmnpq and person-bcdfghjkmnpq@masked.invalid"
    assert scrubbed(f'"{done[:19]}" {done[:19]}', words_of(["masked"]), mask=str.upper) == (
        f'"{done[:19]}" {done[:19]}'
    )


def test_every_word_with_a_digit_goes_where_it_may_be_of_the_cell() -> None:
    assert cleaned("1.5 or A12 b", numbers=True) == "X.X or X b"


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("people.csv", "people.csv"),
        ("exports/people.csv", "exports/people.csv"),
        ("/home/marie/people.csv", "people.csv"),
        ("../marie/people.csv", "people.csv"),
        ("~/people.csv", "people.csv"),
        (r"C:\Users\marie\people.csv", "people.csv"),
        (r"\\server\marie\people.csv", "people.csv"),
        ("", ""),
        ("-", "-"),
    ],
)
def test_paths_lose_the_folders_of_the_machine(path: str, left: str) -> None:
    assert bare_path(path) == left


# --- the whole run --------------------------------------------------------------------------------


def test_files_of_the_same_name_are_told_apart(run: Run) -> None:
    run.tables = [table("/a/people.csv"), table("/b/people.csv"), table("/a/people.csv")]
    masked = run.masker().tables(run.tables)
    assert [one.file for one in masked] == ["people.csv", "people.csv (2)", "people.csv"]


def test_a_summary_says_neither_who_nor_where_nor_quotes_a_cell(run: Run) -> None:
    warning = '"Marie" is odd in "First"'
    file = made_up.csv_file(path="/home/marie/people.csv", warnings=(warning,))
    masked = run.masker().summary(
        made_up.summary(
            files=(file,),
            warnings=(warning,),
            note="for Jo",
            sentences={warning: "«\xa0Marie\xa0»"},
        )
    )
    name = run.masker().text("Marie")
    assert (masked.operator, masked.note, masked.url, masked.message) == ("", "", "", "")
    assert masked.warnings == (f'"{name}" is odd in "First"',) == masked.files[0].warnings
    assert masked.said(masked.warnings[0]) == f"«\xa0{name}\xa0»"
    assert (masked.files[0].path, masked.files[0].sha256) == ("people.csv", "")
    assert masked.rows == made_up.summary().rows


def test_why_a_run_stopped_is_told_only_in_words_of_ours(run: Run) -> None:
    why = {"message": "Tremblay is refused", "sentences": {"Tremblay is refused": "refusé : Roy"}}
    ours = run.masker().summary(made_up.summary(**why, stopped_because="threshold"))
    assert ours.message == "Tremblay is refused"
    assert ours.said(ours.message) == "refusé : Roy"
    with speaking("fr"):
        theirs = run.masker().summary(made_up.summary(**why, stopped_because="account-refused"))
    assert theirs.message == "What stood in the way is left out of masked reports."
    assert not re.search("Tremblay|Roy", theirs.as_json().decode())


def test_settings_say_neither_who_nor_where(run: Run) -> None:
    facts = FileFacts(path="people.csv", absolute="/home/marie/people.csv", sha256="9f", bytes=1)
    listed = ListFacts(path="/m/no.txt", absolute="/m/no.txt", sha256="9f", addresses=2)
    given = made_up.settings(
        files=(facts,),
        suppression=(listed,),
        mapping_file="/home/marie/m.yaml",
        note="for Jo",
        passed_over=("/home/marie/.hidden is passed over",),
    )
    masked = run.masker().settings(given)
    assert "marie" not in masked.model_dump_json()
    assert (masked.mapping_file, masked.note, masked.connection) == ("m.yaml", "", None)
    assert masked.files[0].path == "people.csv"


def test_of_what_stood_in_a_calls_way_the_status_stays(run: Run) -> None:
    members = (1, 0, "8f2a", 0, 5, 99, 1, 0.0, "then", "", CallResult.REFUSED)
    masker = run.masker()
    assert masker.call(Call(*members, "HTTP 500: no Tremblay")).message == "HTTP 500"
    assert masker.call(Call(*members, "no Tremblay")).message == ""
    assert masker.call(Call(*members, "")).batch.startswith("call-")


def test_a_run_whose_plan_is_gone_is_masked_as_well(run: Run) -> None:
    run.folder.source.unlink()
    (only,) = told(run, refused("no Marie"))
    assert only == run.masker().text("no Marie")


def test_sentences_of_any_row_lose_what_is_quoted(run: Run) -> None:
    assert run.masker().sentence('"First" has "Roy"') == f'"First" has "{run.masker().text("Roy")}"'
