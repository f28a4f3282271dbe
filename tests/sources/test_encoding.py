from __future__ import annotations

import codecs
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.sources.code_pages import find_code_page
from importer.sources.content import FileContent
from importer.sources.encoding import Encoding, UndecodableTextError, Utf8Reader, find_encoding
from importer.tables import Certainty, SourceOptions

from .reading import cells_of, source_of

TEXT = "Prénom,Ville\nZoë,Montréal\nAœ€,Nîmes\n"
CELLS = [["Zoë", "Montréal"], ["Aœ€", "Nîmes"]]
# fmt: off
FRENCH = [
    "Montréal", "Prénom", "Québec", "Hélène", "Noël", "Zoë", "François", "Françoise", "Nîmes",
    "Côté", "Benoît", "Jérôme", "Élodie", "Éric", "Chloé", "Émile", "Mélanie", "Geneviève",
    "Thérèse", "Raphaël", "Anaïs", "Loïc", "Lefèvre", "Bâtiment", "Château", "Orléans",
    "Besançon", "Forêt", "Hôtel", "Évêque", "Angoulême", "Héloïse", "société", "téléphone",
    "reçu",
]
# fmt: on
PADDING = b"abcdefghijklmno,pqrstuvwxyzabc\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def refusal(file: Path, content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(UnusableInputError) as caught:
        cells_of(source_of(file, content, SourceOptions(encoding=encoding)))
    return str(caught.value)


def found_in(file: Path, content: bytes, encoding: str | None = None) -> Encoding:
    file.write_bytes(content)
    return find_encoding(FileContent(file, "contacts.csv"), encoding)


def refused(file: Path, content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(UnusableInputError) as caught:
        found_in(file, content, encoding)
    return str(caught.value)


def text_of(file: Path, content: bytes, size: int = 1 << 20) -> str:
    """Read a text as the encoding that is found in it."""
    encoding = found_in(file, content)
    return b"".join(Utf8Reader(FileContent(file), encoding).pieces(size)).decode()


@pytest.mark.parametrize(
    ("mark", "codec", "shown"),
    [
        (b"", "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (b"", "cp1252", "cp1252"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32-le"),
    ],
)
def test_encoding_is_found(file: Path, mark: bytes, codec: str, shown: str) -> None:
    source = source_of(file, mark + TEXT.encode(codec))
    assert cells_of(source) == CELLS
    assert source.description.columns == ("Prénom", "Ville")
    assert source.description.encoding == shown


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ("utf-8", codecs.BOM_UTF8 + TEXT.encode()),
        ("UTF-8-SIG", TEXT.encode()),
        ("windows-1252", TEXT.encode("cp1252")),
        ("utf-16", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("utf-16", TEXT.encode("utf-16-le")),
        ("utf-16-le", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")),
        ("gb18030", TEXT.encode("gb18030")),
    ],
)
def test_encoding_of_the_mapping_is_obeyed(file: Path, given: str, content: bytes) -> None:
    source = source_of(file, content, SourceOptions(encoding=given))
    assert cells_of(source) == CELLS
    assert source.description.columns[0] == "Prénom"


@pytest.mark.parametrize(
    "given", ["utf8000", "rot13", "base64", "idna", "unicode_escape", "undefined", "a\0b", ""]
)
def test_encoding_that_is_not_for_files_is_refused(file: Path, given: str) -> None:
    assert "is no known encoding. Did you mean" in refused(file, b"a,b\n", given)


def test_encoding_that_contradicts_the_mark_is_refused(file: Path) -> None:
    message = refused(file, codecs.BOM_UTF8 + TEXT.encode(), "cp1252")
    assert "begins with the mark of UTF-8" in message


def test_text_that_was_ascii_so_far_becomes_cp1252_wherever_its_first_accent_stands(
    file: Path,
) -> None:
    for before in (40_000, 200_000):
        content = b"a,b\n" + PADDING * before + "Zoë,Nîmes\n".encode("cp1252") + PADDING * 40_000
        source = source_of(file, content)
        cells = cells_of(source)
        assert source.description.encoding == "cp1252"
        assert cells[before] == ["Zoë", "Nîmes"]
        assert len(cells) == before + 40_001


def test_accent_at_the_very_end_of_a_large_file_is_read(file: Path) -> None:
    content = b"a,b\n" + PADDING * 40_000 + "x,é".encode("cp1252")
    assert cells_of(source_of(file, content))[-1] == ["x", "é"]


def test_accent_that_stands_between_two_samples_or_is_cut_by_one_is_read(file: Path) -> None:
    for codec in ("utf-8", "cp1252"):
        accent = "é".encode(codec)
        content = b"a,b\n" + b"x" * ((64 << 10) - 5) + accent + b",1\n" + PADDING * 20_000
        source = source_of(file, content)
        assert str(cells_of(source)[0][0]).endswith("xé")
        assert source.description.encoding == codec


def test_character_that_is_not_utf8_is_refused_with_its_row_and_remedy(file: Path) -> None:
    before = "Zoë,Nîmes\n".encode() * 200_000
    message = refusal(file, b"a,b\n" + before + b"Zo\xeb,x\n" + before)
    assert "row 200002 holds a character that cannot be read as utf-8" in message
    assert "`source: {encoding: cp1252}`" in message
    message = refusal(file, b'a,b\n\xc3\xa9,"x\ny"\n"u"v,1\nx,\xe9\n')
    assert "row 3 holds a character" in message
    assert "row 1 holds a character" in refusal(file, b"\xc3\xa9,\xe9\n")
    message = refusal(file, b'\xc3\xa9,b\n"' + b"x" * (2 << 20) + b"\xe9")
    assert "row 2 holds a character" in message


def test_utf8_in_the_midst_of_cp1252_is_refused(file: Path) -> None:
    cp1252, utf8 = "Zoë,é\n".encode("cp1252"), "Zoë,é\n".encode()
    message = refusal(file, b"a,b\n" + cp1252 * 1_000_000 + utf8 * 2_000_000)
    assert "mixes encodings" in message


def test_undefined_byte_of_an_encoding_is_refused_with_its_row(file: Path) -> None:
    content = "a,b\nl’été,“Zoë”\nx".encode("cp1252") + b"\x81,2\n"
    assert "row 3 holds a character that cannot be read as cp1252" in refusal(file, content)
    message = refusal(file, b"a,b\n1,2\nx\xe9,2\n", "ascii")
    assert "row 3" in message
    assert "leave `encoding` out" in message


def test_damaged_utf16_is_refused(file: Path) -> None:
    message = refusal(file, codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"x")
    assert "is damaged" in message
    assert "row 1 holds" in refusal(file, b"+2AA-", "utf-7")
    assert "row 1 holds" in refusal(file, b"a\x00\x00\xd8", "utf-16-le")
    assert "row 2 holds" in refusal(file, "é,b\nx,é".encode()[:-1])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_pieces_end_at_the_end_of_a_character(file: Path, size: int) -> None:
    text = "aé€😀\n" * 5
    file.write_bytes(text.encode())
    pieces = list(Utf8Reader(FileContent(file), Encoding("utf-8", Certainty.CERTAIN)).pieces(size))
    assert "".join(p.decode() for p in pieces) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", [TEXT, "a,b\n", "имя,город\nИван,Москва\n", "氏名,住所\n山田,東京\n"]
)
def test_wide_text_without_a_mark_is_known_by_its_nul_bytes(
    file: Path, codec: str, text: str
) -> None:
    content = text.encode(codec)
    assert found_in(file, content).codec == codec
    assert text_of(file, content) == text
    assert found_in(file, content, codec[:6]).codec == codec


def test_wide_text_larger_than_all_samples_is_found_wherever_they_begin(file: Path) -> None:
    for before in range(4):
        text = "x" * before + "Montréal,😀\n" * 40_000
        for codec in ("utf-16-le", "utf-16-be"):
            assert found_in(file, text.encode(codec)).codec == codec
    text = "😀" * 200_000 + "\n"
    assert text_of(file, "é,b\n".encode("utf-16-le") + text.encode("utf-16-le"))


def test_nul_bytes_in_other_text_stay_in_it(file: Path) -> None:
    for content in (
        b"a,b,c\n\0,2,3\n",
        b'a,b\n"x \0"q\0" y",1\n' * 50,
        b"a,b\nMontr\xc3\xa9al\0,x\n",
    ):
        assert found_in(file, content) == Encoding("utf-8", Certainty.CERTAIN)
        assert text_of(file, content) == content.decode()
    assert text_of(file, b"a,b\nMontr\xe9al\0,x\n") == "a,b\nMontréal\0,x\n"


def test_bytes_that_are_full_of_nul_are_refused(file: Path) -> None:
    for content in (b"\0" * 5_000, b"a,b\n" + b"\0" * 500):
        assert "is full of NUL bytes" in refused(file, content)


def test_bytes_of_a_picture_are_refused_whatever_their_name(file: Path) -> None:
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c48900"
        "00000d49444154789c6360000002000154a24f5f0000000049454e44ae426082"
    )
    assert "contacts.csv is no text" in refused(file, picture)
    assert "contacts.csv is no text" in refused(file, bytes(range(1, 256)) * 100)


def test_stray_control_byte_does_not_make_a_text_binary(file: Path) -> None:
    text = "a,b\n1\x01\x02,Montréal\n" + "Zoë,Nîmes\n" * 20
    assert text_of(file, text.encode("cp1252")) == text


def test_end_of_file_mark_of_dos_is_left_out_and_others_stay(file: Path) -> None:
    assert text_of(file, b"a,b\r\n1,2\r\n\x1a") == "a,b\r\n1,2\r\n"
    assert text_of(file, b"a,b\r\n\x82t\x82,Qu\x82bec\r\n\x1a\x1a") == "a,b\r\nété,Québec\r\n"
    assert text_of(file, b"a\x1a,b\n1\x1a,2\n", size=2) == "a\x1a,b\n1\x1a,2\n"
    assert text_of(file, b"\x1a") == ""


def test_how_sure_an_encoding_is_follows_from_what_says_so(file: Path) -> None:
    def sure(content: bytes, encoding: str | None = None) -> Certainty:
        return found_in(file, content, encoding).certainty

    assert sure(b"a,b\n") is Certainty.CERTAIN
    assert sure(b"") is Certainty.CERTAIN
    assert sure(TEXT.encode()) is Certainty.CERTAIN
    assert sure(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")) is Certainty.CERTAIN
    assert sure(TEXT.encode("utf-16-le")) is Certainty.CERTAIN
    assert sure(TEXT.encode("cp1252")) is Certainty.LIKELY
    assert sure(PADDING * 20_000) is Certainty.LIKELY
    assert sure(TEXT.encode("cp1252"), "cp1252") is Certainty.GIVEN
    doubtful = found_in(file, "a,b\nCRÈME,1\n".encode("mac-roman"))
    assert doubtful.certainty is Certainty.DOUBTFUL
    assert "mac-roman" in (doubtful.codec, *doubtful.others)


def test_mark_that_contradicts_the_mapping_is_named(file: Path) -> None:
    for mark, name in ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF32_BE, "UTF-32")):
        with pytest.raises(UnusableInputError, match=f"begins with the mark of {name}, but"):
            found_in(file, mark + b"a\0\0\0", "cp1252")


def test_ascii_that_was_read_to_its_end_is_certain(file: Path) -> None:
    file.write_bytes(PADDING * 20_000)
    reader = Utf8Reader(FileContent(file), find_encoding(FileContent(file), None))
    assert reader.encoding.certainty is Certainty.LIKELY
    assert sum(map(len, reader.pieces(1 << 16))) == file.stat().st_size
    assert reader.encoding == Encoding("utf-8", Certainty.CERTAIN)


@pytest.mark.parametrize("codec", ["cp1252", "mac-roman", "cp850"])
def test_text_that_was_ascii_so_far_becomes_what_its_first_accents_say(
    file: Path, codec: str
) -> None:
    rows = "Hélène,Montréal\n"
    content = PADDING * 30_000 + rows.encode(codec) + PADDING * 30_000
    file.write_bytes(content)
    reader = Utf8Reader(FileContent(file), find_encoding(FileContent(file), None))
    for size in (1 << 16, 1 << 20):
        assert b"".join(reader.pieces(size)).decode() == content.decode(codec)
        assert reader.codec == codec


def test_last_piece_that_can_be_read_is_given_before_the_fault(file: Path) -> None:
    file.write_bytes("Zoë\n".encode() * 10 + b"x\xe9\n")
    reader = Utf8Reader(FileContent(file), Encoding("utf-8", Certainty.CERTAIN))
    pieces = reader.pieces(1 << 10)
    assert next(pieces) == "Zoë\n".encode() * 10 + b"x"
    with pytest.raises(UndecodableTextError):
        next(pieces)


def test_character_torn_by_the_end_of_the_text_is_a_fault(file: Path) -> None:
    for encoding, content in ((None, "Zoë,é".encode()[:-1]), ("utf-16-le", b"a\0b")):
        file.write_bytes(content)
        found = find_encoding(FileContent(file), encoding)
        with pytest.raises(UndecodableTextError):
            list(Utf8Reader(FileContent(file), found).pieces(2))


def test_text_of_lone_surrogates_is_a_fault(file: Path) -> None:
    file.write_bytes(b"a,b\n+2AA-")
    reader = Utf8Reader(FileContent(file), find_encoding(FileContent(file), "utf-7"))
    with pytest.raises(UndecodableTextError) as caught:
        list(reader.pieces(64))
    assert "leave `encoding` out" in caught.value.remedy


def test_remedy_names_the_mapping_or_the_damage(file: Path) -> None:
    for content, remedy in (
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"x", "is damaged"),
        ("l’été “Zoë”".encode("cp1252") + b" \x81", "mixes encodings"),
        ("Zoë Noël\n".encode("cp1252") * 10_000 + "Zoë\n".encode() * 400_000, "mixes encodings"),
        (b"Zo\xc3\xab Zo\xeb", "{encoding: cp1252}"),
    ):
        with pytest.raises(UndecodableTextError) as caught:
            text_of(file, content)
        assert remedy in caught.value.remedy


def test_accent_cut_by_a_sample_or_between_two_is_seen(file: Path) -> None:
    for codec in ("utf-8", "cp1252"):
        for before in (65_530, 65_535, 65_536, 65_539):
            text = "x" * before + "é,1\n" + "plain,words\n" * 40_000
            assert text_of(file, text.encode(codec)) == text


def test_capitals_before_a_sign_are_not_taken_for_utf8(file: Path) -> None:
    for codec, text in (
        ("cp1252", "a\nLE CAFÉ…\nMontréal\n"),
        ("mac-roman", "l’école\nMontréal\n"),
    ):
        assert text_of(file, text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "iso-8859-15", "mac-roman", "cp850"])
@settings(derandomize=True, max_examples=60, deadline=None)
@given(data=st.data())
def test_any_french_text_is_read_right_in_any_of_its_code_pages(
    codec: str, data: st.DataObject
) -> None:
    words = data.draw(st.lists(st.sampled_from(FRENCH), min_size=4, max_size=40, unique=True))
    text = "id,name\n" + "".join(f"{i},plain words and {word}\n" for i, word in enumerate(words))
    content = text.encode(codec)
    page = find_code_page([content])
    assert content.decode(page.codec) == text
    assert page.certainty is Certainty.LIKELY


@pytest.mark.parametrize("codec", ["cp1252", "mac-roman", "cp850", "cp437", "cp863"])
@pytest.mark.parametrize("word", ["Montréal", "Prénom", "Hélène", "Québec", "André"])
def test_one_accent_among_thousands_of_plain_rows_is_enough(
    file: Path, codec: str, word: str
) -> None:
    text = f"a,b\n{word},1\n" + "plain,words\n" * 3_000
    assert text_of(file, text.encode(codec)) == text


@pytest.mark.parametrize("rows", [1, 3, 30, 300])
@pytest.mark.parametrize(
    "cell",
    [
        *["£{},234.50", "{} £", "£ {}", "{}¢", "{} ¢", "¥{}", "€{}", "{} €"],
        *["{} µg", "{}µm", "{} µmol", "± {}", "±{} µg", "{}±2", "2 × {}", "{}×{}", "6 ÷ {}"],
        *["a · b {}", "X™ {}", "Acme™ {}", "§ {}", "§{}", "N° {}", "Nº {}", "{}º", "{}ª", "Mª {}"],
        *["{} °C", "{}°", "{} m²", "{}²", "{}½", "{}¼", "{}¾", "{}‰", "† {}", "Acme®", "© {}"],
        *["• {}", "{} – 2", "wait…", "«{}", "Ø {}", "ø{}", "{} à 5", "{}è", "à voir"],
    ],
)
def test_signs_alone_or_beside_numbers_are_cp1252_however_many_there_are(
    cell: str, rows: int
) -> None:
    amounts = [cell.format(i * 37 % 1009 + 1, i + 1) for i in range(rows)]
    text = "Supplier,Amount\n" + "".join(f'plain {i},"{a}"\n' for i, a in enumerate(amounts))
    page = find_code_page([text.encode("cp1252")])
    assert text.encode("cp1252").decode(page.codec) == text


@pytest.mark.parametrize("rows", [3, 30, 300])
@pytest.mark.parametrize("cell", ["£{}.50", "{} £", "± {}", "{} µg", "§ {}"])
@pytest.mark.parametrize("codec", ["cp850", "mac-roman"])
def test_signs_follow_the_words_beside_them(codec: str, cell: str, rows: int) -> None:
    names = ["Hélène", "Montréal", "Côté"]
    text = "".join(f"{names[i % 3]};{cell.format(i * 37 % 1009)}\n" for i in range(rows))
    page = find_code_page([text.encode(codec)])
    assert text.encode(codec).decode(page.codec) == text


def test_a_sign_alone_is_no_text_of_another_script() -> None:
    for sign in (b"\xac", b"\xa6", b"\xa8", b"\xb6", b"\xb8"):
        content = b"a,b\n" + b"".join(b"%d,%b %d\n" % (i, sign, i) for i in range(30))
        page = find_code_page([content])
        assert page.codec in {"cp1252", "latin-1", "iso-8859-15", "mac-roman", "cp850", "cp1250"}


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "имя,город\nИван Петров,Москва\nМария Смирнова,Новосибирск\n"),
        ("koi8-r", "имя,город\nИван Петров,Москва\nМария Смирнова,Новосибирск\n"),
        ("cp1253", "όνομα,πόλη\nΓιώργος Παπαδόπουλος,Αθήνα\nΜαρία,Θεσσαλονίκη\n"),
        (
            "cp932",
            "氏名,住所\n山田太郎,東京都千代田区\n鈴木花子,大阪府大阪市\nさとう,ほっかいどう\n",
        ),
        ("gb18030", "姓名,地址\n王小明,北京市朝阳区\n李华,上海市浦东新区\n张伟,广州市\n"),
        ("big5", "姓名,地址\n王小明,臺北市信義區\n陳美麗,高雄市前鎮區\n林志玲,臺中市\n"),
        ("cp949", "이름,주소\n김민수,서울특별시 강남구\n이영희,부산광역시 해운대구\n"),
        ("cp1250", "imię,miasto\nŁukasz Wiśniewski,Łódź\nMałgorzata,Gdańsk\n"),
        ("cp1254", "ad,şehir\nİbrahim Yıldız,İstanbul\nAyşe Çelik,Eskişehir\nGül Şahin,Iğdır\n"),
    ],
)
def test_other_scripts_and_languages_are_read_right(file: Path, codec: str, text: str) -> None:
    assert text_of(file, text.encode(codec)) == text
    large = text * 10_000
    assert text_of(file, large.encode(codec)) == large
    in_one_line = text.replace("\n", ";") * 200
    assert text_of(file, in_one_line.encode(codec)) == in_one_line


@settings(derandomize=True, max_examples=200, deadline=None)
@given(content=st.binary(max_size=400), piece=st.integers(1, 64))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, piece: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    with suppress(UnusableInputError, UndecodableTextError):
        encoding = found_in(file, content)
        reader = Utf8Reader(FileContent(file), encoding)
        b"".join(reader.pieces(piece)).decode()
        assert reader.codec
