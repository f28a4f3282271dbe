from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.checking.names import title_case, titled
from importer.field_rules import Case, ValueType

from .columns import column_of, rule_of


def written(*texts: str) -> list[str | None]:
    return column_of(list(texts), rule_of(ValueType.TEXT, case=Case.TITLE)).texts


@pytest.mark.parametrize(
    "name",
    [
        "Jean", "Élise", "Zoé Tremblay", "Jean-Pierre", "St-Jean", "Trois-Rivières", "Łukasz",
        "O'Brien", "O’Neil", "D'Amours", "L'Écuyer", "N'Diaye", "Qu'Appelle", "Dell'Orto",
        "McDonald", "McRae", "McKay Roy", "MacDonald", "MacLeod", "Machado", "Mackenzie", "Macé",
        "de la Tour", "Le Goff", "La Fontaine", "Des Rosiers", "Du Berger", "El Khoury",
        "van der Berg", "van den Heuvel", "van 't Hoff", "'t Hooft", "'s-Gravenhage", "ter Horst",
        "von der Leyen", "da Silva", "dos Santos", "de los Ríos", "del Toro",
        "Jean de la Tour", "Jean Le Goff", "Pierre de l'Isle", "Jeanne d'Arc", "Cyr, Zoé",
        "de Gaulle, Charles", "Anne (de Villiers)", "Maria das Dores", "Jean et Marie",
        "Saint-Jean-sur-Richelieu", "Notre-Dame-de-la-Salette", "Val-d'Or", "L'Isle-aux-Coudres",
        "Saint-Cyr-l'École", "Pointe-à-la-Croix", "Bourg-la-Reine", "Marie-Le Goff",
        "Lac à la Tortue", "Saint Jean sur Richelieu", "Frankfurt am Main", "Van", "De", "Mc",
        "J.-P. Roy", "Marie E Roy", "Aujourd'hui", "Chez Jean's", "Anne-Marie L'Heureux",
        "Henri II", "Louis XIV", "Robert Smith III",
    ],
)  # fmt: skip
def test_a_name_in_capitals_or_in_small_letters_gets_its_own_capitals(name: str) -> None:
    assert written(name.upper(), name.lower(), name) == [name, name, name]


@pytest.mark.parametrize(
    "name",
    [
        "DeShawn", "LaToya", "d'Artagnan", "D'Artagnan", "Macdonald", "MacKenzie",
        "Jean De La Tour", "Jean le Goff", "Leonardo di Caprio", "Ortega y Gasset",
        "Ahmed bin Said", "eBay", "Tom Du Pré", "Aujourd'Hui", "Mary Van Buren", "Macé-McÉwan",
        "Villiers de L'Isle-Adam", "Villiers de L'Isle-Adam II", "Jean E\u0301 Roy", "Jean D'Arc",
        "Jean À la Tour",
        "Zoé Roy PhD",
    ],
)  # fmt: skip
def test_capitals_that_somebody_chose_stay(name: str) -> None:
    assert written(name) == [name]


def test_only_the_words_in_one_case_are_changed() -> None:
    assert written("Jean DUPONT", "Jean tremblay", "Jean DE LA TOUR", "DUPONT Jean") == [
        "Jean Dupont", "Jean Tremblay", "Jean de la Tour", "Dupont Jean",
    ]  # fmt: skip


def test_a_degree_behind_a_name_keeps_its_capitals() -> None:
    assert written("JEAN ROY MD", "Zoé Roy, PHD", "JEAN ROY-MD", "MD Roy", "MD", "PAUL MBA") == [
        "Jean Roy MD", "Zoé Roy, PHD", "Jean Roy-Md", "Md Roy", "Md", "Paul Mba",
    ]  # fmt: skip


def test_a_letter_alone_is_written_as_the_capitals_around_it() -> None:
    assert written("Jean D'ARC", "JEAN D'ARC", "Marie k Roy") == [
        "Jean d'Arc", "Jean d'Arc", "Marie K Roy",
    ]  # fmt: skip


def test_a_caps_lock_slip_is_mended() -> None:
    assert written("jEAN", "éLISE tREMBLAY", "aB") == ["Jean", "Élise Tremblay", "aB"]


def test_words_with_digits_or_without_letter_case_stay() -> None:
    assert written("3E RUE", "H2X 1Y4", "app. 3b", "2nd", "東京 TOWER", "مرحبا", "12-3", "…") == [
        "3E Rue", "H2X 1Y4", "App. 3b", "2nd", "東京 Tower", "مرحبا", "12-3", "…",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("straße", "Straße"),
        ("ßa", "ßa"),
        ("ŉa", "ŉa"),
        ("ﬁn", "ﬁn"),
        ("İSTANBUL", "İstanbul"),
        ("DİYAR", "Diyar"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
        ("ǆabc", "ǅabc"),
        ("E\u0301LISE ZOE\u0301", "E\u0301lise Zoe\u0301"),
    ],
)
def test_letters_of_odd_capitals_neither_grow_nor_get_lost(text: str, expected: str) -> None:
    assert written(text) == [expected]
    assert len(expected) == len(text)


particles = st.sampled_from(
    ["de", "LA", "le", "D", "l", "van", "DER", "'t", "mc", "MAC", "macdonald", "II", "vi", "É", "y",
     "di", "Jean", "jEAN", "o", "aux", "ßAB", "ŉA", "ǅ", "s", "2e", "İI", "e\u0301", "à", "et"]
)  # fmt: skip
names = st.lists(
    st.tuples(particles, st.sampled_from([" ", "-", "'", "’", ", ", "  ", " '", "\u00a0", "."]))
).map(lambda parts: "".join(word + gap for word, gap in parts))


@given(text=names | st.text())
@example("e\u0301'E\u0301 Jean")
@settings(deadline=None, max_examples=200)
def test_writing_a_name_again_changes_nothing(text: str) -> None:
    once = titled(text)
    assert titled(once) == once
    assert len(once) == len(text)


words = st.sampled_from(
    ["JEAN", "roy", "Zoé", "MD", "phd", "ÉLISE", "élise", "de", "LA", "ÿves", "MCDONALD", "mac",
     "II", "SS", "Des", "à", "þór", "O", "J.", "D'AMOURS", "Lès", "ßa", "ø"]
)  # fmt: skip
ordinary = st.tuples(st.sampled_from([" ", "-", "'"]), st.lists(words)).map(
    lambda parts: parts[0].join(parts[1])
)


@given(texts=st.lists(ordinary | names | st.text(), max_size=8))
@settings(deadline=None, max_examples=100)
def test_what_kernels_settle_is_what_is_written_word_by_word(texts: list[str]) -> None:
    found = title_case(pa.array(texts, pa.large_string()))
    assert found.to_pylist() == [titled(text) for text in texts]
