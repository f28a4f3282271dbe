from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.documents import parse_document
from importer.drafting import Certainty, Draft, Proposal, as_members, as_yaml
from importer.tables import Certainty as ReadingCertainty
from importer.tables import LeftOut, Part, Reading, TableDescription
from tests.drafting.goldens import FILES, TOP, drafted, golden_file

SHARED = TOP.parent / "shared"
TABLE = TableDescription("a.csv", "", "csv", ("Courriel",), 1)
KEY = Proposal("Courriel", "key_f_EMail", (), "the header says e-mail", Certainty.SURE)
CITY = Proposal("Ville", "f_City", (), "the header says city", Certainty.SURE)


def made(*proposals: Proposal, table: TableDescription = TABLE, **members: object) -> Draft:
    given = {"connection": None, "file": "a.csv", "sheet": "", **members}
    return Draft(
        name="a", target="dialog-insight", table=table, table_rows=1, proposals=proposals, **given  # type: ignore[arg-type]
    )  # fmt: skip


def read(text: str) -> dict[str, object]:
    content = parse_document(text, "draft.yaml").content
    assert isinstance(content, dict)
    return content


def put_in_force(text: str) -> str:
    """Take the # away from every line of a column."""
    return "\n".join(
        line.replace("  # ", "  ", 1) if line.startswith("  # ") else line
        for line in text.splitlines()
    )


@pytest.mark.parametrize(("name", "target"), FILES)
def test_draft_is_the_golden_file(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # `python -m tests.drafting.goldens` writes the files again.
    monkeypatch.chdir(TOP)
    assert drafted(name, target) == golden_file(name, target).read_text(encoding="utf-8")


def test_only_what_is_sure_or_likely_is_in_force() -> None:
    unsure = Proposal("Rue", "f_Address", (), "perhaps", Certainty.UNSURE)
    nothing = Proposal("Note", None, (), "nothing fits", Certainty.NONE)
    text = as_yaml(made(KEY, CITY, unsure, nothing))
    assert read(text)["columns"] == {"Courriel": "key_f_EMail", "Ville": "f_City"}
    assert "  Courriel: key_f_EMail   # sure: the header says e-mail\n" in text
    assert "  # Rue: f_Address        # unsure: perhaps\n" in text
    assert "  # Note: ignore          # no field: nothing fits\n" in text
    assert read(put_in_force(text))["columns"] == {
        "Courriel": "key_f_EMail", "Ville": "f_City", "Rue": "f_Address", "Note": "ignore",
    }  # fmt: skip


def test_options_are_written_so_that_they_are_read_back() -> None:
    options = (("type", "date"), ("format", ["MMM D, YYYY", "DD/MM/YYYY HH:mm"]), ("pivot", 30))
    dated = Proposal("Né, le", "f_BirthDate", options, "", Certainty.LIKELY)
    content = read(as_yaml(made(dated)))
    assert content["columns"] == {
        "Né, le": {
            "field": "f_BirthDate",
            "type": "date",
            "format": ["MMM D, YYYY", "DD/MM/YYYY HH:mm"],
            "pivot": 30,
        }
    }


def test_other_readings_stand_below_the_first() -> None:
    dates = [(("type", "date"), ("format", f)) for f in ("DD/MM/YYYY", "MM/DD/YYYY")]
    one = Proposal("Né", "f_BirthDate", dates[0], "why", Certainty.UNSURE, others=(dates[1],))
    text = as_yaml(made(KEY, one))
    assert "  # Né: {field: f_BirthDate, type: date, format: MM/DD/YYYY}   # or this\n" in text


def test_answers_of_a_consent_are_left_to_fill_in() -> None:
    values = (("values", {"Oui": None, "0": None}),)
    consent = Proposal("News", "optin_News", values, "why", Certainty.UNSURE, consent=True)
    text = as_yaml(made(KEY, consent))
    assert "consent" not in read(text)
    assert '  #     "0":\n' in text
    assert "# consent:\n#   yes_to: everyone\n" in text
    assert read(put_in_force(text))["columns"] == {
        "Courriel": "key_f_EMail",
        "News": {"field": "optin_News", "values": {"Oui": None, "0": None}},
    }
    alone = Proposal("Désabonné", "optin_News", (("values", {"x": None}),), "", Certainty.UNSURE,
                     consent=True)  # fmt: skip
    assert "  #     x:\n  #     OTHER ANSWER:" in as_yaml(made(KEY, alone))
    unseen = Proposal("News", "optin_News", (("values", {}),), "", Certainty.UNSURE, consent=True)
    assert "#     ANSWER:" in as_yaml(made(KEY, unseen))
    assert "yes_to" not in as_yaml(made(KEY))


def test_draft_without_a_key_says_so_at_its_top() -> None:
    text = as_yaml(made(Proposal("Courriel", "key_f_EMail", (), "why", Certainty.UNSURE)))
    assert "NO KEY IS SURE" in text.split("name:")[0]
    assert "NO COLUMN IS SURE" in text.split("name:")[0]
    assert read(text)["columns"] is None
    assert read(put_in_force(text))["columns"] == {"Courriel": "key_f_EMail"}
    assert "NO KEY" not in as_yaml(made(KEY))
    assert "NO COLUMN" not in as_yaml(made(KEY))


def test_address_in_parts_is_offered_as_a_join() -> None:
    street = Proposal(
        "Rue", "f_Address", (), "", Certainty.UNSURE, joined=("No", "Rue", "App. ,")
    )  # fmt: skip
    text = as_yaml(made(KEY, street))
    assert "computed" not in read(text)
    lines = [line for line in text.splitlines() if line.startswith(("# computed:", "#   f_"))]
    assert read("\n".join(line.removeprefix("# ") for line in lines))["computed"] == {
        "f_Address": {"join": ["No", "Rue", "App. ,"], "by": " "}
    }


def test_what_is_doubtful_of_the_file_is_settled_and_what_is_sure_is_left_out() -> None:
    readings = (
        Reading("encoding", "cp1252", ReadingCertainty.LIKELY, settle="source: {encoding: cp1252}"),
        Reading("delimiter", ";", ReadingCertainty.DOUBTFUL, (",",), 'source: {delimiter: ";"}'),
        Reading("header", "row 3", ReadingCertainty.DOUBTFUL, (), "source: {header_row: 3}"),
    )
    table = TableDescription(
        "a.csv", "S", "xlsx", ("a",), 3, readings=readings, hidden=2, computed=(("News", 3),),
        left_out=(LeftOut(Part.OTHER_TABLE, 9, 9, 1), LeftOut(Part.FOOTER, 8, 8, 1)),
        warnings=("Row 4 reads Hélène.",),
    )  # fmt: skip
    text = as_yaml(made(KEY, table=table, sheet="Clients: 2"))
    assert read(text)["source"] == {"sheet": "Clients: 2", "delimiter": ";", "header_row": 3}
    for told in (
        "the delimiter was read as ;, and may be ,.", "the header was read as row 3, and may be "
        "another", "2 rows are hidden", "compute cells of News", "other_tables: leave-out",
        "`importer inspect a.csv` tells more",
    ):  # fmt: skip
        assert told in text
    assert "Hélène" not in text
    assert "source" not in read(as_yaml(made(KEY)))


def test_what_else_a_person_must_know_stands_at_the_top_and_the_next_steps_at_the_end() -> None:
    draft = made(
        KEY, connection="production", file="my file.csv", lacking=("f_Ville",),
        other_tables=("b.xlsx, sheet 2",),
    )  # fmt: skip
    text = as_yaml(draft, mapping="news")
    assert read(text)["connection"] == "production"
    assert "The account requires f_Ville" in text
    assert "Not looked at: b.xlsx, sheet 2" in text
    assert text.endswith(
        '#   importer mapping check news "my file.csv"\n#   importer check "my file.csv" -m news\n'
    )
    assert "keep this text as mappings/a.yaml" in as_yaml(draft)


def test_json_has_every_proposal() -> None:
    members = as_members(made(KEY), text="x", path=None)
    assert members["key"] == "Courriel"
    assert members["proposals"] == [
        {
            "column": "Courriel", "field": "key_f_EMail", "options": {}, "certainty": "sure",
            "reason": "the header says e-mail", "commented": False,
        }
    ]  # fmt: skip
    json.dumps(members)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_header_is_read_back_as_it_was(header: str) -> None:
    one = Proposal(header, "f_City", (), header, Certainty.LIKELY)
    other = Proposal("x" + header, None, (), header, Certainty.NONE)
    assert read(as_yaml(made(one, other)))["columns"] == {header: "f_City"}
