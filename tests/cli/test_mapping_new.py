"""``mapping new``: a draft is kept, read through, and used."""

from __future__ import annotations

from tests.runs.workshop import Workshop


def test_draft_is_checked_mended_and_run(workshop: Workshop) -> None:
    workshop.write(
        "fair.csv",
        "E-mail,First name,Infolettre\nada@example.com,Ada,Oui\nluc@example.com,Luc,Non\n",
    )
    path = workshop.folder / "mappings/fair.yaml"
    assert workshop.importer("mapping", "new", "fair.csv", "-o", "mappings/fair.yaml").code == 0
    done = workshop.importer("mapping", "check", "fair", "fair.csv")
    assert done.code == 0
    assert '"Infolettre"' in done.err  # what is only a comment is not lost in silence
    text = path.read_text(encoding="utf-8")
    for drafted, meant in (
        ("  # Infolettre:", "  Infolettre:"),
        ("  #   field:", "    field:"),
        ("  #   values:", "    values:"),
        ("  #     Oui:", "      Oui: yes"),
        ("  #     Non:", "      Non: no"),
        ("# consent:", "consent:"),
        ("#   yes_to:", "  yes_to:"),
    ):
        assert drafted in text
        text = text.replace(drafted, meant)
    path.write_text(text, encoding="utf-8")
    assert workshop.importer("mapping", "check", "fair", "fair.csv").err == ""
    assert workshop.importer("run", "fair.csv", "-m", "fair", "--yes").code == 0
    contact = workshop.contact("ada@example.com")
    assert contact["f_FirstName"] == "Ada"


def test_folder_of_the_draft_is_made(workshop: Workshop) -> None:
    workshop.write("fair.csv", "E-mail\nada@example.com\n")
    done = workshop.importer("mapping", "new", "fair.csv", "-o", "new/deep/fair.yaml")
    assert (done.code, done.lines) == (0, ["Written: new/deep/fair.yaml"])
    assert (workshop.folder / "new/deep/fair.yaml").is_file()
    workshop.write("sheet.csv", "column,field\nE-mail,key_f_EMail\n")
    assert workshop.importer("mapping", "convert", "sheet.csv", "-o", "own/a.yaml").code == 0
    assert (workshop.folder / "own/a.yaml").is_file()


def test_draft_without_a_sure_column_is_mended_by_taking_one_sign_away(workshop: Workshop) -> None:
    workshop.write("fair.csv", "Guest Email\nada@example.com\nluc@example.com\n")
    assert workshop.importer("mapping", "new", "fair.csv", "-o", "mappings/fair.yaml").code == 0
    done = workshop.importer("mapping", "check", "fair")
    assert done.code == 4
    assert "columns has no value" in done.err
    path = workshop.folder / "mappings/fair.yaml"
    text = path.read_text(encoding="utf-8")
    assert "  # Guest Email: key_f_EMail" in text
    path.write_text(text.replace("  # Guest Email", "  Guest Email"), encoding="utf-8")
    assert workshop.importer("mapping", "check", "fair", "fair.csv").code == 0
