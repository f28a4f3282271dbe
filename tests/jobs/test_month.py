"""A month of nights: what each came to, its exit code, and what people were told."""

from __future__ import annotations

import json

from tests.jobs.nights import HeldElsewhere, Nights, text
from tests.jobs.nights import Listener as Listener
from tests.jobs.nights import listener as listener
from tests.jobs.nights import nights as nights

USUAL = range(1, 21)


def night(nights: Nights, day: int, *options: str) -> tuple[int, list[str]]:
    """Start the job at five and, for a file that did not come, at half past six."""
    nights.at(day, 5)
    done = nights.start(*options)
    nights.at(day, 6, 30)
    later = nights.start()
    return done.code or later.code, nights.kinds()


def test_a_month_of_nights(nights: Nights) -> None:
    workshop = nights.workshop

    # Tuesday 1 to Friday 4: all is well, and nobody hears of it.
    for day in (1, 2, 3, 4):
        nights.drop(f"contacts-{day:02}.csv", USUAL, city=f"City{day}")
        assert night(nights, day) == (0, [])
        assert workshop.contact("person7@example.com")["f_City"] == f"City{day}"
    assert nights.listener.beats == 8
    assert nights.files("archive") == [f"contacts-{day:02}.csv" for day in (1, 2, 3, 4)]

    # The weekend: nothing is expected, nothing comes.
    for day in (5, 6):
        assert night(nights, day) == (0, [])

    # Monday 7: the file has not come. Tuesday neither: that is no news. Wednesday two come.
    assert night(nights, 7) == (4, ["missing"])
    assert night(nights, 8) == (4, [])
    nights.drop("contacts-08.csv", USUAL, city="City8")
    nights.drop("contacts-09.csv", USUAL, city="City9")
    assert night(nights, 9) == (0, ["recovered"])
    assert workshop.contact("person7@example.com")["f_City"] == "City9"

    # Thursday 10: yesterday's file again, under another name.
    before = len(workshop.merge_calls())
    nights.drop("contacts-10.csv", USUAL, city="City9")
    assert night(nights, 10) == (0, [])
    assert len(workshop.merge_calls()) == before
    assert "contacts-10.csv" in nights.files("archive")

    # Friday 11: cut off in the middle of a row.
    nights.write("contacts-11.csv", text(USUAL)[:-9])
    assert night(nights, 11) == (4, ["failed"])
    assert nights.files("failed") == ["contacts-11.csv"]
    assert len(workshop.merge_calls()) == before

    # Monday 14: half written while the job looks, whole an hour and a half later.
    path = nights.write("contacts-14.csv", text(range(1, 5)))
    whole = text(USUAL, city="City14")

    def written_meanwhile() -> None:
        path.write_text(whole, encoding="utf-8")

    workshop.clock.on_sleep = written_meanwhile
    nights.at(14, 5)
    assert nights.start().code == 0
    workshop.clock.on_sleep = None
    assert path.exists()
    assert nights.kinds() == []
    nights.at(14, 6, 30)
    assert nights.start().code == 0
    assert nights.kinds() == ["recovered"]
    assert workshop.contact("person20@example.com")["f_City"] == "City14"

    # Tuesday 15: far smaller than usual. Wednesday somebody says that it is right.
    nights.drop("contacts-15.csv", [1], city="City15")
    assert night(nights, 15) == (4, ["failed"])
    (kept,) = (nights.inbox / "failed").rglob("contacts-15.csv")
    kept.rename(nights.inbox / "contacts-15.csv")
    assert night(nights, 16, "--accept") == (0, ["recovered"])
    assert workshop.contact("person1@example.com")["f_City"] == "City15"

    # Thursday 17: a poisoned file beside a good one: the good one is imported.
    nights.write("a-poisoned.csv", b"\x00\xff" * 400)
    nights.drop("contacts-17.csv", USUAL, city="City17")
    assert night(nights, 17) == (3, ["degraded"])
    assert workshop.contact("person7@example.com")["f_City"] == "City17"
    assert "a-poisoned.csv" in nights.files("failed")

    # Friday 18: too many would be unsubscribed.
    nights.drop("contacts-18.csv", USUAL, city="City18", news="N")
    assert night(nights, 18) == (4, ["failed"])
    assert workshop.contact("person7@example.com")["optin_Newsletter"]

    # Monday 21: the platform is down in the middle; Tuesday it goes on first, then the new file.
    nights.drop("contacts-21.csv", USUAL, city="City21")
    workshop.sandbox(faults="ok 503 503 503 503 503 503 503 503 503 503")
    nights.at(21, 5)
    assert nights.start().code == 5
    assert nights.kinds() == []  # failed since Friday
    nights.drop("contacts-22.csv", USUAL, city="City22")
    workshop.sandbox()
    nights.at(22, 4)
    done = nights.start("--json")
    assert done.code == 0
    assert [one["name"] for one in done.json["files"]] == ["contacts-21.csv", "contacts-22.csv"]
    assert nights.kinds() == ["recovered"]
    assert workshop.contact("person7@example.com")["f_City"] == "City22"

    # Wednesday 23: another start holds the job; the later one finds its file all the same.
    nights.drop("contacts-23.csv", USUAL, city="City23")
    nights.at(23, 5)
    with HeldElsewhere(nights):
        assert nights.start().code == 7
    nights.at(23, 6, 30)
    assert nights.start().code == 0
    assert nights.kinds() == []

    # Thursday 24: a column that was full is empty.
    nights.write("contacts-24.csv", text(USUAL, city=""))
    assert night(nights, 24) == (4, ["failed"])

    # Friday 25 is a holiday.
    assert night(nights, 25) == (0, [])

    # Monday 28: word cannot be sent; it is the next night.
    nights.listener.down = True
    nights.drop("contacts-28.csv", USUAL, city="City28")
    assert night(nights, 28) == (0, [])
    nights.listener.down = False
    nights.drop("contacts-29.csv", USUAL, city="City29")
    assert night(nights, 29) == (0, ["recovered"])

    # Every row that arrived stands in exactly one report, and every run balances.
    for folder in workshop.run_folders():
        rows = json.loads((folder / "summary.json").read_bytes())["rows"]
        read = rows.pop("read")
        assert sum(rows.values()) == read
    assert nights.files("processing") == []
    # What is older than twenty days is gone from the archive.
    assert "contacts-01.csv" not in nights.files("archive")
    assert "contacts-14.csv" in nights.files("archive")
